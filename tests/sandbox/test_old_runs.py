"""The state machine of runs: every status, what each of them refuses, usage, expiry, and runs that outlive a process."""

from __future__ import annotations

import asyncio

import openai
import pytest

from assist2resp.sandbox.clock import ManualClock
from assist2resp.sandbox.prompt import Answer, InterpreterCall, Usage
from tests.sandbox.old_scene import WEATHER, Caller, Play, called, said, tick, wait_until, world_of

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")


class Scene:
    """A client, and an assistant with a thread that says hello."""

    def __init__(self, server, mode="sync"):
        self.server = server
        self.call = Caller(server, mode)
        self.assistant = self.call("beta.assistants.create", model="gpt-4o", instructions="Help.", tools=[WEATHER]).id
        self.thread = self.call("beta.threads.create", messages=[{"role": "user", "content": "Hello"}]).id

    def run(self, **options):
        return self.call("beta.threads.runs.create", self.thread, assistant_id=self.assistant, **options)

    def poll(self, **options):
        return self.call(
            "beta.threads.runs.create_and_poll", thread_id=self.thread, assistant_id=self.assistant, **options
        )

    def of(self, run, method="retrieve", **options):
        return self.call(f"beta.threads.runs.{method}", run_id=run.id, thread_id=self.thread, **options)

    def until(self, run, *statuses):
        """The run as soon as it has one of these statuses; the clock of the world is not touched."""
        table = self.server.world.store.table("runs")
        wait_until(self.server, lambda: table.get(run.id).body["status"] in statuses)
        return self.of(run)

    def answer(self, run, output="21"):
        calls = run.required_action.submit_tool_outputs.tool_calls
        return [{"tool_call_id": call.id, "output": output} for call in calls]

    def texts(self):
        rows = self.call("beta.threads.messages.list", self.thread, order="asc")
        return [row.content[0].text.value for row in rows]

    def close(self):
        self.call.close()


@pytest.fixture(params=["sync", "async"])
def scene_of(request):
    """Makes a scene with this model and clock."""
    opened = []

    def make(*answers, **options):
        world = world_of(Play(*answers), **options)
        scene = Scene(world.__enter__(), request.param)
        opened.append((scene, world))
        return scene

    yield make
    for scene, world in opened:
        scene.close()
        world.__exit__(None, None, None)


def test_a_run_is_queued_in_progress_and_completed(scene_of):
    clock = ManualClock(hold=True)
    scene = scene_of(said("Hi."), clock=clock)
    run = scene.run(metadata={"k": "v"})
    assert (run.status, run.started_at, run.usage, run.metadata) == ("queued", None, None, {"k": "v"})
    tick(scene.server, clock)
    run = scene.until(run, "in_progress")
    assert run.started_at == int(clock.now())
    tick(scene.server, clock)
    run = scene.until(run, "completed")
    assert (run.expires_at, run.completed_at) == (None, int(clock.now()))
    assert run.usage.to_dict() == {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }
    assert scene.texts() == ["Hello", "Hi."]
    (message,) = scene.call("beta.threads.messages.list", scene.thread, run_id=run.id)
    assert (message.role, message.run_id, message.assistant_id) == ("assistant", run.id, scene.assistant)


def test_a_run_of_real_time_ends_by_itself(scene_of):
    assert scene_of(said("Hi.")).poll().status == "completed"


def test_functions_wait_for_all_their_outputs(scene_of):
    scene = scene_of(called("get_weather", "get_weather"), called("get_weather"), said("Mild."))
    run = scene.poll()
    action = run.required_action.submit_tool_outputs.tool_calls
    assert run.status == "requires_action"
    assert [(call.function.name, call.function.arguments) for call in action] == [
        ("get_weather", '{"city":"Oslo"}')
    ] * 2
    assert run.usage is None

    half = scene.answer(run)[:1]
    with pytest.raises(openai.BadRequestError) as caught:
        scene.of(run, "submit_tool_outputs", tool_outputs=half)
    ids = [call.id for call in action]
    assert caught.value.body["message"] == f"Expected tool outputs for call_ids {ids}, got {ids[:1]}"

    run = scene.of(run, "submit_tool_outputs_and_poll", tool_outputs=scene.answer(run))
    assert run.status == "requires_action"
    run = scene.of(run, "submit_tool_outputs", tool_outputs=scene.answer(run))
    assert (run.status, run.required_action) == ("queued", None)
    run = scene.until(run, "completed")
    assert run.usage.total_tokens == 16 + 16 + 10
    steps = scene.call("beta.threads.runs.steps.list", run.id, thread_id=scene.thread, order="asc")
    assert [(step.type, step.status, step.usage.total_tokens) for step in steps] == [
        ("tool_calls", "completed", 16),
        ("tool_calls", "completed", 16),
        ("message_creation", "completed", 10),
    ]
    assert [call.function.output for call in next(iter(steps)).step_details.tool_calls] == ["21", "21"]


def test_a_thread_is_locked_while_a_run_is_active(scene_of):
    scene = scene_of(called("get_weather"), said("Mild."))
    run = scene.poll()
    with pytest.raises(openai.BadRequestError) as caught:
        scene.call("beta.threads.messages.create", scene.thread, role="user", content="And?")
    assert caught.value.body == {
        "message": f"Can't add messages to {scene.thread} while a run {run.id} is active.",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    with pytest.raises(openai.BadRequestError) as caught:
        scene.run()
    assert caught.value.body["message"] == f"Thread {scene.thread} already has an active run {run.id}."
    scene.of(run, "submit_tool_outputs_and_poll", tool_outputs=scene.answer(run))
    scene.call("beta.threads.messages.create", scene.thread, role="user", content="And?")
    assert scene.poll().status == "completed"


def test_cancelling(scene_of):
    clock = ManualClock(hold=True)
    scene = scene_of(said("Hi."), clock=clock)
    run = scene.run()
    tick(scene.server, clock)
    scene.until(run, "in_progress")
    assert scene.of(run, "cancel").status == "cancelling"
    with pytest.raises(openai.BadRequestError, match="Can't add messages"):
        scene.call("beta.threads.messages.create", scene.thread, role="user", content="And?")
    tick(scene.server, clock)
    wait_until(scene.server, lambda: clock.waiting > 0)
    assert scene.of(run).status == "cancelling"
    tick(scene.server, clock)
    run = scene.until(run, "cancelled")
    assert (run.cancelled_at, run.expires_at, run.completed_at) == (int(clock.now()), None, None)
    assert scene.texts() == ["Hello"]
    scene.call("beta.threads.messages.create", scene.thread, role="user", content="And?")


def test_cancelling_what_waits_for_outputs(scene_of):
    scene = scene_of(called("get_weather"), said("Mild."))
    run = scene.poll()
    outputs = scene.answer(run)
    scene.of(run, "cancel")
    run = scene.until(run, "cancelled")
    assert run.required_action is None
    (step,) = scene.call("beta.threads.runs.steps.list", run.id, thread_id=scene.thread)
    assert (step.status, step.cancelled_at) == ("cancelled", run.cancelled_at)
    with pytest.raises(openai.BadRequestError, match=r'Runs in status "cancelled" do not accept tool outputs\.'):
        scene.of(run, "submit_tool_outputs", tool_outputs=outputs)


def test_outputs_that_are_not_given_in_time_expire_the_run(scene_of):
    clock = ManualClock()
    scene = scene_of(called("get_weather"), said("Mild."), clock=clock)
    run = scene.poll()
    outputs = scene.answer(run)
    clock.advance(599)
    assert scene.of(run).status == "requires_action"
    clock.advance(1)
    run = scene.of(run)
    assert (run.status, run.required_action, run.expires_at) == ("expired", None, None)
    (step,) = scene.call("beta.threads.runs.steps.list", run.id, thread_id=scene.thread)
    assert step.status == "expired"
    with pytest.raises(openai.BadRequestError, match=r'Runs in status "expired" do not accept tool outputs\.'):
        scene.of(run, "submit_tool_outputs", tool_outputs=outputs)
    assert scene.poll().status == "completed"


def test_expiry_unlocks_the_thread_without_anyone_looking_at_the_run(scene_of):
    clock = ManualClock()
    scene = scene_of(called("get_weather"), said("Mild."), clock=clock)
    scene.poll()
    clock.advance(600)
    scene.call("beta.threads.messages.create", scene.thread, role="user", content="Anyone?")


ENDS = {
    "cut by tokens": (
        said("Half an", stop="length"),
        {"max_completion_tokens": 3},
        "incomplete",
        {"incomplete_details": "max_completion_tokens", "message": ("incomplete", "max_tokens")},
    ),
    "too long a prompt": (
        said("Hi.", usage=(300, 3)),
        {"max_prompt_tokens": 256},
        "incomplete",
        {"incomplete_details": "max_prompt_tokens"},
    ),
    "content filter": (Answer((), Usage(5, 0), "content_filter"), {}, "incomplete", {}),
    "rate limit": (
        Answer((), Usage(5, 0), "error", ("rate_limit_exceeded", "Slow down.")),
        {},
        "failed",
        {"last_error": ("rate_limit_exceeded", "Slow down.")},
    ),
    "a code that runs do not know": (
        Answer((), Usage(5, 0), "error", ("vector_store_timeout", "Late.")),
        {},
        "failed",
        {"last_error": ("server_error", "Late.")},
    ),
}


@pytest.mark.parametrize(("answer", "options", "status", "shown"), ENDS.values(), ids=ENDS)
def test_other_ends(scene_of, answer, options, status, shown):
    scene = scene_of(answer)
    run = scene.poll(**options)
    assert run.status == status
    assert (run.completed_at is not None) == (status == "incomplete")
    assert run.usage.prompt_tokens == answer.usage.input_tokens
    assert (run.incomplete_details and run.incomplete_details.reason) == shown.get("incomplete_details")
    assert (run.last_error and (run.last_error.code, run.last_error.message)) == shown.get("last_error")
    assert (run.failed_at is not None) == (status == "failed")
    messages = [row for row in scene.call("beta.threads.messages.list", scene.thread) if row.role == "assistant"]
    assert [(row.status, row.incomplete_details.reason) for row in messages] == (
        [shown["message"]] if "message" in shown else []
    )
    assert scene.call("beta.threads.messages.create", scene.thread, role="user", content="Next").role == "user"


ENDED = {"completed": said("Hi."), "failed": Answer((), Usage(1, 0), "error")}


@pytest.mark.parametrize(("status", "answer"), ENDED.items(), ids=ENDED)
def test_what_has_ended_cannot_be_cancelled_or_answered(scene_of, status, answer):
    scene = scene_of(answer)
    run = scene.poll()
    with pytest.raises(openai.BadRequestError, match=f"Cannot cancel run with status '{status}'."):
        scene.of(run, "cancel")
    with pytest.raises(openai.BadRequestError, match=f'Runs in status "{status}" do not accept tool outputs.'):
        scene.of(run, "submit_tool_outputs", tool_outputs=[])


def test_metadata_of_a_run_can_change(scene_of):
    scene = scene_of(said("Hi."))
    run = scene.poll()
    assert scene.of(run, "update", metadata={"k": "w"}).metadata == {"k": "w"}
    assert scene.of(run).metadata == {"k": "w"}


def test_runs_are_listed_newest_first(scene_of):
    scene = scene_of(said("Hi."))
    made = [scene.poll().id, scene.poll().id]
    assert [run.id for run in scene.call("beta.threads.runs.list", scene.thread)] == made[::-1]
    other = scene.call("beta.threads.create").id
    with pytest.raises(openai.NotFoundError, match="No run found with id"):
        scene.call("beta.threads.runs.retrieve", made[0], thread_id=other)


def test_polling_is_told_how_long_to_wait(scene_of):
    scene = scene_of(said("Hi."))
    client = scene.server.client()
    raw = client.beta.threads.runs.with_raw_response.create(scene.thread, assistant_id=scene.assistant)
    assert raw.headers["openai-poll-after-ms"] == "1"
    raw = client.beta.threads.runs.with_raw_response.retrieve(raw.parse().id, thread_id=scene.thread)
    assert raw.headers["openai-poll-after-ms"] == "1"


def test_a_deleted_thread_stops_its_run(scene_of):
    clock = ManualClock(hold=True)
    scene = scene_of(said("Hi."), clock=clock)
    scene.run()
    scene.call("beta.threads.delete", scene.thread)
    tick(scene.server, clock)
    world = scene.server.world
    wait_until(scene.server, lambda: not world.tasks)
    assert [world.store.table(name).all() for name in ("threads", "messages", "runs", "steps")] == [[], [], [], []]


def test_a_failed_create_and_run_leaves_no_thread(scene_of):
    scene = scene_of(said("Hi."))
    silent = scene.call("beta.assistants.create", model="gpt-4o").id
    before = len(scene.server.world.store.table("threads").all())
    with pytest.raises(openai.BadRequestError) as caught:
        scene.call("beta.threads.create_and_run", assistant_id=silent)
    assert caught.value.code == "invalid_thread"
    assert len(scene.server.world.store.table("threads").all()) == before


def test_create_and_run(scene_of):
    scene = scene_of(said("Hi."))
    thread = {"messages": [{"role": "user", "content": "First"}], "metadata": {"k": "v"}}
    run = scene.call("beta.threads.create_and_run_poll", assistant_id=scene.assistant, thread=thread)
    assert run.status == "completed"
    assert scene.call("beta.threads.retrieve", run.thread_id).metadata == {"k": "v"}


def test_a_defect_of_the_model_fails_the_run_and_is_kept():
    world = world_of(Play(ZeroDivisionError("oops")))
    server = world.__enter__()
    scene = Scene(server)
    run = scene.poll()
    assert (run.status, run.last_error.code) == ("failed", "server_error")
    assert [str(error) for error in server.failures] == ["oops"]
    with pytest.raises(AssertionError):
        world.__exit__(None, None, None)


def test_a_store_that_is_gone_fails_the_run(scene_of):
    scene = scene_of(said("Hi."))
    store = scene.call("vector_stores.create").id
    resources = {"file_search": {"vector_store_ids": [store]}}
    tools = [{"type": "file_search"}]
    scene.call("beta.assistants.update", scene.assistant, tools=tools, tool_resources=resources)
    scene.call("vector_stores.delete", store)
    run = scene.poll()
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")
    assert store in run.last_error.message


def test_threads_go_on_after_a_restart(tmp_path):
    state = tmp_path / "state.db"
    with world_of(Play(said("Hi.")), state=state) as server:
        scene = Scene(server)
        first = scene.poll()
    model = Play(said("Again."))
    with world_of(model, state=state) as server:
        client = server.client(_strict_response_validation=True)
        client.beta.threads.messages.create(scene.thread, role="user", content="Still there?")
        run = client.beta.threads.runs.create_and_poll(thread_id=scene.thread, assistant_id=scene.assistant)
        runs = client.beta.threads.runs.list(scene.thread)
        assert [row.id for row in runs] == [run.id, first.id]
    assert [turn.text for turn in model.prompts[0].history] == ["Hello", "Hi.", "Still there?"]


def test_outputs_can_be_given_after_a_restart(tmp_path):
    state = tmp_path / "state.db"
    with world_of(Play(called("get_weather")), state=state) as server:
        scene = Scene(server)
        run = scene.poll()
    with world_of(Play(said("Mild.")), state=state) as server:
        client = server.client()
        run = client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=scene.thread, tool_outputs=scene.answer(run)
        )
        assert (run.status, run.usage.total_tokens) == ("completed", 26)


class StuckClock(ManualClock):
    """Time stops for ever once an answer has begun to be written."""

    async def sleep(self, seconds):
        if seconds == 0:
            await asyncio.Event().wait()
        await super().sleep(seconds)


@pytest.mark.parametrize(
    "answer",
    [said("Lost and gone."), Answer((InterpreterCall("x", "1"), *called("get_weather").parts), Usage(9, 9))],
    ids=["in a message", "in a step"],
)
def test_what_was_being_written_is_written_anew(tmp_path, answer):
    state, clock = tmp_path / "state.db", StuckClock()
    with world_of(Play(answer), state=state, clock=clock) as server:
        scene = Scene(server)
        run = scene.run()
        steps = server.world.store.table("steps")
        wait_until(server, lambda: bool(steps.all()))
    with world_of(Play(said("Found.")), state=state) as server:
        client = server.client()
        run = client.beta.threads.runs.poll(run.id, thread_id=scene.thread)
        assert (run.status, run.usage.total_tokens) == ("completed", 10)
        rows = client.beta.threads.messages.list(scene.thread, order="asc")
        assert [row.content[0].text.value for row in rows] == ["Hello", "Found."]
        assert len(client.beta.threads.runs.steps.list(run.id, thread_id=scene.thread).data) == 1


@pytest.mark.parametrize("seconds", [0, 0.02], ids=["queued", "in progress"])
def test_a_run_that_was_at_work_is_taken_up_again(tmp_path, seconds):
    state, clock = tmp_path / "state.db", ManualClock(hold=True)
    with world_of(Play(said("Lost.")), state=state, clock=clock) as server:
        scene = Scene(server)
        run = scene.run()
        if seconds:
            tick(server, clock, seconds)
        scene.until(run, "in_progress" if seconds else "queued")
    with world_of(Play(said("Found.")), state=state) as server:
        client = server.client()
        with pytest.raises(openai.BadRequestError, match="already has an active run"):
            client.beta.threads.runs.create(scene.thread, assistant_id=scene.assistant)
        run = client.beta.threads.runs.poll(run.id, thread_id=scene.thread)
        assert run.status == "completed"
        rows = client.beta.threads.messages.list(scene.thread, order="asc")
        assert [row.content[0].text.value for row in rows] == ["Hello", "Found."]
