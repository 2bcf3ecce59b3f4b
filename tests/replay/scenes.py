"""What the tests of replay have in common: an archive of a bot's threads, and runs against the sandbox."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assist2resp.export import source
from assist2resp.export.engine import export
from assist2resp.replay.engine import Outcome, replay
from assist2resp.replay.options import Options
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings

KEY = "sk-canary-7f3a9c2e51d84b60"
ORDER = {
    "type": "function",
    "function": {
        "name": "get_order",
        "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]},
    },
}
SEED: dict[str, list[dict[str, Any]]] = {
    "files": [{"id": "file-policy", "filename": "policy.md", "text": "Returns are possible within 30 days."}],
    "vector_stores": [{"id": "vs_policy", "name": "Policies", "file_ids": ["file-policy"]}],
    "assistants": [
        {
            "id": "asst_support",
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "tools": [{"type": "file_search"}, ORDER],
            "tool_resources": {"file_search": {"vector_store_ids": ["vs_policy"]}},
        }
    ],
}
QUESTIONS = ("Hello from {n}!", "Where is order {n}?", "What about returns, {n}?")
THREADS = 8


def make_world(folder: Path) -> tuple[Path, Path]:
    """A state of the sandbox in which the bot has answered, and the archive of its threads."""
    state, archive = folder / "state.sqlite", folder / "archive"
    with sandbox(seed=SEED, state=state, settings=_settings(sunset=False)) as server:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*deprecated.*", DeprecationWarning)
            threads = [_talk(server.client(), number) for number in range(THREADS)]
        settings = source.Settings(base_url=server.url, api_key=KEY, thread_ids=threads)
        export(source.open_source("openai", settings), archive)
        assert server.failures == []
    return state, archive


def _talk(client: Any, number: int) -> str:
    thread = client.beta.threads.create()
    runs = client.beta.threads.runs
    for question in QUESTIONS:
        client.beta.threads.messages.create(thread_id=thread.id, role="user", content=question.format(n=number))
        run = runs.create_and_poll(thread_id=thread.id, assistant_id="asst_support", poll_interval_ms=1)
        if run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": f"order {number} is shipped"} for call in calls]
            runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs, poll_interval_ms=1
            )
    return str(thread.id)


def _settings(*, sunset: bool) -> Settings:
    """A sandbox that answers at once."""
    return Settings(sunset=sunset, queued_seconds=0, step_seconds=0, poll_after_ms=1)


@contextmanager
def new_world(state: Path, **options: Any) -> Any:
    """The sandbox as the new side."""
    with sandbox(state=state, settings=_settings(sunset=True), **options) as server:
        yield server
        assert server.failures == []


def played(inputs: Path, out: Path, server: Any = None, **changes: Any) -> Outcome:
    """One run against a sandbox, or from cassettes."""
    given: dict[str, Any] = {"repeats": 2, "patience": 0.001}
    if server is not None:
        given |= {"base_url": server.url, "api_key": KEY}
    return replay(Options(inputs=(inputs,), out=out, **{**given, **changes}))


def shipped(name: str, arguments: dict[str, Any]) -> str:
    """A function of the user's."""
    return f"{name} {arguments}"
