"""Whether an object only ends before somebody's eyes: printed, logged or dumped for that, whole, here or in a function.

What is shown of a response in place of a run, or of its items in place of calls, is a response and its items.
"""

from __future__ import annotations

from collections.abc import Collection

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
_PASSES = frozenset({"json.loads", "json.dumps", "builtins.str", "builtins.repr", "pprint.pformat", "builtins.vars"})


def is_displayed(
    node: cst.CSTNode, file: SourceFile, inference: Inference, by: Collection[str] = _SHOWS, depth: int = 3
) -> bool:
    """Whether a value goes nowhere but into what is shown, by functions of these names in the end."""
    parent = file.scopes.parent_of.get(node)
    if isinstance(parent, cst.FormattedStringExpression):
        return is_displayed(file.scopes.parent_of[parent], file, inference, by, depth)
    if isinstance(parent, cst.BinaryOperation) and isinstance(parent.operator, (cst.Add, cst.Modulo)):
        return is_displayed(parent, file, inference, by, depth)
    if isinstance(parent, cst.Attribute) and parent.attr.value in _DUMPS:
        call = file.scopes.parent_of[parent]
        dumped = isinstance(call, cst.Call) and call.func is parent
        return dumped and _ends(call, file, inference, by, depth)
    around = file.scopes.parent_of[parent] if isinstance(parent, cst.Arg) and not parent.star else None
    if not isinstance(parent, cst.Arg) or not isinstance(around, cst.Call):
        return False
    return _is_shown_by(around, parent, file, inference, by, depth)


def _ends(node: cst.CSTNode, file: SourceFile, inference: Inference, by: Collection[str], depth: int) -> bool:
    """Whether a dump is shown, or nothing is done with it: a cell of a notebook shows its last value."""
    alone = isinstance(file.scopes.parent_of.get(node), cst.Expr) and "print" in by
    return alone or is_displayed(node, file, inference, by, depth)


def _is_shown_by(
    call: cst.Call, arg: cst.Arg, file: SourceFile, inference: Inference, by: Collection[str], depth: int
) -> bool:
    callee = inference.kind(call.func, file)
    if isinstance(callee, Function):
        param = parameter_of(callee, call, arg)
        return param is not None and depth > 0 and _shows(callee, param, inference, by, depth - 1)
    if isinstance(callee, External) and callee.qualified in _PASSES:
        return _ends(call, file, inference, by, depth)
    receiver, _, word = (dotted(call.func) or "").rpartition(".")
    known = "log" in receiver.lower() if word in LOGS else not receiver or receiver.lower() in _PRINTERS
    return word in by and known


def _shows(function: Function, param: cst.Param, inference: Inference, by: Collection[str], depth: int) -> bool:
    """Whether a function of the project does nothing with a parameter but show it."""
    if not isinstance(function.node, cst.FunctionDef):
        return False
    variable = (function.file.scopes.own[function.node], param.name.value)
    reads = list(uses.reads_of(variable, function.file))
    once = len(variable[0].names[variable[1]]) == 1
    return once and bool(reads) and all(is_displayed(read, function.file, inference, by, depth) for read in reads)
