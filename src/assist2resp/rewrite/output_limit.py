"""The least limit of a response's output: runs had none, a response refuses fewer than 16 tokens.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.nodes import argument
from assist2resp.rewrite.sites import Site
from assist2resp.schema.findings import Level

LEAST = 16


def is_too_low(node: cst.BaseExpression | None) -> bool:
    """Whether a limit is written in code, and lower than a response takes."""
    return isinstance(node, cst.Integer) and node.evaluated_value < LEAST


def output_limit(node: cst.BaseExpression) -> cst.BaseExpression:
    """The limit of a response for that of a run."""
    return cst.Integer(str(LEAST)) if is_too_low(node) else node


def told(site: Site, message: str, *, plain: bool = True) -> tuple[Level, str]:
    """The level and the message of a finding at a site that may create a run with a limit."""
    limit = argument(site.call, "max_completion_tokens") if site.call is not None else None
    if plain and site.call is not None and argument(site.call, "max_prompt_tokens") is not None:
        return Level.REVIEW, f"{message.removesuffix('.')}; max_prompt_tokens goes, since no response has such a limit."
    if not is_too_low(limit):
        return Level.FIXED, message
    return (
        Level.REVIEW,
        f"{message.removesuffix('.')}; its answer may have {LEAST} tokens, since no response takes fewer.",
    )
