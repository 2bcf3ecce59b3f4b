"""The response object: its fields as recorded answers of 2026 have them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from assist2resp.sandbox import items
from assist2resp.sandbox.app import World
from assist2resp.sandbox.models_data import Model
from assist2resp.sandbox.prompt import Answer
from assist2resp.sandbox.response_prompt import effort_of
from assist2resp.sandbox.wire import Json

MODERATED = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
NO_IMAGES = {"image_tokens": 0, "text_tokens": 0}
NO_TOOL_USAGE = {
    "image_gen": {
        "input_tokens": 0,
        "input_tokens_details": NO_IMAGES,
        "output_tokens": 0,
        "output_tokens_details": NO_IMAGES,
        "total_tokens": 0,
    },
    "web_search": {"num_requests": 0},
}


def new_body(world: World, request: Json, model: Model, tools: Sequence[Json]) -> Json:
    """A response that has just been asked for."""
    background = bool(request.get("background"))
    conversation = conversation_id(request)
    body: Json = {
        "id": world.ids.new("resp_", 50),
        "object": "response",
        "created_at": world.seconds(),
        "status": "queued" if background else "in_progress",
        "background": background,
        "billing": {"payer": "developer"},
        "completed_at": None,
        "conversation": {"id": conversation},
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "instructions": request.get("instructions"),
        "max_output_tokens": request.get("max_output_tokens"),
        "max_tool_calls": request.get("max_tool_calls"),
        "model": model.snapshot,
        "moderation": _moderation(request.get("moderation")),
        "output": [],
        "parallel_tool_calls": request.get("parallel_tool_calls") is not False,
        "presence_penalty": 0.0,
        "previous_response_id": request.get("previous_response_id"),
        "prompt_cache_key": request.get("prompt_cache_key"),
        "prompt_cache_retention": request.get("prompt_cache_retention") or "in_memory",
        "reasoning": _reasoning(model, request),
        "safety_identifier": request.get("safety_identifier"),
        "service_tier": request.get("service_tier") or "auto",
        "store": request.get("store") is not False,
        "temperature": _number(request.get("temperature")),
        "text": _text(request),
        "tool_choice": request.get("tool_choice") or "auto",
        "tool_usage": NO_TOOL_USAGE,
        "tools": list(tools),
        "top_logprobs": request.get("top_logprobs") or 0,
        "top_p": _number(request.get("top_p")),
        "truncation": request.get("truncation") or "disabled",
        "usage": None,
        "user": request.get("user"),
        "metadata": request.get("metadata") or {},
    }
    if conversation is None:
        del body["conversation"]
    return body


def conversation_id(request: Json) -> str | None:
    """The id of the conversation that a request names, as a string or as an object."""
    given = request.get("conversation")
    return given["id"] if isinstance(given, dict) else given


def _number(given: float | None) -> float:
    return 1.0 if given is None else float(given)


def _reasoning(model: Model, request: Json) -> Json:
    asked = request.get("reasoning") or {}
    summary = asked.get("summary") or asked.get("generate_summary")
    if model.effort is None:
        return {"context": None, "effort": None, "summary": summary}
    context = asked.get("context")
    if context in (None, "auto"):
        context = "all_turns" if model.keeps_reasoning else "current_turn"
    effort = effort_of(model, request)
    return {"context": context, "effort": effort, "mode": asked.get("mode") or "standard", "summary": summary}


def _text(request: Json) -> Json:
    asked = request.get("text") or {}
    form = asked.get("format") or {"type": "text"}
    if form["type"] == "json_schema":
        schema = {key: value for key, value in form["schema"].items() if key != "$schema"}
        form = {"description": None, **form, "schema": schema, "strict": bool(form.get("strict"))}
    return {"format": form, "verbosity": asked.get("verbosity") or "medium"}


def _moderation(asked: Json | None) -> Json | None:
    """The result of a moderation, which here finds nothing; input and output have the same."""
    if asked is None:
        return None
    result: Json = {
        "categories": dict.fromkeys(MODERATED, False),
        "category_applied_input_types": {category: ["text"] for category in MODERATED},
        "category_scores": dict.fromkeys(MODERATED, 0.0),
        "flagged": False,
        "model": asked.get("model") or "omni-moderation-latest",
        "type": "moderation_result",
    }
    return {"input": result, "output": result}


def shown(body: Json, include: Collection[str], *, streamed: bool = False) -> Json:
    """The response as an answer shows it; a stream leaves out who pays."""
    view = {**body, "output": [items.shown(item, include) for item in body["output"]]}
    if streamed:
        del view["billing"]
    return view


def ended(world: World, answer: Answer, output: list[Json], tier: str) -> Json:
    """The fields that change when the model has answered."""
    usage = usage_of(answer.usage.input_tokens, answer.usage.output_tokens)
    fields: Json = {"output": output, "usage": usage, "service_tier": "default" if tier == "auto" else tier}
    match answer.stop:
        case "end":
            return {**fields, "status": "completed", "completed_at": world.seconds()}
        case "error":
            code, message = answer.error or ("server_error", "The model failed.")
            return {**fields, "status": "failed", "error": {"code": code, "message": message}, "usage": None}
        case stop:
            reason = "max_output_tokens" if stop == "length" else "content_filter"
            return {**fields, "status": "incomplete", "incomplete_details": {"reason": reason}}


def usage_of(read: int, written: int) -> Json:
    """Tokens as the wire counts them; nothing is cached, and reasoning costs nothing here."""
    return {
        "input_tokens": read,
        "input_tokens_details": {"cache_write_tokens": 0, "cached_tokens": 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + written,
    }
