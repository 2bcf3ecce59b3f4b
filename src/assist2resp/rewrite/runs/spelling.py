"""Tests of a status, with the constants in them spelled out."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import code, is_none, string_value
from assist2resp.rewrite.values.constants import Constants
from assist2resp.rewrite.values.inference import Inference

_COLLECTIONS = (cst.List, cst.Tuple, cst.Set)


def spelled(test: cst.BaseExpression, file: SourceFile, inference: Inference) -> cst.BaseExpression:
    """The test, with each name of one constant that a status is compared with replaced by that constant.

    Whether a run has the time of its completion is whether it is completed.
    """
    made = test = _asking_status(test)
    for target in _targets(test):
        literal = _literal(target.comparator, file, inference)
        if literal is not None and literal is not target.comparator:
            changed = made.deep_replace(target.comparator, literal)
            assert isinstance(changed, cst.BaseExpression)
            made = changed
    return made


def _asking_status(test: cst.BaseExpression) -> cst.BaseExpression:
    match test:
        case cst.Attribute(value=run, attr=cst.Name(value="completed_at")):
            return cst.parse_expression(f'{code(run)}.status == "completed"')
        case cst.UnaryOperation(operator=cst.Not()):
            return test.with_changes(expression=_asking_status(test.expression))
        case cst.BooleanOperation():
            return test.with_changes(left=_asking_status(test.left), right=_asking_status(test.right))
    return test


def is_open(test: cst.BaseExpression) -> bool:
    """Whether a spelled test compares a status with what nothing says."""
    return any(not _says(target.comparator) for target in _targets(test))


def _targets(test: cst.BaseExpression) -> list[cst.ComparisonTarget]:
    """What a status is compared with, in a test and its parts."""
    match test:
        case cst.BooleanOperation():
            return [*_targets(test.left), *_targets(test.right)]
        case cst.UnaryOperation():
            return _targets(test.expression)
        case cst.Comparison(comparisons=[target]) if "status" in code(test.left):
            return [target]
    return []


def _says(node: cst.BaseExpression) -> bool:
    if isinstance(node, _COLLECTIONS):
        return all(string_value(element.value) is not None for element in node.elements)
    return string_value(node) is not None or is_none(node)


def _literal(node: cst.BaseExpression, file: SourceFile, inference: Inference) -> cst.BaseExpression | None:
    """The one literal behind a name; None where there are several values, or one that is not written out."""
    if not isinstance(node, (cst.Name, cst.Attribute)):
        return node
    constants = Constants(inference, environment=False)
    found = list(constants.nodes(node, file))
    value = found[0][1] if len(found) == 1 and constants.is_followed(node, file) else None
    if (
        isinstance(value, cst.Call)
        and code(value.func) in {"frozenset", "set", "tuple", "list"}
        and len(value.args) == 1
    ):
        value = value.args[0].value
    return value if isinstance(value, cst.BaseExpression) and _says(value) else None
