"""What an assistant was created with, as a dict literal of arguments for `client.responses.create`."""

from __future__ import annotations

from collections.abc import Collection

import libcst as cst

from assist2resp.rewrite.literal_absence import may_be_omitted
from assist2resp.rewrite.literal_bodies import call_body, one_entry
from assist2resp.rewrite.literal_layout import Item, text
from assist2resp.rewrite.literal_lookup import DefinitionEdit, Lookup, Refused
from assist2resp.rewrite.literal_options import text_format
from assist2resp.rewrite.literal_tools import Converted, Resources, resources, tools
from assist2resp.rewrite.nodes import code, descendants, string_value

_WIDTH = 88
_SAME = frozenset({"model", "instructions", "temperature", "top_p"})
_OF_THE_REQUEST = frozenset({"timeout", "extra_headers", "extra_query"})
_PURE_CALLS = frozenset({
    "str", "repr", "int", "float", "len", "format", "join", "strip", "lower", "upper", "title", "replace", "getenv", "get",
    "now", "today", "utcnow", "strftime", "isoformat", "uuid4", "time", "dumps", "basename", "Timeout",
})  # fmt: skip


def assistant_arguments(
    call: cst.Call, look: Lookup, unused: Collection[str] = ("name", "description", "metadata")
) -> Converted | None:
    """The arguments of `assistants.create` as a dict literal of arguments for `responses.create`.

    `unused` names those fields of the assistant that nothing reads, out of name, description and metadata.
    """
    if any(arg.keyword is None for arg in call.args):
        return None
    conversion = _Assistant(call, look, frozenset(unused) | _OF_THE_REQUEST)
    return conversion.result()


class _Assistant:
    def __init__(self, call: cst.Call, look: Lookup, unused: frozenset[str]) -> None:
        self.call, self.look, self.unused = call, look, unused
        self.body = call_body(call)
        self.edits: tuple[DefinitionEdit, ...] = ()
        self.tool_types: frozenset[str] = frozenset()

    def result(self) -> Converted | None:
        try:
            self.resources = self._resources()
            new = self.body.mapping(self._item)
        except Refused:
            return None
        if "model" not in new.keys or self.resources.tool_types - self.tool_types:
            return None
        whole = new.adding(truncation=text("auto", new.quote))
        widest = max(len(line) for line in code(self.call).splitlines())
        return Converted(whole.build(limit=max(_WIDTH, widest)), self.edits, self.tool_types)

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
                return item.with_value(self._tools(item.value))
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
        made = tools(node, self.look, self.resources, self.body.get("model"))
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
