"""The schemas of all files, as `assist2resp schema` prints them."""

from __future__ import annotations

import jsonschema
import pytest

from assist2resp.schema.catalogue import schemas


@pytest.mark.parametrize("name", schemas())
def test_every_schema_is_one(name):
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False


def test_the_files_of_all_features_are_there():
    assert {"manifest", "conversation", "run", "case"} <= schemas().keys()
