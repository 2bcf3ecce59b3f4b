"""What an entry of a script answers: checked when it is read, filled in with the prompt's documents when it is given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from assist2resp.sandbox import search, tokens
from assist2resp.sandbox.inputs import Part
from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    CodeInterpreter,
    Document,
    FilePath,
    FileSearch,
    FunctionCall,
    InterpreterCall,
    Item,
    OutputFile,
    Prompt,
    Refusal,
    SearchCall,
    SearchResult,
    Text,
    Usage,
)

AnswerPart: TypeAlias = SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item
Make: TypeAlias = Callable[[Prompt], Answer]
MakePart: TypeAlias = Callable[[Prompt], AnswerPart]
_KINDS = ("text", "call", "refusal", "search", "interpreter", "item", "error")


def answer_of(part: Part) -> Make:
    """What makes the answer that `part` describes; LookupError when made for a prompt without a document it names."""
    value = part.value
    if isinstance(value, str | list | tuple):
        return _of_parts([part] if isinstance(value, str) else part.sequence(), {})
    keys = part.mapping()
    if "parts" in keys:
        options = part.mapping("parts", "usage", "stop")
        return _of_parts(options["parts"].sequence(), options)
    if "error" in keys:
        keys = part.mapping("error", "message")
        failure = (keys["error"].text(), keys["message"].text() if "message" in keys else "The model failed.")
        return lambda prompt: Answer((), Usage(tokens.of_prompt(prompt), 0), "error", failure)
    options = {name: keys.pop(name) for name in ("usage", "stop") if name in keys}
    bare = replace(part, value={name: value for name, value in value.items() if name not in options})
    return _of_parts([bare], options)


def _of_parts(parts: list[Part], options: dict[str, Part]) -> Make:
    makers = [_part(part, position) for position, part in enumerate(parts)]
    stop: Any = options["stop"].value if "stop" in options else "end"
    if stop not in ("end", "length", "content_filter"):
        raise options["stop"].problem("must be length or content_filter.")
    usage = _usage(options["usage"]) if "usage" in options else None

    def make(prompt: Prompt) -> Answer:
        made = tuple(maker(prompt) for maker in makers)
        return Answer(made, usage or Usage(tokens.of_prompt(prompt), sum(map(tokens.of_part, made))), stop)

    return make


def _usage(part: Part) -> Usage:
    keys = part.mapping("input", "output")
    return Usage(*(keys[name].whole() if name in keys else 0 for name in ("input", "output")))


def _part(part: Part, position: int) -> MakePart:
    if isinstance(part.value, str):
        text = _plain(part.value)
        return lambda _prompt: text
    keys = part.mapping()
    kind = next((kind for kind in _KINDS if kind in keys), None)
    if kind is None or kind == "error":
        raise part.problem(f"must be a string or have one of the keys {', '.join(_KINDS[:-1])}.")
    return _MAKERS[kind](part, position)


def _plain(text: str) -> Text:
    return Text(text, (), tuple(re.findall(r"\s*\S+\s*?|\s+$", text)) or (text,))


def _text(part: Part, _position: int) -> MakePart:
    keys = part.mapping("text", "citations", "deltas", "paths")
    text = _plain(keys["text"].text())
    if "deltas" in keys:
        deltas = tuple(delta.text() for delta in keys["deltas"].sequence())
        if "".join(deltas) != text.text:
            raise keys["deltas"].problem("must join to the text.")
        text = replace(text, deltas=deltas)
    text = replace(text, paths=tuple(_paths(text.text, keys["paths"])) if "paths" in keys else ())
    cited = [_citation(entry, text.text) for entry in keys["citations"].sequence()] if "citations" in keys else []
    return lambda prompt: replace(text, citations=tuple(citation(prompt) for citation in cited))


def _paths(text: str, part: Part) -> Iterator[FilePath]:
    for entry in part.sequence():
        link = f"sandbox:/mnt/data/{entry.text()}"
        if (start := text.find(link)) < 0:
            raise entry.problem(f"the text has no link {link}.")
        yield FilePath(start, start + len(link), entry.text())


def _citation(part: Part, text: str) -> Callable[[Prompt], Citation]:
    keys = part.mapping("file", "quote", "at", required="file")
    filename, quote = keys["file"].text(), keys["quote"].text() if "quote" in keys else ""
    at = min(keys["at"].whole(), len(text)) if "at" in keys else len(text)
    return lambda prompt: Citation(at, _document(prompt, filename), quote)


def _document(prompt: Prompt, filename: str) -> Document:
    for document in _documents(prompt):
        if filename in (document.filename, document.file_id):
            return document
    raise LookupError(f"no document '{filename}' is offered.")


def _documents(prompt: Prompt) -> Iterator[Document]:
    for tool in prompt.tools:
        if isinstance(tool, FileSearch):
            yield from tool.documents
        elif isinstance(tool, CodeInterpreter):
            yield from tool.files


def _call(part: Part, position: int) -> MakePart:
    keys = part.mapping("call", "arguments")
    arguments = keys["arguments"].value if "arguments" in keys else {}
    try:
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    except TypeError as error:
        raise keys["arguments"].problem(f"cannot be written as JSON ({error}); quote it.") from error
    call = FunctionCall(str(position), keys["call"].text(), text)
    return lambda _prompt: call


def _refusal(part: Part, _position: int) -> MakePart:
    refusal = Refusal(part.mapping("refusal")["refusal"].text())
    return lambda _prompt: refusal


def _search(part: Part, _position: int) -> MakePart:
    keys = part.mapping("search", "results")
    queries = tuple(query.text() for query in keys["search"].sequence())
    given = [_result(entry) for entry in keys["results"].sequence()] if "results" in keys else None

    def make(prompt: Prompt) -> SearchCall:
        if given is not None:
            return SearchCall(queries, tuple(result(prompt) for result in given))
        offered = [tool for tool in prompt.tools if isinstance(tool, FileSearch)]
        documents = [document for tool in offered for document in tool.documents]
        most = offered[0].max_num_results if offered else 0
        return SearchCall(queries, search.search(documents, " ".join(queries), most))

    return make


def _result(part: Part) -> Callable[[Prompt], SearchResult]:
    keys = part.mapping("file", "text", "score", required="file")
    filename, score = keys["file"].text(), keys["score"].number() if "score" in keys else 1.0
    text = keys["text"].text() if "text" in keys else None

    def make(prompt: Prompt) -> SearchResult:
        document = _document(prompt, filename)
        return SearchResult(document, score, document.text if text is None else text)

    return make


def _interpreter(part: Part, _position: int) -> MakePart:
    keys = part.mapping("interpreter", "logs", "image", "files")
    image = _bytes(keys["image"]) if "image" in keys else None
    files = tuple(_file(entry) for entry in keys["files"].sequence()) if "files" in keys else ()
    logs = keys["logs"].text() if "logs" in keys else ""
    call = InterpreterCall(keys["interpreter"].text(), logs, image, files)
    return lambda _prompt: call


def _file(part: Part) -> OutputFile:
    keys = part.mapping("filename", "text", "path", required="filename")
    data = _bytes(keys["path"]) if "path" in keys else keys["text"].text().encode() if "text" in keys else b""
    return OutputFile(keys["filename"].text(), data)


def _bytes(part: Part) -> bytes:
    if isinstance(part.value, bytes):
        return part.value
    path = part.source.path.parent / part.text()
    try:
        return path.read_bytes()
    except OSError as error:
        raise part.problem(f"{path} cannot be read ({error.strerror}).") from error


def _item(part: Part, _position: int) -> MakePart:
    body = part.mapping("item")["item"]
    body.mapping(required="type")
    item = Item(dict(body.value))
    return lambda _prompt: item


_MAKERS: dict[str, Callable[[Part, int], MakePart]] = {
    "text": _text,
    "call": _call,
    "refusal": _refusal,
    "search": _search,
    "interpreter": _interpreter,
    "item": _item,
}
