"""A2R310: event handlers become loops over the events of a streamed response."""

from __future__ import annotations

from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._handlers import loop_in_place_of_wait, plain_class
from assist2resp.rewrite.rules._markers import read_text
from assist2resp.schema.findings import Level


class LoopOverEvents:
    """A handler class that a streamed run calls becomes a loop over the events of the streamed response.

    What: `with runs.stream(…, event_handler=Handler()) as stream: stream.until_done()` becomes `for event in stream:`
    with a branch for each callback. A handler that keeps something, or serves several streams, stays a class, of its
    own, with one method `on_event`. Where it answers calls of tools, the next response is told what the last one was.
    Why: streamed responses know no handlers.
    Safety: only when every callback reads what the new event has as well, the class is a handler and nothing else, and
    every run that it is given to becomes a streamed response; else the handler keeps its events through the support
    module.
    Known problems: the old SDK told of a new tool call once where a run made one after the other; the loop tells of each.
    See: https://platform.openai.com/docs/guides/streaming-responses
    """

    code = "A2R310"
    title = "loop over events in place of handlers"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import AssistantEventHandler, OpenAI
            from typing_extensions import override


            class EventHandler(AssistantEventHandler):
                @override
                def on_text_created(self, text) -> None:
                    print("\\nassistant > ", end="", flush=True)

                @override
                def on_text_delta(self, delta, snapshot):
                    print(delta.value, end="", flush=True)

                def on_tool_call_created(self, tool_call):
                    print(f"\\nassistant > {tool_call.type}\\n", flush=True)

                def on_tool_call_delta(self, delta, snapshot):
                    if delta.type == "code_interpreter":
                        if delta.code_interpreter.input:
                            print(delta.code_interpreter.input, end="", flush=True)
                        if delta.code_interpreter.outputs:
                            print("\\n\\noutput >", flush=True)
                            for output in delta.code_interpreter.outputs:
                                if output.type == "logs":
                                    print(f"\\n{output.logs}", flush=True)


            client = OpenAI()
            with client.beta.threads.runs.stream(
                thread_id="thread_abc",
                assistant_id="asst_abc",
                event_handler=EventHandler(),
            ) as stream:
                stream.until_done()
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments


            client = OpenAI()
            with client.responses.create(
                conversation=conversation_id("thread_abc"),
                stream=True,
                **request_arguments("asst_abc"),
            ) as stream:
                for event in stream:
                    if event.type == "response.content_part.added" and event.part.type == "output_text":
                        print("\\nassistant > ", end="", flush=True)
                    elif event.type == "response.output_text.delta":
                        print(event.delta, end="", flush=True)
                    elif event.type == "response.output_item.added" and event.item.type.endswith("_call"):
                        print(f"\\nassistant > {event.item.type.removesuffix('_call')}\\n", flush=True)
                    elif event.type == "response.code_interpreter_call_code.delta":
                        if event.delta:
                            print(event.delta, end="", flush=True)
                    elif event.type == "response.output_item.done" and event.item.type == "code_interpreter_call":
                        if event.item.outputs:
                            print("\\n\\noutput >", flush=True)
                            for output in event.item.outputs:
                                if output.type == "logs":
                                    print(f"\\n{output.logs}", flush=True)
            """,
        ),
        case(
            """
            import queue

            from openai import AssistantEventHandler, OpenAI


            class Bridge(AssistantEventHandler):
                def __init__(self, texts: queue.Queue):
                    super().__init__()
                    self.texts = texts

                def on_text_delta(self, delta, snapshot):
                    self.texts.put(delta.value)

                def on_end(self):
                    self.texts.put(None)


            def work(client: OpenAI, thread_id: str, assistant_id: str, texts: queue.Queue) -> None:
                with client.beta.threads.runs.stream(
                    thread_id=thread_id, assistant_id=assistant_id, event_handler=Bridge(texts)
                ) as stream:
                    stream.until_done()
            """,
            """
            import queue

            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments


            class Bridge:
                def __init__(self, texts: queue.Queue):
                    self.texts = texts

                def on_event(self, event):
                    if event.type == "response.output_text.delta":
                        self.texts.put(event.delta)

                def on_end(self):
                    self.texts.put(None)


            def work(client: OpenAI, thread_id: str, assistant_id: str, texts: queue.Queue) -> None:
                handler = Bridge(texts)
                with client.responses.create(
                    conversation=conversation_id(thread_id),
                    stream=True,
                    **request_arguments(assistant_id),
                ) as stream:
                    try:
                        for event in stream:
                            handler.on_event(event)
                    finally:
                        handler.on_end()
            """,
        ),
        case(
            """
            from openai import OpenAI


            class EventHandler:
                def on_text_delta(self, delta, snapshot):
                    print(delta.value, end="")


            client = OpenAI()
            handler = EventHandler()
            with client.responses.stream(model="gpt-5", input="Hello") as stream:
                for event in stream:
                    if event.type == "response.output_text.delta":
                        print(event.delta)
            """,
        ),
        case(
            """
            class AssistantEventHandler:
                def until_done(self):
                    return self


            class Printer(AssistantEventHandler):
                def on_text_delta(self, delta, snapshot):
                    print(delta.value)


            with bus.stream(event_handler=Printer()) as stream:
                stream.until_done()
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the handlers of a plain flow's streamed runs."""
        if not plan.plain.possible:
            return
        classes = {}
        for site, run in plan.plain.streamed[0].items():
            if run.handler is not None and site in plan.claims:
                loop_in_place_of_wait(plan, site, run)
                classes[run.handler.kind] = run.handler
                del plan.claims[site]
                read_text(
                    plan, site, self.code, "an event handler became a loop over the events of a streamed response."
                )
        for reading in classes.values():
            plain_class(plan, reading)
