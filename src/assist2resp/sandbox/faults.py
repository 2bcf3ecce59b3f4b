"""Faults on purpose: `--faults SPEC`, a string or a file, says which requests go wrong, how, and how often.

    spec    = clause { (";" | newline) clause }
    clause  = "seed=" number | fault "@" route [":" rate] { "," option "=" value }
    fault   = an HTTP status from 400 to 599 | "slow" | "cut-body" | "cut-stream"
    route   = "*" | METHOD " *" | [METHOD " "] path     with "*" for anything and "{name}" for one part of a path
    rate    = 0 to 1, default 1
    options   retry-after (seconds; without it a 429 or 503 has no such header), seconds (of slow, default 1),
              events (before a stream is cut, default 3), times (at most so often), skip (the first so many)

Clauses are asked in order; one that answers a request hides it from those after it. For example
`429@POST /v1/responses:0.2,retry-after=1; slow@GET *:0.1,seconds=2; cut-stream@*:0.1; seed=7`.

A `.yaml` or `.json` file holds `{"seed": 7, "faults": [clause, ...]}`, each clause a string as above or a mapping with
`fault`, `route`, `rate` and the options; any other file holds the language itself.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from assist2resp.errors import UsageError
from assist2resp.sandbox.inputs import Part, part_of, read_text

_METHODS = ("GET", "POST", "DELETE")
_WORDS = ("slow", "cut-body", "cut-stream")
_OPTIONS = {"retry-after": float, "seconds": float, "events": int, "times": int, "skip": int}
_STRUCTURED = (".json", ".yaml", ".yml")
_FORM = "write FAULT@ROUTE:RATE, such as 429@POST /v1/responses:0.2"


@dataclass(frozen=True)
class Fault:
    """One clause: what goes wrong, where, and how often."""

    kind: str
    method: str = "*"
    path: str = "*"
    rate: float = 1.0
    retry_after: float | None = None
    seconds: float = 1.0
    events: int = 3
    times: int | None = None
    skip: int = 0

    @property
    def status(self) -> int | None:
        """The HTTP status that it answers with, if it is that kind."""
        return int(self.kind) if self.kind.isdigit() else None

    def concerns(self, method: str, path: str) -> bool:
        """Whether its route is this one."""
        return self.method in ("*", method) and re.fullmatch(_pattern(self.path), path) is not None


@dataclass
class Chance:
    """A fault and its own dice, so that what happens to one clause does not depend on the others."""

    fault: Fault
    dice: random.Random
    seen: int = 0
    struck: int = 0

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is hit; each call counts as one request."""
        if not self.fault.concerns(method, path):
            return False
        self.seen += 1
        if self.seen <= self.fault.skip or (self.fault.times is not None and self.struck >= self.fault.times):
            return False
        hit = self.dice.random() < self.fault.rate
        self.struck += hit
        return hit


@dataclass
class FaultPlan:
    """All clauses of a spec."""

    faults: tuple[Fault, ...]
    seed: int = 0
    _chances: list[Chance] = field(init=False)

    def __post_init__(self) -> None:
        self._chances = [
            Chance(fault, random.Random(f"{self.seed}/{index}"))  # noqa: S311 - repeatable, not secret
            for index, fault in enumerate(self.faults)
        ]

    def strike(self, method: str, path: str) -> list[Fault]:
        """The faults that hit this request, in the order of the spec up to one that answers it."""
        struck: list[Fault] = []
        for chance in self._chances:
            if chance.strikes(method, path):
                struck.append(chance.fault)
                if chance.fault.status is not None:
                    break
        return struck


class SpecError(ValueError):
    """A clause that cannot be understood, `offset` characters into it."""

    def __init__(self, text: str, offset: int = 0) -> None:
        super().__init__(text)
        self.offset = offset


def read_faults(spec: str | Path) -> FaultPlan:
    """The plan of a spec, or of the file of that name; a UsageError names line and column."""
    path = Path(spec)
    if isinstance(spec, str) and not _is_file(path) and path.suffix.lower() not in _STRUCTURED:
        return _from_text(spec, "--faults")
    if path.suffix.lower() in _STRUCTURED:
        return _from_input(part_of(path, str(path)))
    return _from_text(read_text(path), str(path))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _from_text(text: str, name: str) -> FaultPlan:
    clauses: list[Fault | int] = []
    for match in re.finditer(r"[^;\n]+", text):
        clause = match.group()
        start = match.start() + len(clause) - len(clause.lstrip())
        if not clause.strip() or clause.lstrip().startswith("#"):
            continue
        try:
            clauses.append(_clause(clause.strip()))
        except SpecError as error:
            position = start + error.offset
            line, column = text.count("\n", 0, position) + 1, position - (text.rfind("\n", 0, position) + 1) + 1
            raise UsageError(f"{name}, line {line}, column {column}: {error}.") from error
    return _plan(clauses)


def _plan(clauses: Iterable[Fault | int]) -> FaultPlan:
    found = list(clauses)
    seeds = [clause for clause in found if isinstance(clause, int)]
    return FaultPlan(tuple(clause for clause in found if isinstance(clause, Fault)), seeds[-1] if seeds else 0)


def _clause(text: str) -> Fault | int:
    if text.startswith("seed="):
        return int(_number(text[5:], int, "seed", 5))
    head, *options = text.split(",")
    kind, at, rest = head.partition("@")
    if not at:
        raise SpecError(f"'{head}' has no '@' and is no file; {_FORM}")
    route, colon, rate = rest.rpartition(":")
    if not colon:
        route, rate = rest, ""
    fault = _fault(kind.strip(), route.strip(), len(kind) + 1)
    if colon:
        fault = replace(fault, rate=_rate(rate, len(head) - len(rate)))
    return _with_options(fault, options, len(head) + 1)


def _with_options(fault: Fault, options: list[str], offset: int) -> Fault:
    for option in options:
        name, _, value = option.partition("=")
        fault = _with_option(fault, name.strip(), value, offset + len(option) - len(option.lstrip()))
        offset += len(option) + 1
    return fault


def _with_option(fault: Fault, name: str, value: object, offset: int = 0) -> Fault:
    if name not in _OPTIONS:
        raise SpecError(f"unknown option '{name}'; the options are {', '.join(_OPTIONS)}", offset)
    changed: dict[str, Any] = {
        name.replace("-", "_"): _number(str(value), _OPTIONS[name], name, offset + len(name) + 1)
    }
    return replace(fault, **changed)


def _fault(kind: str, route: str, route_offset: int = 0) -> Fault:
    if kind not in _WORDS and not re.fullmatch(r"[45]\d\d", kind):
        raise SpecError(f"unknown fault '{kind}'; the faults are a status from 400 to 599, {', '.join(_WORDS)}")
    method, space, path = route.partition(" ")
    if not space:
        method, path = "*", route
    if method != "*" and method not in _METHODS:
        raise SpecError(f"unknown method '{method}'; the methods are {', '.join(_METHODS)}", route_offset)
    if path.strip() != "*" and not path.strip().startswith("/"):
        raise SpecError(f"'{path.strip()}' is no route; write * or a path such as /v1/responses", route_offset)
    return Fault(kind, method, path.strip())


def _rate(text: str, offset: int = 0) -> float:
    rate = float(_number(text, float, "rate", offset))
    if rate > 1:
        raise SpecError(f"the rate is between 0 and 1, not {text.strip()}", offset)
    return rate


def _number(text: str, kind: type[int | float], name: str, offset: int) -> float:
    try:
        number = kind(text)
    except ValueError:
        number = kind(-1)
    if not 0 <= number < float("inf"):
        wanted = "a whole number" if kind is int else "a number"
        raise SpecError(f"{name} must be {wanted} of at least 0, not '{text.strip()}'", offset)
    return number


def _from_input(root: Part) -> FaultPlan:
    if not isinstance(root.value, dict):
        return _plan([_entry(part) for part in root.sequence()])
    keys = root.mapping("faults", "seed", required="faults")
    seed = keys["seed"].whole() if "seed" in keys else 0
    return _plan([seed, *(_entry(part) for part in keys["faults"].sequence())])


def _entry(part: Part) -> Fault | int:
    try:
        return _clause(part.value.strip()) if isinstance(part.value, str) else _listed(part)
    except SpecError as error:
        raise part.problem(f"{error}.") from error


def _listed(part: Part) -> Fault:
    keys = part.mapping("fault", "route", "rate", *_OPTIONS, required="fault")
    fault = _fault(str(keys["fault"].value), keys["route"].text() if "route" in keys else "*")
    if "rate" in keys:
        fault = replace(fault, rate=_rate(str(keys["rate"].value)))
    for name in _OPTIONS:
        if name in keys:
            fault = _with_option(fault, name, keys[name].value)
    return fault


def _pattern(path: str) -> str:
    parts = re.split(r"(\*|\{[^}]*\})", path)
    return "".join(".*" if part == "*" else "[^/]+" if part.startswith("{") else re.escape(part) for part in parts)
