"""A2R012: methods of Assistants v1, which had ended before."""

from __future__ import annotations

from assist2resp.rewrite import sdk
from assist2resp.rewrite.plan import Plan
from assist2resp.schema.findings import Level


class ReportRemovedMethods:
    """Methods that no SDK since 1.21 has are left alone and reported.

    What: `beta.assistants.files`, `beta.threads.messages.files`, and names that the SDK never had.
    Why: Assistants v1 ended on 2024-12-18; where its files went (search or interpreter) is for a person to say.
    Safety: the code stays; one TODO comment names the next step.
    Known problems: none.
    See: MIGRATION.md, "Assistants v1".
    """

    code = "A2R012"
    title = "report methods of Assistants v1"
    level = Level.MANUAL
    CASES = ()

    def apply(self, plan: Plan) -> None:
        """Block sites whose method the newest SDK does not have."""
        for site in plan.open_sites:
            if site.call is None or site.path.startswith("beta.vector_stores"):
                continue
            method = sdk.method(site.path)
            if method is None:
                plan.block(site, self.code, f"the SDK has no {site.path}.")
            elif method.until:
                plan.block(
                    site,
                    self.code,
                    f"{site.path} is Assistants v1 (until SDK {method.until}); attach the file to a vector store or a container instead.",
                )
