"""What is told of assistants and threads that a program finds by stored ids, and what an archive fills in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options, Outcome

ASSISTANT = "asst_Qk3vYx0pLr7TnBzD2mHsWcEa"
OTHER = "asst_SalesA7mVq2ZkXw9LpTr4BnC"
THREAD = "thread_h5Jd8sKq1ZxV0bNm3RtYw6Pc"
HEAD = "import os\nfrom openai import OpenAI\n\nclient = OpenAI()\n"
RUN = HEAD + "print(client.beta.assistants.retrieve({}).name)\n"


def outcome_of(folder: Path, program: str, **options: object) -> Outcome:
    folder.mkdir(exist_ok=True)
    (folder / "app.py").write_text(program)
    return rewrite([folder], Options(**options))  # type: ignore[arg-type]


def told(outcome: Outcome) -> list[str]:
    return [found.message for found in outcome.findings.findings if found.code == "A2R920" and found.level == "review"]


def archive_of(folder: Path, *ids: str) -> Path:
    """An archive that holds these assistants."""
    prompts = folder / "archive" / "prompts"
    prompts.mkdir(parents=True)
    for name in ids:
        assistant = {"id": name, "object": "assistant", "model": "gpt-4o", "name": "Ada"}
        record = {"id": name, "arguments": {"model": "gpt-4o"}, "assistant": assistant, "losses": {}}
        (prompts / f"{name}.json").write_text(json.dumps(record))
    return folder / "archive"


def registry_of(outcome: Outcome) -> dict[str, object] | None:
    for change in outcome.changes:
        if change.path.name == "assistants.json":
            kept: dict[str, object] = json.loads(change.after)
            return kept
    return None


@pytest.mark.parametrize(
    ("argument", "wanted"),
    [
        (f'"{ASSISTANT}"', ASSISTANT),
        ('"asst_abc123"', "asst_abc123"),
        ('os.environ["SALES_ASSISTANT"]', "the id in SALES_ASSISTANT"),
        (f'os.getenv("SALES_ASSISTANT", "{ASSISTANT}")', f"{ASSISTANT}, the id in SALES_ASSISTANT"),
        ("settings.assistant_id", "the id in settings.assistant_id"),
        ('open("assistant.txt").read()', 'the id in open("assistant.txt").read()'),
    ],
)
def test_an_id_from_elsewhere_is_told(tmp_path: Path, argument: str, wanted: str) -> None:
    (message,) = told(outcome_of(tmp_path, RUN.format(argument)))
    assert message.startswith(f"assistants.json beside the support module must hold {wanted}; run again with --archive")


@pytest.mark.parametrize(
    "program",
    [
        HEAD
        + 'made = client.beta.assistants.create(model="gpt-4o")\nprint(client.beta.assistants.retrieve(made.id).name)\n',
        HEAD + "thread = client.beta.threads.create()\nprint(thread.id)\n",
        HEAD + f'print("{ASSISTANT}")\n',
    ],
)
def test_nothing_is_told_of_what_the_program_makes_itself(tmp_path: Path, program: str) -> None:
    assert not told(outcome_of(tmp_path, program))


def test_a_thread_that_is_written_out_is_told(tmp_path: Path) -> None:
    program = HEAD + f'print(client.beta.threads.messages.list("{THREAD}").data)\n'
    assert told(outcome_of(tmp_path, program)) == [
        f"The id map must lead from {THREAD} to a conversation; `assist2resp load` makes it."
    ]


def test_a_thread_of_two_flows_is_told_once(tmp_path: Path) -> None:
    program = RUN.format(f'"{ASSISTANT}"') + f'print(client.beta.threads.messages.list("{THREAD}").data)\n'
    outcome = outcome_of(tmp_path, program)
    assert len({found.flow for found in outcome.findings.findings if found.flow}) == 2
    assert sum(THREAD in message for message in told(outcome)) == 1


def test_the_archive_fills_what_the_program_names(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, ASSISTANT, OTHER)
    outcome = outcome_of(tmp_path / "app", RUN.format(f'"{ASSISTANT}"'), archive=archive)
    assert list(registry_of(outcome) or ()) == [ASSISTANT]
    assert not told(outcome)


def test_the_archive_fills_all_where_names_hold_the_ids(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, ASSISTANT, OTHER)
    outcome = outcome_of(tmp_path / "app", RUN.format('os.environ["ASSISTANT"]'), archive=archive)
    assert sorted(registry_of(outcome) or ()) == [ASSISTANT, OTHER]
    assert not told(outcome)


def test_what_the_archive_lacks_is_told(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, OTHER)
    outcome = outcome_of(tmp_path / "app", RUN.format(f'"{ASSISTANT}"'), archive=archive)
    assert registry_of(outcome) is None
    (message,) = told(outcome)
    assert "the archive has no such assistant" in message


def test_an_entry_that_is_there_stays(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, ASSISTANT, OTHER)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "assistants.json").write_text(json.dumps({ASSISTANT: {"model": "mine"}}))
    outcome = outcome_of(tmp_path / "app", RUN.format("settings.assistant"), archive=archive)
    kept = registry_of(outcome)
    assert kept is not None
    assert kept[ASSISTANT] == {"model": "mine"}
    assert OTHER in kept


def test_a_registry_that_is_no_json_stays(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, ASSISTANT)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "assistants.json").write_text("{")
    outcome = outcome_of(tmp_path / "app", RUN.format(f'"{ASSISTANT}"'), archive=archive)
    assert registry_of(outcome) is None
    assert any("is no JSON object" in message for message in told(outcome))


def test_an_archive_fills_what_was_rewritten_before(tmp_path: Path) -> None:
    first = outcome_of(tmp_path / "app", RUN.format("settings.assistant"))
    for change in first.changes:
        change.path.write_bytes(change.after)
    second = rewrite([tmp_path / "app"], Options(archive=archive_of(tmp_path, ASSISTANT)))
    assert [change.path.name for change in second.changes] == ["assistants.json"]
    second.changes[0].path.write_bytes(second.changes[0].after)
    assert not rewrite([tmp_path / "app"], Options(archive=tmp_path / "archive")).changes


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "asst_1"}', "\0"])
def test_a_malformed_prompt_is_a_failure_by_name(tmp_path: Path, text: str) -> None:
    archive = archive_of(tmp_path, ASSISTANT)
    (archive / "prompts" / "bad.json").write_text(text)
    outcome = outcome_of(tmp_path / "app", RUN.format(f'"{ASSISTANT}"'), archive=archive)
    assert registry_of(outcome) is not None
    (failure,) = outcome.findings.failures
    assert failure.path.endswith("bad.json")
    assert "it is no prompt of an archive" in failure.problem
