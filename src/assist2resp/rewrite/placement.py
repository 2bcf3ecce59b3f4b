"""Where the support module goes in the user's tree, and how each file imports it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from assist2resp.rewrite.outcome import FileChange, Options
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project import Project, SourceFile
from assist2resp.rewrite.support.shake import support_source


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
    is_async: bool = False
    is_sync: bool = False

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.py"

    def import_for(self, file: SourceFile) -> tuple[str, list[tuple[str, str]]] | None:
        """The module to import from, and pairs of name and local name, for a file that uses it."""
        if file not in self.users:
            return None
        parts = [*self.folder.relative_to(self.root).parts, self.name]
        return ".".join(parts), list(self.users[file].items())

    def change(self) -> FileChange | None:
        """The file to write, unless it is there as it should be."""
        after = support_source(self.used, is_async=self.is_async, is_sync=self.is_sync).encode()
        return None if after == self.existing else FileChange(self.path, self.existing, after)


def place_support(plans: Iterable[Plan], project: Project, options: Options) -> list[Placement]:
    """The support modules that the plans need: one for each folder that imports start from."""
    groups: dict[Path, list[tuple[SourceFile, Plan]]] = {}
    for plan in plans:
        for file in {**plan.support, **plan.offers}:
            groups.setdefault(import_root(file, project), []).append((file, plan))
    return [_placement(root, members, options) for root, members in sorted(groups.items())]


def _placement(root: Path, members: list[tuple[SourceFile, Plan]], options: Options) -> Placement:
    folder = Path(os.path.commonpath([file.path.parent for file, _ in members]))
    placement = Placement(root, folder, options.support_module)
    path = placement.path
    placement.existing = path.read_bytes() if path.is_file() else None
    for file, plan in members:
        for name, paths in plan.support.get(file, {}).items():
            placement.users.setdefault(file, {})[name] = plan.local_name(file, name)
            placement.used |= paths
        placement.used |= plan.offers.get(file, set())
        placement.is_async |= plan.is_async
        placement.is_sync |= not plan.is_async
    return placement


def import_root(file: SourceFile, project: Project) -> Path:
    """The folder that absolute imports of this file start from, judged by how the project imports it."""
    folder = file.path.parent
    while (folder / "__init__.py").exists() and folder.name.isidentifier() and folder.parent != folder:
        folder = folder.parent
    best = folder
    for user in project.modules:
        if user is file:
            continue
        for binding_list in user.scopes.root.names.values():
            for binding in binding_list:
                if binding.how == "import":
                    found = project.resolve(binding.origin, user)
                    if found is not None and found[0] is file:
                        best = min(best, _root_of_import(binding.origin, found[1], file), key=lambda p: len(p.parts))
    return best


def _root_of_import(origin: str, rest: str, file: SourceFile) -> Path:
    module = origin.removesuffix(f".{rest}") if rest else origin
    depth = len(module.split("."))
    folder = file.path if file.path.name != "__init__.py" else file.path.parent
    for _ in range(depth):
        folder = folder.parent
    return folder
