"""What becomes of calls that change, fetch or delete an assistant which is configuration in code, and of its reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.configurations.configuration import CREATE, DELETE, UPDATE, Configurations
from assist2resp.rewrite.configurations.names import can_be_called
from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import assigned_name
from assist2resp.rewrite.flows.sites import Site, line_place
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import Argument, attribute, rebuild_call
from assist2resp.rewrite.syntax.nodes import argument, code, is_none, quote_below, string_value, unwrap_await


@dataclass(frozen=True)
class Step:
    """What becomes of one call: `changes` of the configuration that `holder` holds, or nothing at all."""

    site: Site
    holder: cst.BaseExpression
    changes: converted.Changes | None = None
    stays: bool = False
    """Whether the holder takes the call's place, since its result is kept under another name."""

    def take(self, plan: Plan, code: str) -> None:
        """Note the change."""
        site, parent = self.site, self.site.file.scopes.parent_of[self.site.awaited]
        if self.changes is not None and self.changes.settings:
            for edit in self.changes.edits:
                plan.replace(site.file, edit.node, edit.replacement)
            plan.change(site.file, site.awaited, self._update)
            if not isinstance(parent, cst.Expr):
                plan.change(site.file, parent, lambda updated: cst.Expr(cst.ensure_type(updated, cst.Assign).value))
        elif self.stays:
            plan.replace(site.file, site.awaited, self.holder)
        else:
            plan.change(site.file, parent, leaving_comments)
        message = (
            "the configuration changes." if self.site.path == UPDATE else "the assistant is configuration in code."
        )
        plan.fix(site, code, message, plain=True)

    def _update(self, updated: cst.CSTNode) -> cst.CSTNode:
        assert self.changes is not None
        old = cst.ensure_type(unwrap_await(updated), cst.Call)
        given = [Argument(name, value) for name, value in self.changes.settings]
        return rebuild_call(old, attribute(self.holder, "update"), given, place=line_place(self.site))


def changed_configuration(site: Site, configurations: Configurations) -> Step | None:
    """What becomes of a call that updates, fetches or deletes; None where it cannot be told."""
    plan = configurations.plan
    call = site.plain_call
    if call is None:
        return None
    named = argument(call, "assistant_id", 0)
    holder = configurations.holder(named, site.file) if named is not None else None
    if holder is None:
        return None
    kept = _is_kept(site, holder, plan)
    if site.path == DELETE or kept is None:
        return Step(site, holder) if site.path == DELETE and kept is False else None
    if site.path != UPDATE:
        return Step(site, holder, stays=kept and not _takes_its_name(site, holder, configurations))
    creates = [other.call for other in configurations.sites if other.path == CREATE]
    only = creates[0] if len(creates) == 1 else None
    changes = converted.assistant_changes(call, plan.look(site.file), only, holder)
    return Step(site, holder, changes) if changes is not None and not kept else None


def fit_together(steps: Sequence[Step | None], creates: Sequence[Site]) -> bool:
    """Whether a tool is added once at most to the tools of each assistant, which nothing else changes."""
    tools = [step for step in steps if step is not None and step.changes is not None and _sets_tools(step.changes)]
    added = [step.site for step in tools if step.changes is not None and step.changes.appends]
    return not added or (len(tools) == 1 and not _is_repeated(added[0], creates[0]))


def _sets_tools(changes: converted.Changes) -> bool:
    return any(name == "tools" for name, _ in changes.settings)


def _is_repeated(site: Site, create: Site) -> bool:
    """Whether a call may run more than once for what `create` made."""
    if site.scope is not create.scope:
        return True
    for node in site.file.scopes.ancestors(site.node):
        if isinstance(node, (cst.FunctionDef, cst.Lambda)):
            return False
        if isinstance(node, (cst.For, cst.While, cst.CompFor)):
            return True
    return False


def _is_kept(site: Site, holder: cst.BaseExpression, plan: Plan) -> bool | None:
    """Whether the result of a call is kept under a name of its own; None where it goes elsewhere."""
    parent = site.file.scopes.parent_of[site.awaited]
    if isinstance(parent, cst.Expr):
        return False
    if not isinstance(parent, cst.Assign) or len(parent.targets) != 1:
        return None if site.path in {DELETE, UPDATE} else True
    if code(parent.targets[0].target) == code(holder):
        return False
    name = assigned_name(site)
    variable = site.scope.find(name.value) if name is not None else None
    if variable is None or (variable[0].parent is None and plan.is_shared(site.file, variable[1])):
        return None if site.path in {DELETE, UPDATE} else True
    if next(uses.reads_of(variable, site.file), None) is None or _is_same(variable[1], site, plan):
        return False
    return None if site.path == DELETE else True


def _is_same(name: str, site: Site, plan: Plan) -> bool:
    """Whether a name holds the one assistant of the flow before the call as well."""
    creates = [other for other in plan.flow.sites if other.path == CREATE]
    made = assigned_name(creates[0]) if len(creates) == 1 else None
    return made is not None and made.value == name and creates[0].scope is site.scope


def _takes_its_name(site: Site, holder: cst.BaseExpression, configurations: Configurations) -> bool:
    """Whether what an id fetches has a name that the id's variable can have from the beginning."""
    name = assigned_name(site)
    variable = site.scope.find(holder.value) if isinstance(holder, cst.Name) else None
    if name is None or variable is None or variable[0] is not site.scope or variable in configurations.names:
        return False
    once = all(len(site.scope.names[word]) == 1 for word in (name.value, variable[1]))
    shared = site.scope.parent is None and configurations.plan.is_shared(site.file, name.value)
    if not once or shared or not can_be_called(variable, site.file, configurations.plan):
        return False
    configurations.names[variable] = name.value
    return True


@dataclass(frozen=True)
class Read:
    """A setting that is read of the configuration where it was read of the assistant, or a name that is written out."""

    file: SourceFile
    node: cst.Attribute
    name: str | None = None

    def take(self, plan: Plan) -> None:
        """Note the change."""
        quote, parent = quote_below(self.file.scopes.ancestors(self.node)), self.file.scopes.parent_of[self.node]
        if self.name is not None and isinstance(parent, cst.FormattedStringExpression) and _is_bare(parent):
            plan.replace(self.file, parent, cst.FormattedStringText(self.name))
            return

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            old = cst.ensure_type(updated, cst.Attribute)
            key = cst.SimpleString(f"{quote}{self.name or old.attr.value}{quote}")
            return key if self.name else cst.Subscript(old.value, [cst.SubscriptElement(cst.Index(key))])

        plan.change(self.file, self.node, build)


def settings_read(configurations: Configurations) -> list[Read] | None:
    """The places that read a setting of an assistant; None where a configuration may not have it."""
    found = []
    for use in configurations.reads:
        node = cst.ensure_type(use.parent, cst.Attribute)
        name = _name_of_all(configurations) if node.attr.value == "name" else None
        if name is None and (node.attr.value == "name" or not _all_have(configurations, node.attr.value)):
            return None
        found.append(Read(use.file, node, name))
    return found


def _all_have(configurations: Configurations, setting: str) -> bool:
    """Whether every assistant of the flow was created with a setting."""
    given = [argument(site.call, setting) for site in configurations.sites if site.path == CREATE and site.call]
    return all(value is not None and not is_none(value) for value in given)


def _name_of_all(configurations: Configurations) -> str | None:
    """The name that the flow's only assistant was given, and keeps, if it can stand in any quotes."""
    creates = [site.call for site in configurations.sites if site.path == CREATE]
    updates = [site.call for site in configurations.sites if site.path == UPDATE]
    if len(creates) != 1 or creates[0] is None:
        return None
    name = string_value(argument(creates[0], "name"))
    if any(call is None or argument(call, "name") is not None for call in updates):
        return None
    return name if name and name.isprintable() and not set(name) & set("\"'\\{}") else None


def _is_bare(part: cst.FormattedStringExpression) -> bool:
    """Whether a part of a format string is a value without a word on how it is shown."""
    return part.conversion is None and part.format_spec is None and not isinstance(part.equal, cst.AssignEqual)
