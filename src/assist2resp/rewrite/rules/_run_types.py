"""How annotations that name the type of a run, a thread or an assistant name that of what takes its place."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.configurations.annotations import annotations_of
from assist2resp.rewrite.configurations.configuration import ASSISTANT
from assist2resp.rewrite.configurations.types import full_type
from assist2resp.rewrite.flows.run_sites import RUN, THREAD, USAGE
from assist2resp.rewrite.plan import Plan


def are_annotated(plan: Plan, type_name: str) -> bool:
    """Whether annotations of what passes through the flow name a type of the SDK."""
    return any(next(annotations_of(plan, file, type_name), None) for file in plan.inference.project.modules)


def annotate_responses(plan: Plan) -> None:
    """Runs that are annotated become responses there too, and their usages those of responses."""
    _annotate(plan, RUN, "openai.types.responses", "Response")
    _annotate(plan, USAGE, "openai.types.responses", "ResponseUsage")


def annotate_conversations(plan: Plan) -> None:
    """Threads that are annotated become conversations there too."""
    _annotate(plan, THREAD, "openai.types.conversations", "Conversation")


def annotate_configurations(plan: Plan) -> None:
    """Assistants that are annotated become dictionaries there too."""
    for file in plan.inference.project.modules:
        for node in annotations_of(plan, file, ASSISTANT):
            plan.replace(file, node, full_type(plan, file))


def _annotate(plan: Plan, old: str, module: str, name: str) -> None:
    for file in plan.inference.project.modules:
        for node in annotations_of(plan, file, old):
            plan.replace(file, node, cst.Name(plan.import_type(file, module, name)))
