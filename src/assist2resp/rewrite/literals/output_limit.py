"""The least limit of a response's output: runs had none, a response refuses fewer than 16 tokens.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

import libcst as cst

LEAST = 16


def is_too_low(node: cst.BaseExpression | None) -> bool:
    """Whether a limit is written in code, and lower than a response takes."""
    return isinstance(node, cst.Integer) and node.evaluated_value < LEAST


def output_limit(node: cst.BaseExpression) -> cst.BaseExpression:
    """The limit of a response for that of a run."""
    return cst.Integer(str(LEAST)) if is_too_low(node) else node
