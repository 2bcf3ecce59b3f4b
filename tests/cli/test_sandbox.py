"""`assist2resp sandbox` as a process: ready, interrupted, and every kind of bad input."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import openai
import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")
COMMAND = [sys.executable, "-m", "assist2resp", "sandbox"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def refused(*arguments: str) -> str:
    """The one sentence on stderr of a command that must be refused."""
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("assist2resp: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_stopped(ending):
    with running("--sunset", "--today", "2026-11-30") as (process, url):
        with openai.OpenAI(base_url=url, api_key="any", max_retries=0) as client:
            assert client.vector_stores.create(name="n").name == "n"
            with pytest.raises(openai.NotFoundError):
                client.beta.threads.create()
        process.send_signal(ending)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out) == (0, "")
        assert "Traceback" not in err
        assert err.splitlines()[-1] == "assist2resp: stopped."


def test_state_seed_script_and_faults_work_together(tmp_path):
    (tmp_path / "seed.yaml").write_text("threads: [{id: thread_a}]\nassistants: [{id: asst_a, model: gpt-4o}]\n")
    (tmp_path / "script.yaml").write_text("- As scripted.\n")
    (tmp_path / "faults.txt").write_text("429@POST /v1/threads/{id}/messages,times=1,retry-after=0\n")
    options = ["--state", tmp_path / "s.sqlite", "--seed", tmp_path / "seed.yaml", "--script", tmp_path / "script.yaml"]
    with running(*map(str, options), "--faults", str(tmp_path / "faults.txt")) as (process, url):
        with openai.OpenAI(base_url=url, api_key="any") as client:
            client.beta.threads.messages.create("thread_a", role="user", content="Hello")
            run = client.beta.threads.runs.create_and_poll(thread_id="thread_a", assistant_id="asst_a")
            assert run.status == "completed"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    with running("--state", str(tmp_path / "s.sqlite")) as (_, url), openai.OpenAI(base_url=url, api_key="a") as client:
        newest, oldest = client.beta.threads.messages.list("thread_a").data
        assert (newest.content[0].text.value, oldest.content[0].text.value) == ("As scripted.", "Hello")


def test_a_killed_sandbox_loses_nothing_it_acknowledged(tmp_path):
    state = str(tmp_path / "s.sqlite")
    with running("--state", state) as (process, url), openai.OpenAI(base_url=url, api_key="any") as client:
        made = [client.vector_stores.create(name=str(n)).id for n in range(5)]
        process.kill()
    with running("--state", state) as (_, url), openai.OpenAI(base_url=url, api_key="any") as client:
        assert [store.id for store in client.vector_stores.list(order="asc")] == made


def test_a_port_in_use():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert "choose another --port, or 0 for a free one" in refused("--port", str(port))


def test_an_unknown_host():
    assert "no.such.host.invalid" in refused("--host", "no.such.host.invalid")


@pytest.mark.parametrize(
    ("option", "name", "text", "message"),
    [
        ("--seed", "seed.yaml", None, "seed.yaml: cannot be read (No such file or directory)"),
        ("--seed", "seed.yaml", "threads: [\n", "seed.yaml:2: is not YAML"),
        ("--seed", "seed.json", '{"threads": [}', "seed.json:1: is not JSON"),
        ("--seed", "seed.yaml", "threads:\n  - id: x\n", "seed.yaml:2: threads[0].id: 'x' does not begin with"),
        ("--seed", "seed.yaml", "assistants:\n  - model: 1\n", "seed.yaml:2: assistants[0]: is refused: "),
        ("--script", "script.yaml", None, "script.yaml: cannot be read"),
        ("--script", "script.yaml", "- answer: {say: x}\n", "script.yaml:1: [0].answer: must be"),
        ("--faults", "faults.yaml", None, "faults.yaml: cannot be read"),
        ("--faults", "faults.txt", "500@*\nboom@*\n", "faults.txt, line 2, column 1: unknown fault 'boom'"),
        (
            "--state",
            "state.sqlite",
            "This is no database, but long enough to tell. " * 20,
            "state.sqlite: cannot be used",
        ),
    ],
    ids=lambda value: str(value)[:16],
)
def test_a_wrong_file(tmp_path, option, name, text, message):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    before = {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()}
    assert message in refused(option, str(path))
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == before


def test_a_refused_seed_leaves_no_state(tmp_path):
    (tmp_path / "seed.yaml").write_text("threads: [{id: thread_a}]\nassistants:\n  - {id: asst_a}\n")
    message = refused("--state", str(tmp_path / "state.sqlite"), "--seed", str(tmp_path / "seed.yaml"))
    assert "seed.yaml:3: assistants[0]: is refused: Missing required parameter: 'model'." in message
    with (
        running("--state", str(tmp_path / "state.sqlite")) as (_, url),
        openai.OpenAI(base_url=url, api_key="a") as client,
        pytest.raises(openai.NotFoundError),
    ):
        client.beta.threads.retrieve("thread_a")


def test_a_state_in_a_folder_that_is_not_there(tmp_path):
    assert "cannot be opened" in refused("--state", str(tmp_path / "none" / "state.sqlite"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is where even root cannot write")
def test_a_state_in_a_folder_that_cannot_be_written():
    assert "/proc/state.sqlite: cannot be opened" in refused("--state", "/proc/state.sqlite")


def test_a_state_that_another_sandbox_uses(tmp_path):
    state = str(tmp_path / "state.sqlite")
    with running("--state", state) as (_, url):
        assert url.startswith("http://127.0.0.1:")
        assert "Another sandbox is using it" in refused("--state", state)


def test_a_missing_extra(tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['starlette'] = None\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 2
    assert done.stderr == "assist2resp: The sandbox needs the extra 'sandbox': pip install 'assist2resp[sandbox]'\n"


@pytest.mark.parametrize("arguments", [["--port", "65536"], ["--today", "soon"], ["--colour"]])
def test_wrong_options(arguments):
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Usage: assist2resp sandbox" in done.stderr or "Error: " in done.stderr
