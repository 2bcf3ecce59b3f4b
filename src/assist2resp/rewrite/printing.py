"""Prints a parsed module once, and notes on the way where its nodes begin.

LibCST's PositionProvider tells the same through a MetadataWrapper, which prints and visits every node once more.
https://libcst.readthedocs.io/en/latest/metadata.html#libcst.metadata.PositionProvider
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import libcst as cst
from libcst._nodes.internal import CodegenState

if TYPE_CHECKING:
    from collections.abc import Iterator


class Position(NamedTuple):
    """A place in a module's text: the line counts from 1, the column from 0."""

    line: int
    column: int


class Printed(NamedTuple):
    """A module's bytes, and where each node begins that is more than white space around others."""

    data: bytes
    starts: dict[cst.CSTNode, Position]


def printed(module: cst.Module) -> Printed:
    """Print a module."""
    state = _State(module.default_indent, module.default_newline)
    module._codegen(state)  # noqa: SLF001 - Module.code calls the same
    return Printed("".join(state.tokens).encode(module.encoding), state.starts())


class _State(CodegenState):
    """LibCST's own state of printing, which also remembers at which token a node began."""

    def __init__(self, default_indent: str, default_newline: str) -> None:
        super().__init__(default_indent=default_indent, default_newline=default_newline)
        self.began: dict[cst.CSTNode, int] = {}

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.began.setdefault(node, len(self.tokens))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: Any = None
    ) -> Iterator[None]:
        del end_node
        began = len(self.tokens)
        yield
        self.began[node] = self.began[start_node] if start_node is not None else began

    def starts(self) -> dict[cst.CSTNode, Position]:
        """Where each node began, from the tokens before it."""
        line, column = 1, 0
        places = [Position(1, 0)]
        for token in self.tokens:
            rows = token.splitlines(keepends=True) if "\n" in token or "\r" in token else ()
            if not rows:
                column += len(token)
            for row in rows:
                if row.endswith(("\n", "\r")):
                    line, column = line + 1, 0
                else:
                    column += len(row)
            places.append(Position(line, column))
        return {node: places[began] for node, began in self.began.items()}
