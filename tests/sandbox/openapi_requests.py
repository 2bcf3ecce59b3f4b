"""OpenAI's description asked whether requests are ones that it allows: their queries and their JSON bodies.

Where the description says `oneOf`, one or more are enough: a user's message with a list of parts fits two of the kinds
of items that it gives as exclusive, though OpenAI's API takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assist2resp.sandbox.requestlog import LoggedRequest
from recordings.routes import place
from tests.sandbox.openapi import Description, Violation, template_of


@dataclass
class Requests:
    """What the description says of requests."""

    description: Description = field(default_factory=lambda: _relaxed(Description.read()))

    @cached_property
    def operations(self) -> dict[str, dict[str, Any]]:
        """The operation of each route, such as `POST /responses`."""
        return {
            f"{method.upper()} {template}": operation
            for path, operations in self.description.document["paths"].items()
            if (template := template_of(path)) and "?" not in path
            for method, operation in operations.items()
            if isinstance(operation, dict)
        }

    def violations(self, request: LoggedRequest) -> Iterator[Violation]:
        """What in a request the description does not allow; a route that it does not know is one too."""
        found = place(urlsplit(f"https://api.openai.com{request.path}"))
        route = f"{request.method} {found.template if found else request.path}"
        operation = self.operations.get(route)
        if operation is None:
            yield Violation(route, "", "", "no such route")
            return
        yield from self._query(route, operation, request.query)
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if request.json is not None and body is not None:
            yield from self.description.violations_of(f"body of {route}", body["schema"], request.json)

    def _query(self, route: str, operation: dict[str, Any], query: str) -> Iterator[Violation]:
        known = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", [])}
        for name, given in parse_qsl(query):
            plain = name.removesuffix("[]")
            if plain not in known:
                yield Violation(route, name, "", "no such parameter")
                continue
            value: Any = int(given) if given.isdigit() else given
            value = [value] if name.endswith("[]") else value
            yield from self.description.violations_of(f"{plain} of {route}", known[plain], value)


def _relaxed(description: Description) -> Description:
    return Description(_any_of(description.document))


def _any_of(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {"anyOf" if key == "oneOf" else key: _any_of(value) for key, value in schema.items()}
    return [_any_of(value) for value in schema] if isinstance(schema, list) else schema
