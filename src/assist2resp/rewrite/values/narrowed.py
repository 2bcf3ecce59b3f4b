"""What the data of an event of a stream are where the program has asked for the event's name."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import string_value
from assist2resp.rewrite.values.kinds import Kind, Sdk
from assist2resp.rewrite.values.type_expr import TypeExpr

ACTION = "thread.run.requires_action"
"""The event of a run that waits for outputs of tools: its data are the run."""
_RUN = "beta.threads.Run"
_EVENT = "beta.AssistantStreamEvent"


def event_data(node: cst.Attribute, owner: Kind, file: SourceFile) -> Kind | None:
    """The run that `event.data` is below `if event.event == "thread.run.requires_action"`; None for anything else."""
    if not (isinstance(owner, Sdk) and owner.type.name == _EVENT and node.attr.value == "data"):
        return None
    event = node.value.value if isinstance(node.value, cst.Name) else ""
    below: cst.CSTNode = node
    for outer in file.scopes.ancestors(node):
        if isinstance(outer, cst.If) and outer.body is below and event and _asks(outer.test, event):
            return Sdk(TypeExpr(_RUN))
        bound = isinstance(outer, cst.For) and isinstance(outer.target, cst.Name) and outer.target.value == event
        if bound or isinstance(outer, cst.FunctionDef):
            break
        below = outer
    return None


def _asks(test: cst.BaseExpression, event: str) -> bool:
    match test:
        case cst.BooleanOperation(left=left, operator=cst.And()):
            return _asks(left, event)
        case cst.Comparison(
            left=cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="event")),
            comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=comparator)],
        ):
            return name == event and string_value(comparator) == ACTION
    return False
