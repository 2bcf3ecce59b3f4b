"""Assistants of one flow as configuration in code: which expressions hold one, and whether all of them can."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeGuard

import libcst as cst

from assist2resp.rewrite.configurations.annotations import annotations_of, names_type, text_in
from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.displays import LOGS, is_displayed
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, key_of, string_value
from assist2resp.rewrite.syntax.scopes import Binding, Variable
from assist2resp.rewrite.values.holders import Holders
from assist2resp.rewrite.values.kinds import Function, Ident, Instance, Kind, Sdk
from assist2resp.rewrite.values.outside import may_come_from_outside

CREATE, UPDATE = "beta.assistants.create", "beta.assistants.update"
DELETE, RETRIEVE = "beta.assistants.delete", "beta.assistants.retrieve"
ASSISTANT = "beta.Assistant"
READABLE = frozenset({"model", "instructions", "name"})
"""What a configuration holds under the name that the assistant had for it, and the name that it is given."""
_ID = Ident("Assistant")
_BY_ID = frozenset({UPDATE, DELETE, RETRIEVE})
_TYPE = re.compile(rb"\bAssistant\b")


@dataclass
class Configurations:
    """The assistants of a flow whose every site is one of `sites`."""

    plan: Plan
    sites: list[Site]
    reads: list[uses.Use] = field(default_factory=list, init=False)
    """The assistants of which a setting is read."""

    names: dict[Variable, str] = field(default_factory=dict, init=False)
    """What variables of ids are called from now on, since a name that was given to what they fetch goes."""

    texts: dict[cst.Name, SourceFile] = field(default_factory=dict, init=False)
    """`str` in the annotations of ids."""

    def __post_init__(self) -> None:
        self._known: dict[Variable | str, bool] = {}

    @cached_property
    def possible(self) -> bool:
        """Whether every expression that holds an assistant or its id can hold the configuration."""
        return not self._is_typed() and self._objects_fit() and self._ids_fit()

    def holder(self, node: cst.BaseExpression, file: SourceFile) -> cst.BaseExpression | None:
        """The expression that holds the configuration which an id stands for; None for another id."""
        if isinstance(node, cst.Attribute) and is_assistant(node.value, file, self.plan):
            return node.value if node.attr.value == "id" else None
        is_one = self.plan.inference.kind(node, file) == _ID and self._only_ours(node, file)
        return node if is_one else None

    def _is_typed(self) -> bool:
        """Whether the type of assistants is named elsewhere than in annotations of what passes through the flow."""
        for file in {site.file for site in self.plan.flow.sites}:
            if b"openai.types" in file.data and _TYPE.search(file.data):
                known = set(annotations_of(self.plan, file, ASSISTANT))
                if any(node not in known and self._is_type(node, file) for node in file.scopes.spelled):
                    return True
        return False

    def _is_type(self, node: cst.CSTNode, file: SourceFile) -> bool:
        is_word = isinstance(node, cst.Name) and not uses.is_load(node, file)
        return not is_word and names_type(node, file, self.plan, ASSISTANT)

    def _objects_fit(self) -> bool:
        for use in uses.object_uses(self.plan.flow, frozenset({ASSISTANT})):
            if isinstance(use.parent, cst.Attribute):
                if use.parent.attr.value in READABLE and not isinstance(
                    use.file.scopes.parent_of[use.parent], (cst.AssignTarget, cst.AugAssign, cst.Del)
                ):
                    self.reads.append(use)
                elif use.parent.attr.value != "id" or not self._is_used_as_id(use.parent, use.file):
                    return False
            elif not (uses.passes_on(use, self.plan.inference) or self._is_logged(use)):
                return False
        return True

    def _is_logged(self, use: uses.Use) -> bool:
        """Whether an assistant only goes into a log, for those who look after the program."""
        return is_displayed(uses.awaited(use.node, use.file), use.file, self.plan.inference, LOGS)

    def _ids_fit(self) -> bool:
        for file, node, kind in self.plan.flow.index.loads.get(self.plan.flow, ()):
            if kind != _ID or (isinstance(node, cst.Attribute) and is_assistant(node.value, file, self.plan)):
                continue
            if not self._is_used_as_id(node, file) or not self._only_ours(node, file):
                return False
        return True

    def _is_used_as_id(self, node: cst.BaseExpression, file: SourceFile) -> bool:
        """Whether an id only moves on, or names the assistant of a run or of one of the flow's other calls."""
        parent = file.scopes.parent_of[uses.awaited(node, file)]
        call = file.scopes.parent_of.get(parent) if isinstance(parent, cst.Arg) else None
        site = self.plan.flow.index.sites.get(call) if call is not None else None
        if site is None or site.call is None:
            return uses.passes_on(uses.Use(file, node, parent, ""), self.plan.inference) or self._is_put(node, file)
        if site.path in _BY_ID:
            return site in self.sites and argument(site.call, "assistant_id", 0) is node
        return self.plan.plain.starts(site) and argument(site.call, "assistant_id") is node

    def _is_put(self, node: cst.BaseExpression, file: SourceFile) -> bool:
        """Whether an id goes into a session that keeps nothing else under its key."""
        parent = file.scopes.parent_of[uses.awaited(node, file)]
        holder = parent.targets[0].target if isinstance(parent, cst.Assign) and len(parent.targets) == 1 else None
        call = file.scopes.parent_of[parent] if isinstance(parent, cst.Arg) else None
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Attribute):
            holder = call.func
        is_session = isinstance(holder, (cst.Attribute, cst.Subscript)) and self._holders.is_session(holder.value, file)
        return is_session and self._holders.kept(uses.awaited(node, file), file) == _ID

    @property
    def _holders(self) -> Holders:
        return self.plan.inference.holders

    def _session_holds_ours(self, node: cst.BaseExpression, file: SourceFile) -> bool | None:
        """Whether what is read of a session is always put there by the flow; None for what is read elsewhere."""
        found = read_of_session(node)
        writes = self._holders.of_session(*found, file) if found is not None else None
        if writes is None:
            return None
        values = [
            (write.value.node if isinstance(write.value, Binding) else write.value, write.file) for write in writes
        ]
        return bool(values) and all(self._only_ours(value, its_file) for value, its_file in values)

    def _only_ours(self, node: cst.CSTNode | None, file: SourceFile) -> bool:
        """Whether a value is always the id of an assistant of the flow, or None."""
        held = self._session_holds_ours(node, file) if isinstance(node, cst.BaseExpression) else None
        if held is not None:
            return held
        match node:
            case cst.Name(value="None"):
                return True
            case cst.Name():
                scope = file.scopes.scope_of.get(node)
                variable = scope.find(node.value) if scope is not None else None
                return variable is not None and self._holds_ours(variable, file)
            case cst.Attribute() if is_assistant(node.value, file, self.plan):
                return node.attr.value == "id"
            case cst.Attribute():
                return self._attribute_holds_ours(node, file)
            case cst.IfExp():
                return self._only_ours(node.body, file) and self._only_ours(node.orelse, file)
            case cst.BooleanOperation():
                return self._only_ours(node.left, file) and self._only_ours(node.right, file)
            case cst.Await():
                return self._only_ours(node.expression, file)
            case cst.Call():
                callee = self.plan.inference.kind(node.func, file)
                return self._returns_text(callee) and all(
                    self._only_ours(value, callee.file) for value in callee.file.scopes.returns.get(callee.node, ())
                )
        return False

    def _holds_ours(self, variable: Variable, file: SourceFile) -> bool:
        if variable not in self._known:
            self._known[variable] = True
            self._known[variable] = all(
                self._binds_ours(binding, variable, file) for binding in variable[0].names[variable[1]]
            )
        return self._known[variable]

    def _binds_ours(self, binding: Binding, variable: Variable, file: SourceFile) -> bool:
        where = self.plan.inference.file_of(binding.scope)
        if binding.how == "value":
            annotation = binding.target.annotation if isinstance(binding.target, cst.AnnAssign) else None
            return self._is_text(annotation, where) and self._only_ours(binding.node, where)
        if binding.how != "param" or not isinstance(binding.node, cst.Param):
            return False
        param, function = binding.node, variable[0].node
        name = param.name
        passes = self.plan.inference.passes.of(function)
        given = [(self.plan.inference.passes.argument(function, found, param), found.file) for found in passes]
        is_plain = self._is_text(param.annotation, where) and not param.star and param.default is None
        return (
            is_plain
            and bool(given)
            and not may_come_from_outside(name, file, self.plan.inference)
            and all(value is not None and self._only_ours(value, its_file) for value, its_file in given)
        )

    def _returns_text(self, callee: Kind) -> TypeGuard[Function]:
        """Whether a function of the project is annotated with a text as its result, or not at all."""
        if not isinstance(callee, Function) or not isinstance(callee.node, cst.FunctionDef):
            return False
        return self._is_text(callee.node.returns, callee.file)

    def _is_text(self, annotation: cst.Annotation | None, file: SourceFile) -> bool:
        """Whether nothing is annotated, or a text, which is a dictionary then."""
        text = text_in(annotation) if annotation is not None else None
        if text is not None:
            self.texts[text] = file
        return annotation is None or text is not None

    def _attribute_holds_ours(self, node: cst.Attribute, file: SourceFile) -> bool:
        """Whether an attribute of the project's own instances is set to nothing else, wherever it is set."""
        name = node.attr.value
        if not isinstance(self.plan.inference.kind(node.value, file), Instance):
            return False
        if name not in self._known:
            self._known[name] = True
            self._known[name] = all(
                self._binds_ours(binding, (binding.scope, name), module)
                for module in self.plan.inference.project.modules
                for target, binding in module.scopes.attribute_targets
                if target.attr.value == name
            ) and not any(
                name in scope.names
                for module in self.plan.inference.project.modules
                for scope in module.scopes.own.values()
                if scope.is_class
            )
        return self._known[name]


def read_of_session(node: cst.BaseExpression) -> tuple[cst.BaseExpression, str | None] | None:
    """What a session and its key would be in `session.key`, `session["key"]` or `session.get("key")`."""
    match node:
        case cst.Attribute():
            return node.value, node.attr.value
        case cst.Subscript():
            return node.value, key_of(node)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="get"))) if len(node.args) == 1:
            func = cst.ensure_type(node.func, cst.Attribute)
            return func.value, string_value(node.args[0].value)
    return None


def is_assistant(node: cst.BaseExpression, file: SourceFile, plan: Plan) -> bool:
    """Whether an expression is an assistant as the old API gave it."""
    kind = plan.inference.kind(node, file)
    return isinstance(kind, Sdk) and kind.type.name == ASSISTANT
