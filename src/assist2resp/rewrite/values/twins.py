"""Functions that are defined again under their name, word for word, as cells of a notebook repeat what they need."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.syntax.nodes import code
from assist2resp.rewrite.syntax.scopes import Binding, Scope
from assist2resp.rewrite.values.decorators import is_overload


class Twins:
    """Which functions of one project are defined several times; each text is looked at once."""

    def __init__(self) -> None:
        self._texts: dict[tuple[Scope, str], dict[cst.CSTNode, str]] = {}

    def of(self, function: cst.FunctionDef, scope: Scope | None) -> list[cst.FunctionDef]:
        """The other definitions of a function in its scope that say the same."""
        name = function.name.value
        if scope is None or len(scope.names.get(name, ())) < 2:
            return []
        texts = self._of_name(scope, name)
        same = texts.get(function, "")
        return [
            other
            for other, text in texts.items()
            if same and other is not function and text == same and isinstance(other, cst.FunctionDef)
        ]

    def without(self, scope: Scope, name: str) -> list[Binding]:
        """The bindings of a name without those that define a function once more."""
        bindings = scope.names[name]
        if len(bindings) < 2:
            return bindings
        texts, found, seen = self._of_name(scope, name), list[Binding](), set[str]()
        for binding in bindings:
            text = texts.get(binding.node, "") if binding.node is not None else ""
            if not text or text not in seen:
                found.append(binding)
            seen.add(text)
        return found

    def _of_name(self, scope: Scope, name: str) -> dict[cst.CSTNode, str]:
        if (scope, name) not in self._texts:
            defined = [b.node for b in scope.names[name] if b.how == "def" and isinstance(b.node, cst.FunctionDef)]
            defined = [node for node in defined if not node.decorators and not is_overload(node)]
            self._texts[scope, name] = {node: _text(node) for node in defined} if len(defined) > 1 else {}
        return self._texts[scope, name]


def _text(function: cst.FunctionDef) -> str:
    return code(function.with_changes(leading_lines=())).strip()
