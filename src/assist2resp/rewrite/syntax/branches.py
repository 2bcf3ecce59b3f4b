"""The branches of an `if`: one by one, and as a question again."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.syntax.applying import Built


def branches(question: cst.If) -> list[cst.If | cst.Else]:
    """The branches of a question, in their order."""
    found: list[cst.If | cst.Else] = [question]
    while (last := found[-1]) and isinstance(last, cst.If) and last.orelse is not None:
        found.append(last.orelse)
    return found


def with_branches(question: cst.If, kept: Sequence[cst.If | cst.Else]) -> Built:
    """A question with these of its branches: gone without any, and only the lines of an `else` that is left alone."""
    rest: cst.If | cst.Else | None = None
    for branch in reversed(kept):
        rest = branch.with_changes(orelse=rest) if isinstance(branch, cst.If) else branch
    if rest is None:
        return cst.RemoveFromParent()
    if isinstance(rest, cst.Else):
        return cst.FlattenSentinel(rest.body.body)
    return rest.with_changes(leading_lines=question.leading_lines)
