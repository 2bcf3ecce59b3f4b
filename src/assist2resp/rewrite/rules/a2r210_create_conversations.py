"""A2R210: threads become conversations."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.chains import beta_of, client_of
from assist2resp.rewrite.flows.run_sites import THREAD, THREAD_CREATE, assigned_name, thread_argument
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._run_types import annotate_conversations
from assist2resp.rewrite.syntax.calls import Argument, attribute, rebuild_call
from assist2resp.rewrite.syntax.edits import call
from assist2resp.rewrite.syntax.nodes import argument, code, has_star
from assist2resp.rewrite.turns.turns import answering_run
from assist2resp.rewrite.values.kinds import Ident, Resource
from assist2resp.rewrite.values.outside import may_come_from_outside
from assist2resp.schema.findings import Level

_RETRIEVE, _UPDATE, _DELETE = "beta.threads.retrieve", "beta.threads.update", "beta.threads.delete"
_BY_ID = {_RETRIEVE: "retrieve", _DELETE: "delete"}
_SAME = frozenset({"id", "metadata"})


class CreateConversations:
    """A thread becomes a conversation.

    What: `client.beta.threads.create(metadata=…)` becomes `client.conversations.create(metadata=…)`; messages given at
    creation become its items, or the input of the response that answers them at once; retrieve and delete follow. Ids that come from outside go through `conversation_id()`.
    Why: Conversations are what the Responses API keeps history in.
    Safety: only where the program reads nothing of a thread but its id and metadata.
    Known problems: deleting a conversation leaves its items on the server, as the API's documentation says.
    See: https://platform.openai.com/docs/guides/conversation-state
    """

    code = "A2R210"
    title = "create conversations"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            thread = client.beta.threads.create()
            print(thread.id)
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            thread = client.conversations.create()
            print(thread.id)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            thread = client.beta.threads.create(
                messages=[
                    {"role": "user", "content": "My name is Ada."},  # remembered
                    {"role": "assistant", "content": "Hello Ada!"},
                ],
                metadata={"user": "ada"},
            )
            print(thread.id, thread.metadata["user"])
            client.beta.threads.delete(thread.id)
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            thread = client.conversations.create(
                items=[
                    {"role": "user", "content": "My name is Ada."},  # remembered
                    {"role": "assistant", "content": "Hello Ada!"},
                ],
                metadata={"user": "ada"},
            )
            print(thread.id, thread.metadata["user"])
            client.conversations.delete(thread.id)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")


            def ask(question: str) -> str:
                thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
                run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
                return run.status
            """,
            """
            from typing import Any

            from openai import OpenAI

            client = OpenAI()
            assistant: dict[str, Any] = {"model": "gpt-5", "truncation": "auto"}


            def ask(question: str) -> str:
                thread = client.conversations.create()
                run = client.responses.create(
                    conversation=thread.id,
                    input=[{"role": "user", "content": question}],
                    **assistant,
                )
                return run.status
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()


            async def forget(thread_id: str) -> None:
                \"\"\"Delete what a user said.\"\"\"
                await client.beta.threads.delete(thread_id)
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import conversation_id

            client = AsyncOpenAI()


            async def forget(thread_id: str) -> None:
                \"\"\"Delete what a user said.\"\"\"
                await client.conversations.delete(conversation_id(thread_id))
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            conversation = client.conversations.create(items=[{"role": "user", "content": "My name is Ada."}])
            client.conversations.delete(conversation.id)
            """,
        ),
        case(
            """
            from openai import OpenAI
            from openai.types.beta import Thread


            class Chats:
                def __init__(self, client: OpenAI) -> None:
                    self.client = client
                    self.current: Thread | None = None

                def begin(self, user: str) -> Thread:
                    self.current = self.client.beta.threads.create(metadata={"user": user})
                    return self.current


            chat: Thread = Chats(OpenAI()).begin("ada")
            print(chat.metadata)
            """,
            """
            from openai import OpenAI
            from openai.types.conversations import Conversation


            class Chats:
                def __init__(self, client: OpenAI) -> None:
                    self.client = client
                    self.current: Conversation | None = None

                def begin(self, user: str) -> Conversation:
                    self.current = self.client.conversations.create(metadata={"user": user})
                    return self.current


            chat: Conversation = Chats(OpenAI()).begin("ada")
            print(chat.metadata)
            """,
        ),
        case(
            """
            from threading import Thread


            def begin(work) -> Thread:
                thread: Thread = Thread(target=work)
                thread.start()
                return thread
            """,
        ),
        case(
            """
            import threading


            class Beta:
                threads: list[threading.Thread] = []


            class Client:
                beta = Beta()


            client = Client()
            client.beta.threads.append(threading.Thread(target=print))
            print(len(client.beta.threads))
            """,
        ),
        case(
            """
            from langgraph_sdk import get_client

            client = get_client(url="http://localhost:2024")


            async def start() -> str:
                thread = await client.threads.create(metadata={"user": "ada"})
                return thread["thread_id"]
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the flow's threads if they are only named: all where its runs are plain or none, else the empty ones."""
        plain = may_be_plain(plan) or (plan.plain.writes_items and not _names_the_type(plan))
        if (not plain and (plan.plain.mocked or _names_the_type(plan))) or not self._only_named(plan):
            return
        for site in plan.open_sites:
            if (
                site.call is None
                or not isinstance(site.receiver, Resource)
                or site.receiver.wrapper
                or has_star(site.call)
            ):
                continue
            if site.path == THREAD_CREATE and (plain or argument(site.call, "messages") is None):
                self._create(plan, site)
            elif plain and site.path in _BY_ID and _keywords(site) <= {"thread_id"} and self._may_go(plan, site):
                self._by_id(plan, site, _BY_ID[site.path])
            elif plain and site.path == _UPDATE and _keywords(site) <= {"thread_id", "metadata"}:
                self._by_id(plan, site, "update")
        makers = [site for site in plan.flow.sites if site.path in {THREAD_CREATE, _RETRIEVE, _UPDATE}]
        if makers and all(site in plan.claims and plan.claims[site].code == self.code for site in makers):
            annotate_conversations(plan)

    def _only_named(self, plan: Plan) -> bool:
        return self._only_read(plan, THREAD, _SAME)

    def _may_go(self, plan: Plan, site: Site) -> bool:
        """Whether nothing but the confirmation is read of a deletion."""
        return site.path != _DELETE or self._only_read(plan, "beta.ThreadDeleted", frozenset({"id", "deleted"}))

    @staticmethod
    def _only_read(plan: Plan, kind: str, names: frozenset[str]) -> bool:
        """Whether no object of a type is used but to pass it on and to read these attributes."""
        for use in uses.object_uses(plan.flow, frozenset({kind})):
            if isinstance(use.parent, cst.Attribute):
                if use.parent.attr.value not in names:
                    return False
            elif not (uses.passes_on(use, plan.inference) or uses.none_comparison(use.node, use.file) is not None):
                return False
        return True

    def _create(self, plan: Plan, site: Site) -> None:
        assert site.call is not None
        beta = beta_of(site, plan.inference)
        if not _keywords(site) <= {"messages", "metadata", "timeout", "extra_headers"} or beta is None:
            return
        messages = argument(site.call, "messages")
        items = converted.messages(messages, plan.look(site.file)) if messages is not None else None
        if messages is not None and items is None:
            return
        has_none = isinstance(items, cst.List) and not items.elements
        place, folded = line_place(site), has_none or (items is not None and self._folds(plan, site, items))

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            new = cst.ensure_type(updated, cst.Call)
            args = [
                Argument("items", items) if _is_messages(arg) and items is not None
                else Argument(arg.keyword.value if arg.keyword else None, arg.value)
                for arg in new.args if not (folded and _is_messages(arg))
            ]  # fmt: skip
            return rebuild_call(new, attribute(client_of(beta), "conversations", "create"), args, place=place)

        plan.change(site.file, site.call, build)
        plan.fix(site, self.code, "a thread became a conversation.", plain=True)

    @staticmethod
    def _folds(plan: Plan, site: Site, items: cst.BaseExpression) -> bool:
        """Whether the messages become the input of the run that follows, which is then told so."""
        name = assigned_name(site)
        if name is None or not plan.plain.possible or not isinstance(items, cst.List) or "#" in code(items):
            return False
        run = answering_run(plan, site, f"{name.value}.id", items)
        if run is None:
            return False
        plan.folded.setdefault(run, []).append(items)
        return True

    def _by_id(self, plan: Plan, site: Site, name: str) -> None:
        thread, beta = thread_argument(site), beta_of(site, plan.inference)
        if site.call is None or thread is None or beta is None:
            return
        func = attribute(client_of(beta), "conversations", name)
        reference = conversation_reference(plan, site.file, thread)

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            old = cst.ensure_type(updated, cst.Call)
            args = [
                arg.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT, value=reference)
                if arg.keyword is None or arg.keyword.value == "thread_id"
                else arg
                for arg in old.args
            ]
            return old.with_changes(func=func, args=args)

        plan.change(site.file, site.call, build)
        plan.fix(site, self.code, "a thread became a conversation.", plain=True)


def _keywords(site: Site) -> set[str]:
    return {arg.keyword.value for arg in site.call.args if arg.keyword is not None} if site.call is not None else set()


def _is_messages(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "messages"


def _names_the_type(plan: Plan) -> bool:
    """Whether a file of the flow may annotate threads, which stay the SDK's where others go through the support module."""
    files = {site.file for site in plan.flow.sites}
    return any(b"openai.types" in file.data and b"Thread" in file.data for file in files)


def may_be_plain(plan: Plan) -> bool:
    """Whether the flow's objects may be written plainly: its runs are plain, or it has none at all."""
    has_runs = any(
        site.path.startswith(("beta.threads.runs", "beta.threads.create_and_run")) for site in plan.flow.sites
    )
    return plan.plain.possible or (not has_runs and not plan.plain.mocked)


def conversation_reference(plan: Plan, file: SourceFile, thread: cst.BaseExpression) -> cst.BaseExpression:
    """The id of the conversation that a thread id means: itself where it only came from threads of the flow."""
    made = plan.inference.kind(thread, file) == Ident("Thread")
    if made and not may_come_from_outside(thread, file, plan.inference):
        return thread
    return call(plan.need(file, "conversation_id"), thread)
