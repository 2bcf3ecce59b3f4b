"""The type of a configuration in code, which spread as arguments must not be taken for a dictionary of texts alone."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import code, descendants


def annotate(plan: Plan, site: Site) -> None:
    """Say of the name that a created assistant was given that it is a dictionary, where nothing else is said of it.

    A file with annotations of its own gets `dict[str, Any]`, any other the shorter `dict`.
    """
    assign = site.file.scopes.parent_of[site.awaited]
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return
    target = assign.targets[0].target
    if not _is_given_once(target, site, plan):
        return
    whole = full_type(plan, site.file) if _is_annotated(site) else cst.Name("dict")

    def build(updated: cst.CSTNode) -> cst.CSTNode:
        if not isinstance(updated, cst.Assign):
            return updated
        kept = updated.targets[0].target
        annotation = cst.Annotation(whole)
        return cst.AnnAssign(
            kept,
            annotation,
            updated.value,
            equal=cst.AssignEqual(
                whitespace_before=updated.targets[0].whitespace_before_equal,
                whitespace_after=updated.targets[0].whitespace_after_equal,
            ),
            semicolon=updated.semicolon,
        )

    plan.change(site.file, assign, build)


def full_type(plan: Plan, file: SourceFile) -> cst.BaseExpression:
    """`dict[str, Any]` as the file says it."""
    return cst.parse_expression(f"dict[str, {_any(plan, file)}]")


def _any(plan: Plan, file: SourceFile) -> str:
    """What the file calls `typing.Any`, which it imports if it did not."""
    bindings = file.scopes.root.names.get("Any", [])
    known = [binding.origin for binding in bindings] == ["typing.Any"]
    return "Any" if known else plan.import_type(file, "typing", "Any")


def _is_given_once(target: cst.BaseAssignTargetExpression, site: Site, plan: Plan) -> bool:
    """Whether a name, or an attribute of an instance, is assigned in this place alone, and declared nowhere."""
    scopes = site.file.scopes
    if isinstance(target, cst.Name):
        own = site.scope.outer.get(target.value) is None
        return own and len(site.scope.names.get(target.value, ())) == 1
    if not isinstance(target, cst.Attribute) or code(target.value) != "self":
        return False
    same = [other for other, _ in scopes.attribute_targets if other.attr.value == target.attr.value]
    return same == [target] and not _is_declared(target, site, plan)


def _is_declared(target: cst.Attribute, site: Site, plan: Plan) -> bool:
    """Whether a line of its class, or of one that this derives from, names the attribute."""
    around = next((node for node in site.file.scopes.ancestors(target) if isinstance(node, cst.ClassDef)), None)
    family = plan.inference.families.family(site.file, around) if around is not None else ()
    return any(target.attr.value in file.scopes.own[node].names for file, node in family)


def _is_annotated(site: Site) -> bool:
    assert site.file.tree is not None
    return any(isinstance(node, cst.Annotation) for node in descendants(site.file.tree))
