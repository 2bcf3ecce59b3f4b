"""`assist2resp export`, `verify` and `schema`: what goes to which stream, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys

import jsonschema
import pytest
from click.testing import CliRunner

from assist2resp.cli import group
from assist2resp.sandbox import sandbox
from assist2resp.schema.archive import FILES

SEED = {
    "assistants": [{"id": "asst_a", "model": "gpt-4o"}],
    "threads": [{"id": f"thread_{name}", "messages": [{"role": "user", "content": name}]} for name in "ab"],
}


def run(*arguments, stdin=None, **environment):
    """The exit code, stdout and stderr of a command, in this process."""
    given = {"OPENAI_API_KEY": "sk-canary-0123456789", "OPENAI_BASE_URL": "", **environment}
    result = CliRunner().invoke(group, [str(each) for each in arguments], input=stdin, env=given, standalone_mode=False)
    if result.exception is not None:
        return getattr(result.exception, "exit_code", None), result.stdout, str(result.exception)
    return int(result.return_value or 0), result.stdout, result.stderr


@pytest.fixture(scope="module")
def url():
    with sandbox(seed=SEED) as server:
        yield server.url
        assert server.failures == []


@pytest.fixture
def out(tmp_path):
    return tmp_path / "archive"


def test_threads_from_standard_input(url, out):
    ids = "# of customers\nthread_a\n\n thread_b \r\n"
    code, shown, told = run("export", "--out", out, "--base-url", url, "--threads", "-", stdin=ids)
    assert (code, told) == (0, "")
    assert shown.startswith(f"{out}: 1 assistant, 2 messages,")
    assert json.loads((out / "manifest.json").read_text())["counts"]["threads"] == 2


def test_threads_from_a_database(url, out, tmp_path):
    with sqlite3.connect(tmp_path / "app.sqlite") as database:
        database.execute("CREATE TABLE users (thread TEXT)")
        database.executemany("INSERT INTO users VALUES (?)", [("thread_a",), (None,), ("thread_b",), ("",)])
    database.close()
    source = ["--threads-from", tmp_path / "app.sqlite", "--query", "SELECT thread FROM users"]
    assert run("export", "--out", out, "--base-url", url, *source)[0] == 0
    assert json.loads((out / "manifest.json").read_text())["counts"]["threads"] == 2
    code, _, told = run("export", "--out", out, "--base-url", url, *source[:3], "SELECT thread FROM users WHERE 0")
    assert (code, told) == (2, "--query gives no thread id; its first column must hold them.")


def test_a_missing_thread_is_told_and_exits_3(url, out, tmp_path):
    (tmp_path / "ids").write_text("thread_a\nthread_c\n")
    code, shown, told = run("export", "--out", out, "--threads", tmp_path / "ids", OPENAI_BASE_URL=url)
    assert code == 3
    assert "thread_c: 404" in told
    assert "1 failed" in shown
    assert run("verify", out)[0] == 3


def test_events_as_json(url, out, tmp_path):
    (tmp_path / "ids").write_text("thread_a\nthread_c\n")
    code, shown, _ = run("export", "--out", out, "--base-url", url, "--threads", tmp_path / "ids", "--format", "json")
    events = [json.loads(line) for line in shown.splitlines()]
    assert code == 3
    assert [events[0]["event"], events[-1]["event"]] == ["started", "done"]
    waiting = [event["waiting"] for event in events]
    assert waiting[0] >= 2
    assert waiting[-1] == 0
    [failed] = [event for event in events if event["event"] == "failed"]
    assert (failed["unit"], failed["version"]) == ({"kind": "threads", "id": "thread_c"}, 1)


def test_without_ids_it_says_that_threads_are_not_listed(url, out):
    code, _, told = run("export", "--out", out, "--base-url", url)
    assert (code, told) == (0, "assist2resp: no API lists threads; give their ids with --threads to have them too.\n")


def test_only_and_skip(url, out, tmp_path):
    code, shown, _ = run("export", "--out", out, "--base-url", url, "--only", "assistants,models", "--skip", "models")
    assert (code, "not served any more" in shown) == (0, False)
    assert json.loads((out / "manifest.json").read_text())["counts"] == {"assistants": 1}


def test_a_wrong_command_leaves_no_work_to_the_next(url, out):
    assert run("export", "--out", out, "--base-url", url, "--threads", os.devnull)[0] == 2
    assert run("export", "--out", out, "--base-url", url, "--only", "models")[0] == 0
    assert set(json.loads((out / "manifest.json").read_text())["counts"]) == {"models"}


def test_of_many_damages_the_first_are_shown(url, out):
    assert run("export", "--out", out, "--base-url", url, "--only", "assistants")[0] == 0
    for number in range(30):
        (out / f"prompts/stray{number:02}.json").write_text("{}")
    code, shown, _ = run("verify", out)
    assert code == 1
    lines = shown.splitlines()
    assert lines[19].startswith("prompts/stray19.json: is not in the manifest;")
    assert lines[20] == "and 10 more; --format json shows all."
    assert "30 damages" in lines[21]


def test_a_share_may_have_its_sign(url, out):
    assert run("export", "--out", out, "--base-url", url, "--only", "assistants")[0] == 0
    assert run("verify", out, "--sample", "10%")[0] == run("verify", out, "--sample", "10")[0] == 0
    assert run("verify", out, "--sample", "200%")[0] == 2


WRONG = {
    "no folder": (["verify", "{out}"], "does not exist"),
    "no out": (["export"], "Missing parameter: out"),
    "unknown source": (["export", "--out", "{out}", "--source", "fax"], "fax"),
    "unknown kind": (["export", "--out", "{out}", "--only", "dreams"], "'dreams' is no kind"),
    "no such ids": (["export", "--out", "{out}", "--threads", "{out}/ids"], "cannot be read"),
    "no ids": (["export", "--out", "{out}", "--threads", os.devnull], "holds no thread id"),
    "a database without a query": (["export", "--out", "{out}", "--threads-from", "x"], "belong together"),
    "ids twice": (
        ["export", "--out", "{out}", "--threads", "-", "--threads-from", "x", "--query", "y"],
        "give one of them",
    ),
    "no such database": (["export", "--out", "{out}", "--threads-from", "x", "--query", "y"], "does not exist"),
    "no admin key": (["export", "--org", "--out", "{out}"], "set OPENAI_ADMIN_KEY"),
    "an organization of files": (["export", "--org", "--out", "{out}", "--source", "dump", "x"], "what each project"),
    "keys without an organization": (["export", "--keys", "x", "--out", "{out}"], "are for --org"),
    "a folder of others for an organization": (["export", "--org", "--out", "{others}"], "no exported organization"),
    "no such keys": (["export", "--org", "--out", "{out}", "--keys", "{out}/keys"], "cannot be read"),
    "no keys": (["export", "--org", "--out", "{out}", "--keys", "{others}/mine.txt"], "it is no JSON"),
    "files for a server": (["export", "--out", "{out}", "x.json"], "reads no files"),
    "ids for files": (
        ["export", "--out", "{out}", "--source", "dump", "--threads", "-", "x"],
        "is for servers",
    ),
    "a folder of others": (["export", "--out", "{others}"], "is no archive: it holds mine.txt"),
    "a file": (["export", "--out", "{others}/mine.txt"], "is no folder"),
    "no archive": (["verify", "{others}"], "is no archive"),
    "an archive of the future": (["verify", "{future}"], "is of version 2"),
    "a broken manifest": (["verify", "{broken}"], "is no manifest of an archive: tool_version"),
    "no such schema": (["schema", "thing"], "no schema 'thing'"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_bad_input_is_one_sentence_and_exits_2(arguments, message, url, tmp_path):
    places = {name: tmp_path / name for name in ("out", "others", "future", "broken")}
    for name, file, text in (
        ("others", "mine.txt", "mine"),
        ("future", "manifest.json", '{"archive_version": 2}'),
        ("broken", "manifest.json", '{"archive_version": 1}'),
    ):
        places[name].mkdir()
        (places[name] / file).write_text(text)
    admin = {} if "set OPENAI_ADMIN_KEY" in message else {"OPENAI_ADMIN_KEY": "sk-admin-any"}
    code, shown, told = run(*(argument.format(**places) for argument in arguments), OPENAI_BASE_URL=url, **admin)
    assert (code, shown) == (2, "")
    assert message in told


KEYS = {
    "a project's key for an organization": (["--org"], {"OPENAI_ADMIN_KEY": "sk-proj-canary-1"}, "an administrator's"),
    "an administrator's key for a project": ([], {"OPENAI_API_KEY": "sk-admin-canary-1"}, "see --org"),
    "an empty variable": (["--org", "--keys", "{keys}"], {"OPENAI_ADMIN_KEY": "sk-admin-1"}, "that variable is empty"),
}


@pytest.mark.parametrize(("options", "environment", "message"), KEYS.values(), ids=KEYS)
def test_a_key_of_the_other_kind_is_one_sentence(options, environment, message, url, out, tmp_path):
    (tmp_path / "keys.json").write_text('{"proj_a": "env:A2R_NO_SUCH"}')
    given = [option.format(keys=tmp_path / "keys.json") for option in options]
    code, shown, told = run("export", "--out", out, *given, OPENAI_BASE_URL=url, **environment)
    assert (code, shown) == (2, "")
    assert message in told
    assert "canary" not in told


def test_a_folder_that_cannot_be_written_is_one_sentence(url, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, told = run("export", "--out", tmp_path / "file" / "archive", OPENAI_BASE_URL=url)
    assert code == 2
    assert "cannot be written" in told


@pytest.mark.parametrize("name", FILES)
def test_every_file_fits_its_schema(name, url, out, tmp_path):
    (tmp_path / "ids").write_text("thread_a\nthread_b\n")
    with sandbox(
        seed={
            **SEED,
            "files": [{"id": "file-a", "filename": "a", "text": "a"}],
            "vector_stores": [{"id": "vs_a", "file_ids": ["file-a"]}],
        }
    ) as server:
        run("export", "--out", out, "--base-url", server.url, "--threads", tmp_path / "ids")
    code, shown, _ = run("schema", name)
    places = {
        "manifest": ["manifest.json"],
        "source-line": ["source/*.jsonl"],
        "prompt": ["prompts/*.json"],
        "conversation": ["conversations/*.jsonl"],
        "vector-store": ["vector_stores/*.json"],
        "file": ["files/*.json"],
    }
    texts = [path.read_text() for place in places[name] for path in out.glob(place)]
    rows = texts if name == "manifest" else [line for text in texts for line in text.splitlines()]
    assert code == 0
    assert rows
    for row in rows:
        jsonschema.Draft202012Validator(json.loads(shown)).validate(json.loads(row))


def test_all_schemas_at_once():
    assert json.loads(run("schema")[1]).keys() >= FILES.keys()


def test_ctrl_c_saves_what_was_fetched(out, tmp_path):
    (tmp_path / "ids").write_text("thread_a\n")
    with sandbox(seed=SEED, faults="slow@GET /v1/threads/*,seconds=30") as server:
        command = [sys.executable, "-m", "assist2resp", "export", "--out", str(out), "--base-url", server.url]
        command += ["--threads", str(tmp_path / "ids"), "--format", "json"]
        environment = {"OPENAI_API_KEY": "any", "PATH": ""}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True)
        while json.loads(process.stdout.readline())["event"] != "fetched":
            pass
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told == f"assist2resp: interrupted; {out} keeps what was fetched, run the same command to go on.\n"
    assert (out / "state.sqlite").exists()
