"""Rewritten programs on a server that others wrote, with the sandbox's model behind it: they show what the sandbox shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ogx import ogx
from tests.rewrite.programs import KINDS, PROGRAMS, Outcome, Runner, api, load
from tests.rewrite.rewritten import rewrite_copy

pytestmark = pytest.mark.servers
UUID = re.compile(rf"\b(?:{KINDS})_[0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}\b")

SAME = [
    "assistant_by_name",
    "assistants_by_role",
    "async_client",
    "cli_chat_loop",
    "client_parameter",
    "create_and_poll",
    "create_and_run",
    "create_and_stream",
    "discord_bot",
    "fastapi_depends",
    "functions_before_run",
    "handler_simple",
    "json_mode",
    "message_metadata",
    "message_retrieve_delete",
    "messages_before_cursor",
    "messages_paging",
    "module_client",
    "notebook_stream",
    "poll_with_deadline",
    "quickstart_script",
    "run_usage",
    "sse_raw_events",
    "stream_event_chain",
    "stream_final",
    "stream_text_deltas",
    "stream_tools_loop",
    "thread_metadata",
    "thread_pool",
    "tools_globals",
    "tools_parallel_async",
    "tools_single_call",
]
"""None that waits for a run in the background: ogx says that it is completed before the conversation has the answer."""
WANTS_INPUT = "'loc': ['body', 'input'], 'msg': 'Field required'"
STATED = {
    "messages_without_run": WANTS_INPUT,
    "wrapper_module": WANTS_INPUT,
    "code_interpreter_csv": "Input tag 'code_interpreter' found",
    "copy_thread": "'str' object has no attribute 'text'",
    "literal_ids": "Error code: 400",
    "poll_work_inside": "Error code: 500",
    "message_metadata_2": "No message found with id",
}
"""What ogx does otherwise than OpenAI's API, each in the words of one program; CONTRIBUTING tells why it stays so."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ogx(tmp_path_factory.mktemp("ogx")) as url:
        yield url


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    runner = Runner()
    yield runner
    runner.close()


def shown_by(slug: str, server: str, runner: Runner, folder: Path) -> tuple[Outcome, Outcome]:
    """What the rewritten program shows on the sandbox and on the server."""
    program = load(PROGRAMS / slug).on_the_installed_sdk()
    rewrite_copy(program, folder / "rewritten")
    outcomes: list[Outcome] = []
    with api(program, sunset=True) as own:
        for place, url in (("own", own.url), ("other", server)):
            (folder / place).mkdir()
            outcomes.append(runner.run(program, folder / "rewritten", folder / place, base_url=url, timeout=30))
    return outcomes[0], outcomes[1]


def normalised(outcome: Outcome) -> tuple[int, str, dict[str, str]]:
    """The outcome with the ids of ogx's forms replaced too."""
    files = {name: UUID.sub("<id>", text) for name, text in outcome.files.items()}
    return outcome.exit_code, UUID.sub("<id>", outcome.stdout), files


@pytest.mark.parametrize("slug", SAME)
def test_the_same_on_ogx(slug: str, server: str, runner: Runner, tmp_path: Path) -> None:
    own, other = shown_by(slug, server, runner, tmp_path)
    assert own.exit_code == 0, own.stderr
    assert normalised(other) == normalised(own), other.stderr


@pytest.mark.parametrize("slug", STATED)
def test_a_difference_of_ogx_that_is_stated(slug: str, server: str, runner: Runner, tmp_path: Path) -> None:
    own, other = shown_by(slug, server, runner, tmp_path)
    assert own.exit_code == 0, own.stderr
    assert STATED[slug] in other.stderr
