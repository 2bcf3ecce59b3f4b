"""The file of cases that people write by hand for `replay`: YAML or JSON with a list of cases, or JSONL with one a line.

- question: Where is order 7?
  assistant: asst_support
  history: [{role: user, content: Hello}, {role: assistant, content: How can I help?}]
  tools: [{name: get_order, arguments: {number: 7}, output: shipped}]
  reply: It was shipped.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assist2resp.schema.comparison import Usage

Json = dict[str, Any]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(_Record):
    """A message of the history."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str


class ToolUse(_Record):
    """A call of a function as it was answered."""

    name: str = Field(min_length=1)
    arguments: Json | str = {}
    """The arguments, or their JSON."""
    output: str | None = None


class Cited(_Record):
    """A file that the reply cites."""

    file: str
    index: int | None = None


class WrittenCase(_Record):
    """One turn of a user and the reply to it that is to be compared with."""

    id: str | None = None
    """Unique in the file; its place in the file where it is absent."""
    question: str | None = None
    input: tuple[Json, ...] | None = None
    """The turn as items of the Responses API, instead of `question`."""
    thread: str | None = None
    """Cases of one thread depend on one another; each is its own where this is absent."""
    history: tuple[Said | Json, ...] = ()
    """What was said before: messages, or items of the Responses API."""
    assistant: str | None = None
    """Whose configuration answers."""
    arguments: Json = {}
    """Arguments of `responses.create` for this case, over those of the configuration."""
    tools: tuple[ToolUse, ...] = ()
    """The calls that the recorded side made, in order."""
    reply: str | None = None
    refusal: str | None = None
    citations: tuple[Cited, ...] = ()
    usage: Usage | None = None
    latency: float | None = None
    """Seconds."""
    model: str | None = None
    """The model of the recorded side."""
    groups: dict[str, str] = {}
    """What the case is counted under."""

    @model_validator(mode="after")
    def _has_a_turn(self) -> WrittenCase:
        if (self.question is None) == (self.input is None):
            raise ValueError("a case has either `question` or `input`")
        if self.input is not None and not self.input:
            raise ValueError("`input` is empty")
        return self


FILES: dict[str, type[BaseModel]] = {"case": WrittenCase}
"""What a file of cases holds, each entry or line."""
