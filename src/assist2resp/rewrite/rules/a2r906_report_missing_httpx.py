"""A2R906: httpx, which openai brought along up to its version 2."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assist2resp.rewrite.dependencies.declared import declarations
from assist2resp.rewrite.dependencies.specifiers import admits, raised
from assist2resp.rewrite.rules._base import Note, Rewritten
from assist2resp.rewrite.rules._surroundings import needed_version, surrounding_files
from assist2resp.schema.findings import Level, Place


class ReportMissingHttpx:
    """A project that imports httpx and never asked for it got it from openai, which brings httpx2 since 3.0.

    What: `import httpx` somewhere in the project, a dependency file that lets openai 3 in, and no httpx in that file.
    Why: a custom `http_client=httpx.Client(…)` still works with openai 3, but only where httpx is installed.
    Safety: nothing changes.
    Known problems: another dependency may bring httpx.
    See: https://github.com/openai/openai-python/blob/main/CHANGELOG.md
    """

    code = "A2R906"
    title = "report httpx that openai 3 does not bring"
    level = Level.REVIEW
    CASES = (("import httpx\n\nprint(httpx.Client())\n", "import httpx\n\nprint(httpx.Client())\n"),)

    def survey(self, rewritten: Rewritten) -> Iterable[Note]:
        """The dependency files that want a line more."""
        needed = needed_version(rewritten)
        if not needed or not any(file.imports_httpx for file in rewritten.project.files.values()):
            return
        for path, text in surrounding_files(rewritten):
            for declaration in declarations(path, text, "openai"):
                after = raised(declaration.specifier, needed) or declaration.specifier
                if admits(after, 3) and not declaration.remedy and not re.search(r"\bhttpx\b", text):
                    message = "openai 3 brings httpx2 in place of httpx, which this project imports; add httpx here."
                    yield Note(Place(path=str(path), line=declaration.line), Level.REVIEW, message, "httpx")
