"""The user's tree: its files, which of them can matter, and what each import means inside it.

A file without a needle is never parsed, unless a file with one exchanges values with it through an import.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import InitVar, dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst

from assist2resp.rewrite.outcome import Progress, silent
from assist2resp.rewrite.project import needles
from assist2resp.rewrite.project.ahead import NOTEBOOK, Ahead, Glance, unescaped
from assist2resp.rewrite.project.notebooks import Notebook, NotebookError, read_notebook
from assist2resp.rewrite.project.unparsable import Complaint, deep_recursion, nests_too_deeply, why_unparsable
from assist2resp.rewrite.syntax.printing import Starts, printed
from assist2resp.rewrite.syntax.scope_walk import index_module
from assist2resp.rewrite.syntax.scopes import ModuleScopes

_BLANK_END = re.compile(rb"(?<=[\r\n])\s+\Z")


@dataclass(eq=False)
class SourceFile:
    """One Python file, or the code of one notebook: its text, and its tree if it was parsed."""

    path: Path
    text: InitVar[bytes | None] = None
    """What was read; a file that another process read is read again where its text is asked for."""
    problem: str = ""
    """Why the file cannot be rewritten, if so; it is then left alone and reported."""
    problem_line: int = 1
    tree: cst.Module | None = None
    starts: Starts = field(default_factory=Starts, repr=False)
    """Where the nodes of the tree begin in `data`."""
    module_name: str = ""
    blank_end: bytes = b""
    """The blank lines at the end of `data` if the tree does not hold them: LibCST loses some kinds."""
    notebook: Notebook | None = None
    is_wanted: bool = False
    """Whether the file is to be looked at whatever it holds."""

    def __post_init__(self, text: bytes | None) -> None:
        if text is not None:
            vars(self)["data"] = text

    @classmethod
    def glanced_at(cls, path: Path, glance: Glance) -> SourceFile:
        """A file in which there is nothing to look at, as far as another process told."""
        file = cls(path)
        vars(file).update(glance._asdict(), has_needle=False, may_pass_values=False)
        return file

    @cached_property
    def data(self) -> bytes:
        """The text, as bytes; nothing for a file that is gone since."""
        try:
            return self.path.read_bytes()
        except OSError:
            return b""

    @property
    def on_disk(self) -> bytes:
        """The bytes of the file itself."""
        return self.notebook.raw if self.notebook is not None else self.data

    def as_on_disk(self, code: bytes) -> bytes:
        """The file's new bytes when its code becomes this."""
        return self.notebook.written(code) if self.notebook is not None else code

    def line(self, line: int) -> int:
        """The line of the file that a line of its code stands in."""
        return self.notebook.line(line) if self.notebook is not None else line

    @cached_property
    def has_needle(self) -> bool:
        """Whether the file holds something to look at."""
        return self.is_wanted or needles.has_needle(self.data)

    @cached_property
    def may_pass_values(self) -> bool:
        """Whether the file may call the API, so that what it exchanges values with must be known."""
        return needles.may_call(self.data)

    @cached_property
    def import_words(self) -> needles.ImportWords:
        """What the lines of its imports say."""
        return needles.import_words(self.data)

    @cached_property
    def writes_thread_id(self) -> bool:
        """Whether an id of a thread stands in the file, as a string of its own."""
        return needles.writes_thread_id(self.data)

    @cached_property
    def imports_httpx(self) -> bool:
        """Whether the file imports httpx."""
        return needles.imports_httpx(self.data)

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def import_stem(self) -> str:
        """The last word of the module's dotted name."""
        return self.path.parent.name if self.is_package else self.path.stem

    @cached_property
    def scopes(self) -> ModuleScopes:
        """The scope pass over the tree."""
        assert self.tree is not None
        return index_module(self.tree, self.module_name, is_package=self.is_package)

    def parse(self) -> None:
        """Parse the file once; a failure is kept as `problem`."""
        if self.tree is not None or self.problem:
            return
        if nests_too_deeply(self.data):
            self._refuse(Complaint("does not parse: nested too deeply", 1))
            return
        try:
            survives = self._parse(self.data) or self._parse(_BLANK_END.sub(b"", self.data))
        except RecursionError:
            self._refuse(Complaint("cannot be rewritten: nested too deeply", 1))
        except (cst.ParserSyntaxError, SyntaxError, LookupError, ValueError) as error:
            self._refuse(Complaint(f"does not parse: {str(error).partition(': expected')[0]}", 1))
        else:
            if not survives:
                self.tree, self.problem = (
                    None,
                    "does not survive a parse and print unchanged (unusual newlines or encoding)",
                )

    def _parse(self, text: bytes) -> bool:
        """Whether `text`, all of the file or all but blank lines at its end, parses and prints as it is."""
        self.tree, self.blank_end = cst.parse_module(text), self.data[len(text) :]
        with deep_recursion():
            again, self.starts = printed(self.tree)
            return again == text and self.scopes is not None

    def _refuse(self, unexplained: Complaint) -> None:
        self.tree = None
        self.problem, self.problem_line = why_unparsable(self.data) or unexplained


@dataclass(eq=False)
class Project:
    """The files under the given paths, and the ones among them that take part."""

    files: dict[Path, SourceFile]
    roots: tuple[Path, ...]
    unreadable: list[tuple[Path, str]] = field(default_factory=list)
    modules: list[SourceFile] = field(default_factory=list)
    """The parsed files, in the order of their paths."""
    _resolved: dict[tuple[Path, str], tuple[SourceFile, str] | None] = field(default_factory=dict, repr=False)
    _paths: dict[Path, tuple[str, ...]] = field(default_factory=dict, repr=False)
    _said: dict[re.Pattern[bytes], bool] = field(default_factory=dict, repr=False)

    def resolve(self, origin: str, user: SourceFile) -> tuple[SourceFile, str] | None:
        """The file of the project that defines `origin` (a dotted import seen in `user`), and the rest of the name."""
        key = (user.path.parent, origin)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(origin, user)
        found = self._resolved[key]
        return None if found is None or (found[0] is user and not user.is_package) else found

    def _resolve(self, origin: str, user: SourceFile) -> tuple[SourceFile, str] | None:
        parts = origin.split(".")
        for folder in self._search_path(user.path.parent):
            for cut in range(len(parts), 0, -1):
                found = self._by_place.get("/".join([folder, *parts[:cut]]))
                if found is not None:
                    return found, ".".join(parts[cut:])
        return None

    def says(self, pattern: re.Pattern[bytes]) -> bool:
        """Whether a pattern is found in one of the parsed files."""
        if pattern not in self._said:
            self._said[pattern] = any(pattern.search(file.data) for file in self.modules)
        return self._said[pattern]

    def calls_of_method(self, name: str) -> list[tuple[SourceFile, cst.Call]]:
        """The calls of what is written as an attribute of this name, in the parsed files."""
        return self._calls_by_method.get(name, [])

    @cached_property
    def _calls_by_method(self) -> dict[str, list[tuple[SourceFile, cst.Call]]]:
        found: dict[str, list[tuple[SourceFile, cst.Call]]] = {}
        for file in self.modules:
            for call in file.scopes.calls:
                if type(call.func) is cst.Attribute:
                    found.setdefault(call.func.attr.value, []).append((file, call))
        return found

    @cached_property
    def imported_names(self) -> dict[SourceFile, set[str]]:
        """The names that other modules import of each file at their top; empty for one that is imported whole."""
        found: dict[SourceFile, set[str]] = {}
        for user in self.modules:
            for binding in (binding for bindings in user.scopes.root.names.values() for binding in bindings):
                target = self.resolve(binding.origin, user) if binding.how == "import" else None
                if target is not None and target[0] is not user:
                    found.setdefault(target[0], set()).add(target[1])
        return found

    @cached_property
    def writes_thread_ids(self) -> bool:
        """Whether an id of a thread stands in the code, as a text of its own."""
        return any(file.writes_thread_id for file in self.files.values())

    @cached_property
    def _by_place(self) -> dict[str, SourceFile]:
        """The files by their paths without suffix; a package by its folder's, which goes before a module's."""
        modules = {
            file.path.as_posix().removesuffix(file.path.suffix): file
            for file in self.files.values()
            if not file.is_package
        }
        return modules | {file.path.parent.as_posix(): file for file in self.files.values() if file.is_package}

    def _search_path(self, folder: Path) -> tuple[str, ...]:
        """Where imports from files of a folder are looked for, a package's own folders last."""
        if folder not in self._paths:
            inner: list[Path] = []
            outer = folder
            while outer / "__init__.py" in self.files and outer not in self.roots:
                inner.append(outer)
                outer = outer.parent
            around = [outer, *self.folders_above(outer), *self.roots]
            places = [place for parent in around for place in (parent, parent / "src")]
            self._paths[folder] = tuple(dict.fromkeys(place.as_posix() for place in (*places, *inner)))
        return self._paths[folder]

    def folders_above(self, path: Path) -> list[Path]:
        """The folders above a path, the nearest first, up to the outermost root that holds it."""
        parents = list(path.parents)
        inside = [number for number, parent in enumerate(parents, 1) if parent in self._root_set]
        return parents[: inside[-1]] if inside else []

    @cached_property
    def _root_set(self) -> frozenset[Path]:
        return frozenset(self.roots)

    def absolute(self, module: str, user: SourceFile) -> str:
        """The dotted name of a module that `user` imports, where it may be relative."""
        tail = module.lstrip(".")
        level = len(module) - len(tail)
        if not level:
            return tail
        parts = self.module_name(user.path).split(".")
        kept = parts[: max(len(parts) - level + user.is_package, 0)]
        return ".".join([*kept, *([tail] if tail else [])])

    def module_name(self, path: Path) -> str:
        """The dotted name of a file, seen from the root that it lies below."""
        root = max((r for r in self.roots if r in path.parents), key=lambda r: len(r.parts), default=path.parent)
        parts = list(path.relative_to(root).with_suffix("").parts)
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def conftests(self, test: SourceFile) -> Iterator[SourceFile]:
        """The files that a test takes fixtures from, nearest first."""
        for folder in test.path.parents:
            found = self.files.get(folder / "conftest.py")
            if found is not None:
                yield found
            if folder in self.roots:
                return


def open_project(ahead: Ahead, progress: Progress = silent) -> Project:
    """Read the tree and parse what can matter."""
    found = {path: _source(path, data) for path, data in ahead.overlay.items()}
    unreadable = list(ahead.unreadable)
    for path, glance in ahead.glances():
        progress("reading", len(found), 0)
        try:
            found[path] = _source(path, path.read_bytes()) if glance is None else SourceFile.glanced_at(path, glance)
        except OSError as error:
            unreadable.append((path, error.strerror or str(error)))
    in_order = sorted(found.items(), key=lambda item: item[0].parts)
    project = Project(dict(in_order), ahead.roots, unreadable)
    if ahead.words is not None:
        for file in project.files.values():
            file.is_wanted = "data" in vars(file) and ahead.words.search(file.data) is not None
    _parse_participants(project, progress)
    return project


def _source(path: Path, data: bytes) -> SourceFile:
    """A file as read; a notebook is taken apart only if something in it may matter."""
    if path.suffix != NOTEBOOK:
        return SourceFile(path, data)
    if not SourceFile(path, unescaped(data)).has_needle:
        return SourceFile(path, b"")
    try:
        notebook = read_notebook(data)
    except NotebookError as error:
        return SourceFile(path, data, problem=str(error))
    for cell in notebook.unread:
        if SourceFile(path, cell.source.encode("utf-8", "replace")).has_needle:
            return SourceFile(path, data, problem="has a cell that does not parse", problem_line=cell.line)
    return SourceFile(path, notebook.code, notebook=notebook)


def _parse_participants(project: Project, progress: Progress) -> None:
    from assist2resp.rewrite.project.participants import participants  # it builds on this module

    chosen = participants(project)
    for number, file in enumerate(chosen):
        progress("parsing", number, len(chosen))
        file.module_name = project.module_name(file.path)
        file.parse()
    project.modules = [file for file in chosen if file.tree is not None]
