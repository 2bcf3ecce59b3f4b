"""What a run was created with, as overrides of the arguments of `client.responses.create`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from assist2resp.rewrite.literals.absence import may_be_none
from assist2resp.rewrite.literals.bodies import expression, one_entry
from assist2resp.rewrite.literals.layout import quote_of, text
from assist2resp.rewrite.literals.lookup import DefinitionEdit, Lookup, Refused
from assist2resp.rewrite.literals.options import text_format, tool_choice
from assist2resp.rewrite.literals.output_limit import output_limit
from assist2resp.rewrite.literals.tools import Resources, tools
from assist2resp.rewrite.syntax.nodes import code, string_value

_APART = frozenset({
    "thread_id", "assistant_id", "thread", "additional_instructions", "additional_messages", "timeout", "extra_headers",
    "extra_query", "extra_body", "poll_interval_ms", "event_handler",
})  # fmt: skip
_RENAMED = {
    "model": "model", "instructions": "instructions", "temperature": "temperature", "top_p": "top_p",
    "metadata": "metadata", "parallel_tool_calls": "parallel_tool_calls", "max_completion_tokens": "max_output_tokens",
}  # fmt: skip
_SEARCH_RESULTS = "step_details.tool_calls[*].file_search.results[*].content"


_NOTHING = Resources()


@dataclass(frozen=True)
class Override:
    """One argument of `responses.create`. A value that may be None meant the assistant's own in the old API."""

    name: str
    node: cst.BaseExpression
    may_be_none: bool = False


@dataclass(frozen=True)
class RunArguments:
    """What a run is created with: overrides in the new spelling, and the arguments that need a place of their own."""

    overrides: tuple[Override, ...] = ()
    apart: Mapping[str, cst.BaseExpression] = field(default_factory=dict)
    """As written: the thread and assistant, additional instructions and messages, options of the request."""
    edits: tuple[DefinitionEdit, ...] = ()
    tool_types: frozenset[str] = frozenset()


def run_overrides(
    call: cst.Call,
    look: Lookup,
    available: Resources = _NOTHING,
) -> RunArguments | None:
    """The arguments of a call that creates a run; `available` is what the assistant and the thread give its tools."""
    conversion = _Run(look, quote_of([call]), available)
    try:
        conversion.read(call)
    except Refused:
        return None
    return RunArguments(tuple(conversion.overrides), conversion.apart, conversion.edits, conversion.tool_types)


class _Run:
    def __init__(self, look: Lookup, quote: str, available: Resources) -> None:
        self.look, self.quote, self.available = look, quote, available
        self.overrides: list[Override] = []
        self.apart: dict[str, cst.BaseExpression] = {}
        self.edits: tuple[DefinitionEdit, ...] = ()
        self.tool_types: frozenset[str] = frozenset()
        self.model: cst.BaseExpression | None = None

    def read(self, call: cst.Call) -> None:
        given: dict[str, cst.BaseExpression] = {}
        for number, arg in enumerate(call.args):
            if arg.star or (arg.keyword is None and number):
                raise Refused
            name = "thread_id" if arg.keyword is None else arg.keyword.value
            if not self.look.is_omitted(arg.value):
                given[name] = arg.value
        self.model = given.get("model")
        for name, value in given.items():
            self._argument(name, value)

    def _argument(self, name: str, value: cst.BaseExpression) -> None:
        if name in _APART:
            self.apart[name] = value
        elif name in _RENAMED:
            new = output_limit(value) if name == "max_completion_tokens" else value
            self._add(_RENAMED[name], new, may_be_none=may_be_none(value, self.look))
        elif name == "stream":
            if not (isinstance(value, cst.Name) and value.value in {"False", "True"}):
                raise Refused
        else:
            self._converted(name, value)

    def _converted(self, name: str, value: cst.BaseExpression) -> None:
        match name:
            case "tools":
                self._tools(value)
            case "tool_choice":
                self._add("tool_choice", tool_choice(value, self.look))
            case "response_format" if string_value(value) == "auto":
                self._add("text", expression('{"format": {"type": "text"}}', self.quote))
            case "response_format":
                made = text_format(value, self.look)
                self._add("text", one_entry("format", made, self.quote) if made is not None else None)
            case "reasoning_effort" if not may_be_none(value, self.look):
                self._add("reasoning", one_entry("effort", value, self.quote))
            case "truncation_strategy" if is_automatic(value):
                self._add("truncation", text("auto", self.quote))
            case "include" if _is_search_results(value):
                self._add("include", expression('["file_search_call.results"]', self.quote))
            case _:
                raise Refused

    def _tools(self, value: cst.BaseExpression) -> None:
        made = tools(value, self.look, self.available, self.model)
        if made is None:
            raise Refused
        self.edits, self.tool_types = made.edits, made.tool_types
        self._add("tools", made.node)

    def _add(self, name: str, node: cst.BaseExpression | None, *, may_be_none: bool = False) -> None:
        if node is None:
            raise Refused
        self.overrides.append(Override(name, node, may_be_none))


def is_automatic(node: cst.BaseExpression) -> bool:
    """Whether a strategy of truncation is the one that a run has anyway."""
    return code(node).replace("'", '"').replace(" ", "") in {'{"type":"auto"}', '{"type":"auto","last_messages":None}'}


def _is_search_results(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.List) and [string_value(element.value) for element in node.elements] == [
        _SEARCH_RESULTS
    ]
