"""What an assistant was created with, as a dict literal of arguments for `client.responses.create`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import libcst as cst

from assist2resp.rewrite.literals.absence import may_be_omitted
from assist2resp.rewrite.literals.bodies import call_body, one_entry
from assist2resp.rewrite.literals.layout import Item, text
from assist2resp.rewrite.literals.lookup import DefinitionEdit, Lookup, Refused
from assist2resp.rewrite.literals.options import text_format
from assist2resp.rewrite.literals.tools import Converted, Resources, is_search, resources, tools
from assist2resp.rewrite.syntax.calls import subscript
from assist2resp.rewrite.syntax.nodes import argument, code, descendants, string_value

_WIDTH = 88
_SAME = frozenset({"model", "instructions", "temperature", "top_p"})
_UNUSED = ("name", "description", "metadata")
_OF_THE_REQUEST = frozenset({"timeout", "extra_headers", "extra_query"})
_PURE_CALLS = frozenset({
    "str", "repr", "int", "float", "len", "format", "join", "strip", "lower", "upper", "title", "replace", "getenv", "get",
    "now", "today", "utcnow", "strftime", "isoformat", "uuid4", "time", "dumps", "basename", "Timeout",
})  # fmt: skip


def assistant_arguments(
    call: cst.Call, look: Lookup, unused: Collection[str] = _UNUSED, *, column: int = 0
) -> Converted | None:
    """The arguments of `assistants.create` as a dict literal of arguments for `responses.create`.

    `column` is where the call begins in its line. `unused` names those fields of the assistant that nothing reads, out
    of name, description and metadata.
    """
    if any(arg.keyword is None for arg in call.args):
        return None
    conversion = _Assistant(call, look, frozenset(unused) | _OF_THE_REQUEST)
    return conversion.result(column)


@dataclass(frozen=True)
class Changes:
    """The settings that an update changes, by their new names, and the definitions that change with them."""

    settings: tuple[tuple[str, cst.BaseExpression], ...]
    edits: tuple[DefinitionEdit, ...] = ()
    appends: bool = False
    """Whether a tool is added to those that the assistant has."""


def assistant_changes(
    call: cst.Call, look: Lookup, made: cst.Call | None, holder: cst.BaseExpression
) -> Changes | None:
    """The arguments of `assistants.update` as settings of a configuration that `holder` holds.

    `made` is the only creation of the assistant, where there is one: an update that brings stores alone completes the
    search that it was created with.
    """
    given = [arg for arg in call.args if arg.keyword is None or arg.keyword.value != "assistant_id"]
    given = [arg for arg in given if arg.keyword is not None or arg is not call.args[0]]
    if any(arg.keyword is None for arg in given):
        return None
    conversion = _Assistant(call.with_changes(args=given), look, frozenset(_UNUSED) | _OF_THE_REQUEST)
    return conversion.changes(made, holder)


class _Assistant:
    def __init__(self, call: cst.Call, look: Lookup, unused: frozenset[str]) -> None:
        self.call, self.look, self.unused = call, look, unused
        self.body = call_body(call)
        self.edits: tuple[DefinitionEdit, ...] = ()
        self.tool_types: frozenset[str] = frozenset()

    def result(self, column: int) -> Converted | None:
        try:
            self.resources = self._resources()
            new = self.body.mapping(self._item)
        except Refused:
            return None
        if "model" not in new.keys or self.resources.tool_types - self.tool_types:
            return None
        whole = new.adding(truncation=text("auto", new.quote))
        widest = max(len(line) for line in code(self.call).splitlines())
        return Converted(whole.build(limit=max(_WIDTH - column, widest)), self.edits, self.tool_types)

    def changes(self, made: cst.Call | None, holder: cst.BaseExpression) -> Changes | None:
        if any(self.look.is_omitted(item.value) for item in self.body):
            return None
        try:
            self.resources = self._resources()
            settings = [(item.key, item.value) for item in self.body.mapping(self._item)]
        except Refused:
            return None
        if "tools" in self.body.keys:
            kept = made is None or argument(made, "tool_resources") is None or "tool_resources" in self.body.keys
            whole = kept and not self.resources.tool_types - self.tool_types
            return Changes(tuple(settings), self.edits) if whole else None
        if not self.resources.tool_types:
            return Changes(tuple(settings), self.edits) if "tool_resources" not in self.body.keys else None
        if made is None or argument(made, "tool_resources") is not None or self.look.keeps_idle_search:
            return None
        had = argument(made, "tools")
        tool = self._completed(had, argument(made, "model"))
        if tool is None or not isinstance(had, cst.List):
            return None
        before = [cst.StarredElement(subscript(holder, "tools"))] if len(had.elements) > 1 else []
        settings.append(("tools", cst.List([*before, cst.Element(tool)])))
        return Changes(tuple(settings), self.edits, appends=bool(before))

    def _completed(
        self, tools_before: cst.BaseExpression | None, model_before: cst.BaseExpression | None
    ) -> cst.BaseExpression | None:
        """The one search of an assistant that was created without stores, with those of an update."""
        elements = tools_before.elements if isinstance(tools_before, cst.List) else ()
        searches = [element.value for element in elements if is_search(element.value)]
        if len(searches) != 1 or self.resources.tool_types != {"file_search"}:
            return None
        model = self.body.get("model") or model_before
        made = tools(cst.List([cst.Element(searches[0])]), self.look, self.resources, model)
        return made.node.elements[0].value if made is not None and isinstance(made.node, cst.List) else None

    def _resources(self) -> Resources:
        node = self.body.get("tool_resources")
        found = Resources() if node is None or self.look.is_omitted(node) else resources(node)
        if found is None:
            raise Refused
        return found

    def _item(self, item: Item) -> Item | None:
        if self.look.is_omitted(item.value) or item.key == "tool_resources":
            return None
        quote = self.body.quote
        match item.key:
            case key if key in _SAME:
                return item
            case key if key in self.unused:
                return None if _is_pure(item.value) else _refuse()
            case "tools":
                made_tools = self._tools(item.value)
                is_gone = made_tools is not item.value and isinstance(made_tools, cst.List) and not made_tools.elements
                return None if is_gone else item.with_value(made_tools)
            case "response_format":
                if string_value(item.value) == "auto":
                    return None
                made = text_format(item.value, self.look)
                return item.renamed("text").with_value(one_entry("format", made, quote)) if made else _refuse()
            case "reasoning_effort":
                if may_be_omitted(item.value, self.look):
                    return _refuse()
                return item.renamed("reasoning").with_value(one_entry("effort", item.value, quote))
        return _refuse()

    def _tools(self, node: cst.BaseExpression) -> cst.BaseExpression:
        given = self.resources
        if self.look.keeps_idle_search and given.vector_store_ids is None:
            given = replace(given, vector_store_ids=cst.List([]))
        made = tools(node, self.look, given, self.body.get("model"), drops_idle_search=True)
        if made is None:
            raise Refused
        self.edits, self.tool_types = made.edits, made.tool_types
        return made.node


def _refuse() -> Item:
    raise Refused


def _is_pure(node: cst.BaseExpression) -> bool:
    """Whether leaving an expression out changes nothing else."""
    for part in descendants(node):
        if isinstance(part, (cst.Await, cst.Yield, cst.NamedExpr)):
            return False
        if isinstance(part, cst.Call):
            name = part.func.attr if isinstance(part.func, cst.Attribute) else part.func
            if not isinstance(name, cst.Name) or name.value not in _PURE_CALLS:
                return False
    return True
