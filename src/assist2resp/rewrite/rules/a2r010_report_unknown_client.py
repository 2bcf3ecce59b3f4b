"""A2R010: a call that is spelled like the Assistants API, on something that is not known to be OpenAI's client."""

from __future__ import annotations

from assist2resp.rewrite.kinds import Unknown
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
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
        case(
            """
            def ask(api):
                return api.beta.threads.create()
            """,
        ),
        case(
            """
            def open_thread(services):
                return services["ai"].beta.threads.create().id
            """,
        ),
        case(
            """
            from collections.abc import Callable


            def status(make_client: Callable) -> str:
                client = make_client()
                run = client.beta.threads.runs.create(thread_id="thread_abc", assistant_id="asst_abc")
                return run.status
            """,
        ),
        case(
            """
            class Bot:
                def __init__(self, client=None):
                    self.client = client

                def history(self, thread_id):
                    return list(self.client.beta.threads.messages.list(thread_id))
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Block every site of which nothing says what its receiver is."""
        for site in plan.open_sites:
            if isinstance(site.receiver, Unknown) and not site.receiver.foreign:
                plan.block(
                    site,
                    self.code,
                    f"{site.receiver.reason}; if it is an OpenAI client, annotate it (`client: OpenAI`) and run again.",
                )
