"""Lines of sources are read back as they were written, and damage in them is seen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.export.archive import source_lines
from assist2resp.export.checkpoint import Row
from assist2resp.export.reading import row_of

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
RAWS = st.dictionaries(TEXTS, TEXTS | st.integers() | st.none(), max_size=3).map(json.dumps)


@given(TEXTS, TEXTS, TEXTS | st.none(), RAWS)
def test_a_line_is_read_as_it_was_written(object_id, owner, parent, raw):
    row = Row(owner, "messages", object_id, parent, raw)
    line = source_lines([row]).decode()
    assert row_of(line, "messages") == row
    spaced = line.replace('{"id":', '{ "id" :', 1)
    assert row_of(spaced, "messages") == row


GOOD = '{"id":"a","owner":"b","parent":null,"object":{"x":1}}\n'
DAMAGED = {
    "cut": GOOD[:-1],
    "cut object": GOOD.replace("1}}", "1}"),
    "more after it": GOOD.replace("}\n", "}}\n"),
    "no JSON": GOOD.replace('{"x":1}', "{x:1}"),
    "no owner": GOOD.replace('"owner":"b",', ""),
    "empty": "\n",
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_damage_is_a_value_error(line):
    with pytest.raises(ValueError, match=r"."):
        row_of(line, "messages")
