"""`assist2resp replay` as a process: what it prints, its exit codes, what it never shows, and what stops it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assist2resp.cli import main
from assist2resp.sandbox import sandbox
from tests.replay.conftest import archive, state, world  # noqa: F401 - fixtures
from tests.replay.scenes import KEY, new_world

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "cassettes"


def environment(server=None, **more):
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url} if server else {}
    return {**kept, **given, **more}


def run(*arguments, server=None, cwd=None, **more):
    command = [sys.executable, "-m", "assist2resp", "replay", *map(str, arguments)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, cwd=cwd, env=environment(server, **more), check=False
    )
    assert "Traceback" not in done.stderr
    assert KEY[3:] not in done.stdout + done.stderr
    return done


def test_record_then_offline_without_a_key(archive, state, tmp_path):  # noqa: F811
    with new_world(state) as server:
        first = run(
            archive,
            "--out",
            tmp_path / "a.json",
            "--cassettes",
            tmp_path / "tapes",
            "--record",
            "--repeats",
            "2",
            server=server,
        )
    assert (first.returncode, first.stderr.count("cases, 2 answers each")) == (0, 1)
    assert "tool_calls" in first.stdout
    second = run(
        archive, "--out", tmp_path / "b.json", "--cassettes", tmp_path / "tapes", "--repeats", "2", "--format", "json"
    )
    assert second.returncode == 0
    assert "at no cost" in second.stderr
    assert json.loads(second.stdout)["complete"] is True
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert not any(
        KEY[3:] in path.read_text() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".sqlite"
    )


@pytest.fixture
def here(tmp_path, monkeypatch, capfd):
    """The command in this process, in the test's folder."""

    def ran(*arguments, server=None):
        given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url} if server else {}
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["assist2resp", "replay", *map(str, arguments)])
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        assert KEY[3:] not in said.out + said.err
        return subprocess.CompletedProcess(arguments, ended.value.code, said.out, said.err)

    before = signal.getsignal(signal.SIGTERM)
    yield ran
    signal.signal(signal.SIGTERM, before)


def test_a_condition_fails_the_run_and_failures_outrank_it(archive, state, here):  # noqa: F811
    script = [
        {"when": {"contains": "order 1"}, "times": "always", "answer": {"error": "invalid_prompt", "message": "No."}},
        {"when": {"contains": "order"}, "times": "always", "answer": "Nobody knows."},
    ]
    with new_world(state, script=script) as server:
        failed = here(archive, "--out", "a.json", "--fail-on", "tool_calls<0.98", server=server)
    with new_world(state, script=script[1:]) as server:
        gated = here(archive, "--out", "b.json", "--fail-on", "tool_calls<0.98", server=server)
        against = here(archive, "--out", "c.json", "--against", "b.json", "--fail-on", "worse:any", server=server)
    assert (failed.returncode, gated.returncode, against.returncode) == (3, 1, 0)
    assert "FAILED: tool_calls<0.98: tool_calls is " in gated.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.yaml"], "none.yaml: does not exist."),
        (["."], "is no archive: it has no manifest.json."),
        (
            ["cases.yaml", "--fail-on", "worse:tokns"],
            "--fail-on 'worse:tokns', position 7: there is no metric 'tokns'; did you mean tokens?",
        ),
        (["cases.yaml", "--metrics", "tokns"], "there is no metric 'tokns'; did you mean tokens?"),
        (["cases.yaml"], "replay needs an API key; set OPENAI_API_KEY"),
        (["cases.yaml", "--cassettes", "tapes"], "tapes: holds no cassette."),
        (["cases.yaml", "--margin", "tokens"], "--margin tokens: write METRIC=VALUE"),
        (["cases.yaml", "--budget", "1", "--model", "gpt-4o=mine"], "--budget needs the price of mine"),
        (["cases.yaml", "--prices", "cases.yaml"], "cases.yaml: is no table of prices"),
        (["cases.yaml", "--known", "none.yaml"], "none.yaml: cannot be read"),
        (["cases.yaml", "--against", "none.json"], "none.json: does not exist."),
        (["cases.yaml", "--against", "newer.json"], "newer.json: is of version 99"),
        (["cases.yaml", "--against", "cases.yaml"], "cases.yaml: cannot be read"),
        (["broken.yaml"], "broken.yaml:2:"),
        (["cases.yaml", "--cassettes", "tapes", "--out", "none/run.json"], "cannot be written"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_wrong_input_is_one_sentence_and_exit_2(tmp_path, here, arguments, problem):
    (tmp_path / "cases.yaml").write_text("- {question: Hi, reply: Hello, arguments: {model: gpt-4o}}\n")
    (tmp_path / "broken.yaml").write_text("- question: a\n  relpy: b\n")
    (tmp_path / "newer.json").write_text('{"run_version": 99}')
    done = here(*arguments, *([] if "--out" in arguments else ["--out", "run.json"]))
    assert done.returncode == 2
    assert problem in done.stderr
    assert not list(tmp_path.glob("run.json*"))


def test_an_empty_archive(tmp_path, here):
    from assist2resp.export.engine import export
    from assist2resp.export.source import Settings, open_source

    (tmp_path / "one.json").write_text('{"id": "asst_1", "object": "assistant", "model": "gpt-4o"}')
    export(open_source("dump", Settings(inputs=(tmp_path / "one.json",))), tmp_path / "archive")
    done = here(tmp_path / "archive", "--out", tmp_path / "run.json")
    assert (done.returncode, done.stderr.count("holds no turn with a recorded reply")) == (2, 1)


def test_ctrl_c_keeps_what_was_answered(archive, state, tmp_path):  # noqa: F811
    out = tmp_path / "run.json"
    journal = tmp_path / "run.json.partial"
    options = ["--out", str(out), "--concurrency", "1", "--repeats", "1"]
    with new_world(state, faults="slow@POST /v1/responses,seconds=60,skip=5") as server:
        command = [sys.executable, "-m", "assist2resp", "replay", str(archive), *options]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment(server))
        while not (journal.exists() and journal.read_bytes().count(b"\n") > 2):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, "--resume goes on" in said, out.exists()) == (130, True, False)
    assert "Traceback" not in said
    kept = journal.read_bytes().count(b"\n")
    with new_world(state) as server:
        again = run(archive, *options, "--resume", server=server)
        asked = {
            request.json["input"][-1].get("content", [{}])[0].get("text")
            for request in server.requests
            if request.path.endswith("responses") and "previous_response_id" not in request.json
        }
    assert again.returncode == 0
    assert len(asked) == 24 - (kept - 1)


@pytest.mark.skipif(not CORPUS.exists(), reason="needs ../shared/corpus")
def test_recordings_of_the_old_api_are_cases(tmp_path, here):
    """All 49 recordings of assistants hold 8 turns with a reply: their replies are compared with the sandbox's answers."""
    answer = {"times": "always", "answer": "The solution to the equation is x = 1."}
    with sandbox(sunset=True, script=[answer]) as server:
        options = [
            "--out",
            tmp_path / "run.json",
            "--repeats",
            "2",
            "--metrics",
            "text_exact,language,length,tokens,answered",
        ]
        _answering(tmp_path)
        done = here(CORPUS, *options, "--config", "answering:config", server=server)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "run.json").read_text())
    assert (len(found["cases"]), found["source"]) == (8, "cassettes")
    assert all(
        case["old"]["text"] and case["old"]["usage"]["input"] > 0 for case in found["cases"] if case["old"]["usage"]
    )
    assert found["left_out"] == [{"reason": "it has no recorded reply", "count": 13}]


def _answering(folder):
    (folder / "answering.py").write_text('config = {"model": "gpt-4.1"}\n')
