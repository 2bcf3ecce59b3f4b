"""Random requests of both wires, half of them sensible: what the sandbox must survive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import strategies as st

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
Ids: TypeAlias = dict[str, list[str]]

TEXTS = [
    "Hello",
    "What is the weather in Paris?",
    "Weather and time please",
    "Calculate 2 + 2, plot it and write a csv file",
    "Are refunds granted?",
    "Please refuse",
    "fail with server_error",
    "",
    "【4:0†notes.txt】 \u0000 \ud83d\ude00",
    "x" * 3000,
]
JUNK: list[Any] = [None, True, 0, -1, 1.5, 10**30, "", "junk", [], [None], [[]], {}, {"a": {"b": []}}, {"type": "nope"}]
MODELS = ["gpt-4o", "gpt-4o-mini", "gpt-4", "gpt-3.5-turbo", "o3", "gpt-5", "gpt-6-luna", "gpt-4-32k", "nonsense"]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}},
    "required": ["city"],
    "additionalProperties": False,
}
OLD_TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "get_time"}},
    {"type": "code_interpreter"},
    {"type": "file_search"},
    {"type": "file_search", "file_search": {"max_num_results": 3, "ranking_options": {"score_threshold": 0.1}}},
]
BAD_TOOLS: list[Any] = [
    {"type": "code_interpreter"},
    {"type": "file_search", "vector_store_ids": []},
    {"type": "function", "function": {"name": "get_weather"}},
    {"type": "function", "name": "bad name", "parameters": []},
]
NEW_TOOLS: list[Any] = [
    {"type": "function", "name": "get_weather", "description": "d", "parameters": SCHEMA, "strict": False},
    {"type": "function", "name": "get_time", "parameters": None, "strict": None},
    {"type": "code_interpreter", "container": {"type": "auto"}},
    {"type": "web_search"},
]
OLD_FORMATS: list[Any] = [
    {"type": "text"},
    {"type": "json_object"},
    {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
]
NEW_FORMATS: list[Any] = [{"type": "text"}, {"type": "json_schema", "name": "n", "schema": SCHEMA}]
FORMATS: list[Any] = [
    "auto",
    {"type": "text"},
    {"type": "json_object"},
    {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
    {"type": "json_schema", "name": "n", "schema": SCHEMA},
    {"type": "json_schema", "name": "n", "schema": {"type": "object", "properties": {"a": {"$ref": "#/$defs/x"}}}},
]


@dataclass
class Guess:
    """Draws values for one request: sensible ones, and now and then junk."""

    draw: Draw
    ids: Ids

    def one(self, good: list[Any], bad: list[Any] | None = None) -> Any:
        """One of the good values, or in one case of sixteen of the bad ones."""
        return self.draw(st.sampled_from(bad if bad and self.rarely(16) else good))

    def rarely(self, of: int) -> bool:
        return bool(self.draw(st.integers(0, of - 1)) == of // 2)

    def some(self, values: list[Any], most: int = 3) -> list[Any]:
        return [self.one(values) for _ in range(self.draw(st.integers(0, most)))] if values else []

    def id(self, kind: str) -> str:
        """The id of such an object, or one that does not exist, or one of another kind."""
        known = self.ids.get(kind, [])
        others = [rows[-1] for name, rows in self.ids.items() if name != kind]
        return str(self.one([*known[-3:], *known[-1:] * 4] or ["missing"], ["missing", *others]))

    def object(self, **makers: Callable[[], Any]) -> dict[str, Any]:
        """Some of these keys, most of those with an underscore; now and then junk, or a key that nobody knows."""
        names = [key for key in makers if not key.startswith("_")]
        chosen = {*self.some(names, 4)}
        body = {key.lstrip("_"): make() for key, make in makers.items() if key in chosen or key.startswith("_")}
        if body and self.rarely(16):
            body[self.one(list(body))] = self.one(JUNK)
        if self.rarely(40):
            body.pop(next(iter(makers)).lstrip("_"), None)
            body["unknown"] = 1
        return body

    def metadata(self) -> Any:
        return self.one([{}, {"a": "b"}], [{"a": 1}, {"a": True}, {"x" * 100: "y"}, {str(n): "v" for n in range(20)}])

    def text(self) -> str:
        return str(self.one(TEXTS))

    def sampling(self) -> dict[str, Callable[[], Any]]:
        return {
            "temperature": lambda: self.one([0, 1, 2, 0.5], [3]),
            "top_p": lambda: self.one([0, 1, 0.5], [-1]),
            "metadata": self.metadata,
            "parallel_tool_calls": lambda: self.one([True, False]),
        }

    # the old wire

    def assistant(self) -> Any:
        return self.object(
            _model=lambda: self.one(MODELS[:2], MODELS),
            name=self.text,
            instructions=self.text,
            tools=lambda: self.some(OLD_TOOLS),
            tool_resources=self.resources,
            response_format=lambda: self.one(OLD_FORMATS, FORMATS),
            reasoning_effort=lambda: self.one(["low", "none"], ["huge"]),
            **{key: make for key, make in self.sampling().items() if key != "parallel_tool_calls"},
        )

    def resources(self) -> Any:
        return self.object(
            file_search=lambda: self.one(
                [{"vector_store_ids": [self.id("vector_store")]}, {"vector_stores": [{"file_ids": [self.id("file")]}]}]
            ),
            code_interpreter=lambda: {"file_ids": [self.id("file")]},
        )

    def old_message(self) -> Any:
        return self.object(
            _role=lambda: self.one(["user", "user", "assistant"], ["system"]),
            _content=lambda: self.one([self.text(), self.old_parts()]),
            attachments=lambda: [{"file_id": self.id("file"), "tools": self.some(OLD_TOOLS[2:4])}],
            metadata=self.metadata,
        )

    def old_parts(self) -> Any:
        parts = [
            {"type": "text", "text": self.text()},
            {"type": "image_file", "image_file": {"file_id": self.id("file")}},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        ]
        return self.one([self.some(parts)], [[*parts, junk] for junk in JUNK])

    def thread(self) -> Any:
        return self.object(
            messages=lambda: [self.old_message() for _ in range(self.one([0, 1, 2]))],
            metadata=self.metadata,
            tool_resources=self.resources,
        )

    def run(self, **more: Callable[[], Any]) -> Any:
        return self.object(
            _assistant_id=lambda: self.id("assistant"),
            model=lambda: self.one(MODELS[:2], MODELS),
            instructions=self.text,
            tools=lambda: self.some(OLD_TOOLS),
            tool_choice=lambda: self.one(["none", "auto", "required"], [{"type": "file_search"}, OLD_TOOLS[1], "x"]),
            response_format=lambda: self.one(OLD_FORMATS, FORMATS),
            stream=lambda: self.one([True, False]),
            max_completion_tokens=lambda: self.one([256, 1000], [1, 0]),
            max_prompt_tokens=lambda: self.one([256, 10_000]),
            truncation_strategy=lambda: self.one(
                [{"type": "auto"}, {"type": "last_messages", "last_messages": 1}], [{"type": "last_messages"}]
            ),
            **self.sampling(),
            **more,
        )

    def run_on_thread(self) -> Any:
        return self.run(
            additional_instructions=self.text, additional_messages=lambda: [self.old_message(), self.old_message()]
        )

    def thread_and_run(self) -> Any:
        return self.run(thread=self.thread, tool_resources=self.resources)

    def tool_outputs(self) -> Any:
        calls = self.ids.get("call", [])[-self.one([1, 2]) :]
        outputs = [{"tool_call_id": call, "output": self.text()} for call in [*calls, *self.some(["missing"], 1)]]
        return self.object(_tool_outputs=lambda: outputs, stream=lambda: self.one([True, False]))

    # the new wire

    def new_parts(self) -> Any:
        text = {"type": "input_text", "text": self.text()}
        file_id = self.id("file")
        parts: list[Any] = [
            text,
            {"type": "input_image", "image_url": "https://example.com/a.png"},
            {"type": "input_image", "file_id": file_id, "detail": "auto"},
            {"type": "input_file", "file_id": file_id},
            {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,aGk="},
        ]
        wrong = {"type": "input_file", "filename": "a.txt", "file_data": "???"}
        return [text, self.one(parts, [wrong, {"type": "output_text", "text": "x"}, *JUNK])]

    def said(self) -> list[Any]:
        text = self.text()
        plain, refusal = {"type": "output_text", "text": text}, {"type": "refusal", "refusal": "no"}
        return [self.one([plain, {**plain, "annotations": []}, refusal])]

    def item(self) -> Any:
        good: list[Callable[[], Any]] = [
            lambda: {"role": "user", "content": self.text()},
            lambda: {"role": "user", "content": self.text()},
            lambda: {"role": "user", "content": self.new_parts()},
            lambda: {"role": "developer", "content": self.text(), "type": "message"},
            lambda: {"role": "assistant", "content": self.said(), "type": "message", "status": "completed"},
            lambda: {"type": "function_call_output", "call_id": self.id("call"), "output": self.text()},
        ]
        bad: list[Callable[[], Any]] = [
            lambda: {"role": "assistant", "content": self.new_parts()},
            lambda: {"type": "function_call", "call_id": "call_own", "name": "get_time", "arguments": "{}"},
            lambda: {"type": "function_call", "call_id": self.id("call"), "name": "f", "arguments": "not json"},
            lambda: {"type": "function_call_output", "call_id": self.id("call"), "output": self.new_parts()},
            lambda: {"type": "item_reference", "id": self.id("item")},
            lambda: {"type": "reasoning", "id": "rs_1", "summary": []},
            lambda: {"type": "web_search_call", "id": "ws_1", "status": "completed"},
            lambda: self.one(JUNK),
        ]
        return self.one(good, bad)()

    def items(self, most: int = 4) -> list[Any]:
        return [self.item() for _ in range(self.draw(st.integers(0, most)))]

    def new_tools(self) -> Any:
        search = {"type": "file_search", "vector_store_ids": [self.id("vector_store")], "max_num_results": 5}
        interpreter = {"type": "code_interpreter", "container": self.id("container")}
        return self.one([self.some([*NEW_TOOLS, search, search, interpreter])], [BAD_TOOLS[at:] for at in range(4)])

    def response(self) -> Any:
        return self.object(
            _model=lambda: self.one(MODELS[:2], MODELS),
            _input=lambda: self.one([self.text(), self.items()]),
            instructions=self.text,
            tools=self.new_tools,
            tool_choice=lambda: self.one(["none", "auto", "required"], [{"type": "function", "name": "get_time"}, "x"]),
            stream=lambda: self.one([True, False]),
            background=lambda: self.one([True, False]),
            store=lambda: self.one([True, False]),
            **self.state(),
            include=lambda: self.some(["file_search_call.results", "code_interpreter_call.outputs"]),
            max_output_tokens=lambda: self.one([16, 1000], [1]),
            text=lambda: {"format": self.one(NEW_FORMATS, FORMATS)},
            truncation=lambda: self.one(["auto", "disabled"]),
            reasoning=lambda: self.one([{"effort": "low"}, {"effort": "none"}], [{}]),
            **self.sampling(),
        )

    def state(self) -> dict[str, Callable[[], Any]]:
        conversation = {"conversation": lambda: self.one([self.id("conversation"), {"id": self.id("conversation")}])}
        previous = {"previous_response_id": lambda: self.id("response")}
        return dict(self.one([conversation, previous], [conversation | previous, {"prompt": lambda: {"id": "pmpt_1"}}]))

    def input_tokens(self) -> Any:
        return self.object(
            model=lambda: self.one(MODELS[:2], MODELS),
            input=lambda: self.one([self.text(), self.items()]),
            tools=self.new_tools,
            conversation=lambda: self.id("conversation"),
            previous_response_id=lambda: self.id("response"),
        )

    def compaction(self) -> Any:
        return self.object(
            _model=lambda: self.one(MODELS[:2], MODELS),
            input=lambda: self.one([self.text(), self.items()]),
            previous_response_id=lambda: self.id("response"),
            instructions=self.text,
        )

    def conversation(self) -> Any:
        return self.object(items=self.items, metadata=self.metadata)

    def conversation_items(self) -> Any:
        return self.object(_items=lambda: self.items(self.one([4], [24])))

    # both

    def container(self) -> Any:
        return self.object(
            _name=self.text,
            file_ids=lambda: [self.id("file")],
            expires_after=lambda: {"anchor": "last_active_at", "minutes": self.one([1, 20], [0, 99])},
            memory_limit=lambda: self.one(["1g"], ["2g"]),
        )

    def vector_store(self) -> Any:
        return self.object(
            name=self.text,
            file_ids=lambda: [self.id("file") for _ in range(self.one([0, 1, 2]))],
            expires_after=lambda: {"anchor": "last_active_at", "days": self.one([1], [0, 400])},
            chunking_strategy=self.chunking,
            metadata=self.metadata,
        )

    def chunking(self) -> Any:
        static = {"max_chunk_size_tokens": self.one([100, 800], [50]), "chunk_overlap_tokens": self.one([0, 50], [500])}
        return self.one([{"type": "auto"}, {"type": "static", "static": static}], [{"type": "static"}])

    def stored_file(self) -> Any:
        return self.object(
            _file_id=lambda: self.id("file"),
            attributes=lambda: self.one([{"a": 1, "b": "c", "d": True}], [{"a": []}]),
            chunking_strategy=self.chunking,
        )

    def attributes(self) -> Any:
        return self.object(_attributes=lambda: self.one([{"a": 1}, {}], [{"a": None}, None]))

    def batch(self) -> Any:
        return self.object(
            file_ids=lambda: [self.id("file") for _ in range(self.one([0, 1, 2]))],
            files=lambda: [self.stored_file()],
            chunking_strategy=self.chunking,
        )

    def search(self) -> Any:
        comparison = {"type": self.one(["eq", "gt", "in"], ["x"]), "key": "a", "value": self.one([1, "1", [1]], [None])}
        return self.object(
            _query=lambda: self.one([self.text(), ["refunds", "days"]]),
            filters=lambda: self.one([comparison, {"type": "and", "filters": [comparison]}]),
            max_num_results=lambda: self.one([1, 50], [0]),
            ranking_options=lambda: {"ranker": self.one(["auto", "none"], ["x"]), "score_threshold": 0.2},
            rewrite_query=lambda: self.one([True, False]),
        )

    def just_metadata(self) -> Any:
        return self.object(metadata=self.metadata)

    def file_reference(self) -> Any:
        return self.object(_file_id=lambda: self.id("file"))

    def query(self) -> str:
        side, anchor = self.one(["after", "before"]), self.one(["message", "item", "run", "file"])
        good = ["limit=1", "order=asc", "order=desc", "stream=true", "starting_after=2", "filter=completed"]
        good += [f"{side}={self.id(anchor)}", "include[]=file_search_call.results", "purpose=assistants"]
        parts = self.one([self.some(good, 2)], [["limit=0"], ["limit=x"], ["order=x"], ["run_id=missing"]])
        return "?" + "&".join(parts) if parts else ""


BODIES: dict[str, str] = {
    "/assistants": "assistant",
    "/assistants/{assistant}": "assistant",
    "/threads": "thread",
    "/threads/runs": "thread_and_run",
    "/threads/{thread}": "just_metadata",
    "/threads/{thread}/messages": "old_message",
    "/threads/{thread}/messages/{message}": "just_metadata",
    "/threads/{thread}/runs": "run_on_thread",
    "/threads/{thread}/runs/{run}": "just_metadata",
    "/threads/{thread}/runs/{run}/cancel": "nothing",
    "/threads/{thread}/runs/{run}/submit_tool_outputs": "tool_outputs",
    "/responses": "response",
    "/responses/compact": "compaction",
    "/responses/input_tokens": "input_tokens",
    "/responses/{response}/cancel": "nothing",
    "/conversations": "conversation",
    "/conversations/{conversation}": "just_metadata",
    "/conversations/{conversation}/items": "conversation_items",
    "/containers": "container",
    "/containers/{container}/files": "file_reference",
    "/files": "file",
    "/vector_stores": "vector_store",
    "/vector_stores/{vector_store}": "vector_store",
    "/vector_stores/{vector_store}/search": "search",
    "/vector_stores/{vector_store}/files": "stored_file",
    "/vector_stores/{vector_store}/files/{file}": "attributes",
    "/vector_stores/{vector_store}/file_batches": "batch",
    "/vector_stores/{vector_store}/file_batches/{batch}/cancel": "nothing",
}
"""What is posted to each route: the method of Guess that makes it, `file` for a form, `nothing` for no body."""
