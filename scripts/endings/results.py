"""What one repository's rewrite is counted as."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from assist2resp.schema.findings import Finding, Level

AZURE, FOREIGN = "A2R011", "A2R013"
_NAMES = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|\b[\w./-]+\.(?:py|ipynb)(?::\d+)?|\b\w+\(\)|\b\d+\b")
_OLD = re.compile(r"(?<!\.types)(?<!\.resources)\.beta\.(?:threads|assistants|vector_stores)\b")


@dataclass
class Tally:
    """Sites by key, and where they are."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    places: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def note(self, key: tuple[str, str], place: str) -> None:
        """Count one site."""
        self.counts[key] += 1
        self.places.setdefault(key, []).append(place)

    def update(self, other: Tally) -> None:
        """Count another's sites in."""
        self.counts.update(other.counts)
        for key, places in other.places.items():
            self.places.setdefault(key, []).extend(places)


@dataclass
class Result:
    """How one repository went.

    `levels` and `plain` count the calls and handlers of the old API, `around` what else was found. `manual` holds sites by rule and reason, `held` those that wait for such a one, `indirect` the fixed ones that are
    not plain by the reason why; `left` names files called done that still use the old API, `unread` those that use it and
    are no Python of today.
    """

    name: str
    seconds: float = 0.0
    levels: Counter[str] = field(default_factory=Counter)
    around: Counter[str] = field(default_factory=Counter)
    plain: Counter[str] = field(default_factory=Counter)
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)
    manual: Tally = field(default_factory=Tally)
    held: Tally = field(default_factory=Tally)
    indirect: Tally = field(default_factory=Tally)
    unparsed: list[str] = field(default_factory=list)
    unstable: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    mistyped: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    crash: str = ""

    @property
    def sites(self) -> int:
        """All calls and handlers of the old API that were found."""
        return sum(self.levels.values())

    def stays(self, rule: str) -> int:
        """The sites that stay for a rule: because their client is Azure's, or another server's."""
        return sum(
            count for tally in (self.manual, self.held) for (code, _), count in tally.counts.items() if code == rule
        )

    @property
    def failures(self) -> list[str]:
        """What may not happen, with the repository's name."""
        found = {
            "does not parse": self.unparsed,
            "changes again": self.unstable,
            "still uses the old API": self.left,
            "has a new error of types": self.mistyped,
        }
        return [f"{self.name}: {where} {what}" for what, places in found.items() for where in places]

    def add(self, other: Result) -> None:
        """Count another repository's numbers in."""
        self.seconds += other.seconds
        self.plain.update(other.plain)
        self.levels.update(other.levels)
        self.around.update(other.around)
        self.rules.update(other.rules)
        self.manual.update(other.manual)
        self.held.update(other.held)
        self.indirect.update(other.indirect)

    def count(self, findings: Iterable[Finding], obstacles: Mapping[int, str], root: str) -> None:
        """Count what a run found; `obstacles` says per flow why it is not plain."""
        found = list(findings)
        reasons = {finding.place: (finding.code, reason(finding.message)) for finding in found}
        for finding in found:
            place = f"{finding.place.path.removeprefix(root).lstrip('/')}:{finding.place.line}"
            self.rules[finding.code, finding.level] += 1
            (self.levels if finding.is_site else self.around)[finding.level] += 1
            self.plain[finding.level] += finding.is_site and finding.plain
            if finding.level is Level.MANUAL:
                if finding.blocked_by is None:
                    self.manual.note(reasons[finding.place], f"{self.name}/{place}")
                else:
                    key = reasons.get(finding.blocked_by, ("", "a site that a comment ignores"))
                    self.held.note(key, f"{self.name}/{place}")
            elif finding.level is Level.FIXED and finding.flow and not finding.plain:
                self.indirect.note(_why_not_plain(finding, obstacles), f"{self.name}/{place}")


def _why_not_plain(finding: Finding, obstacles: Mapping[int, str]) -> tuple[str, str]:
    """Why a fixed site's flow is not plain; the site itself where its flow has nothing to be plain about."""
    obstacle = obstacles.get(finding.flow, "")
    if obstacle in {"", "the flow creates no run"}:
        return finding.symbol, obstacle or "its flow's runs are plain"
    return "", reason(obstacle)


def reason(message: str) -> str:
    """A message without what is this place's alone."""
    return _NAMES.sub("…", message.partition("\n")[0])


def old_uses(text: str) -> int:
    """How often code is spelled like the old API, texts and comments apart."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return 0
    code = "".join(
        token.string
        for token in tokens
        if token.type in {tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.NEWLINE}
    )
    return len(_OLD.findall(code))
