"""Scripted answers for a test: `--script FILE`, or the same from Python.

A script is a list of entries. Each time the model is asked, the first entry that is not used up and whose `when` holds
gives the answer; if there is none, the deterministic model does.

    - when: {contains: weather}            # also: matches (a regular expression), model, instructions, tool, output_of
      answer:
        - call: get_weather
          arguments: {city: Paris}
    - when: {output_of: get_weather}
      times: 2                             # or always; default 1
      answer: It is sunny.
    - answer:
        parts:
          - search: [return policy]        # results are searched in the documents unless `results` gives them
          - text: Thirty days.
            citations: [{file: policy.md, quote: Returns within 30 days., at: 12}]
        usage: {input: 10, output: 4}
    - answer: [{interpreter: print(1), logs: "1", image: chart.png}]
    - answer: {refusal: I cannot help with that.}
    - answer: {error: rate_limit_exceeded, message: Slow down.}
    - answer: {text: Half an ans, stop: length}

`contains`, `matches` look at the last user turn, `instructions` at a part of the instructions, `tool` at what is
offered, `output_of` at a function whose output has just come back. Paths are relative to the script's file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from assist2resp.sandbox import search, tokens
from assist2resp.sandbox.inputs import Part, part_of
from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    CodeInterpreter,
    Document,
    FilePath,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    InterpreterCall,
    Item,
    OutputFile,
    Prompt,
    Refusal,
    SearchCall,
    SearchResult,
    Text,
    Turn,
    Usage,
)

Source: TypeAlias = str | Path | Sequence[Any] | Callable[[Prompt], Answer | None]
AnswerPart: TypeAlias = SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item
Make: TypeAlias = Callable[[Prompt], Answer]
ALWAYS = 10**9
_KINDS = ("text", "call", "refusal", "search", "interpreter", "item", "error")
_CONDITIONS = ("contains", "matches", "model", "instructions", "tool", "output_of")


@dataclass
class Entry:
    """One scripted answer, when it is given, and how often yet."""

    make: Make
    conditions: dict[str, str] = field(default_factory=dict)
    left: int = 1

    def fits(self, prompt: Prompt) -> bool:
        """Whether this entry answers this prompt."""
        return self.left > 0 and all(_holds(name, value, prompt) for name, value in self.conditions.items())


class Script:
    """The entries in order; called with a prompt it gives the next answer that fits."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = list(entries)

    @property
    def unused(self) -> list[Entry]:
        """The entries that still wait (never those that answer always)."""
        return [entry for entry in self.entries if 0 < entry.left < ALWAYS // 2]

    def __call__(self, prompt: Prompt) -> Answer | None:
        entry = next((entry for entry in self.entries if entry.fits(prompt)), None)
        if entry is None:
            return None
        entry.left -= 1
        try:
            return entry.make(prompt)
        except LookupError as error:
            return Answer((), Usage(0, 0), "error", ("server_error", f"The script cannot be followed: {error.args[0]}"))


def read_script(source: Source) -> Callable[[Prompt], Answer | None]:
    """The script in a file, in a list of the same entries (or of strings and answers), or a function that is one."""
    if callable(source):
        return source
    root = part_of(Path(source) if isinstance(source, str) else source, "script")
    return Script([_entry(part) for part in root.sequence()])


def _entry(part: Part) -> Entry:
    if isinstance(part.value, Answer):
        answer = part.value
        return Entry(lambda _prompt: answer)
    if isinstance(part.value, str):
        return Entry(_answer(part))
    keys = part.mapping("when", "times", "answer", required="answer")
    conditions = keys["when"].mapping(*_CONDITIONS) if "when" in keys else {}
    if "matches" in conditions:
        _check_pattern(conditions["matches"])
    checked = {name: condition.text() for name, condition in conditions.items()}
    return Entry(_answer(keys["answer"]), checked, _times(keys["times"]) if "times" in keys else 1)


def _times(part: Part) -> int:
    return ALWAYS if part.value == "always" else part.whole(least=1)


def _check_pattern(part: Part) -> None:
    try:
        re.compile(part.text())
    except re.error as error:
        raise part.problem(f"is not a regular expression ({error}).") from error


def _answer(part: Part) -> Make:
    """What makes the answer: everything is checked now, and filled in with the prompt's documents when asked."""
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
        return Answer(made, usage or Usage(tokens.of_prompt(prompt), sum(map(_written, made))), stop)

    return make


def _usage(part: Part) -> Usage:
    keys = part.mapping("input", "output")
    return Usage(*(keys[name].whole() if name in keys else 0 for name in ("input", "output")))


def _written(part: AnswerPart) -> int:
    match part:
        case Text() | Refusal():
            return tokens.count(part.text)
        case FunctionCall():
            return tokens.count(part.name) + tokens.count(part.arguments)
        case _:
            return 0


def _part(part: Part, position: int) -> Callable[[Prompt], AnswerPart]:
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


def _text(part: Part, _position: int) -> Callable[[Prompt], AnswerPart]:
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


def _call(part: Part, position: int) -> Callable[[Prompt], AnswerPart]:
    keys = part.mapping("call", "arguments")
    arguments = keys["arguments"].value if "arguments" in keys else {}
    try:
        text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    except TypeError as error:
        raise keys["arguments"].problem(f"cannot be written as JSON ({error}); quote it.") from error
    call = FunctionCall(str(position), keys["call"].text(), text)
    return lambda _prompt: call


def _refusal(part: Part, _position: int) -> Callable[[Prompt], AnswerPart]:
    refusal = Refusal(part.mapping("refusal")["refusal"].text())
    return lambda _prompt: refusal


def _search(part: Part, _position: int) -> Callable[[Prompt], AnswerPart]:
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


def _interpreter(part: Part, _position: int) -> Callable[[Prompt], AnswerPart]:
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


def _item(part: Part, _position: int) -> Callable[[Prompt], AnswerPart]:
    body = part.mapping("item")["item"]
    body.mapping(required="type")
    item = Item(dict(body.value))
    return lambda _prompt: item


_MAKERS: dict[str, Callable[[Part, int], Callable[[Prompt], AnswerPart]]] = {
    "text": _text,
    "call": _call,
    "refusal": _refusal,
    "search": _search,
    "interpreter": _interpreter,
    "item": _item,
}


def _holds(name: str, value: str, prompt: Prompt) -> bool:
    match name:
        case "model":
            return prompt.model == value
        case "instructions":
            return value in prompt.instructions
        case "tool":
            return value in _offered(prompt)
        case "output_of":
            return value in _answered(prompt)
        case "matches":
            return re.search(value, _last_turn(prompt)) is not None
        case _:
            return value.lower() in _last_turn(prompt).lower()


def _offered(prompt: Prompt) -> Iterator[str]:
    for tool in prompt.tools:
        match tool:
            case Function():
                yield tool.name
            case FileSearch():
                yield "file_search"
            case CodeInterpreter():
                yield "code_interpreter"


def _answered(prompt: Prompt) -> set[str]:
    """The functions whose outputs end the history."""
    names = {entry.call_id: entry.name for entry in prompt.history if isinstance(entry, FunctionCall)}
    answered: set[str] = set()
    for entry in reversed(prompt.history):
        if not isinstance(entry, FunctionOutput):
            break
        answered.add(names.get(entry.call_id, ""))
    return answered


def _last_turn(prompt: Prompt) -> str:
    turns = (entry.text for entry in reversed(prompt.history) if isinstance(entry, Turn) and entry.role == "user")
    return next(turns, "")
