"""A2R800: what plain SDK calls cannot express goes through the support module."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.aliases import readers, sites_by_alias
from assist2resp.rewrite.flows.chains import beta_of, client_of, resource_of
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._limits import told
from assist2resp.rewrite.syntax.edits import call
from assist2resp.rewrite.syntax.nodes import has_star
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.kinds import Resource
from assist2resp.schema.findings import Level

_ENTRIES = {"beta.assistants": "assistants", "beta.threads": "threads"}


class UseSupportModule:
    """The old surface over the new API, from a small module written into the user's tree.

    What: `client.beta.threads` becomes `threads(client)`, `client.beta.assistants` becomes `assistants(client)`, from
    the support module; every other token stays.
    Why: assistants looked up by id, stored thread ids, runs polled from elsewhere, filtered message pages and event
    handlers have no plain equivalent; the module keeps their meaning and their types.
    Safety: the module's results are the SDK's own old types, so code that reads them is untouched.
    Known problems: a run's `created_at` and limits on prompt tokens are not the old server's.
    See: the module's own documentation, in the file.
    """

    code = "A2R800"
    title = "use the support module"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def newest_of_run(thread_id: str, run_id: str) -> list[str]:
                page = client.beta.threads.messages.list(thread_id, run_id=run_id, limit=5)
                return [message.id for message in page]
            """,
            """
            from openai import OpenAI

            from assistants_compat import threads

            client = OpenAI()


            def newest_of_run(thread_id: str, run_id: str) -> list[str]:
                page = threads(client).messages.list(thread_id, run_id=run_id, limit=5)
                return [message.id for message in page]
            """,
        ),
        case(
            """
            from openai import AssistantEventHandler, OpenAI

            client = OpenAI()


            class Printer(AssistantEventHandler):
                def on_run_step_done(self, run_step):
                    print(run_step.type, run_step.usage)


            with client.beta.threads.runs.stream(
                thread_id="thread_abc",
                assistant_id="asst_abc",
                event_handler=Printer(),
            ) as stream:
                stream.until_done()
            """,
            """
            from openai import AssistantEventHandler, OpenAI

            from assistants_compat import threads

            client = OpenAI()


            class Printer(AssistantEventHandler):
                def on_run_step_done(self, run_step):
                    print(run_step.type, run_step.usage)


            with threads(client).runs.stream(
                thread_id="thread_abc",
                assistant_id="asst_abc",
                event_handler=Printer(),
            ) as stream:
                stream.until_done()
            """,
        ),
        case(
            """
            import openai

            threads = openai.beta.threads


            def cancel(thread_id, run_id):
                return threads.runs.cancel(run_id, thread_id=thread_id).status
            """,
            """
            import openai

            from assistants_compat import threads as compat_threads

            threads = compat_threads(openai)


            def cancel(thread_id, run_id):
                return threads.runs.cancel(run_id, thread_id=thread_id).status
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI


            async def names(client: AsyncOpenAI) -> list[str]:
                return [assistant.name async for assistant in client.beta.assistants.list(limit=100)]
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import assistants


            async def names(client: AsyncOpenAI) -> list[str]:
                return [assistant.name async for assistant in assistants(client).list(limit=100)]
            """,
        ),
        case(
            """
            from assistants_compat import threads
            from openai import OpenAI

            client = OpenAI()
            for message in threads(client).messages.list("thread_abc", order="asc"):
                print(message.role, message.created_at)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            session = client.beta.realtime.sessions.create(model="gpt-realtime")
            print(session.client_secret.value)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            session = client.beta.chatkit.sessions.create(user="ada", workflow={"id": "wf_abc"})
            threads = client.beta.chatkit.threads.list(user="ada")
            print(session.id, len(threads.data))
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Replace the client's old resources by those of the support module."""
        for site in plan.open_sites:
            if isinstance(site.receiver, Resource) and not site.receiver.is_azure:
                self._use(plan, site)

    def _use(self, plan: Plan, site: Site) -> None:
        used = _used(plan, site)
        for resource, entry in _ENTRIES.items():
            node = resource_of(site, plan.inference, resource)
            if node is not None:
                if beta_of(site, plan.inference) is None:
                    break
                local = plan.need(site.file, entry, *used)
                plan.change(site.file, node, lambda updated, local=local: call(local, _client(updated)))  # type: ignore[misc]
                level, message = told(site, f"goes through {entry}() of the support module.", plain=False)
                plan.fix(site, self.code, message, level=level)
                return
        beta = beta_of(site, plan.inference)
        if beta is not None and site.path == "beta":
            local = plan.need(site.file, "beta", "beta")
            plan.change(site.file, beta, lambda updated: call(local, client_of(_chain(updated))))
        elif beta is not None:
            return
        else:
            for use in used:
                plan.offer(site.file, use)
        plan.fix(site, self.code, "goes through the support module.")


def _used(plan: Plan, site: Site) -> set[str]:
    """What the support module must offer for a site: of a resource all, unless it has a name that only calls go through."""
    if site.call is not None or sdk.method(site.path) is not None:
        return {_offer(site)}
    named = readers(site, plan.inference)
    calls = sites_by_alias(plan.flow.index, plan.inference) if named else {}
    if named and named <= calls.keys():
        return {_offer(calls[reader]) for reader in named if calls[reader] not in plan.gone}
    return {f"{site.path.removeprefix('beta.')}.*"}


def _offer(site: Site) -> str:
    """The old path of a call, with the names of its arguments."""
    return site.path.removeprefix("beta.") + _keywords(site)


def _client(updated: cst.CSTNode) -> cst.BaseExpression:
    below = updated.value if isinstance(updated, cst.Attribute) else cst.ensure_type(updated, cst.Call).args[0].value
    return client_of(_chain(below))


def _chain(node: cst.CSTNode) -> cst.Attribute | cst.Call:
    assert isinstance(node, (cst.Attribute, cst.Call))
    return node


def _keywords(site: Site) -> str:
    """The names of the call's arguments, where all are to be seen, so that the module holds only what they need."""
    if site.call is None or has_star(site.call):
        return ""
    return f"({','.join(arg.keyword.value for arg in site.call.args if arg.keyword is not None)})"
