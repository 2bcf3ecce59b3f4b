"""The user's tree: which files there are, which can matter, and what each import means inside it.

A file without a needle is never parsed, unless a file with one exchanges values with it through an import.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst

from assist2resp.errors import InputFileError
from assist2resp.rewrite.listing import is_excluded, listed
from assist2resp.rewrite.notebooks import Notebook, NotebookError, read_notebook
from assist2resp.rewrite.outcome import Progress, silent
from assist2resp.rewrite.scopes import ModuleScopes, index_module
from assist2resp.rewrite.unparsable import Complaint, deep_recursion, nests_too_deeply, why_unparsable

NEEDLE = re.compile(
    rb"\.\s*beta\b|[\"']beta[\"']|AssistantEventHandler|openai\.types\.beta|AssistantStreamManager"
    rb"|/v1/(?:threads|assistants)\b|assistants=v[12]|pmpt_|OpenAIAssistant|import\s+beta\b"
    rb"|GPTAssistantAgent|AzureAssistantAgent|\bprompt\s*=\s*\{\s*[\"']id[\"']"
)
"""What a file must contain to be looked at."""

NOTEBOOK = ".ipynb"
_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import|import[ \t]+([\w., \t]+))", re.MULTILINE)


@dataclass(eq=False)
class SourceFile:
    """One Python file, or the code of one notebook: its text as read, and its tree if it was parsed."""

    path: Path
    data: bytes
    problem: str = ""
    """Why the file cannot be rewritten, if so; it is then left alone and reported."""
    problem_line: int = 1
    tree: cst.Module | None = None
    module_name: str = ""
    notebook: Notebook | None = None

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
        return NEEDLE.search(self.data) is not None

    @cached_property
    def scopes(self) -> ModuleScopes:
        """The scope pass over the tree."""
        assert self.tree is not None
        return index_module(self.tree, self.module_name, is_package=self.path.name == "__init__.py")

    def parse(self) -> None:
        """Parse the file once; a failure is kept as `problem`."""
        if self.tree is not None or self.problem:
            return
        if nests_too_deeply(self.data):
            self._refuse(Complaint("does not parse: nested too deeply", 1))
            return
        try:
            self.tree = cst.parse_module(self.data)
            with deep_recursion():
                survives = self.tree.bytes == self.data and self.scopes is not None
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

    def resolve(self, origin: str, user: SourceFile) -> tuple[SourceFile, str] | None:
        """The file of the project that defines `origin` (a dotted import seen in `user`), and the rest of the name."""
        parts = origin.split(".")
        for folder in self._search_path(user):
            for cut in range(len(parts), 0, -1):
                base = folder.joinpath(*parts[:cut])
                for candidate in (base.with_name(base.name + ".py"), base / "__init__.py"):
                    found = self.files.get(candidate)
                    if found is not None:
                        return found, ".".join(parts[cut:])
        return None

    def _search_path(self, user: SourceFile) -> Iterator[Path]:
        folder = user.path.parent
        yield folder
        for parent in folder.parents:
            if not any(parent == root or root in parent.parents for root in self.roots):
                break
            yield parent
        for root in self.roots:
            yield root
            yield root / "src"


def open_project(
    paths: Iterable[Path],
    *,
    exclude: Iterable[str] = (),
    overlay: Mapping[Path, bytes] | None = None,
    progress: Progress = silent,
) -> Project:
    """Read the tree under `paths` and parse what can matter; `overlay` holds bytes to take instead of a file's.

    Raises InputFileError for a path that does not exist or a file that is not Python.
    """
    found: dict[Path, SourceFile] = {}
    unreadable: list[tuple[Path, str]] = []
    roots: list[Path] = []
    for start in paths:
        path = Path(os.path.abspath(start))  # noqa: PTH100 - resolve() would follow links out of the tree
        roots.append(path if os.path.isdir(path) else path.parent)  # noqa: PTH112
        if overlay and path in overlay:
            found[path] = _source(path, overlay[path])
            continue
        for file in _python_files(path, tuple(exclude), unreadable):
            progress("reading", len(found), 0)
            try:
                found.setdefault(file, _source(file, file.read_bytes()))
            except OSError as error:
                unreadable.append((file, error.strerror or str(error)))
    project = Project(dict(sorted(found.items())), tuple(dict.fromkeys(roots)), unreadable)
    _parse_participants(project, progress)
    return project


def _source(path: Path, data: bytes) -> SourceFile:
    """A file as read; a notebook is taken apart only if something in it may matter."""
    if path.suffix != NOTEBOOK:
        return SourceFile(path, data)
    if not NEEDLE.search(data.replace(b'\\"', b'"')):
        return SourceFile(path, b"")
    try:
        notebook = read_notebook(data)
    except NotebookError as error:
        return SourceFile(path, data, problem=str(error))
    return SourceFile(path, notebook.code, notebook=notebook)


def _python_files(path: Path, exclude: tuple[str, ...], unreadable: list[tuple[Path, str]]) -> Iterator[Path]:
    if os.path.isfile(path):  # noqa: PTH113 - Path.is_file() raises where a folder above is closed
        if path.suffix not in {".py", ".pyi", NOTEBOOK}:
            raise InputFileError(path, "is not a Python file.", hint="Give a .py file or a folder.")
        yield path
        return
    if not os.path.isdir(path):  # noqa: PTH112
        raise InputFileError(path, "does not exist, or is in a folder that cannot be read.", hint="Check the path.")
    for file in listed(
        path, ("*.py", f"*{NOTEBOOK}"), lambda error: unreadable.append((Path(error.filename), str(error.strerror)))
    ):
        if not is_excluded(file, path, exclude):
            yield file


def _parse_participants(project: Project, progress: Progress) -> None:
    needles = [file for file in project.files.values() if file.has_needle]
    chosen: dict[Path, SourceFile] = {}
    queue = list(needles)
    while queue:
        file = queue.pop()
        if file.path not in chosen:
            chosen[file.path] = file
            queue.extend(imported for imported in _imports(project, file) if imported.path not in chosen)
    if needles:
        for file in _importers(project, needles):
            chosen.setdefault(file.path, file)
    for number, file in enumerate(chosen.values()):
        progress("parsing", number, len(chosen))
        file.module_name = _module_name(project, file.path)
        file.parse()
    project.modules = sorted((file for file in chosen.values() if file.tree is not None), key=lambda file: file.path)


def _imports(project: Project, file: SourceFile) -> Iterator[SourceFile]:
    """The project's files that this one imports, by its import lines as text."""
    for match in _IMPORT.finditer(file.data):
        names = [match[1]] if match[1] else [part.split(b" as ")[0].strip() for part in (match[2] or b"").split(b",")]
        for raw in names:
            name = raw.decode("ascii", "ignore")
            level = len(name) - len(name.lstrip("."))
            if level:
                folder = file.path.parent
                for _ in range(level - 1):
                    folder = folder.parent
                tail = name.lstrip(".")
                bases = [folder.joinpath(*tail.split("."))] if tail else []
                if not tail:
                    line = file.data[match.end() : file.data.find(b"\n", match.end())]
                    bases = [folder / word for word in re.findall(r"\w+", line.decode("ascii", "ignore"))]
                for base in bases:
                    for candidate in (base.with_name(base.name + ".py"), base / "__init__.py"):
                        if candidate in project.files:
                            yield project.files[candidate]
            elif name:
                found = project.resolve(name, file)
                if found is not None:
                    yield found[0]
                line = file.data[match.end() : file.data.find(b"\n", match.end())]
                for word in re.findall(r"\w+", line.decode("ascii", "ignore")) if match[1] else ():
                    found = project.resolve(f"{name}.{word}", file)
                    if found is not None:
                        yield found[0]


def _importers(project: Project, needles: list[SourceFile]) -> Iterator[SourceFile]:
    stems = {file.path.parent.name if file.path.name == "__init__.py" else file.path.stem for file in needles}
    pattern = re.compile(
        rb"^[ \t]*(?:from|import)\b[^\n]*\b(?:" + b"|".join(re.escape(s.encode()) for s in sorted(stems)) + rb")\b",
        re.MULTILINE,
    )
    targets = {file.path for file in needles}
    for file in project.files.values():
        if pattern.search(file.data) and any(imported.path in targets for imported in _imports(project, file)):
            yield file


def _module_name(project: Project, path: Path) -> str:
    root = max((r for r in project.roots if r in path.parents), key=lambda r: len(r.parts), default=path.parent)
    parts = list(path.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)
