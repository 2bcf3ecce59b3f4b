"""Small functions for code that calls `client.responses` itself."""

from __future__ import annotations

from typing import Any

from openai.types.responses import Response

_SENT_AGAIN = (
    "model", "instructions", "tools", "temperature", "top_p", "truncation", "parallel_tool_calls", "text", "reasoning", "max_output_tokens", "metadata",
)  # fmt: skip


def run_status(response: Response) -> str:
    """The status of a response in the words of a run: `requires_action` while function calls wait for their outputs."""
    if response.status == "completed" and any(item.type == "function_call" for item in response.output):
        return "requires_action"
    return response.status or "completed"


def same_request(response: Response) -> dict[str, Any]:
    """The arguments that made a response, to go on with it: the API keeps the conversation, not what it was told."""
    sent = response.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    arguments = {name: sent[name] for name in _SENT_AGAIN if name in sent}
    if response.conversation is not None:
        arguments["conversation"] = response.conversation.id
    return arguments
