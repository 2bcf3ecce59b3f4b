"""A2R010: a call that is spelled like the Assistants API, on something that is not known to be OpenAI's client."""

from __future__ import annotations

from assist2resp.rewrite.kinds import Unknown
from assist2resp.rewrite.plan import Plan
from assist2resp.schema.findings import Level


class ReportUnknownClient:
    """A receiver that nothing in the project identifies is left alone.

    What: `client.beta.threads…` where `client` is a parameter, an attribute or a result that cannot be followed.
    Why: other SDKs and test doubles have the same attribute names; a guess would break them.
    Safety: nothing is changed, not even a comment is written.
    Known problems: dependency-injection containers and plug-in registries hide the client's class.
    See: annotate the parameter (`client: OpenAI`) or the attribute, and run again.
    """

    code = "A2R010"
    title = "report a client that is not known"
    level = Level.MANUAL
    CASES = (
        (
            "def ask(api):\n    return api.beta.threads.create()\n",
            "def ask(api):\n    return api.beta.threads.create()\n",
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Block every site whose receiver is unknown."""
        for site in plan.open_sites:
            if isinstance(site.receiver, Unknown):
                plan.block(
                    site,
                    self.code,
                    f"{site.receiver.reason}; if it is an OpenAI client, annotate it (`client: OpenAI`) and run again.",
                )
