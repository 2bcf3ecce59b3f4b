"""Notebooks: the code cells as one module, and the changed module back in its cells, with every other byte as it was.

Format: https://nbformat.readthedocs.io/en/latest/format_description.html (version 4).
"""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from assist2resp.rewrite.project.magics import Magics

_MARK = '"assist2resp:cell:{}"'
_MARK_LINE = re.compile(r'^"assist2resp:cell:(\d+)"\n', re.MULTILINE)
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class NotebookError(ValueError):
    """A file that is no notebook that we can take apart; the text is a clause that follows its name."""


@dataclass(frozen=True)
class _Span:
    start: int
    end: int


@dataclass(frozen=True)
class _Cell:
    """A code cell that takes part: where its source lies, and the Python that stands for it."""

    span: _Span
    python: str
    offsets: tuple[int, ...]
    """Per line of the source, where the JSON string that holds it begins."""


@dataclass(frozen=True)
class Unread:
    """A code cell that is no Python: its source, and the line of the file where it begins."""

    source: str
    line: int


@dataclass
class Notebook:
    """A notebook as read. `code` is what its cells come to as one module; a mark stands before each."""

    text: str
    raw: bytes
    cells: list[_Cell] = field(default_factory=list)
    magics: Magics = field(default_factory=Magics)
    code: bytes = b""
    unread: list[Unread] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)
    """Per cell, the line of `code` that its mark stands in, from 1."""

    def line(self, line: int) -> int:
        """The line of the notebook's file that holds a line of `code`."""
        number = bisect_right(self._starts, line) - 1
        if number < 0:
            return 1
        offsets = self.cells[number].offsets
        position = min(max(line - self._starts[number] - 1, 0), len(offsets) - 1)
        return self.text.count("\n", 0, offsets[position]) + 1

    def written(self, code: bytes) -> bytes:
        """The notebook's bytes with its cells as `code` has them now."""
        if code == self.code:
            return self.raw
        head, *parts = _MARK_LINE.split(code.decode("utf-8"))
        if [int(number) for number in parts[::2]] != list(range(len(self.cells))):
            raise NotebookError(
                "cannot be taken apart again: the cells of the rewritten code are not those of the notebook"
            )
        parts[1] = head + parts[1]
        text = self.text
        for cell, part in reversed(list(zip(self.cells, parts[1::2], strict=True))):
            trimmed = _trimmed(cell.python, part)
            if trimmed != cell.python:
                source = self.magics.restored(trimmed)
                text = text[: cell.span.start] + _as_json(self.text, cell.span, source) + text[cell.span.end :]
        return self.raw[: len(self.raw) - len(self.text.encode("utf-8"))] + text.encode("utf-8")

    def add(self, span: _Span, python: str, offsets: tuple[int, ...]) -> None:
        """Take one more cell in."""
        self._starts.append(self.code.count(b"\n") + 1)
        end = "" if python.endswith("\n") or not python else "\n"
        self.code += f"{_MARK.format(len(self.cells))}\n{python}{end}".encode()
        self.cells.append(_Cell(span, python, offsets))


def read_notebook(raw: bytes) -> Notebook:
    """Take a notebook apart. Cells that are no Python, under `%%bash` for instance, take no part.

    Raises NotebookError for what is no notebook of version 4, or has no Python.
    """
    try:
        text = raw.decode("utf-8-sig")
        top = dict(_members(text, _SPACE.match(text, 0).end()))  # type: ignore[union-attr]
        notebook = Notebook(text, raw)
        for cell in _elements(text, top["cells"].start):
            _take(notebook, text, cell)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise NotebookError(f"is no notebook of version 4: {error}") from error
    return notebook


def _take(notebook: Notebook, text: str, cell: _Span) -> None:
    members = dict(_members(text, cell.start))
    if json.loads(text[members["cell_type"].start : members["cell_type"].end]) != "code":
        return
    span = members["source"]
    value = json.loads(text[span.start : span.end])
    source = value if isinstance(value, str) else "".join(value)
    python = notebook.magics.hidden(source)
    if python is not None and _parses(python):
        notebook.add(span, python, tuple(_line_offsets(text, span)) or (span.start,))
    elif python is not None:
        notebook.unread.append(Unread(source, text.count("\n", 0, span.start) + 1))


def _parses(python: str) -> bool:
    """Whether a cell is Python, of this interpreter's version or a newer one."""
    try:
        ast.parse(python)
    except SyntaxError:
        return _parses_elsewhere(python)
    except (ValueError, RecursionError, MemoryError):
        return False
    return True


def _parses_elsewhere(python: str) -> bool:
    try:
        cst.parse_module(python)
    except (cst.ParserSyntaxError, SyntaxError, ValueError, RecursionError):
        return False
    return True


def _line_offsets(text: str, span: _Span) -> Iterator[int]:
    if text[span.start] == '"':
        source = json.loads(text[span.start : span.end])
        yield from [span.start] * (source.count("\n") + 1)
        return
    open_line = False
    for element in _elements(text, span.start):
        piece = json.loads(text[element.start : element.end])
        for line in piece.splitlines(keepends=True):
            if not open_line:
                yield element.start
            open_line = not line.endswith("\n")


def _trimmed(before: str, after: str) -> str:
    """A cell's new text without the blank lines that removed statements leave at its ends."""
    if not before.startswith("\n"):
        after = after.lstrip("\n")
    return after if before.endswith("\n") else after.rstrip("\n")


def _as_json(text: str, span: _Span, source: str) -> str:
    """A source as the notebook's own writer laid it out: one string, or a list of lines."""
    ascii_only = text.isascii()
    if text[span.start] == '"':
        return json.dumps(source, ensure_ascii=ascii_only)
    lines = [json.dumps(line, ensure_ascii=ascii_only) for line in _lines(source)]
    if not lines:
        return "[]"
    old = text[span.start : span.end]
    inner, outer = re.match(r"\[(\s*)", old), re.search(r"(\s*)\]$", old)
    assert inner is not None
    assert outer is not None
    spans = list(_elements(text, span.start))
    one_line = "," + (inner[1] if "\n" in inner[1] else " ")
    separator = text[spans[0].end : spans[1].start] if len(spans) > 1 else one_line
    return f"[{inner[1]}{separator.join(lines)}{outer[1]}]"


def _lines(source: str) -> list[str]:
    return [line for line in re.split(r"(?<=\n)", source) if line]


def _members(text: str, position: int) -> Iterator[tuple[str, _Span]]:
    """The keys of the JSON object at a position, and where their values lie."""
    position = _expect(text, position, "{")
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        position = _expect(text, position, ":")
        _, end = _DECODER.raw_decode(text, position)
        yield key, _Span(position, end)
        position = _next(text, end)


def _elements(text: str, position: int) -> Iterator[_Span]:
    """Where the elements of the JSON array at a position lie."""
    position = _expect(text, position, "[")
    while text[position] != "]":
        _, end = _DECODER.raw_decode(text, position)
        yield _Span(position, end)
        position = _next(text, end)


def _expect(text: str, position: int, sign: str) -> int:
    position = _skipped(text, position)
    if text[position : position + 1] != sign:
        raise ValueError(f"{sign} is missing at offset {position}")
    return _skipped(text, position + 1)


def _next(text: str, position: int) -> int:
    position = _skipped(text, position)
    return _skipped(text, position + 1) if text[position : position + 1] == "," else position


def _skipped(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    assert found is not None
    if found.end() >= len(text) and position < len(text):
        return len(text) - 1
    return found.end()
