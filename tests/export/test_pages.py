"""Listings of servers that others wrote: repeated, overlapping, endless, cut short, in the wrong order."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.export.pages import Page, walk
from assist2resp.export.source import FetchError
from assist2resp.export.sources.openai import _ascending
from assist2resp.export.verbatim import (
    Piece,
    _listing_as_we_write,
    _listing_by_cutting,
    dumped,
    elements_of,
    listing_of,
    members_of,
    piece_of,
    read_values,
    value_of,
)
from assist2resp.network.pace import Pace, retry_after, seconds_of

LIMIT = 3


def page(*ids, more=False):
    return Page(json.dumps({"object": "list", "data": [{"id": each} for each in ids], "has_more": more}))


async def ids_of(pages):
    """The ids that a walk gives, when the answers after each id are these."""
    asked = []

    async def fetch(after):
        asked.append(after)
        assert len(asked) < 20, "the walk does not end"
        return pages(after)

    return [piece.value["id"] async for pieces in walk(fetch, LIMIT) for piece in pieces], asked


def by_cursor(answers):
    return lambda after: answers[after]


WALKS = {
    "one page": ({None: page("a", "b")}, "ab", 1),
    "empty": ({None: page()}, "", 1),
    "two pages": ({None: page("a", "b", "c", more=True), "c": page("d")}, "abcd", 2),
    "a full last page is asked beyond": ({None: page("a", "b", "c"), "c": page()}, "abc", 2),
    "has_more is always false": ({None: page("a", "b", "c"), "c": page("d", "e")}, "abcde", 2),
    "overlapping": ({None: page("a", "b", "c", more=True), "c": page("c", "d", more=True), "d": page()}, "abcd", 3),
    "the last page again": ({None: page("a", "b", "c"), "c": page("a", "b", "c")}, "abc", 2),
}


@pytest.mark.parametrize(("answers", "expected", "requests"), WALKS.values(), ids=WALKS)
async def test_walks(answers, expected, requests):
    found, asked = await ids_of(by_cursor(answers))
    assert ("".join(found), len(asked)) == (expected, requests)


async def test_a_listing_that_repeats_for_ever_is_a_failure():
    with pytest.raises(FetchError, match="repeats itself after 2 objects"):
        await ids_of(lambda _after: page("a", "b", more=True))


async def test_an_object_without_an_id_is_a_failure():
    with pytest.raises(FetchError, match="without an id"):
        await ids_of(lambda _after: Page('{"data": [{"object": "thread"}]}'))


ORDERS = {
    "as asked": ([1, 2, 3], [1, 2, 3]),
    "newest first": ([3, 2, 1], [1, 2, 3]),
    "a clock that went back": ([1, 3, 2], [1, 3, 2]),
    "equal times": ([1, 1], [1, 1]),
    "texts": (["2024-02", "2024-01"], ["2024-01", "2024-02"]),
    "mixed": ([2, "1"], [2, "1"]),
    "none": ([None, None], [None, None]),
}


@pytest.mark.parametrize(("times", "expected"), ORDERS.values(), ids=ORDERS)
def test_only_a_whole_list_is_turned(times, expected):
    pieces = [Piece({"id": str(number), "created_at": time}, "") for number, time in enumerate(times)]
    assert [piece.value["created_at"] for piece in _ascending(pieces)] == expected


def test_objects_keep_their_characters():
    text = '{"data": [ {"b":1.50,\n   "a":"x\\u00e9\\n é",  "a": 1e5} , [ ],\r\n"z"], "has_more":false}'
    elements = list(elements_of(dict(members_of(text))["data"].raw))
    assert [piece.raw for piece in elements] == ['{"b":1.50,"a":"x\\u00e9\\n é",  "a": 1e5}', "[ ]", '"z"']


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 0, 3, "\t"]), st.booleans())
def test_any_json_is_cut_without_a_change(values, indent, ascii_only):
    text = json.dumps({"data": values, "has_more": True}, indent=indent, ensure_ascii=ascii_only)
    pieces, others = listing_of(text)
    assert [piece.value for piece in pieces] == values
    assert [json.loads(piece.raw) for piece in pieces] == values
    assert all("\n" not in piece.raw for piece in pieces)
    assert others == {"has_more": True}
    assert [(name, piece.value) for name, piece in members_of(text)] == [("data", values), ("has_more", True)]


@given(st.lists(VALUES, max_size=5), st.sampled_from([None, 2]), st.sampled_from([(",", ":"), (",", ": ")]))
def test_both_ways_of_cutting_give_the_same(values, indent, signs):
    text = json.dumps({"data": values, "a": 1}, indent=indent, ensure_ascii=False, separators=signs)
    by_cutting = _listing_by_cutting(text)
    assert listing_of(text) == by_cutting
    assert _listing_as_we_write(text) in (None, by_cutting)


@pytest.mark.parametrize("indent", [None, 2])
def test_the_forms_that_servers_write_need_no_cutting(indent):
    text = json.dumps({"data": [{"a": "é", "b": [1, 2.5, None, {}]}]}, indent=indent, ensure_ascii=False)
    text = text if indent else text.replace(", ", ",").replace(": ", ":")
    assert _listing_as_we_write(text) is not None


EXACT = ["1.10", "1e5", "123456789012345678901234567890", "0.1000", '{"a":1,"a":2}', '"\\u00e9"', "-0"]


@pytest.mark.parametrize("number", EXACT)
def test_what_we_would_write_otherwise_is_cut(number):
    text = f'{{"data":[{number}]}}'
    assert _listing_as_we_write(text) is None
    assert listing_of(text)[0][0].raw == number


@given(VALUES)
def test_a_value_is_read_as_json_reads_it(value):
    text = json.dumps(value)
    assert value_of(text) == json.loads(text)


@given(st.lists(VALUES, max_size=5), st.booleans())
def test_values_together_are_read_as_each_alone(values, ascii_only):
    texts = [json.dumps({"a": value}, ensure_ascii=ascii_only) for value in values]
    assert read_values(['"whole"', "1.5"]) == [("whole", True), (1.5, True)]
    found = read_values(texts)
    assert [repr(read.value) for read in found] == [repr(json.loads(text)) for text in texts]
    for read in found:
        is_torn = any("\ud800" <= sign <= "\udfff" for sign in json.dumps(read.value, ensure_ascii=False))
        assert not (is_torn and read.is_whole)


def test_large_numbers_stay_whole():
    assert value_of('{"a":123456789012345678901234567890}') == {"a": 123456789012345678901234567890}
    assert value_of("18446744073709551616") == 18446744073709551616


BROKEN = ["", "{", "[1,]x", '{"a" 1}', '{"a":1]', "[1 2]", '{"a":1}{', "{1:2}", '"\n"', "nul", "[" * 100_000]


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: text[:8])
def test_broken_json_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        piece_of(text)
    with pytest.raises(ValueError, match=r"."):
        list(members_of(text)) + list(elements_of(text))


def test_our_own_json_is_readable_unless_utf_8_cannot_hold_it():
    assert dumped({"a": "é"}) == '{"a":"é"}'
    assert dumped({"a": "é\ud800"}) == '{"a":"\\u00e9\\ud800"}'


@pytest.mark.parametrize(
    ("text", "seconds"), [("1s", 1), ("6m0s", 360), ("20ms", 0.02), ("1h2m3s", 3723), ("", 0), ("soon", 0)]
)
def test_durations(text, seconds):
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Fri, 21 Nov 2026 00:00:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
    ],
)
def test_retry_after(headers, seconds):
    assert retry_after(headers) == seconds


async def test_the_pace_grows_with_answers_and_halves_with_refusals():
    pace = Pace(16)
    grown = [pace.limit]
    for _ in range(200):
        pace.answered({})
        grown.append(pace.limit)
    assert (grown[0], grown[-1]) == (4, 16)
    assert grown == sorted(grown)
    pace.refused(0)
    assert pace.limit == 8
    for _ in range(9):
        pace.refused(0)
    assert pace.limit == 1


async def test_no_more_requests_run_than_the_pace_allows():
    pace = Pace(3)
    running, most = 0, 0

    async def request():
        nonlocal running, most
        async with pace.turn():
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(request() for _ in range(30)))
    assert most == 3


async def test_a_refusal_holds_everything_back(monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    pace = Pace(2)
    pace.refused(5)
    monkeypatch.setattr("assist2resp.network.pace.asyncio.sleep", sleep)
    async with pace.turn():
        assert slept == [pytest.approx(5, abs=0.5)]
    pace.answered({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "9s"})
    async with pace.turn():
        assert slept[-1] == pytest.approx(9, abs=0.5)
