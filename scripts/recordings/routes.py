"""Which route of the two APIs a recorded URL names, and what its path parameters stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote

ROUTES = (
    "/assistants",
    "/assistants/{assistant}",
    "/threads",
    "/threads/runs",
    "/threads/{thread}",
    "/threads/{thread}/messages",
    "/threads/{thread}/messages/{message}",
    "/threads/{thread}/runs",
    "/threads/{thread}/runs/{run}",
    "/threads/{thread}/runs/{run}/cancel",
    "/threads/{thread}/runs/{run}/submit_tool_outputs",
    "/threads/{thread}/runs/{run}/steps",
    "/threads/{thread}/runs/{run}/steps/{step}",
    "/responses",
    "/responses/compact",
    "/responses/input_tokens",
    "/responses/{response}",
    "/responses/{response}/cancel",
    "/responses/{response}/input_items",
    "/conversations",
    "/conversations/{conversation}",
    "/conversations/{conversation}/items",
    "/conversations/{conversation}/items/{item}",
    "/containers",
    "/containers/{container}",
    "/containers/{container}/files",
    "/containers/{container}/files/{container_file}",
    "/containers/{container}/files/{container_file}/content",
    "/files",
    "/files/{file}",
    "/files/{file}/content",
    "/vector_stores",
    "/vector_stores/{vector_store}",
    "/vector_stores/{vector_store}/search",
    "/vector_stores/{vector_store}/files",
    "/vector_stores/{vector_store}/files/{file}",
    "/vector_stores/{vector_store}/files/{file}/content",
    "/vector_stores/{vector_store}/file_batches",
    "/vector_stores/{vector_store}/file_batches/{batch}",
    "/vector_stores/{vector_store}/file_batches/{batch}/cancel",
    "/vector_stores/{vector_store}/file_batches/{batch}/files",
    "/models",
    "/models/{model}",
)
BASE = re.compile(r"^(?:/openai(?:/deployments/[^/]+)?)?(?:/v1)?(?=/)")


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("^" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template) + "$")


PATTERNS = [(template, _pattern(template)) for template in ROUTES]


@dataclass(frozen=True)
class Place:
    """A route with the values of its path parameters."""

    template: str
    ids: dict[str, str]
    query: str

    def path(self, ids: dict[str, str]) -> str:
        """The path under `/v1` with other values."""
        return "/v1" + self.template.format_map({name: ids.get(value, value) for name, value in self.ids.items()})


def place(url: SplitResult) -> Place | None:
    """Where a URL points, whatever the host; None when it is of neither API."""
    path = BASE.sub("", url.path.rstrip("/") or "/")
    if path == url.path and "/v1/" in path:
        path = path[path.index("/v1/") + 3 :]
    for template, pattern in PATTERNS:
        if match := pattern.match(path):
            return Place(template, {name: unquote(value) for name, value in match.groupdict().items()}, url.query)
    return None
