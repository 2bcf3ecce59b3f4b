"""Functions that the project hands to one of its own, which calls them: `recover(error, show_menu, [client])`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import code
from assist2resp.rewrite.syntax.scopes import all_params
from assist2resp.rewrite.values.kinds import Function

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


def values_given(
    inference: Inference, file: SourceFile, call: cst.Call, handed: cst.Arg
) -> tuple[cst.BaseExpression, ...] | None:
    """The expressions at `call` that the function which `handed` holds is called with; None where that is not seen."""
    callee = inference.kind(call.func, file)
    if not isinstance(callee, Function) or not isinstance(callee.node, cst.FunctionDef):
        return None
    param = parameter_of(callee, call, handed)
    inner = _call_of(param, callee) if param is not None else None
    if inner is None:
        return None
    given = {
        found.name.value: arg.value
        for arg in call.args
        if not arg.star and (found := parameter_of(callee, call, arg)) is not None
    }
    values: list[cst.BaseExpression] = []
    for arg in inner.args:
        value = given.get(arg.value.value) if isinstance(arg.value, cst.Name) else None
        if arg.keyword is not None or (value is None and not arg.star) or arg.star == "**":
            return None
        if arg.star and value is not None:
            if not isinstance(value, (cst.List, cst.Tuple)):
                return None
            values += [element.value for element in value.elements]
        elif value is not None:
            values.append(value)
    return tuple(values)


def _call_of(param: cst.Param, callee: Function) -> cst.Call | None:
    """The call of a parameter in its function, if there is one, or only ones with the same arguments."""
    scopes = callee.file.scopes
    own = scopes.own[callee.node]
    found = [
        call
        for call in scopes.calls
        if isinstance(call.func, cst.Name)
        and call.func.value == param.name.value
        and scopes.scope_of[call.func].find(param.name.value) == (own, param.name.value)
    ]
    ways = {code(call) for call in found}
    return found[0] if len(ways) == 1 else None


def parameter_of(callee: Function, call: cst.Call, arg: cst.Arg) -> cst.Param | None:
    """The parameter of a function of the project that an argument of a call goes to."""
    if not isinstance(callee.node, cst.FunctionDef):
        return None
    params = callee.node.params
    if arg.keyword is not None:
        return next((param for param in all_params(params) if param.name.value == arg.keyword.value), None)
    position = [other for other in call.args if other.keyword is None].index(arg)
    ordered = [*params.posonly_params, *params.params][1 if callee.owner is not None else 0 :]
    return ordered[position] if position < len(ordered) else None
