"""What imports bring: names of other modules of the project, openai's own, and what is outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.scopes import Scope, Variable
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.kinds import BOTTOM, UNKNOWN, External, Kind, Module
from assist2resp.rewrite.values.places import FRAMEWORKS
from assist2resp.rewrite.values.sdk_kinds import as_openai, imported_name

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


class Imports:
    """The imports of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def gives(self, origin: str, file: SourceFile) -> Kind:
        """What an import of a dotted name gives in a file."""
        origin = as_openai(origin) if self.inference.project.resolve(origin, file) is None else origin
        if origin.partition(".")[0] == "openai" and not self._is_own_openai(origin, file):
            return imported_name(origin)
        found = self.inference.project.resolve(origin, file)
        if found is None:
            return External(origin)
        target, rest = found
        if not self.inference.is_followed(target):
            return External(origin) if origin.partition(".")[0] in FRAMEWORKS else UNKNOWN
        kind: Kind = Module(target)
        for part in rest.split(".") if rest else ():
            kind = self.inference.attribute(kind, part)
        return kind

    def _is_own_openai(self, origin: str, file: SourceFile) -> bool:
        """Whether `openai` is a module of the project that defines what is asked for, and not only one of that name."""
        found = self.inference.project.resolve(origin, file)
        if found is None or found[0] is file or (found[0].path.parent in file.path.parents and found[0].is_package):
            return False
        if self._stands_in_package(found[0]):
            return False
        name = found[1].partition(".")[0]
        if not name or not self.inference.is_followed(found[0]):
            return True
        bindings = found[0].scopes.root.names.get(name, [])
        return not bindings or any(binding.how != "import" for binding in bindings)

    def _stands_in_package(self, file: SourceFile) -> bool:
        """Whether a module can only be imported as part of a package."""
        home = file.path.parent.parent if file.is_package else file.path.parent
        return home not in self.inference.project.roots and home / "__init__.py" in self.inference.project.files

    def module_attribute(self, owner: Module, name: str) -> Kind:
        """What a module of the project has under a name."""
        root = owner.file.scopes.root
        if name in root.names:
            return self.inference.variable((root, name))
        written = self.inference.members.module_attribute(root, name)
        star = self.star(root, name, frozenset())
        if star is not None:
            return star
        found = self.inference.project.resolve(f"{owner.file.module_name}.{name}", owner.file)
        if found is not None and not found[1] and self.inference.is_followed(found[0]):
            return Module(found[0])
        return UNKNOWN if written == BOTTOM else written

    def star(self, root: Scope, name: str, seen: frozenset[Scope]) -> Kind | None:
        """What `from module import *` brings under a name."""
        variable = self.star_variable(root, name, seen)
        if variable is not None:
            return self.inference.variable(variable)
        for binding in root.names.get("*", ()):
            qualified = f"{binding.origin}.{name}"
            if binding.origin == "openai" and sdk.client_class(qualified) is not None:
                return External(qualified)
        return None

    def defined(self, root: Scope, name: str) -> Variable | None:
        """The variable that a module has under a name, of its own or of another that it imports all of."""
        return (root, name) if name in root.names else self.star_variable(root, name)

    def star_variable(self, root: Scope, name: str, seen: frozenset[Scope] = frozenset()) -> Variable | None:
        """The variable of another module that `from module import *` brings under a name."""
        for binding in root.names.get("*", ()):
            found = self.inference.project.resolve(binding.origin, self.inference.file_of(root))
            if found is None or found[1] or not self.inference.is_followed(found[0]) or found[0].scopes.root in seen:
                continue
            inner = found[0].scopes.root
            if name in inner.names:
                return inner, name
            through = self.star_variable(inner, name, seen | {root})
            if through is not None:
                return through
        return None
