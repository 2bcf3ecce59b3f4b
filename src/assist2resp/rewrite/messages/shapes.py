"""What an expression may hold of listed messages, and which steps lead from one of these shapes to another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import string_value


class Shape(Enum):
    """What an expression holds of a listing."""

    PAGE = "page"
    MESSAGES = "messages"
    MESSAGE = "message"
    PARTS = "parts"
    PART = "part"
    TEXT = "text"


ELEMENTS = {Shape.PAGE: Shape.MESSAGE, Shape.MESSAGES: Shape.MESSAGE, Shape.PARTS: Shape.PART}
LISTS = {Shape.PAGE: Shape.MESSAGES, Shape.MESSAGES: Shape.MESSAGES, Shape.PARTS: Shape.PARTS}
COLLECTED = {Shape.MESSAGE: Shape.MESSAGES, Shape.PART: Shape.PARTS}
ATTRIBUTES = {
    (Shape.PAGE, "data"): Shape.MESSAGES,
    (Shape.MESSAGE, "content"): Shape.PARTS,
    (Shape.PART, "text"): Shape.TEXT,
}
ENDS = {(Shape.MESSAGE, "role"), (Shape.MESSAGE, "id"), (Shape.TEXT, "value")}


class LeftError(Exception):
    """A value goes where it is not followed."""


@dataclass(frozen=True, eq=False)
class Found:
    """An expression that holds a part of some listings."""

    node: cst.BaseExpression
    file: SourceFile
    shape: Shape
    sites: frozenset[Site]
    is_dumped: bool = False
    """Whether it is held as dictionaries, whose keys are read in place of attributes."""

    def at(self, node: cst.CSTNode, shape: Shape, file: SourceFile | None = None) -> Found:
        """Another expression that holds of the same listings."""
        assert isinstance(node, cst.BaseExpression)
        return replace(self, node=node, file=file or self.file, shape=shape)

    @property
    def element(self) -> Shape:
        """The shape of what it holds several of; a page is none of that once it is a dictionary."""
        if self.shape not in ELEMENTS or (self.is_dumped and self.shape is Shape.PAGE):
            raise LeftError
        return ELEMENTS[self.shape]


def is_reversed_in_place(node: cst.Attribute, file: SourceFile) -> bool:
    """Whether `.reverse` is called as a statement, on a name or on the `data` of one."""
    call = file.scopes.parent_of[node]
    held = node.value.value if isinstance(node.value, cst.Attribute) else node.value
    called = isinstance(call, cst.Call) and call.func is node and not call.args and isinstance(held, cst.Name)
    return called and isinstance(file.scopes.parent_of[call], cst.Expr)


def is_text_test(node: cst.Attribute | cst.Subscript, file: SourceFile) -> bool:
    """Whether a part's type is compared with "text" alone."""
    parent = file.scopes.parent_of[node]
    if not isinstance(parent, cst.Comparison) or parent.left is not node or len(parent.comparisons) != 1:
        return False
    target = parent.comparisons[0]
    return isinstance(target.operator, (cst.Equal, cst.NotEqual)) and string_value(target.comparator) == "text"
