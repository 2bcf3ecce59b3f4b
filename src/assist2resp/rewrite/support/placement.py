"""Where the support module goes in the user's tree, and how each file imports it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assist2resp.rewrite.configurations.archived import OTHER_REGISTRY, REGISTRY, is_registry, registry_of
from assist2resp.rewrite.outcome import FileChange, Options
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.import_roots import ImportRoots, has_relative_imports, is_script
from assist2resp.rewrite.project.project import Project, SourceFile
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
    registry: str = REGISTRY
    """The file beside it that it keeps assistants in."""
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
        if not above or self.root / above[0] not in file.path.parents or not has_relative_imports(file):
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

    @property
    def may_be_loaded(self) -> bool:
        """Whether some file that uses it is no program of its own, so that imports may start above its folder."""
        return not all(is_script(file) for file in self.users)

    def hold(self, other: Placement) -> None:
        """Hold what another one does, too."""
        self.used |= other.used
        self.words |= other.words
        self.is_async |= other.is_async
        self.is_sync |= other.is_sync

    def changes(self) -> Iterator[FileChange]:
        """The files to write, unless they are there as they should be; tests that are there are the user's."""
        if not self.is_written:
            return
        words = f"[{','.join(sorted(self.words))}]"
        used = {use if use in FUNCTIONS else use + words for use in self.used}
        after = support_source(used, is_async=self.is_async, is_sync=self.is_sync, registry=self.registry).encode()
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
    """The placements, where those of one file (run as a script and imported through its package) hold the same.

    One in a folder above also holds what one of the same name below does, whose files a server may load from there.
    """
    first: dict[Path, Placement] = {}
    for placement in placements:
        one = first.setdefault(placement.path, placement)
        if one is not placement:
            one.hold(placement)
            placement.is_written = False
    in_folder: dict[Path, list[Placement]] = {}
    for placement in placements:
        in_folder.setdefault(placement.folder, []).append(placement)
    for below in placements:
        for above in (one for folder in below.folder.parents for one in in_folder.get(folder, ())):
            if above.module == below.module and below.may_be_loaded:
                above.hold(below)
    return placements


def _placement(root: Path, members: list[tuple[SourceFile, Plan]], options: Options) -> Placement:
    folder = _home(root, [file.path for file, _ in members])
    placement = Placement(root, folder, options.support_module)
    placement.used |= {ARCHIVE} if options.load_on_demand else set()
    placement.is_tested = options.support_tests
    path = placement.path
    placement.existing = path.read_bytes() if path.is_file() else None
    placement.registry = registry_of(placement.existing or b"") or _free_registry(folder, members)
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


def _free_registry(folder: Path, members: list[tuple[SourceFile, Plan]]) -> str:
    """A file's name that the program does not use for something else."""
    path = folder / REGISTRY
    project = members[0][1].inference.project
    is_named = project.says(_REGISTRY)
    return OTHER_REGISTRY if is_named or (path.is_file() and not is_registry(path.read_bytes())) else REGISTRY


_REGISTRY = re.compile(re.escape(REGISTRY.encode()))


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
