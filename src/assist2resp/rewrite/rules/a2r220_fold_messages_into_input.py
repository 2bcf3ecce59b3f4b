"""A2R220: a message created just before its run becomes that response's input."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.run_sites import MESSAGE_CREATE, thread_argument
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.messages.written import Written, written_by
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules.a2r210_create_conversations import conversation_reference
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import Argument, attribute, rebuild_call
from assist2resp.rewrite.syntax.nodes import argument, code, has_star
from assist2resp.rewrite.turns.shown_turns import shown_turn
from assist2resp.rewrite.turns.turns import Apart, answering_run, apart, input_item
from assist2resp.schema.findings import Level

_HANDED_ON = ("timeout", "extra_headers")


class FoldMessagesIntoInput:
    """The user's turn goes with the request that answers it.

    What: `messages.create(thread_id=t, role="user", content=c)` followed by a run of `t` in the same block, or in a
    `with` or `try` there, disappears into `input=[{"role": "user", "content": c}]`; elsewhere it becomes
    `conversations.items.create`.
    Why: one request less, and a request without `input` is not taken by every server.
    Safety: only when nothing between the two uses the thread or rebinds what the message is made of, and the program
    does nothing with the message object but show it: then the input has its name, and the finding says where users see
    it whole (review). Content of which the source does not say what it is goes through `input_message()`,
    and content that must not be evaluated twice or later gets a variable where the message stood.
    A failed response does not keep its input, where a thread kept the message. So a program that goes on with a thread
    whose run failed (it reads `last_error`, or asks for `failed` and lives on) writes its turn into the conversation
    where the response failed; where there is no place for that, the turn stays an item that is created first.
    Known problems: elsewhere a turn whose response fails, or is refused, is not kept in the conversation.
    See: https://platform.openai.com/docs/guides/conversation-state
    """

    code = "A2R220"
    title = "fold messages into the response's input"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")
            thread = client.beta.threads.create()
            client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Hello")
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            assistant: dict = {"model": "gpt-5", "truncation": "auto"}
            thread = client.conversations.create()
            run = client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "Hello"}],
                **assistant,
            )
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def ask(thread_id: str, assistant_id: str, question: str, picture: str) -> str:
                # What the user sent.
                client.beta.threads.messages.create(
                    thread_id=thread_id,
                    role="user",
                    content=[
                        {"type": "text", "text": question},
                        {"type": "image_url", "image_url": {"url": picture}},
                    ],
                )
                run = client.beta.threads.runs.create_and_poll(
                    thread_id=thread_id,
                    assistant_id=assistant_id,  # the same for everyone
                )
                return run.status
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments

            client = OpenAI()


            def ask(thread_id: str, assistant_id: str, question: str, picture: str) -> str:
                # What the user sent.
                run = client.responses.create(
                    conversation=conversation_id(thread_id),
                    input=[{"role": "user", "content": [
                        {"type": "input_text", "text": question},
                        {"type": "input_image", "image_url": picture, "detail": "auto"},
                    ]}],
                    **request_arguments(assistant_id),  # the same for everyone
                )
                return run.status
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")


            def say(thread_id: str, text: str) -> None:
                client.beta.threads.messages.create(thread_id=thread_id, role="user", content=text)


            def answer(thread_id: str) -> str:
                run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant.id)
                messages = client.beta.threads.messages.list(thread_id=thread_id)
                return messages.data[0].content[0].text.value


            thread = client.beta.threads.create()
            say(thread.id, "My name is Ada.")
            say(thread.id, "What is my name?")
            print(answer(thread.id))
            """,
            """
            from typing import Any

            from openai import OpenAI

            client = OpenAI()
            assistant: dict[str, Any] = {"model": "gpt-5", "truncation": "auto"}


            def say(thread_id: str, text: str) -> None:
                client.conversations.items.create(
                    conversation_id=thread_id,
                    items=[{"role": "user", "content": text}],
                )


            def answer(thread_id: str) -> str:
                run = client.responses.create(conversation=thread_id, **assistant)
                return run.output_text


            thread = client.conversations.create()
            say(thread.id, "My name is Ada.")
            say(thread.id, "What is my name?")
            print(answer(thread.id))
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")


            def ask(parts: list) -> str:
                thread = client.beta.threads.create()
                client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Look at this.")
                client.beta.threads.messages.create(thread_id=thread.id, role="user", content=[*parts])
                run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
                return run.status
            """,
            """
            from typing import Any

            from openai import OpenAI

            from assistants_compat import input_message

            client = OpenAI()
            assistant: dict[str, Any] = {"model": "gpt-5", "truncation": "auto"}


            def ask(parts: list) -> str:
                thread = client.conversations.create()
                run = client.responses.create(
                    conversation=thread.id,
                    input=[{"role": "user", "content": "Look at this."}, input_message("user", [*parts])],
                    **assistant,
                )
                return run.status
            """,
        ),
        case(
            """
            import streamlit as st
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")


            def ask(question: str) -> str:
                thread = client.beta.threads.create()
                client.beta.threads.messages.create(thread_id=thread.id, role="user", content=question)
                with st.spinner("Thinking…"):
                    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
                return run.status
            """,
            """
            from typing import Any

            import streamlit as st
            from openai import OpenAI

            client = OpenAI()
            assistant: dict[str, Any] = {"model": "gpt-5", "truncation": "auto"}


            def ask(question: str) -> str:
                thread = client.conversations.create()
                with st.spinner("Thinking…"):
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
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")
            thread = client.beta.threads.create()
            message = client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Hello")
            print(f"{message.role}: {message.content[0].text.value}")
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            """,
            """
            from openai import OpenAI
            from openai.types.responses import EasyInputMessageParam

            client = OpenAI()
            assistant: dict = {"model": "gpt-5", "truncation": "auto"}
            thread = client.conversations.create()
            message: EasyInputMessageParam = {"role": "user", "content": "Hello"}
            print(f"{message['role']}: {message['content']}")
            run = client.responses.create(conversation=thread.id, input=[message], **assistant)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            response = client.responses.create(model="gpt-5", input=[{"role": "user", "content": "Hello"}])
            print(response.output_text)
            """,
        ),
        case(
            """
            from discord import Client, Intents

            client = Client(intents=Intents.default())


            @client.event
            async def on_thread_create(thread):
                await thread.send("Welcome")
                run = thread.guild.default_role
                print(run.name)
            """,
        ),
        case(
            """
            class Threads:
                def messages_create(self, thread_id, role, content):
                    return {"thread_id": thread_id, "role": role, "content": content}


            threads = Threads()
            with open("log.txt") as log:
                threads.messages_create(thread_id="t", role="user", content=log.read())
            """,
        ),
        case(
            """
            from twilio.rest import Client

            client = Client("AC123", "token")
            client.messages.create(to="+15550100", from_="+15550101", body="Hello")
            """,
        ),
        case(
            """
            import anthropic

            client = anthropic.Anthropic()
            message = client.beta.messages.create(
                model="claude-sonnet", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
            )
            print(message.content[0].text)
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Fold every message creation of a plain flow, and write the others as items wherever nothing more is read."""
        if not plan.plain.writes_items:
            return
        named: set[cst.Attribute] = set()
        for site, read in _written(plan).items():
            thread, element = thread_argument(site), input_item(plan, site)
            if (
                element is None
                or thread is None
                or (plan.plain.possible and self._fold(plan, site, thread, element, read))
            ):
                continue
            shows_as_it_did = read.tells_users and bool(plan.plain.creates) and not plan.plain.possible
            if not read.said and not shows_as_it_did:
                for node in set(read.ids) - named:
                    plan.change(site.file, node, _first_id)
                named.update(read.ids)
                self._create_item(plan, site, element, read)

    def _fold(
        self, plan: Plan, site: Site, thread: cst.BaseExpression, element: cst.BaseExpression, read: Written
    ) -> bool:
        """Send a message with the run that answers it, if one does and what is read of it is there then."""
        if not read.is_unread:
            told = shown_turn(plan, site, code(thread), element, read)
        else:
            run = answering_run(plan, site, code(thread), _arguments_of(site))
            told = Apart(run, None, element) if run is not None else apart(plan, site, code(thread))
        if told is None:
            return False
        plan.folded.setdefault(told.run, []).append(told.item)
        if told.statement is None:
            plan.change(site.file, _small_statement(site), leaving_comments)
        else:
            plan.replace(site.file, _small_statement(site), told.statement)
        level, differs = _differs(read, "the input is")
        plan.fix(site, self.code, f"the message is the response's input{differs}.", level=level, plain=True)
        return True

    def _create_item(self, plan: Plan, site: Site, element: cst.BaseExpression, read: Written) -> None:
        thread, client = thread_argument(site), client_at(site, plan.inference)
        if thread is None or client is None or site.call is None:
            return
        reference = conversation_reference(plan, site.file, thread)
        items = cst.List([cst.Element(element)])
        func = attribute(client, "conversations", "items", "create")

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            old = cst.ensure_type(updated, cst.Call)
            given = [Argument("conversation_id", reference), Argument("items", items)]
            given += [Argument(name, value) for name in _HANDED_ON if (value := argument(old, name)) is not None]
            return rebuild_call(old, func, given, place=line_place(site))

        plan.change(site.file, site.call, build)
        level, differs = _differs(read, "the item is")
        plan.fix(site, self.code, f"the message became an item of the conversation{differs}.", level=level, plain=True)


def _written(plan: Plan) -> dict[Site, Written]:
    """The creations that say no more than a role and a content, with what is read of their messages."""
    found = [site for site in plan.open_sites if site.path == MESSAGE_CREATE and _is_plain_call(site)]
    while True:
        reads = {site: written_by(plan.plain, site, found) for site in found}
        fit = {site: read for site, read in reads.items() if read is not None and not (read.said and read.ids)}
        if len(fit) == len(found):
            return fit
        found = list(fit)


def _is_plain_call(site: Site) -> bool:
    call = site.plain_call
    if call is None or site.is_azure:
        return False
    names = {arg.keyword.value for arg in call.args if arg.keyword is not None}
    known = {"role", "content"} <= names <= {"thread_id", "role", "content", *_HANDED_ON}
    return known and not has_star(call)


def _differs(read: Written, instead: str) -> tuple[Level, str]:
    """The level of a finding, and what its readers should know of a message that is shown whole."""
    return (Level.REVIEW, f"; where it is shown whole, {instead}") if read.tells_users else (Level.FIXED, "")


def _first_id(updated: cst.CSTNode) -> cst.CSTNode:
    """`message.id`, where `message` is the list of the one item that was created."""
    return cst.ensure_type(updated, cst.Attribute).with_changes(attr=cst.Name("first_id"))


def _arguments_of(site: Site) -> cst.CSTNode:
    assert site.call is not None
    content = argument(site.call, "content")
    return content if content is not None else site.call


def _small_statement(site: Site) -> cst.CSTNode:
    node: cst.CSTNode = site.awaited
    while not isinstance(node, cst.BaseSmallStatement):
        node = site.file.scopes.parent_of[node]
    return node
