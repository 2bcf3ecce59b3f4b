"""What the tests of exports have in common: a sandbox full of old data, one export, and an archive as values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assist2resp.export.engine import export
from assist2resp.export.source import Settings, open_source
from assist2resp.sandbox import sandbox
from assist2resp.schema.archive import Manifest

KEY = "sk-canary-7f3a9c2e51d84b60"
CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

PIXEL = "charts"
SEED: dict[str, list[dict[str, Any]]] = {
    "files": [
        {"id": "file-policy", "filename": "policy.md", "text": "Returns within 30 days."},
        {"id": "file-chart", "filename": "chart.png", "text": PIXEL, "purpose": "assistants_output"},
    ],
    "vector_stores": [{"id": "vs_policy", "name": "Policies", "file_ids": ["file-policy"]}],
    "assistants": [
        {
            "id": "asst_support",
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "tools": [
                {"type": "file_search"},
                {"type": "function", "function": {"name": "order", "parameters": {"type": "object", "properties": {}}}},
            ],
            "tool_resources": {"file_search": {"vector_store_ids": ["vs_policy"]}},
        }
    ],
    "threads": [
        {
            "id": f"thread_{number}",
            "metadata": {"customer": str(number)},
            "messages": [
                {"role": "user" if turn % 2 == 0 else "assistant", "content": f"Turn {turn} of {number}."}
                for turn in range(number * 45)
            ],
        }
        for number in range(6)
    ],
}
THREADS = tuple(thread["id"] for thread in SEED["threads"])
SCRIPT = [{"answer": {"call": "order", "arguments": {"n": 1}}}, "It is on its way."]


def make_state(path: Path) -> Path:
    """A state of the sandbox with assistants, threads, a run with an answered call, files and a store."""
    with sandbox(seed=SEED, script=SCRIPT, state=path, in_process=True) as server:
        _run(server)
        assert server.failures == []
    return path


@contextmanager
def old_world(state: Path, **options: Any) -> Iterator[Any]:
    """A sandbox that goes on from a state."""
    with sandbox(state=state, **options) as server:
        yield server
        assert server.failures == []


def _run(server: Any) -> None:
    runs = server.client().beta.threads.runs
    run = runs.create_and_poll(thread_id="thread_1", assistant_id="asst_support", poll_interval_ms=1)
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    runs.submit_tool_outputs_and_poll(
        run_id=run.id,
        thread_id="thread_1",
        tool_outputs=[{"tool_call_id": call.id, "output": "sent"}],
        poll_interval_ms=1,
    )


def settings(server: Any, **changes: Any) -> Settings:
    """What reads everything of a sandbox."""
    given = {"base_url": server.url, "api_key": KEY, "thread_ids": THREADS, "patience": 0.001}
    return Settings(**{**given, **changes})


def exported(name: str, given: Settings, folder: Path, **options: Any) -> Manifest:
    """One export, finished."""
    return export(open_source(name, given), folder, **options)


def snapshot(folder: Path) -> dict[str, str]:
    """Every file of a folder by its content."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def without_place(folder: Path) -> dict[str, str]:
    """Every file of an archive, the manifest but for the port of the server."""
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["sources"]
    return {**snapshot(folder), "manifest.json": json.dumps(manifest)}


def lines(folder: Path, name: str) -> list[Any]:
    """The values of a JSONL file of an archive; none if there is no such file."""
    path = folder / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def conversations(folder: Path) -> dict[str, Any]:
    """The conversations of an archive by their threads."""
    paths = sorted((folder / "conversations").glob("*.jsonl"))
    return {row["thread_id"]: row for path in paths for row in lines(folder, path.relative_to(folder).as_posix())}
