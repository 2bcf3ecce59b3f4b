"""What an assistant, or a run of one, was told, as arguments of `client.responses.create`."""

from __future__ import annotations

from typing import Any

from assist2resp.rewrite.support.parts.wire import Json


def _arguments(settings: Json, resources: Json) -> Json:
    """The arguments; instructions and tools are part of every request, and `truncation` keeps the old default."""
    arguments: Json = {"model": settings["model"], "truncation": "auto"}
    tools = [tool for tool in (_tool(old, settings["model"], resources) for old in settings["tools"]) if tool]
    if settings.get("instructions"):
        arguments["instructions"] = settings["instructions"]
    if tools:
        arguments["tools"] = tools
    if any(tool["type"] == "code_interpreter" for tool in tools):
        arguments["include"] = ["code_interpreter_call.outputs"]
    choice = _tool_choice(settings.get("tool_choice"))
    if choice != "auto" and (isinstance(choice, str) or any(tool["type"] == choice["type"] for tool in tools)):
        arguments["tool_choice"] = choice
    text_format = _text_format(settings.get("response_format"))
    if text_format:
        arguments["text"] = {"format": text_format}
    if settings.get("reasoning_effort"):
        arguments["reasoning"] = {"effort": settings["reasoning_effort"]}
    if settings.get("parallel_tool_calls") is False:
        arguments["parallel_tool_calls"] = False
    for name in ("temperature", "top_p"):
        if settings.get(name) not in (None, 1):
            arguments[name] = settings[name]
    return arguments


def _tool(tool: Json, model: str, resources: Json) -> Json | None:
    """The flat form of a tool; none of a search that has nothing to search."""
    if tool["type"] == "function":
        function = {"parameters": {"type": "object", "properties": {}}, **tool["function"]}
        return {"type": "function", **function, "strict": bool(function.get("strict"))}
    if tool["type"] == "code_interpreter":
        files = (resources.get("code_interpreter") or {}).get("file_ids") or []
        container = {"type": "auto", "file_ids": files} if files else {"type": "auto"}
        return {"type": "code_interpreter", "container": container}
    stores = (resources.get("file_search") or {}).get("vector_store_ids") or []
    return {**_search(tool.get("file_search") or {}, model), "vector_store_ids": stores} if stores else None


def _search(options: Json, model: str) -> Json:
    most = options.get("max_num_results") or (5 if model.startswith("gpt-3.5") else 20)
    search: Json = {"type": "file_search", "max_num_results": most}
    threshold = (options.get("ranking_options") or {}).get("score_threshold")
    if threshold:
        search["ranking_options"] = {"score_threshold": threshold}
    return search


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, dict) and choice["type"] == "function":
        return {"type": "function", "name": choice["function"]["name"]}
    return choice or "auto"


def _text_format(response_format: Any) -> Json | None:
    if not isinstance(response_format, dict) or response_format["type"] == "text":
        return None
    if response_format["type"] == "json_schema":
        given = {name: value for name, value in response_format["json_schema"].items() if value is not None}
        return {"type": "json_schema", "schema": {}, **given}
    return response_format
