"""The callbacks of an event handler: at which event of a streamed response each is called, and what it reads there.

`AssistantEventHandler._emit_sse_event` of the SDK calls them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assist2resp.rewrite.streams.events import EVENTS, ResponseEvent

_TOOL_CALL = {
    "tool_call.type": 'item.type.removesuffix("_call")',
    "tool_call.id": "item.id",
    "tool_call.function.name": "item.name",
}
_IDS = frozenset({"tool_call.id"})


@dataclass(frozen=True)
class Callback:
    """When a callback is called: at `event`, where `condition` holds; `roots` are what its parameters are."""

    event: ResponseEvent
    roots: tuple[str, ...]
    condition: str = ""

    def test(self, variable: str, quote: str = '"') -> str:
        """The test of an event that calls it."""
        parts = [f'{variable}.type == "{self.event.type}"']
        if self.event.item:
            parts.append(f'{variable}.item.type == "{self.event.item}"')
        if self.condition:
            parts.append(f"{variable}.{self.condition}")
        return " and ".join(parts).replace('"', quote)


CALLBACKS: Mapping[str, Callback] = {
    "on_text_created": Callback(
        ResponseEvent("response.content_part.added", "ResponseContentPartAddedEvent"),
        ("text",),
        'part.type == "output_text"',
    ),
    "on_text_delta": Callback(
        ResponseEvent("response.output_text.delta", "ResponseTextDeltaEvent", reads={"delta.value": "delta"}),
        ("delta", "snapshot"),
    ),
    "on_text_done": Callback(
        ResponseEvent("response.output_text.done", "ResponseTextDoneEvent", reads={"text.value": "text"}), ("text",)
    ),
    "on_message_created": Callback(EVENTS["thread.message.created"], ("data",)),
    "on_message_delta": Callback(EVENTS["thread.message.delta"], ("data.delta", "snapshot")),
    "on_message_done": Callback(EVENTS["thread.message.completed"], ("data",)),
    "on_tool_call_created": Callback(
        ResponseEvent("response.output_item.added", "ResponseOutputItemAddedEvent", reads=_TOOL_CALL, shown=_IDS),
        ("tool_call",),
        'item.type.endswith("_call")',
    ),
}
"""All that one event stands for.

Not `on_tool_call_done`: the SDK calls it again for the same call when the next step and the run end.
"""

TEXT_WITH_CITATIONS = Callback(
    ResponseEvent(
        "response.content_part.done",
        "ResponseContentPartDoneEvent",
        reads={"text.value": "part.text"},
        cited={"text": "part"},
    ),
    ("text",),
    'part.type == "output_text"',
)
"""`on_text_done` of a handler that reads more of the text than its words."""

CODE = Callback(
    ResponseEvent(
        "response.code_interpreter_call_code.delta",
        "ResponseCodeInterpreterCallCodeDeltaEvent",
        reads={"delta.code_interpreter.input": "delta"},
    ),
    ("delta", "snapshot"),
)
OUTPUTS = Callback(
    ResponseEvent(
        "response.output_item.done",
        "ResponseOutputItemDoneEvent",
        "code_interpreter_call",
        reads={"delta.code_interpreter.outputs": "item.outputs"},
    ),
    ("delta", "snapshot"),
)
ARGUMENTS = Callback(
    ResponseEvent(
        "response.function_call_arguments.delta",
        "ResponseFunctionCallArgumentsDeltaEvent",
        reads={"delta.function.arguments": "delta"},
    ),
    ("delta", "snapshot"),
)
