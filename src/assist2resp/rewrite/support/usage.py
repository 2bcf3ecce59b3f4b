"""What of the support module a use of the old API needs: the routes that its methods ask, and features by argument."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_THREAD = "/threads/{}"
_RUN = "/threads/{}/runs/{}"
_SUBMIT = f"POST {_RUN}/submit_tool_outputs"
_POLL = f"GET {_RUN}"

METHODS: dict[str, tuple[str, ...]] = {
    "assistants.create": ("POST /assistants",),
    "assistants.retrieve": ("GET /assistants/{}",),
    "assistants.update": ("POST /assistants/{}",),
    "assistants.list": ("GET /assistants",),
    "assistants.delete": ("DELETE /assistants/{}",),
    "threads.create": ("POST /threads",),
    "threads.retrieve": (f"GET {_THREAD}",),
    "threads.update": (f"POST {_THREAD}",),
    "threads.delete": (f"DELETE {_THREAD}",),
    "threads.create_and_run": ("POST /threads/runs", "STREAM /threads/runs"),
    "threads.create_and_run_poll": ("POST /threads/runs", _POLL),
    "threads.create_and_run_stream": ("STREAM /threads/runs",),
    "threads.messages.create": (f"POST {_THREAD}/messages",),
    "threads.messages.retrieve": (f"GET {_THREAD}/messages/{{}}",),
    "threads.messages.update": (f"POST {_THREAD}/messages/{{}}",),
    "threads.messages.list": (f"GET {_THREAD}/messages",),
    "threads.messages.delete": (f"DELETE {_THREAD}/messages/{{}}",),
    "threads.runs.create": (f"POST {_THREAD}/runs", f"STREAM {_THREAD}/runs"),
    "threads.runs.retrieve": (_POLL,),
    "threads.runs.update": (f"POST {_RUN}",),
    "threads.runs.list": (f"GET {_THREAD}/runs",),
    "threads.runs.cancel": (f"POST {_RUN}/cancel",),
    "threads.runs.create_and_poll": (f"POST {_THREAD}/runs", _POLL),
    "threads.runs.create_and_stream": (f"STREAM {_THREAD}/runs",),
    "threads.runs.stream": (f"STREAM {_THREAD}/runs",),
    "threads.runs.poll": (_POLL,),
    "threads.runs.submit_tool_outputs": (_SUBMIT, _SUBMIT.replace("POST", "STREAM")),
    "threads.runs.submit_tool_outputs_and_poll": (_SUBMIT, _POLL),
    "threads.runs.submit_tool_outputs_stream": (_SUBMIT.replace("POST", "STREAM"),),
    "threads.runs.steps.list": (f"GET {_RUN}/steps",),
    "threads.runs.steps.retrieve": (f"GET {_RUN}/steps/{{}}",),
}
"""The routes below each method of the old SDK: its requests, as the support module answers them."""

FUNCTIONS = ("conversation_id", "request_arguments", "input_message", "file_content", "file_object", "run_status")
"""Functions of the support module that stand for themselves."""

FEATURES: dict[str, frozenset[str]] = {
    "last_messages": frozenset({"truncation_strategy"}),
    "files": frozenset({"attachments", "messages", "additional_messages", "thread", "tool_resources"}),
}
"""The arguments that can bring a feature into use, by the feature's name (a region of that name in the parts)."""

ARCHIVE = "archive"
"""The use that has threads loaded from an archive at their first use, where threads are asked for by id."""

_EVERYTHING = ("*", "beta")
_USE = re.compile(r"(?P<path>[a-z_.*]+)(?:\((?P<arguments>[^)]*)\))?")


@dataclass(frozen=True)
class Needs:
    """What the user's file has to hold: entry functions and other public names, routes, and features."""

    names: frozenset[str]
    routes: frozenset[str]
    features: frozenset[str]


def needs_of(used: Iterable[str]) -> Needs:
    """What these uses need.

    A use is a dotted path of the old API (`threads.runs.create`), any method below one (`threads.*`, `*`), or a name of
    FUNCTIONS, or ARCHIVE. Arguments that are all known narrow it: `threads.runs.create(instructions, stream)`, `threads.create()`.
    """
    names: set[str] = set()
    routes: set[str] = set()
    features: set[str] = set()
    loads = False
    for use in used:
        path, arguments = _parsed(use)
        if path in FUNCTIONS:
            names.add(path)
            continue
        if path == ARCHIVE:
            loads = True
            continue
        names |= {"threads", "assistants", "beta"} if path in _EVERYTHING else {path.partition(".")[0]}
        for method in _methods(path, use):
            routes |= {route for route in METHODS[method] if _is_asked(route, method, arguments)}
            features |= {name for name, brought in FEATURES.items() if arguments is None or brought & arguments}
    takes_ids = any(_THREAD in route for route in routes)
    if loads and (takes_ids or "conversation_id" in names):
        features.add(ARCHIVE)
        routes |= {f"BEFORE {_THREAD}"} if takes_ids else set()
    features |= {"stream"} if any(route.startswith("STREAM") for route in routes) else set()
    features |= {"cancel"} if any(route.endswith("/cancel") for route in routes) else set()
    return Needs(frozenset(names), frozenset(routes), frozenset(features))


def _parsed(use: str) -> tuple[str, frozenset[str] | None]:
    match = _USE.fullmatch(use.replace(" ", ""))
    if match is None:
        raise ValueError(f"{use!r} is no use of the old API: expected a dotted path such as 'threads.runs.create'.")
    arguments = match["arguments"]
    path = re.sub(r"(^|\.)with_(raw|streaming)_response\b\.?", r"\1", match["path"]).removeprefix("beta.") or "*"
    return path.rstrip("."), None if arguments is None else frozenset(filter(None, arguments.split(",")))


def _methods(path: str, use: str) -> list[str]:
    """The methods that a path stands for."""
    if path in _EVERYTHING:
        return list(METHODS)
    prefix = path.removesuffix("*").removesuffix(".")
    found = [method for method in METHODS if method == path or (path != prefix and method.startswith(f"{prefix}."))]
    if not found:
        raise ValueError(f"{use!r} is no use of the old API that the support module knows.")
    return found


def _is_asked(route: str, method: str, arguments: frozenset[str] | None) -> bool:
    """Whether a method asks this route, where only some of its calls ask for events."""
    optional = len({entry.partition(" ")[0] for entry in METHODS[method]} & {"POST", "STREAM"}) > 1
    return not (optional and route.startswith("STREAM") and arguments is not None and "stream" not in arguments)
