"""What of the support module a use of the old API needs: the routes that its methods ask, and features by argument."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

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
    "assistants.files.create": ("POST /assistants/{}/files",),
    "assistants.files.retrieve": ("GET /assistants/{}/files/{}",),
    "assistants.files.list": ("GET /assistants/{}/files",),
    "assistants.files.delete": ("DELETE /assistants/{}/files/{}",),
    "threads.create": ("POST /threads",),
    "threads.retrieve": (f"GET {_THREAD}",),
    "threads.update": (f"POST {_THREAD}",),
    "threads.delete": (f"DELETE {_THREAD}",),
    "threads.create_and_run": ("POST /threads/runs", "STREAM /threads/runs"),
    "threads.create_and_run_poll": ("POST /threads/runs",),
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
    "threads.runs.create_and_poll": (f"POST {_THREAD}/runs",),
    "threads.runs.create_and_stream": (f"STREAM {_THREAD}/runs",),
    "threads.runs.stream": (f"STREAM {_THREAD}/runs",),
    "threads.runs.poll": (_POLL,),
    "threads.runs.submit_tool_outputs": (_SUBMIT, _SUBMIT.replace("POST", "STREAM")),
    "threads.runs.submit_tool_outputs_and_poll": (_SUBMIT,),
    "threads.runs.submit_tool_outputs_stream": (_SUBMIT.replace("POST", "STREAM"),),
    "threads.runs.steps.list": (f"GET {_RUN}/steps",),
    "threads.runs.steps.retrieve": (f"GET {_RUN}/steps/{{}}",),
}
"""The routes below each method of the old SDK: its requests, as the support module answers them."""

FUNCTIONS = (
    "conversation_id", "request_arguments", "input_message", "file_content", "file_object", "run_status",
    "pending_calls", "output_items", "same_settings", "going_on", "cited_text", "with_thread_files",
    "run_messages", "completed_at",
)  # fmt: skip
"""Functions of the support module that stand for themselves."""

FEATURES: dict[str, frozenset[str]] = {
    "last_messages": frozenset({"truncation_strategy"}),
    "limits": frozenset({"max_completion_tokens", "max_prompt_tokens"}),
    "options": frozenset({"extra_headers", "extra_query", "extra_body", "timeout"}),
    "more_messages": frozenset({"additional_messages"}),
    "first_messages": frozenset({"messages", "thread"}),
    "files": frozenset({"attachments", "messages", "additional_messages", "thread", "tool_resources"}),
}
"""The arguments that can bring a feature into use, by the feature's name (a region of that name in the parts)."""

ARCHIVE = "archive"
"""The use that has threads loaded from an archive at their first use, where threads are asked for by id."""
FACTS = frozenset({
    "assistant_id", "attachments", "completed_at", "created_at", "incomplete_at", "incomplete_details", "metadata", "run_id",
})  # fmt: skip
"""What messages said of themselves and no item of a conversation does."""
FILES = frozenset({"attachments", "tool_resources"})
TOOLS = frozenset({"required_action"})
WORDS = FACTS | FILES | TOOLS
"""What decides, where a program reads or writes it of the API's objects, what its support module remembers."""

_V1 = "assistants.files."
_EVERYTHING = ("*", "beta")
_USE = re.compile(r"(?P<path>[a-z_.*]+)(?:\((?P<arguments>[^)]*)\))?(?:\[(?P<words>[^]]*)\])?")
_RUNS = ("POST /threads/{}/runs", "STREAM /threads/{}/runs", "POST /threads/runs", "STREAM /threads/runs")
_TAKE_FILES = {"assistants.create", "assistants.update"}
_SHOWN = {f"GET {_THREAD}", f"POST {_THREAD}"}
"""The routes that show a thread which may have been loaded, with a date and metadata of its own."""
_STARTED = ("threads.create_and_run", "threads.runs.create", "threads.runs.submit_tool_outputs")
"""The methods that give a run which still works."""


@dataclass(frozen=True)
class Needs:
    """What the user's file has to hold: entry functions and other public names, methods of the module's own classes that
    are called by name alone, routes, and features.
    """

    names: frozenset[str]
    methods: frozenset[str]
    routes: frozenset[str]
    features: frozenset[str]


def needs_of(used: Iterable[str]) -> Needs:
    """What these uses need.

    A use is a dotted path of the old API (`threads.runs.create`), any method below one (`threads.*`, `*`), or a name of
    FUNCTIONS, or ARCHIVE. Arguments that are all known narrow it: `threads.runs.create(stream)`, `threads.create()`.
    So do the WORDS that the whole program has, if these are known: `threads.messages.list(thread_id)[created_at]`.
    """
    found = _Found()
    loads = False
    for use in used:
        path, arguments, words = _parsed(use)
        if path in FUNCTIONS:
            found.names.add(path)
        elif path == ARCHIVE:
            loads = True
        else:
            found.names |= {"threads", "assistants", "beta"} if path in _EVERYTHING else {path.partition(".")[0]}
            for method in _methods(path, use):
                found.add(method, arguments, words)
    if loads:
        found.load_from_archive()
    return found.needs()


@dataclass
class _Found:
    """What uses need, as far as they were looked at."""

    names: set[str] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    routes: set[str] = field(default_factory=set)
    features: set[str] = field(default_factory=set)

    def add(self, method: str, arguments: frozenset[str] | None, words: frozenset[str] | None) -> None:
        """Add what a method needs; arguments and words are None where not all of them are known."""
        asked = {route for route in METHODS[method] if _is_asked(route, method, arguments)}
        self.routes |= asked
        self.methods |= {method.removeprefix(_V1)} if method.startswith(_V1) else set()
        brought = {name for name, brought in FEATURES.items() if arguments is None or brought & arguments}
        self.features |= brought - ({"files"} if words is not None and not words & FILES else set())
        by_run = method == "threads.messages.list" and (arguments is None or "run_id" in arguments)
        self.features |= {"record"} if by_run and arguments is not None else set()
        self.features |= {"facts"} if by_run or words is None or words & FACTS else set()
        self.features |= {"tools"} if asked.intersection(_RUNS) and (words is None or words & TOOLS) else set()
        self.features |= {"v1_files"} if _has_v1_files(method, arguments) else set()
        self.features |= {"waiting"} if method.endswith("_poll") else set()
        self.features |= {"background"} if method in _STARTED else set()

    def load_from_archive(self) -> None:
        """Add what loads threads at their first use, where threads are asked for by id."""
        takes_ids = any(_THREAD in route for route in self.routes)
        if takes_ids or "conversation_id" in self.names:
            self.features.add(ARCHIVE)
            self.routes |= {f"BEFORE {_THREAD}"} if takes_ids else set()

    def needs(self) -> Needs:
        """All of it, with the features that others bring."""
        features = self.features | _features_of(self.routes)
        features |= {"loaded_threads"} if "facts" in features and self.routes & _SHOWN else set()
        features |= {"container_files"} if self.names & {"file_content", "file_object"} else set()
        features |= {"tools"} if "last_messages" in features else set()
        features |= {"kept"} if features & {ARCHIVE, "container_files", "facts", "files", "record"} else set()
        return Needs(frozenset(self.names), frozenset(self.methods), frozenset(self.routes), frozenset(features))


@dataclass(frozen=True)
class Held:
    """What a support module that was written before can do, as uses and words that would bring it again."""

    used: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    is_async: bool = False
    is_sync: bool = False


def held_by(source: str) -> Held:
    """What the support module with this text holds; nothing, where it is no such module."""
    routes = set(re.findall(r'^@_answers\("([^"]+)"\)', source, re.MULTILINE))
    defined = set(re.findall(r"^(?:class|def) (\w+)", source, re.MULTILINE))
    used = {method for method, asked in METHODS.items() if routes.issuperset(asked)}
    used |= {name for name in FUNCTIONS if name in defined} | ({ARCHIVE} if "_loaded" in defined else set())
    used |= {"beta"} if "beta" in defined else set()
    used |= {f"{method}(file_ids)" for method in used & _TAKE_FILES if "_with_files" in defined}
    marks = ((FACTS, "_with_facts"), (TOOLS, "_drop_unanswered"), (FILES, "_attach"))
    words = frozenset[str]().union(*(words for words, mark in marks if mark in defined))
    return Held(frozenset(used), words, "_AsyncTransport" in defined, "_Transport" in defined)


def _features_of(routes: set[str]) -> set[str]:
    """The features that routes bring: streams, and runs that are kept from one request to the next."""
    found = {"stream"} if any(route.startswith("STREAM") for route in routes) else set()
    found |= {"cancel"} if any(route.endswith("/cancel") for route in routes) else set()
    found |= {"facts"} if f"POST {_THREAD}/messages/{{}}" in routes else set()
    if any(route.partition(" ")[2].startswith(_RUN) for route in routes) or f"GET {_THREAD}/runs" in routes:
        found.add("record")
    if any(route.endswith(("/submit_tool_outputs", "/steps", "/steps/{}")) for route in routes):
        found.add("tools")
    return found


def _parsed(use: str) -> tuple[str, frozenset[str] | None, frozenset[str] | None]:
    match = _USE.fullmatch(use.replace(" ", ""))
    if match is None:
        raise ValueError(f"{use!r} is no use of the old API: expected a dotted path such as 'threads.runs.create'.")
    path = re.sub(r"(^|\.)with_(raw|streaming)_response\b\.?", r"\1", match["path"]).removeprefix("beta.") or "*"
    return path.rstrip("."), _listed(match["arguments"]), _listed(match["words"])


def _listed(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(filter(None, text.split(",")))


def _has_v1_files(method: str, arguments: frozenset[str] | None) -> bool:
    return method.startswith(_V1) or (method.startswith("assistants.") and "file_ids" in (arguments or ()))


def _methods(path: str, use: str) -> list[str]:
    """The methods that a path stands for; those of Assistants v1 must be named."""
    if path in _EVERYTHING:
        return [method for method in METHODS if not method.startswith(_V1)]
    prefix = path.removesuffix("*").removesuffix(".")
    below = [method for method in METHODS if method.startswith(f"{prefix}.") and path != prefix]
    found = [path] if path in METHODS else [each for each in below if not each.startswith(_V1) or f"{prefix}." == _V1]
    if not found:
        raise ValueError(f"{use!r} is no use of the old API that the support module knows.")
    return found


def _is_asked(route: str, method: str, arguments: frozenset[str] | None) -> bool:
    """Whether a method asks this route, where only some of its calls ask for events."""
    optional = len({entry.partition(" ")[0] for entry in METHODS[method]} & {"POST", "STREAM"}) > 1
    return not (optional and route.startswith("STREAM") and arguments is not None and "stream" not in arguments)
