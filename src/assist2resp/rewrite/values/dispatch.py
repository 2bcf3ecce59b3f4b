"""Calls of the project's functions that a dictionary chooses from: `COMMANDS[name](client)`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import code
from assist2resp.rewrite.values.kinds import Function

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


class Dispatch:
    """The tables of functions of one project, and their calls."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self._looks: dict[SourceFile, Lookup] = {}

    @cached_property
    def calls(self) -> dict[cst.CSTNode, list[tuple[SourceFile, cst.Call]]]:
        """The calls that may run a function because a table has it, by function."""
        found: dict[cst.CSTNode, list[tuple[SourceFile, cst.Call]]] = {}
        for file in self.inference.project.modules:
            for call in file.scopes.calls:
                for function in self.functions(call, file):
                    found.setdefault(function.node, []).append((file, call))
        return found

    def functions(self, call: cst.Call, file: SourceFile) -> tuple[Function, ...]:
        """What a call chooses from; nothing where it is no choice, or not among functions of the project alone."""
        if file not in self._looks:
            self._looks[file] = Lookup(file.scopes)
        look = self._looks[file]
        func: cst.CSTNode | None = call.func
        if type(func) is cst.Attribute:
            return ()
        if isinstance(func, cst.Name):
            binding = look.binding(func)
            func = binding.node if binding is not None and binding.how == "value" else None
        match func:
            case cst.Subscript():
                table, others = func.value, []
            case cst.Call(func=cst.Attribute(attr=cst.Name(value="get")) as getter):
                table, others = getter.value, [arg.value for arg in func.args[1:] if code(arg.value) != "None"]
            case _:
                return ()
        table = (look.value(table) or table) if isinstance(table, cst.Name) else table
        if not isinstance(table, cst.Dict):
            return ()
        values = [element.value for element in table.elements if isinstance(element, cst.DictElement)]
        kinds = [self.inference.kind(value, file) for value in (*values, *others)]
        found = tuple(kind for kind in kinds if isinstance(kind, Function))
        return found if len(found) == len(table.elements) + len(others) else ()
