"""Whether an object only ends before somebody's eyes: printed, logged or dumped for that, whole, here or in a function.

What is shown of a response in place of a run, or of its items in place of calls, is a response and its items.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import dotted
from assist2resp.rewrite.values.handing import parameter_of
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import External, Function

_DUMPS = frozenset({"model_dump", "model_dump_json", "to_dict", "to_json", "dict", "json"})
LOGS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
_SHOWS = LOGS | {"print", "pprint", "display"}
_PRINTERS = frozenset({"console", "rich", "builtins", "pprint", "self.console"})
_PASSES = frozenset({"builtins.str", "builtins.repr", "pprint.pformat", "builtins.type"})
_OPENS = frozenset({"builtins.vars", "json.loads", "json.dumps"})


def is_displayed(
    node: cst.CSTNode, file: SourceFile, inference: Inference, by: Collection[str] = _SHOWS, *, dumps: bool = True
) -> bool:
    """Whether a value goes nowhere but into what is shown, by functions of these names in the end.

    Unless `dumps`, it may not be dumped for that, since what takes its place is a list.
    """
    return _Displays(inference, by, dumps).shows(node, file)


@dataclass(frozen=True)
class _Displays:
    """The ways into what is shown that one question allows."""

    inference: Inference
    by: Collection[str]
    dumps: bool

    def shows(self, node: cst.CSTNode, file: SourceFile, depth: int = 3) -> bool:
        parent = file.scopes.parent_of.get(node)
        if isinstance(parent, cst.FormattedStringExpression):
            return self.shows(file.scopes.parent_of[parent], file, depth)
        if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, (cst.Add, cst.Modulo)):
            return self.shows(parent, file, depth)
        if isinstance(parent, cst.Attribute) and parent.attr.value in _DUMPS:
            call = file.scopes.parent_of[parent]
            dumped = self.dumps and isinstance(call, cst.Call) and call.func is parent
            return dumped and self._ends(call, file, depth)
        around = file.scopes.parent_of[parent] if isinstance(parent, cst.Arg) and not parent.star else None
        if not isinstance(parent, cst.Arg) or not isinstance(around, cst.Call):
            return False
        return self._is_shown_by(around, parent, file, depth)

    def _ends(self, node: cst.CSTNode, file: SourceFile, depth: int) -> bool:
        """Whether a dump is shown, or nothing is done with it: a cell of a notebook shows its last value."""
        alone = isinstance(file.scopes.parent_of.get(node), cst.Expr) and "print" in self.by
        return alone or self.shows(node, file, depth)

    def _is_shown_by(self, call: cst.Call, arg: cst.Arg, file: SourceFile, depth: int) -> bool:
        callee = self.inference.kind(call.func, file)
        if isinstance(callee, Function):
            param = parameter_of(callee, call, arg)
            return param is not None and depth > 0 and self._ends_in(callee, param, depth - 1)
        if isinstance(callee, External) and callee.qualified in (_PASSES | _OPENS if self.dumps else _PASSES):
            return self._ends(call, file, depth)
        receiver, _, word = (dotted(call.func) or "").rpartition(".")
        known = "log" in receiver.lower() if word in LOGS else not receiver or receiver.lower() in _PRINTERS
        return word in self.by and known

    def _ends_in(self, function: Function, param: cst.Param, depth: int) -> bool:
        """Whether a function of the project does nothing with a parameter but show it."""
        if not isinstance(function.node, cst.FunctionDef):
            return False
        variable = (function.file.scopes.own[function.node], param.name.value)
        reads = list(uses.reads_of(variable, function.file))
        once = len(variable[0].names[variable[1]]) == 1
        return once and bool(reads) and all(self.shows(read, function.file, depth) for read in reads)
