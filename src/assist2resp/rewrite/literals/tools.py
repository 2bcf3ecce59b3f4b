"""Tools of the old API, converted where they stand in the source or where their names are defined.

See https://developers.openai.com/api/docs/assistants/migration and the SDK's `types/responses/tool_param.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import libcst as cst

from assist2resp.rewrite.literals.bodies import dict_body, expression
from assist2resp.rewrite.literals.flat import function_tool
from assist2resp.rewrite.literals.layout import Body, Item, quote_of, text
from assist2resp.rewrite.literals.lookup import DefinitionEdit, Lookup
from assist2resp.rewrite.syntax.nodes import is_none, string_value

_RANKERS = frozenset({"auto", "default_2024_08_21"})


@dataclass(frozen=True)
class Converted:
    """A converted expression, the definitions elsewhere that must change with it, and the tools that it offers."""

    node: cst.BaseExpression
    edits: tuple[DefinitionEdit, ...] = ()
    tool_types: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resources:
    """What the tools of an assistant work on: the lists under `file_ids` and `vector_store_ids`."""

    file_ids: cst.BaseExpression | None = None
    vector_store_ids: cst.BaseExpression | None = None

    @property
    def tool_types(self) -> frozenset[str]:
        """The tools that there is something for."""
        given = {"code_interpreter": self.file_ids, "file_search": self.vector_store_ids}
        return frozenset(name for name, node in given.items() if node is not None)


_NOTHING = Resources()


def tools(
    node: cst.BaseExpression,
    look: Lookup,
    resources: Resources = _NOTHING,
    model: cst.BaseExpression | None = None,
    *,
    drops_idle_search: bool = False,
) -> Converted | None:
    """The value of a `tools=` argument for Responses; None where it is not certain what it holds.

    A definition is changed only if its name ends in nothing but `tools=` arguments of the lookup's sites.
    `drops_idle_search` leaves out a search that has nothing to search, which the new API refuses.
    """
    conversion = _Tools(look, resources, model, drops_idle_search)
    new = conversion.sequence(node)
    if new is None:
        return None
    edits = tuple(DefinitionEdit(old, made) for old, made in conversion.edits.items() if made is not old)
    return Converted(new, edits, frozenset(conversion.types))


def is_search(node: cst.BaseExpression) -> bool:
    """Whether a literal tool is a file search with options that can be kept."""
    body = dict_body(node)
    if body is None or string_value(body.get("type")) != "file_search":
        return False
    options = body.get("file_search")
    return set(body.keys) <= {"type", "file_search"} and (options is None or _search_options(options) is not None)


def resources(node: cst.BaseExpression) -> Resources | None:
    """The lists in a literal `tool_resources`; None for stores that are yet to be made or what is not literal."""
    body = dict_body(node)
    if body is None or not set(body.keys) <= {"code_interpreter", "file_search"}:
        return None
    found: dict[str, cst.BaseExpression | None] = {}
    for tool, key in (("code_interpreter", "file_ids"), ("file_search", "vector_store_ids")):
        value = body.get(tool)
        inner = dict_body(value)
        if value is not None and (inner is None or not set(inner.keys) <= {key}):
            return None
        ids = inner.get(key) if inner is not None else None
        empty = isinstance(ids, (cst.List, cst.Tuple)) and not ids.elements
        found[key] = None if empty else ids
    return Resources(**found)


@dataclass
class _Tools:
    look: Lookup
    resources: Resources
    model: cst.BaseExpression | None
    drops_idle_search: bool
    edits: dict[cst.BaseExpression, cst.BaseExpression] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)
    is_inline: bool = True

    def sequence(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        """A list of tools."""
        match node:
            case cst.List() | cst.Tuple():
                return self._display(node)
            case cst.BinaryOperation(operator=cst.Add()):
                left, right = self.sequence(node.left), self.sequence(node.right)
                return None if left is None or right is None else _with(node, left=left, right=right)
            case cst.IfExp():
                body, orelse = self._branch(node.body), self._branch(node.orelse)
                return None if body is None or orelse is None else _with(node, body=body, orelse=orelse)
            case cst.Name():
                return self._definition(node, is_tool=False)
        return None

    def _branch(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        return node if self.look.is_omitted(node) and not is_none(node) else self.sequence(node)

    def _display(self, node: cst.List | cst.Tuple) -> cst.BaseExpression | None:
        elements: list[cst.BaseElement] = []
        for element in node.elements:
            if self._is_idle_search(element.value):
                continue
            starred = isinstance(element, cst.StarredElement)
            new = self.sequence(element.value) if starred else self._tool(element.value)
            if new is None:
                return None
            elements.append(element if new is element.value else element.with_changes(value=new))
        if elements and len(elements) < len(node.elements):
            elements[-1] = elements[-1].with_changes(comma=node.elements[-1].comma)
        return _with(node, elements=elements)

    def _is_idle_search(self, node: cst.BaseExpression) -> bool:
        drops = self.drops_idle_search and self.is_inline and self.resources.vector_store_ids is None
        return drops and is_search(node)

    def _definition(self, name: cst.Name, *, is_tool: bool) -> cst.BaseExpression | None:
        """The name, if what it stands for can be converted where it is defined."""
        value = self.look.value(name)
        if value is None or not self.look.feeds_only(name, "tools"):
            return None
        if value not in self.edits:
            outside, self.is_inline = self.is_inline, False
            new = self._tool(value) if is_tool else self.sequence(value)
            self.is_inline = outside
            if new is None:
                return None
            self.edits[value] = new
        return name

    def _tool(self, node: cst.BaseExpression) -> cst.BaseExpression | None:
        if isinstance(node, cst.Name):
            return self._definition(node, is_tool=True)
        body = dict_body(node)
        kind = string_value(body.get("type")) if body is not None else None
        if body is None or kind is None:
            return None
        self.types.add(kind)
        match kind:
            case "function":
                return function_tool(body, self.look)
            case "code_interpreter":
                return self._interpreter(body)
            case "file_search":
                return self._search(body)
        return None

    def _interpreter(self, body: Body) -> cst.BaseExpression | None:
        files = self.resources.file_ids
        if body.keys != ["type"] or (files is not None and not self.is_inline):
            return None
        container = expression('{"type": "auto"}', body.quote)
        if files is not None:
            container = Body((), body.quote).adding(type=text("auto", body.quote), file_ids=files).build()
        return body.adding(container=container).build()

    def _search(self, body: Body) -> cst.BaseExpression | None:
        stores = self.resources.vector_store_ids
        if stores is None or not self.is_inline or not set(body.keys) <= {"type", "file_search"}:
            return None
        options = body.get("file_search")
        if options is not None:
            inner = _search_options(options)
            if inner is None:
                return None
            body = body.spliced("file_search", inner)
        if "max_num_results" not in body.keys:
            body = body.adding(max_num_results=cst.Integer(str(self._most_results())))
        return body.adding(vector_store_ids=stores).build()

    def _most_results(self) -> int:
        """How many results the old API took where nothing was said."""
        model = self.model
        if isinstance(model, cst.Name):
            model = self.look.value(model)
        return 5 if (string_value(model) or "").startswith("gpt-3.5") else 20


def _search_options(node: cst.BaseExpression) -> Body | None:
    options = dict_body(node)
    if options is None or not set(options.keys) <= {"max_num_results", "ranking_options"}:
        return None
    ranking = options.get("ranking_options")
    if ranking is None:
        return options
    body = dict_body(ranking)
    if body is None or not set(body.keys) <= {"ranker", "score_threshold"}:
        return None
    ranker = body.get("ranker")
    if ranker is not None and string_value(ranker) not in _RANKERS:
        return None

    def automatic(item: Item) -> Item:
        return item.with_value(text("auto", quote_of([item.value]))) if item.key == "ranker" else item

    changed = body.mapping(automatic).build() if ranker is not None else ranking
    return options.mapping(lambda item: item.with_value(changed) if item.key == "ranking_options" else item)


_Node = TypeVar("_Node", bound=cst.BaseExpression)


def _with(node: _Node, **changes: cst.CSTNode | Sequence[cst.CSTNode]) -> _Node:
    """The node with these fields changed, or itself where none of them is."""
    same = all(
        list(old) == list(new) if isinstance(old, Sequence) and isinstance(new, Sequence) else old is new
        for old, new in ((getattr(node, name), new) for name, new in changes.items())
    )
    return node if same else node.with_changes(**changes)
