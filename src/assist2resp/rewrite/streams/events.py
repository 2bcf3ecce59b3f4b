"""The events of a streamed run and of a streamed response: their names, their classes and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from assist2resp.rewrite.values.narrowed import ACTION

_MESSAGE = "message"
CONTENT = "data.delta.content"
_TEXT = f"{CONTENT}[0].text.value"


@dataclass(frozen=True)
class ResponseEvent:
    """The event of a response that says what one of a run said.

    `item` is the type that its item must have. `reads` maps what a program reads of the old event to where it stands
    in the new one; `shown` holds those that may only be shown, as ids, which begin with other letters.
    """

    type: str
    name: str
    item: str = ""
    ends: bool = False
    old: str = ""
    """The name of the run's event, where it can be but one."""
    condition: str = ""
    """What else must hold; `{event}` stands for the event's name."""
    reads: Mapping[str, str] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    cited: Mapping[str, str] = field(default_factory=dict)
    """The texts with what they cite, each with the part of the new event that says both."""

    @property
    def tells_failure(self) -> bool:
        """Whether it says that no answer comes, and why: a program may show it whole."""
        return self.type in {"response.failed", "error"}


_RUN = frozenset({"data.id"})
_ENDED = {"data.id": "response.id", "data.status": "response.status"}
_USAGE = {
    "data.usage.total_tokens": "response.usage.total_tokens",
    "data.usage.prompt_tokens": "response.usage.input_tokens",
    "data.usage.completion_tokens": "response.usage.output_tokens",
}
_ERROR = {"data.last_error.message": "response.error.message", "data.last_error.code": "response.error.code"}

_WAITS = 'any(item.type == "function_call" for item in {event}.response.output)'

EVENTS: Mapping[str, ResponseEvent] = {
    "thread.message.created": ResponseEvent(
        "response.output_item.added", "ResponseOutputItemAddedEvent", _MESSAGE, reads={"data.role": "item.role"}
    ),
    "thread.message.delta": ResponseEvent(
        "response.output_text.delta", "ResponseTextDeltaEvent", reads={_TEXT: "delta"}
    ),
    "thread.message.completed": ResponseEvent(
        "response.output_item.done",
        "ResponseOutputItemDoneEvent",
        _MESSAGE,
        reads={"data.role": "item.role", "data.content[0].text.value": "item.content[0].text"},
        cited={"data.content[0].text": "item.content[0]"},
    ),
    "thread.run.created": ResponseEvent(
        "response.created", "ResponseCreatedEvent", reads={"data.id": "response.id"}, shown=_RUN
    ),
    "thread.run.in_progress": ResponseEvent(
        "response.in_progress", "ResponseInProgressEvent", reads={"data.id": "response.id"}, shown=_RUN
    ),
    "thread.run.completed": ResponseEvent(
        "response.completed", "ResponseCompletedEvent", ends=True, reads={**_ENDED, **_USAGE}, shown=_RUN
    ),
    ACTION: ResponseEvent("response.completed", "ResponseCompletedEvent", ends=True, condition=_WAITS),
    "thread.run.incomplete": ResponseEvent(
        "response.incomplete", "ResponseIncompleteEvent", ends=True, reads=_ENDED, shown=_RUN
    ),
    "thread.run.failed": ResponseEvent(
        "response.failed", "ResponseFailedEvent", ends=True, reads={**_ENDED, **_ERROR}, shown=_RUN
    ),
    "error": ResponseEvent(
        "error",
        "ResponseErrorEvent",
        ends=True,
        reads={"data.message": "message", "data.code": "code"},
    ),
}
NEVER = frozenset({"thread.run.expired", "thread.run.cancelled", "thread.run.cancelling", "done"})
"""Events that no streamed response has, and that no other stands for: branches for them go."""


def event_of(name: str, data: bytes) -> ResponseEvent:
    """The event that says the same; a run that waits for outputs is no completed one, in a file that tells these apart."""
    event = replace(EVENTS[name], old=name)
    told_apart = name == "thread.run.completed" and ACTION.encode() in data
    return replace(event, condition=f"not {_WAITS}") if told_apart else event


_PREFIX = "openai.types.beta.assistant_stream_event."
CLASSES: Mapping[str, str] = {
    _PREFIX + name: event
    for name, event in {
        "ThreadMessageCreated": "thread.message.created",
        "ThreadMessageDelta": "thread.message.delta",
        "ThreadMessageCompleted": "thread.message.completed",
        "ThreadRunCreated": "thread.run.created",
        "ThreadRunInProgress": "thread.run.in_progress",
        "ThreadRunCompleted": "thread.run.completed",
        "ThreadRunIncomplete": "thread.run.incomplete",
        "ThreadRunFailed": "thread.run.failed",
        "ThreadRunExpired": "thread.run.expired",
        "ThreadRunCancelled": "thread.run.cancelled",
        "ThreadRunCancelling": "thread.run.cancelling",
        "ErrorEvent": "error",
    }.items()
}
"""The classes of events by the names that they are imported by."""

DELTA_CLASSES: Mapping[str, str] = {
    "data": "MessageDeltaEvent",
    "data.delta": "MessageDelta",
    "data.delta.content[0]": "TextDeltaBlock",
    "data.delta.content[0].text": "TextDelta",
}
"""The classes of what a piece of a message holds, which it always is where the piece is one of text."""

TEXT_DELTA = EVENTS["thread.message.delta"].type
