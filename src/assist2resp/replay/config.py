"""With what arguments each turn is asked: the archive's prompts, the recorded runs, or what the user's program says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assist2resp.errors import UsageError
from assist2resp.mapping.models import reasons_by_default
from assist2resp.mapping.params import arguments_of, run_arguments_of
from assist2resp.mapping.tools import ids_of
from assist2resp.replay import archived
from assist2resp.replay.outputs import attribute_of
from assist2resp.replay.turns import Turn
from assist2resp.schema.archive import PromptRecord

Json = dict[str, Any]
Base = Callable[[Turn], Json]

_OURS = ("input", "conversation", "previous_response_id", "stream", "stream_options", "background", "prompt")
_RESOURCES = (("file_search", "vector_store_ids"), ("code_interpreter", "file_ids"))
_SAMPLING = ("temperature", "top_p")


class NoConfigurationError(Exception):
    """A turn that nothing says how to ask; the text says why."""


@dataclass(frozen=True)
class Configuration:
    """The arguments of requests."""

    base: Base
    name: str
    """`prompts`, `runs` or what the user named."""
    models: Mapping[str, str] = field(default_factory=dict)
    """New models by old ones."""

    def arguments(self, turn: Turn) -> Json:
        """The keyword arguments of `responses.create` for a turn, its input aside."""
        arguments = {**self.base(turn), **turn.arguments}
        for name in _OURS:
            if name in arguments:
                raise NoConfigurationError(f"its configuration gives `{name}`, which replay itself sets")
        model = arguments.get("model")
        if not isinstance(model, str):
            raise NoConfigurationError("its configuration names no model")
        arguments["model"] = self.models.get(model, model)
        if _refuses_sampling(arguments):
            arguments = {name: value for name, value in arguments.items() if name not in _SAMPLING}
        return arguments


def _refuses_sampling(arguments: Json) -> bool:
    """Whether the model reasons, and so refuses a temperature."""
    effort = (arguments.get("reasoning") or {}).get("effort")
    return reasons_by_default(arguments["model"]) and effort != "none"


def configuration(name: str, archives: Sequence[Path], turns: Sequence[Turn], models: Iterable[str]) -> Configuration:
    """The configuration of that name, with `OLD=NEW` models; a UsageError says what is wrong with it."""
    pairs = dict(_pair(text) for text in models)
    if name in ("prompts", "runs"):
        prompts = {key: record for folder in archives for key, record in archived.prompts(folder).items()}
        if name == "prompts":
            return Configuration(_of_prompts(prompts), name, pairs)
        wanted = [turn.run for turn in turns if turn.run]
        runs = {key: run for folder in archives for key, run in archived.runs(folder, wanted).items()}
        return Configuration(_of_runs(runs, prompts), name, pairs)
    return Configuration(_of_program(attribute_of(name, "--config"), name), name, pairs)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (equals and old and new):
        raise UsageError(f"--model {text}: write OLD=NEW, such as gpt-4o=gpt-6-luna.")
    return old, new


def _of_prompts(prompts: Mapping[str, PromptRecord]) -> Base:
    def base(turn: Turn) -> Json:
        record = prompts.get(turn.assistant or "")
        if record is None and "model" in turn.arguments:
            return {}
        if record is None:
            raise NoConfigurationError(f"its assistant ({turn.assistant or 'unknown'}) is not in the archive")
        if not turn.resources:
            return dict(record.arguments)
        return arguments_of({**record.assistant, "tool_resources": _united(record.assistant, turn.resources)})

    return base


def _of_runs(runs: Mapping[str, Json], prompts: Mapping[str, PromptRecord]) -> Base:
    def base(turn: Turn) -> Json:
        run = runs.get(turn.run or "")
        if run is None:
            raise NoConfigurationError(f"its run ({turn.run or 'unknown'}) is not in the archive")
        record = prompts.get(turn.assistant or "")
        assistant = record.assistant if record else {}
        return run_arguments_of({**run, "tool_resources": _united(assistant, turn.resources)})

    return base


def _united(assistant: Mapping[str, Any], resources: Json) -> Json:
    """The files and stores of an assistant and of a thread, since a request has but one place for both."""
    both = (assistant.get("tool_resources"), resources)
    united = {(tool, name): [one for given in both for one in ids_of(given, tool, name)] for tool, name in _RESOURCES}
    return {tool: {name: list(dict.fromkeys(ids))} for (tool, name), ids in united.items() if ids}


def _of_program(found: Any, name: str) -> Base:
    """A dict of arguments, one of such dicts by assistant, or a function of the turn."""
    if callable(found):
        return lambda turn: dict(found(turn))
    if not isinstance(found, Mapping):
        raise UsageError(f"--config {name}: that is neither arguments nor a function that returns them.")
    if found and all(isinstance(value, Mapping) for value in found.values()) and "model" not in found:

        def by_assistant(turn: Turn) -> Json:
            if turn.assistant not in found:
                raise NoConfigurationError(f"{name} has no assistant {turn.assistant or 'unknown'}")
            return dict(found[turn.assistant])

        return by_assistant
    return lambda _turn: dict(found)
