"""What a request for a response is to the model, and which requests the API refuses for what they ask of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from assist2resp.sandbox import models_data, response_tools, tokens
from assist2resp.sandbox.app import World
from assist2resp.sandbox.history import cut_to_fit, history_of
from assist2resp.sandbox.models_data import Model
from assist2resp.sandbox.params import listed
from assist2resp.sandbox.prompt import Prompt
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.tool_shapes import check_choice
from assist2resp.sandbox.wire import Json, WireError

PROMPTS_END = date(2026, 11, 30)
UNKNOWN_IS_404 = date(2026, 9, 1)
"""Recorded until 2026: 400 for an unknown model. Reported since 2026-09 (BerriAI/litellm pull request 39457): 404."""


def check_model(world: World, name: str | None) -> Model:
    """The model of a request, or the error of one that is missing, unknown or retired."""
    if name is None:
        raise WireError(400, "Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    model = models_data.find(name)
    if model is None and world.today < UNKNOWN_IS_404:
        raise WireError(400, f"The requested model '{name}' does not exist.", param="model", code="model_not_found")
    if model is None:
        text = f"The model `{name}` does not exist or you do not have access to it."
        raise WireError(404, text, param="model", code="model_not_found")
    if not models_data.is_served(name, world.today):
        text = f"The model `{name}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
        raise WireError(404, text, param="model", code="model_not_found")
    return model


def effort_of(model: Model, request: Json) -> str | None:
    """The effort of reasoning that takes effect."""
    return (request.get("reasoning") or {}).get("effort") or model.effort


def check_settings(world: World, model: Model, request: Json) -> None:
    """Refuse what this model, this date or these parameters together do not allow."""
    _check_reasoning(model, request)
    if request.get("prompt") is not None:
        raise _no_prompt(world, request["prompt"]["id"])
    check_choice(request.get("tool_choice"), request.get("tools") or [])
    if request.get("background") and request.get("store") is False:
        raise WireError(400, "Background mode requires 'store' to be true.", param="background", code="invalid_value")
    if request.get("stream_options") is not None and not request.get("stream"):
        text = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise WireError(400, text, param="stream_options")


def _check_reasoning(model: Model, request: Json) -> None:
    asked = (request.get("reasoning") or {}).get("effort")
    if asked is not None and model.effort is None:
        text = "Unsupported parameter: 'reasoning.effort' is not supported with this model."
        raise WireError(400, text, param="reasoning.effort", code="unsupported_parameter")
    if asked is not None and asked not in model.efforts:
        text = f"Unsupported value: '{asked}' is not supported with the '{model.name}' model. "
        text += f"Supported values are: {listed(model.efforts)}."
        raise WireError(400, text, param="reasoning.effort", code="unsupported_value")
    if effort_of(model, request) in (None, "none"):
        return
    for name in ("temperature", "top_p", "top_logprobs"):
        if request.get(name) is not None:
            raise WireError(400, f"Unsupported parameter: '{name}' is not supported with this model.", param=name)
    if "message.output_text.logprobs" in (request.get("include") or []):
        text = "Unsupported parameter: 'include' with 'message.output_text.logprobs' is not supported with this model."
        raise WireError(400, text, param="include")


def _no_prompt(world: World, prompt_id: str) -> WireError:
    """No prompt objects are kept here; from their shutdown on, the parameter itself is refused."""
    if world.today < PROMPTS_END:
        return WireError(404, f"Prompt with id '{prompt_id}' not found.", param="prompt")
    text = "Unsupported parameter: 'prompt'. Reusable prompts were shut down on 2026-11-30."
    return WireError(400, text, param="prompt", code="unsupported_parameter")


def prompt_of(
    world: World, request: Json, tools: Sequence[Json], items: Sequence[Json], container: Record | None
) -> Prompt:
    """Everything that the model is given, the history cut to its context if the request allows that."""
    model = check_model(world, request.get("model"))
    prompt = Prompt(
        model=model.name,
        instructions=request.get("instructions") or "",
        history=tuple(history_of(world, items)),
        tools=response_tools.nouns(world, _offered(request, tools), container),
        tool_choice=_choice(request.get("tool_choice")),
        parallel_tool_calls=request.get("parallel_tool_calls") is not False,
        temperature=request.get("temperature"),
        top_p=request.get("top_p"),
        max_output_tokens=request.get("max_output_tokens"),
        reasoning_effort=(request.get("reasoning") or {}).get("effort"),
        response_format=_response_format(request),
    )
    _check_format(prompt)
    return _fitting(prompt, model, request.get("truncation") == "auto")


def _fitting(prompt: Prompt, model: Model, may_cut: bool) -> Prompt:
    size = tokens.of_prompt(prompt)
    if size <= model.context:
        return prompt
    if not may_cut:
        text = "Your input exceeds the context window of this model. Please adjust your input and try again."
        raise WireError(400, text, param="input", code="context_length_exceeded")
    fixed = size - sum(map(tokens.of_entry, prompt.history))
    history = tuple(cut_to_fit(prompt.history, model.context - fixed))
    return Prompt(**{**vars(prompt), "history": history})


def _offered(request: Json, tools: Sequence[Json]) -> list[Json]:
    """The tools that the choice lets the model use."""
    choice = request.get("tool_choice")
    if not isinstance(choice, dict) or choice["type"] != "allowed_tools":
        return list(tools)
    allowed = {(one.get("type"), one.get("name")) for one in choice["tools"]}
    return [tool for tool in tools if (tool["type"], tool.get("name")) in allowed]


def _choice(choice: str | Json | None) -> str:
    if not isinstance(choice, dict):
        return choice or "auto"
    if choice["type"] == "allowed_tools":
        return str(choice["mode"])
    return str(choice.get("name") or choice["type"])


def _response_format(request: Json) -> dict[str, Any] | None:
    form = (request.get("text") or {}).get("format")
    if form is None or form["type"] == "text":
        return None
    return {key: value for key, value in form.items() if value is not None}


def _check_format(prompt: Prompt) -> None:
    """JSON mode wants the word in what the model reads, so that it does not write white space for ever."""
    form = prompt.response_format
    if form is None or form["type"] != "json_object":
        return
    read = [
        prompt.instructions,
        *(str(getattr(entry, "text", getattr(entry, "output", ""))) for entry in prompt.history),
    ]
    if not any("json" in text.lower() for text in read):
        text = "Response input messages must contain the word 'json' in some form to use 'text.format' of type "
        raise WireError(400, f"{text}'json_object'.", param="input")
