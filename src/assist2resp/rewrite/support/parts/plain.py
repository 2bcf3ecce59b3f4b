"""Small functions for code that calls `client.responses` itself."""

from __future__ import annotations

from openai.types.responses import Response

from assist2resp.rewrite.support.parts.archive import _load_now
from assist2resp.rewrite.support.parts.state import _conversation
from assist2resp.rewrite.support.parts.wire import _Refusal


def run_status(response: Response) -> str:
    """The status of a response in the words of a run: `requires_action` while function calls wait for their outputs."""
    if response.status == "completed" and any(item.type == "function_call" for item in response.output):
        return "requires_action"
    return response.status or "completed"


def conversation_id(thread_id: str) -> str:
    """The conversation that holds a thread: the id itself if it is one already, else what the id map says."""
    try:
        # region archive
        _load_now(thread_id)
        # endregion
        return _conversation(thread_id)
    except _Refusal as refusal:
        raise refusal.error() from None
