"""Markers of citations and links to written files, in a text and in the pieces that it streams in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.sandbox.citations import mark
from assist2resp.sandbox.prompt import Citation, Document, FilePath, Text

NOTES = Document("file-notes", "notes.txt", "Thirty days.", "d1")
PRICES = Document("file-prices", "prices.md", "Ten euros.", "d2")
FIRST, SECOND = "【4:0†notes.txt】", "【4:1†prices.md】"
CSV = "sandbox:/mnt/data/a.csv"


def cite(index, document=NOTES):
    return Citation(index, document, "quote")


CASES = {
    "no citation": (Text("One two", (), ("One", " two")), ["One", " two"]),
    "no deltas": (Text("One two", (), ()), ["One two"]),
    "at the end": (Text("One two", (cite(7),), ("One", " two")), ["One", " two", FIRST]),
    "at the start": (Text("One", (cite(0),), ("One",)), [FIRST, "One"]),
    "inside a delta": (Text("One two", (cite(3),), ("One two",)), ["One", FIRST, " two"]),
    "between deltas": (Text("One two", (cite(3),), ("One", " two")), ["One", FIRST, " two"]),
    "two at one place": (
        Text("One", (cite(3), cite(3, PRICES)), ("One",)),
        ["One", FIRST, SECOND],
    ),
    "out of order": (
        Text("One two", (cite(7), cite(3, PRICES)), ("One two",)),
        ["One", SECOND, " two", FIRST],
    ),
    "beyond the text": (Text("One", (cite(99),), ("One",)), ["One", FIRST]),
    "of an empty text": (Text("", (cite(0),), ()), [FIRST]),
    "a link": (Text(f"See {CSV}.", (), (f"See {CSV}.",), (FilePath(4, 4 + len(CSV), "a.csv"),)), [f"See {CSV}", "."]),
    "a link after a citation": (
        Text(f"See {CSV}.", (cite(3),), ("See ", f"{CSV[:5]}", f"{CSV[5:]}."), (FilePath(4, 4 + len(CSV), "a.csv"),)),
        ["See", FIRST, " ", CSV[:5], CSV[5:], "."],
    ),
    "a link to nothing": (
        Text(CSV, (), (CSV,), (FilePath(0, len(CSV), "b.csv"),)),
        [CSV],
    ),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES)
def test_pieces(text, expected):
    pieces = mark(text, {"a.csv": "file-csv"})
    assert [piece.value for piece in pieces] == expected
    assert_spans(pieces)
    assert "".join(piece.value for piece in pieces if not piece.is_marker) == text.text


def assert_spans(pieces):
    whole = "".join(piece.value for piece in pieces)
    for piece in pieces:
        for note in piece.annotations:
            assert whole[note["start_index"] : note["end_index"]] == note["text"]


def test_annotations_have_the_keys_of_the_wire():
    text = Text(f"See {CSV}", (cite(3),), (f"See {CSV}",), (FilePath(4, 4 + len(CSV), "a.csv"),))
    notes = [note for piece in mark(text, {"a.csv": "file-csv"}) for note in piece.annotations]
    end = 3 + len(FIRST)
    assert notes == [
        {
            "type": "file_citation",
            "text": FIRST,
            "start_index": 3,
            "end_index": end,
            "file_citation": {"file_id": "file-notes"},
        },
        {
            "type": "file_path",
            "text": CSV,
            "start_index": end + 1,
            "end_index": end + 1 + len(CSV),
            "file_path": {"file_id": "file-csv"},
        },
    ]


@given(st.text(max_size=30), st.lists(st.integers(0, 40), max_size=4), st.lists(st.integers(1, 9), max_size=6))
def test_any_text_cut_anywhere_keeps_its_words_and_spans(text, places, sizes):
    deltas, start = [], 0
    for size in sizes:
        deltas.append(text[start : start + size])
        start += size
    deltas = (*(delta for delta in deltas if delta), *([text[start:]] if text[start:] else []))
    pieces = mark(Text(text, tuple(cite(place) for place in places), deltas), {})
    assert "".join(piece.value for piece in pieces if not piece.is_marker) == text
    assert sum(piece.is_marker for piece in pieces) == len(places)
    assert_spans(pieces)
