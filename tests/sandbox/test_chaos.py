"""A thousand random sequences of operations on both wires never lead to a 500."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from assist2resp.sandbox.app import Settings, World, create_app
from assist2resp.sandbox.clock import ManualClock
from recordings.routes import ROUTES
from tests.sandbox.chaos import BODIES, OLD_TOOLS, Guess

SEQUENCES = 1000
SHARDS = 4
STEPS = 12
KINDS = {
    "thread.run": "run",
    "thread.message": "message",
    "thread.run.step": "step",
    "vector_store.file": "stored",
    "vector_store.files_batch": "batch",
    "vector_store.file_batch": "batch",
    "container.file": "container_file",
}
DELETED = ("assistant", "thread", "message", "response", "conversation", "item", "container", "file", "vector_store")
UNREADABLE = re.compile(
    r"(^/threads|^/conversations|^/responses|/(runs|compact|input_tokens|cancel|search|file_batches))$"
)
OPERATIONS = [
    *[("GET", template) for template in ROUTES if not UNREADABLE.search(template)],
    ("GET", "/threads/{thread}/runs"),
    *[("POST", template) for template in BODIES],
    *[("DELETE", template) for template in ROUTES if template.endswith(tuple(f"{{{kind}}}" for kind in DELETED))],
]
PARAMETERS = set(re.findall(r"{(\w+)}", " ".join(ROUTES)))
STARTING: list[tuple[str, dict[str, Any]]] = [
    ("/assistants", {"model": "gpt-4o", "instructions": "Be brief.", "tools": OLD_TOOLS[:4]}),
    ("/threads", {"messages": [{"role": "user", "content": "What is the weather in Paris?"}]}),
    ("/conversations", {"items": [{"role": "user", "content": "Hello"}]}),
    ("/containers", {"name": "c"}),
]
TALKING = [
    ("POST", "/responses"),
    ("POST", "/threads/{thread}/runs"),
    ("GET", "/threads/{thread}/runs/{run}"),
    ("POST", "/threads/{thread}/messages"),
    ("POST", "/responses"),
]


class Chaos(RuleBasedStateMachine):
    """One sandbox, random requests of known and unknown objects, and time that passes now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock(hold=True)
        self.world = World(settings=Settings(), clock=self.clock)
        self.app = create_app(self.world)
        self.ids: dict[str, list[str]] = {"model": ["gpt-4o"]}
        self.waiting: list[tuple[str, list[str]]] = []
        """Runs and responses that wait for the outputs of calls: their path, and the calls."""

    def teardown(self) -> None:
        self.loop.run_until_complete(self.world.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()

    @initialize()
    def begin(self) -> None:
        """Make one object of most kinds."""
        self._ask("POST", "/files", *_form("assistants", "notes.txt", "Refunds within thirty days.\n" * 40))
        for template, body in [*STARTING, ("/vector_stores", {"file_ids": self.ids["file"]})]:
            self._ask("POST", template, "application/json", json.dumps(body).encode())

    @rule(data=st.data())
    def call(self, data: st.DataObject) -> None:
        """Send one request, most often about objects that there are."""
        guess = Guess(data.draw, self.ids)
        possible = [row for row in OPERATIONS if all(f"/{{{kind}}}" not in row[1] for kind in self._unknown())]
        talking = [row for row in TALKING if row in possible]
        method, template = guess.one(guess.one([talking, possible]), OPERATIONS)
        path = template.format_map(_Ids(guess)) + (guess.query() if method == "GET" else "")
        kind, body = _body(guess, BODIES.get(template, "nothing") if method == "POST" else "nothing")
        self._ask(method, path, kind, body)

    @rule(data=st.data())
    @precondition(lambda self: self.waiting)
    def answer(self, data: st.DataObject) -> None:
        """Give the outputs that a run or a response waits for, most often all of them."""
        guess = Guess(data.draw, self.ids)
        path, calls = guess.one(self.waiting)
        given = guess.one([calls], [calls[:-1], [*calls, "missing"], calls * 2])
        if "/runs/" in path:
            outputs: Any = [{"tool_call_id": call, "output": guess.text()} for call in given]
            body = {"tool_outputs": outputs, "stream": guess.one([True, False])}
        else:
            outputs = [{"type": "function_call_output", "call_id": call, "output": guess.text()} for call in given]
            body = {**guess.response(), "previous_response_id": path.rsplit("/", 1)[1], "input": outputs}
            path = "/responses"
        self._ask("POST", path, "application/json", json.dumps(body).encode())

    def _ask(self, method: str, path: str, kind: str, body: bytes) -> None:
        self.loop.run_until_complete(self._send(method, "/v1" + path, kind, body))

    def _unknown(self) -> set[str]:
        return PARAMETERS - self.ids.keys()

    @rule(seconds=st.sampled_from([0.02, 0.02, 0.1, 700.0, 100_000.0]))
    @precondition(lambda self: self.world.tasks)
    def wait(self, seconds: float) -> None:
        self.loop.run_until_complete(self._pass(seconds))

    async def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for _ in range(10):
            await asyncio.sleep(0)
        self._raise()

    def _raise(self) -> None:
        """Fail with the first exception that nobody expected inside the sandbox."""
        for error in self.world.failures:
            raise error

    async def _send(self, method: str, path: str, kind: str, body: bytes) -> None:
        answer: list[Any] = []
        left = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            return left.pop() if left else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            answer.append(message)

        request = self.loop.create_task(self.app(_scope(method, path, kind), receive, send))
        for _ in range(2_000):
            for _ in range(10):
                await asyncio.sleep(0)
            if request.done():
                break
            self.clock.advance(0.02)
        await request
        self._judge(method, path, answer)

    def _judge(self, method: str, path: str, answer: list[Any]) -> None:
        self._raise()
        status = answer[0]["status"]
        assert status < 500
        headers = {name.decode(): value.decode() for name, value in answer[0]["headers"]}
        text = b"".join(message.get("body", b"") for message in answer[1:])
        if headers.get("content-type", "").startswith("application/json"):
            value = json.loads(text)
            assert status < 400 or set(value["error"]) == {"message", "type", "param", "code"}
            self._learn(value)
        elif headers.get("content-type", "").startswith("text/event-stream"):
            for line in text.decode().splitlines():
                if line.startswith("data: {"):
                    self._learn(json.loads(line[6:]))
        else:
            assert "content" in path or status == 204, (method, path, headers)

    def _learn(self, value: Any) -> None:
        if isinstance(value, list):
            for inner in value:
                self._learn(inner)
        elif isinstance(value, dict):
            if isinstance(found := value.get("id"), str):
                shown = str(value.get("object") or ("item" if value.get("status") else "call"))
                self._know(KINDS.get(shown, shown), found)
            if isinstance(call := value.get("call_id"), str):
                self._know("call", call)
            self._wait_for(value)
            for inner in value.values():
                self._learn(inner)

    def _wait_for(self, value: dict[str, Any]) -> None:
        calls: list[str] = []
        path = f"/responses/{value.get('id')}"
        if isinstance(action := value.get("required_action"), dict):
            calls = [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]]
            path = f"/threads/{value['thread_id']}/runs/{value['id']}/submit_tool_outputs"
        elif value.get("object") == "response" and value.get("status") == "completed":
            calls = [item["call_id"] for item in value["output"] if item["type"] == "function_call"]
        if calls and (path, calls) not in self.waiting:
            self.waiting.append((path, calls))

    def _know(self, kind: str, object_id: str) -> None:
        known = self.ids.setdefault(kind, [])
        if object_id not in known:
            known.append(object_id)


class _Ids(dict[str, str]):
    """The ids of a path, drawn when the template asks for them."""

    def __init__(self, guess: Guess) -> None:
        super().__init__()
        self._guess = guess

    def __missing__(self, kind: str) -> str:
        return self._guess.id(kind)


def _body(guess: Guess, made_by: str) -> tuple[str, bytes]:
    if made_by == "nothing":
        return "", b""
    if made_by == "file":
        purpose = guess.one(["assistants", "user_data"], ["vision", "batch", "nope"])
        content = guess.one(["Refunds within thirty days.\n" * 40], ["", "\u0000"])
        name = guess.one(["notes.txt", "notes.md"], ["a.csv", "a.png", "a.exe", ""])
        return _form(purpose, name, content)
    if guess.rarely(60):
        return "application/json", guess.one([b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"null"])
    return "application/json", json.dumps(getattr(guess, made_by)()).encode()


def _form(purpose: str, name: str, content: str) -> tuple[str, bytes]:
    parts = f'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n--b\r\n'
    file = f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{content}\r\n--b--\r\n'
    return "multipart/form-data; boundary=b", (parts + file).encode()


def _scope(method: str, path: str, kind: str) -> dict[str, Any]:
    bare, _, query = path.partition("?")
    headers = [(b"authorization", b"Bearer sk"), (b"openai-beta", b"assistants=v2"), (b"content-type", kind.encode())]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": bare,
        "raw_path": bare.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": ("sandbox", 80),
    }


@pytest.mark.parametrize("shard", range(SHARDS))
def test_no_sequence_leads_to_a_500(shard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    machine = seed(shard)(type("Chaos", (Chaos,), {}))
    teardown = Chaos.teardown
    monkeypatch.setattr(Chaos, "teardown", lambda self: (teardown(self), ended.append(1)))
    profile = settings(
        max_examples=SEQUENCES // SHARDS,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=profile)
    assert len(ended) >= SEQUENCES // SHARDS


def test_a_500_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_prompt: Any) -> Any:
        raise ZeroDivisionError

    machine = Chaos()
    machine.world.model = broken
    try:
        body = json.dumps({"model": "gpt-4o", "input": "Hello"}).encode()
        with pytest.raises(ZeroDivisionError):
            machine.loop.run_until_complete(machine._send("POST", "/v1/responses", "application/json", body))
    finally:
        machine.teardown()
