"""The annotations of what passes through a flow."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import descendants
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.kinds import External

_OF_TEXT = frozenset({"str", "None", "Optional"})


def annotations_of(plan: Plan, file: SourceFile, type_name: str) -> Iterator[cst.BaseExpression]:
    """The names of one of the SDK's types in annotations of what passes through the flow."""
    for node in plan.flow.index.annotations.get((plan.flow, file), ()):
        for inner in descendants(node):
            if isinstance(inner, (cst.Name, cst.Attribute)) and names_type(inner, file, plan, type_name):
                yield inner


def names_type(node: cst.CSTNode, file: SourceFile, plan: Plan, type_name: str) -> bool:
    """Whether an expression is one of the SDK's types."""
    kind = plan.inference.kind(node, file) if isinstance(node, (cst.Name, cst.Attribute)) else None
    return isinstance(kind, External) and sdk.type_name(kind.qualified) == type_name


def text_in(annotation: cst.Annotation) -> cst.Name | None:
    """`str` in an annotation that says no more than that, or that there may be none."""
    names = [node for node in descendants(annotation) if isinstance(node, cst.Name)]
    texts = [name for name in names if name.value == "str"]
    return texts[0] if len(texts) == 1 and all(name.value in _OF_TEXT for name in names) else None
