"""A2R240: loops that waited for a run go, since a response is complete when the call returns."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.idle_branches import idle_questions
from assist2resp.rewrite.kinds import External
from assist2resp.rewrite.loops import asked, decided, dissolved, only_shows, unguarded
from assist2resp.rewrite.nodes import code, descendants, string_value
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.sites import Site
from assist2resp.rewrite.waiting import Waiting, holds
from assist2resp.schema.findings import Level

_PENDING = frozenset({"queued", "in_progress", "cancelling"})
_SLEEPS = frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep"})


class DropPollingLoops:
    """A loop that only waits disappears.

    What: `while run.status in ("queued", "in_progress"): …` goes whole; `while True:` with a retrieval and branches
    that all leave becomes its branches; sleeps between retrievals go.
    Why: `responses.create` returns when the response is complete.
    Safety: what a loop does once its run has ended is done after the request; a loop whose work cannot be taken out of
    it keeps the whole flow from being plain. A loop that submits tool outputs stays a loop, without its branches that
    only wait; so does one whose shape is not understood, which then ends in its first round.
    Known problems: progress printed while waiting is not printed any more; the last state is.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R240"
    title = "drop polling loops"
    level = Level.FIXED
    CASES = (
        case(
            """
            import time

            from openai import OpenAI

            client = OpenAI()
            assistant = client.beta.assistants.create(model="gpt-5")
            thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
            run = client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)

            # Wait for the answer.
            while run.status in ["queued", "in_progress"]:
                print("waiting")
                time.sleep(0.5)
                run = client.beta.threads.runs.retrieve(thread_id=thread.id, run_id=run.id)

            print(run.status)
            """,
            """
            from openai import OpenAI

            client = OpenAI()
            assistant = {"model": "gpt-5", "truncation": "auto"}
            thread = client.conversations.create()
            run = client.responses.create(
                conversation=thread.id,
                input=[{"role": "user", "content": "Hello"}],
                **assistant,
            )

            print(run.status)
            """,
        ),
        case(
            """
            import time

            from openai import OpenAI

            client = OpenAI()


            def ask(assistant_id, thread_id, text):
                client.beta.threads.messages.create(thread_id=thread_id, role="user", content=text)
                run = client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)
                while True:
                    state = client.beta.threads.runs.retrieve(thread_id=thread_id, run_id=run.id)
                    if state.status == "completed":
                        break
                    elif state.status in ("failed", "expired"):
                        raise RuntimeError(state.status)
                    time.sleep(1)
                return client.beta.threads.messages.list(thread_id=thread_id).data[0].content[0].text.value
            """,
            """
            from openai import OpenAI

            from assistants_compat import conversation_id, request_arguments

            client = OpenAI()


            def ask(assistant_id, thread_id, text):
                run = client.responses.create(
                    conversation=conversation_id(thread_id),
                    input=[{"role": "user", "content": text}],
                    **request_arguments(assistant_id),
                )
                if run.status in ("failed", "expired"):
                    raise RuntimeError(run.status)
                return run.output_text
            """,
        ),
        case(
            """
            import asyncio

            from openai import AsyncOpenAI

            client = AsyncOpenAI()


            async def ask(assistant_id, thread_id):
                run = await client.beta.threads.runs.create(thread_id=thread_id, assistant_id=assistant_id)
                for _ in range(60):
                    run = await client.beta.threads.runs.retrieve(thread_id=thread_id, run_id=run.id)
                    if run.status == "completed":
                        break
                    await asyncio.sleep(1)
                else:
                    raise TimeoutError("no answer in a minute")
                return run.status
            """,
            """
            from openai import AsyncOpenAI

            from assistants_compat import conversation_id, request_arguments

            client = AsyncOpenAI()


            async def ask(assistant_id, thread_id):
                run = await client.responses.create(
                    conversation=conversation_id(thread_id),
                    **request_arguments(assistant_id),
                )
                if run.status != "completed":
                    raise TimeoutError("no answer in a minute")
                return run.status
            """,
        ),
        case(
            """
            import time

            from openai import OpenAI

            client = OpenAI()
            job = client.fine_tuning.jobs.create(model="gpt-5", training_file="file_abc")
            while job.status in ("queued", "running"):
                time.sleep(10)
                job = client.fine_tuning.jobs.retrieve(job.id)
            """,
        ),
        case(
            """
            import time


            def wait(client, run):
                while run.status in ("queued", "in_progress"):
                    time.sleep(1)
                    run = client.runs.retrieve(run_id=run.id)
                return run
            """,
        ),
        case(
            """
            import time

            from openai import OpenAI

            client = OpenAI()
            response = client.responses.create(model="gpt-5", input="Write a novel.", background=True)
            while response.status in ("queued", "in_progress"):
                time.sleep(2)
                response = client.responses.retrieve(response.id)
            print(response.output_text)
            """,
        ),
    )

    def apply(self, plan: Plan) -> None:
        """Take out the loops around the flow's waiting."""
        if not plan.plain.possible:
            return
        for waiting in plan.plain.waiting:
            if plan.waits.intersection(waiting.waits):
                self._loop(plan, waiting)

    def _loop(self, plan: Plan, waiting: Waiting) -> None:
        loop, file = waiting.loop, waiting.file
        sites = _sites_in(plan, loop, file)
        for site in plan.waits.intersection(sites):
            plan.credit(site, self.code, "a response needs no waiting.")
        tools = waiting.has_tools
        does_work = isinstance(loop, cst.While) and not tools and _works(plan, waiting)
        if does_work or _ends_on_failure(waiting) or (not tools and _only_waits(plan, loop, file)):
            for sleep in _sleeps(plan, loop, file):
                plan.change(file, sleep, lambda _: cst.RemoveFromParent())
        if tools:
            _drop_idle_branches(plan, waiting)
            return
        if does_work:
            plan.change(file, loop, unguarded)
            return
        if isinstance(loop, cst.While) and loop.orelse is None and _only_pending(waiting.test):
            plan.change(file, loop, lambda _: cst.RemoveFromParent())
            return
        if loop.orelse is None and (isinstance(loop, cst.While) or not _reads_counter(loop)):
            plan.change(file, loop, dissolved)
        elif isinstance(loop, cst.For) and not _reads_counter(loop):
            plan.change(file, loop, decided)


def _drop_idle_branches(plan: Plan, waiting: Waiting) -> None:
    file = waiting.file
    sleeps, waits = set(_sleeps(plan, waiting.loop, file)), _retrievals(plan, file)

    def is_idle(suite: cst.BaseSuite) -> bool:
        """Whether a branch waits, and does nothing but wait and show that it does."""
        small = [part for line in suite.body for part in _small(line)]
        return any(part in sleeps or part in waits for part in small) and all(
            part in sleeps or part in waits or only_shows(part) or isinstance(part, (cst.Pass, cst.Continue))
            for part in small
        )

    for question in idle_questions(waiting, is_idle, ends_on_failure=_ends_on_failure(waiting)):
        plan.change(file, question.node, question.without_them)


def _works(plan: Plan, waiting: Waiting) -> bool:
    """Whether the loop, which is not entered any more, did something at the end of its run."""
    polled = any(site.name == "create_and_poll" for site in plan.plain.creates)
    skips_its_end = waiting.test is not None and holds(waiting.test, "completed") is False
    return bool(waiting.skipped) or (waiting.tells_its_end and skips_its_end and not polled)


def _sites_in(plan: Plan, loop: cst.CSTNode, file: SourceFile) -> list[Site]:
    inside = set(descendants(loop))
    return [site for site in plan.flow.sites if site.file is file and site.node in inside]


def _sleeps(plan: Plan, loop: cst.CSTNode, file: SourceFile) -> list[cst.Expr]:
    found = []
    for node in descendants(loop):
        if isinstance(node, cst.Expr):
            call = node.value.expression if isinstance(node.value, cst.Await) else node.value
            if isinstance(call, cst.Call):
                kind = plan.inference.kind(call.func, file)
                if isinstance(kind, External) and kind.qualified in _SLEEPS:
                    found.append(node)
    return found


def _ends_on_failure(waiting: Waiting) -> bool:
    """Whether a loop names a run's failure, or goes on only in named states, and so cannot spin on a failed run."""
    if waiting.test is None:
        return True
    below = [*descendants(waiting.loop.body), *descendants(waiting.test)]
    if "failed" in {string_value(node) for node in below if isinstance(node, cst.SimpleString)}:
        return True
    _, states = asked(waiting.test)
    return bool(states) and states <= _PENDING | {"requires_action"}


def _only_waits(plan: Plan, loop: cst.While | cst.For, file: SourceFile) -> bool:
    """Whether a loop's body does nothing but sleep, retrieve, show, and leave at the end of the run."""
    sleeps = set(_sleeps(plan, loop, file))
    waits = _retrievals(plan, file)
    return all(
        small in sleeps or small in waits or only_shows(small) or _only_leaves(small)
        for line in loop.body.body
        for small in _small(line)
    )


def _retrievals(plan: Plan, file: SourceFile) -> set[cst.CSTNode]:
    """The statements of a file that retrieve a run to wait for it."""
    return {file.scopes.parent_of[site.awaited] for site in plan.waits if site.file is file}


def _small(line: cst.CSTNode) -> Sequence[cst.CSTNode]:
    """The small statements of a line; a compound statement as it is."""
    return line.body if isinstance(line, cst.SimpleStatementLine) else [line]


def _only_leaves(node: cst.CSTNode) -> bool:
    """Whether a node is a condition to leave the loop, and does nothing else."""
    return (
        isinstance(node, cst.If)
        and node.orelse is None
        and all(only_shows(small) or isinstance(small, cst.Break) for line in node.body.body for small in _small(line))
    )


def _only_pending(test: cst.BaseExpression | None) -> bool:
    """Whether a loop's test holds only while a run is queued or in progress."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or):
        return _only_pending(test.left) and _only_pending(test.right)
    if isinstance(test, cst.BooleanOperation):
        return _only_pending(test.left) or _only_pending(test.right)
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    target = test.comparisons[0]
    if not code(test.left).endswith("status"):
        return False
    if isinstance(target.operator, cst.Equal):
        return string_value(target.comparator) in _PENDING
    if isinstance(target.operator, cst.In) and isinstance(target.comparator, (cst.List, cst.Tuple, cst.Set)):
        return all(string_value(element.value) in _PENDING for element in target.comparator.elements)
    return False


def _reads_counter(loop: cst.For) -> bool:
    names = {node.value for node in descendants(loop.target) if isinstance(node, cst.Name)}
    return any(isinstance(node, cst.Name) and node.value in names for node in descendants(loop.body))
