"""Small functions for code that calls `client.responses` itself."""

from __future__ import annotations

from openai.types.responses import Response


def run_status(response: Response) -> str:
    """The status of a response in the words of a run: `requires_action` while function calls wait for their outputs."""
    if response.status == "completed" and any(item.type == "function_call" for item in response.output):
        return "requires_action"
    return response.status or "completed"
