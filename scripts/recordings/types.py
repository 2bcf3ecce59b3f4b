"""Whether a recorded answer is what the SDK's own type of that route demands; one written by hand often is not."""

from __future__ import annotations

from functools import cache
from typing import Any

from openai.types import FileDeleted, FileObject, VectorStore, VectorStoreDeleted
from openai.types.beta import Assistant, AssistantDeleted, Thread, ThreadDeleted
from openai.types.beta.threads import Message, MessageDeleted, Run
from openai.types.beta.threads.runs import RunStep
from openai.types.conversations import Conversation, ConversationDeletedResource, ConversationItem, ConversationItemList
from openai.types.responses import Response, ResponseItemList
from openai.types.vector_stores import VectorStoreFile, VectorStoreFileBatch, VectorStoreFileDeleted
from pydantic import TypeAdapter, ValidationError

ANSWERS: dict[str, Any] = {
    "POST /assistants": Assistant,
    "GET /assistants/{assistant}": Assistant,
    "POST /assistants/{assistant}": Assistant,
    "DELETE /assistants/{assistant}": AssistantDeleted,
    "POST /threads": Thread,
    "GET /threads/{thread}": Thread,
    "POST /threads/{thread}": Thread,
    "DELETE /threads/{thread}": ThreadDeleted,
    "POST /threads/{thread}/messages": Message,
    "GET /threads/{thread}/messages/{message}": Message,
    "POST /threads/{thread}/messages/{message}": Message,
    "DELETE /threads/{thread}/messages/{message}": MessageDeleted,
    "POST /threads/runs": Run,
    "POST /threads/{thread}/runs": Run,
    "GET /threads/{thread}/runs/{run}": Run,
    "POST /threads/{thread}/runs/{run}": Run,
    "POST /threads/{thread}/runs/{run}/cancel": Run,
    "POST /threads/{thread}/runs/{run}/submit_tool_outputs": Run,
    "GET /threads/{thread}/runs/{run}/steps/{step}": RunStep,
    "POST /responses": Response,
    "GET /responses/{response}": Response,
    "GET /responses/{response}/input_items": ResponseItemList,
    "POST /conversations": Conversation,
    "GET /conversations/{conversation}": Conversation,
    "POST /conversations/{conversation}": Conversation,
    "DELETE /conversations/{conversation}": ConversationDeletedResource,
    "POST /conversations/{conversation}/items": ConversationItemList,
    "GET /conversations/{conversation}/items": ConversationItemList,
    "GET /conversations/{conversation}/items/{item}": ConversationItem,
    "DELETE /conversations/{conversation}/items/{item}": Conversation,
    "POST /files": FileObject,
    "GET /files/{file}": FileObject,
    "DELETE /files/{file}": FileDeleted,
    "POST /vector_stores": VectorStore,
    "GET /vector_stores/{vector_store}": VectorStore,
    "POST /vector_stores/{vector_store}": VectorStore,
    "DELETE /vector_stores/{vector_store}": VectorStoreDeleted,
    "POST /vector_stores/{vector_store}/files": VectorStoreFile,
    "GET /vector_stores/{vector_store}/files/{file}": VectorStoreFile,
    "DELETE /vector_stores/{vector_store}/files/{file}": VectorStoreFileDeleted,
    "POST /vector_stores/{vector_store}/file_batches": VectorStoreFileBatch,
    "GET /vector_stores/{vector_store}/file_batches/{batch}": VectorStoreFileBatch,
}


@cache
def _adapter(route: str) -> TypeAdapter[Any]:
    return TypeAdapter(ANSWERS[route])


def misfit(route: str, answer: Any) -> str:
    """Where a recorded answer first contradicts the SDK's type of the route; empty when it does not, or is no JSON."""
    if answer is None or route not in ANSWERS:
        return ""
    try:
        _adapter(route).validate_python(answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return ""
