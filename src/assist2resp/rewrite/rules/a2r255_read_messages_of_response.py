"""A2R255: the messages of a run are those of its response."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.messages.of_run import Kept, OfRun
from assist2resp.rewrite.messages.shapes import Shape
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._item_reads import read_items
from assist2resp.rewrite.rules._kept_messages import passing_on
from assist2resp.rewrite.rules._markers import read_text
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.edits import call
from assist2resp.schema.findings import Level


class ReadMessagesOfResponse:
    """Keeping a run's messages of all becomes reading those of its response.

    What: a loop that keeps, of the messages of `messages.list(thread_id=t)`, those whose `run_id` is `run.id`, goes
    through `run.output` in their order, and keeps those whose type is `message`; the listing disappears.
    Why: the response holds what it wrote, and items do not say of which response they are.
    Safety: only where every loop over the listing keeps the messages of a run, and the program answers no calls of
    tools or reads the newest of them alone. Texts of which the citations are read go through `cited_text()` of the
    support module; messages of which something else is read go through its `run_messages()`, as a thread had them.
    Known problems: markers such as `【4:0†source】` are no longer part of the text; the annotations are in the output.
    The finding says so (review) where the program speaks of file search and not of the markers.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R255"
    title = "read the response's own messages"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            messages = client.beta.threads.messages.list(thread_id=thread.id)
            answers = [
                message for message in messages
                if message.run_id == run.id and message.role == "assistant"
            ]
            for answer in answers:
                print(answer.content[0].text.value)
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
            answers = [
                message for message in reversed(run.output)
                if message.type == "message" and message.role == "assistant"
            ]
            for answer in answers:
                print(answer.content[0].text)
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def ask(thread_id: str, assistant_id: str) -> None:
                run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
                for message in client.beta.threads.messages.list(thread_id=thread_id, order="asc"):
                    if message.role == "assistant" and message.run_id == run.id:
                        print([part.type for part in message.content])
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments, run_messages

            client = OpenAI()


            def ask(thread_id: str, assistant_id: str) -> None:
                run = client.responses.create(
                    conversation=conversation_id(thread_id),
                    **request_arguments(assistant_id),
                )
                for message in reversed(run_messages(run)):
                    if message.role == "assistant":
                        print([part.type for part in message.content])
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            run = client.responses.create(model="gpt-5", input="Hello")
            print([item.content[0].text for item in run.output if item.type == "message" and item.role == "assistant"])
            """,
        ),
        case(
            """
            import mlflow

            client = mlflow.MlflowClient()
            run = client.get_run("0123")
            print([metric for metric in client.get_metric_history("0123", "loss") if metric.run_id == run.id])
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite the loops over the messages of a plain flow's runs."""
        if not plan.plain.possible:
            return
        done: set[cst.CSTNode] = set()
        for site, kept in plan.plain.kept_of_runs.items():
            if site not in plan.open_sites:
                continue
            reads = plan.plain.reads_of_runs.get(site)
            for loop in kept.loops:
                self._go_through(plan, kept, loop, is_plain=reads is not None)
            if kept.holder is not None:
                plan.change(site.file, kept.holder, leaving_comments)
            if reads is None:
                plan.fix(site, self.code, "a run's messages go through run_messages() of the support module.")
                continue
            read_items(plan, reads, site, done)
            message = "a run's messages are its response's output."
            if reads.of(Shape.TEXT, site) and not reads.cites:
                read_text(plan, site, self.code, message)
            else:
                plan.fix(site, self.code, message, plain=True)

    @staticmethod
    def _go_through(plan: Plan, kept: OfRun, loop: Kept, *, is_plain: bool) -> None:
        """Let a loop go through the messages of the response."""
        file = kept.site.file
        run: cst.BaseExpression = loop.run
        if isinstance(run, cst.Name):
            run = cst.Name(plan.renamed.get((kept.site.scope, run.value), run.value))
        given = attribute(run, "output") if is_plain else call(plan.need(file, "run_messages"), run)
        if loop.newest_first is is_plain:
            given = call("reversed", given)
        plan.change(file, loop.loop, lambda updated: passing_on(loop, updated, given, is_plain=is_plain))
