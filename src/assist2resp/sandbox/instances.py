"""Values that obey a JSON schema, made from the words and numbers of a text: arguments of calls, structured answers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

from assist2resp.sandbox.digest import canonical, number_of

QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)")
NAME = re.compile(r"\b[A-Za-z]+[-_]?\d[\w-]*|(?<![.!?:]\s)(?<!^)(?<!\n)\b[A-Z]\w*(?:\s+[A-Z]\w*)*")
NUMBER = re.compile(r"(?<![\w.-])-?\d+(?:\.\d+)?(?!\w)")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
FORMATS = {
    "date": "2026-03-14",
    "date-time": "2026-03-14T09:26:53Z",
    "time": "09:26:53Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
DEEPEST = 8
LONGEST = 1_000
NUMERIC = (int, float)
KEYWORDS: dict[str, type | tuple[type, ...]] = {
    "$ref": str,
    "format": str,
    **dict.fromkeys(("allOf", "anyOf", "enum", "oneOf", "required"), list),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"), NUMERIC),
    **dict.fromkeys(("maxItems", "maxLength", "minItems", "minLength"), int),
    "properties": dict,
}
"""What the keywords must be; one that is not is as if it were absent."""


@dataclass
class Clues:
    """What a text offers for values. Names and numbers are used once each, in the order of the text from `start` on."""

    text: str
    seed: str
    start: int = 0
    names: list[str] = field(init=False)
    numbers: list[str] = field(init=False)

    def __post_init__(self) -> None:
        quoted = self._from_start(QUOTED)
        spans = {name for phrase in quoted for name in phrase.split()}
        self.names = quoted + [name for name in self._from_start(NAME) if name not in spans and name != "I"]
        self.numbers = self._from_start(NUMBER)

    def _from_start(self, pattern: re.Pattern[str]) -> list[str]:
        found = sorted(pattern.finditer(self.text), key=lambda match: (match.start() < self.start, match.start()))
        return [next((group for group in match.groups() if group), match.group()) for match in found]

    def mention(self, words: str) -> bool:
        """Whether the text has these words, spelled with underscores or spaces."""
        pattern = r"[\s_-]+".join(map(re.escape, re.split(r"[\s_-]+", words.strip("_- ")))) if words else r"(?!)"
        return re.search(rf"(?<!\w){pattern}(?!\w)", self.text, re.IGNORECASE) is not None


@dataclass(frozen=True)
class Maker:
    """Makes instances of one schema. `complete` also fills the properties that are neither required nor mentioned."""

    root: dict[str, Any]
    clues: Clues
    complete: bool = False

    def make(self) -> Any:
        """An instance of the whole schema."""
        return self._value(self.root, "value", 0)

    def _value(self, schema: Any, name: str, depth: int) -> Any:
        schema = self._resolved(schema, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._choice(schema["enum"])
        match _type_of(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "string":
                return self._string(schema, name)
            case "integer" | "number" as kind:
                return self._number(schema, name, whole=kind == "integer")
            case "boolean":
                return self.clues.mention(name) or number_of(self.clues.seed, name) % 2 == 0
            case _:
                return None

    def _resolved(self, schema: Any, depth: int, hops: int = 0) -> dict[str, Any]:
        """`schema` with its reference followed, its alternatives chosen and its parts united."""
        if not isinstance(schema, dict):
            return {}
        found: dict[str, Any] = {
            key: value for key, value in schema.items() if isinstance(value, KEYWORDS.get(key, object))
        }
        if "$ref" in found:
            looped = depth > DEEPEST or hops > DEEPEST
            return {"type": "null"} if looped else self._resolved(self._target(found["$ref"]), depth, hops + 1)
        for union in ("anyOf", "oneOf"):
            if options := found.get(union):
                real = [option for option in options if option != {"type": "null"}] or options
                return {"type": "null"} if _ends(depth, real, options) else self._resolved(real[0], depth, hops + 1)
        for part in found.get("allOf", ()):
            found = {**found, **self._resolved(part, depth, hops + 1)}
        return found

    def _target(self, reference: str) -> Any:
        """What `#/$defs/x` points to in the root, None if nothing."""
        target: Any = self.root
        for key in filter(None, reference.lstrip("#").split("/")):
            target = target.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
        return target

    def _choice(self, values: list[Any]) -> Any:
        named = [value for value in values if isinstance(value, str) and self.clues.mention(value)]
        real = [value for value in values if value is not None]
        return next(iter(named or real or values), None)

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        return {
            name: self._value(part, name, depth + 1)
            for name, part in schema.get("properties", {}).items()
            if name in required or (depth <= DEEPEST and (self.complete or self.clues.mention(name)))
        }

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        least = schema.get("minItems", 0 if depth > DEEPEST else 1)
        size = min(least, schema.get("maxItems", least), LONGEST)
        return [self._value(schema.get("items") or {"type": "string"}, name, depth + 1) for _ in range(size)]

    def _string(self, schema: dict[str, Any], name: str) -> str:
        if (text := self._formatted(schema, name)) is not None:
            return text
        names = self.clues.names
        text = names.pop(0) if names else " ".join(re.split(r"[\s_-]+", name)).strip()
        return text.ljust(min(schema.get("minLength", 0), LONGEST), "-")[: schema.get("maxLength")]

    def _formatted(self, schema: dict[str, Any], name: str) -> str | None:
        form = schema.get("format", "email" if "email" in name.lower() else None)
        if form == "email" and (found := EMAIL.search(self.clues.text)):
            return found.group()
        return FORMATS.get(form) if form else None

    def _number(self, schema: dict[str, Any], name: str, *, whole: bool) -> float:
        low, high = _bounds(schema, whole=whole)
        for text in self.clues.numbers:
            number = float(text)
            if low <= number <= high and (number.is_integer() or not whole):
                self.clues.numbers.remove(text)
                return _plain(number)
        first = low if isfinite(low) else high - 9 if isfinite(high) else 1
        made = first + number_of(self.clues.seed, name, canonical(schema)) % (int(max(min(high - first, 9), 0)) + 1)
        step = schema.get("multipleOf")
        return _plain(-(-made // step) * step if step else made)


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number


def _ends(depth: int, real: list[Any], options: list[Any]) -> bool:
    """Whether a deep recursion may end here with null."""
    return depth > DEEPEST and len(real) < len(options)


def _type_of(schema: dict[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((str(one) for one in kind if one != "null"), "null")
    if kind is None:
        return "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _bounds(schema: dict[str, Any], *, whole: bool) -> tuple[float, float]:
    """The least and the greatest number allowed, both included, infinite where the schema says nothing."""
    step = 1 if whole else 0.5
    low = schema.get("minimum", schema["exclusiveMinimum"] + step if "exclusiveMinimum" in schema else -inf)
    high = schema.get("maximum", schema["exclusiveMaximum"] - step if "exclusiveMaximum" in schema else inf)
    return low, high
