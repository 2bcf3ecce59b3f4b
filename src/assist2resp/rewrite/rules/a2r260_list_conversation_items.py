"""A2R260: listed messages are the conversation's items that are messages."""

from __future__ import annotations

import functools
from collections.abc import Callable

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.messages.listings import Listing
from assist2resp.rewrite.messages.shapes import Found, Shape
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._item_lists import filtered, first, guarded, items_call, named, output_call
from assist2resp.rewrite.rules._item_reads import assigns_to_itself, read_items, value_of
from assist2resp.rewrite.rules._markers import read_text
from assist2resp.rewrite.rules._one_message import assigned_next, name_of_one
from assist2resp.rewrite.rules.a2r210_create_conversations import conversation_reference
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.nodes import argument, code
from assist2resp.schema.findings import Level

_ITEMS = "messages are items of the conversation"


class ListConversationItems:
    """A listing of messages becomes one of the conversation's items.

    What: `client.beta.threads.messages.list(thread_id=t)` becomes the items of `client.conversations.items.list(t)`
    whose type is `message`; `.data` goes, and `.text.value` is `.text`. With `run_id=run.id` it is `run.output`, where the
    run became one response.
    Why: a conversation holds calls of tools and reasoning beside its messages.
    Safety: only where everything that is read of the messages is their role, id and text, or where they are shown whole;
    a page of which more than one message is read holds no more of them than it did. Texts of which the citations are read
    go through `cited_text()` of the support module; messages with times and metadata are listed by it.
    Where parts of users' messages are read, the program writes their text as parts, since some servers keep strings.
    Known problems: where the program shows messages whole, it shows items, and the finding says so (review).
    Markers such as `【4:0†source】` are no longer part of the text; the annotations are in the item.
    The finding says so (review) where the program speaks of file search and not of the markers.
    See: https://platform.openai.com/docs/guides/conversation-state
    """

    code = "A2R260"
    title = "list a conversation's items"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def transcript(thread_id: str) -> list[str]:
                messages = client.beta.threads.messages.list(thread_id=thread_id, order="asc")
                return [f"{message.role}: {message.content[0].text.value}" for message in messages]
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id

            client = OpenAI()


            def transcript(thread_id: str) -> list[str]:
                messages = [
                    item
                    for item in client.conversations.items.list(conversation_id(thread_id), order="asc")
                    if item.type == "message"
                ]
                return [f"{message.role}: {message.content[0].text}" for message in messages]
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def show(thread_id: str) -> None:
                for message in client.beta.threads.messages.list(thread_id, order="asc", limit=100):
                    for part in message.content:
                        if part.type == "text":
                            print(message.role, part.text.value)
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id

            client = OpenAI()


            def show(thread_id: str) -> None:
                for message in client.conversations.items.list(
                    conversation_id(thread_id),
                    order="asc",
                    limit=100,
                ):
                    if message.type != "message":
                        continue
                    for part in message.content:
                        if part.type in ("input_text", "output_text"):
                            print(message.role, part.text)
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()


            async def newest(thread_id: str) -> str:
                messages = await client.beta.threads.messages.list(thread_id=thread_id)
                return messages.data[0].content[0].text.value


            async def said(thread_id: str) -> list[str]:
                messages = await client.beta.threads.messages.list(thread_id=thread_id, limit=5)
                answers = [m for m in messages.data if m.role == "assistant"]
                return [m.content[0].text.value for m in reversed(answers)]
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import conversation_id

            client = AsyncOpenAI()


            async def newest(thread_id: str) -> str:
                messages = [
                    item
                    async for item in client.conversations.items.list(conversation_id(thread_id))
                    if item.type == "message"
                ]
                return messages[0].content[0].text


            async def said(thread_id: str) -> list[str]:
                messages = [
                    item
                    async for item in client.conversations.items.list(conversation_id(thread_id))
                    if item.type == "message"
                ][:5]
                answers = [m for m in messages if m.role == "assistant"]
                return [m.content[0].text for m in reversed(answers)]
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            for item in client.conversations.items.list("conv_abc", order="asc"):
                if item.type == "message":
                    print(item.role, item.content[0].text)
            """,
        ),
        case(
            """
            import mailbox

            box = mailbox.mbox("inbox")
            messages = [message for message in box if message["subject"]]
            print(len(messages))
            """,
        ),
        case(
            """
            class Threads:
                def list(self, thread_id):
                    return [thread_id]


            class Client:
                messages = Threads()


            client = Client()
            for message in client.messages.list("thread_abc"):
                print(message)
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the listings that are understood, whatever becomes of the flow's runs."""
        done: set[cst.CSTNode] = set()
        names: set[tuple[cst.CSTNode | None, str]] = set()
        for site, listing in plan.plain.listings.items():
            if site in plan.open_sites:
                self._list(plan, listing, names)
                self._read(plan, listing, done)
                shown = "; where they are shown whole, the items are" if listing.tells_users else ""
                what = "a run's messages are its response's output" if listing.run is not None else _ITEMS
                level, message = Level.REVIEW if shown else Level.FIXED, f"{what}{shown}."
                if listing.reads.of(Shape.TEXT, site) and not listing.reads.cites:
                    read_text(plan, site, self.code, message, level)
                else:
                    plan.fix(site, self.code, message, level=level, plain=True)

    @staticmethod
    def _list(plan: Plan, listing: Listing, names: set[tuple[cst.CSTNode | None, str]]) -> None:
        site, loop = listing.site, listing.loop
        client = client_at(site, plan.inference)
        assert client is not None
        func = attribute(client, "conversations", "items", "list")
        thread = argument(site.call, "thread_id", 0) if site.call is not None else None
        assert thread is not None
        asked = (
            _output(plan, listing)
            if listing.run is not None
            else functools.partial(items_call, listing, func, conversation_reference(plan, site.file, thread))
        )
        if loop is not None and guarded(loop) is not None:
            plan.change(site.file, site.awaited, asked)
            plan.change(site.file, loop, functools.partial(_guarded, listing))
        elif listing.is_only_shown or isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr):
            plan.change(site.file, site.awaited, lambda updated: _awaited_as(updated, asked(updated)))
        elif listing.first is not None:
            plan.change(site.file, site.awaited, asked)
            plan.change(site.file, listing.first, lambda updated: first(listing, value_of(updated)))
        elif listing.held_first is not None:
            held, firsts = listing.held_first
            plan.change(site.file, site.awaited, lambda updated: first(listing, asked(updated)))
            named_next = assigned_next(held, firsts, listing)
            if named_next is not None:
                plan.replace(site.file, held.targets[0].target, named_next.targets[0].target)
                plan.change(site.file, named_next, leaving_comments)
                return
            one = cst.Name(name_of_one(listing, code(held.targets[0].target), names))
            for node in (held.targets[0].target, *firsts):
                plan.replace(site.file, node, one)
        else:
            plan.change(site.file, site.awaited, lambda updated: filtered(listing, asked(updated)))
        if listing.loop_over_data is not None:
            assert site.file.tree is not None
            name = free_name(site.file.scopes, "messages", "items", "listed", "listed_messages", "page_messages")
            plan.change(site.file, listing.loop_over_data, lambda updated: named(updated, name))

    @staticmethod
    def _read(plan: Plan, listing: Listing, done: set[cst.CSTNode]) -> None:
        """Read of the items what was read of the messages; `done` is what another listing changed already."""
        reads, site = listing.reads, listing.site
        for found in reads.of(Shape.PAGE, site):
            around = _list_around(found)
            if around is None or around in done:
                continue
            done.add(around)
            parent = found.file.scopes.parent_of[around]
            if isinstance(around, cst.Call) and assigns_to_itself(parent, found.node):
                plan.change(found.file, parent, leaving_comments)
            elif isinstance(around, cst.Call):
                plan.change(found.file, around, lambda updated: cst.ensure_type(updated, cst.Call).args[0].value)
            elif found.node is not site.awaited:
                plan.change(found.file, around, lambda updated: updated.with_changes(asynchronous=None))
        read_items(plan, reads, site, done, listing.shown)


def _output(plan: Plan, listing: Listing) -> Callable[[cst.CSTNode], cst.BaseExpression]:
    """What makes the output of a response of the listing of its run's messages."""
    run: cst.BaseExpression | None = listing.run
    assert run is not None
    if isinstance(run, cst.Name):
        run = cst.Name(plan.renamed.get((listing.site.scope, run.value), run.value))
    output = output_call(listing, run)
    return lambda _: output


def _guarded(listing: Listing, updated: cst.CSTNode) -> cst.CSTNode:
    """The loop over items, passing over what is no message; over a response's output, it waits for nothing."""
    loop = guarded(updated) or updated
    return loop.with_changes(asynchronous=None) if listing.run is not None else loop


def _awaited_as(before: cst.CSTNode, call: cst.BaseExpression) -> cst.BaseExpression:
    """The call, awaited where the old one was: of a page that nobody reads, one request is left."""
    return before.with_changes(expression=call) if isinstance(before, cst.Await) else call


def _list_around(found: Found) -> cst.Call | cst.For | cst.CompFor | None:
    """`list(page)`, which is a list already, or `async for … in page`, which waits for nothing any more."""
    parent = found.file.scopes.parent_of[found.node]
    if isinstance(parent, (cst.For, cst.CompFor)):
        return parent if parent.asynchronous is not None else None
    call = found.file.scopes.parent_of[parent]
    is_list = isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value == "list"
    return call if is_list and isinstance(call, cst.Call) else None
