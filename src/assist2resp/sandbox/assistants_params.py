"""The bodies that the Assistants v2 routes accept. What only v1 knew (`file_ids`, `retrieval`) is unknown here."""

from __future__ import annotations

from collections.abc import Mapping

from assist2resp.sandbox.params import (
    Shape,
    anything,
    array,
    boolean,
    choice,
    decimal,
    either,
    fields,
    integer,
    mapping,
    metadata,
    nullable,
    prefixed,
    string,
    tagged,
)

_FILE_IDS = array(string(), most=20)
_STATIC_CHUNKS = fields(
    {"max_chunk_size_tokens": integer(100, 4096), "chunk_overlap_tokens": integer(0)},
    "max_chunk_size_tokens",
    "chunk_overlap_tokens",
)
_CHUNKING = tagged(
    {
        "auto": fields({"type": anything}),
        "static": fields({"type": anything, "static": _STATIC_CHUNKS}, "static"),
    }
)
_STORE_TO_MAKE = fields({"file_ids": array(string()), "chunking_strategy": _CHUNKING, "metadata": nullable(metadata)})
_STORE_IDS = {"vector_store_ids": array(prefixed("vs_"), most=1)}
_STORES = {**_STORE_IDS, "vector_stores": array(_STORE_TO_MAKE, most=1)}


def _resources(search: Mapping[str, Shape]) -> Shape:
    interpreter = fields({"file_ids": _FILE_IDS})
    return nullable(fields({"code_interpreter": nullable(interpreter), "file_search": nullable(fields(search))}))


_FUNCTION = fields(
    {
        "name": string(least=1, most=64, pattern=r"[a-zA-Z0-9_-]+"),
        "description": nullable(string()),
        "parameters": nullable(mapping),
        "strict": nullable(boolean),
    },
    "name",
)
_RANKING = fields({"ranker": choice("auto", "default_2024_08_21"), "score_threshold": decimal(0, 1)}, "score_threshold")
_TOOL = tagged(
    {
        "code_interpreter": fields({"type": anything}),
        "function": fields({"type": anything, "function": _FUNCTION}, "function"),
        "file_search": fields(
            {
                "type": anything,
                "file_search": fields({"max_num_results": integer(1, 50), "ranking_options": nullable(_RANKING)}),
            }
        ),
    }
)
_TOOLS = array(_TOOL, most=128)
_JSON_SCHEMA = fields(
    {
        "name": string(least=1, most=64, pattern=r"[a-zA-Z0-9_-]+"),
        "description": string(),
        "schema": mapping,
        "strict": nullable(boolean),
    },
    "name",
)
_RESPONSE_FORMAT = either(
    "one of a string or object",
    (str, choice("auto")),
    (
        dict,
        tagged(
            {
                "text": fields({"type": anything}),
                "json_object": fields({"type": anything}),
                "json_schema": fields({"type": anything, "json_schema": _JSON_SCHEMA}, "json_schema"),
            }
        ),
    ),
)
_SAMPLING: dict[str, Shape] = {
    "temperature": nullable(decimal(0, 2)),
    "top_p": nullable(decimal(0, 1)),
    "response_format": nullable(_RESPONSE_FORMAT),
    "metadata": nullable(metadata),
}
_EFFORT = nullable(choice("none", "minimal", "low", "medium", "high", "xhigh", "max"))
_ASSISTANT: dict[str, Shape] = {
    "model": string(least=1),
    "name": nullable(string(most=256)),
    "description": nullable(string(most=512)),
    "instructions": nullable(string(most=256_000)),
    "tools": _TOOLS,
    "reasoning_effort": _EFFORT,
    **_SAMPLING,
}

_DETAIL = choice("auto", "low", "high")
_PART = tagged(
    {
        "text": fields({"type": anything, "text": string(most=256_000)}, "text"),
        "image_file": fields(
            {"type": anything, "image_file": fields({"file_id": string(), "detail": _DETAIL}, "file_id")}, "image_file"
        ),
        "image_url": fields(
            {"type": anything, "image_url": fields({"url": string(least=1), "detail": _DETAIL}, "url")}, "image_url"
        ),
    }
)
_ATTACHMENT = fields(
    {
        "file_id": string(),
        "tools": array(
            tagged({"code_interpreter": fields({"type": anything}), "file_search": fields({"type": anything})})
        ),
    },
    "file_id",
)
MESSAGE = fields(
    {
        "role": choice("user", "assistant"),
        "content": either("one of a string or array of objects", (str, string(most=256_000)), (list, array(_PART))),
        "attachments": nullable(array(_ATTACHMENT)),
        "metadata": nullable(metadata),
    },
    "role",
    "content",
)
METADATA = fields({"metadata": nullable(metadata)})

_THREAD: dict[str, Shape] = {"messages": array(MESSAGE), "metadata": nullable(metadata)}
THREAD = fields({**_THREAD, "tool_resources": _resources(_STORES)})
THREAD_UPDATE = fields({"metadata": nullable(metadata), "tool_resources": _resources(_STORE_IDS)})
ASSISTANT = fields({**_ASSISTANT, "tool_resources": _resources(_STORES)}, "model")
ASSISTANT_UPDATE = fields({**_ASSISTANT, "tool_resources": _resources(_STORE_IDS)})

_TRUNCATION = fields({"type": choice("auto", "last_messages"), "last_messages": nullable(integer(1))}, "type")
_NAMED_CHOICE = fields({"type": anything, "function": fields({"name": string(least=1)}, "name")}, "function")
_TOOL_CHOICE = either(
    "one of a string or object",
    (str, choice("none", "auto", "required")),
    (
        dict,
        tagged(
            {
                "function": _NAMED_CHOICE,
                "file_search": fields({"type": anything}),
                "code_interpreter": fields({"type": anything}),
            }
        ),
    ),
)
_RUN: dict[str, Shape] = {
    "assistant_id": prefixed("asst"),
    "model": nullable(string(least=1)),
    "instructions": nullable(string(most=256_000)),
    "tools": nullable(_TOOLS),
    "max_prompt_tokens": nullable(integer(256)),
    "max_completion_tokens": nullable(integer(1)),
    "truncation_strategy": nullable(_TRUNCATION),
    "tool_choice": nullable(_TOOL_CHOICE),
    "parallel_tool_calls": nullable(boolean),
    "stream": nullable(boolean),
    **_SAMPLING,
}
RUN = fields(
    {
        **_RUN,
        "reasoning_effort": _EFFORT,
        "additional_instructions": nullable(string(most=256_000)),
        "additional_messages": nullable(array(MESSAGE)),
    },
    "assistant_id",
)
THREAD_AND_RUN = fields(
    {**_RUN, "thread": nullable(THREAD), "tool_resources": _resources(_STORE_IDS)},
    "assistant_id",
)
_TOOL_OUTPUT = fields({"tool_call_id": string(), "output": nullable(string())})
TOOL_OUTPUTS = fields({"tool_outputs": array(_TOOL_OUTPUT), "stream": nullable(boolean)}, "tool_outputs")
