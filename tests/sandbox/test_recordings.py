"""The recorded traffic of the real APIs, sent to the sandbox: at least 95 % of the answers agree."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from recordings.comparing import Comparer, Kind
from recordings.reading import Recording, read_file, read_folder
from recordings.replaying import replay
from recordings.reporting import report, share
from recordings.routes import place
from recordings.streams import Event

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "../shared/corpus/cassettes"
THREAD = {"id": "thread_abc", "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}}
HEADERS = {"content-type": ["application/json"], "date": ["Tue, 31 Mar 2026 13:31:12 GMT"]}


@pytest.mark.skipif(not CORPUS.exists(), reason="the recorded traffic is not beside this repository")
def test_recorded_traffic_agrees() -> None:
    outcomes = [outcome for recording in read_folder(CORPUS) for outcome in replay(recording)]
    compared = [outcome for outcome in outcomes if not outcome.skipped]
    assert len(compared) > 400
    assert share(outcomes) >= 0.95, "\n".join(report(outcomes))
    unexplained = [outcome for outcome in compared if not outcome.agreed and not outcome.origin]
    assert len(unexplained) <= 1, "\n".join(report(unexplained))


def vcr(*pairs: tuple[dict[str, Any], dict[str, Any]]) -> str:
    return yaml.safe_dump({"version": 1, "interactions": [{"request": one, "response": two} for one, two in pairs]})


def post_thread(shown: Any = THREAD, status: int = 200, **response: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    request = {"method": "POST", "uri": "https://api.openai.com/v1/threads", "body": "{}", "headers": HEADERS}
    answer = {"status": {"code": status, "message": ""}, "headers": HEADERS, "body": {"string": json.dumps(shown)}}
    return request, {**answer, **response}


def get_thread() -> tuple[dict[str, Any], dict[str, Any]]:
    request, answer = post_thread()
    return {**request, "method": "GET", "uri": "https://api.openai.com/v1/threads/thread_abc", "body": None}, answer


def written(folder: Path, text: str, name: str = "a.yaml") -> Recording:
    (folder / name).write_text(text, encoding="utf-8")
    return read_file(folder / name)


RUBY = """
http_interactions:
- request: {method: post, uri: "https://api.openai.com/v1/threads", body: {encoding: UTF-8, string: "{}"}, headers: {}}
  response:
    status: {code: 200, message: OK}
    headers: {Date: ["Tue, 31 Mar 2026 13:31:12 GMT"]}
    body: {encoding: ASCII-8BIT, base64_string: %s}
  recorded_at: Tue, 31 Mar 2026 13:31:12 GMT
recorded_with: VCR 6.1.0
"""
HAR = {
    "log": {
        "entries": [
            {
                "request": {"method": "POST", "url": "https://api.openai.com/v1/threads", "headers": []},
                "response": {"status": 200, "headers": [], "content": {"text": json.dumps(THREAD)}},
            }
        ]
    }
}
FORMS = {
    "vcr for python": ("a.yaml", vcr(post_thread())),
    "with a gzipped body": (
        "a.yaml",
        vcr(post_thread(body={"string": gzip.compress(json.dumps(THREAD).encode())})),
    ),
    "with status_code and content": (
        "a.yaml",
        vcr((post_thread()[0], {"status_code": 200, "headers": {}, "content": json.dumps(THREAD)})),
    ),
    "vcr for ruby": ("a.yml", RUBY % base64.b64encode(json.dumps(THREAD).encode()).decode()),
    "ruby's own binary": ("a.yml", (RUBY % "x").replace("base64_string: x", 'string: !binary "e30="')),
    "har": ("a.har", json.dumps(HAR)),
    "one interaction as json": ("a.json", json.dumps({"request": post_thread()[0], "response": post_thread()[1]})),
}


@pytest.mark.parametrize(("name", "text"), FORMS.values(), ids=FORMS.keys())
def test_every_form_of_recording_is_read(tmp_path: Path, name: str, text: str) -> None:
    recording = written(tmp_path, text, name)
    assert recording.problem == ""
    (row,) = recording.interactions
    assert (row.method, row.parts.path, row.status) == ("POST", "/v1/threads", 200)
    assert json.loads(row.answer) in (THREAD, {})


@pytest.mark.parametrize(
    "text",
    ["interactions: [{", "interactions: [{request: 1, response: 2}]", "!!python/object/apply:os.system ['true']"],
    ids=["malformed", "other shapes", "code"],
)
def test_a_bad_recording_is_a_problem_and_no_exception(tmp_path: Path, text: str) -> None:
    recording = written(tmp_path, text)
    assert recording.problem
    assert recording.interactions == ()


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("- just\n- a list\n")
    (tmp_path / "notes.txt").write_text("interactions: []")
    assert list(read_folder(tmp_path)) == []


@pytest.mark.parametrize(
    ("url", "template"),
    [
        ("https://api.openai.com/v1/threads/thread_1/runs", "/threads/{thread}/runs"),
        ("https://x.openai.azure.com/openai/threads/thread_1?api-version=1", "/threads/{thread}"),
        ("https://x.openai.azure.com/openai/deployments/d/responses", "/responses"),
        ("https://x.openai.azure.com/openai/v1/responses", "/responses"),
        ("http://localhost:1/v1/vector_stores/vs_1/files/file-1", "/vector_stores/{vector_store}/files/{file}"),
        ("https://gateway.example/proxy/v1/threads/runs", "/threads/runs"),
        ("https://api.openai.com/v1/chat/completions", None),
        ("https://api.openai.com/v1/realtime/sessions", None),
    ],
)
def test_a_route_is_known_by_its_path(url: str, template: str | None) -> None:
    from urllib.parse import urlsplit

    found = place(urlsplit(url))
    assert (found and found.template) == template


def test_ids_are_mapped_into_later_requests(tmp_path: Path) -> None:
    first, second = replay(written(tmp_path, vcr(post_thread(), get_thread())))
    assert first.agreed
    assert second.agreed


def test_what_a_recording_has_not_made_is_made_first(tmp_path: Path) -> None:
    (outcome,) = replay(written(tmp_path, vcr(get_thread())))
    assert outcome.agreed
    assert outcome.refusals == ()


DISAGREEMENTS = {
    "status": (post_thread(status=400), Kind.STATUS),
    "missing key": (post_thread({**THREAD, "owner": "me"}), Kind.MISSING_KEY),
    "extra key": (post_thread({key: value for key, value in THREAD.items() if key != "metadata"}), Kind.EXTRA_KEY),
    "type": (post_thread({**THREAD, "metadata": None}), Kind.TYPE),
    "value": (post_thread({**THREAD, "object": "threads"}), Kind.VALUE),
}


@pytest.mark.parametrize(("pair", "kind"), DISAGREEMENTS.values(), ids=DISAGREEMENTS.keys())
def test_a_disagreement_is_found(tmp_path: Path, pair: Any, kind: Kind) -> None:
    outcomes = replay(written(tmp_path, vcr(pair)))
    assert [difference.kind for difference in outcomes[0].differences] == [kind]
    assert share(outcomes) == 0.0
    assert any(str(kind) in line for line in report(outcomes))


@pytest.mark.parametrize(
    ("day", "kind"), [(date(2025, 3, 1), Kind.NEWER_KEY), (date(2026, 8, 1), Kind.EXTRA_KEY), (None, Kind.EXTRA_KEY)]
)
def test_a_younger_key_is_allowed_in_older_recordings_only(day: date | None, kind: Kind) -> None:
    was, now = {"object": "response"}, {"object": "response", "background": False}
    assert [difference.kind for difference in Comparer(day, {}).values(was, now)] == [kind]


ORIGINS = {
    "another server": ({"uri": "https://api.example.com/v1/threads"}, THREAD, "another server, api.example.com"),
    "v1": ({"headers": {"OpenAI-Beta": ["assistants=v1"]}}, THREAD, "Assistants v1, which ended on 2024-12-18"),
    "written by hand": (
        {},
        {"id": "thread_1"},
        "recorded answer contradicts the SDK's type, created_at: Field required",
    ),
    "the API itself": ({}, THREAD, ""),
}


@pytest.mark.parametrize(("changes", "shown", "origin"), ORIGINS.values(), ids=ORIGINS.keys())
def test_an_outcome_says_what_speaks_against_the_recording(
    tmp_path: Path, changes: dict[str, Any], shown: Any, origin: str
) -> None:
    request, answer = post_thread(shown)
    (outcome,) = replay(written(tmp_path, vcr(({**request, **changes}, answer))))
    assert outcome.origin == origin


def test_an_order_of_known_ids_is_compared() -> None:
    ids = {"msg_a": "msg_1", "msg_b": "msg_2"}
    rows = [[{"id": "msg_a"}, {"id": "msg_b"}], [{"id": "msg_2"}, {"id": "msg_1"}]]
    assert {difference.kind for difference in Comparer(None, ids).values(*rows)} == {Kind.ORDER}


def test_runs_of_one_delta_count_as_one_and_other_events_do_not() -> None:
    delta, done = Event("response.output_text.delta", {}), Event("response.output_text.done", {})
    comparer = Comparer(None, {})
    assert list(comparer.streams([delta, delta, done], [delta, done])) == []
    assert [found.kind for found in comparer.streams([delta, done, done], [delta, done])] == [Kind.EVENTS]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, 2),
        ({"a.yaml": vcr(post_thread())}, 0),
        ({"a.yaml": vcr(post_thread(status=400))}, 1),
        ({"a.yaml": vcr(post_thread()), "b.yaml": "interactions: [{"}, 3),
    ],
    ids=["nothing", "agreed", "not agreed", "unreadable"],
)
def test_the_script_tells_by_its_exit_code(tmp_path: Path, files: dict[str, str], code: int) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    script = str(ROOT / "scripts/replay_recordings.py")
    done = subprocess.run([sys.executable, script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
