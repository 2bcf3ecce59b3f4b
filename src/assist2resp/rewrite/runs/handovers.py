"""Tool outputs that another function submits than the one that creates the run.

A run keeps its id whatever happens to it; a response is followed by another one. So every holder of the run must take
the new one, and the run's settings must be known where the outputs are sent, since a response has to be told them again.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.reaching import is_read_again
from assist2resp.rewrite.flows.run_sites import assigned_name, can_be_repeated, is_run
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, code, descendants, is_none, unwrap_await
from assist2resp.rewrite.syntax.scopes import Scope, Variable
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Awaitable, Function, Ident, Sdk

_OF_THE_CALL = frozenset(
    {"thread_id", "thread", "additional_messages", "poll_interval_ms", "timeout", "extra_headers", "metadata"}
)


def says_again(origin: Site, submit: Site, inference: Inference) -> bool:
    """Whether every setting of a run has the same value, under the same name, where its outputs are submitted."""
    assert origin.call is not None
    if origin.file is not submit.file:
        return False
    for arg in origin.call.args:
        name = arg.keyword.value if arg.keyword is not None else "thread_id"
        if name in {"thread", "additional_messages"}:
            continue
        if name == "tool_choice" or not can_be_repeated(arg.value, origin):
            return False
        if name != "thread_id" and not _means_the_same(arg.value, origin, submit, inference):
            return False
    return True


def settings(origin: Site) -> frozenset[str]:
    """What a run is told beside its thread, as the source spells it."""
    assert origin.call is not None
    told = (arg for arg in origin.call.args if arg.keyword is not None and arg.keyword.value not in _OF_THE_CALL)
    return frozenset(code(arg.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip() for arg in told)


def _means_the_same(node: cst.BaseExpression, origin: Site, submit: Site, inference: Inference) -> bool:
    parents = origin.file.scopes.parent_of
    for part in descendants(node):
        if isinstance(part, cst.Attribute) and not isinstance(inference.kind(part.value, origin.file), Sdk):
            if not _is_set_once(part.attr.value, inference):
                return False
        elif isinstance(part, cst.Name) and not _is_word(part, parents[part]):
            first = _source(part.value, origin.scope, inference)
            if first is None or first != _source(part.value, submit.scope, inference):
                return False
    return True


def _is_word(name: cst.Name, parent: cst.CSTNode) -> bool:
    """Whether a name is an attribute's or a keyword's word, or a constant."""
    if isinstance(parent, cst.Attribute) and parent.attr is name:
        return True
    return name.value in {"None", "True", "False"} or (isinstance(parent, cst.Arg) and parent.keyword is name)


def _is_set_once(attribute: str, inference: Inference) -> bool:
    """Whether the project gives an attribute of this name a value in one place at most, beside None."""
    return len(list(_written(attribute, inference))) <= 1


def _written(attribute: str, inference: Inference) -> Iterator[cst.CSTNode | None]:
    for file in inference.project.modules:
        for target, binding in file.scopes.attribute_targets:
            if target.attr.value == attribute and not is_none(binding.node):
                yield binding.node


def _source(
    name: str, scope: Scope, inference: Inference, seen: frozenset[Variable] = frozenset()
) -> Variable | cst.ClassDef | None:
    """The variable that a name has its value from, through parameters that all calls give the same; a class for `self`.

    A parameter that calls give different values is the source itself: it has one value in each call.
    """
    variable = scope.find(name)
    bindings = variable[0].names[variable[1]] if variable is not None else []
    if variable is None or len(bindings) != 1:
        return None
    node, function = bindings[0].node, variable[0].node
    if bindings[0].how != "param" or not isinstance(node, cst.Param) or not isinstance(function, cst.FunctionDef):
        return variable if bindings[0].how in {"value", "import", "def", "class"} else None
    owner = inference.members.owner_of.get(function)
    if owner is not None and function.params.params and function.params.params[0] is node:
        return owner[1]
    found: set[Variable | cst.ClassDef | None] = set()
    for call in inference.passes.of(function):
        given = inference.passes.argument(function, call, node)
        caller = call.file.scopes.scope_of.get(given) if isinstance(given, cst.Name) else None
        if not isinstance(given, cst.Name) or caller is None:
            return variable
        if caller.find(given.value) not in {*seen, variable}:
            found.add(_source(given.value, caller, inference, seen | {variable}))
    return found.pop() if len(found) == 1 else variable


def handed_over(submit: Site, retrievals: list[Site], inference: Inference) -> frozenset[cst.Call] | None:
    """The calls that lead to a submission with the run that it goes on with; None if a holder would keep the old one."""
    run_id = argument(submit.call, "run_id", 0) if submit.call is not None else None
    parent = submit.file.scopes.parent_of[submit.awaited]
    function = submit.scope.enclosing_function()
    if function is None and submit.scope.parent is None and _are_plain(retrievals, submit, inference):
        return _of_a_module(submit, inference)
    if function is None or submit.scope.node is not function or run_id is None:
        return None
    if isinstance(run_id, cst.Name):
        if not isinstance(parent, cst.Return) or inference.kind(run_id, submit.file) != Ident("Run"):
            return None
        return _through(run_id.value, submit.scope, inference) if _are_plain(retrievals, None, inference) else None
    run = run_id.value if isinstance(run_id, cst.Attribute) and run_id.attr.value == "id" else None
    if not (isinstance(parent, (cst.Return, cst.Expr)) or (run is not None and _is_target(parent, code(run)))):
        return None
    if isinstance(run, cst.Name) and _are_plain(retrievals, submit, inference):
        return _through(run.value, submit.scope, inference)
    if isinstance(run, cst.Attribute) and not isinstance(parent, cst.Return):
        return _of_an_instance(run, code(run_id), retrievals, submit, inference)
    return None


def _of_a_module(submit: Site, inference: Inference) -> frozenset[cst.Call] | None:
    """No calls, for a submission of a module's own lines whose variable takes the new run, and is read by them alone."""
    run_id = argument(submit.call, "run_id", 0) if submit.call is not None else None
    run = run_id.value if isinstance(run_id, cst.Attribute) and run_id.attr.value == "id" else None
    parent, file = submit.file.scopes.parent_of[submit.awaited], submit.file
    if not isinstance(run, cst.Name) or not (isinstance(parent, cst.Expr) or _is_target(parent, run.value)):
        return None
    variable = (submit.scope, run.value)
    made = all(isinstance(unwrap_await(binding.node), cst.Call) for binding in submit.scope.names.get(run.value, ()))
    own = all(file.scopes.scope_of[read] is submit.scope for read in uses.reads_of(variable, file))
    return frozenset() if made and own and not uses.is_shared(inference.project, file, run.value) else None


def _are_plain(retrievals: list[Site], submit: Site | None, inference: Inference) -> bool:
    """Whether runs are held by variables alone, and each retrieval gives the one that it names a new state.

    Another name for that is fine where the submission beside it gives the run that is named the new one.
    """
    for file in inference.project.modules:
        if any(is_run(inference.kind(target, file)) for target, _ in file.scopes.attribute_targets):
            return False
    for site in retrievals:
        run_id = argument(site.call, "run_id", 0) if site.call is not None else None
        if not (isinstance(run_id, cst.Attribute) and run_id.attr.value == "id"):
            return False
        name, parent = assigned_name(site), site.file.scopes.parent_of[site.awaited]
        if isinstance(parent, cst.Return) or (name is not None and name.value == code(run_id.value)):
            continue
        if name is None or submit is None or not _is_given_the_new_run(site, submit):
            return False
    return True


def _is_given_the_new_run(retrieval: Site, submit: Site) -> bool:
    """Whether a submission, which takes the place of a statement, is for the run that a retrieval beside it names."""
    if submit.call is None or retrieval.call is None or submit.scope is not retrieval.scope:
        return False
    sent, asked = argument(submit.call, "run_id", 0), argument(retrieval.call, "run_id", 0)
    alone = isinstance(submit.file.scopes.parent_of[submit.awaited], cst.Expr)
    return alone and sent is not None and asked is not None and code(sent) == code(asked)


def _through(
    name: str, scope: Scope, inference: Inference, seen: frozenset[Variable] = frozenset()
) -> frozenset[cst.Call] | None:
    """The calls that hand a run to a function which goes on with it; None if a caller would keep the run as it was."""
    variable, function = scope.find(name), scope.enclosing_function()
    if variable is None or variable[0] is not scope or function is None or scope.node is not function:
        return None
    params = [b.node for b in scope.names[name] if b.how == "param" and isinstance(b.node, cst.Param)]
    if variable in seen:
        return frozenset()
    others = [b.node for b in scope.names[name] if b.how != "param"]
    if any(not isinstance(unwrap_await(node), cst.Call) for node in others):
        return None
    if not params:
        return frozenset()
    found: set[cst.Call] = set()
    for given in inference.passes.of(function):
        value = inference.passes.argument(function, given, params[0])
        if isinstance(value, cst.Attribute) and value.attr.value == "id":
            value = value.value
        if not isinstance(value, cst.Name) or not _takes(given.file, given.call, value, function, name, inference):
            return None
        more = _through(value.value, given.file.scopes.scope_of[value], inference, seen | {variable})
        if more is None and given.file.scopes.scope_of[value].parent is not None:
            return None
        found |= {given.call, *(more or ())}
    return frozenset(found) or None


def _takes(
    file: SourceFile, call: cst.Call, run: cst.Name, function: cst.FunctionDef, name: str, inference: Inference
) -> bool:
    """Whether a caller has the new run under the name of the old one, hands it on at once, or has done with it."""
    parent = file.scopes.parent_of[call]
    while isinstance(parent, cst.Await):
        parent = file.scopes.parent_of[parent]
    scope = file.scopes.scope_of[run]
    variable = scope.find(run.value)
    if variable is None or variable[0] is not scope:
        return False
    if isinstance(parent, cst.Return) or not is_read_again(run, call, file, inference.project):
        return True
    return _is_target(parent, run.value) and _returns_the_run(function, name, inference)


def _returns_the_run(function: cst.FunctionDef, name: str, inference: Inference) -> bool:
    """Whether all that a function returns is the run under its name, or what a call gives for it."""
    file = next(file for file in inference.project.modules if function in file.scopes.own)
    result = inference.result(Function(file, function))
    result = result.inner if isinstance(result, Awaitable) else result
    returned = [value for value in file.scopes.returns.get(function, ()) if value is not None]
    inner = [unwrap_await(value) for value in returned]
    told = all(isinstance(value, cst.Call) or (isinstance(value, cst.Name) and value.value == name) for value in inner)
    return is_run(result) and bool(inner) and told


def _is_target(parent: cst.CSTNode, text: str) -> bool:
    return isinstance(parent, cst.Assign) and len(parent.targets) == 1 and code(parent.targets[0].target) == text


def _of_an_instance(
    run: cst.Attribute, run_id: str, retrievals: list[Site], submit: Site, inference: Inference
) -> frozenset[cst.Call] | None:
    """The calls of the method that submits, where the run is an attribute that nothing else holds for long."""
    function = submit.scope.enclosing_function()
    owner = inference.members.owner_of.get(function) if function is not None else None
    own = isinstance(run.value, cst.Name) and owner is not None and run.value.value == "self"
    asked = [argument(site.call, "run_id", 0) for site in retrievals if site.call is not None]
    if function is None or not own or any(node is None or code(node) != run_id for node in asked):
        return None
    for node in _written(run.attr.value, inference):
        if not isinstance(unwrap_await(node), cst.Call):
            return None
    for file in inference.project.modules:
        for node in file.scopes.loads:
            if isinstance(node, cst.Attribute) and node.attr.value == run.attr.value:
                parent = file.scopes.parent_of[node]
                tested = uses.is_truth_test(node, file) or uses.none_comparison(node, file) is not None
                if not (isinstance(parent, cst.Attribute) or tested):
                    return None
    return frozenset(call for _, call, _ in inference.calls_of(function))


def read_by_name(retrievals: list[Site]) -> bool:
    """Whether a run is retrieved by an id that was kept apart from it, which stays that of its first response."""
    run_ids = (argument(site.call, "run_id", 0) for site in retrievals if site.call is not None)
    return any(not (isinstance(run_id, cst.Attribute) and run_id.attr.value == "id") for run_id in run_ids)
