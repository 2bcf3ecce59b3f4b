"""The archive's own description of itself."""

from __future__ import annotations

import jsonschema
import pytest

from assist2resp.schema.archive import FILES, SourceLine, json_schema


@pytest.mark.parametrize("name", FILES)
def test_every_schema_is_one(name):
    schema = json_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False


def test_the_object_stands_last_in_a_line():
    assert list(SourceLine.model_fields)[-1] == "object"
