"""Fields of classes whose constructor is made of them: data classes, models, named tuples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, dotted
from assist2resp.rewrite.syntax.scopes import Binding
from assist2resp.rewrite.values.families import without_arguments
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    PLAIN,
    Bottom,
    Kind,
    Unknown,
    join,
)

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_FIELDED = frozenset({"dataclass", "define", "frozen", "mutable", "s", "attrs", "attributes"})
_FIELDED_BASES = frozenset({"BaseModel", "BaseSettings", "NamedTuple", "SQLModel", "Struct", "RootModel"})


class Fields:
    """The fields of one project's classes."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def are_taken_by(self, file: SourceFile, node: cst.ClassDef) -> bool:
        """Whether the class's constructor takes its annotated names."""
        if "__init__" in file.scopes.own[node].names:
            return False
        words = [(dotted(_called(d.decorator)) or "").rsplit(".", 1)[-1] for d in node.decorators]
        names = (name for _, base in self.inference.families.family(file, node) for name in _base_names(base))
        return not _FIELDED.isdisjoint(words) or not _FIELDED_BASES.isdisjoint(names)

    def given(self, file: SourceFile, node: cst.ClassDef, name: str) -> Kind:
        """What the project's calls of a class give one of its fields; an annotation that says enough goes before."""
        scope = file.scopes.own[node]
        fields = [field for field in scope.names if _is_field(scope.names[field])]
        own = self.inference.variable((scope, name))
        if name not in fields or not (isinstance(own, (Unknown, Bottom)) or own == PLAIN):
            return BOTTOM
        result: Kind = BOTTOM
        for call_file, call in self.inference.passes.constructions(node):
            value = argument(call, name.lstrip("_"), fields.index(name)) or argument(call, name)
            if value is not None:
                result = join(result, self.inference.kind(value, call_file))
        return result


def _is_field(bindings: list[Binding]) -> bool:
    return any(binding.how == "value" and isinstance(binding.target, cst.AnnAssign) for binding in bindings)


def _base_names(node: cst.ClassDef) -> Iterator[str]:
    for base in node.bases:
        yield (dotted(without_arguments(base.value)) or "").rsplit(".", 1)[-1]


def _called(node: cst.BaseExpression) -> cst.BaseExpression:
    return node.func if isinstance(node, cst.Call) else node
