"""Whether an answer is JSON where JSON was asked for, and obeys the schema (jsonschema, extra `replay`)."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from assist2resp.replay.metrics._base import NO_JSON, Amount, View


def _measure(view: View) -> float | None:
    if not view.asked.wants_json:
        return None
    if view.json is NO_JSON:
        return 0.0
    if view.asked.schema is None:
        return 1.0
    problems = list(_validator(json.dumps(view.asked.schema, sort_keys=True)).iter_errors(view.json))
    places = {error.json_path for error in problems}
    return 1.0 if not places else 0.0


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads(schema))


def _lacks() -> str | None:
    return None if find_spec("jsonschema") else "jsonschema is not installed: pip install 'assist2resp[replay]'"


METRIC = Amount(
    name="json_valid",
    title="Valid JSON",
    unit="share",
    better="higher",
    blind="whether the values are right",
    margin=0.02,
    measure=_measure,
    lacks=_lacks,
)
