"""For programs: the `Report` model of `assist2resp.schema.report`, versioned by `report_version`."""

from __future__ import annotations

from collections.abc import Iterator

from assist2resp.report.view import View


def render(view: View) -> Iterator[str]:
    """The report as one JSON object."""
    yield view.report.model_dump_json(indent=2) + "\n"
