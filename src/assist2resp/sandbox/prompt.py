"""What a model is given and what it gives back, in the words of neither API: the sandbox's own neutral nouns.

Both wires build a `Prompt` from what they hold, each with its own code, and render an `Answer` in their own shapes.
So the same prompt gets the same answer on either wire, and a prompt that lost something gets another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Role: TypeAlias = Literal["user", "assistant", "system", "developer"]


@dataclass(frozen=True)
class Turn:
    """A message. `text` has no citation markers, its parts are joined by newlines; files are named by their digest.

    An image is named by the digest of its content, or by its URL. Charts in an assistant's message are left out: the
    new wire has no place for them.
    """

    role: Role
    text: str
    images: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class FunctionCall:
    """A call of a function, in history and in an answer. `arguments` is the JSON text.

    In an answer `call_id` is only the call's place ("0", "1"): the wire that renders it makes the real one.
    """

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class FunctionOutput:
    """The application's answer to a call."""

    call_id: str
    output: str


@dataclass(frozen=True)
class Function:
    """A function that may be called; `strict` as it takes effect, not as it was spelled."""

    name: str
    description: str
    parameters: dict[str, Any] | None
    strict: bool


@dataclass(frozen=True)
class Document:
    """A file that can be searched or opened: `digest` of its bytes, since ids differ between runs."""

    file_id: str
    filename: str
    text: str
    digest: str


@dataclass(frozen=True)
class FileSearch:
    """The search tool over the union of its stores, documents in the order of their digests."""

    documents: tuple[Document, ...]
    max_num_results: int
    ranking: dict[str, Any] | None = None


@dataclass(frozen=True)
class CodeInterpreter:
    """The interpreter with the files that lie in its container."""

    files: tuple[Document, ...]


Tool: TypeAlias = Function | FileSearch | CodeInterpreter
ToolChoice: TypeAlias = str
"""`none`, `auto`, `required`, the name of the one function, or `file_search` / `code_interpreter`."""


@dataclass(frozen=True)
class Prompt:
    """Everything that the model is given for one step."""

    model: str
    instructions: str
    history: tuple[Turn | FunctionCall | FunctionOutput, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"
    parallel_tool_calls: bool = True
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    reasoning_effort: str | None = None
    response_format: dict[str, Any] | None = None
    """None for text, `{"type": "json_object"}`, or `{"type": "json_schema", "name", "schema", "strict", "description"?}`."""


@dataclass(frozen=True)
class Citation:
    """A passage of a document cited at `index`, the offset in the text where a marker belongs."""

    index: int
    document: Document
    quote: str


@dataclass(frozen=True)
class FilePath:
    """A link to a file that the interpreter wrote: `text[start:end]` is `sandbox:/mnt/data/<filename>`."""

    start: int
    end: int
    filename: str


@dataclass(frozen=True)
class Text:
    """The text of an answer without citation markers, its citations, and how it streams (the deltas join to `text`)."""

    text: str
    citations: tuple[Citation, ...]
    deltas: tuple[str, ...]
    paths: tuple[FilePath, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """A refusal instead of an answer."""

    text: str


@dataclass(frozen=True)
class SearchResult:
    """A chunk that the search returned."""

    document: Document
    score: float
    text: str


@dataclass(frozen=True)
class SearchCall:
    """A search that the model made."""

    queries: tuple[str, ...]
    results: tuple[SearchResult, ...]


@dataclass(frozen=True)
class OutputFile:
    """A file that the interpreter wrote to /mnt/data."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class InterpreterCall:
    """Code that the model ran: its logs, the PNG that it drew, if any, and the files that it wrote."""

    code: str
    logs: str
    image: bytes | None = None
    files: tuple[OutputFile, ...] = ()


@dataclass(frozen=True)
class Item:
    """An output item that the neutral nouns have no word for (reasoning, web search…), as the new wire shows it.

    Only scripts give one; the new wire shows it with the events of any item, the old wire leaves it out.
    """

    body: dict[str, Any]


@dataclass(frozen=True)
class Usage:
    """Tokens of one step, counted by a stated rule (words and marks), the same on both wires."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Answer:
    """What the model gives back in one step: hosted-tool calls first, then calls of functions or a text.

    `stop` is "length" when max_output_tokens cut the text, "content_filter" on request, and "error" with `error`
    (a code such as `server_error` or `rate_limit_exceeded`, and a message) when the model fails.
    """

    parts: tuple[SearchCall | InterpreterCall | FunctionCall | Text | Refusal | Item, ...]
    usage: Usage
    stop: Literal["end", "length", "content_filter", "error"] = "end"
    error: tuple[str, str] | None = None
