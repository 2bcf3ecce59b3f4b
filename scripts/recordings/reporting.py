"""The table of what agreed, and the list of what did not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from recordings.comparing import ALLOWED
from recordings.replaying import Outcome


def report(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Lines: agreed and compared per endpoint, the allowed classes, what was passed over, each disagreement."""
    compared = [outcome for outcome in outcomes if not outcome.skipped]
    by_endpoint: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in compared:
        by_endpoint[outcome.endpoint].append(outcome)
    yield f"{'agreed':>7} {'compared':>9}  endpoint"
    for endpoint, rows in sorted(by_endpoint.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        yield f"{sum(row.agreed for row in rows):>7} {len(rows):>9}  {endpoint}"
    agreed = sum(row.agreed for row in compared)
    yield f"{agreed:>7} {len(compared):>9}  all: {share(outcomes):.1%}"
    yield from _counted("Allowed differences:", _allowed(compared))
    yield from _counted("Passed over:", Counter(f"{row.endpoint}: {row.skipped}" for row in outcomes if row.skipped))
    reasons = Counter(row.origin.partition(",")[0] or "open" for row in compared if not row.agreed)
    yield from _counted("Disagreements by reason:", reasons)
    if agreed < len(compared):
        yield "\nDisagreements:"
    for row in compared:
        if not row.agreed:
            yield f"- {row.recording} #{row.position} {row.endpoint}" + (f" ({row.origin})" if row.origin else "")
            for refusal in row.refusals:
                yield f"    could not make beforehand: {refusal}"
            for difference in row.differences:
                if difference.kind not in ALLOWED:
                    yield f"    {difference.kind}: {difference.where} was {difference.was!r}, is {difference.now!r}"


def share(outcomes: Sequence[Outcome]) -> float:
    """The share of the compared exchanges that agree; 1.0 when there is none."""
    compared = [outcome for outcome in outcomes if not outcome.skipped]
    return sum(row.agreed for row in compared) / len(compared) if compared else 1.0


def _allowed(compared: Sequence[Outcome]) -> Counter[str]:
    return Counter(
        f"{difference.kind}: {difference.was or difference.now}"
        for row in compared
        for difference in row.differences
        if difference.kind in ALLOWED
    )


def _counted(title: str, counts: Counter[str]) -> Iterator[str]:
    if counts:
        yield f"\n{title}"
        for text, count in counts.most_common():
            yield f"{count:>7}  {text}"
