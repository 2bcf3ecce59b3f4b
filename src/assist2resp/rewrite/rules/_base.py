"""What a rule is: one file, one class, one code."""

from __future__ import annotations

from typing import ClassVar, Protocol

from assist2resp.rewrite.plan import Plan
from assist2resp.schema.findings import Level


class Rule(Protocol):
    """A rule looks at one flow's plan and claims the sites that it can end.

    Rules run in the order of their codes; a site belongs to the first that claims it. `CASES` are pairs of a program
    before and after, equal where nothing may change; the tests and the catalogue are made from them.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    level: ClassVar[Level]
    CASES: ClassVar[tuple[tuple[str, str], ...]]

    def apply(self, plan: Plan) -> None:
        """Claim sites and note changes."""
