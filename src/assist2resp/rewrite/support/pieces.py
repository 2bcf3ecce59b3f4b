"""The pieces that a support module is joined from: the top-level statements of its parts, and what each reads.

What a piece reads is only found out where somebody asks, since parsing is what costs: most pieces are never joined.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any

from assist2resp.rewrite.support.regions import Line, kept_lines, marked_lines

PARTS = (
    "entry",
    "wire",
    "pages",
    "state",
    "archive",
    "arguments",
    "resources",
    "registry",
    "assistant_files",
    "content",
    "writing",
    "run_record",
    "messages",
    "conversations",
    "runs",
    "steps",
    "stream_text",
    "streams",
    "files",
    "plain",
)
"""The parts in the order in which their definitions stand in the user's file."""


@dataclass
class Reads:
    """What a statement reads, and whether it yields."""

    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    yields: bool = False


@dataclass(frozen=True)
class Piece:
    """A top-level statement: its text, what it defines, and the route that it answers."""

    part: str
    name: str
    text: str
    route: str = ""
    is_def: bool = False

    @property
    def is_stub(self) -> bool:
        return self.is_def and self.text.endswith(": ...")

    @cached_property
    def node(self) -> ast.stmt:
        """The statement that the text is."""
        return ast.parse(self.text).body[0]

    @cached_property
    def read(self) -> Reads:
        """The names and attributes that it reads."""
        return reads_of(self.node)

    @cached_property
    def methods(self) -> list[Method]:
        """The methods of a class."""
        body = self.node.body if isinstance(self.node, ast.ClassDef) else []
        return [
            Method(member.name, first_line(member), member.end_lineno or 0, frozenset(reads_of(member).attributes))
            for member in body
            if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
        ]


@dataclass(frozen=True)
class Method:
    """A method in a piece: its lines, which count from 1, and the attributes that it reads."""

    name: str
    first: int
    last: int
    attributes: frozenset[str]


@dataclass(frozen=True)
class _Statement:
    """A top-level statement with all its regions."""

    part: str
    name: str
    lines: tuple[Line, ...]
    route: str
    is_def: bool


@cache
def part_source(part: str) -> str:
    """The text of a part."""
    folder = resources.files("assist2resp.rewrite.support.parts")
    return folder.joinpath(f"{part}.py").read_text(encoding="utf-8")


@cache
def _body(part: str) -> list[ast.stmt]:
    return ast.parse(part_source(part)).body


@cache
def _statements(part: str) -> list[_Statement]:
    """The top-level statements of a part but for its imports; an assignment with the docstring below it."""
    lines = marked_lines(part_source(part))
    body = _body(part)[1:]
    return [
        _Statement(
            part,
            _name(node),
            tuple(lines[first_line(node) - 1 : after.end_lineno if isinstance(after, ast.Expr) else node.end_lineno]),
            _route(node),
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef),
        )
        for node, after in zip(body, [*body[1:], None], strict=True)
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.Expr)
    ]


@cache
def _regions(part: str) -> frozenset[str]:
    """The names of a part's regions, and `options` where the caller's own options stand outside one."""
    lines = [line for statement in _statements(part) for line in statement.lines]
    named = frozenset[str]().union(*(line.regions for line in lines))
    return named | ({"options"} if any(line.text != line.without_options for line in lines) else set())


def pieces_of(part: str, regions: frozenset[str]) -> tuple[Piece, ...]:
    """The pieces of a part with these regions."""
    return _pieces(part, regions & _regions(part))


@cache
def _pieces(part: str, regions: frozenset[str]) -> tuple[Piece, ...]:
    kept = ((statement, kept_lines(statement.lines, regions)) for statement in _statements(part))
    return tuple(
        piece(part, statement.name, "\n".join(lines), statement.route, statement.is_def)
        for statement, lines in kept
        if lines
    )


@cache
def piece(part: str, name: str, text: str, route: str, is_def: bool) -> Piece:
    """The one piece of this text, so that it is read once: the same ones are in many modules."""
    return Piece(part, name, text, route, is_def)


def with_text(old: Piece, text: str) -> Piece:
    """A piece with another text."""
    return old if text == old.text else piece(old.part, old.name, text, old.route, old.is_def)


@cache
def imports_of(part: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a part, but for those of other parts."""
    return tuple(
        node
        for node in _body(part)
        if isinstance(node, ast.Import)
        or (isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("assist2resp"))
    )


def first_line(node: ast.stmt) -> int:
    """The line in which a statement begins, with its decorators."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def reads_of(statement: ast.AST) -> Reads:
    """The names and attributes that a statement reads."""
    found = Reads()
    stack: list[Any] = [statement]
    while stack:
        node = stack.pop()
        if type(node) is ast.Name:
            found.names.add(node.id)
            continue
        if type(node) is ast.Attribute:
            found.attributes.add(node.attr)
        found.yields |= type(node) in {ast.Yield, ast.YieldFrom}
        for name in _FIELDS[type(node)]:
            value = getattr(node, name)
            if type(value) is list:
                stack += value
            elif value is not None:
                stack.append(value)
    return found


class _Fields(dict[type, tuple[str, ...]]):
    """The fields of a type of node that may hold others; none of what is no node, and of what holds none."""

    def __missing__(self, kind: type) -> tuple[str, ...]:
        fields = () if kind is ast.Constant else getattr(kind, "_fields", ())
        self[kind] = tuple(name for name in fields if name not in {"ctx", "op", "ops", "attr", "type_comment"})
        return self[kind]


_FIELDS = _Fields()


def _name(node: ast.stmt) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    raise ValueError(f"line {node.lineno}: a part holds definitions and assignments to one name only.")


def _route(node: ast.stmt) -> str:
    """The route that a handler answers, as its decorator says."""
    for decorator in getattr(node, "decorator_list", []):
        match decorator:
            case ast.Call(func=ast.Name(id="_answers"), args=[ast.Constant(value=str(route))]):
                return route
    return ""
