"""The deterministic model: a pure function from everything that a model is given to what it gives back.

The text quotes the last user turn, and what came back from functions, so that a person can read what the model was told.
It ends with `[code]`, six digits over the whole prompt (`digest`): a lost instruction, tool, file or turn, a doubled or
reordered message gives another code; another spelling of the same does not.

What the last user turn makes it do (case does not matter):

- A function is called when the turn has its name or a word of it that is not as common as `get` or `create`, once per
  turn, several together when several match, one after the other if `parallel_tool_calls` is false. `required` forces the
  first function when none matches, a named choice that one. Arguments obey the schema and use names and numbers of the
  turn (`instances`).
- Documents are searched whenever there are some, and up to two are cited (`search`).
- `calculate`, `compute`, `python`, `code`, `plot`, `chart`, `graph`, `csv` run code, if there is an interpreter; `plot`,
  `chart` and `graph` draw a PNG, `csv` and `save … file` write a CSV that the text links (`interpreter`).
- `refuse` gives a refusal, `content filter` stops there, `fail with <code>` fails (`server_error`,
  `rate_limit_exceeded` or `invalid_prompt`).

A model that reasons, with an effort other than `none`, puts an empty reasoning item before everything else.
A JSON response format gives an instance of it, the text in its first free string. `max_output_tokens` cuts the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from assist2resp.sandbox import calling, interpreter, models_data, search, tokens
from assist2resp.sandbox.calling import LastTurn
from assist2resp.sandbox.digest import code_of, number_of
from assist2resp.sandbox.instances import Clues, Maker
from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    CodeInterpreter,
    FilePath,
    FileSearch,
    InterpreterCall,
    Item,
    Prompt,
    Refusal,
    SearchCall,
    SearchResult,
    Text,
    Usage,
)

FAILURES = ("server_error", "rate_limit_exceeded", "invalid_prompt")
QUOTE_LENGTH = 80
DELTA = re.compile(r"\s*\S+(?:\s+\S+){0,2}|\s+$")


def answer(prompt: Prompt) -> Answer:
    """What the model gives back for `prompt`; a model that reasons begins with an item that says so."""
    given_back = _answer(prompt)
    known = models_data.find(prompt.model)
    effort = prompt.reasoning_effort or (known.effort if known else None)
    if effort in (None, "none") or not given_back.parts:
        return given_back
    thought = {"type": "reasoning", "content": [], "encrypted_content": f"gAAAA{code_of(prompt)}", "summary": []}
    return replace(given_back, parts=(Item(thought), *given_back.parts))


def _answer(prompt: Prompt) -> Answer:
    turn = LastTurn.of(prompt)
    read = tokens.of_prompt(prompt)
    if failed := re.search(r"\bfail with (\w+)", turn.text, re.IGNORECASE):
        code = failed.group(1).lower()
        error = (code if code in FAILURES else "server_error", f"The model failed with {code}, as it was told.")
        return Answer((), Usage(read, 0), "error", error)
    if re.search(r"\bcontent[ _-]filter\b", turn.text, re.IGNORECASE):
        return Answer((), Usage(read, 0), "content_filter")
    if re.search(r"\brefuse\b", turn.text, re.IGNORECASE):
        refusal = Refusal(f"I'm sorry, but I can't help with that. [{code_of(prompt)}]")
        return Answer((refusal,), Usage(read, tokens.count(refusal.text)))
    if called := calling.calls(prompt, turn):
        written = sum(tokens.count(call.name) + tokens.count(call.arguments) for call in called)
        return Answer(tuple(called), Usage(read, written))
    return _spoken(prompt, turn, read)


def _spoken(prompt: Prompt, turn: LastTurn, read: int) -> Answer:
    """The answer in words, after the hosted tools that it rests on."""
    code = code_of(prompt)
    found = _search(prompt, turn)
    ran = _run(prompt, turn, code)
    text, citations, paths = _compose(turn, found, ran, code)
    if prompt.response_format is not None and prompt.response_format["type"] != "text":
        text, citations, paths = _structured(prompt, turn, text, code), (), ()
    hosted = tuple(part for part in (found, ran) if part is not None)
    limit = prompt.max_output_tokens
    whole = text if limit is None else tokens.cut(text, limit)
    said = Text(
        whole,
        tuple(citation for citation in citations if citation.index <= len(whole)),
        tuple(DELTA.findall(whole)),
        tuple(path for path in paths if path.end <= len(whole)),
    )
    written = tokens.count(whole) + (tokens.count(ran.code) if ran else 0)
    return Answer((*hosted, said), Usage(read, written), "end" if whole == text else "length")


def _search(prompt: Prompt, turn: LastTurn) -> SearchCall | None:
    tool = next((tool for tool in prompt.tools if isinstance(tool, FileSearch)), None)
    if tool is None or prompt.tool_choice in ("none", "code_interpreter"):
        return None
    if not tool.documents and prompt.tool_choice != "file_search":
        return None
    threshold = (tool.ranking or {}).get("score_threshold") or 0.0
    query = " ".join(turn.text.split())
    return SearchCall((query,), search.search(tool.documents, query, tool.max_num_results, threshold))


def _run(prompt: Prompt, turn: LastTurn, code: str) -> InterpreterCall | None:
    tool = next((tool for tool in prompt.tools if isinstance(tool, CodeInterpreter)), None)
    if tool is None or prompt.tool_choice in ("none", "file_search"):
        return None
    forced = prompt.tool_choice == "code_interpreter"
    if not forced and not interpreter.is_wanted(turn.text):
        return None
    return interpreter.run(turn.text, tool.files, number_of(code))


def _compose(
    turn: LastTurn, found: SearchCall | None, ran: InterpreterCall | None, code: str
) -> tuple[str, tuple[Citation, ...], tuple[FilePath, ...]]:
    """The sentences of the answer, with where they cite a document and where they link a file."""
    text = "".join(
        f"{call.name} returned {turn.outputs[call.call_id]}. " for call in turn.calls if call.call_id in turn.outputs
    )
    text += f'About "{_quote(turn.text)}": '
    citations: list[Citation] = []
    for result in _cited(found):
        passage = search.quote(result.text, turn.text)
        text += f'{result.document.filename} says "{passage}"'
        citations.append(Citation(len(text), result.document, passage))
        text += ". "
    if ran is not None:
        text += f"The code printed {', '.join(ran.logs.split())}. "
    paths: list[FilePath] = []
    for file in ran.files if ran is not None else ():
        link = f"sandbox:/mnt/data/{file.filename}"
        text += f"[Download {file.filename}]({link}). "
        paths.append(FilePath(len(text) - len(link) - 3, len(text) - 3, file.filename))
    text += f"This answer follows from everything that the model was given. [{code}]"
    return text, tuple(citations), tuple(paths)


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_LENGTH else line[: QUOTE_LENGTH - 1].rstrip() + "…"


def _cited(found: SearchCall | None) -> Sequence[SearchResult]:
    """The best passage of each of the first two documents that have one of the query's words."""
    best = {result.document.digest: result for result in reversed(found.results if found else ()) if result.score > 0}
    return sorted(best.values(), key=lambda result: -result.score)[:2]


def _structured(prompt: Prompt, turn: LastTurn, text: str, code: str) -> str:
    """JSON in the response format, with `text` in its first free string."""
    response_format = prompt.response_format or {}
    if response_format["type"] != "json_schema":
        return json.dumps({"answer": text}, ensure_ascii=False)
    clues = Clues(turn.text, code)
    clues.names.insert(0, text)
    return json.dumps(Maker(response_format.get("schema") or {}, clues, complete=True).make(), ensure_ascii=False)
