"""A2R270: names of the old API's resources and methods go where nothing reads them any more."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.aliases import readers, sites_by_alias
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.schema.findings import Level


class DropAliases:
    """A name for a part of the old API disappears with its last reader.

    What: `threads = client.beta.threads` goes when each call through `threads` became a call of the client itself; so
    does a name for `client.beta`, for a method, and an attribute that holds one.
    Why: the new API has no resource to hold.
    Safety: a name that another module imports, that is bound twice, or that one call still goes through stays, on the
    support module's resource.
    Known problems: none known.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R270"
    title = "drop aliases"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            threads = client.beta.threads
            assistant = client.beta.assistants.create(model="gpt-5", instructions="Be brief.")


            def ask(text: str) -> str:
                thread = threads.create(messages=[{"role": "user", "content": text}])
                run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
                if run.status != "completed":
                    return ""
                return threads.messages.list(thread.id).data[0].content[0].text.value
            """,
            """
            from typing import Any

            from openai import OpenAI

            client = OpenAI()
            assistant: dict[str, Any] = {"model": "gpt-5", "instructions": "Be brief.", "truncation": "auto"}


            def ask(text: str) -> str:
                thread = client.conversations.create()
                run = client.responses.create(
                    conversation=thread.id,
                    input=[{"role": "user", "content": text}],
                    **assistant,
                )
                if run.status != "completed":
                    return ""
                return run.output_text
            """,
        ),
        case(
            """
            from openai import OpenAI


            class Bot:
                def __init__(self, client: OpenAI) -> None:
                    self.client = client
                    self.threads = self.client.beta.threads

                def open(self) -> str:
                    return self.threads.create(metadata={"by": "bot"}).id
            """,
            """
            from openai import OpenAI


            class Bot:
                def __init__(self, client: OpenAI) -> None:
                    self.client = client

                def open(self) -> str:
                    return self.client.conversations.create(metadata={"by": "bot"}).id
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            threads = [client.conversations.create().id for _ in range(2)]
            print(len(threads))
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            threads = client.beta.chatkit.threads
            print([thread.id for thread in threads.list(user="ada")])
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Remove each name whose readers are all gone."""
        for site in plan.open_sites if plan.gone else ():
            named = readers(site, plan.inference)
            calls = sites_by_alias(plan.flow.index, plan.inference) if named else {}
            if named is not None and all(calls.get(reader) in plan.gone for reader in named):
                assign = site.file.scopes.parent_of[site.node]
                plan.change(site.file, assign, lambda _: cst.RemoveFromParent())
                plan.fix(site, self.code, "nothing reads this name any more.", plain=True)
