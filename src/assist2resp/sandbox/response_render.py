"""An answer of the model as output items, and the files that the interpreter wrote as files of its container."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from assist2resp.sandbox import containers, items
from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import (
    Answer,
    FunctionCall,
    InterpreterCall,
    Item,
    Refusal,
    SearchCall,
    Text,
)
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json


@dataclass(frozen=True)
class Rendered:
    """An output item with the pieces in which its text, code or arguments stream."""

    item: Json
    deltas: tuple[str, ...] = ()


@dataclass
class Renderer:
    """Turns the parts of one answer into items, in order."""

    world: World
    container: Record | None
    phase: str | None
    stop: str
    summarized: bool
    namespaces: Mapping[str, str]
    _images: list[Json] = field(default_factory=list)
    _written: dict[str, Json] = field(default_factory=dict)

    def render(self, answer: Answer, most_calls: int | None) -> list[Rendered]:
        """The items of the answer; calls of hosted tools beyond `most_calls` are ignored."""
        hosted = [part for part in answer.parts if isinstance(part, SearchCall | InterpreterCall)]
        dropped = [id(part) for part in hosted[most_calls:]] if most_calls is not None else []
        return [self._part(part) for part in answer.parts if id(part) not in dropped]

    def _part(self, part: SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item) -> Rendered:
        match part:
            case SearchCall():
                return self._search(part)
            case InterpreterCall():
                return self._interpreter(part)
            case FunctionCall():
                return self._function(part)
            case Text():
                annotations = [*self._images, *self._annotations(part)]
                content = {"type": "output_text", "annotations": annotations, "logprobs": [], "text": part.text}
                self._images = []
                return Rendered(self._message(content), part.deltas or (part.text,))
            case Refusal():
                return Rendered(self._message({"type": "refusal", "refusal": part.text}), _pieces(part.text))
            case Item():
                return self._other(part.body)

    def _other(self, body: Json) -> Rendered:
        item = {"id": items.new_id(self.world, body["type"]), **body}
        if item["type"] == "reasoning" and self.summarized and not item["summary"]:
            item["summary"] = [
                {"type": "summary_text", "text": "**Reading the request**\n\nEverything given was read."}
            ]
        return Rendered(item, _pieces(_streamed(item)))

    def _new(self, kind: str, status: str = "completed") -> Json:
        return {"id": items.new_id(self.world, kind), "type": kind, "status": status}

    def _message(self, content: Json) -> Json:
        status = "incomplete" if self.stop == "length" else "completed"
        message = {**self._new("message", status), "content": [content], "role": "assistant"}
        return {**message, "phase": self.phase} if self.phase else message

    def _search(self, part: SearchCall) -> Rendered:
        results = [
            {
                "attributes": {},
                "file_id": result.document.file_id,
                "filename": result.document.filename,
                "score": result.score,
                "text": result.text,
            }
            for result in part.results
        ]
        return Rendered({**self._new("file_search_call"), "queries": list(part.queries), "results": results})

    def _function(self, part: FunctionCall) -> Rendered:
        call = {"arguments": part.arguments, "call_id": self.world.ids.new("call_"), "name": part.name}
        if part.name in self.namespaces:
            call["namespace"] = self.namespaces[part.name]
        return Rendered({**self._new("function_call"), **call}, _pieces(part.arguments))

    def _interpreter(self, part: InterpreterCall) -> Rendered:
        container = self.container or containers.make(self.world, "auto", ())
        self.container = container
        outputs: list[Json] = [{"type": "logs", "logs": part.logs}] if part.logs else []
        if part.image is not None:
            file_id = containers.new_file_id(self.world)
            self._images.append(self._write(container, f"{file_id}.png", part.image, file_id))
            outputs.append({"type": "image", "url": f"data:image/png;base64,{base64.b64encode(part.image).decode()}"})
        for file in part.files:
            self._written[file.filename] = self._write(container, file.filename, file.data)
        call = {"code": part.code, "container_id": container.id, "outputs": outputs}
        return Rendered({**self._new("code_interpreter_call"), **call}, _pieces(part.code))

    def _write(self, container: Record, filename: str, data: bytes, file_id: str = "") -> Json:
        """Write a file and give the annotation that cites it, as yet without a place in the text."""
        path = f"/mnt/data/{filename}"
        file = containers.write(self.world, container, path, data, source="assistant", file_id=file_id)
        return {
            "type": "container_file_citation",
            "container_id": container.id,
            "end_index": 0,
            "file_id": file.id,
            "filename": filename,
            "start_index": 0,
        }

    def _annotations(self, part: Text) -> list[Json]:
        placed = [
            (
                citation.index,
                {
                    "type": "file_citation",
                    "file_id": citation.document.file_id,
                    "filename": citation.document.filename,
                    "index": citation.index,
                },
            )
            for citation in part.citations
        ]
        placed += [
            (path.end, {**self._written[path.filename], "start_index": path.start, "end_index": path.end})
            for path in part.paths
            if path.filename in self._written
        ]
        return [annotation for _, annotation in sorted(placed, key=lambda one: one[0])]


def _streamed(item: Json) -> str:
    """What of an item streams in pieces."""
    match item["type"]:
        case "message":
            return "".join(str(part.get("text", part.get("refusal", ""))) for part in item["content"])
        case "function_call":
            return str(item["arguments"])
        case "code_interpreter_call":
            return str(item["code"] or "")
    return ""


def _pieces(text: str, size: int = 12) -> tuple[str, ...]:
    return tuple(text[at : at + size] for at in range(0, len(text), size))
