"""Run steps, made from the output of a run's responses."""

from __future__ import annotations

from assist2resp.rewrite.support.parts.content import _cited_images
from assist2resp.rewrite.support.parts.pages import _listed
from assist2resp.rewrite.support.parts.run_record import _ANSWER_SECONDS, _kept_run, _Run, _tokens, _usage
from assist2resp.rewrite.support.parts.wire import Json, _answers, _Call, _missing, _Work

_RESULTS = ["file_search_call.results", "code_interpreter_call.outputs"]


def _step(run: _Run, item_id: str, details: Json, created_at: int) -> Json:
    """A step in progress; its id follows from the id of the item that began it."""
    return {
        "id": f"step_{item_id.partition('_')[2]}",
        "object": "thread.run.step",
        "created_at": created_at,
        "run_id": run.shown["id"],
        "assistant_id": run.shown["assistant_id"],
        "thread_id": run.shown["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": run.shown["created_at"] + _ANSWER_SECONDS,
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }


def _closed(step: Json, status: str, now: int, usage: list[int] | None) -> Json:
    """The step as it ended."""
    return {**step, "status": status, f"{status}_at": now, "usage": _usage(usage or [0, 0, 0, 0])}


def _details(items: list[Json], outputs: dict[str, str]) -> Json:
    """The details of the step that these items are: a message, or calls of tools."""
    if items[0]["type"] == "message":
        return {"type": "message_creation", "message_creation": {"message_id": items[0]["id"]}}
    return {"type": "tool_calls", "tool_calls": [_tool_call(item, outputs) for item in items]}


def _tool_call(item: Json, outputs: dict[str, str]) -> Json:
    if item["type"] == "function_call":
        function = {"name": item["name"], "arguments": item["arguments"], "output": outputs.get(item["call_id"])}
        return {"id": item["call_id"], "type": "function", "function": function}
    if item["type"] == "code_interpreter_call":
        interpreter = {"input": item.get("code") or "", "outputs": [_output(one) for one in item.get("outputs") or []]}
        return {"id": item["id"], "type": "code_interpreter", "code_interpreter": interpreter}
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    search = {"ranking_options": ranking, "results": [_result(one) for one in item.get("results") or []]}
    return {"id": item["id"], "type": "file_search", "file_search": search}


def _output(output: Json) -> Json:
    if output["type"] == "logs":
        return {"type": "logs", "logs": output["logs"]}
    return {"type": "image", "image": {"file_id": output["url"]}}


def _result(result: Json) -> Json:
    content = [{"type": "text", "text": result.get("text")}]
    return {
        "file_id": result.get("file_id"),
        "file_name": result.get("filename"),
        "score": result.get("score"),
        "content": content,
    }


def _groups(output: list[Json]) -> list[list[Json]]:
    """The items that are steps, calls of functions that were made together in one."""
    groups: list[list[Json]] = []
    for item in output:
        if item["type"] == "function_call" and groups and groups[-1][0]["type"] == "function_call":
            groups[-1].append(item)
        elif item["type"] in ("message", "function_call", "code_interpreter_call", "file_search_call"):
            groups.append([item])
    return groups


def _name_images(output: list[Json]) -> None:
    """Name the images that code drew by the files that the response cites for them."""
    cited = iter(_cited_images(output))
    for item in output:
        for drawn in item.get("outputs") or []:
            if drawn["type"] == "image":
                drawn["url"] = next(cited, drawn["url"])


def _without_text(step: Json) -> Json:
    """The step without the text that searches found, which is shown on request only."""
    calls = [
        {
            **call,
            "file_search": {**call["file_search"], "results": [_bare(row) for row in call["file_search"]["results"]]},
        }
        if call["type"] == "file_search"
        else call
        for call in step["step_details"].get("tool_calls") or []
    ]
    return {**step, "step_details": {**step["step_details"], "tool_calls": calls}} if calls else step


def _bare(result: Json) -> Json:
    return {name: value for name, value in result.items() if name != "content"}


def _steps(call: _Call, run: _Run) -> _Work:
    """The steps of a run, oldest first."""
    steps: list[Json] = []
    for response_id in run.responses:
        response = yield call.client.responses.retrieve(response_id, include=_RESULTS, **call.options)
        now = int(response.created_at)
        output = response.to_dict()["output"]
        _name_images(output)
        groups = _groups(output)
        for number, items in enumerate(groups, start=1):
            step = _step(run, items[0]["id"], _details(items, run.outputs), now)
            usage = _tokens(response.usage and response.usage.to_dict()) if number == len(groups) else None
            open_calls = any(waiting["id"] == item.get("call_id") for item in items for waiting in run.calls)
            steps.append(step if open_calls else _closed(step, _step_status(run, items), now, usage))
    return steps if "include[]" in call.query else [_without_text(step) for step in steps]


def _step_status(run: _Run, items: list[Json]) -> str:
    unanswered = any(item["type"] == "function_call" and item["call_id"] not in run.outputs for item in items)
    ended = str(run.shown["status"])
    return ended if unanswered and ended in ("cancelled", "expired", "failed") else "completed"


@_answers("GET /threads/{}/runs/{}/steps")
def _list_steps(call: _Call, thread_id: str, run_id: str) -> _Work:
    run = yield from _kept_run(call, thread_id, run_id)
    steps = yield from _steps(call, run)
    return _listed(steps, call.query)


@_answers("GET /threads/{}/runs/{}/steps/{}")
def _retrieve_step(call: _Call, thread_id: str, run_id: str, step_id: str) -> _Work:
    run = yield from _kept_run(call, thread_id, run_id)
    steps = yield from _steps(call, run)
    for step in steps:
        if step["id"] == step_id:
            return step
    raise _missing("run step", step_id)
