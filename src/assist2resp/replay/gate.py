"""`--fail-on`: conditions under which a run fails, such as `worse:any`, `tool_calls<0.98` or `cost>1.2x`.

    conditions = condition { "," condition }
    condition  = outcome ":" ("any" | metric | field "=" value)
               | metric ["@" field "=" value] ("<" | "<=" | ">" | ">=") number ["x"]
    outcome    = "worse" | "different" | "undecided" | "better" | "same"

A number is compared with the new side's mean; with `x` with how many times the old side's mean that is.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assist2resp.errors import UsageError
from assist2resp.replay.metrics._registry import check_name
from assist2resp.schema.comparison import Gate, KnownDifference, Outcome, Verdict

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_COMPARISON = re.compile(r"(?P<metric>[^<>=@:\s]+)(?:@(?P<group>[^<>]+?))?\s*(?P<sign>[<>]=?)\s*(?P<number>.*)")
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)(x?)")


@dataclass(frozen=True)
class Condition:
    """One condition, as it was written and as a test of verdicts; the test gives why it fails, or nothing."""

    text: str
    test: Callable[[Sequence[Verdict]], str | None]


def read_conditions(texts: Sequence[str], metrics: Sequence[str]) -> list[Condition]:
    """The conditions of all `--fail-on`; a UsageError names the position of what cannot be understood."""
    return [condition for text in texts for condition in _conditions(text, metrics)]


def _conditions(text: str, metrics: Sequence[str]) -> Iterator[Condition]:
    for found in re.finditer(r"[^,]+", text):
        part, start = found.group().strip(), found.start() + len(found.group()) - len(found.group().lstrip())
        if part:
            yield _condition(part, text, start, metrics)


def _condition(part: str, text: str, start: int, metrics: Sequence[str]) -> Condition:
    outcome, colon, what = part.partition(":")
    if colon and "<" not in outcome and ">" not in outcome:
        if outcome not in [one.value for one in Outcome]:
            raise _problem(text, start, f"'{outcome}' is no outcome; there are {', '.join(Outcome)}")
        if what != "any" and "=" not in what:
            _check_metric(what, text, start + len(outcome) + 1, metrics)
        return Condition(part, _outcomes(outcome, what))
    compared = _COMPARISON.fullmatch(part)
    if compared is None:
        raise _problem(text, start, f"'{part}' is no condition; write worse:any, tool_calls<0.98 or cost>1.2x")
    _check_metric(compared["metric"], text, start, metrics)
    number = _NUMBER.fullmatch(compared["number"])
    if number is None:
        raise _problem(
            text, start + compared.start("number"), f"'{compared['number']}' is no number such as 0.98 or 1.2x"
        )
    group = compared["group"] or ""
    return Condition(
        part, _values(compared["metric"], group, compared["sign"], float(number[1]), times=bool(number[2]))
    )


def _check_metric(name: str, text: str, at: int, metrics: Sequence[str]) -> None:
    try:
        check_name(name, metrics)
    except UsageError as error:
        raise _problem(text, at, str(error).rstrip(".")) from None


def _problem(text: str, at: int, problem: str) -> UsageError:
    return UsageError(f"--fail-on '{text}', position {at + 1}: {problem}.")


def _outcomes(outcome: str, what: str) -> Callable[[Sequence[Verdict]], str | None]:
    def test(verdicts: Sequence[Verdict]) -> str | None:
        found = [
            f"{verdict.metric}{f' of {verdict.group}' if verdict.group else ''}"
            for verdict in verdicts
            if verdict.outcome == outcome and what in ("any", verdict.metric, verdict.group)
        ]
        return f"{outcome}: {', '.join(found)}" if found else None

    return test


def _values(
    metric: str, group: str, sign: str, number: float, *, times: bool
) -> Callable[[Sequence[Verdict]], str | None]:
    def test(verdicts: Sequence[Verdict]) -> str | None:
        verdict = next((one for one in verdicts if (one.metric, one.group) == (metric, group)), None)
        if verdict is None or verdict.new is None:
            return f"{metric}{f' of {group}' if group else ''} says nothing in this run"
        if not times:
            return f"{metric} is {verdict.new:g}" if _OPERATORS[sign](verdict.new, number) else None
        if not verdict.old:
            return f"{metric} is not known of the old side"
        ratio = verdict.new / verdict.old
        return f"{metric} is {ratio:.3g} times the old side's" if _OPERATORS[sign](ratio, number) else None

    return test


def gates_of(
    conditions: Sequence[Condition], verdicts: Sequence[Verdict], known: Sequence[KnownDifference]
) -> tuple[Gate, ...]:
    """What each condition came to, and that no known difference has expired."""
    gates = []
    for condition in conditions:
        because = condition.test(verdicts)
        gates.append(Gate(expression=condition.text, failed=because is not None, because=because or "it does not hold"))
    for entry in known:
        if entry.expired:
            because = f"the known difference '{entry.pattern}' expired on {entry.expires}; {entry.owner} is its owner"
            gates.append(Gate(expression="known:expired", failed=True, because=because))
    return tuple(gates)
