"""Faults: the language and its errors, the dice, and what each fault does to a client with and without a socket."""

from __future__ import annotations

import json
import socket
import time

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.errors import InputFileError, UsageError
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.faults import Fault, FaultPlan, read_faults

GOOD = {
    "429@POST /v1/responses:0.2,retry-after=1": Fault("429", "POST", "/v1/responses", 0.2, retry_after=1),
    "500@*": Fault("500"),
    "slow@GET *:0.1,seconds=2": Fault("slow", "GET", "*", 0.1, seconds=2),
    " cut-body @ * : 0.05 ": Fault("cut-body", "*", "*", 0.05),
    "cut-stream@/v1/threads/{id}/runs,times=1,skip=2,events=5": Fault(
        "cut-stream", path="/v1/threads/{id}/runs", times=1, skip=2, events=5
    ),
}


@pytest.mark.parametrize(("spec", "expected"), GOOD.items(), ids=GOOD)
def test_a_clause_is_read(spec, expected):
    assert read_faults(spec).faults == (expected,)


def test_clauses_are_separated_by_semicolons_and_lines():
    plan = read_faults("500@*;\n# not now: 503@*\n429@GET *; seed=7")
    assert ([fault.kind for fault in plan.faults], plan.seed) == (["500", "429"], 7)


@pytest.mark.parametrize(
    ("spec", "place", "problem"),
    [
        ("boom@*", "line 1, column 1", "unknown fault 'boom'"),
        ("500@*; 200@*", "line 1, column 8", "unknown fault '200'"),
        ("500@*\n  503@*:2", "line 2, column 9", "the rate is between 0 and 1, not 2"),
        ("500@*:often", "line 1, column 7", "rate must be a number"),
        ("500@PATCH /v1/files", "line 1, column 5", "unknown method 'PATCH'"),
        ("500@files", "line 1, column 5", "'files' is no route"),
        ("500@*,colour=red", "line 1, column 7", "unknown option 'colour'"),
        ("500@*:0.5, times=-1", "line 1, column 18", "times must be a whole number of at least 0, not '-1'"),
        ("seed=x", "line 1, column 6", "seed must be a whole number"),
        ("faults.txt", "line 1, column 1", "'faults.txt' has no '@' and is no file"),
        ("500@*:nan", "line 1, column 7", "rate must be a number"),
    ],
    ids=lambda value: value,
)
def test_a_wrong_clause_is_shown_with_line_and_column(spec, place, problem):
    with pytest.raises(UsageError) as caught:
        read_faults(spec)
    assert f"--faults, {place}: {problem}" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f.txt", "429@POST *:0.5,retry-after=2\nseed=3\n"),
        ("f.json", json.dumps({"seed": 3, "faults": ["429@POST *:0.5,retry-after=2"]})),
        ("f.yaml", "seed: 3\nfaults:\n  - {fault: 429, route: POST *, rate: 0.5, retry-after: 2}\n"),
    ],
)
def test_files_say_the_same(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    for source in (path, str(path)):
        plan = read_faults(source)
        assert (plan.faults, plan.seed) == ((Fault("429", "POST", "*", 0.5, retry_after=2),), 3)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("f.yaml", "seed: 3\nfaults:\n  - 500@*\n  - 700@*\n", ":4: faults[1]: unknown fault '700'"),
        ("f.json", '{\n  "seed": "x",\n  "faults": []\n}', ":2: seed: must be a whole number"),
        ("f.json", '{\n  "faults": [,]\n}', ":2: is not JSON"),
        ("f.yaml", "faults: [500@*\n", "is not YAML"),
        ("f.yaml", "- {route: '*'}\n", ":1: [0]: must have the key 'fault'"),
        ("f.yaml", "hello", "must be a list"),
        ("f.yaml", "- {fault: slow, speed: 2}", "[0].speed: is not a known key"),
    ],
    ids=lambda value: value[:20],
)
def test_a_wrong_file_is_shown_with_its_line(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputFileError) as caught:
        read_faults(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputFileError, match=r"nowhere\.yaml: cannot be read"):
        read_faults(str(tmp_path / "nowhere.yaml"))


@pytest.mark.parametrize(
    ("route", "method", "path", "expected"),
    [
        ("*", "GET", "/v1/files", True),
        ("GET *", "POST", "/v1/files", False),
        ("/v1/files", "POST", "/v1/files", True),
        ("/v1/files", "POST", "/v1/files/x", False),
        ("/v1/files*", "POST", "/v1/files/x/content", True),
        ("/v1/threads/{id}/runs", "POST", "/v1/threads/thread_a/runs", True),
        ("/v1/threads/{id}/runs", "POST", "/v1/threads/a/b/runs", False),
        ("/v1/f.les", "POST", "/v1/files", False),
    ],
)
def test_routes(route, method, path, expected):
    [fault] = read_faults(f"500@{route}").faults
    assert fault.concerns(method, path) is expected


@given(st.integers(0, 100), st.floats(0, 1))
def test_dice_repeat_and_do_not_depend_on_later_clauses(seed, rate):
    def rolls(plan: FaultPlan, kind: str) -> list[bool]:
        return [any(fault.kind == kind for fault in plan.strike("GET", "/x")) for _ in range(20)]

    wanted = Fault("500", rate=rate)
    alone = rolls(FaultPlan((wanted,), seed), "500")
    assert alone == rolls(FaultPlan((wanted, Fault("503", rate=0.5)), seed), "500")


def test_times_and_skip_count_requests():
    plan = read_faults("500@*,skip=1,times=2")
    assert [bool(plan.strike("GET", "/x")) for _ in range(5)] == [False, True, True, False, False]


@pytest.fixture(params=[True, False], ids=["in process", "socket"])
def in_process(request) -> bool:
    return request.param


def test_statuses_reach_the_client(in_process):
    spec = "429@/v1/models,retry-after=7,times=1; 429@/v1/models,times=1; 500@/v1/files; 503@/v1/vector_stores"
    with sandbox(faults=spec, in_process=in_process) as server:
        client = server.client(max_retries=0)
        for expected in ("7", None):
            with pytest.raises(openai.RateLimitError) as limited:
                client.models.list()
            assert limited.value.response.headers.get("retry-after") == expected
            assert limited.value.code == "rate_limit_exceeded"
        assert client.models.list().data
        with pytest.raises(openai.InternalServerError) as failed:
            client.files.create(file=("a.txt", b"a" * 100_000), purpose="user_data")
        assert (failed.value.status_code, failed.value.type) == (500, "server_error")
        with pytest.raises(openai.InternalServerError) as busy:
            client.vector_stores.create(name="x")
        assert busy.value.status_code == 503
        assert [entry.status for entry in server.requests] == [429, 429, 200, 500, 503]


def test_the_sdk_retries_over_faults(in_process):
    with sandbox(faults="429@*,times=1,retry-after=0; cut-body@*,skip=0,times=1", in_process=in_process) as server:
        assert server.client(max_retries=3).models.list().data
        assert [entry.status for entry in server.requests] == [429, 200, 200]


def test_slow_answers_time_out_or_arrive_late(in_process):
    with sandbox(faults="slow@*,seconds=0.2", in_process=in_process) as server:
        with pytest.raises(openai.APITimeoutError):
            server.client(max_retries=0, timeout=0.02).models.list()
        started = time.monotonic()
        assert server.client(max_retries=0).models.list().data
        assert time.monotonic() - started >= 0.2


def test_a_body_is_cut_in_the_middle(in_process):
    with sandbox(faults="cut-body@*", in_process=in_process) as server:
        with pytest.raises(openai.APIConnectionError):
            server.client(max_retries=0).models.list()
        assert server.failures == []


def test_a_stream_is_cut_after_some_events(in_process):
    with sandbox(faults="cut-stream@*,events=2", in_process=in_process, script=["one two three four"]) as server:
        client = server.client(max_retries=0)
        seen = []
        with pytest.raises(Exception, match=r"Connection error|peer closed"):
            seen.extend(event.type for event in client.responses.create(model="gpt-4o", input="hi", stream=True))
        assert seen == ["response.created", "response.in_progress"]
        assert server.failures == []


def test_a_cut_of_streams_leaves_bodies_alone(in_process):
    with sandbox(faults="cut-stream@*", in_process=in_process) as server:
        assert server.client(max_retries=0).models.list().data


async def test_cuts_reach_the_async_client(in_process):
    with sandbox(faults="cut-body@/v1/models; slow@/v1/files,seconds=1", in_process=in_process) as server:
        async with server.async_client(max_retries=0, timeout=0.05) as client:
            with pytest.raises(openai.APIConnectionError):
                await client.models.list()
            with pytest.raises(openai.APITimeoutError):
                await client.files.list()


def test_a_client_that_goes_away_is_no_failure_of_the_sandbox():
    with sandbox() as server:
        host, port = server.url.removeprefix("http://").removesuffix("/v1").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /v1/conversations HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\n{")
        while not server.requests:
            server.client().models.list()
        server.client().models.list()
        assert server.failures == []
