"""One cassette: the interactions of a case in order, as a file of VCR's."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from assist2resp.errors import InputFileError
from assist2resp.replay.fields import differences
from assist2resp.replay.replies import is_lasting


@dataclass(frozen=True)
class Interaction:
    """A request, and its answer if it has one yet."""

    method: str
    url: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: str = ""

    def answered(self, status: int, headers: dict[str, str], answer: str) -> Interaction:
        """The same with an answer."""
        return replace(self, status=status, answer_headers=headers, answer=answer)

    @property
    def key(self) -> str:
        """What two requests have in common that are the same."""
        return json.dumps([self.method, self.url, _value(self.body)], sort_keys=True)

    @property
    def is_lasting(self) -> bool:
        """Whether the answer is no failure that may pass."""
        is_stream = "text/event-stream" in self.answer_headers.get("content-type", "")
        return is_lasting(self.status, self.answer, is_stream=is_stream)


class Tape:
    """The interactions of one file."""

    def __init__(self, path: Path, interactions: list[Interaction] | None = None) -> None:
        self.path = path
        self._interactions = interactions or []
        self._passing: dict[str, Interaction] = {}
        self._played: dict[str, int] = defaultdict(int)

    @classmethod
    def read(cls, path: Path) -> Tape:
        """The cassette of that file, empty where there is none; it is untrusted."""
        from vcr.serialize import deserialize

        if not path.exists():
            return cls(path)
        try:
            requests, responses = deserialize(path.read_text(encoding="utf-8"), _SafeYaml)[:2]
            pairs = [_interaction(*pair) for pair in zip(requests, responses, strict=True)]
        except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            problem = " ".join(str(error).split())[:200]
            raise InputFileError(path, f"is no cassette: {problem}.", hint="Record it again, with --record.") from error
        return cls(path, pairs)

    def add(self, interaction: Interaction) -> None:
        """Record an interaction; a failure that may pass is kept only if no answer follows it."""
        if interaction.is_lasting:
            self._passing.pop(interaction.key, None)
            self._interactions.append(interaction)
        else:
            self._passing[interaction.key] = interaction

    def settle(self) -> None:
        """Keep the failures that no answer has followed by now."""
        self._interactions += self._passing.values()
        self._passing.clear()

    def play(self, asked: Interaction) -> Interaction | None:
        """The next answer to the same request; the last one again where nothing but a failure is left."""
        same = [known for known in self._interactions if known.key == asked.key]
        number = self._played[asked.key]
        self._played[asked.key] += 1
        return same[number] if number < len(same) else None

    def missing(self, asked: Interaction) -> str:
        """What to say of a request that is not here: what comes nearest, and how it differs."""
        if not self._interactions:
            return f"{self.path.name} is not recorded; run again with --record"
        ranked = sorted(
            enumerate(self._interactions, start=1), key=lambda entry: (_distance(asked, entry[1]), entry[0])
        )
        number, nearest = ranked[0]
        parts = list(_parts_that_differ(asked, nearest))
        how = "; ".join(parts[:3]) if parts else "it is the same, but was recorded fewer times"
        return f"{self.path.name} has no such request; the nearest is interaction {number}: {how}; --record anew"

    def write(self) -> None:
        """Write the file whole or not at all."""
        from vcr.request import Request
        from vcr.serialize import serialize

        self.settle()
        kept = self._interactions
        requests = [Request(one.method, one.url, one.body, one.headers) for one in kept]
        responses = [
            {
                "status": {"code": one.status, "message": ""},
                "headers": {name: [value] for name, value in one.answer_headers.items()},
                "body": {"string": one.answer},
            }
            for one in kept
        ]
        text = serialize({"requests": requests, "responses": responses}, _SafeYaml)
        partial = self.path.with_name(self.path.name + ".partial")
        partial.write_text(text, encoding="utf-8", newline="\n")
        os.replace(partial, self.path)  # noqa: PTH105 - replaces on every system


class _SafeYaml:
    """VCR's file with nothing in it but plain values."""

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.load(text, _LOADER)  # noqa: S506 - a safe one

    @staticmethod
    def serialize(data: Any) -> str:
        text: str = yaml.dump(data, Dumper=_DUMPER, allow_unicode=True, width=120)
        return text


_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _interaction(request: Any, response: dict[str, Any]) -> Interaction:
    body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
    answer = response["body"]["string"]
    return Interaction(
        request.method,
        request.uri,
        body,
        status=int(response["status"]["code"]),
        answer_headers={name: str(values[0]) for name, values in response["headers"].items()},
        answer=answer.decode() if isinstance(answer, bytes) else answer,
    )


def _value(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def _distance(asked: Interaction, known: Interaction) -> int:
    """How much differs; what the input says counts less than another model or route."""
    return (asked.url != known.url) * 1000 + sum(1 for _ in differences(_value(known.body), _value(asked.body)))


def _parts_that_differ(asked: Interaction, known: Interaction) -> Iterator[str]:
    if asked.url != known.url:
        yield f"the route is {asked.url}, was {known.url}"
    yield from differences(_value(known.body), _value(asked.body))
