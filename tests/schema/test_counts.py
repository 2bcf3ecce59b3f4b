"""Counts read as a person would write them."""

from __future__ import annotations

import pytest

from assist2resp.schema.counts import counted, counted_kinds


@pytest.mark.parametrize(("number", "shown"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases"), (12345, "12,345 cases")])
def test_a_noun_is_counted(number: int, shown: str) -> None:
    assert counted(number, "case") == shown


@pytest.mark.parametrize(
    ("kind", "one", "two"),
    [
        ("assistants", "1 assistant", "2 assistants"),
        ("vector_stores", "1 vector store", "2 vector stores"),
        ("file_batches", "1 file batch", "2 file batches"),
    ],
)
def test_a_kind_of_an_archive_is_counted(kind: str, one: str, two: str) -> None:
    assert (counted_kinds({kind: 1}), counted_kinds({kind: 2})) == ([one], [two])
