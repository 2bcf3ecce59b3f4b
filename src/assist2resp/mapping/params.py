"""An assistant, or a run of one, as keyword arguments of `client.responses.create`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assist2resp.mapping.ledger import REPLACED, Ledger, whole
from assist2resp.mapping.tools import Json, text_format_of, tool_choice_of, tools_of
from assist2resp.schema.archive import PromptRecord
from assist2resp.schema.shutdowns import shutdown_of

_RECORD = "kept in the record's `assistant`; requests have no place for it"


def prompt_of(assistant: Mapping[str, Any], assistant_id: str) -> PromptRecord:
    """The record of an assistant."""
    given, assistant = assistant, whole(assistant)
    ledger = Ledger(assistant)
    if given is not assistant:
        ledger.change(REPLACED, "assistant.surrogates")
    arguments = arguments_of(assistant, ledger)
    ledger.change(_RECORD, "id", "object", "created_at", "name", "description", "metadata")
    return PromptRecord(id=assistant_id, arguments=arguments, assistant=dict(assistant), losses=ledger.close())


def arguments_of(settings: Mapping[str, Any], ledger: Ledger | None = None) -> Json:
    """The arguments that mean what these settings of an assistant or a run meant.

    They are part of every request: a conversation keeps neither instructions nor tools. `truncation` keeps the old
    default, under which a long thread was cut and not refused.
    """
    account = ledger or Ledger(settings)
    arguments: Json = {"truncation": "auto"}
    _model(settings, arguments, account)
    if settings.get("instructions"):
        arguments["instructions"] = settings["instructions"]
    account.keep("instructions")
    _tools(settings, arguments, account)
    text_format = text_format_of(settings.get("response_format"))
    if text_format:
        arguments["text"] = {"format": text_format}
    account.change("`text.format`", "response_format")
    if settings.get("reasoning_effort"):
        arguments["reasoning"] = {"effort": settings["reasoning_effort"]}
    account.change("`reasoning.effort`", "reasoning_effort")
    for name in ("temperature", "top_p"):
        if settings.get(name) not in (None, 1):
            arguments[name] = settings[name]
    account.keep("temperature", "top_p")
    return arguments


def run_arguments_of(run: Mapping[str, Any], ledger: Ledger | None = None) -> Json:
    """The arguments of a run, which also has limits and choices that an assistant has not."""
    account = ledger or Ledger(run)
    arguments = arguments_of(run, account)
    choice = tool_choice_of(run.get("tool_choice"))
    if choice is not None:
        arguments["tool_choice"] = choice
    account.keep("tool_choice")
    if run.get("parallel_tool_calls") is False:
        arguments["parallel_tool_calls"] = False
    account.keep("parallel_tool_calls")
    if run.get("max_completion_tokens"):
        arguments["max_output_tokens"] = run["max_completion_tokens"]
    account.change("`max_output_tokens`, which limits one response and not the whole run", "max_completion_tokens")
    account.lose("requests have no limit of the prompt; count and trim before sending", "max_prompt_tokens")
    strategy = run.get("truncation_strategy")
    if isinstance(strategy, dict) and strategy.get("type") == "last_messages":
        account.lose("send the last messages as input instead of a conversation", "truncation_strategy")
    account.change('`truncation="auto"`, which drops items from the beginning', "truncation_strategy")
    return arguments


def _model(settings: Mapping[str, Any], arguments: Json, ledger: Ledger) -> None:
    model = settings.get("model")
    if not isinstance(model, str) or not model:
        return
    arguments["model"] = model
    ledger.keep("model")
    shutdown = shutdown_of(model)
    if shutdown:
        instead = f"; OpenAI recommends {shutdown.replacement}" if shutdown.replacement else ""
        ledger.change(f"the same, but {model} ends or ended on {shutdown.on}{instead}", "model")


def _tools(settings: Mapping[str, Any], arguments: Json, ledger: Ledger) -> None:
    resources = settings.get("tool_resources")
    model = arguments.get("model", "")
    tools, problems = tools_of(settings.get("tools"), model, resources if isinstance(resources, dict) else {})
    if tools:
        arguments["tools"] = tools
    if any(tool["type"] == "code_interpreter" for tool in tools):
        arguments["include"] = ["code_interpreter_call.outputs"]
    ledger.change("flattened; functions say `strict`, searches how many results", "tools")
    ledger.change("part of each tool", "tool_resources")
    for place, problem in problems.items():
        ledger.lose(problem, f"tools.{place}")
