"""A run that is killed and gone on with has the bytes of one that was not; 50 kills are in `make prove-replay`."""

from __future__ import annotations

import json

import pytest

from assist2resp.errors import InputFileError, UsageError
from assist2resp.replay.journal import Journal
from assist2resp.schema.comparison import Answer
from replay_proofs.kills import kill_and_go_on
from tests.replay.scenes import new_world, played


def test_a_kill_leaves_no_trace(archive, state, tmp_path):
    tapes = tmp_path / "tapes"
    with new_world(state) as server:
        played(archive, tmp_path / "whole.json", server, cassettes=tapes, record=True)
    (tmp_path / "killed").mkdir()
    found, kills = kill_and_go_on(archive, tapes, tmp_path / "killed", 1)
    assert kills > 0
    assert found == (tmp_path / "whole.json").read_bytes()
    assert [path.name for path in (tmp_path / "killed").iterdir()] == ["run.json"]


def opened(path, settings="same", *, resume=False):
    journal = Journal(path, settings)
    journal.open(resume=resume)
    return journal


def test_a_journal_of_nothing_is_no_file(tmp_path):
    opened(tmp_path / "run.json").close()
    opened(tmp_path / "run.json").close()
    assert not list(tmp_path.iterdir())


def test_a_journal_goes_on_after_a_line_that_was_cut(tmp_path):
    first = opened(tmp_path / "run.json")
    first.add("a", [[Answer(text="one")]])
    first.close()
    with first.path.open("a") as file:
        file.write('{"track": "b", "ans')
    again = opened(tmp_path / "run.json", resume=True)
    again.add("c", [[Answer(text="three")]])
    again.close()
    last = opened(tmp_path / "run.json", resume=True)
    last.close()
    assert {name: repeats[0][0].text for name, repeats in last.answers.items()} == {"a": "one", "c": "three"}


@pytest.mark.parametrize(
    ("settings", "resume", "line", "problem"),
    [
        ("same", False, "", "--resume goes on with them"),
        ("other", True, "", "other cases or options"),
        ("same", True, '{"track": 1}\n', "run.json.partial:3: is damaged"),
    ],
    ids=["not asked to resume", "other options", "damaged"],
)
def test_a_journal_is_never_lost_or_mixed(tmp_path, settings, resume, line, problem):
    first = opened(tmp_path / "run.json")
    first.add("a", [[Answer(text="one")]])
    first.close()
    with first.path.open("a") as file:
        file.write(line)
    kept = first.path.read_bytes()
    with pytest.raises(UsageError, match=problem):
        opened(tmp_path / "run.json", settings, resume=resume)
    assert first.path.read_bytes() == kept


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(InputFileError, match="cannot be written"):
        opened(tmp_path / "none" / "run.json")


def test_a_budget_stops_and_goes_on_to_the_same_run(archive, state, out, tmp_path):
    with new_world(state) as server:
        stopped = played(archive, out, server, max_tokens=2_000)
        assert (stopped.stopped, stopped.run.complete) == ("the budget is used up", False)
        assert 0 < len(stopped.run.cases) < 24
        whole = played(archive, out, server, resume=True)
    assert whole.run.complete
    assert len(json.loads(out.read_text())["cases"]) == 24
