"""The prompt of a run: what its model is given for one step, from the run, its thread and its assistant's resources."""

from __future__ import annotations

from typing import Any

from assist2resp.sandbox import files, library
from assist2resp.sandbox.app import World
from assist2resp.sandbox.prompt import (
    CodeInterpreter,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    Prompt,
    Role,
    Tool,
    Turn,
)
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json


def prompt_of(world: World, run: Record) -> Prompt:
    """Everything that the model of this run is given for its next step."""
    body = run.body
    return Prompt(
        model=body["model"],
        instructions=body["instructions"],
        history=tuple(_history(world, run)),
        tools=tuple(_tool(world, run, tool) for tool in body["tools"]),
        tool_choice=_tool_choice(body["tool_choice"]),
        parallel_tool_calls=body["parallel_tool_calls"],
        temperature=body["temperature"],
        top_p=body["top_p"],
        max_output_tokens=body["max_completion_tokens"],
        reasoning_effort=body["reasoning_effort"],
        response_format=_response_format(body["response_format"]),
    )


def _history(world: World, run: Record) -> list[Turn | FunctionCall | FunctionOutput]:
    """Messages and answered calls of functions in the order of their making, cut as the run's strategy says."""
    thread_id = run.body["thread_id"]
    messages = world.store.table("messages").of(thread_id)
    strategy = run.body["truncation_strategy"]
    if strategy["type"] == "last_messages" and strategy["last_messages"] is not None:
        messages = messages[-strategy["last_messages"] :]
    start = messages[0].order if messages else 0
    entries: list[Record] = [message for message in messages if message.body["status"] != "in_progress"]
    steps = world.store.table("steps")
    entries += [
        step for past in world.store.table("runs").of(thread_id) for step in steps.of(past.id) if step.order > start
    ]
    history: list[Turn | FunctionCall | FunctionOutput] = []
    for entry in sorted(entries, key=lambda record: record.order):
        history += _calls(entry) if entry.body["object"] == "thread.run.step" else [_turn(world, entry)]
    return history


def _calls(step: Record) -> list[FunctionCall | FunctionOutput]:
    """The calls of functions that a step holds, then their outputs; none if it was never answered."""
    calls = [call for call in step.body["step_details"].get("tool_calls", []) if call["type"] == "function"]
    if any(call["function"]["output"] is None for call in calls):
        return []
    asked = [FunctionCall(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls]
    return [*asked, *(FunctionOutput(call["id"], call["function"]["output"]) for call in calls)]


def _turn(world: World, message: Record) -> Turn:
    role: Role = message.body["role"]
    images = tuple(_image(world, part) for part in message.body["content"] if part["type"].startswith("image_"))
    return Turn(role, message.private["text"], images if role == "user" else ())


def _image(world: World, part: Json) -> str:
    if part["type"] == "image_url":
        return str(part["image_url"]["url"])
    return files.document(world, part["image_file"]["file_id"]).digest


def _tool(world: World, run: Record, tool: Json) -> Tool:
    if tool["type"] == "function":
        function = tool["function"]
        description, strict = function.get("description") or "", bool(function.get("strict"))
        return Function(function["name"], description, function.get("parameters"), strict)
    resources = run.private["tool_resources"]
    if tool["type"] == "code_interpreter":
        files = [library.document(world, file_id) for file_id in resources["file_ids"]]
        return CodeInterpreter(tuple(sorted(files, key=lambda file: (file.digest, file.filename))))
    options = tool.get("file_search") or {}
    most = options.get("max_num_results") or (5 if run.body["model"].startswith("gpt-3.5") else 20)
    threshold = (options.get("ranking_options") or {}).get("score_threshold") or None
    ranking = {"score_threshold": threshold} if threshold else None
    return FileSearch(library.documents(world, resources["vector_store_ids"]), most, ranking)


def _tool_choice(choice: str | Json) -> str:
    if isinstance(choice, str):
        return choice
    return str(choice["function"]["name"] if choice["type"] == "function" else choice["type"])


def _response_format(requested: str | Json) -> dict[str, Any] | None:
    if isinstance(requested, str) or requested["type"] == "text":
        return None
    if requested["type"] == "json_object":
        return {"type": "json_object"}
    schema = requested["json_schema"]
    form = {"type": "json_schema", "name": schema["name"], "schema": schema.get("schema") or {}}
    form["strict"] = bool(schema.get("strict"))
    if schema.get("description"):
        form["description"] = schema["description"]
    return form
