"""For programs: the `Report` model of `assist2resp.schema.report`, versioned by `report_version`."""

from __future__ import annotations

import json
from collections.abc import Iterator

from assist2resp.report.view import View


def render(view: View) -> Iterator[str]:
    """The report as one JSON object, in ASCII."""
    yield json.dumps(view.report.model_dump(mode="json"), indent=2) + "\n"
