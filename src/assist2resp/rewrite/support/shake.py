"""Joins the parts of the support module into one file that holds only what a program uses."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from assist2resp.rewrite.configurations.archived import REGISTRY
from assist2resp.rewrite.support.header import header
from assist2resp.rewrite.support.usage import Needs, needs_of

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


@dataclass(frozen=True)
class _Piece:
    """A top-level statement, or a method: its text, the names and attributes that it reads, and what it defines."""

    part: str
    name: str
    text: str
    reads: frozenset[str]
    attributes: frozenset[str]
    route: str = ""
    is_def: bool = False
    is_stub: bool = False
    yields: bool = False


def support_source(used: Iterable[str], *, is_async: bool, is_sync: bool, registry: str = REGISTRY) -> str:
    """The support module for these uses (see `usage.needs_of`), for synchronous clients, asynchronous ones, or both.

    `registry` is the file beside it that it keeps assistants in.
    """
    needs = needs_of(used)
    ways = {name for name, wanted in (("async", is_async), ("sync", is_sync)) if wanted}
    regions = frozenset({*needs.features, *ways})
    pieces = _settled(regions)
    kept = _reachable(pieces, needs)
    body = _joined(kept).replace(f'"{REGISTRY}"', f'"{registry}"')
    names = frozenset[str]().union(*(piece.reads for piece in kept))
    imports = _imports(names, regions)
    return f"{header(imports + body, registry)}\n{imports}\n{body}"


@cache
def _part_source(part: str) -> str:
    folder = resources.files("assist2resp.rewrite.support.parts")
    return folder.joinpath(f"{part}.py").read_text(encoding="utf-8")


@cache
def _regions(part: str) -> frozenset[str]:
    """The names of a part's regions, and `options` where the caller's own options stand outside one."""
    source = _part_source(part)
    return frozenset([*re.findall(r"# region (\w+)", source), *(["options"] if "call.options" in source else [])])


_OPTIONS = re.compile(r", \*\*call\.options|\*\*call\.options(, )?")


def without_regions(source: str, kept: Collection[str]) -> str:
    """The source without the regions that are not kept, and without the marks of the others."""
    lines: list[str] = []
    open_regions: list[bool] = []
    for line in source.splitlines():
        mark = line.strip()
        if mark.startswith("# region "):
            open_regions.append(mark.removeprefix("# region ") in kept)
        elif mark == "# endregion":
            open_regions.pop()
        elif all(open_regions):
            lines.append(line if "options" in kept else _OPTIONS.sub("", line))
    return "\n".join(lines) + "\n"


@cache
def _body(part: str, regions: frozenset[str]) -> list[ast.stmt]:
    return ast.parse(without_regions(_part_source(part), regions)).body


@cache
def _pieces(part: str, regions: frozenset[str]) -> tuple[_Piece, ...]:
    """The top-level statements of a part but for its imports."""
    source = without_regions(_part_source(part), regions)
    lines = source.splitlines()
    body = _body(part, regions)[1:]
    made: list[_Piece] = []
    for position, node in enumerate(body):
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Expr):
            continue
        after = body[position + 1] if position + 1 < len(body) else None
        end = after.end_lineno if isinstance(after, ast.Expr) else node.end_lineno
        text = "\n".join(lines[_start(node) - 1 : end])
        made.append(_piece(part, text, node))
    return tuple(made)


def _start(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


_known: dict[tuple[str, str], _Piece] = {}
"""The pieces by part and text: the same ones are in many modules, and reading them is what costs."""


def _piece(part: str, text: str, node: ast.stmt | None = None) -> _Piece:
    """The piece of a part that a text is; `node` is what it parses to, where that is known."""
    if (part, text) not in _known:
        node = node or ast.parse(text).body[0]
        read = _read(node)
        is_def = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        is_stub = is_def and text.endswith(": ...")
        names, attributes = frozenset(read.names), frozenset(read.attributes)
        _known[part, text] = _Piece(
            part, _name(node), text, names, attributes, _route(node), is_def, is_stub, read.yields
        )
    return _known[part, text]


@dataclass
class _Reads:
    """What a statement reads, and whether it yields."""

    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    yields: bool = False


def _read(statement: ast.AST) -> _Reads:
    """The names and attributes that a statement reads."""
    found = _Reads()
    stack: list[object] = [statement]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, ast.Name):
            found.names.add(node.id)
        elif isinstance(node, ast.AST):
            if isinstance(node, ast.Attribute):
                found.attributes.add(node.attr)
            found.yields |= isinstance(node, ast.Yield | ast.YieldFrom)
            stack += vars(node).values()
    return found


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


@cache
def _parts_imports(part: str, regions: frozenset[str]) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a part, but for those of other parts."""
    return tuple(
        node
        for node in _body(part, regions)
        if isinstance(node, ast.Import)
        or (isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("assist2resp"))
    )


@cache
def _settled(regions: frozenset[str]) -> list[_Piece]:
    """All pieces, with functions called that asked for something in regions which are gone, and ask for nothing now."""
    pieces = [piece for part in PARTS for piece in _pieces(part, regions & _regions(part))]
    while True:
        asking_nothing = [piece.name for piece in pieces if _WORK in piece.text and not piece.yields]
        if not asking_nothing:
            return pieces
        called = "|".join(asking_nothing)
        inside = re.compile(rf"\(yield from ((?:{called})\(.*\))\)")
        alone = re.compile(rf"yield from ((?:{called})\()")
        settled = []
        for piece in pieces:
            text = alone.sub(r"\1", inside.sub(r"\1", piece.text))
            text = text.replace(_WORK, ") -> Any:") if piece.name in asking_nothing else text
            settled.append(piece if text == piece.text else _piece(piece.part, text))
        pieces = settled


_WORK = ") -> _Work:"


def _reachable(pieces: list[_Piece], needs: Needs) -> list[_Piece]:
    """The pieces that are asked for, and all that these read."""
    by_name: dict[str, list[_Piece]] = {}
    for piece in pieces:
        by_name.setdefault(piece.name, []).append(piece)
    answering = [piece for piece in pieces if piece.route in needs.routes]
    names = set(needs.names.union(*(piece.reads for piece in answering)))
    waiting = list(names)
    while waiting:
        for piece in by_name.get(waiting.pop(), ()):
            new = piece.reads - names
            names |= new
            waiting += new
    kept = [piece for piece in pieces if piece.name in names or piece.route in needs.routes]
    askers = Counter([*needs.methods, *(attribute for piece in kept for attribute in piece.attributes)])
    return [_trimmed(piece, askers) for piece in kept]


def _trimmed(piece: _Piece, askers: Counter[str]) -> _Piece:
    """A class without the methods that no other piece asks for by name; `askers` counts those of each name."""
    if not piece.text.startswith("class "):
        return piece
    names = _METHOD.findall(piece.text)
    return _with_methods(piece, frozenset(name for name in names if askers[name] > (name in piece.attributes)))


_METHOD = re.compile(r"^    (?:async )?def (\w+)", re.MULTILINE)


@cache
def _with_methods(piece: _Piece, asked: frozenset[str]) -> _Piece:
    """A class with the methods that are asked for, and those that these read."""
    node = ast.parse(piece.text).body[0]
    assert isinstance(node, ast.ClassDef)
    own = [member for member in node.body if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)]
    unused = set(_unused(own, asked))
    if not unused:
        return piece
    lines = piece.text.splitlines()
    for member in reversed(own):
        if member.name in unused:
            first = _start(member) - 1
            del lines[first - (not lines[first - 1].strip()) : member.end_lineno]
    text = "\n".join(lines)
    return _piece(piece.part, text)


def _unused(members: list[ast.FunctionDef | ast.AsyncFunctionDef], asked: frozenset[str]) -> Iterator[str]:
    """Names of methods that neither the rest of the file nor a used method of their own class reads."""
    used = {member.name for member in members if member.name in asked or member.name in _CALLED_BY_OTHERS}
    used |= {member.name for member in members if member.name.startswith("__")}
    reads: dict[str, set[str]] = {}
    for member in members:
        reads.setdefault(member.name, set()).update(_read(member).attributes)
    while True:
        read = set[str]().union(*(reads[member.name] for member in members if member.name in used))
        grown = used | {member.name for member in members if member.name in read}
        if grown == used:
            break
        used = grown
    return (member.name for member in members if member.name not in used)


_CALLED_BY_OTHERS = ("handle_request", "handle_async_request", "close", "aclose")
"""Methods that the HTTP library calls."""


def _joined(kept: list[_Piece]) -> str:
    """The pieces as one text, each part under a comment that says what it is for."""
    text = ""
    part = ""
    for before, piece in zip([None, *kept], kept, strict=False):
        if before is not None:
            text += "\n" if before.is_stub and piece.name == before.name else _gap(before, piece)
        if piece.part != part:
            text += _title(piece.part) + ("\n\n" if piece.is_def else "\n")
            part = piece.part
        text += piece.text
    return text + "\n"


def _gap(before: _Piece, after: _Piece) -> str:
    return "\n\n\n" if before.is_def or after.is_def or before.part != after.part else "\n"


@cache
def _title(part: str) -> str:
    docstring = ast.get_docstring(ast.parse(_part_source(part))) or ""
    return f"# {docstring.splitlines()[0]}\n"


def _imports(names: frozenset[str], regions: frozenset[str]) -> str:
    """The imports of these names, sorted as isort sorts them."""
    whole: set[str] = set()
    parts: dict[str, set[str]] = {}
    for part in PARTS:
        for node in _parts_imports(part, regions & _regions(part)):
            used = {alias.name for alias in node.names if alias.name in names}
            if isinstance(node, ast.Import):
                whole |= used
            elif used:
                parts.setdefault(node.module or "", set()).update(used)
    parts.pop("__future__", None)
    own = [*(f"import {name}" for name in sorted(whole)), *(_import_from(name, parts[name]) for name in sorted(parts))]
    standard = [line for line in own if not line.split()[1].startswith("openai")]
    third = [line for line in own if line.split()[1].startswith("openai")]
    groups = ["from __future__ import annotations", "\n".join(standard), "\n".join(third)]
    return "\n\n".join(group for group in groups if group) + "\n"


def _import_from(module: str, names: set[str]) -> str:
    return f"from {module} import {', '.join(sorted(names))}"
