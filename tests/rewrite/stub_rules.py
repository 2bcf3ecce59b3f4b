"""Rules that stand for the real ones, so that what shows them is tested apart from what they do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assist2resp.rewrite import catalogue

_RULE = '''
from assist2resp.schema.findings import Level


class {name}:
    """The sentence of {code}.

    What: runs go,
        in one step.
    Why:
        A 404 "helps" nobody <b>here</b>.
    See: https://example.com/{code}.
    """

    code = "{code}"
    title = "{title}"
    level = Level.{level}
    CASES = (("same\\n", "same\\n"), ("old\\n", "new\\n"))
'''
RULES = (
    ("a2r401_replace_run", "ReplaceRun", "A2R401", "replace a run", "FIXED"),
    ("a2r402_report_step", "ReportStep", "A2R402", "report | a step", "MANUAL"),
    ("a2r500_review_page", "ReviewPage", "A2R500", "review a page", "REVIEW"),
)


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Make these rules the catalogue's."""
    package = folder / "stub_rules_package"
    package.mkdir()
    (package / "__init__.py").touch()
    for file, name, code, title, level in RULES:
        text = _RULE.format(name=name, code=code, title=title, level=level)
        (package / f"{file}.py").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setattr(catalogue, "RULES", package.name)
        catalogue.catalogue.cache_clear()
        yield
    catalogue.catalogue.cache_clear()
