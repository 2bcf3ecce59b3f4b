"""`assist2resp load`: what goes to which stream, and with which exit code."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from assist2resp.cli import group
from tests.load.scenes import KEY, archive, check_exactly_once, new_world


def run(*arguments, stdin=None, **environment):
    """The exit code, stdout and stderr of a command, in this process."""
    given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "", **environment}
    command = ["load", *(str(each) for each in arguments)]
    result = CliRunner().invoke(group, command, input=stdin, env=given, standalone_mode=False)
    if result.exception is not None:
        return getattr(result.exception, "exit_code", None), result.stdout, str(result.exception)
    return int(result.return_value or 0), result.stdout, result.stderr


@pytest.fixture(scope="module")
def server():
    with new_world() as running:
        yield running


@pytest.fixture
def folder(tmp_path):
    return archive(tmp_path / "archive")


def test_a_dry_run_sends_nothing_and_says_all(folder):
    code, shown, told = run(folder, "--dry-run", "--rate", "2", "--price", "2.5", OPENAI_API_KEY="")
    assert (code, told) == (0, "")
    lines = shown.splitlines()
    assert lines[0] == f"{folder}: 5 threads with 87 items; nothing was sent."
    assert lines[1].startswith("requests: 17, with ")
    assert lines[2] == "time: 8 s at 2 requests a second"
    assert lines[3].startswith("tokens: ")
    assert "estimated" in lines[3] or "tiktoken" in lines[3]
    assert lines[4].endswith("at $2.5 a million)")


def test_a_dry_run_for_machines(folder):
    code, shown, _ = run(folder, "--dry-run", "--format", "json", "--limit", "2", "--rate", "2")
    found = json.loads(shown)
    assert (code, found["version"], found["threads"], found["items"]) == (0, 1, 2, 1)
    assert (found["seconds"], found["cost"]) == (found["requests"] / 2, None)
    assert json.loads(run(folder, "--dry-run", "--format", "json", "--price", "5e6")[1])["cost"] > 100


def test_the_estimate_of_requests_is_right(server, folder):
    code, shown, _ = run(folder, "--dry-run", "--format", "json")
    assert code == 0
    code, loaded, told = run(folder, "--base-url", server.url)
    assert (code, told) == (0, "")
    assert f"5 threads with 87 items loaded, {json.loads(shown)['requests']} requests." in loaded
    assert f"id map: {folder}/id_map.sqlite; state: {folder}/assistants_compat.sqlite" in loaded
    code, again, _ = run(folder, "--base-url", server.url)
    assert (code, "loaded before: 5" in again) == (0, True)
    code, rest, _ = run(folder, "--base-url", server.url, "--dry-run")
    assert rest.startswith(f"{folder}: 0 threads with 0 items; nothing was sent.")
    assert "loaded before: 5, which are not counted" in rest
    assert run(folder, "--base-url", "http://127.0.0.1:9/v1", "--dry-run", "--format", "json")[1] == shown
    code, removed, _ = run(folder, "--base-url", server.url, "--rollback")
    assert (code, removed) == (0, f"{folder}: 5 conversations with 87 items removed.\n")


def test_events_as_json(server, folder):
    code, shown, _ = run(folder, "--format", "json", OPENAI_BASE_URL=server.url)
    events = [json.loads(line) for line in shown.splitlines()]
    assert code == 0
    assert [event["event"] for event in events] == ["started", *["loaded"] * 5, "done"]
    assert all(event["new"].startswith("conv_") for event in events[1:-1])


def test_failures_are_told_and_exit_3(folder):
    with new_world(faults="400@POST /v1/conversations/*") as refusing:
        code, shown, told = run(folder, "--base-url", refusing.url)
    assert code == 3
    assert told.count("\n") == 4
    assert "thread_b: 400" in told
    assert "4 failed; the same command tries them again." in shown


def test_threads_from_standard_input(server, folder):
    code, shown, _ = run(folder, "--base-url", server.url, "--only-threads", "-", stdin="# mine\nthread_b\n\n")
    assert (code, "1 thread with 1 item loaded" in shown) == (0, True)


def test_threads_that_the_archive_has_not_are_failures(server, folder):
    options = ("--only-threads", "-", "--map", folder / "other.sqlite")
    code, shown, told = run(folder, "--base-url", server.url, *options, stdin="thread_b\nthread_x\n")
    assert (code, told) == (3, "assist2resp: thread_x: is not in the archive; export it first\n")
    assert "1 thread with 1 item loaded" in shown
    code, shown, _ = run(folder, "--dry-run", "--only-threads", "-", stdin="thread_b\nthread_x\n")
    assert (code, "not in the archive: 1 of the threads that were asked for\n" in shown) == (0, True)


def test_that_an_archive_is_not_complete_is_told(folder):
    path = folder / "manifest.json"
    gap = {"kind": "threads", "id": "thread_x", "reason": "404"}
    path.write_text(json.dumps({**json.loads(path.read_text()), "complete": False, "failures": [gap]}))
    code, _, told = run(folder, "--dry-run")
    assert (code, told.count("\n")) == (0, 1)
    assert "is not complete: 1 failed when it was exported, such as threads thread_x;" in told


WRONG = {
    "no folder": (["{tmp}/none"], "does not exist"),
    "no archive": (["{tmp}"], "is no archive"),
    "a file": (["{tmp}/a.txt"], "is no archive"),
    "an archive of the future": (["{future}"], "is of version 2"),
    "a dry rollback": (["{folder}", "--dry-run", "--rollback"], "give one of them"),
    "no such day": (["{folder}", "--since", "soon"], "'soon' is no date"),
    "no shard": (["{folder}", "--shard", "3"], "is not K/N"),
    "a shard too many": (["{folder}", "--shard", "3/2"], "is not K/N"),
    "no ids": (["{folder}", "--only-threads", "/dev/null"], "holds no thread id"),
    "no such ids": (["{folder}", "--only-threads", "{tmp}/ids"], "cannot be read"),
    "a map that cannot be": (["{folder}", "--map", "{tmp}/none/map.sqlite"], "cannot be opened as an SQLite file"),
    "nobody there": (["{folder}", "--base-url", "http://127.0.0.1:9/v1"], "cannot be reached"),
    "no URL": (["{folder}", "--base-url", "127.0.0.1"], "must begin with http"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_one_sentence_and_exits_2(arguments, message, folder, tmp_path):
    (tmp_path / "future").mkdir()
    (tmp_path / "a.txt").touch()
    (tmp_path / "future/manifest.json").write_text('{"archive_version": 2}')
    places = {"tmp": tmp_path, "folder": folder, "future": tmp_path / "future"}
    code, shown, told = run(*(argument.format(**places) for argument in arguments))
    assert (code, shown) == (2, "")
    assert message in told
    assert "\n" not in told.strip()


def test_without_a_key(folder):
    code, _, told = run(folder, OPENAI_API_KEY="")
    assert (code, told.startswith("load needs an API key; set OPENAI_API_KEY")) == (2, True)


def test_ctrl_c_saves_what_was_done(folder):
    with new_world(faults="slow@POST /v1/conversations/*,seconds=30,skip=2") as slow:
        command = [sys.executable, "-m", "assist2resp", "load", str(folder), "--base-url", slow.url, "--format", "json"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"OPENAI_API_KEY": KEY, "PATH": ""}, text=True
        )
        while json.loads(process.stdout.readline())["event"] != "loaded":
            pass
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130
        assert (
            told
            == f"assist2resp: interrupted; the journal in {folder} knows what was done, run the same command to go on.\n"
        )


def test_each_server_has_its_own_map(folder, tmp_path):
    with new_world() as trial, new_world() as server:
        assert run(folder, "--base-url", trial.url)[0] == 0
        code, _, told = run(folder, "--base-url", server.url)
        assert (code, told) == (
            2,
            f"{folder}/id_map.sqlite has ids of {trial.url}, and not of {server.url}; name another id map with --map.",
        )
        assert run(folder, "--base-url", server.url, "--map", tmp_path / "map.sqlite")[0] == 0
        check_exactly_once(folder, trial)
        (tmp_path / "map.sqlite").rename(folder / "id_map.sqlite")
        check_exactly_once(folder, server)
