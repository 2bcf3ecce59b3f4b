"""A2R010: a call that is spelled like the Assistants API, on something that is not known to be OpenAI's client."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.values.kinds import Resource, Unknown
from assist2resp.schema.findings import Level

_WRONGLY = "this is awaited, but its client is said to be synchronous"


class ReportUnknownClient:
    """A receiver that nothing in the project identifies is left alone.

    What: `client.beta.threads…` where `client` is a parameter, an attribute or a result that cannot be followed; also
    where the result is awaited although the client is annotated, or made, as a synchronous one.
    Why: other SDKs and test doubles have the same attribute names; a guess would break them.
    Safety: nothing is changed; a comment is written only where the client is OpenAI's.
    Known problems: dependency-injection containers and plug-in registries hide the client's class.
    See: annotate the parameter (`client: OpenAI`) or the attribute, and run again.
    """

    code = "A2R010"
    title = "report a client that is not known"
    level = Level.MANUAL
    CASES = (
        case(
            """
            from openai import AsyncOpenAI, OpenAI


            def connect() -> OpenAI:
                return vars(AsyncOpenAI())["_self"]


            async def begin() -> str:
                return (await connect().beta.threads.create()).id
            """,
            """
            from openai import AsyncOpenAI, OpenAI


            def connect() -> OpenAI:
                return vars(AsyncOpenAI())["_self"]


            async def begin() -> str:
                # TODO[assist2resp:A2R010] this is awaited, but its client is said to be synchronous; annotate it (`client: AsyncOpenAI`) and run again.
                return (await connect().beta.threads.create()).id
            """,
        ),
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
            elif isinstance(site.receiver, Resource) and not site.receiver.is_async and _is_awaited(site):
                plan.block(site, self.code, f"{_WRONGLY}; annotate it (`client: AsyncOpenAI`) and run again.")


def _is_awaited(site: Site) -> bool:
    """Whether what a call gives is used as only an asynchronous client's is."""
    if site.call is None:
        return False
    outer = site.file.scopes.parent_of[site.call]
    if isinstance(outer, cst.WithItem):
        outer = site.file.scopes.parent_of[outer]
    if isinstance(outer, (cst.With, cst.For, cst.CompFor)):
        return outer.asynchronous is not None
    return isinstance(outer, cst.Await)
