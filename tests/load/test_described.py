"""Every request of a load is one that OpenAI's description allows: asked in the process, and of prism as a proxy."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from assist2resp.load import api
from assist2resp.load.engine import load
from assist2resp.load.rollback import roll_back
from assist2resp.network.lean import Answer, Lean
from tests.load.scenes import new_world, settings
from tests.load.test_round_trip import SEED
from tests.prism import VIOLATIONS, prism
from tests.sandbox.openapi import PATH
from tests.sandbox.openapi_requests import Requests

pytestmark = pytest.mark.skipif(not PATH.exists(), reason="OpenAI's description is not beside this repository")
OF_A_REQUEST = '"location":["request"'
ARCHIVE = Path(__file__).parents[2] / "fixtures" / "archives" / "v1"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Threads with calls, citations, charts, images, attachments, refusals and an image whose file is gone."""
    folder = shutil.copytree(ARCHIVE, tmp_path / "archive")
    path = folder / "conversations/part-00001.jsonl"
    first, *others = path.read_text().splitlines()
    gone = first.replace('"file-photo"', '"file-gone"')
    path.write_text("\n".join([gone, *others, ""]))
    return folder


def identified(body: Any) -> Any:
    """A body whose answers have ids, which the description asks for and a load leaves to the server."""
    for item in (body.get("items") or ()) if isinstance(body, dict) else ():
        if item.get("role") == "assistant":
            item.setdefault("id", "msg_1")
    return body


def test_every_request_is_described(archive: Path) -> None:
    described = Requests()
    seed = {"files": SEED["files"][:4], "vector_stores": []}
    with new_world(seed=seed) as server:
        result = load(archive, settings(server, stores=True))
        assert result.is_complete
        assert roll_back(archive, settings(server)).is_complete
        sent = [request for request in server.requests if not request.path.endswith("/files")]
    assert {request.method for request in sent} == {"GET", "POST", "DELETE"}
    for request in sent:
        if request.method == "POST":
            request.content = json.dumps(identified(request.json)).encode()
        assert not list(described.violations(request))


class Noting(Lean):
    """A client that keeps what a proxy said of its requests."""

    told: list[str]

    async def request(self, method: str, path: str, query: Any, body: Any = None) -> Answer:
        answer = await super().request(method, path, query, body)
        Noting.told.append(f"{answer.status_code} {method} {path} {answer.headers.get(VIOLATIONS, '')}")
        return answer


@pytest.mark.servers
def test_prism_lets_every_request_through(archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Noting, "told", [], raising=False)
    monkeypatch.setattr(api, "Lean", Noting)
    with new_world(seed=SEED) as server, prism(server.url, tmp_path) as url:
        through = settings(server, base_url=url, stores=True)
        assert load(archive, through).is_complete
        assert roll_back(archive, through).is_complete
        assert len(Noting.told) > 60
        assert [told for told in Noting.told if OF_A_REQUEST in told] == []
        asyncio.run(_post(url, {"items": [{"role": "run"}]}))
        assert OF_A_REQUEST in Noting.told[-1], "prism does look"


async def _post(url: str, body: Any) -> None:
    client = Noting(url, {}, {})
    await client.request("POST", "/conversations", {}, body)
    await client.close()
