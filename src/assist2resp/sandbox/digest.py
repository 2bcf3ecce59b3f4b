"""The short code of a prompt: it changes with anything that the model is given, and not with how that was spelled.

Equal for this purpose: white space of instructions, ids of calls and files, the order of keys, of tools and of outputs
of one step, and what takes effect when left out (temperature 1, no parameters, text as the format, nothing to search).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from assist2resp.sandbox.models_data import MODELS
from assist2resp.sandbox.prompt import (
    CodeInterpreter,
    Document,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    Prompt,
    Tool,
    Turn,
)

_ALIASES = {model.snapshot: name for name, model in MODELS.items() if model.snapshot != name}
"""A model by its date is the same as by its name alone, of which answers tell the first."""
NO_PARAMETERS = {"type": "object", "properties": {}}


def code_of(prompt: Prompt) -> str:
    """Six hexadecimal digits of a digest over everything in `prompt`."""
    return hashlib.sha256(canonical(_meaning(prompt)).encode("utf-8", "surrogatepass")).hexdigest()[:6]


def number_of(*words: str) -> int:
    """A number that follows from `words` alone, for choices that must repeat."""
    return int(hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:12], 16)


def canonical(value: Any) -> str:
    """JSON with one spelling per value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _meaning(prompt: Prompt) -> dict[str, Any]:
    return {
        "model": _ALIASES.get(prompt.model, prompt.model),
        "instructions": " ".join(prompt.instructions.split()),
        "history": _history(prompt.history),
        "tools": sorted((entry for tool in prompt.tools if (entry := _tool(tool)) is not None), key=canonical),
        "tool_choice": prompt.tool_choice,
        "parallel_tool_calls": prompt.parallel_tool_calls,
        "temperature": 1.0 if prompt.temperature is None else float(prompt.temperature),
        "top_p": 1.0 if prompt.top_p is None else float(prompt.top_p),
        "max_output_tokens": prompt.max_output_tokens,
        "effort": prompt.reasoning_effort,
        "format": _format(prompt.response_format),
    }


def _history(history: tuple[Turn | FunctionCall | FunctionOutput, ...]) -> list[list[Any]]:
    """The entries in order, calls numbered; outputs that follow one another stand in the order of their calls."""
    numbers: dict[str, int] = {}
    entries: list[list[Any]] = []
    outputs: list[list[Any]] = []
    for entry in history:
        if isinstance(entry, FunctionOutput):
            outputs.append(["output", numbers.setdefault(entry.call_id, len(numbers)), entry.output])
            continue
        entries += sorted(outputs)
        outputs = []
        if isinstance(entry, FunctionCall):
            number = numbers.setdefault(entry.call_id, len(numbers))
            entries.append(["call", number, entry.name, _arguments(entry.arguments)])
        else:
            entries.append(["turn", entry.role, entry.text, list(entry.images), list(entry.files)])
    return entries + sorted(outputs)


def _arguments(text: str) -> str:
    try:
        return canonical(json.loads(text))
    except ValueError:
        return text


def _tool(tool: Tool) -> list[Any] | None:
    match tool:
        case Function():
            return ["function", tool.name, tool.description, tool.parameters or NO_PARAMETERS, tool.strict]
        case FileSearch():
            if not tool.documents:
                return None
            return ["search", _documents(tool.documents), tool.max_num_results, _ranking(tool.ranking)]
        case CodeInterpreter():
            return ["interpreter", _documents(tool.files)]


def _documents(documents: tuple[Document, ...]) -> list[list[str]]:
    return [list(pair) for pair in sorted({(document.digest, document.filename) for document in documents})]


def _ranking(ranking: dict[str, Any] | None) -> dict[str, Any]:
    """What of the ranking options takes effect: rankers have other names on either wire, a threshold of 0 is none."""
    return {key: value for key, value in (ranking or {}).items() if key != "ranker" and value not in (None, 0)}


def _format(response_format: dict[str, Any] | None) -> dict[str, Any] | None:
    if response_format is None or response_format["type"] == "text":
        return None
    return {key: value for key, value in response_format.items() if value not in (None, "") and value is not False}
