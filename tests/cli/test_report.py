"""`assist2resp report`: what it joins, where it writes, and each bad input as one sentence with its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from assist2resp.cli import group
from assist2resp.plugins import plugin_names
from assist2resp.sandbox import sandbox
from assist2resp.schema.archive import PromptRecord
from tests.report.runs import run, written

OLD = "from openai import OpenAI\n\nclient = OpenAI()\nbot = client.beta.assistants.create(model='gpt-4o')\n"
UNSURE = "def ask(client):\n    return client.beta.threads.create()\n"


def report(*arguments: object) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of the command, in this process."""
    result = CliRunner().invoke(group, ["report", *map(str, arguments)], standalone_mode=False)
    if result.exception is not None:
        return getattr(result.exception, "exit_code", -1), result.stdout, str(result.exception)
    return int(result.return_value or 0), result.stdout, result.stderr


@pytest.fixture
def findings(tmp_path: Path) -> Path:
    """What `rewrite` says of a small project."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "bot.py").write_text(OLD)
    (project / "unsure.py").write_text(UNSURE)
    path = tmp_path / "findings.json"
    arguments = ["rewrite", str(project), "--check", "--format", "json", "--output", str(path)]
    CliRunner().invoke(group, arguments, standalone_mode=False)
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of a sandbox, one of whose threads was not there."""
    seed = {
        "assistants": [{"id": "asst_a", "model": "gpt-4o", "name": "Tutor", "description": "kind"}],
        "threads": [{"id": "thread_a", "messages": [{"role": "user", "content": "Hello"}]}],
    }
    path = tmp_path / "archive"
    (tmp_path / "ids").write_text("thread_a\nthread_gone\n")
    with sandbox(seed=seed) as server:
        arguments = ["export", "--out", path, "--base-url", server.url, "--threads", tmp_path / "ids"]
        CliRunner().invoke(
            group,
            list(map(str, arguments)),
            env={"OPENAI_API_KEY": "any"},
            standalone_mode=False,
            catch_exceptions=False,
        )
    [prompt] = (path / "prompts").glob("*.json")
    record = PromptRecord.model_validate_json(prompt.read_bytes())
    lost = record.losses.model_copy(update={"lost": {"tools.retrieval": "the tool is gone"}})
    prompt.write_text(record.model_copy(update={"losses": lost}).model_dump_json())
    return path


def test_all_sources_are_joined(tmp_path: Path, findings: Path, archive: Path) -> None:
    code, shown, _ = report(
        written(run(20), tmp_path), "--findings", findings, "--archive", archive, "--format", "json", "--title", "Tutor"
    )
    made = json.loads(shown)
    assert (code, made["title"], made["headline"]["advice"]) == (0, "Tutor", "look")
    assert made["code"]["manual"] == 1
    assert {item["code"] for item in made["checklist"]} >= {"A2R010", "A2R901"}
    assert made["checklist"][0]["places"][0]["path"].endswith("unsure.py")
    assert made["archive"]["failure_count"] == 1
    assert made["archive"]["failures"][0].startswith("threads thread_gone: ")
    assert made["archive"]["losses"] == [
        {"kind": "assistant", "field": "tools.retrieval", "why": "the tool is gone", "count": 1}
    ]
    assert [(each["model"], each["used_by"]) for each in made["deadlines"]] == [("gpt-4o", ["code", "assistants"])]


def test_the_check_list_says_what_a_rule_leaves_to_see_to(findings: Path) -> None:
    code, shown, _ = report("--findings", findings, "--format", "markdown")
    assert code == 0
    assert "### For the reviewer" in shown
    assert "- [ ] **A2R010** (1 by hand) " in shown
    assert "- [ ] **A2R800** (1 fixed) a run's \\`created\\_at\\` and limits on prompt tokens are not the old" in shown


def test_an_archive_alone(archive: Path) -> None:
    code, shown, _ = report("--archive", archive)
    assert code == 0
    assert shown.startswith("To review: 1 object of the archive could not be exported.")
    assert "Archive archive: 1 assistant" in shown


@pytest.mark.parametrize("form", plugin_names("assist2resp.report.formats"))
def test_out_is_replaced_whole(tmp_path: Path, form: str) -> None:
    out = tmp_path / "report"
    out.write_text("old")
    code, shown, told = report(written(run(20, tools=0.5), tmp_path), "--format", form, "--out", out)
    assert (code, shown) == (0, "")
    assert told.startswith(f"{out}: Worse: Tool calls")
    assert len(out.read_text(encoding="utf-8")) > 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report", "run.json"]


def test_a_template_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "part.txt").write_text("{{ row.title }}={{ row.outcome }}\n")
    template = tmp_path / "mine.txt"
    template.write_text("{{ report.title }}\n{% for row in report.metrics %}{% include 'part.txt' %}\n{% endfor %}")
    code, shown, _ = report(written(run(20), tmp_path), "--template", template, "--title", "<b>{{ 7 * 7 }}")
    assert code == 0
    assert shown.splitlines()[:2] == ["&lt;b&gt;{{ 7 * 7 }}", "Citations=undecided"]


TEMPLATES = {
    "syntax": ("a\n{% for x in %}", "mine.txt:2: is no valid template: "),
    "in an included file": ("a\n{% include 'broken.txt' %}", "broken.txt:3: is no valid template: "),
    "missing name": ("a\nb\n{{ report.nothing.more }}", "mine.txt:3: the template failed: "),
    "missing file": ("{% include 'nothing.txt' %}", "mine.txt: there is no template nothing.txt beside it."),
    "outside": ("{% include '../secret.txt' %}", "mine.txt: there is no template ../secret.txt beside it."),
    "sandbox": ("\n{{ report.__class__.__mro__ }}", "mine.txt:2: the template failed: access to attribute"),
    "calls": ("{{ ''.format.__globals__.x }}", "mine.txt:1: the template failed: access to attribute"),
    "endless": ("{% for x in range(10 ** 9) %}{% endfor %}", "mine.txt:1: the template failed: Range too big."),
    "division": ("a\n\n{{ 1 / 0 }}", "mine.txt:3: the template failed: division by zero."),
    "type": ("{{ 'a' + 1 }}", "mine.txt:1: the template failed: "),
    "changing data": ("\n{{ report.clear() }}", "mine.txt:2: the template failed: "),
}


@pytest.mark.parametrize(("text", "message"), TEMPLATES.values(), ids=TEMPLATES)
def test_faults_of_templates_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    home = tmp_path / "home"
    home.mkdir()
    (home / "broken.txt").write_text("a\nb\n{% endif %}")
    (home / "mine.txt").write_text(text)
    code, shown, told = report(written(run(3), tmp_path), "--template", home / "mine.txt")
    assert (code, shown) == (2, "")
    assert told.startswith(f"{home}/{message}")


BAD = {
    "nothing": ([], "there is nothing to report; give a RUN.json, --findings or --archive."),
    "no such run": (["{tmp}/no.json"], "no.json: cannot be read: no such file or directory."),
    "a folder": (["{tmp}"], "cannot be read: is a directory."),
    "unknown format": (["{run}", "--format", "pdf"], "'pdf' is not one of"),
    "a newer run": (["{newer}"], "newer.json: is of run version 9, this tool knows 1. Upgrade assist2resp."),
    "runs that do not match": (
        ["{run}", "--against-base", "{other}"],
        "the runs other (--against-base) and run have no case",
    ),
    "base alone": (["--archive", "{tmp}", "--against-base", "{run}"], "--against-base compares runs"),
    "twice": (["{run}", "{run}"], "two runs are called run"),
    "no findings": (["--findings", "{run}"], "run.json: is no file of findings: files_looked_at: Field required."),
    "no such findings": (["--findings", "{tmp}/no"], "no: does not exist. Give the file that `assist2resp rewrite"),
    "newer findings": (["--findings", "{found}"], "found.json: is of version 5, this tool knows 1."),
    "no archive": (["--archive", "{tmp}"], "is no archive: it has no manifest.json."),
    "out in no folder": (["{run}", "--out", "{tmp}/no/x"], "no/x: cannot be written: its folder does not exist."),
    "out is a folder": (["{run}", "--out", "{tmp}"], "is a folder. Give --out a file."),
    "out where nobody may write": (["{run}", "--out", "/proc/report"], "/proc/report: cannot be written: "),
    "no such template": (["{run}", "--template", "{tmp}/t"], "t: does not exist."),
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence(tmp_path: Path, arguments: list[str], message: str) -> None:
    places = {"tmp": tmp_path, "run": written(run(3), tmp_path), "found": tmp_path / "found.json"}
    places["newer"], places["other"] = tmp_path / "newer.json", tmp_path / "other.json"
    places["newer"].write_text('{"run_version": 9}')
    places["found"].write_text('{"findings_version": 5}')
    places["other"].write_text(places["run"].read_text().replace("thread_", "conv_"))
    code, shown, told = report(*(argument.format(**places) for argument in arguments))
    assert (code, shown) == (2, "")
    assert message in told
    assert "\n" not in told.strip()


def test_a_full_disk_leaves_the_old_report(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk."""
    path, out = written(run(40), tmp_path), tmp_path / "report.json"
    out.write_text("old")
    program = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from assist2resp.cli import main; main()\n"
    )
    command = [sys.executable, "-c", program, "report", str(path), "--format", "json", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, out.read_text()) == (2, "old")
    assert (
        done.stderr == f"assist2resp: {out}: cannot be written: file too large. Give --out a file that you may write.\n"
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == ["report.json", "run.json"]


def test_interrupt(tmp_path: Path) -> None:
    """The process waits for the end of its run, which is a pipe."""
    pipe = tmp_path / "run.json"
    os.mkfifo(pipe)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "assist2resp", "report", str(pipe), "--out", str(out)]
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **piped) as process, pipe.open("w") as writing:
        writing.write("{")
        writing.flush()
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, out.exists()) == (130, False)
    assert "interrupted" in told
