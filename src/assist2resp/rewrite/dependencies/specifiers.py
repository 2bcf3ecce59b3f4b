"""Version specifiers of one package, as pip, Poetry, Pipenv and conda write them, raised to what code needs.

PEP 440: https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Version: TypeAlias = tuple[int, ...]

_CLAUSE = re.compile(
    r"\s*(?P<operator>===|==|~=|!=|<=|>=|<|>|\^|~|=)?(?P<space>\s*)v?(?P<version>\d[\w.*+!-]*)(?:=\w*)?\s*"
)
_RELEASE = re.compile(r"\d+(?:\.\d+)*")


class _Clause(NamedTuple):
    operator: str
    version: str
    text: str

    @property
    def release(self) -> Version:
        found = _RELEASE.match(self.version)
        return version(found[0]) if found else ()


def version(text: str) -> Version:
    """The release of a version as numbers, without trailing zeros."""
    numbers = [int(number) for number in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def raised(specifier: str, needed: str) -> str | None:
    """The specifier with `needed` as its lowest version, or None where it is right, or says nothing that we know.

    What keeps the needed version away (`==1.35.0`, `<1.50`, `~=1.30.0`) goes; other bounds stay.
    """
    clauses = _clauses(specifier)
    if not clauses:
        return None
    wanted = version(needed)
    kept = [_kept(clause, needed, wanted) for clause in clauses]
    if all(new == clause.text or clause.operator == "!=" for new, clause in zip(kept, clauses, strict=True)):
        return None
    if all(new or clause.operator == "!=" for new, clause in zip(kept, clauses, strict=True)):
        return _joined(specifier, [new for new in kept if new])  # ^ and ~= hold their own lower bound
    space = " " if re.match(r"\s*[<>=~!]+\s", specifier) else ""
    return _joined(specifier, [f">={space}{needed}", *(new for new in kept if new)])


def admits(specifier: str, major: int) -> bool:
    """Whether a major version can be installed."""
    for clause in _clauses(specifier) or ():
        release = clause.release
        above = clause.operator in {"<", "<="} and release <= (major,)
        pinned = clause.operator in {"==", "===", "=", "~=", "^", "~", ""} and release[:1] != (major,)
        if above or pinned:
            return False
    return True


def _clauses(specifier: str) -> list[_Clause] | None:
    clauses = []
    for part in specifier.strip().strip("()").split(","):
        match = _CLAUSE.fullmatch(part)
        if match is None:
            return None
        clauses.append(_Clause(match["operator"] or "", match["version"], part.strip()))
    return clauses


def _kept(clause: _Clause, needed: str, wanted: Version) -> str:
    """What stays of a clause, or nothing."""
    operator, release = clause.operator, clause.release
    if operator in {"<", "<="}:
        return clause.text if release > wanted or (release == wanted and operator == "<=") else ""
    if release >= wanted:
        return clause.text
    if clause.version.endswith("*"):
        return clause.text if wanted[: len(release)] == release and operator != "!=" else ""
    if operator == "^" and release[:1] == wanted[:1]:
        return f"^{needed}"
    if operator == "~=" and clause.version.count(".") == 1 and release[:1] == wanted[:1]:
        return f"~={'.'.join(needed.split('.')[:2])}"
    return ""


def _joined(specifier: str, clauses: list[str]) -> str:
    text = (", " if ", " in specifier else ",").join(clauses)
    return f"({text})" if specifier.strip().startswith("(") else text
