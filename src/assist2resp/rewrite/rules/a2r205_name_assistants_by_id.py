"""A2R205: an assistant that is fetched for its id alone is named by that id."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import assigned_name, can_be_repeated
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.nodes import argument
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.schema.findings import Level

_RETRIEVE = "beta.assistants.retrieve"
_NAME = "assistant_id"


class NameAssistantsById:
    """Fetching an assistant whose id is known, to read its id, is not needed.

    What: `assistant = client.beta.assistants.retrieve(ASSISTANT_ID)` goes, and `assistant.id` is `ASSISTANT_ID`.
    Why: there is no assistant to fetch; its settings are looked up by the id with each request.
    Safety: only where nothing but the id of the assistant is read, and its variable holds nothing else.
    Known problems: an id that the registry does not know is told of by the first request, not before.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R205"
    title = "name assistants by their id"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            ASSISTANT_ID = "asst_abc"
            client = OpenAI()


            def answer(thread_id: str) -> str:
                assistant = client.beta.assistants.retrieve(ASSISTANT_ID)
                run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant.id)
                return run.status
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments

            ASSISTANT_ID = "asst_abc"
            client = OpenAI()


            def answer(thread_id: str) -> str:
                run = client.responses.create(
                    conversation=conversation_id(thread_id),
                    **request_arguments(ASSISTANT_ID),
                )
                return run.status
            """,
        ),
        case(
            """
            import os

            from openai import OpenAI

            client = OpenAI()
            helper = client.beta.assistants.retrieve(os.environ["ASSISTANT"])


            def answer(thread_id: str) -> str:
                run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=helper.id)
                return run.status
            """,
            """
            import os

            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments

            client = OpenAI()
            assistant_id = os.environ["ASSISTANT"]


            def answer(thread_id: str) -> str:
                run = client.responses.create(
                    conversation=conversation_id(thread_id),
                    **request_arguments(assistant_id),
                )
                return run.status
            """,
        ),
        case(
            """
            import boto3

            bedrock = boto3.client("bedrock-agent")
            agent = bedrock.get_agent(agentId="ABC")
            print(agent["agent"]["agentId"])
            """,
        ),
        case(
            """
            class Assistants:
                def retrieve(self, assistant_id):
                    return self


            class Shop:
                assistants = Assistants()
                id = "shop"


            assistant = Shop().assistants.retrieve("asst_abc")
            print(assistant.id)
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Name the assistants that are fetched for their id."""
        for site in plan.open_sites:
            named = _named(plan, site) if site.path == _RETRIEVE and not plan.plain.mocked else None
            if named is not None:
                self._name(plan, site, named)

    def _name(self, plan: Plan, site: Site, named: _Named) -> None:
        statement = site.file.scopes.parent_of[site.awaited]
        for read in named.reads:
            plan.replace(site.file, read, named.by or cst.Name(_NAME))
        if named.by is not None:
            plan.change(site.file, statement, leaving_comments)
        else:
            target = cst.ensure_type(statement, cst.Assign).targets[0].target
            plan.replace(site.file, target, cst.Name(_NAME))
            plan.replace(site.file, site.awaited, named.given)
        plan.fix(site, self.code, "the assistant is named by its id.", plain=True)


class _Named(NamedTuple):
    """What an assistant was fetched by, where its id is read, and what stands for it there unless it gets a name."""

    given: cst.BaseExpression
    reads: tuple[cst.Attribute, ...]
    by: cst.BaseExpression | None


def _named(plan: Plan, site: Site) -> _Named | None:
    call = site.plain_call
    if call is None or len(call.args) != 1:
        return None
    given, name = argument(call, "assistant_id", 0), assigned_name(site)
    variable = site.scope.find(name.value) if name is not None else None
    if given is None or variable is None or not isinstance(site.file.scopes.parent_of[site.awaited], cst.Assign):
        return None
    reads = _id_reads(plan, site, variable)
    if not reads:
        return None
    if isinstance(given, (cst.Name, cst.Attribute)) and _stands_anywhere(given, site, reads):
        return _Named(given, reads, given)
    taken = any(_NAME in scope.names for scope in site.file.scopes.own.values()) or plan.is_shared(site.file, _NAME)
    return None if taken else _Named(given, reads, None)


def _id_reads(plan: Plan, site: Site, variable: Variable) -> tuple[cst.Attribute, ...]:
    """The reads of the variable, if all ask for its id and the variable holds nothing else; else none."""
    scope, name = variable
    if scope.is_class or len(scope.names[name]) != 1 or (scope.parent is None and plan.is_shared(site.file, name)):
        return ()
    parents = [site.file.scopes.parent_of[read] for read in uses.reads_of(variable, site.file)]
    ids = [parent for parent in parents if isinstance(parent, cst.Attribute) and parent.attr.value == "id"]
    return tuple(ids) if len(ids) == len(parents) else ()


def _stands_anywhere(given: cst.BaseExpression, site: Site, reads: tuple[cst.Attribute, ...]) -> bool:
    """Whether what the assistant was fetched by means the same at every read of its id."""
    if not can_be_repeated(given, site):
        return False
    if all(site.file.scopes.scope_of[read] is site.scope for read in reads):
        return True
    variable = site.scope.find(given.value) if isinstance(given, cst.Name) else None
    if variable is None or variable[0].is_class or len(variable[0].names[variable[1]]) != 1:
        return False
    return all(site.file.scopes.scope_of[read].find(variable[1]) == variable for read in reads)
