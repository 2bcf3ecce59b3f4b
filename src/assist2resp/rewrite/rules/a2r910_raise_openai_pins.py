"""A2R910: the declared version of the openai package."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from assist2resp.rewrite.dependencies.declared import Declaration
from assist2resp.rewrite.dependencies.specifiers import raised
from assist2resp.rewrite.outcome import FileChange
from assist2resp.rewrite.rules._base import Note, Rewritten
from assist2resp.rewrite.rules._surroundings import declared, needed_version
from assist2resp.schema.findings import Level, Place


class RaiseOpenaiPins:
    """What the project asks of the openai package is raised to what the rewritten code needs.

    What: `openai` in requirements files, pyproject.toml (PEP 621, dependency groups, Poetry), setup.cfg, setup.py,
    Pipfile and environment.yml beside a rewritten file or above it: `==1.35.0` and `<1.50` become `>=1.103.0`.
    Why: Conversations came with 1.101, and their streaming helpers with 1.103.
    Safety: only the version changes; extras, markers, comments and bounds above stay. Nothing changes where no flow was
    rewritten. Lock files and hashes are reported, since only their tool can make them.
    Known problems: files above the given paths, and versions in Dockerfiles and CI scripts, are not looked at.
    See: https://github.com/openai/openai-python/blob/main/CHANGELOG.md
    """

    code = "A2R910"
    title = "raise the pins of openai"
    level = Level.FIXED
    CASES = (("import openai\n\nprint(openai.__version__)\n", "import openai\n\nprint(openai.__version__)\n"),)

    def survey(self, rewritten: Rewritten) -> Iterable[Note]:
        """Raise what is too low."""
        needed = needed_version(rewritten)
        if not needed:
            return
        for path, group in groupby(declared(rewritten, "openai"), key=lambda pair: pair[1].path):
            found = list(group)
            text = after = found[0][0]
            notes = []
            for _, declaration in reversed(found):
                new = raised(declaration.specifier, needed)
                if new is not None:
                    notes.append(_note(declaration, new, needed))
                    if not declaration.remedy:
                        after = after[: declaration.start] + new + after[declaration.end :]
            if after != text:
                change = FileChange(path, text.encode(), after.encode())
                notes[-1] = Note(notes[-1].place, notes[-1].level, notes[-1].message, "openai", (change,))
            yield from reversed(notes)


def _note(declaration: Declaration, new: str, needed: str) -> Note:
    place = Place(path=str(declaration.path), line=declaration.line)
    if declaration.remedy:
        message = f"openai {declaration.specifier} is below the {needed} that the new code needs; {declaration.remedy}."
        return Note(place, Level.REVIEW, message, "openai")
    return Note(place, Level.FIXED, f"openai {declaration.specifier} became {new}.", "openai")
