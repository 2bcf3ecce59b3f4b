"""Results that an object of the program keeps, though nothing in the program asks it for them."""

from __future__ import annotations

import re

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Class, Instance, Unknown


def is_kept_for_nobody(site: Site, inference: Inference) -> bool:
    """Whether what a site gives is kept in an attribute of an object of the program's own that nothing asks for it."""
    assign = site.file.scopes.parent_of[site.awaited]
    target = assign.targets[0].target if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None
    if not isinstance(target, cst.Attribute):
        return False
    owner, word = inference.kind(target.value, site.file), target.attr.value
    if not isinstance(owner, Instance) or any(
        node.bases for _, node in inference.families.family(owner.file, owner.node)
    ):
        return False
    by_name = re.compile(rb"""["']%s["']|\bvars\(|__dict__""" % re.escape(word.encode()))
    return not inference.project.says(by_name) and not any(
        node.attr.value == word and _asks(node, owner, file, inference)
        for file in inference.project.modules
        for node in file.scopes.nodes(cst.Attribute)
    )


def _asks(node: cst.Attribute, owner: Instance, file: SourceFile, inference: Inference) -> bool:
    """Whether an attribute may be read of such an object."""
    if file.scopes.is_definition(node, file.scopes.parent_of[node]):
        return False
    kind = inference.kind(node.value, file)
    if isinstance(kind, (Instance, Class)):
        return inference.families.origin(kind) is inference.families.origin(owner)
    return isinstance(kind, Unknown)
