"""A2R240: loops that waited for a run go, since a response is complete when the call returns."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import libcst as cst

from assist2resp.rewrite.flows.run_sites import POLLED
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.runs.idle_branches import Question, idle_questions
from assist2resp.rewrite.runs.loops import and_its_else, asked, built, decided, dissolved, only_shows, unguarded
from assist2resp.rewrite.runs.rounds import Rounds
from assist2resp.rewrite.runs.spinners import around_requests, spinner_around
from assist2resp.rewrite.runs.waiting import Waiting, holds
from assist2resp.rewrite.runs.ways_out import binds_for_later, or_raise
from assist2resp.rewrite.syntax.applying import Build
from assist2resp.rewrite.syntax.nodes import code, descendants, string_value, unwrap_await
from assist2resp.rewrite.values.kinds import External
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
    A `while True:` that only a completed run ended raises an error for another run, where names would be unbound.
    A spinner around a loop that goes is put around the request right before it.
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
            assistant: dict = {"model": "gpt-5", "truncation": "auto"}
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
        looped = {site for waiting in plan.plain.waiting for site in waiting.waits}
        for site in plan.waits - looped:
            for sleep in _sleep_before(plan, site):
                plan.change(site.file, sleep, _gone)

    def _loop(self, plan: Plan, waiting: Waiting) -> None:
        loop, file = waiting.loop, waiting.file
        sites = _sites_in(plan, loop, file)
        for site in plan.waits.intersection(sites):
            plan.credit(site, self.code, "a response needs no waiting.")
        if waiting.has_tools:
            for sleep in _sleeps(plan, loop, file) if _ends_on_failure(waiting) else ():
                plan.change(file, sleep, _gone)
            _drop_idle_branches(plan, waiting)
            return
        rounds = Rounds(loop, file, plan.inference)
        does_work = isinstance(loop, cst.While) and _works(plan, waiting)
        only_waits = _only_waits(plan, rounds)
        build = _what_remains(waiting, rounds, does_work=does_work, only_waits=only_waits)
        if build is not None and self._take_out(plan, waiting, rounds, build, only_waits=only_waits):
            return
        for sleep in _sleeps(plan, loop, file) if _ends_on_failure(waiting) else ():
            plan.change(file, sleep, _gone)

    @staticmethod
    def _take_out(plan: Plan, waiting: Waiting, rounds: Rounds, build: Build, *, only_waits: bool) -> bool:
        """Change a loop and its parts, if nothing goes round any more then."""
        loop, file = rounds.loop, rounds.file
        questions = list(rounds.settled(functools.partial(_is_idle, _idle(plan, rounds))))
        removed = [*_sleeps(plan, loop, file), *rounds.counts, *(_shown_while_waiting(rounds) if only_waits else ())]
        changes: dict[cst.CSTNode, Build] = dict.fromkeys(removed, _gone)
        changes.update((question.node, question.without_them) for question in _pending(plan, waiting))
        changes.update((question.node, question.build) for question in questions)
        waits = [node for node in _retrievals(plan, file) if isinstance(node, cst.BaseSmallStatement)]
        remains = built(loop, {**changes, **dict.fromkeys(waits, _gone)}, build)
        if isinstance(remains, (cst.While, cst.For)):
            return False
        changes.update(dict.fromkeys(rounds.begun(questions, vanishes=isinstance(remains, cst.RemovalSentinel)), _gone))
        for node, change in {**changes, loop: build}.items():
            plan.change(file, node, change)
        block = spinner_around(loop, list(file.scopes.ancestors(loop)))
        if block is not None and isinstance(remains, cst.RemovalSentinel):
            plan.change(file, block, around_requests)
        return True


def _gone(_: cst.CSTNode) -> cst.RemovalSentinel:
    return cst.RemoveFromParent()


def _what_remains(waiting: Waiting, rounds: Rounds, *, does_work: bool, only_waits: bool) -> Build | None:
    """What makes of a loop without its waiting what remains of it; None where it stays."""
    loop = waiting.loop
    if isinstance(loop, cst.For):
        if _reads_counter(loop) and not only_waits:
            return None
        return dissolved if loop.orelse is None else decided
    if does_work or rounds.is_bounded:
        return and_its_else(unguarded)
    once = _gone if _only_pending(waiting.test) else dissolved
    return and_its_else(or_raise(once) if binds_for_later(loop, waiting.file) else once)


def _idle(plan: Plan, rounds: Rounds) -> set[cst.CSTNode]:
    """The small statements of a loop that do nothing but wait."""
    return {*_sleeps(plan, rounds.loop, rounds.file), *_retrievals(plan, rounds.file), *rounds.counts}


def _is_idle(idle: set[cst.CSTNode], suite: cst.BaseSuite) -> bool:
    """Whether a branch does nothing but wait, and show that it does."""
    small = [part for line in suite.body for part in _small(line)]
    return all(part in idle or only_shows(part) or isinstance(part, (cst.Pass, cst.Continue)) for part in small)


def _shown_while_waiting(rounds: Rounds) -> Iterator[cst.CSTNode]:
    """What a loop shows after it asked whether to leave: that it goes on."""
    asked_already = False
    for line in rounds.loop.body.body:
        if asked_already and isinstance(line, cst.SimpleStatementLine):
            yield from (small for small in line.body if only_shows(small))
        asked_already = asked_already or _only_leaves(line)


def _drop_idle_branches(plan: Plan, waiting: Waiting) -> None:
    for question in idle_questions(waiting, _waits(plan, waiting), ends_on_failure=_ends_on_failure(waiting)):
        plan.change(waiting.file, question.node, question.without_them)


def _pending(plan: Plan, waiting: Waiting) -> Iterator[Question]:
    """The questions with branches that only waited in states that no run is in when its response arrives."""
    return idle_questions(waiting, _waits(plan, waiting), ends_on_failure=False)


def _waits(plan: Plan, waiting: Waiting) -> Callable[[cst.BaseSuite], bool]:
    """Whether a branch waits, and does nothing but wait and show that it does."""
    waits = {*_sleeps(plan, waiting.loop, waiting.file), *_retrievals(plan, waiting.file)}

    def is_idle(suite: cst.BaseSuite) -> bool:
        return _is_idle(waits, suite) and any(part in waits for line in suite.body for part in _small(line))

    return is_idle


def _works(plan: Plan, waiting: Waiting) -> bool:
    """Whether the loop, which is not entered any more, did something at the end of its run."""
    polled = any(site.name in POLLED for site in plan.plain.creates)
    skips_its_end = waiting.test is not None and holds(waiting.test, "completed") is False
    return bool(waiting.skipped) or (waiting.tells_its_end and skips_its_end and not polled)


def _sites_in(plan: Plan, loop: cst.CSTNode, file: SourceFile) -> list[Site]:
    inside = set(descendants(loop))
    return [site for site in plan.flow.sites if site.file is file and site.node in inside]


def _sleeps(plan: Plan, loop: cst.CSTNode, file: SourceFile) -> list[cst.Expr]:
    """The pauses in a loop or a line; those of loops within are for something else than the run."""
    found = []
    for node in descendants(loop):
        if isinstance(node, cst.Expr) and _loop_of(node, file) in {loop, _loop_of(loop, file)}:
            call = unwrap_await(node.value)
            if isinstance(call, cst.Call):
                kind = plan.inference.kind(call.func, file)
                if isinstance(kind, External) and kind.qualified in _SLEEPS:
                    found.append(node)
    return found


def _loop_of(node: cst.CSTNode, file: SourceFile) -> cst.CSTNode | None:
    """The innermost loop around a node."""
    return next((above for above in file.scopes.ancestors(node) if isinstance(above, (cst.While, cst.For))), None)


def _sleep_before(plan: Plan, site: Site) -> list[cst.Expr]:
    """The pause that stands right above a retrieval, to give the run time."""
    statement = site.statement()
    block = site.file.scopes.parent_of.get(statement)
    lines = list(block.body) if isinstance(block, (cst.IndentedBlock, cst.Module)) else []
    place = next((place for place, line in enumerate(lines) if line is statement), 0)
    above = lines[place - 1] if place else None
    if not isinstance(above, cst.SimpleStatementLine) or len(above.body) != 1:
        return []
    return _sleeps(plan, above, site.file)


def _ends_on_failure(waiting: Waiting) -> bool:
    """Whether a loop names a run's failure, or goes on only in named states, and so cannot spin on a failed run."""
    if waiting.test is None:
        return True
    below = [*descendants(waiting.loop.body), *descendants(waiting.test)]
    if "failed" in {string_value(node) for node in below if isinstance(node, cst.SimpleString)}:
        return True
    _, states = asked(waiting.test)
    return bool(states) and states <= _PENDING | {"requires_action"}


def _only_waits(plan: Plan, rounds: Rounds) -> bool:
    """Whether a loop's body does nothing but sleep, retrieve, count, show, and leave at the end of the run."""
    idle = _idle(plan, rounds)
    return all(
        small in idle or only_shows(small) or _only_leaves(small)
        for line in rounds.loop.body.body
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
