"""A server of chat completions and embeddings on loopback, for servers that keep conversations and ask another one for words.

The words are the sandbox's deterministic model's, so that a program is told what the sandbox would have told it, except
that documents are searched with a function whenever one is offered. Run as `python chat_server.py PORT`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assist2resp.sandbox import model
from assist2resp.sandbox.prompt import Answer, Function, FunctionCall, FunctionOutput, Prompt, Text, Turn

SIZE = 1536
"""Of an embedding: what the servers expect of text-embedding-3-small."""
SEARCHES = ("file_search", "knowledge_search")

Json = dict[str, Any]


def prompt_of(body: Json) -> Prompt:
    """What a request tells the model."""
    messages = list(body["messages"])
    instructions = ""
    if messages and messages[0]["role"] in ("system", "developer"):
        instructions = _words(messages.pop(0)["content"])
    choice = body.get("tool_choice") or "auto"
    return Prompt(
        model=body["model"],
        instructions=instructions,
        history=tuple(entry for message in messages for entry in _entries(message)),
        tools=tuple(_function(tool["function"]) for tool in body.get("tools") or []),
        tool_choice=choice if isinstance(choice, str) else choice["function"]["name"],
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        max_output_tokens=body.get("max_completion_tokens") or body.get("max_tokens"),
        response_format=_format(body.get("response_format") or {"type": "text"}),
    )


def _entries(message: Json) -> Iterator[Turn | FunctionCall | FunctionOutput]:
    if message["role"] == "tool":
        yield FunctionOutput(message["tool_call_id"], _words(message["content"]))
        return
    if message.get("content"):
        yield Turn(message["role"], _words(message["content"]), tuple(_images(message["content"])))
    for call in message.get("tool_calls") or []:
        yield FunctionCall(call["id"], call["function"]["name"], call["function"]["arguments"])


def _words(content: str | list[Json]) -> str:
    return content if isinstance(content, str) else "\n".join(part["text"] for part in content if "text" in part)


def _images(content: str | list[Json]) -> list[str]:
    return [] if isinstance(content, str) else [part["image_url"]["url"] for part in content if "image_url" in part]


def _function(given: Json) -> Function:
    return Function(given["name"], given.get("description") or "", given.get("parameters"), given.get("strict") is True)


def _format(given: Json) -> Json | None:
    if given["type"] == "text":
        return None
    own = {name: value for name, value in given.get("json_schema", {}).items() if value is not None}
    return {"type": given["type"], **own}


def answer(body: Json) -> Answer:
    """What the model says; where documents can be searched it does so first."""
    prompt = prompt_of(body)
    search = next((tool.name for tool in prompt.tools if isinstance(tool, Function) and tool.name in SEARCHES), None)
    said = model.answer(prompt)
    if search and isinstance(prompt.history[-1], Turn):
        arguments = json.dumps({"query": prompt.history[-1].text})
        return Answer((FunctionCall("0", search, arguments),), said.usage)
    return said


def message_of(said: Answer, number: int) -> Json:
    """The message of a completion; ids of calls differ from request to request, as everywhere."""
    text = "".join(part.text for part in said.parts if isinstance(part, Text) or hasattr(part, "text"))
    calls = [part for part in said.parts if isinstance(part, FunctionCall)]
    message: Json = {"role": "assistant", "content": text or None}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{number:012d}{call.call_id:>012}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in calls
        ]
    return message


def embedding(text: str) -> list[float]:
    """A vector in which texts with the same words are near."""
    vector = [0.0] * SIZE
    for word in text.lower().split():
        vector[hashlib.sha256(word.encode()).digest()[0]] += 1.0
    length = sum(value * value for value in vector) ** 0.5 or 1.0
    return [value / length for value in vector]


class Handler(BaseHTTPRequestHandler):
    """The three routes."""

    protocol_version = "HTTP/1.1"
    timeout = 30
    asked = 0

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """List no models: the server's configuration names them."""
        self._answer({"object": "list", "data": []})

    def do_POST(self) -> None:
        """A completion, or embeddings."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == "/v1/embeddings":
            self._answer(_embeddings(body))
            return
        Handler.asked += 1
        said = answer(body)
        if said.stop == "error":
            self._answer({"error": {"message": said.error[1], "code": said.error[0]}}, 500)  # type: ignore[index]
            return
        ends = {"length": "length", "content_filter": "content_filter"}
        message = message_of(said, Handler.asked)
        end = "tool_calls" if "tool_calls" in message else ends.get(said.stop, "stop")
        spent = said.usage
        usage = {"prompt_tokens": spent.input_tokens, "completion_tokens": spent.output_tokens}
        usage["total_tokens"] = sum(usage.values())
        shell = {"id": f"chatcmpl-{Handler.asked}", "created": 1, "model": body["model"]}
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": end}
            self._answer({**shell, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        self._stream(shell, message, end, usage)

    def _answer(self, body: Json, status: int = 200) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, shell: Json, message: Json, end: str, usage: Json) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for delta in _deltas(message):
            choice = {"index": 0, "delta": delta, "finish_reason": None}
            self._event({**shell, "object": "chat.completion.chunk", "choices": [choice]})
        last = {"index": 0, "delta": {}, "finish_reason": end}
        self._event({**shell, "object": "chat.completion.chunk", "choices": [last]})
        self._event({**shell, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")

    def _event(self, data: Json) -> None:
        self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())


def _deltas(message: Json) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for text in model.DELTA.findall(message["content"] or ""):
        yield {"content": text}
    for index, call in enumerate(message.get("tool_calls", [])):
        yield {"tool_calls": [{**call, "index": index}]}


def _embeddings(body: Json) -> Json:
    given = [body["input"]] if isinstance(body["input"], str) else body["input"]
    vectors: list[Any] = [embedding(text) for text in given]
    if body.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack(f"<{SIZE}f", *vector)).decode() for vector in vectors]
    data = [{"object": "embedding", "index": place, "embedding": vector} for place, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
