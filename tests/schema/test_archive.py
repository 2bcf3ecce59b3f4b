"""The archive's own description of itself."""

from __future__ import annotations

from assist2resp.schema.archive import SourceLine


def test_the_object_stands_last_in_a_line():
    assert list(SourceLine.model_fields)[-1] == "object"
