"""A2R250: the newest message's text is the response's output text."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.messages.newest import list_around
from assist2resp.rewrite.plainness.newest import run_before
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._markers import read_text
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.schema.findings import Level


class ReadOutputText:
    """Reading the newest message after a run becomes `output_text`.

    What: `client.beta.threads.messages.list(thread_id=t).data[0].content[0].text.value`, directly or through a
    variable, becomes `run.output_text`; the listing disappears.
    Why: the response holds its answer.
    Safety: only after a run in the same function, in default order, when nothing else of the listing is read.
    Known problems: markers such as `【4:0†source】` are no longer part of the text; the annotations are in the output.
    The finding says so (review) where the program speaks of file search and not of the markers.
    See: https://platform.openai.com/docs/guides/text
    """

    code = "A2R250"
    title = "read output_text"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)

            # The newest message comes first.
            messages = client.beta.threads.messages.list(thread_id=thread.id)
            answer = messages.data[0].content[0].text.value
            print(answer.strip())
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            assistant: dict = {"model": "gpt-5", "truncation": "auto"}
            thread = client.conversations.create()
            run = client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "Hello"}],
                **assistant,
            )

            # The newest message comes first.
            answer = run.output_text
            print(answer.strip())
            """,
        ),
        case(
            """
            from openai import AsyncOpenAI

            client = AsyncOpenAI()


            async def ask(thread_id: str, assistant_id: str) -> str:
                run = await client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
                if run.status != "completed":
                    return "Sorry."
                return (await client.beta.threads.messages.list(thread_id=thread_id)).data[0].content[0].text.value
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import conversation_id, request_arguments

            client = AsyncOpenAI()


            async def ask(thread_id: str, assistant_id: str) -> str:
                run = await client.responses.create(
                    conversation=conversation_id(thread_id),
                    **request_arguments(assistant_id),
                )
                if run.status != "completed":
                    return "Sorry."
                return run.output_text
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            reply = client.chat.completions.create(model="gpt-5", messages=[{"role": "user", "content": "Hello"}])
            messages = [reply.choices[0].message]
            print(messages[0].content)
            """,
        ),
        case(
            """
            def newest(page):
                return page.data[0].content[0].text.value
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the readings of a plain flow."""
        if not plan.plain.possible:
            return
        for site, texts in plan.plain.newest.items():
            run = run_before(plan.plain, site)
            if run is None or site not in plan.open_sites:
                continue
            name = plan.renamed.get((site.scope, run.value), run.value)
            for node in texts:
                plan.replace(site.file, node, attribute(cst.Name(name), "output_text"))
            parent = site.file.scopes.parent_of[list_around(site) or site.awaited]
            if isinstance(parent, cst.Assign):
                plan.change(site.file, parent, leaving_comments)
            read_text(plan, site, self.code, "the newest message is the response's text.")
