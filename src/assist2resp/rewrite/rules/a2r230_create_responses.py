"""A2R230: runs become responses, and what the program reads of a run is read of the response."""

from __future__ import annotations

from assist2resp.rewrite.flows.run_sites import CANCEL, RETRIEVES
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._run_calls import create, give_up, retrieve, submit
from assist2resp.rewrite.rules._run_types import annotate_responses
from assist2resp.rewrite.rules._run_uses import translate_uses
from assist2resp.schema.findings import Level


class CreateResponses:
    """A run becomes a response, made in one blocking request.

    What: `runs.create` and `create_and_poll` become `responses.create(conversation=…, input=…, **configuration)`;
    waiting for the run disappears; tool outputs are sent with the same configuration again.
    Why: a response is complete when the call returns, and the API keeps the conversation but not the instructions.
    Safety: only when every use of the run, its tool calls and its id has the same meaning on a response; a program that
    hands a run's id to another process keeps its run through the support module.
    Known problems: a run could be watched while it worked; a response cannot, so prints of waiting do not happen.
    No response takes a limit of fewer than 16 tokens; the finding says so (review) where a run had one.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R230"
    title = "create responses"
    level = Level.FIXED
    CASES = (
        case(
            """
            from openai import OpenAI
            from openai.types.beta.threads import Run

            client = OpenAI()


            def start(assistant_id: str, thread_id: str) -> Run:
                return client.beta.threads.runs.create_and_poll(
                    thread_id=thread_id, assistant_id=assistant_id, instructions="Be brief."
                )


            def report(run: Run) -> None:
                if run.status == "failed":
                    print(run.last_error.message)
                else:
                    print(run.status, run.usage.completion_tokens)


            report(start("asst_abc", "thread_abc"))
            """,
            """
            from openai import OpenAI
            from openai.types.responses import Response

            from assistants_compat import conversation_id, request_arguments

            client = OpenAI()


            def start(assistant_id: str, thread_id: str) -> Response:
                return client.responses.create(
                    conversation=conversation_id(thread_id),
                    **request_arguments(assistant_id, instructions="Be brief."),
                )


            def report(run: Response) -> None:
                if run.status == "failed":
                    print(run.error.message)
                else:
                    print(run.status, run.usage.output_tokens)


            report(start("asst_abc", "thread_abc"))
            """,
        ),
        case(
            """
            import json

            from openai import OpenAI

            client = OpenAI()
            shop = client.beta.assistants.create(
                model="gpt-5",
                tools=[{"type": "function", "function": {"name": "stock", "parameters": {"type": "object", "properties": {}}}}],
            )
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "How many pens are left?"}])
            run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=shop.id)
            while run.status == "requires_action":
                outputs = []
                for call in run.required_action.submit_tool_outputs.tool_calls:
                    print(call.function.name, json.loads(call.function.arguments))
                    outputs.append({"tool_call_id": call.id, "output": "7"})
                run = client.beta.threads.runs.submit_tool_outputs_and_poll(
                    thread_id=thread.id,
                    run_id=run.id,
                    tool_outputs=outputs,
                )
            print(client.beta.threads.messages.list(thread_id=thread.id).data[0].content[0].text.value)
            """,
            """
            import json

            from openai import OpenAI

            from assistants_compat import run_status

            client = OpenAI()
            shop: dict = {
                "model": "gpt-5",
                "tools": [{"type": "function", "name": "stock", "parameters": {"type": "object", "properties": {}}, "strict": False}],
                "truncation": "auto",
            }
            thread = client.conversations.create()
            run = client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "How many pens are left?"}],
                **shop,
            )
            while run_status(run) == "requires_action":
                outputs = []
                for call in [item for item in run.output if item.type == "function_call"]:
                    print(call.name, json.loads(call.arguments))
                    outputs.append({"type": "function_call_output", "call_id": call.call_id, "output": "7"})
                run = client.responses.create(
                    conversation=thread.id,
                    input=outputs,
                    **shop,
                )
            print(run.output_text)
            """,
        ),
        case(
            """
            import os

            from openai import AsyncOpenAI


            class Desk:
                def __init__(self):
                    self.openai = AsyncOpenAI()
                    self.assistant_id = os.environ["ASSISTANT_ID"]

                async def answer(self, thread_id, question):
                    await self.openai.beta.threads.messages.create(thread_id, role="user", content=question)
                    run = await self.openai.beta.threads.runs.create_and_poll(
                        thread_id=thread_id, assistant_id=self.assistant_id, max_completion_tokens=500
                    )
                    if run.status != "completed":
                        raise RuntimeError(f"run {run.id} is {run.status}")
                    messages = await self.openai.beta.threads.messages.list(thread_id=thread_id, limit=1)
                    return messages.data[0].content[0].text.value
            """,
            """
            import os

            from openai import AsyncOpenAI

            from assistants_compat import conversation_id, request_arguments


            class Desk:
                def __init__(self):
                    self.openai = AsyncOpenAI()
                    self.assistant_id = os.environ["ASSISTANT_ID"]

                async def answer(self, thread_id, question):
                    run = await self.openai.responses.create(
                        conversation=conversation_id(thread_id),
                        input=[{"role": "user", "content": question}],
                        max_output_tokens=500,
                        **request_arguments(self.assistant_id),
                    )
                    if run.status != "completed":
                        raise RuntimeError(f"run {run.id} is {run.status}")
                    return run.output_text
            """,
        ),
        case(
            """
            import mlflow

            client = mlflow.MlflowClient()
            run = client.create_run(experiment_id="0")
            client.set_terminated(run.info.run_id, status="FINISHED")
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()


            def resume(response_id: str) -> str:
                response = client.responses.retrieve(response_id)
                while response.status in ("queued", "in_progress"):
                    response = client.responses.retrieve(response_id)
                return response.output_text
            """,
        ),
        case(
            """
            from dataclasses import dataclass


            @dataclass
            class Run:
                status: str
                required_action: str | None = None


            def is_done(run: Run) -> bool:
                return run.status == "completed" and run.required_action is None
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Rewrite every run of a plain flow, and the uses of their values."""
        if not plan.plain.possible:
            return
        for site in plan.open_sites:
            if site in plan.plain.creates:
                create(plan, site)
            elif site.path in RETRIEVES:
                retrieve(plan, site)
            elif site in plan.plain.submits:
                submit(plan, site)
            elif site.path == CANCEL:
                give_up(plan, site)
        translate_uses(plan)
        annotate_responses(plan)
