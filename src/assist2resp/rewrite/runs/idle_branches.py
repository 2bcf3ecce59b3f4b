"""Branches of a loop that only waited, and what is left of the question without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.runs.waiting import Waiting, holds
from assist2resp.rewrite.syntax.applying import Built
from assist2resp.rewrite.syntax.branches import branches, with_branches
from assist2resp.rewrite.syntax.nodes import descendants

_ARRIVING = frozenset({"completed", "failed", "incomplete", "requires_action"})
"""The states that a run can be in when its response arrives."""


@dataclass(frozen=True)
class Question:
    """An `if` whose branches at some places only waited."""

    node: cst.If
    places: frozenset[int]

    def without_them(self, updated: cst.CSTNode) -> Built:
        """What is left of the question."""
        first = cst.ensure_type(updated, cst.If)
        return with_branches(first, [kept for place, kept in enumerate(branches(first)) if place not in self.places])


def idle_questions(
    waiting: Waiting, is_idle: Callable[[cst.BaseSuite], bool], *, ends_on_failure: bool
) -> Iterator[Question]:
    """The questions in a loop with branches that only waited.

    Such a branch stays where a run that has ended would come to it: it would go round without a pause, or come to
    another branch. A last one goes with its pauses where the loop names the failure of a run (`ends_on_failure`).
    """
    parents = waiting.file.scopes.parent_of
    for node in descendants(waiting.loop):
        above = parents[node]
        if not isinstance(node, cst.If) or (isinstance(above, cst.If) and above.orelse is node):
            continue
        left = frozenset(
            state for state in _ARRIVING if waiting.test is None or holds(waiting.test, state) is not False
        )
        places = set[int]()
        choices = branches(node)
        for place, branch in enumerate(choices):
            test = waiting.spelled(branch.test) if isinstance(branch, cst.If) else None
            here = {state for state in left if test is None or holds(test, state) is not False}
            is_last = branch is choices[-1] and not any(isinstance(part, cst.Continue) for part in descendants(branch))
            if is_idle(branch.body) and (not here or (is_last and ends_on_failure)):
                places.add(place)
            left = frozenset(state for state in left if test is None or holds(test, state) is not True)
        if places and not (0 in places and _is_one_line(node.orelse)):
            yield Question(node, frozenset(places))


def _is_one_line(branch: cst.If | cst.Else | None) -> bool:
    """Whether a branch cannot take the place of its question, since it is written on one line."""
    return isinstance(branch, cst.Else) and not isinstance(branch.body, cst.IndentedBlock)
