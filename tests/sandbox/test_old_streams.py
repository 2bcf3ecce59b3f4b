"""Streams of runs: the order of their events, what their deltas add up to, and the SDK's own handlers over them."""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path

import openai
import pytest
import yaml
from openai import AssistantEventHandler

from assist2resp.sandbox import model, runs
from assist2resp.sandbox.clock import ManualClock
from assist2resp.sandbox.prompt import Answer, InterpreterCall, Refusal, SearchCall, Usage
from assist2resp.sandbox.wire import WireError
from tests.sandbox.old_scene import WEATHER, Caller, Play, called, said, tick, wait_until, world_of

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
RECORDED = Path(__file__).parents[2] / "../shared/corpus/cassettes/traceloop__openllmetry"

STARTED = "run.created run.queued run.in_progress"
STEP = "run.step.created run.step.in_progress"
MESSAGE = f"{STEP} message.created message.in_progress message.delta"
SPOKEN = f"{MESSAGE} message.completed run.step.completed"
HOSTED = f"{STEP} run.step.delta run.step.completed"
PNG = b"\x89PNG\r\n\x1a\n"

ORDERS = {
    "words": (said("Hi there."), f"{STARTED} {SPOKEN} run.completed done"),
    "functions": (called("get_weather"), f"{STARTED} {STEP} run.step.delta run.requires_action done"),
    "interpreter, then words": (
        Answer((InterpreterCall("print(1)", "1", PNG), *said("One.").parts), Usage(1, 1)),
        f"{STARTED} {HOSTED} {SPOKEN} run.completed done",
    ),
    "search, then a function": (
        Answer((SearchCall(("a",), ()), *called("get_weather").parts), Usage(1, 1)),
        f"{STARTED} {HOSTED} {STEP} run.step.delta run.requires_action done",
    ),
    "refusal": (Answer((Refusal("I will not."),), Usage(1, 1)), f"{STARTED} {SPOKEN} run.completed done"),
    "cut": (
        said("Half", stop="length"),
        f"{STARTED} {MESSAGE} message.incomplete run.step.completed run.incomplete done",
    ),
    "failed": (Answer((), Usage(1, 0), "error"), f"{STARTED} run.failed done"),
    "nothing at all": (Answer((), Usage(1, 0)), f"{STARTED} run.completed done"),
}


class Scene:
    """An assistant, a thread, and streams read as pairs of name and data."""

    def __init__(self, server):
        self.server = server
        self.client = server.client(_strict_response_validation=True)
        self.assistant = self.client.beta.assistants.create(model="gpt-4o", instructions="Help.", tools=[WEATHER]).id
        self.thread = self.client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}]).id
        self.http = openai.DefaultHttpxClient(
            transport=server.transport(),
            base_url="http://sandbox.invalid/v1",
            headers={"authorization": "Bearer sk", "openai-beta": "assistants=v2"},
        )

    def lines(self, path, body):
        """The events of a POST as pairs of name and data."""
        with self.http.stream("POST", path, json={**body, "stream": True}) as response:
            assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
            text = response.read().decode()
        pairs = []
        for block in text.split("\n\n")[:-1]:
            event, data = block.split("\n")
            value = data.removeprefix("data: ")
            pairs.append((event.removeprefix("event: "), value if value == "[DONE]" else json.loads(value)))
        return pairs

    def run(self):
        return self.lines(f"/threads/{self.thread}/runs", {"assistant_id": self.assistant})


def order(pairs):
    """The names without their common beginning, each run of deltas once."""
    names = [name.removeprefix("thread.") for name, _ in pairs]
    return " ".join(name for name, group in itertools.groupby(names) for _ in ([0] if "delta" in name else group))


@pytest.fixture
def scene_of():
    opened = []

    def make(*answers, **options):
        world = world_of(Play(*answers), **options)
        scene = Scene(world.__enter__())
        opened.append((scene, world))
        return scene

    yield make
    for scene, world in opened:
        scene.http.close()
        world.__exit__(None, None, None)


@pytest.mark.parametrize(("answer", "expected"), ORDERS.values(), ids=ORDERS)
def test_the_order_of_events(scene_of, answer, expected):
    scene = scene_of(answer)
    assert order(scene.run()) == expected
    thread = {"messages": [{"role": "user", "content": "Hello"}]}
    made = scene.lines("/threads/runs", {"assistant_id": scene.assistant, "thread": thread})
    assert order(made) == f"created {expected}"


def test_outputs_go_on_in_a_stream_of_their_own(scene_of):
    scene = scene_of(called("get_weather"), said("Mild."))
    run = scene.run()[-2][1]
    call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
    outputs = {"tool_outputs": [{"tool_call_id": call, "output": "21"}]}
    pairs = scene.lines(f"/threads/{scene.thread}/runs/{run['id']}/submit_tool_outputs", outputs)
    assert order(pairs) == f"run.step.completed run.queued run.in_progress {SPOKEN} run.completed done"
    assert pairs[0][1]["step_details"]["tool_calls"][0]["function"]["output"] == "21"
    assert pairs[1][1]["required_action"] is None


def recorded_streams():
    """The bodies of recorded streams of runs, by file."""
    found = {}
    for path in sorted(RECORDED.glob("*streaming*.yaml")):
        for exchange in yaml.load(path.read_bytes(), yaml.CSafeLoader)["interactions"]:
            body = exchange["response"]["body"].get("string") or ""
            if isinstance(body, str) and body.startswith("event: thread."):
                found[path.name] = body
    return found


@pytest.mark.skipif(not RECORDED.exists(), reason="the recorded traffic is not beside this repository")
def test_recorded_streams_have_the_same_events_and_keys(scene_of):
    recordings = recorded_streams()
    assert recordings
    interpreted = Answer((InterpreterCall("x = 1", ""), *said("One.").parts), Usage(1, 1))
    pairs = scene_of(interpreted).run()
    ours = {name: set(data) for name, data in pairs if name != "done"}
    for body in recordings.values():
        blocks = [block.split("\n") for block in body.strip().split("\n\n")]
        recorded = [(lines[0].removeprefix("event: "), lines[1].removeprefix("data: ")) for lines in blocks]
        assert order(recorded) == order(pairs)
        assert {name: set(json.loads(data)) for name, data in recorded if name != "done"} == ours


def test_deltas_add_up_to_the_message(scene_of):
    scene = scene_of(Answer((InterpreterCall("draw()", "", PNG), *said("Half and half.").parts), Usage(1, 1)))
    pairs = scene.run()
    deltas = [data["delta"]["content"][0] for name, data in pairs if name == "thread.message.delta"]
    message = next(data for name, data in pairs if name == "thread.message.completed")
    assert [delta["index"] for delta in deltas] == [0, 1, 1]
    assert {key: deltas[0][key] for key in ("type", "image_file")} == message["content"][0]
    assert "".join(delta["text"]["value"] for delta in deltas[1:]) == message["content"][1]["text"]["value"]
    assert [("annotations" in delta["text"]) for delta in deltas[1:]] == [True, False]


class Listener(AssistantEventHandler):
    """Notes what the SDK's handler makes of the stream."""

    def __init__(self):
        super().__init__()
        self.noted = []

    def on_text_done(self, text):
        self.noted.append(("text", text.value, [note.text for note in text.annotations]))

    def on_tool_call_done(self, tool_call):
        self.noted.append(("call", tool_call.type))

    def on_image_file_done(self, image_file):
        self.noted.append(("image", image_file.file_id[:5]))

    def on_end(self):
        self.noted.append(("end", self.current_run.status))


def test_the_handler_of_the_sdk(scene_of):
    scene = scene_of()
    notes = scene.client.files.create(file=("notes.txt", b"Refunds take thirty days."), purpose="assistants").id
    resources = {"file_search": {"vector_stores": [{"file_ids": [notes]}]}}
    tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
    assistant = scene.client.beta.assistants.create(model="gpt-4o", tools=tools, tool_resources=resources).id
    scene.server.world.model = model.answer
    scene.client.beta.threads.messages.create(scene.thread, role="user", content="Plot how long refunds take")
    listener = Listener()
    with scene.client.beta.threads.runs.stream(
        thread_id=scene.thread, assistant_id=assistant, event_handler=listener
    ) as stream:
        stream.until_done()
    kinds = [entry[:2] if entry[0] == "call" else entry[0] for entry in listener.noted]
    assert list(dict.fromkeys(kinds)) == [("call", "file_search"), ("call", "code_interpreter"), "image", "text", "end"]
    _, text, markers = next(entry for entry in listener.noted if entry[0] == "text")
    assert markers == ["【4:0†notes.txt】"]
    assert markers[0] in text
    assert listener.noted[-1] == ("end", "completed")


def test_cancelling_ends_a_stream(scene_of):
    clock = ManualClock(hold=True)
    scene = scene_of(said("Hi."), clock=clock)
    with scene.client.beta.threads.runs.create(scene.thread, assistant_id=scene.assistant, stream=True) as stream:
        names = [next(stream).event, next(stream).event]
        run = scene.client.beta.threads.runs.list(scene.thread).data[0]
        scene.client.beta.threads.runs.cancel(run.id, thread_id=scene.thread)
        names.append(next(stream).event)
        tick(scene.server, clock)
        tick(scene.server, clock)
        names += [event.event for event in stream]
    assert names == ["thread.run.created", "thread.run.queued", "thread.run.cancelling", "thread.run.cancelled"]


class CancellingClock(ManualClock):
    """Cancels the run when its first message has begun to stream."""

    world = None

    async def sleep(self, seconds):
        messages = self.world.store.table("messages").all()
        run = next(iter(self.world.store.table("runs").all()), None)
        if messages[-1].body["content"] and messages[-1].body["status"] == "in_progress" and run.body["started_at"]:
            with contextlib.suppress(WireError):
                runs.cancel(self.world, run)
        await super().sleep(0)


def test_a_message_that_was_being_written_stays_incomplete(scene_of):
    clock = CancellingClock()
    scene = scene_of(said("One two"), clock=clock)
    clock.world = scene.server.world
    pairs = scene.run()
    assert order(pairs).endswith(
        "message.delta run.cancelling message.incomplete run.step.cancelled run.cancelled done"
    )
    message = scene.client.beta.threads.messages.list(scene.thread).data[0]
    assert (message.status, message.incomplete_details.reason) == ("incomplete", "run_cancelled")
    assert message.content[0].text.value == "One"


def test_a_client_that_leaves_does_not_stop_the_run(scene_of):
    clock = ManualClock(hold=True)
    scene = scene_of(said("Hi."), clock=clock)
    with scene.client.beta.threads.runs.create(scene.thread, assistant_id=scene.assistant, stream=True) as stream:
        run = next(stream).data
    tick(scene.server, clock)
    tick(scene.server, clock)
    wait_until(scene.server, lambda: not scene.server.world.tasks)
    assert scene.client.beta.threads.runs.retrieve(run.id, thread_id=scene.thread).status == "completed"
    assert not scene.server.world.listeners


def test_streams_of_the_async_sdk():
    with world_of(Play(called("get_weather"), said("Mild."))) as server:
        scene = Scene(server)
        caller = Caller(server, "async")
        events = caller("beta.threads.runs.create", scene.thread, assistant_id=scene.assistant, stream=True)
        run = events[-1].data
        assert (events[-1].event, run.status) == ("thread.run.requires_action", "requires_action")
        outputs = [{"tool_call_id": run.required_action.submit_tool_outputs.tool_calls[0].id, "output": "21"}]
        events = caller(
            "beta.threads.runs.submit_tool_outputs",
            run.id,
            thread_id=scene.thread,
            tool_outputs=outputs,
            stream=True,
        )
        assert events[-1].event == "thread.run.completed"
        caller.close()
        scene.http.close()


def test_search_results_come_without_their_text_unless_asked_for():
    with world_of() as server:
        scene = Scene(server)
        notes = scene.client.files.create(file=("notes.txt", b"Refunds take thirty days."), purpose="assistants").id
        resources = {"file_search": {"vector_stores": [{"file_ids": [notes]}]}}
        tools = [{"type": "file_search"}]
        assistant = scene.client.beta.assistants.create(model="gpt-4o", tools=tools, tool_resources=resources).id
        run = scene.client.beta.threads.runs.create_and_poll(thread_id=scene.thread, assistant_id=assistant)
        steps = scene.client.beta.threads.runs.steps
        bare = steps.list(run.id, thread_id=scene.thread, order="asc").data[0]
        assert bare.step_details.tool_calls[0].file_search.results[0].content is None
        content = "step_details.tool_calls[*].file_search.results[*].content"
        full = steps.retrieve(bare.id, thread_id=scene.thread, run_id=run.id, include=[content])
        assert full.step_details.tool_calls[0].file_search.results[0].content[0].text == "Refunds take thirty days."
        with pytest.raises(openai.BadRequestError, match="Invalid value: 'more'"):
            steps.list(run.id, thread_id=scene.thread, include=["more"])
        with pytest.raises(openai.NotFoundError, match="No run step found with id 'step_x'"):
            steps.retrieve("step_x", thread_id=scene.thread, run_id=run.id)
        scene.http.close()
