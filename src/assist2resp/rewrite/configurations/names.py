"""What the names of assistants' ids become where they hold the configuration: `assistant_id` is `assistant`."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.configurations.configuration import (
    CREATE,
    UPDATE,
    Configurations,
    is_assistant,
    read_of_session,
)
from assist2resp.rewrite.configurations.session_keys import rename_key
from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.nodes import has_star, string_value
from assist2resp.rewrite.syntax.scopes import Scope, Variable
from assist2resp.rewrite.values.kinds import PLAIN, Ident, Instance, Kind, Resource, Sdk

_OF_ID = re.compile(r"(\w{3,}?)_?(?:[iI]d|ID)")
_BARE = {"id": "assistant", "_id": "_assistant"}


def rename_holders(configurations: Configurations) -> None:
    """Take `.id` off what is put into the names of ids, and give them names of what they hold now."""
    plan = configurations.plan
    variables: dict[Variable, SourceFile] = {}
    attributes: set[str] = set()
    keys = {key for file, node, kind in plan.flow.index.loads[plan.flow] if (key := _key(node, kind, file, plan))}
    for file, node, parent in uses.identifiers(plan.flow, "Assistant"):
        if isinstance(node, cst.Attribute) and is_assistant(node.value, file, plan):
            if not isinstance(parent, cst.Arg) or file.scopes.parent_of[parent] not in plan.flow.index.sites:
                plan.change(file, node, lambda updated: cst.ensure_type(updated, cst.Attribute).value)
        elif isinstance(node, cst.Attribute) and node.attr.value not in keys:
            attributes.add(node.attr.value)
        elif isinstance(node, cst.Name) and (variable := _variable(node, file)) is not None:
            variables[variable] = file
    for name in sorted(attributes):
        _rename_attribute(name, plan)
    for key in sorted(keys):
        if (new := _new_name(key)) is not None:
            rename_key(key, new, plan)
    if plan.plain.handovers:
        return
    for variable, file in variables.items():
        if not _drop_alias(variable, file, configurations):
            _rename_variable(variable, file, plan, configurations.names.get(variable))


def _key(node: cst.BaseExpression, kind: Kind, file: SourceFile, plan: Plan) -> str | None:
    """The key under which a session gives an assistant's id."""
    found = read_of_session(node) if kind == Ident("Assistant") else None
    return found[1] if found is not None and plan.inference.holders.is_session(found[0], file) else None


def _variable(node: cst.Name, file: SourceFile) -> Variable | None:
    scope = file.scopes.scope_of.get(node)
    return scope.find(node.value) if scope is not None else None


def _drop_alias(variable: Variable, file: SourceFile, configurations: Configurations) -> bool:
    """`assistant_id = assistant.id` goes where both names are bound for good, and so does the name of the id."""
    plan, (scope, name) = configurations.plan, variable
    bindings = scope.names[name]
    value = bindings[0].node if len(bindings) == 1 and bindings[0].how == "value" else None
    if not isinstance(value, cst.Attribute) or not isinstance(value.value, cst.Name) or plan.is_shared(file, name):
        return False
    statement, held = file.scopes.parent_of[value], _variable(value.value, file)
    made = {site.awaited for site in configurations.sites if site.path in {CREATE, UPDATE}}
    if held is None or held[0] is not scope or any(binding.node not in made for binding in scope.names[held[1]]):
        return False
    reads = list(uses.reads_of(variable, file))
    if not isinstance(statement, cst.Assign) or len(statement.targets) != 1 or scope.is_class:
        return False
    if any(file.scopes.scope_of[read].find(held[1]) != held for read in reads):
        return False
    plan.rename(file, variable, held[1])
    plan.change(file, statement, leaving_comments)
    return True


def _rename_variable(variable: Variable, file: SourceFile, plan: Plan, given: str | None) -> None:
    """Call a variable what it holds now: the name that was `given` to what it fetched, or its own without the id."""
    scope, old = variable
    new = given or _new_name(old)
    if new is None or not can_be_called(variable, file, plan) or (given is None and _is_taken(new, scope, file)):
        return
    for node in file.scopes.nodes(cst.Name):
        parent = file.scopes.parent_of[node]
        is_keyword = isinstance(parent, cst.Arg) and parent.keyword is node
        is_word = isinstance(parent, cst.Attribute) and parent.attr is node
        if node.value == old and not is_keyword and not is_word and _variable(node, file) == variable:
            plan.replace(file, node, cst.Name(new))
    for found in _keywords(variable, plan):
        assert found is not None
        plan.replace(*found, cst.Name(new))


def can_be_called(variable: Variable, file: SourceFile, plan: Plan) -> bool:
    """Whether every place that names a variable is known."""
    scope, name = variable
    known = not plan.is_shared(file, name) and not scope.is_class and not plan.plain.handovers
    return known and None not in list(_keywords(variable, plan))


def _new_name(old: str) -> str | None:
    found = _OF_ID.fullmatch(old)
    return found[1].rstrip("_") if found else _BARE.get(old)


def _is_taken(new: str, scope: Scope, file: SourceFile) -> bool:
    """Whether a name already means something where the variable is known."""
    for node in file.scopes.nodes(cst.Name):
        inner: Scope | None = file.scopes.scope_of.get(node) if node.value == new else None
        while inner is not None:
            if inner is scope:
                return not isinstance(file.scopes.parent_of[node], cst.Attribute) or _is_first(node, file)
            inner = inner.parent
    return new in scope.names


def _is_first(node: cst.Name, file: SourceFile) -> bool:
    parent = file.scopes.parent_of[node]
    return isinstance(parent, cst.Attribute) and parent.value is node


def _keywords(variable: Variable, plan: Plan) -> Iterator[tuple[SourceFile, cst.Name] | None]:
    """Where calls name a parameter; None where one may do so unseen."""
    (scope, name), inference = variable, plan.inference
    if not any(binding.how == "param" for binding in scope.names[name]):
        return
    owner = inference.members.owner_of.get(scope.node)
    if owner is not None and (inference.families.bases(*owner) or owner[1] in inference.families.subclasses):
        yield None
    for found in inference.passes.of(scope.node):
        if has_star(found.call):
            yield None
        for arg in found.call.args:
            if arg.keyword is not None and arg.keyword.value == name:
                yield found.file, arg.keyword


def _rename_attribute(old: str, plan: Plan) -> None:
    """Rename an attribute of the project's instances, if it has no other meaning anywhere in the project."""
    new = _new_name(old)
    modules = plan.inference.project.modules
    if new is None:
        return
    found: list[tuple[SourceFile, cst.Attribute]] = []
    for file in modules:
        for node in file.scopes.nodes(cst.Attribute):
            kind = plan.inference.kind(node.value, file) if node.attr.value in {old, new} else PLAIN
            if node.attr.value == old and isinstance(kind, Instance):
                found.append((file, node))
            elif node.attr.value in {old, new} and not isinstance(kind, (Sdk, Resource)):
                return
        words = (string_value(node) for node in file.scopes.nodes(cst.SimpleString))
        if any(word in {old, new} for word in words):
            return
        if any(new in scope.names for scope in file.scopes.own.values() if scope.is_class):
            return
    for file, node in found:
        plan.replace(file, node.attr, cst.Name(new))
