"""What stands for a holder wherever it is named: a variable, an attribute, a part of what a framework keeps."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.framework_state import (
    bot_place,
    command_place,
    shared_place,
)
from assist2resp.rewrite.values.kinds import (
    UNKNOWN,
    Class,
    External,
    Instance,
    Module,
    Plain,
    Unknown,
)

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


MEMORY_SESSIONS = frozenset({"streamlit.session_state", "chainlit.user_session", "flask.g", "quart.g"})
_SESSIONS = MEMORY_SESSIONS | {"flask.session", "quart.session", "flask.current_app", "quart.current_app"}
"""What frameworks keep for the program by key or by attribute."""
FRAMEWORKS = frozenset(name.partition(".")[0] for name in _SESSIONS)


class Places:
    """The places of one project's holders."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._places: dict[cst.BaseExpression, Hashable | None] = {}

    def of(self, holder: cst.BaseExpression, file: SourceFile) -> Hashable | None:
        """What stands for a holder wherever it is named; None if nothing certain does."""
        if holder in self._places:
            return self._places[holder]
        place = self._place(holder, file)
        if self.inference.memo.is_idle:
            self._places[holder] = place
        return place

    def _place(self, holder: cst.BaseExpression, file: SourceFile) -> Hashable | None:
        if isinstance(holder, cst.Name):
            home = self.home(holder, file)
            kind = self.inference.variable(home) if home is not None else UNKNOWN
            if home is None or isinstance(kind, (Instance, Class, Module)):
                return None
            shared = command_place(holder, file) or bot_place(kind)
            if shared is not None:
                return shared
            origin = _outside(home)
            return home if origin is None else origin if origin in _SESSIONS else None
        if not isinstance(holder, cst.Attribute):
            return None
        owner = self.inference.kind(holder.value, file)
        if isinstance(owner, (Instance, Class)):
            return ("attribute", self.inference.families.origin(owner), holder.attr.value)
        if isinstance(owner, Module):
            return (owner.file.scopes.root, holder.attr.value)
        shared = shared_place(holder, owner)
        if shared is not None:
            return shared
        if isinstance(owner, External) and "()" not in owner.qualified:
            qualified = f"{owner.qualified}.{holder.attr.value}"
            return qualified if qualified in _SESSIONS else None
        below = self.of(holder.value, file) if isinstance(owner, (External, Unknown, Plain)) else None
        return ("part", below, holder.attr.value) if below is not None else None

    def home(self, node: cst.BaseExpression, file: SourceFile) -> Variable | None:
        """The variable that a name, or a name in an imported module, stands for, across imports."""
        if isinstance(node, cst.Attribute):
            owner = self.inference.kind(node.value, file)
            if isinstance(owner, Module) and node.attr.value in owner.file.scopes.root.names:
                return self._followed((owner.file.scopes.root, node.attr.value))
            return None
        scope = file.scopes.scope_of.get(node) if isinstance(node, cst.Name) else None
        if scope is None or not isinstance(node, cst.Name):
            return None
        variable = scope.find(node.value)
        return self._followed(variable) if variable is not None else None

    def _followed(self, variable: Variable) -> Variable:
        seen = set()
        while variable not in seen:
            seen.add(variable)
            bindings = variable[0].names.get(variable[1], [])
            if len(bindings) != 1 or bindings[0].how != "import":
                break
            found = self.inference.project.resolve(bindings[0].origin, self.inference.file_of(variable[0]))
            if found is None or found[0].tree is None or found[1] not in found[0].scopes.root.names:
                break
            variable = (found[0].scopes.root, found[1])
        return variable

    def name(self, holder: cst.BaseExpression, file: SourceFile) -> str:
        """The last word of a holder's name, an alias of an import undone: what all its spellings have in common."""
        if isinstance(holder, cst.Attribute):
            return holder.attr.value
        if not isinstance(holder, cst.Name):
            return ""
        scope = file.scopes.scope_of.get(holder)
        variable = scope.find(holder.value) if scope is not None else None
        bindings = variable[0].names.get(variable[1], []) if variable is not None else []
        if len(bindings) == 1 and bindings[0].how == "import":
            return bindings[0].origin.rsplit(".", 1)[-1]
        return holder.value


def _outside(home: Variable) -> str | None:
    """The dotted name of what an import brings from outside the project."""
    bindings = home[0].names.get(home[1], [])
    return bindings[0].origin if len(bindings) == 1 and bindings[0].how == "import" else None
