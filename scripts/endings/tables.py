"""The counts as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assist2resp.schema.findings import Level
from endings.results import AZURE, FOREIGN, Result, Tally


def table(results: Sequence[Result], total: Result) -> Iterator[str]:
    """The totals by rule and reason."""
    fixed, review, manual = (total.levels[level] for level in (Level.FIXED, Level.REVIEW, Level.MANUAL))
    failures = [failure for result in results for failure in result.failures]
    azure, foreign = total.stays(AZURE), total.stays(FOREIGN)
    own = total.sites - azure - foreign
    yield f"{len(results)} repositories, {total.sites} calls and handlers of the old API: {fixed} fixed, {review} review, {manual} manual."
    yield f"{azure} of the manual are Azure's and {foreign} have a client that is not OpenAI's own, or not always;"
    yield f"of the {own} others {_of(fixed, own)} are fixed, {_of(review, own)} are rewritten with a stated difference."
    plain, stated = (total.plain[level] for level in (Level.FIXED, Level.REVIEW))
    yield f"Of the fixed, {_of(plain, fixed)} are plain SDK calls or gone; with the others that are rewritten, {_of(plain + stated, fixed + review)}."
    yield f"Around them (models, ids, pins, wrappers, patched paths): {sum(total.around.values())} findings;"
    unread = sum(len(result.unread) for result in results)
    crashes = sum(bool(result.crash) for result in results)
    yield f"{crashes} crashes, {len(failures)} failures; files with the API that are no Python of today: {unread}, not counted."
    yield "\n| rule | fixed | review | manual |\n|---|---:|---:|---:|"
    for code in sorted({code for code, _ in total.rules}):
        yield f"| {code} | {total.rules[code, 'fixed']} | {total.rules[code, 'review']} | {total.rules[code, 'manual']} |"
    yield "\n| rule | why manual | sites | held back with them |\n|---|---|---:|---:|"
    for key in _by_weight(total.manual, total.held):
        yield f"| {key[0]} | {_cell(key[1])} | {total.manual.counts[key]} | {total.held.counts[key]} |"
    yield "\n| why fixed and not plain | sites |\n|---|---:|"
    for key in _by_weight(total.indirect):
        yield f"| {_cell(': '.join(part for part in reversed(key) if part))} | {total.indirect.counts[key]} |"


def repositories(results: Iterable[Result]) -> Iterator[str]:
    """One line for each repository that has sites or failed."""
    yield "\n| repository | sites | fixed | plain | review | manual | Azure | foreign | seconds | failures |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for one in results:
        failures = len(one.failures) + bool(one.crash)
        if one.sites or failures:
            levels = " | ".join(str(one.levels[level]) for level in (Level.REVIEW, Level.MANUAL))
            counts = f"{one.sites} | {one.levels[Level.FIXED]} | {one.plain[Level.FIXED]} | {levels} | {one.stays(AZURE)} | {one.stays(FOREIGN)}"
            yield f"| {one.name} | {counts} | {one.seconds:.1f} | {failures or ''} |"


def places(total: Result) -> Iterator[str]:
    """Where the sites of each reason are."""
    for title, tallies in {"Manual": (total.manual, total.held), "Fixed and not plain": (total.indirect,)}.items():
        yield f"\n## {title}"
        for key in _by_weight(*tallies):
            found = [place for tally in tallies for place in tally.places.get(key, ())]
            yield f"\n### {' · '.join(part for part in key if part)} ({len(found)})\n"
            yield from (f"- {place}" for place in found)


def _by_weight(*tallies: Tally) -> list[tuple[str, str]]:
    keys = {key for tally in tallies for key in tally.counts}
    return sorted(keys, key=lambda key: (-sum(tally.counts[key] for tally in tallies), key))


def _cell(text: str) -> str:
    return text.replace("|", "/")


def _of(part: int, whole: int) -> str:
    return f"{part} = {100 * part / whole:.0f} %" if whole else str(part)
