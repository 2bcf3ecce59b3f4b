"""Prints a parsed module once, and notes on the way where its nodes begin.

LibCST's PositionProvider tells the same through a MetadataWrapper, which prints and visits every node once more.
https://libcst.readthedocs.io/en/latest/metadata.html#libcst.metadata.PositionProvider
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

_NEWLINE = re.compile(r"\r\n?|\n")


class Position(NamedTuple):
    """A place in a module's text: the line counts from 1, the column from 0."""

    line: int
    column: int


class Starts:
    """Where each node of a module begins; worked out where it is asked.

    Nodes are known by `id`, since they hash slowly: ask only for nodes of the module.
    """

    def __init__(
        self,
        tokens: Sequence[str] = (),
        began: Mapping[int, int] | None = None,
        statements: Mapping[int, slice] | None = None,
    ) -> None:
        self._tokens, self._began, self._statements = tokens, began or {}, statements or {}

    def text_of(self, statement: cst.CSTNode) -> str | None:
        """What was printed of a statement of the module itself, but for the last one; None for any other node."""
        tokens = self._statements.get(id(statement))
        return None if tokens is None else "".join(self._tokens[tokens])

    def __getitem__(self, node: cst.CSTNode) -> Position:
        offset = self._offsets[self._began[id(node)]]
        line = bisect_right(self._lines, offset)
        return Position(line, offset - self._lines[line - 1])

    @cached_property
    def _offsets(self) -> list[int]:
        return [0, *accumulate(map(len, self._tokens))]

    @cached_property
    def _lines(self) -> list[int]:
        return [0, *(found.end() for found in _NEWLINE.finditer("".join(self._tokens)))]


class Printed(NamedTuple):
    """A module's bytes, and where its nodes begin."""

    data: bytes
    starts: Starts


def printed(module: cst.Module) -> Printed:
    """Print a module, and note where its nodes begin."""
    state = _Noting(module.default_indent, module.default_newline)
    state.before_codegen(module)
    ends: list[int] = []
    for part in _parts(module):
        part._codegen(state)  # noqa: SLF001 - Module.code calls the same
        ends.append(len(state.tokens))
    _end(module, state)
    first = len(module.header)
    begins = [0, *ends][first : first + len(module.body)]
    statements = dict(zip(map(id, module.body), map(slice, begins, begins[1:]), strict=False))
    return Printed("".join(state.tokens).encode(module.encoding), Starts(state.tokens, state.began, statements))


def as_bytes(module: cst.Module, starts: Starts) -> bytes:
    """Print a module that was made of the one with these starts: what stayed of that is not printed again."""
    state = _State(module.default_indent, module.default_newline)
    last = module.body[-1] if module.body else None
    for part in _parts(module):
        known = starts.text_of(part) if part is not last else None
        if known is None:
            part._codegen(state)  # noqa: SLF001 - Module.code calls the same
        else:
            state.tokens.append(known)
    _end(module, state)
    return "".join(state.tokens).encode(module.encoding)


def _parts(module: cst.Module) -> Sequence[cst.CSTNode]:
    return (*module.header, *module.body, *module.footer)


def _end(module: cst.Module, state: CodegenState) -> None:
    """The last newline, which the last statement prints, as `Module` leaves it."""
    if not module.has_trailing_newline:
        state.pop_trailing_newline()
    elif not state.tokens:
        state.add_token(state.default_newline)


class _State(CodegenState):
    """LibCST's own state of printing, without a generator for every node."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent=default_indent, default_newline=default_newline)

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: Any = None
    ) -> _Nothing:
        del node, start_node, end_node
        return _NOTHING


class _Nothing:
    """A context that does nothing."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *raised: object) -> None:
        pass


_NOTHING = _Nothing()


class _Noting(_State):
    """The state of printing that also remembers at which token a node began."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent, default_newline)
        self.began: dict[int, int] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.began.setdefault(id(node), len(self.tokens))

    def record_syntactic_position(  # type: ignore[override]
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: Any = None
    ) -> _Nothing:
        del end_node
        if start_node is None:
            self.began[id(node)] = len(self.tokens)
            return _NOTHING
        return _StartsWith(self.began, node, start_node)


class _StartsWith(_Nothing):
    """The context of a node that begins where another does, which is printed within it."""

    def __init__(self, began: dict[int, int], node: cst.CSTNode, first: cst.CSTNode) -> None:
        self.began, self.node, self.first = began, node, first

    def __exit__(self, *raised: object) -> None:
        self.began[id(self.node)] = self.began[id(self.first)]
