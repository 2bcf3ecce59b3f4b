"""A2R230: runs become responses, and what the program reads of a run is read of the response."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite import sdk, uses
from assist2resp.rewrite.calls import attribute
from assist2resp.rewrite.chains import beta_of, client_of
from assist2resp.rewrite.kinds import External, Sdk
from assist2resp.rewrite.nodes import argument, code, descendants
from assist2resp.rewrite.outputs import output_edits
from assist2resp.rewrite.plainness import RETRIEVES, RUN, SUBMITS, assigned_name
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.rules._responses import folded_input, rebuild_as_response, response_arguments
from assist2resp.rewrite.sites import Site
from assist2resp.schema.findings import Level


class CreateResponses:
    """A run becomes a response, made in one blocking request.

    What: `runs.create` and `create_and_poll` become `responses.create(conversation=…, input=…, **configuration)`;
    waiting for the run disappears; tool outputs are sent with the same configuration again.
    Why: a response is complete when the call returns, and the API keeps the conversation but not the instructions.
    Safety: only when every use of the run, its tool calls and its id has the same meaning on a response; a program that
    hands a run's id to another process keeps its run through the support module.
    Known problems: a run could be watched while it worked; a response cannot, so prints of waiting do not happen.
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
            shop = {
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
                self._create(plan, site)
            elif site.path in RETRIEVES:
                self._retrieve(plan, site)
            elif site.path in SUBMITS:
                self._submit(plan, site)
        self._translate_uses(plan)
        self._annotations(plan)

    # Calls --------------------------------------------------------------------------------------------------------

    def _create(self, plan: Plan, site: Site) -> None:
        beta = beta_of(site, plan.inference)
        assert beta is not None
        rebuild_as_response(plan, site, client_of(beta), response_arguments(plan, site, folded_input(plan, site)))
        plan.fix(site, self.code, "a run became a response.", plain=True)

    def _retrieve(self, plan: Plan, site: Site) -> None:
        """Waiting: the run is already what it will be."""
        assert site.call is not None
        run_id = argument(site.call, "run_id", 0)
        target = assigned_name(site)
        if isinstance(run_id, cst.Attribute) and run_id.attr.value == "id" and _is_run(plan, run_id.value, site.file):
            if target is not None and isinstance(run_id.value, cst.Name) and run_id.value.value == target.value:
                parent = site.file.scopes.parent_of[site.awaited]
                plan.change(site.file, parent, lambda _: cst.RemoveFromParent())
            elif isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr):
                plan.change(site.file, site.file.scopes.parent_of[site.awaited], lambda _: cst.RemoveFromParent())
            elif (
                isinstance(run_id.value, cst.Name)
                and target is not None
                and _is_new_name(plan, site, run_id.value, target)
            ):
                plan.rename(site.file, (site.scope, target.value), run_id.value.value)
                plan.change(site.file, site.file.scopes.parent_of[site.awaited], lambda _: cst.RemoveFromParent())
            else:
                plan.replace(site.file, site.awaited, run_id.value)
            plan.waits.add(site)
            plan.fix(site, self.code, "a response needs no waiting.", plain=True)
            return
        beta = beta_of(site, plan.inference)
        if run_id is not None and beta is not None:
            func = attribute(client_of(beta), "responses", "retrieve")
            new = [cst.Arg(run_id)]
            plan.change(
                site.file,
                site.call,
                lambda updated: cst.ensure_type(updated, cst.Call).with_changes(func=func, args=new),
            )
            plan.waits.add(site)
            plan.fix(site, self.code, "a run became a response.", plain=True)

    def _submit(self, plan: Plan, site: Site) -> None:
        assert site.call is not None
        beta = beta_of(site, plan.inference)
        outputs, run_id = argument(site.call, "tool_outputs"), argument(site.call, "run_id", 0)
        if (
            beta is None
            or outputs is None
            or not isinstance(run_id, cst.Attribute)
            or not _is_run(plan, run_id.value, site.file)
        ):
            return
        run = run_id.value
        edits = output_edits(outputs, plan.look(site.file))
        assert edits is not None
        for edit in edits:
            plan.replace(site.file, edit.node, edit.replacement)
        origin = plan.plain.origin_of(site)
        assert origin is not None
        rebuild_as_response(plan, site, client_of(beta), response_arguments(plan, origin, outputs))
        if isinstance(site.file.scopes.parent_of[site.awaited], cst.Expr) and isinstance(run, cst.Name):
            statement = site.file.scopes.parent_of[site.awaited]
            plan.change(site.file, statement, lambda updated: _assign(run, cst.ensure_type(updated, cst.Expr)))
        plan.fix(site, self.code, "tool outputs are the input of the next response.", plain=True)

    @staticmethod
    def _annotations(plan: Plan) -> None:
        """Runs that are annotated become responses there too."""
        for file in plan.inference.project.modules:
            for annotation, node in annotations_of(plan, file, RUN):
                local = plan.import_type(file, "openai.types.responses", "Response")
                plan.replace(file, node, cst.Name(local))
                del annotation

    # Uses ---------------------------------------------------------------------------------------------------------

    def _translate_uses(self, plan: Plan) -> None:
        for use in plan.plain.run_uses:
            if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
                self._run_attribute(plan, use, use.parent)
        for use in uses.object_uses(
            plan.flow,
            frozenset({"beta.threads.run.RequiredAction", "beta.threads.run.RequiredActionSubmitToolOutputs"}),
        ):
            if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
                name = use.parent.attr.value
                if name == "submit_tool_outputs":
                    plan.change(use.file, use.parent, _value)
                elif name == "tool_calls":
                    plan.change(use.file, use.parent, lambda updated: _function_calls(_value(updated)))
            elif _is_test(use):
                self._test(plan, use)
        for use in uses.object_uses(plan.flow, frozenset({"beta.threads.RequiredActionFunctionToolCall"})):
            if isinstance(use.parent, cst.Attribute) and use.parent.value is use.node:
                self._call_attribute(plan, use, use.parent)

    def _run_attribute(self, plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
        name = node.attr.value
        if name == "status" and plan.plain.has_tools:
            local = plan.need(use.file, "run_status")
            plan.change(use.file, node, lambda updated: cst.Call(cst.Name(local), [cst.Arg(_value(updated))]))
        elif name == "last_error":
            plan.change(use.file, node, lambda updated: attribute(_value(updated), "error"))
        elif name == "thread_id":
            plan.change(use.file, node, lambda updated: attribute(_value(updated), "conversation", "id"))
        elif name == "required_action":
            plan.change(use.file, node, _value)
        elif name == "usage":
            outer = use.file.scopes.parent_of[node]
            assert isinstance(outer, cst.Attribute)
            new = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens"}.get(outer.attr.value)
            if new is not None:
                plan.change(
                    use.file,
                    outer,
                    lambda updated: cst.ensure_type(updated, cst.Attribute).with_changes(attr=cst.Name(new)),
                )

    @staticmethod
    def _test(plan: Plan, use: uses.Use) -> None:
        """`if run.required_action:` and its comparison with None ask for pending calls."""
        positive = uses.none_comparison(use.node, use.file)
        if positive is None:
            plan.change(use.file, use.node, lambda updated: _function_calls(_expression(updated)))
            return
        comparison = use.file.scopes.parent_of[use.node]

        def build(updated: cst.CSTNode) -> cst.CSTNode:
            calls = _function_calls(cst.ensure_type(updated, cst.Comparison).left)
            return calls if positive else cst.UnaryOperation(cst.Not(), calls)

        plan.change(use.file, comparison, build)

    @staticmethod
    def _call_attribute(plan: Plan, use: uses.Use, node: cst.Attribute) -> None:
        name = node.attr.value
        if name == "id":
            plan.change(use.file, node, lambda updated: attribute(_value(updated), "call_id"))
        elif name == "function":
            plan.change(use.file, node, _value)
        elif name == "type":
            comparison = use.file.scopes.parent_of[node]
            if isinstance(comparison, cst.Comparison):
                for target in comparison.comparisons:
                    if isinstance(target.comparator, cst.SimpleString):
                        quote = target.comparator.quote
                        plan.replace(use.file, target.comparator, cst.SimpleString(f"{quote}function_call{quote}"))


def annotations_of(plan: Plan, file: SourceFile, type_name: str) -> Iterator[tuple[cst.Annotation, cst.BaseExpression]]:
    """The names of one of the SDK's types in annotations of what passes through the flow."""
    for node, parent in file.scopes.parent_of.items():
        if isinstance(node, cst.Annotation) and _annotates(plan, file, parent):
            for inner in descendants(node):
                if isinstance(inner, (cst.Name, cst.Attribute)):
                    kind = plan.inference.kind(inner, file)
                    if isinstance(kind, External) and sdk.type_name(kind.qualified) == type_name:
                        yield node, inner


def _annotates(plan: Plan, file: SourceFile, owner: cst.CSTNode) -> bool:
    """Whether what is annotated carries a value of the flow."""
    index = plan.flow.index
    if isinstance(owner, cst.FunctionDef):
        return index.flow_of(("result", owner)) is plan.flow
    if isinstance(owner, cst.Param):
        scope = file.scopes.scope_of.get(owner)
        return scope is not None and index.flow_of((scope, owner.name.value)) is plan.flow
    if isinstance(owner, cst.AnnAssign):
        return index.owner(owner.target, file) is plan.flow
    return False


def _is_run(plan: Plan, node: cst.BaseExpression, file: SourceFile) -> bool:
    kind = plan.inference.kind(node, file)
    return isinstance(kind, Sdk) and kind.type.name == RUN


def _is_new_name(plan: Plan, site: Site, run: cst.Name, target: cst.Name) -> bool:
    """Whether `target` would be nothing but another name for `run`, from its one assignment on."""
    names = site.scope.names
    submits = any(other.path in SUBMITS and other.scope is site.scope for other in plan.flow.sites)
    assigned = isinstance(site.file.scopes.parent_of[site.awaited], cst.Assign)
    once = all(len(names.get(name.value, ())) == 1 for name in (run, target))
    return assigned and once and not submits and not plan.is_shared(site.file, target.value)


def _is_test(use: uses.Use) -> bool:
    return uses.is_truth_test(use.node, use.file) or uses.none_comparison(use.node, use.file) is not None


def _function_calls(response: cst.BaseExpression) -> cst.BaseExpression:
    return cst.parse_expression(f'[item for item in {code(response)}.output if item.type == "function_call"]')


def _value(updated: cst.CSTNode) -> cst.BaseExpression:
    return cst.ensure_type(updated, cst.Attribute).value


def _expression(updated: cst.CSTNode) -> cst.BaseExpression:
    assert isinstance(updated, cst.BaseExpression)
    return updated


def _assign(name: cst.Name, expression: cst.Expr) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(cst.Name(name.value))], expression.value)
