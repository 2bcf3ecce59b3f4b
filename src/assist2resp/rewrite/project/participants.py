"""Which files take part: those with a needle, and those that exchange values with them, judged by import lines as text.

Parsing is what costs, so a neighbour is chosen only where it can matter: it defines what is imported and speaks of the
API, or it imports a chosen file and so may pass it a client. What is missed stays unknown, and so untouched.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from assist2resp.rewrite.project.needles import Imported, imported, words_in
from assist2resp.rewrite.project.project import Project, SourceFile

_OWN_WORDS = re.compile(rb"[oO]pen_?[aA][iI]|OPENAI")
"""What a file that makes or types clients says."""
_NEAR_WORDS = re.compile(
    rb"(?:thread|assistant|run|message|msg|step|client|stream|event|tool_call|respon\w*)s?\b[^\n]*\.(?:data|content|text|id|status|value)\b"
    rb"|(?:thread|assistant|run)_?id|\bclient\b|[oO]pen_?[aA][iI]|\.(?:content\[|text\.value|data\[)",
)
"""What a definition that is handed objects of the API says."""
_DOUBLE = re.compile(rb"\bbeta\b")
"""What a class says whose objects stand for clients in tests."""
_SHORT = 12
"""Lines of a definition that may be a factory or an alias of a client."""
_DEFINITION = re.compile(
    rb"^([ \t]*)(?:(?:async[ \t]+)?(?:def|class)[ \t]+([A-Za-z_]\w*)|([A-Za-z_]\w*)[ \t]*[:=,])", re.MULTILINE
)
_END = [re.compile(rb"\n[ \t]{0,%d}[^\s)\]}#]" % depth) for depth in range(17)]
_TESTS = ("test_", "conftest")


class _Sought(NamedTuple):
    """Files whose importers are sought: their last words, the pattern of these, and the words of their paths."""

    stems: frozenset[str]
    pattern: re.Pattern[bytes]
    parts: frozenset[str]

    @classmethod
    def of(cls, files: list[SourceFile]) -> _Sought:
        """What there is to know of the files."""
        stems = frozenset(file.import_stem for file in files)
        pattern = rb"\b(?:" + b"|".join(re.escape(stem.encode()) for stem in sorted(stems)) + rb")\b"
        parts = frozenset(part for file in files for part in (*file.path.parts, file.path.stem))
        return cls(stems, re.compile(pattern), parts)


def participants(project: Project) -> list[SourceFile]:
    """The files to parse, in the order of their paths."""
    choice = _Choice(project)
    chosen = {file.path: file for file in project.files.values() if file.has_needle}
    seeds = [file for file in chosen.values() if file.may_pass_values]
    for file in seeds:
        choice.take(file)
        choice.follow_imports(file, near=True)
    for file in chosen.values():
        if not file.may_pass_values:
            choice.follow_imports(file, near=False)
    choice.add_importers(seeds)
    choice.add_fixtures()
    return [*dict(sorted({**chosen, **choice.files}.items())).values()]


class _Choice:
    """The growing choice of files, beginning with those that may call the API."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.files: dict[Path, SourceFile] = {}
        self._lines: dict[Path, list[Imported]] = {}
        self._seen: set[tuple[Path, str, bool]] = set()
        self._definitions: dict[Path, dict[str, bytes]] = {}

    def take(self, file: SourceFile) -> None:
        """Choose a file."""
        self.files[file.path] = file

    def imports(self, file: SourceFile) -> list[Imported]:
        """What a file imports."""
        if file.path not in self._lines:
            self._lines[file.path] = imported(file.data)
        return self._lines[file.path]

    def follow_imports(self, file: SourceFile, *, near: bool, only: str = "") -> None:
        """Choose what defines the names that a file imports (or that one name), where it can matter."""
        for line in self.imports(file):
            if not only or line.name in {only, "*"}:
                name = only if line.name == "*" else line.name
                found = self._target(line.module, name, file)
                if found is not None:
                    self._define(*found, near=near)

    def _target(self, module: str, name: str, user: SourceFile) -> tuple[SourceFile, str] | None:
        """The file that an import leads to, and the name to look for in it (empty for all of it)."""
        origin = f"{self.project.absolute(module, user)}.{name}".strip(".")
        found = self.project.resolve(origin, user)
        return None if found is None else (found[0], found[1].partition(".")[0])

    def _define(self, file: SourceFile, name: str, *, near: bool) -> None:
        """Choose a file for a name that it may define, and follow the name where it only passes it on."""
        if (file.path, name, near) in self._seen:
            return
        self._seen.add((file.path, name, near))
        text = self.definition(file, name)
        if text is None:
            if any(line.name in {name, "*"} for line in self.imports(file)):
                self.take(file)
            self.follow_imports(file, near=near, only=name)
        elif (near and _NEAR_WORDS.search(text)) or (name and _DOUBLE.search(text)) or self._makes_clients(file, name):
            self.take(file)
            for word in words_in(text):
                self.follow_imports(file, near=False, only=word)

    def _makes_clients(self, file: SourceFile, name: str, steps: int = 4) -> bool:
        """Whether a definition speaks of openai, or is a short one (or a class) made of such."""
        text = self.definition(file, name)
        if text is None:
            found = (self._target(line.module, name, file) for line in self.imports(file) if line.name == name)
            return steps > 0 and any(self._makes_clients(*target, steps - 1) for target in found if target is not None)
        if _OWN_WORDS.search(text):
            return True
        if not steps or not name or (text.count(b"\n") > _SHORT and not text.lstrip().startswith(b"class")):
            return False
        known = self._definitions[file.path].keys() | {line.name for line in self.imports(file)}
        return any(
            self._makes_clients(file, word, steps - 1) for word in words_in(text) if word in known and word != name
        )

    def definition(self, file: SourceFile, name: str) -> bytes | None:
        """The text of what defines a name in a file: all of it for no name, None where nothing does."""
        if file.path not in self._definitions:
            self._definitions[file.path] = _definitions(file.data)
        if not name:
            return file.data
        return self._definitions[file.path].get(name)

    def add_importers(self, seeds: Iterable[SourceFile]) -> None:
        """Choose the files that import a chosen one: the first ring always, further ones where they make clients.

        What a file of the first ring imports of a chosen one it passes on, so a file that takes that is of the ring too.
        """
        ring, first = list(seeds), True
        passing: dict[Path, set[str]] = {}
        while ring:
            found = [
                file
                for file in self._importers(ring)
                if first or file.is_package or self._takes(file, passing) or _OWN_WORDS.search(file.data)
            ]
            paths = {file.path for file in ring}
            passing = {file.path: self._taken(file, paths) for file in found if first or self._takes(file, passing)}
            for file in found:
                self.take(file)
                self.follow_imports(file, near=False)
            ring, first = found, first and all(file.is_package for file in found)

    def _taken(self, file: SourceFile, paths: Collection[Path]) -> set[str]:
        """The names that a file imports of others; a star for all of them."""
        return {one.name or one.words[-2] for one, target in self._led(file) if target in paths}

    def _takes(self, file: SourceFile, passing: Mapping[Path, set[str]]) -> bool:
        """Whether a file imports what others pass on."""
        for one, target in self._led(file):
            names = passing.get(target, set())
            if names and (one.name in {*names, "*"} or "*" in names):
                return True
            if not one.name and any(f".{name}".encode() in file.data for name in names):
                return True
        return False

    def _led(self, file: SourceFile) -> Iterator[tuple[Imported, Path]]:
        """The imports of a file that lead to others of the project."""
        for one in self.imports(file):
            found = self._target(one.module, one.name.replace("*", ""), file)
            if found is not None:
                yield one, found[0].path

    def _importers(self, targets: list[SourceFile]) -> Iterator[SourceFile]:
        sought = _Sought.of(targets)
        paths = {file.path for file in targets}
        for file in self.project.files.values():
            if file.path not in self.files and any(
                (found := self._target(one.module, one.name.replace("*", ""), file)) and found[0].path in paths
                for one in self._naming(sought, file)
            ):
                yield file

    def _naming(self, sought: _Sought, file: SourceFile) -> list[Imported]:
        """The imports of a file that may lead to one of the sought ones, as far as their words tell."""
        lines = file.import_words
        if sought.stems.isdisjoint(lines.words) and not (lines.is_relative and self._is_near(sought, file)):
            return []
        return [one for one in self.imports(file) if one.module[:1] == "." or not sought.stems.isdisjoint(one.words)]

    def _is_near(self, sought: _Sought, file: SourceFile) -> bool:
        """Whether a relative import of a file may lead to one: below its outermost folder, and named in the file."""
        outermost = self.project.module_name(file.path).partition(".")[0]
        return outermost in sought.parts and sought.pattern.search(file.data) is not None

    def add_fixtures(self) -> None:
        """Choose the `conftest.py` files that chosen tests take their fixtures from."""
        for file in [file for file in self.files.values() if file.path.name.startswith(_TESTS)]:
            for fixtures in self.project.conftests(file):
                if _OWN_WORDS.search(fixtures.data):
                    self.take(fixtures)
                    self.follow_imports(fixtures, near=False)


def _definitions(data: bytes) -> dict[str, bytes]:
    """What each name's definition says: its line and those indented below it; the outermost where there are several."""
    found: dict[str, tuple[int, bytes]] = {}
    for opening in _DEFINITION.finditer(data):
        depth, name = len(opening[1]), (opening[2] or opening[3]).decode()
        if name not in found or depth < found[name][0]:
            end = _END[min(depth, len(_END) - 1)].search(data, opening.end())
            found[name] = (depth, data[opening.start() : end.start() if end else len(data)])
    return {name: text for name, (_, text) in found.items()}
