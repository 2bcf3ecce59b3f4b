"""What a finding says of limits of tokens that a response has not, or not so low."""

from __future__ import annotations

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.literals.output_limit import LEAST, is_too_low
from assist2resp.rewrite.syntax.nodes import argument
from assist2resp.schema.findings import Level


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
