"""A2R013: a client that is certainly not OpenAI's own, or not always."""

from __future__ import annotations

from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.values.kinds import Unknown
from assist2resp.schema.findings import Level


class ReportForeignClient:
    """A client of another server or another package is left alone.

    What: `OpenAI(base_url="http://localhost:8086/v1")`, a client that another package wraps or imitates, and one that is
    asynchronous at some times and synchronous at others.
    Why: another server's Assistants API does not end with OpenAI's and may have no Responses API; what wraps a client
    would not see the new calls.
    Safety: nothing is changed, not even a comment is written.
    Known problems: a `base_url` from the environment or from a settings object counts as OpenAI's.
    See: MIGRATION.md, "Other servers".
    """

    code = "A2R013"
    title = "report a client that is not OpenAI's"
    level = Level.MANUAL
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI(base_url="http://localhost:8086/api/v1", api_key="none")
            thread = client.beta.threads.create()
            """,
        ),
        case(
            """
            import openai

            HOST = "assistants.example.org"
            client = openai.AsyncOpenAI(base_url=f"https://{HOST}/v1")


            async def forget(thread_id: str) -> None:
                await client.beta.threads.delete(thread_id)
            """,
        ),
        case(
            """
            import openai

            openai.base_url = "http://127.0.0.1:8000/v1/"
            thread = openai.beta.threads.create()
            """,
        ),
        case(
            """
            from openai import OpenAI
            from recorders import recorded

            client = recorded(OpenAI())
            thread = client.beta.threads.create()
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI(base_url="http://localhost:11434/v1")
            reply = client.chat.completions.create(model="small", messages=[{"role": "user", "content": "Hello"}])
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Block every site whose receiver is known to be something else."""
        for site in plan.open_sites:
            if isinstance(site.receiver, Unknown) and site.receiver.foreign:
                plan.block(site, self.code, f"{site.receiver.reason}; {site.receiver.advice}.")
