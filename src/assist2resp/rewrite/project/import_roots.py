"""Where the absolute imports of a project's files start from, and which files are programs of their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import libcst as cst

from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.syntax.nodes import descendants, dotted
from assist2resp.rewrite.syntax.scopes import Binding

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
        for roots in (own, self._seen_by_others.get(file, [])):
            named = [root for root in roots if _can_be_named(file, root)]
            if named:
                return min(named, key=lambda path: len(path.parts))
        return file.path.parent if is_script(file) else package

    @cached_property
    def _seen_by_others(self) -> dict[SourceFile, list[Path]]:
        """Where the imports of each file by others start from."""
        found: dict[SourceFile, list[Path]] = {}
        for user in self.project.modules:
            for target, root in _absolute_imports(user, self.project, relative=True):
                if target is not user:
                    found.setdefault(target, []).append(root)
        return found


def _can_be_named(file: SourceFile, root: Path) -> bool:
    """Whether a module's dotted name from a folder is one: a folder called `2-demo` between them cannot be imported."""
    between = file.path.parent.relative_to(root).parts if root in file.path.parents else ()
    return all(part.isidentifier() for part in between)


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


def has_relative_imports(file: SourceFile) -> bool:
    """Whether a module names its neighbours relative to itself."""
    bindings = (binding for found in file.scopes.root.names.values() for binding in found)
    return any(binding.how == "import" and _is_relative(binding, file) for binding in bindings)


def is_script(file: SourceFile) -> bool:
    """Whether a file is a program of its own that no server loads."""
    scope = file.scopes.root
    imported = {binding.origin.partition(".")[0] for found in scope.names.values() for binding in found}
    return (
        not has_relative_imports(file)
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
