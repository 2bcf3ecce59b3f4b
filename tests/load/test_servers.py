"""A server that others wrote as the target: what an export holds is in its conversations, and stored ids lead there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from assist2resp.load.engine import load
from assist2resp.load.rollback import roll_back
from assist2resp.load.session import Settings
from tests.export import scenes
from tests.ogx import ogx
from tests.rewrite.support.surface import support_module

pytestmark = [
    pytest.mark.servers,
    pytest.mark.filterwarnings("ignore::UserWarning:pydantic"),
    pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ogx(tmp_path_factory.mktemp("ogx")) as url:
        yield url


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An export of a sandbox: six threads of up to 225 messages, and a run with a call of a function."""
    with scenes.old_world(scenes.make_state(tmp_path / "state.sqlite")) as old:
        manifest = scenes.exported("openai", scenes.settings(old), tmp_path / "archive")
    assert manifest.failures == ()
    return tmp_path / "archive"


def settings(url: str, **changes: Any) -> Settings:
    return Settings(base_url=url, api_key="any", patience=0.01, **changes)


def test_ogx_holds_what_the_archive_holds(server: str, archive: Path) -> None:
    result = load(archive, settings(server))
    held = scenes.conversations(archive)
    assert result.tally == {"loaded": len(held), "items": sum(len(record["items"]) for record in held.values())}
    assert (result.failures, result.notes) == ([], {}), "all was read back and compared"
    again = load(archive, settings(server))
    assert again.tally == {"loaded before": len(held)}
    assert again.requests == 0


def test_vector_stores_are_made_again_at_ogx(server: str, archive: Path) -> None:
    [(old, new)] = load(archive, settings(server, stores=True)).stores
    assert old == "vs_policy"
    with openai.OpenAI(base_url=server, api_key="any", max_retries=0, timeout=30) as client:
        [found] = client.vector_stores.search(new, query="Returns within 30 days.").data
    assert found.content[0].text == "Returns within 30 days."


def test_stored_ids_go_on_at_ogx(server: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(archive, settings(server))
    support = support_module(tmp_path)
    monkeypatch.setenv("ASSISTANTS_ID_MAP", str(archive / "id_map.sqlite"))
    monkeypatch.setenv("ASSISTANTS_STATE", str(archive / "assistants_compat.sqlite"))
    with openai.OpenAI(base_url=server, api_key="any", max_retries=0, timeout=30) as client:
        beta = support.beta(client)
        assistant = beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        beta.threads.messages.create("thread_2", role="user", content="Where were we?")
        run = beta.threads.runs.create_and_poll(thread_id="thread_2", assistant_id=assistant.id)
        shown = [message.content[0].text.value for message in beta.threads.messages.list("thread_2", order="asc")]
    assert run.status == "completed"
    assert shown[:90] == [f"Turn {turn} of 2." for turn in range(90)]
    assert shown[90] == "Where were we?"
    assert shown[91].startswith('About "Where were we?"')
    assert len(shown) == 92


def test_a_rollback_leaves_nothing_at_ogx(server: str, archive: Path) -> None:
    result = load(archive, settings(server, place=str(archive / "map.sqlite")))
    removed = roll_back(archive, settings(server, place=str(archive / "map.sqlite")))
    assert result.is_complete
    assert removed.is_complete
    assert removed.failures == []
