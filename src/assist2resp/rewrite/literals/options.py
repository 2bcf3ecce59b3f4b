"""Response formats, tool choices and tool outputs of the old API, converted where they stand in the source."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.literals.bodies import call_body, dict_body
from assist2resp.rewrite.literals.flat import flattened
from assist2resp.rewrite.literals.layout import Body, quote_of, text
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.syntax.nodes import dotted, string_value

_CHOICES = frozenset({"none", "auto", "required"})


def text_format(node: cst.BaseExpression, look: Lookup) -> cst.BaseExpression | None:
    """What stands under `format` of `text` for a `response_format` other than "auto"."""
    value = look.value(node) if isinstance(node, cst.Name) else node
    body = dict_body(value)
    kind = string_value(body.get("type")) if body is not None else None
    if body is None or kind is None:
        return None
    if kind in {"text", "json_object"}:
        return node if body.keys == ["type"] else None
    if kind != "json_schema" or set(body.keys) != {"type", "json_schema"} or value is not node:
        return None
    flat = flattened(body, "json_schema", {"name", "description", "schema", "strict"}, look)
    if flat is None or "name" not in flat.known:
        return None
    if "schema" in flat.known:
        return flat.body.build()
    return flat.body.adding(schema=cst.Dict([])).build()


def tool_choice(node: cst.BaseExpression, look: Lookup) -> cst.BaseExpression | None:
    """A tool choice for Responses."""
    if string_value(node) in _CHOICES:
        return node
    if isinstance(node, cst.Name):
        value = look.value(node)
        return node if string_value(value) in _CHOICES else None
    body = dict_body(node)
    kind = string_value(body.get("type")) if body is not None else None
    if body is None or kind is None:
        return None
    if kind in {"file_search", "code_interpreter"} and body.keys == ["type"]:
        return node
    inner = dict_body(body.get("function"))
    if kind == "function" and inner is not None and set(body.keys) == {"type", "function"} and inner.keys == ["name"]:
        return body.spliced("function", inner).build()
    return None


def tool_output(node: cst.BaseExpression, look: Lookup | None = None) -> cst.BaseExpression | None:
    """The input item of a tool's output, given as a dict literal, a `dict(…)` or a `ToolOutput(…)`."""
    body = dict_body(node)
    if body is not None:
        return _output_item(body).build() if set(body.keys) == {"tool_call_id", "output"} else None
    if not isinstance(node, cst.Call) or any(arg.keyword is None for arg in node.args):
        return None
    if {arg.keyword.value for arg in node.args if arg.keyword} != {"tool_call_id", "output"}:
        return None
    origin = look.origin(node.func) if look is not None else f"builtins.{dotted(node.func)}"
    if origin == "builtins.dict":
        return _output_call(node)
    if origin is not None and origin.startswith("openai.types.beta.") and origin.endswith(".ToolOutput"):
        return _output_item(call_body(node)).build()
    return None


def _output_item(body: Body) -> Body:
    renamed = body.mapping(lambda item: item.renamed("call_id") if item.key == "tool_call_id" else item)
    return renamed.starting("type", text("function_call_output", body.quote))


def _output_call(node: cst.Call) -> cst.Call:
    first, *others = (
        arg.with_changes(keyword=cst.Name("call_id")) if arg.keyword and arg.keyword.value == "tool_call_id" else arg
        for arg in node.args
    )
    assert isinstance(first.comma, cst.Comma)
    kind = first.with_changes(keyword=cst.Name("type"), value=text("function_call_output", quote_of([node])))
    return node.with_changes(args=[kind, first, *others])
