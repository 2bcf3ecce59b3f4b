"""What annotations say that a value is; Optional, aliases and the like are seen through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import dotted, string_value
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values.kinds import BOTTOM, PLAIN, UNKNOWN, Awaitable, Kind, Many, TupleOf, Unknown, join
from assist2resp.rewrite.values.sdk_kinds import instance_of

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_PLAIN = frozenset({"None", "str", "int", "float", "bool", "dict", "bytes"})
_THROUGH = frozenset(
    {"Optional", "Annotated", "Final", "ClassVar", "InitVar", "Required", "NotRequired", "Mapped", "SkipValidation"}
)
_MANY = frozenset(
    {
        "list",
        "List",
        "Sequence",
        "Iterable",
        "Iterator",
        "Generator",
        "AsyncGenerator",
        "AsyncIterator",
        "AsyncIterable",
    }
    | {"tuple", "Tuple", "set", "Set", "frozenset", "deque", "Deque", "Collection", "ContextVar", "Queue"}
    | {"AbstractContextManager", "AbstractAsyncContextManager", "ContextManager", "AsyncContextManager"}
)
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"})
_ALIASES = (cst.Subscript, cst.BinaryOperation, cst.Name, cst.Attribute, cst.BaseString)


class Annotations:
    """Reads the annotations of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def kind(self, node: cst.BaseExpression, file: SourceFile) -> Kind:
        """What a value with this annotation is."""
        text = string_value(node)
        if text is not None:
            return self._quoted(text, file)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            return join(self.kind(node.left, file), self.kind(node.right, file))
        if isinstance(node, cst.Name) and node.value in _PLAIN:
            return PLAIN
        if isinstance(node, cst.Subscript):
            return self._generic(node, file)
        found = instance_of(self.inference.kind(node, file))
        return self._behind_alias(node, file) if found == UNKNOWN else found

    def _behind_alias(self, node: cst.BaseExpression, file: SourceFile) -> Kind:
        """What `Client = Annotated[OpenAI, Depends(get_client)]` or `Client = "OpenAI"` stands for."""
        home = self.inference.holders.places.home(node, file)
        bindings = home[0].names.get(home[1], []) if home is not None else []
        if len(bindings) != 1 or bindings[0].how != "value" or not isinstance(bindings[0].node, _ALIASES):
            return UNKNOWN
        alias, its_file = bindings[0].node, self.inference.file_of(bindings[0].scope)
        return self.inference.memo.get(("alias", alias), lambda: self.kind(alias, its_file))

    def _quoted(self, text: str, file: SourceFile) -> Kind:
        try:
            parsed = cst.parse_expression(text.strip())
        except cst.ParserSyntaxError:
            return UNKNOWN
        return self._parsed(parsed, file.scopes.root, file)

    def _parsed(self, node: cst.BaseExpression, scope: Scope, file: SourceFile) -> Kind:
        """The kind of an annotation that was a string, whose nodes no scope knows."""
        if isinstance(node, cst.Name):
            if node.value in _PLAIN:
                return PLAIN
            found = scope.find(node.value)
            return instance_of(self.inference.variable(found)) if found else UNKNOWN
        if isinstance(node, cst.Attribute):
            return instance_of(self._dotted(node, scope, file))
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            return join(self._parsed(node.left, scope, file), self._parsed(node.right, scope, file))
        if isinstance(node, cst.Subscript):
            inner = [self._parsed(part, scope, file) for part in _arguments(node)]
            return _made_of((dotted(node.value) or "").rsplit(".", 1)[-1], inner)
        return UNKNOWN

    def _dotted(self, node: cst.BaseExpression, scope: Scope, file: SourceFile) -> Kind:
        if isinstance(node, cst.Name):
            found = scope.find(node.value)
            return self.inference.variable(found) if found else UNKNOWN
        if isinstance(node, cst.Attribute):
            return self.inference.attribute(self._dotted(node.value, scope, file), node.attr.value)
        return UNKNOWN

    def _generic(self, node: cst.Subscript, file: SourceFile) -> Kind:
        head = (dotted(node.value) or "").rsplit(".", 1)[-1]
        parts = _arguments(node)
        if head == "Annotated" and len(parts) > 1:
            for metadata in parts[1:]:
                given = self.inference.parameters.dependency(metadata, file)
                if given is not None:
                    return given
        if head in {"Literal", ""} or not parts:
            return PLAIN if head == "Literal" else UNKNOWN
        inner = [self.kind(part, file) for part in parts]
        if head in {"tuple", "Tuple"} and not isinstance(parts[-1], cst.Ellipsis):
            return TupleOf(tuple(inner))
        return _made_of(head, inner)


def _arguments(node: cst.Subscript) -> list[cst.BaseExpression]:
    return [part.slice.value for part in node.slice if isinstance(part.slice, cst.Index)]


def _made_of(head: str, inner: list[Kind]) -> Kind:
    """The kind of `head[inner…]`."""
    if not inner:
        return UNKNOWN
    if head in _THROUGH:
        return inner[0]
    if head == "Union":
        result: Kind = BOTTOM
        for part in inner:
            result = join(result, part)
        return result
    if head in _MANY:
        return Many(inner[0])
    if head in _MAPPINGS and len(inner) > 1:
        return Many(inner[1])
    if head in {"Awaitable", "Coroutine"}:
        return Awaitable(inner[-1])
    return UNKNOWN


def says_something(kind: Kind) -> bool:
    """Whether an annotation tells more than that the value is none of the API's."""
    if isinstance(kind, (Many, Awaitable)):
        return says_something(kind.inner) or kind.inner == PLAIN
    return kind != PLAIN and not (isinstance(kind, Unknown) and not kind.foreign)
