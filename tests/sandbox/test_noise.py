"""The noisy model: other words each time, the same ones for the same seed, and now and then another deed."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
from assist2resp.sandbox.noise import REFUSED, UNCALLED, UNCITED

FAST = Settings(step_seconds=0, queued_seconds=0)
TOOL = {
    "type": "function",
    "name": "get_order",
    "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}},
}


def ask(seed, number=5, **arguments):
    with sandbox(noise=seed, in_process=True, settings=FAST) as server:
        client = server.client()
        return [client.responses.create(model="gpt-4o", **arguments) for _ in range(number)]


def texts(seed, number=5, **arguments):
    return [response.output_text for response in ask(seed, number, input="Why is it so?", **arguments)]


def test_answers_differ_and_follow_from_the_seed():
    first = texts(1)
    assert len(set(first)) > 1
    assert texts(1) == first
    assert texts(2) != first


def test_without_noise_nothing_varies():
    assert len(set(texts(None))) == 1


def test_json_stays_json():
    form = {"type": "json_schema", "name": "x", "schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    for text in texts(1, text={"format": form}):
        assert "a" in json.loads(text)


def test_instructions_decide_the_manner():
    def openings(instructions):
        return Counter(text.split('"')[0] for text in texts(3, 60, instructions=instructions))

    assert openings("Be brief.").most_common(1) != openings("Be thorough, and kind.").most_common(1)


@pytest.mark.parametrize(
    ("arguments", "happens", "rate"),
    [
        ({"input": "Get order 7", "tools": [TOOL]}, lambda one: one.output[0].type != "function_call", UNCALLED),
        ({"input": "Hello"}, lambda one: one.output[0].content[0].type == "refusal", REFUSED),
    ],
    ids=["uncalled", "refused"],
)
def test_other_deeds_come_at_their_rates(arguments, happens, rate):
    number = 400
    count = sum(map(happens, ask(5, number, **arguments)))
    assert 0 < count < number * rate * 3


def test_citations_stand_where_they_belong():
    with sandbox(noise=1, in_process=True, settings=FAST) as server:
        client = server.client()
        file = client.files.create(file=("policy.md", b"Returns within 30 days."), purpose="assistants")
        store = client.vector_stores.create(file_ids=[file.id])
        tools = [{"type": "file_search", "vector_store_ids": [store.id]}]
        cited = 0
        for _ in range(60):
            part = (
                client.responses.create(model="gpt-4o", input="What about returns?", tools=tools).output[-1].content[0]
            )
            for note in getattr(part, "annotations", ()):
                assert part.text[: note.index].endswith('policy.md says "Returns within 30 days"')
                cited += 1
    assert 60 * (1 - 4 * UNCITED) < cited < 60
