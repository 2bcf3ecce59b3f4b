"""For programs: the `Findings` model of `assist2resp.schema.findings`, versioned by `findings_version`."""

from __future__ import annotations

import json

from assist2resp.rewrite.formats import View
from assist2resp.rewrite.outcome import Outcome


def render(outcome: Outcome, view: View) -> str:
    """The findings as one JSON object, in ASCII, so that any file name survives."""
    del view
    return json.dumps(outcome.findings.model_dump(), indent=2) + "\n"
