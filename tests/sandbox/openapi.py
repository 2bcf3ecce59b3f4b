"""OpenAI's published description of its API, asked for the schema of an answer.

https://github.com/openai/openai-openapi, as of 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from recordings.routes import ROUTES, place

PATH = Path(__file__).parents[2] / "../shared/corpus/openapi/openapi-2026-08-21.yaml"
STREAMS = {
    "POST /threads/runs": "AssistantStreamEvent",
    "POST /threads/{thread}/runs": "AssistantStreamEvent",
    "POST /threads/{thread}/runs/{run}/submit_tool_outputs": "AssistantStreamEvent",
    "POST /responses": "ResponseStreamEvent",
    "GET /responses/{response}": "ResponseStreamEvent",
}


@dataclass(frozen=True)
class Violation:
    """A place in an answer that the description does not allow."""

    route: str
    where: str
    schema: str
    message: str


@dataclass
class Description:
    """The description, read once."""

    document: dict[str, Any]
    validators: dict[str, Draft202012Validator] = field(default_factory=dict)
    events: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Description:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return cls(yaml.load(PATH.read_text(encoding="utf-8"), loader))

    @cached_property
    def answers(self) -> dict[str, dict[str, Any]]:
        """The JSON schema of the answer of each route, such as `POST /threads/{thread}`."""
        found: dict[str, dict[str, Any]] = {}
        for path, operations in self.document["paths"].items():
            template = template_of(path)
            for method, operation in operations.items():
                if template and isinstance(operation, dict) and "?" not in path:
                    content = operation.get("responses", {}).get("200", {}).get("content", {})
                    if "schema" in content.get("application/json", {}):
                        found[f"{method.upper()} {template}"] = content["application/json"]["schema"]
        return found

    def violations(self, route: str, value: Any) -> Iterator[Violation]:
        """What in an answer the description does not allow."""
        yield from self.violations_of(route, self.answers[route], value)

    def event_violations(self, route: str, name: str, data: Any) -> Iterator[Violation]:
        """What in one event of a stream the description does not allow."""
        kind = STREAMS[route]
        schema = self._events(kind).get(name)
        if schema is None:
            yield Violation(route, name, kind, f"no event of this name in {kind}")
            return
        old = kind == "AssistantStreamEvent"
        yield from self.violations_of(f"{route} {name}", schema, {"event": name, "data": data} if old else data)

    def violations_of(self, name: str, schema: dict[str, Any], value: Any) -> Iterator[Violation]:
        """What in a value one schema does not allow; `name` stands for the schema, and for the place in violations."""
        if name not in self.validators:
            registry = Registry().with_resource("urn:openai", Resource(self.document, DRAFT202012))
            self.validators[name] = Draft202012Validator(_absolute(schema), registry=registry)
        for error in self.validators[name].iter_errors(value):
            cause = best_match([error]) or error
            yield Violation(name, _path(cause), _schema(cause), cause.message[:300])

    def _events(self, kind: str) -> dict[str, dict[str, Any]]:
        """The schema of each event of a stream by the event's name."""
        if kind not in self.events:
            self.events[kind] = dict(self._named(self.document["components"]["schemas"][kind]))
        return self.events[kind]

    def _named(self, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        for inner in schema.get("anyOf") or schema.get("oneOf") or ():
            yield from self._named(inner)
        names = schema.get("properties", {}).get("event") or schema.get("properties", {}).get("type") or {}
        for name in names.get("enum", ()):
            yield name, schema


def _absolute(schema: Any) -> Any:
    """The schema with references into the whole description."""
    if isinstance(schema, dict):
        return {
            key: "urn:openai" + value if key == "$ref" and value.startswith("#") else _absolute(value)
            for key, value in schema.items()
        }
    return [_absolute(value) for value in schema] if isinstance(schema, list) else schema


def _path(error: ValidationError) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)


def _schema(error: ValidationError) -> str:
    return "/".join(str(part) for part in list(error.schema_path)[-3:])


def template_of(path: str) -> str | None:
    """The replay's name for a path of the description, whose parameters are named otherwise."""
    from urllib.parse import urlsplit

    found = place(urlsplit("https://api.openai.com/v1" + path.replace("{", "").replace("}", "")))
    return found.template if found and found.template in ROUTES else None
