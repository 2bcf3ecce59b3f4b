"""A2R210: threads become conversations."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.run_sites import (
    THREAD,
    THREAD_CREATE,
    THREAD_DELETE,
    THREAD_RETRIEVE,
    THREAD_UPDATE,
    assigned_name,
    given_names,
    thread_argument,
)
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.plainness.threads import ThreadReads, is_own_id, thread_reads
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._run_types import annotate_conversations, are_annotated
from assist2resp.rewrite.syntax.calls import Argument, attribute, rebuild_call
from assist2resp.rewrite.syntax.edits import call
from assist2resp.rewrite.syntax.nodes import argument, code, has_star
from assist2resp.rewrite.turns.turns import answering_run
from assist2resp.schema.findings import Level


class CreateConversations:
    """A thread becomes a conversation.

    What: `client.beta.threads.create(metadata=…)` becomes `client.conversations.create(metadata=…)`; messages given at
    creation become its items, or the input of the response that answers them at once; retrieve, update and delete
    follow, whatever becomes of the runs. Ids that come from outside go through `conversation_id()`.
    Why: Conversations are what the Responses API keeps history in.
    Safety: only where the program reads nothing of a thread but its id and metadata, and its time where it made it.
    Known problems: deleting a conversation leaves its items on the server, as the API's documentation says. Where a
    program shows its users a thread whole, it shows the conversation; the finding says so (review).
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
        """Rewrite the flow's threads if no more is read of them, whatever becomes of its runs."""
        reads = None if plan.plain.mocked else thread_reads(plan.flow, plan.inference)
        if reads is None or (reads.shown and not may_be_plain(plan)):
            return
        fit = [site for site in plan.open_sites if _fits(plan, site, reads)]
        makers = [site for site in plan.flow.sites if site.path in {THREAD_CREATE, THREAD_RETRIEVE, THREAD_UPDATE}]
        whole = all(site in fit for site in makers)
        if not whole and are_annotated(plan, THREAD):
            return
        for site in fit:
            if site.path == THREAD_CREATE:
                self._create(plan, site)
            else:
                self._by_id(plan, site)
            self._claim(plan, site, reads)
        if whole and makers:
            annotate_conversations(plan)

    def _claim(self, plan: Plan, site: Site, reads: ThreadReads) -> None:
        message = "a thread became a conversation."
        if site in reads.shown:
            message = f"{message.removesuffix('.')}; where the thread is shown whole, the conversation is."
        level = Level.REVIEW if site in reads.shown else Level.FIXED
        plan.fix(site, self.code, message, level=level, plain=True)

    def _create(self, plan: Plan, site: Site) -> None:
        client, items = client_at(site, plan.inference), _items(plan, site)
        assert site.call is not None
        assert client is not None
        has_none = isinstance(items, cst.List) and not items.elements
        place, folded = line_place(site), has_none or (items is not None and self._folds(plan, site, items))

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            new = cst.ensure_type(updated, cst.Call)
            args = [
                Argument("items", items) if _is_messages(arg) and items is not None
                else Argument(arg.keyword.value if arg.keyword else None, arg.value)
                for arg in new.args if not (folded and _is_messages(arg))
            ]  # fmt: skip
            return rebuild_call(new, attribute(client, "conversations", "create"), args, place=place)

        plan.change(site.file, site.call, build)

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

    @staticmethod
    def _by_id(plan: Plan, site: Site) -> None:
        thread, client = thread_argument(site), client_at(site, plan.inference)
        assert site.call is not None
        assert thread is not None
        assert client is not None
        func = attribute(client, "conversations", site.name)
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


def _fits(plan: Plan, site: Site, reads: ThreadReads) -> bool:
    """Whether a call has a counterpart that takes all that it is given."""
    call = site.plain_call
    if call is None or has_star(call) or site.is_azure or client_at(site, plan.inference) is None:
        return False
    given = given_names(call)
    if site.path == THREAD_CREATE:
        writes = _messages(site) is None or may_be_plain(plan) or plan.plain.writes_items
        known = given <= {"messages", "metadata", "timeout", "extra_headers"}
        return known and writes and (_messages(site) is None or _items(plan, site) is not None)
    if site.path == THREAD_RETRIEVE:
        return given == {"thread_id"}
    if site.path == THREAD_DELETE:
        locked = plan.plain.cancels and not may_be_plain(plan)
        return given == {"thread_id"} and reads.confirmed and not locked
    return site.path == THREAD_UPDATE and given == {"thread_id", "metadata"}


def _messages(site: Site) -> cst.BaseExpression | None:
    return argument(site.call, "messages") if site.call is not None else None


def _items(plan: Plan, site: Site) -> cst.BaseExpression | None:
    """The messages that a thread begins with as items; None where there are none, or not all can be seen."""
    messages = _messages(site)
    return converted.messages(messages, plan.look(site.file)) if messages is not None else None


def _is_messages(arg: cst.Arg) -> bool:
    return arg.keyword is not None and arg.keyword.value == "messages"


def may_be_plain(plan: Plan) -> bool:
    """Whether the flow's objects may be written plainly: its runs are plain, or it has none at all."""
    has_runs = any(
        site.path.startswith(("beta.threads.runs", "beta.threads.create_and_run")) for site in plan.flow.sites
    )
    return plan.plain.possible or (not has_runs and not plan.plain.mocked)


def conversation_reference(plan: Plan, file: SourceFile, thread: cst.BaseExpression) -> cst.BaseExpression:
    """The id of the conversation that a thread id means: itself where it only came from threads of the flow."""
    return thread if is_own_id(thread, file, plan.inference) else call(plan.need(file, "conversation_id"), thread)
