"""Functions that are defined again under their name, word for word, as cells of a notebook repeat what they need."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.syntax.nodes import code
from assist2resp.rewrite.syntax.scopes import Binding, Scope


def twins(function: cst.FunctionDef, scope: Scope | None) -> Iterator[cst.FunctionDef]:
    """The other definitions of a function in its scope that say the same."""
    for binding in scope.names.get(function.name.value, ()) if scope is not None else ():
        other = binding.node if binding.how == "def" else None
        if isinstance(other, cst.FunctionDef) and other is not function and _text(other) == _text(function):
            yield other


def without_twins(bindings: list[Binding]) -> list[Binding]:
    """Bindings without those that define a function once more."""
    if len(bindings) == 1:
        return bindings
    found, texts = [], set[str]()
    for binding in bindings:
        text = _text(binding.node) if isinstance(binding.node, cst.FunctionDef) and binding.how == "def" else ""
        if not text or text not in texts:
            found.append(binding)
        texts.add(text)
    return found


def _text(function: cst.FunctionDef) -> str:
    return code(function.with_changes(leading_lines=())).strip()
