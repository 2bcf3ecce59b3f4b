"""One step from an expression that holds listed messages to those that hold them next."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import is_displayed
from assist2resp.rewrite.messages.dumped import dump_around
from assist2resp.rewrite.messages.names import MessageNames
from assist2resp.rewrite.messages.shapes import (
    ATTRIBUTES,
    COLLECTED,
    ELEMENTS,
    ENDS,
    LISTS,
    Found,
    LeftError,
    Shape,
    is_reversed_in_place,
    is_text_test,
)
from assist2resp.rewrite.syntax.nodes import is_none, key_of, string_value
from assist2resp.rewrite.values.handing import parameter_of
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import External, Function


def next_of(
    found: Found, names: MessageNames, inference: Inference, allowed: Collection[cst.CSTNode] = ()
) -> Iterator[Found]:
    """The expressions that hold next what `found` holds, or a part of it; raises LeftError where it is lost.

    Attributes that are `allowed` may be read beside those that items have.
    """
    if is_displayed(found.node, found.file, inference, dumps=found.shape is not Shape.TEXT and not found.is_dumped):
        return
    dump = dump_around(found.node, found.file) if not found.is_dumped else None
    if dump is not None:
        yield replace(found, node=dump, is_dumped=True)
        return
    parent = found.file.scopes.parent_of[found.node]
    match parent:
        case cst.Expr():
            return
        case cst.Attribute():
            if parent not in allowed:
                yield from _read(found, parent, parent.attr.value if not found.is_dumped else "")
        case cst.Subscript() if parent.value is found.node and found.is_dumped and (key := key_of(parent)) is not None:
            yield from _read(found, parent, key)
        case cst.Subscript() if parent.value is found.node:
            yield _subscript(found, parent)
        case cst.Assign():
            for target in parent.targets:
                yield from names.bind(found, target.target, found.shape)
        case cst.NamedExpr():
            yield from names.bind(found, parent.target, found.shape)
            yield found.at(parent, found.shape)
        case cst.For() | cst.CompFor() if parent.iter is found.node:
            yield from names.bind(found, parent.target, found.element)
        case cst.ListComp() | cst.GeneratorExp() if parent.elt is found.node and found.shape in COLLECTED:
            yield found.at(parent, COLLECTED[found.shape])
        case cst.Arg():
            yield from _argument(found, parent, names, inference)
        case cst.Return():
            yield from _returned(found, inference)
        case cst.IfExp() if parent.test is not found.node:
            other = parent.orelse if parent.body is found.node else parent.body
            if not is_none(other):
                raise LeftError
            yield found.at(parent, found.shape)
        case _:
            _ask(found)


def _ask(found: Found) -> None:
    """Only the truth of a value is asked; a page was always true, the list that takes its place is not."""
    none = uses.none_comparison(found.node, found.file) is not None
    if not none and (found.shape is Shape.PAGE or not uses.is_truth_test(found.node, found.file)):
        raise LeftError


def _read(found: Found, parent: cst.Attribute | cst.Subscript, word: str) -> Iterator[Found]:
    """What an attribute holds, or what a dictionary holds under a key."""
    step = (found.shape, word)
    outer = found.file.scopes.parent_of[parent]
    if isinstance(outer, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del)):
        raise LeftError
    if step in ATTRIBUTES:
        yield found.at(parent, ATTRIBUTES[step])
    elif step == (Shape.MESSAGES, "reverse"):
        if not (isinstance(parent, cst.Attribute) and is_reversed_in_place(parent, found.file)):
            raise LeftError
    elif step == (Shape.PART, "type"):
        if not is_text_test(parent, found.file):
            raise LeftError
    elif step not in ENDS:
        raise LeftError


def _subscript(found: Found, parent: cst.Subscript) -> Found:
    if found.shape is Shape.PAGE or found.shape not in ELEMENTS or len(parent.slice) != 1 or key_of(parent) is not None:
        raise LeftError
    if isinstance(found.file.scopes.parent_of[parent], (cst.AssignTarget, cst.Del)):
        raise LeftError
    sliced = isinstance(parent.slice[0].slice, cst.Slice)
    return found.at(parent, found.shape if sliced else ELEMENTS[found.shape])


def _argument(found: Found, arg: cst.Arg, names: MessageNames, inference: Inference) -> Iterator[Found]:
    call = found.file.scopes.parent_of[arg]
    if not isinstance(call, cst.Call) or arg.star:
        raise LeftError
    if isinstance(call.func, cst.Attribute) and call.func.attr.value == "append" and len(call.args) == 1:
        return names.collect(found, call)
    callee = inference.kind(call.func, found.file)
    if isinstance(callee, External):
        return _builtin(found, call, arg, callee.qualified, names)
    param = parameter_of(callee, call, arg) if isinstance(callee, Function) else None
    if not isinstance(callee, Function) or param is None or param.annotation is not None:
        raise LeftError
    return names.give(found, param, callee)


def _builtin(found: Found, call: cst.Call, arg: cst.Arg, name: str, names: MessageNames) -> Iterator[Found]:
    first = call.args[0] is arg
    if name in {"builtins.list", "builtins.reversed"} and len(call.args) == 1 and found.shape in LISTS:
        if found.shape is Shape.PAGE and (name == "builtins.reversed" or found.is_dumped):
            raise LeftError
        yield found.at(call, LISTS[found.shape])
    elif name == "builtins.len" and found.shape in LISTS and found.shape is not Shape.PAGE:
        return
    elif name == "builtins.next" and first and isinstance(found.node, cst.GeneratorExp):
        if len(call.args) > 1 and not is_none(call.args[1].value):
            raise LeftError
        yield found.at(call, ELEMENTS[found.shape])
    elif name == "builtins.enumerate" and first and found.shape in ELEMENTS:
        yield from _enumerated(found, call, names)
    elif name == "builtins.hasattr" and found.shape is Shape.PART and len(call.args) == 2:
        if string_value(call.args[1].value) != "text":
            raise LeftError
    else:
        raise LeftError


def _enumerated(found: Found, call: cst.Call, names: MessageNames) -> Iterator[Found]:
    loop = found.file.scopes.parent_of[call]
    if not (isinstance(loop, (cst.For, cst.CompFor)) and loop.iter is call and isinstance(loop.target, cst.Tuple)):
        raise LeftError
    return names.bind(found, loop.target.elements[-1].value, found.element)


def _returned(found: Found, inference: Inference) -> Iterator[Found]:
    """The callers of a function of the project get what it returns, if it returns nothing else."""
    scope = found.file.scopes.scope_of[found.node]
    function = scope.enclosing_function()
    calls = list(inference.calls_of(function)) if function is not None else []
    if function is None or not calls or function.returns is not None or function.decorators:
        raise LeftError
    if function in found.file.scopes.yields or any(
        value is not None and value is not found.node and not is_none(value)
        for value in found.file.scopes.returns[function]
    ):
        raise LeftError
    for file, call, _ in calls:
        outer = file.scopes.parent_of[call]
        waits = function.asynchronous is not None
        if waits is not isinstance(outer, cst.Await):
            raise LeftError
        yield found.at(outer if waits else call, found.shape, file)
