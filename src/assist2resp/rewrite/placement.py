"""Where the support module goes in the user's tree, and how each file imports it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst

from assist2resp.rewrite.nodes import descendants, dotted
from assist2resp.rewrite.outcome import FileChange, Options
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project import Project, SourceFile
from assist2resp.rewrite.scopes import Binding
from assist2resp.rewrite.support.offer import offered_source
from assist2resp.rewrite.support.shake import support_source
from assist2resp.rewrite.support.usage import ARCHIVE, FUNCTIONS, held_by
from assist2resp.rewrite.support.words import words_of


@dataclass
class Placement:
    """One support module: the folder that imports start from, the folder that it stands in, and who uses it for what."""

    root: Path
    folder: Path
    name: str
    existing: bytes | None = None
    users: dict[SourceFile, dict[str, str]] = field(default_factory=dict)
    """Per file, the local name of each imported name."""
    used: set[str] = field(default_factory=set)
    words: frozenset[str] = frozenset()
    """What the program reads of the API's objects, as far as the module's content hangs on it."""
    is_async: bool = False
    is_sync: bool = False
    is_tested: bool = False
    """Whether tests are wanted beside it."""
    is_written: bool = True
    """Whether this placement writes the file, and not another one of the same path."""

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.py"

    def import_for(self, file: SourceFile) -> tuple[str, list[tuple[str, str]]] | None:
        """The module to import from, and pairs of name and local name, for a file that uses it."""
        if file not in self.users:
            return None
        return self._relative(file) or self.module, list(self.users[file].items())

    def _relative(self, file: SourceFile) -> str:
        """The module's name seen from a file of the same package that imports its neighbours so; empty for others."""
        above = self.folder.relative_to(self.root).parts[:1] if self.root in self.folder.parents else ()
        if not above or self.root / above[0] not in file.path.parents or not _has_relative_imports(file):
            return ""
        levels = [self.folder, *self.folder.parents]
        steps, around = 0, file.path.parent
        while around not in levels:
            steps, around = steps + 1, around.parent
        return "." * (steps + 1) + ".".join([*self.folder.relative_to(around).parts, self.name])

    @property
    def module(self) -> str:
        """The dotted name that the module is imported by."""
        below = self.root == self.folder or self.root in self.folder.parents
        return ".".join([*(self.folder.relative_to(self.root).parts if below else ()), self.name])

    def changes(self) -> Iterator[FileChange]:
        """The files to write, unless they are there as they should be; tests that are there are the user's."""
        if not self.is_written:
            return
        words = f"[{','.join(sorted(self.words))}]"
        used = {use if use in FUNCTIONS else use + words for use in self.used}
        after = support_source(used, is_async=self.is_async, is_sync=self.is_sync).encode()
        if after != self.existing:
            yield FileChange(self.path, self.existing, after)
        tests = self.path.with_name(f"test_{self.name}.py")
        if self.is_tested and not tests.exists():
            text = offered_source(used, self.module, is_sync=self.is_sync)
            if text:
                yield FileChange(tests, None, text.encode())


def place_support(plans: Iterable[Plan], project: Project, options: Options) -> list[Placement]:
    """The support modules that the plans need: one for each folder that imports start from."""
    groups: dict[Path, list[tuple[SourceFile, Plan]]] = {}
    import_root = ImportRoots(project).of
    for plan in plans:
        for file in {**plan.support, **plan.offers}:
            groups.setdefault(import_root(file), []).append((file, plan))
    placements = [_placement(root, members, options) for root, members in sorted(groups.items())]
    words = words_of(project, next(iter(groups.values()))[0][1].inference) if placements else frozenset()
    for placement in placements:
        placement.words |= words
    return _shared(placements)


def _shared(placements: list[Placement]) -> list[Placement]:
    """The placements, where those of one file (run as a script and imported through its package) hold the same."""
    first: dict[Path, Placement] = {}
    for placement in placements:
        one = first.setdefault(placement.path, placement)
        if one is not placement:
            one.used |= placement.used
            one.words |= placement.words
            one.is_async |= placement.is_async
            one.is_sync |= placement.is_sync
            placement.is_written = False
    return placements


def _placement(root: Path, members: list[tuple[SourceFile, Plan]], options: Options) -> Placement:
    folder = _home(root, [file.path for file, _ in members])
    placement = Placement(root, folder, options.support_module)
    placement.used |= {ARCHIVE} if options.load_on_demand else set()
    placement.is_tested = options.support_tests
    path = placement.path
    placement.existing = path.read_bytes() if path.is_file() else None
    held = held_by((placement.existing or b"").decode(errors="replace"))
    placement.used |= held.used
    placement.words = held.words
    placement.is_async, placement.is_sync = held.is_async, held.is_sync
    for file, plan in members:
        for name, paths in plan.support.get(file, {}).items():
            placement.users.setdefault(file, {})[name] = plan.local_name(file, name)
            placement.used |= paths
        placement.used |= plan.offers.get(file, set())
        placement.is_async |= plan.is_async
        placement.is_sync |= plan.is_sync
    return placement


def _home(root: Path, users: Collection[Path]) -> Path:
    """The folder of a module that these files import: theirs, or their package's where only tests and the like stand beside it."""
    folder = Path(os.path.commonpath([path.parent for path in users]))
    if folder != root:
        return folder
    tops = {path: path.relative_to(root).parts[0] for path in users}
    packages = {top for top in tops.values() if top not in _TESTS and (root / top / "__init__.py").is_file()}
    beside = [path for path, top in tops.items() if top not in packages]
    if len(packages) != 1 or any(path.parent == root for path in beside):
        return folder
    return Path(os.path.commonpath([path.parent for path, top in tops.items() if top in packages]))


_TESTS = frozenset({"test", "tests", "testing"})
_SERVED = frozenset({"fastapi", "flask", "django", "starlette", "quart", "celery", "litestar", "sanic"})
_MAIN = re.compile(rb"""^if\s+__name__\s*==\s*["']__main__["']""", re.MULTILINE)


class ImportRoots:
    """The folders that absolute imports of a project's files start from."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def of(self, file: SourceFile) -> Path:
        """The folder that absolute imports of this file start from.

        Its own imports of the project's files tell it, else how the project imports it; without either a program that
        is run as a script starts from its own folder, and a module from the one that holds its package.
        """
        package = file.path.parent
        while (package / "__init__.py").exists() and package.name.isidentifier() and package.parent != package:
            package = package.parent
        own = [root for target, root in _absolute_imports(file, self.project) if target is not file]
        roots = own or self._seen_by_others.get(file, [])
        if roots:
            return min(roots, key=lambda path: len(path.parts))
        return file.path.parent if _is_script(file) else package

    @cached_property
    def _seen_by_others(self) -> dict[SourceFile, list[Path]]:
        """Where the imports of each file by others start from."""
        found: dict[SourceFile, list[Path]] = {}
        for user in self.project.modules:
            for target, root in _absolute_imports(user, self.project, relative=True):
                if target is not user:
                    found.setdefault(target, []).append(root)
        return found


def _absolute_imports(
    file: SourceFile, project: Project, *, relative: bool = False
) -> Iterator[tuple[SourceFile, Path]]:
    """The project's files that a file imports, each with the folder that the import starts from."""
    for scope in file.scopes.own.values():
        for binding in (binding for bindings in scope.names.values() for binding in bindings):
            if binding.how != "import" or (not relative and _is_relative(binding, file)):
                continue
            found = project.resolve(binding.origin, file)
            if found is not None:
                yield found[0], _root_of_import(binding.origin, found[1], found[0])


def _is_relative(binding: Binding, file: SourceFile) -> bool:
    nodes = (binding.node, file.scopes.parent_of.get(binding.node)) if binding.node is not None else ()
    return any(isinstance(node, cst.ImportFrom) and bool(node.relative) for node in nodes)


def _has_relative_imports(file: SourceFile) -> bool:
    """Whether a module names its neighbours relative to itself."""
    bindings = (binding for found in file.scopes.root.names.values() for binding in found)
    return any(binding.how == "import" and _is_relative(binding, file) for binding in bindings)


def _is_script(file: SourceFile) -> bool:
    """Whether a file is a program of its own that no server loads."""
    scope = file.scopes.root
    imported = {binding.origin.partition(".")[0] for found in scope.names.values() for binding in found}
    return (
        not _has_relative_imports(file)
        and not imported & _SERVED
        and (bool(_MAIN.search(file.data)) or _acts_at_once(file))
    )


def _acts_at_once(file: SourceFile) -> bool:
    """Whether importing the module prints, loops, streams or calls the API, as only a program does."""
    assert file.tree is not None
    for line in file.tree.body:
        loops = isinstance(line, (cst.While, cst.With)) or (
            isinstance(line, cst.If) and any(isinstance(inner, (cst.For, cst.While)) for inner in line.body.body)
        )
        if loops:
            return True
        smalls = line.body if isinstance(line, cst.SimpleStatementLine) else ()
        if any(
            isinstance(node, cst.Attribute) and node.attr.value == "beta"
            for part in smalls
            for node in descendants(part)
        ):
            return True
        calls = [small.value for small in smalls if isinstance(small, cst.Expr)]
        if any(isinstance(call, cst.Call) and dotted(call.func) == "print" for call in calls):
            return True
    return False


def _root_of_import(origin: str, rest: str, file: SourceFile) -> Path:
    module = origin.removesuffix(f".{rest}") if rest else origin
    depth = len(module.split("."))
    folder = file.path if file.path.name != "__init__.py" else file.path.parent
    for _ in range(depth):
        folder = folder.parent
    return folder
