"""A2R300: streamed runs become streamed responses, and loops over their events become loops over the new ones."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._markers import read_text
from assist2resp.rewrite.rules._responses import (
    arguments_again,
    folded_input,
    keep_failed,
    may_run_code,
    rebuild_as_response,
    response_arguments,
    sent_outputs,
)
from assist2resp.rewrite.streams.streamed_runs import StreamedRun
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import Argument
from assist2resp.rewrite.syntax.nodes import argument, unwrap_await
from assist2resp.schema.findings import Level


class StreamResponses:
    """A run that is read as a stream becomes a streamed response.

    What: `runs.stream(…)` becomes `responses.create(…, stream=True)`, as `runs.create(…, stream=True)` does, or
    `responses.stream(…)` where the program only waits for its end; `stream.text_deltas`, comparisons of
    `event.event`, `isinstance` checks and `match` over events, and what is read of an event, take the new names.
    Why: responses stream events of their own. The SDK's `responses.stream` keeps a response of what it has heard, and
    fails where a server leaves out an event; a loop over the events does not.
    Safety: only when every use of the stream and of its events has the same meaning; a loop that does something at
    every event, leaves the stream early, reads citations or whole objects, or answers function calls keeps its events
    through the support module.
    Known problems: branches for events that no response has (`thread.run.expired`, `thread.run.cancelled`) go.
    Markers such as `【4:0†source】` are no longer part of the text; the finding says so (review) where the program
    speaks of file search and not of the markers.
    See: https://platform.openai.com/docs/guides/streaming-responses
    """

    code = "A2R300"
    title = "stream responses"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            narrator = client.beta.assistants.create(model="gpt-5", instructions="Tell stories.")
            thread = client.beta.threads.create()
            client.beta.threads.messages.create(thread_id=thread.id, role="user", content="A lost glove")
            with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=narrator.id) as stream:
                for text in stream.text_deltas:
                    print(text, end="", flush=True)
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            narrator: dict = {"model": "gpt-5", "instructions": "Tell stories.", "truncation": "auto"}
            thread = client.conversations.create()
            with client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "A lost glove"}],
                stream=True,
                **narrator,
            ) as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        print(event.delta, end="", flush=True)
            """,
        ),
        case(
            """
            from openai import OpenAI


            def reply(client: OpenAI, thread_id: str, assistant_id: str):
                stream = client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id, stream=True)
                for event in stream:
                    if event.event == "thread.message.delta":
                        for block in event.data.delta.content or []:
                            # images come as files
                            if block.type == "text" and block.text.value:
                                yield block.text.value
                    elif event.event in ("thread.run.failed", "thread.run.expired"):
                        yield "(no answer)"
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments


            def reply(client: OpenAI, thread_id: str, assistant_id: str):
                stream = client.responses.create(
                    conversation=conversation_id(thread_id),
                    stream=True,
                    **request_arguments(assistant_id),
                )
                for event in stream:
                    if event.type == "response.output_text.delta":
                        # images come as files
                        if event.delta:
                            yield event.delta
                    elif event.type == "response.failed":
                        yield "(no answer)"
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI
            from openai.types.beta.assistant_stream_event import ThreadMessageCompleted, ThreadMessageDelta


            async def show(client: AsyncOpenAI, thread_id: str, assistant_id: str) -> None:
                async with client.beta.threads.runs.stream(thread_id=thread_id, assistant_id=assistant_id) as stream:
                    async for event in stream:
                        if isinstance(event, ThreadMessageDelta):
                            print(event.data.delta.content[0].text.value, end="")
                        elif isinstance(event, ThreadMessageCompleted):
                            print()
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import conversation_id, request_arguments


            async def show(client: AsyncOpenAI, thread_id: str, assistant_id: str) -> None:
                async with await client.responses.create(
                    conversation=conversation_id(thread_id),
                    stream=True,
                    **request_arguments(assistant_id),
                ) as stream:
                    async for event in stream:
                        if event.type == "response.output_text.delta":
                            print(event.delta, end="")
                        elif event.type == "response.output_item.done" and event.item.type == "message":
                            print()
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            with client.responses.stream(model="gpt-5", input="Hello") as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        print(event.delta, end="")
            """,
        ),
        case(
            """
            for event in bus.listen():
                if event.event == "thread.message.delta":
                    print(event.data.delta.content[0].text.value)
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the streamed runs of a plain flow."""
        if not plan.plain.possible:
            return
        for site, run in plan.plain.streamed[0].items():
            if site in plan.open_sites:
                self._stream(plan, site, run)

    @staticmethod
    def _stream(plan: Plan, site: Site, run: StreamedRun) -> None:
        client, given = client_at(site, plan.inference), folded_input(plan, site)
        assert client is not None
        outputs = argument(site.call, "tool_outputs") if site.call is not None else None
        helper = run.managed and given is not None and _only_waits(run)
        *named, configuration = (
            response_arguments(plan, site, given)
            if outputs is None
            else arguments_again(plan, site, sent_outputs(plan, site, outputs))
        )
        if not helper:
            named.append(Argument("stream", cst.Name("True")))
        if run.handler is not None and run.handler.reads_outputs and may_run_code(plan, configuration):
            named.append(Argument("include", cst.parse_expression('["code_interpreter_call.outputs"]')))
        arguments = [*named, configuration]
        rebuild_as_response(plan, site, client, arguments, method="stream" if helper else "create")
        if run.managed and not helper and site.is_async:
            assert site.call is not None
            plan.change(site.file, site.call, lambda updated: cst.Await(cst.ensure_type(updated, cst.Call)))
        for edit in run.edits:
            plan.change(site.file, edit.node, edit.build)
        for name in run.needs:
            plan.need(site.file, name)
        _wait(plan, site, run, helper=helper)
        kept = keep_failed(plan, site, given)
        read_text(plan, site, StreamResponses.code, f"a streamed run became a streamed response{kept}.")


def _only_waits(run: StreamedRun) -> bool:
    """Whether the stream is read to its end and not looked at; the SDK's helper wants every event that it knows of."""
    return bool(run.waits) and not run.readings and run.handler is None


def _wait(plan: Plan, site: Site, run: StreamedRun, *, helper: bool) -> None:
    """`stream.until_done()` stays where the new stream has it; after a loop over the stream it does nothing."""
    for statement in run.waits:
        if run.handler is not None:
            return
        if run.readings:
            plan.change(site.file, statement, leaving_comments)
        elif not helper:
            plan.change(site.file, site.file.scopes.parent_of[statement], _read_out)


def _read_out(updated: cst.CSTNode) -> cst.CSTNode:
    line = cst.ensure_type(updated, cst.SimpleStatementLine)
    statement = cst.ensure_type(line.body[0], cst.Expr)
    awaited = isinstance(statement.value, cst.Await)
    call = unwrap_await(statement.value)
    stream = cst.ensure_type(cst.ensure_type(call, cst.Call).func, cst.Attribute).value
    return cst.For(
        cst.Name("_"),
        stream,
        cst.SimpleStatementSuite([cst.Pass()]),
        asynchronous=cst.Asynchronous() if awaited else None,
        leading_lines=line.leading_lines,
    )
