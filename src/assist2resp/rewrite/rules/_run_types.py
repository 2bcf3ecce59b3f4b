"""How annotations that name the type of a run or a thread name that of a response or a conversation."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite import sdk
from assist2resp.rewrite.kinds import External
from assist2resp.rewrite.nodes import descendants
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.run_sites import RUN, THREAD


def annotate_responses(plan: Plan) -> None:
    """Runs that are annotated become responses there too."""
    _annotate(plan, RUN, "openai.types.responses", "Response")


def annotate_conversations(plan: Plan) -> None:
    """Threads that are annotated become conversations there too."""
    _annotate(plan, THREAD, "openai.types.conversations", "Conversation")


def _annotate(plan: Plan, old: str, module: str, name: str) -> None:
    for file in plan.inference.project.modules:
        for node in _annotations_of(plan, file, old):
            plan.replace(file, node, cst.Name(plan.import_type(file, module, name)))


def _annotations_of(plan: Plan, file: SourceFile, type_name: str) -> Iterator[cst.BaseExpression]:
    """The names of one of the SDK's types in annotations of what passes through the flow."""
    for node in file.scopes.nodes(cst.Annotation):
        if _annotates(plan, file, file.scopes.parent_of[node]):
            for inner in descendants(node):
                if isinstance(inner, (cst.Name, cst.Attribute)):
                    kind = plan.inference.kind(inner, file)
                    if isinstance(kind, External) and sdk.type_name(kind.qualified) == type_name:
                        yield inner


def _annotates(plan: Plan, file: SourceFile, owner: cst.CSTNode) -> bool:
    """Whether what is annotated carries a value of the flow."""
    index = plan.flow.index
    if isinstance(owner, cst.FunctionDef):
        return index.flow_of(("result", owner)) is plan.flow
    if isinstance(owner, cst.Param):
        scope = file.scopes.scope_of.get(owner)
        return scope is not None and index.flow_of((scope, owner.name.value)) is plan.flow
    if isinstance(owner, cst.AnnAssign):
        return index.owner(owner.target, file) is plan.flow
    return False
