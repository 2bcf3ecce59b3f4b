"""Old threads through export and load: the model's next answer is the one that it would have given on the old thread.

The sandbox's answer is a function of everything that the model is given: a turn, call, output, image, file or citation
that is lost, doubled or moved gives another one. `make test-thousands` takes a thousand random threads.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import pytest

from assist2resp.export.engine import export
from assist2resp.export.source import Settings as ExportSettings
from assist2resp.export.source import open_source
from assist2resp.load.engine import load
from assist2resp.load.session import Settings as LoadSettings
from assist2resp.rewrite.configurations.archived import read_assistants, registry_text
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
from tests.rewrite.support.surface import support_module

pytestmark = [
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
]
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
SEED: dict[str, Any] = {
    "files": [
        {"id": "file-returns", "filename": "returns.md", "text": "Refunds take thirty days."},
        {"id": "file-shipping", "filename": "shipping.md", "text": "Parcels take four days."},
        {"id": "file-own", "filename": "own.md", "text": "The customer of this thread is gold."},
        {"id": "file-data", "filename": "data.csv", "text": "a\n1\n"},
        {"id": "file-photo", "filename": "photo.png", "text": "a photo", "purpose": "vision"},
    ],
    "vector_stores": [{"id": "vs_kb", "name": "kb", "file_ids": ["file-returns", "file-shipping"]}],
    "assistants": [
        {
            "id": "asst_desk",
            "model": "gpt-4o",
            "instructions": "Be brief.",
            "temperature": 0.3,
            "tools": [
                {"type": "file_search"},
                {"type": "code_interpreter"},
                {"type": "function", "function": {"name": "get_weather", "parameters": WEATHER}},
                {"type": "function", "function": {"name": "get_order", "parameters": WEATHER}},
            ],
            "tool_resources": {
                "file_search": {"vector_store_ids": ["vs_kb"]},
                "code_interpreter": {"file_ids": ["file-data"]},
            },
        }
    ],
}
PHOTO = {"type": "image_file", "image_file": {"file_id": "file-photo", "detail": "low"}}
LINK = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
TURNS: list[dict[str, Any]] = [
    {"content": "Hello."},
    {"content": "The weather in Rome?"},
    {"content": "The weather and the order of Oslo?"},
    {"content": "How long do refunds take?"},
    {"content": "Plot 1, 2 and 3 and save a csv"},
    {"content": "Please refuse."},
    {"content": [{"type": "text", "text": "What is this?"}, PHOTO]},
    {"content": [{"type": "text", "text": "And this?"}, LINK, PHOTO]},
    {"content": "Am I gold?", "attachments": [{"file_id": "file-own", "tools": [{"type": "file_search"}]}]},
    {"content": "Compute 2 + 2.", "attachments": [{"file_id": "file-own", "tools": [{"type": "code_interpreter"}]}]},
]


def talk(beta: Any, thread_id: str, turn: dict[str, Any]) -> str:
    """The answer to one more turn, whatever has to be called for it."""
    beta.threads.messages.create(thread_id, role="user", **turn)
    run = beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id="asst_desk", poll_interval_ms=1)
    while run.required_action is not None:
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": f"{call.function.name}: fine"} for call in calls]
        run = beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread_id, tool_outputs=outputs, poll_interval_ms=1
        )
    newest = beta.threads.messages.list(thread_id, limit=1).data[0]
    texts = [getattr(part, "text", None) or getattr(part, "refusal", None) for part in newest.content]
    return re.sub("【[^】]*】", "", "".join(getattr(text, "value", text) or "" for text in texts))


def old_threads(beta: Any, number: int) -> list[str]:
    """Random threads, of up to five turns of every kind."""
    dice, made = random.Random(number), []
    for index in range(number):
        thread = beta.threads.create(metadata={"customer": str(index)})
        for turn in dice.choices(TURNS, k=dice.randint(0, 5)):
            talk(beta, thread.id, turn)
        if dice.random() < 0.3:
            beta.threads.messages.create(thread.id, role="user", content="No answer yet.")
        made.append(thread.id)
    return made


def transcript(beta: Any, thread_id: str) -> list[Any]:
    """What a program sees of a thread, but for ids and the place of charts, for which items have no place."""
    listed = list(beta.threads.messages.list(thread_id, order="asc", limit=100))
    return [
        (message.role, message.created_at, message.run_id, message.metadata, len(message.attachments or []))
        for message in listed
    ]


@pytest.mark.parametrize("number", [30, pytest.param(1000, marks=pytest.mark.thousands)])
def test_the_next_answer_is_the_same(number: int, tmp_path: Path) -> None:
    folder, dice = tmp_path / "archive", random.Random(1)
    settings = Settings(queued_seconds=0, step_seconds=0, poll_after_ms=1)
    with sandbox(settings=settings, seed=SEED) as server:
        client = server.client()
        threads = old_threads(client.beta, number)
        source = ExportSettings(base_url=server.url, api_key="any", thread_ids=threads)
        assert export(open_source("openai", source), folder).complete
        place = str(tmp_path / "id_map.sqlite")
        result = load(folder, LoadSettings(base_url=server.url, api_key="any", place=place))
        assert (result.tally["loaded"], result.is_complete, dict(result.notes)) == (number, True, {})
        registry = registry_text(dict(read_assistants(folder).assistants))
        (tmp_path / "assistants.json").write_bytes(registry)
        new = support_module(tmp_path, "*", "conversation_id").beta(client)
        turns = {thread: dice.choice(TURNS) for thread in threads}
        for thread in threads:
            assert transcript(new, thread) == transcript(client.beta, thread)
        answers = {thread: talk(new, thread, turn) for thread, turn in turns.items()}
        assert answers == {thread: talk(client.beta, thread, turn) for thread, turn in turns.items()}
        assert len(set(answers.values())) > min(number, 20) / 2
        assert server.failures == []
