"""The SDK's table is current, and its lookups give what the package's own types say."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import make_sdk_table
import openai
import pytest

from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.type_expr import NONE, TypeExpr, parse, substituted, union

FREQUENCIES = Path(__file__).resolve().parents[2].parent / "shared" / "corpus" / "frequencies.md"

NEVER_METHODS = {
    "beta.assistants.files",  # a resource, counted where its calls go through a variable
    "beta.assistants.get",
    "beta.assistants.put",
    "beta.threads.get",
    "beta.threads.list",
    "beta.threads.messages.get",
    "beta.threads.messages.put",
    "beta.threads.put",
    "beta.threads.runs.delete",
    "beta.threads.runs.get",
    "beta.threads.runs.put",
    "beta.threads.runs.steps.get",
    "beta.threads.runs.steps.put",
    "vector_stores.append",
    "vector_stores.create_and_poll",
    "vector_stores.file_batches.put",
    "vector_stores.files.put",
    "vector_stores.put",
}
OTHERS_METHODS = re.compile(r"\.(assert_\w+|reset_mock|iter_pages)$")  # of mocks, and of a page


def walked(start: str, *steps: str) -> str | None:
    """Follows attributes, `name()` for a call, `[]`, `await`, `for` and `with` from a type."""
    verbs = {"[]": sdk.subscripted, "await": sdk.awaited, "for": sdk.iterated, "with": sdk.entered}
    tp: TypeExpr | None = parse(start)
    for step in steps:
        assert tp is not None, step
        if step in verbs:
            tp = verbs[step](tp)
        elif step.endswith("()"):
            tp = sdk.method_result(tp, step.removesuffix("()"))
        else:
            tp = sdk.attribute(tp, step)
    return None if tp is None else str(tp)


def test_table_is_current() -> None:
    if openai.__version__ != sdk.sdk_version():
        pytest.skip(f"the table is of openai {sdk.sdk_version()}, installed is {openai.__version__}")
    # in a process of its own: typing caches equal Literals in the order in which it met them first
    command = [sys.executable, make_sdk_table.__file__, "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"run python scripts/make_sdk_table.py: {done.stdout}{done.stderr}"


def test_table_loads_quickly() -> None:
    sdk._table()
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        sdk._table.__wrapped__()
        best = min(best, time.perf_counter() - started)
    assert best < 0.015


def test_every_expression_parses_and_prints_as_it_stands() -> None:
    table = sdk._table()
    texts = [*table["aliases"].values()]
    for entry in table["methods"].values():
        texts += [*entry["kw"].values(), entry["ret"]]
    for entry in table["types"].values():
        texts += [text for name, text in entry.items() if name not in "<["]
    assert len(texts) > 2000
    for text in set(texts):
        assert parse(str(parse(text))) == parse(text), text


def test_every_class_named_in_the_table_is_described() -> None:
    table = sdk._table()
    named: set[str] = set()

    def collect(tp: TypeExpr) -> None:
        named.add(tp.name)
        for inner in (*tp.args, *tp.members):
            collect(inner)

    for entry in table["methods"].values():
        for text in (entry["ret"], entry.get("async", "Any"), entry.get("stream", "Any")):
            collect(parse(text))
    for entry in table["types"].values():
        for name, text in entry.items():
            if name not in "<[":
                collect(parse(text))
    known = set(table["types"]) | set(table["aliases"]) | set(table["dicts"])
    dotted = {name for name in named if "." in name and not name.startswith(("httpx.", "datetime.", "os."))}
    assert dotted - known == set()


CLIENTS = [
    ("openai.OpenAI", (False, False)),
    ("openai.AsyncOpenAI", (True, False)),
    ("openai.Client", (False, False)),
    ("openai.AsyncClient", (True, False)),
    ("openai._client.OpenAI", (False, False)),
    ("openai.AzureOpenAI", (False, True)),
    ("openai.AsyncAzureOpenAI", (True, True)),
    ("openai.lib.azure.AzureOpenAI", (False, True)),
    ("openai.lib.azure.AsyncAzureOpenAI", (True, True)),
    ("openai.AssistantEventHandler", None),
    ("openai.lib.azure.OpenAI", None),
    ("groq.OpenAI", None),
    ("groq.AsyncGroq", None),
    ("langchain.OpenAI", None),
    ("OpenAI", None),
]


@pytest.mark.parametrize(("qualified", "expected"), CLIENTS, ids=[name for name, _ in CLIENTS])
def test_client_class(qualified: str, expected: tuple[bool, bool] | None) -> None:
    found = sdk.client_class(qualified)
    assert (found and (found.is_async, found.is_azure)) == expected


PAGE = "SyncCursorPage[{0}]"
PAGINATOR = "AsyncPaginator[{0}, AsyncCursorPage[{0}]]"
METHODS = [
    # path, positional, returns, async returns, awaitable, helper, until
    ("beta.assistants.create", "", "beta.Assistant", "beta.Assistant", True, False, ""),
    ("beta.assistants.files.create", "assistant_id", "beta.assistants.AssistantFile", None, True, False, "1.20.0"),
    ("beta.threads.create", "", "beta.Thread", "beta.Thread", True, False, ""),
    ("beta.threads.messages.list", "thread_id", PAGE, PAGINATOR, False, False, "", "beta.threads.Message"),
    (
        "beta.threads.messages.files.list",
        "message_id",
        PAGE,
        PAGINATOR,
        False,
        False,
        "1.20.0",
        "beta.threads.messages.MessageFile",
    ),
    ("beta.threads.runs.retrieve", "run_id", "beta.threads.Run", "beta.threads.Run", True, False, ""),
    ("beta.threads.runs.create_and_poll", "", "beta.threads.Run", "beta.threads.Run", True, True, ""),
    (
        "beta.threads.runs.stream",
        "",
        "AssistantStreamManager[AssistantEventHandler]",
        "AsyncAssistantStreamManager[AsyncAssistantEventHandler]",
        False,
        True,
        "",
    ),
    (
        "beta.vector_stores.files.list",
        "vector_store_id",
        PAGE,
        PAGINATOR,
        False,
        False,
        "1.65.5",
        "vector_stores.VectorStoreFile",
    ),
    (
        "beta.vector_stores.file_batches.upload_and_poll",
        "vector_store_id",
        "vector_stores.VectorStoreFileBatch",
        None,
        True,
        True,
        "1.65.5",
    ),
    ("vector_stores.create", "", "VectorStore", "VectorStore", True, False, ""),
    ("responses.create", "", "responses.Response", "responses.Response", True, False, ""),
    (
        "conversations.items.list",
        "conversation_id",
        "SyncConversationCursorPage[{0}]",
        "AsyncPaginator[{0}, AsyncConversationCursorPage[{0}]]",
        False,
        False,
        "",
        "conversations.ConversationItem",
    ),
    ("files.create", "", "FileObject", "FileObject", True, False, ""),
    ("files.content", "file_id", "HttpxBinaryResponseContent", None, True, False, ""),
    ("containers.files.content.retrieve", "file_id", "HttpxBinaryResponseContent", None, True, False, ""),
    ("models.list", "", "SyncPage[Model]", "AsyncPaginator[Model, AsyncPage[Model]]", False, False, ""),
    ("chat.completions.create", "", "chat.ChatCompletion", None, True, False, ""),
    ("with_options.beta.threads.create", "", "beta.Thread", None, True, False, ""),
    ("beta.threads.with_raw_response.create", "", "LegacyAPIResponse[beta.Thread]", None, True, False, ""),
    ("with_raw_response.beta.threads.create", "", "LegacyAPIResponse[beta.Thread]", None, True, False, ""),
    (
        "models.with_raw_response.list",
        "",
        "LegacyAPIResponse[SyncPage[Model]]",
        "LegacyAPIResponse[AsyncPage[Model]]",
        True,
        False,
        "",
    ),
    (
        "beta.threads.with_streaming_response.create",
        "",
        "ResponseContextManager[APIResponse[beta.Thread]]",
        "AsyncResponseContextManager[AsyncAPIResponse[beta.Thread]]",
        False,
        False,
        "",
    ),
    (
        "files.with_streaming_response.content",
        "file_id",
        "ResponseContextManager[StreamedBinaryAPIResponse]",
        "AsyncResponseContextManager[AsyncStreamedBinaryAPIResponse]",
        False,
        False,
        "",
    ),
]


@pytest.mark.parametrize("case", METHODS, ids=[case[0] for case in METHODS])
def test_method(case: tuple[str | bool | None, ...]) -> None:
    path, positional, returns, async_returns, awaitable, is_helper, until, *item = case
    found = sdk.method(str(path))
    assert found is not None
    assert ",".join(found.positional) == positional
    assert str(found.result(is_async=False)) == str(returns).format(*item)
    assert str(found.result(is_async=True)) == str(async_returns or returns).format(*item)
    assert (found.awaitable, found.is_helper, found.until) == (awaitable, is_helper, until)


@pytest.mark.parametrize(
    "path",
    [
        "beta.threads.list",
        "beta.threads.runs.with_raw_response.create_and_poll",
        "beta.vector_stores.search",
        "beta.threads.runs",
        "threads.create",
        "create",
    ],
)
def test_no_method(path: str) -> None:
    assert sdk.method(path) is None


def test_method_keywords() -> None:
    create = sdk.method("beta.threads.messages.create")
    assert create is not None
    assert str(create.keywords["role"]) == "Literal['user', 'assistant']"
    assert str(create.keywords["content"]) == "str | Iterable[beta.threads.MessageContentPartParam]"
    assert "timeout" in create.keywords
    assert "file_ids" not in create.keywords
    assert str(create.former_keywords["file_ids"]) == "list[str]"
    poll = sdk.method("beta.threads.runs.poll")
    assert poll is not None
    assert poll.positional[:2] == ("run_id", "thread_id")


def test_method_with_stream() -> None:
    create = sdk.method("beta.threads.runs.create")
    assert create is not None
    assert str(create.result(is_async=False, streaming=True)) == "Stream[beta.AssistantStreamEvent]"
    assert str(create.result(is_async=True, streaming=True)) == "AsyncStream[beta.AssistantStreamEvent]"
    retrieve = sdk.method("beta.threads.runs.retrieve")
    assert retrieve is not None
    assert retrieve.stream_returns is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("beta", True),
        ("beta.threads", True),
        ("beta.threads.runs.steps", True),
        ("beta.vector_stores", True),
        ("beta.vector_stores.file_batches", True),
        ("beta.assistants.files", True),
        ("beta.threads.messages.files", True),
        ("vector_stores.files", True),
        ("with_options", True),
        ("copy.beta", True),
        ("with_raw_response", True),
        ("beta.threads.with_streaming_response", True),
        ("with_raw_response.beta.threads", True),
        ("beta.threads.create", False),
        ("threads", False),
        ("beta.nothing", False),
    ],
)
def test_resource(path: str, expected: bool) -> None:
    assert sdk.resource(path) is expected


RUN = "beta.threads.Run"
MESSAGE = "beta.threads.Message"
WALKS = [
    (RUN, ["id"], "str"),
    (
        RUN,
        ["status"],
        "Literal['queued', 'in_progress', 'requires_action', 'cancelling', 'cancelled', 'failed', 'completed', 'incomplete', 'expired']",
    ),
    (RUN, ["required_action"], "beta.threads.run.RequiredAction | None"),
    (
        RUN,
        ["required_action", "submit_tool_outputs", "tool_calls"],
        "list[beta.threads.RequiredActionFunctionToolCall]",
    ),
    (RUN, ["required_action", "submit_tool_outputs", "tool_calls", "for", "function", "arguments"], "str"),
    (RUN, ["model_dump()"], "dict[str, Any]"),
    (RUN, ["to_dict()", "[]"], "Any"),
    (RUN, ["model_copy()"], RUN),
    (RUN, ["nothing"], None),
    (RUN, ["model_dump"], None),
    (RUN, ["for"], None),
    (f"SyncCursorPage[{MESSAGE}]", ["data", "[]"], MESSAGE),
    (f"SyncCursorPage[{MESSAGE}]", ["for", "content", "[]", "text", "value"], "str"),
    (f"SyncCursorPage[{MESSAGE}]", ["has_more"], "bool | None"),
    (f"SyncCursorPage[{MESSAGE}]", ["get_next_page()", "iter_pages()", "for"], f"SyncCursorPage[{MESSAGE}]"),
    (f"SyncCursorPage[{MESSAGE}]", ["[]"], None),
    (f"AsyncPaginator[{RUN}, AsyncCursorPage[{RUN}]]", ["for"], RUN),
    (f"AsyncPaginator[{RUN}, AsyncCursorPage[{RUN}]]", ["await", "get_next_page()", "await", "data", "[]"], RUN),
    (MESSAGE, ["content", "[]", "text", "annotations", "[]", "file_citation", "file_id"], "str"),
    (MESSAGE, ["content", "[]", "image_file", "file_id"], "str"),
    (MESSAGE, ["file_ids"], "list[str]"),
    ("AssistantStreamManager", ["with", "for"], "beta.AssistantStreamEvent"),
    ("AssistantStreamManager", ["with", "until_done()"], "None"),
    ("AssistantStreamManager[Mine]", ["with"], "Mine"),
    ("AssistantStreamManager", ["for"], None),
    ("AsyncAssistantStreamManager", ["with", "text_deltas", "for"], "str"),
    ("AssistantEventHandler", ["current_run"], f"{RUN} | None"),
    ("AssistantEventHandler", ["get_final_messages()", "[]"], MESSAGE),
    ("AsyncAssistantEventHandler", ["get_final_run()", "await"], RUN),
    ("Stream[beta.AssistantStreamEvent]", ["with", "for"], "beta.AssistantStreamEvent"),
    ("beta.assistant_stream_event.ThreadMessageDelta", ["event"], "Literal['thread.message.delta']"),
    (
        "beta.assistant_stream_event.ThreadMessageDelta",
        ["data", "delta", "content", "[]", "text", "value"],
        "str | None",
    ),
    (f"LegacyAPIResponse[{RUN}]", ["parse()"], RUN),
    (f"LegacyAPIResponse[{RUN}]", ["http_response"], "httpx.Response"),
    (f"ResponseContextManager[APIResponse[{RUN}]]", ["with", "parse()"], RUN),
    (f"AsyncResponseContextManager[AsyncAPIResponse[{RUN}]]", ["with", "parse()", "await"], RUN),
    ("HttpxBinaryResponseContent", ["read()"], "bytes"),
    ("responses.Response", ["output_text"], "str"),
    ("lib.streaming.responses.ResponseStreamManager", ["with", "get_final_response()", "output_text"], "str"),
    ("dict[str, beta.Assistant]", ["get()"], "beta.Assistant | None"),
    ("dict[str, beta.Assistant]", ["items()", "for"], "tuple[str, beta.Assistant]"),
]


@pytest.mark.parametrize(
    ("start", "steps", "expected"), WALKS, ids=[f"{start} {' '.join(steps)}" for start, steps, _ in WALKS]
)
def test_walk(start: str, steps: list[str], expected: str | None) -> None:
    assert walked(start, *steps) == expected


def test_attribute_of_a_union_is_the_union_of_its_members_attributes() -> None:
    events = sdk.attribute("beta.AssistantStreamEvent", "event")
    assert events is not None
    assert len(events.members) == len(sdk.members("beta.AssistantStreamEvent")) == 24


def test_narrowed() -> None:
    delta = sdk.narrowed("beta.AssistantStreamEvent", "event", "thread.message.delta")
    assert str(delta) == "beta.assistant_stream_event.ThreadMessageDelta"
    text = sdk.narrowed("beta.threads.MessageContent", "type", "text")
    assert str(text) == "beta.threads.TextContentBlock"
    assert sdk.narrowed("beta.threads.MessageContent", "type", "audio") is None


def test_members_of_a_named_union() -> None:
    calls = [str(member) for member in sdk.members("beta.threads.runs.ToolCall | None")]
    assert [name.rpartition(".")[2] for name in calls] == [
        "CodeInterpreterToolCall",
        "FileSearchToolCall",
        "FunctionToolCall",
    ]


def test_handler_callbacks_are_those_of_the_handler() -> None:
    found = sdk.handler_callbacks()
    assert set(found) == {name for name in vars(openai.AssistantEventHandler) if name.startswith("on_")}
    assert [str(tp) for tp in found["on_text_delta"]] == ["beta.threads.TextDelta", "beta.threads.Text"]
    assert [str(tp) for tp in found["on_event"]] == ["beta.AssistantStreamEvent"]
    assert found["on_end"] == ()


NAMES = [
    ("openai.types.beta.threads.Run", RUN),
    ("openai.types.beta.threads.run.Run", RUN),
    ("openai.types.beta.threads.run.RequiredAction", "beta.threads.run.RequiredAction"),
    ("openai.types.beta.Assistant", "beta.Assistant"),
    ("openai.types.beta.assistant.Assistant", "beta.Assistant"),
    ("openai.types.beta.AssistantStreamEvent", "beta.AssistantStreamEvent"),
    ("openai.types.beta.threads.ThreadMessage", MESSAGE),
    ("openai.types.beta.threads.MessageContentText", "beta.threads.TextContentBlock"),
    ("openai.types.beta.RetrievalTool", "beta.RetrievalTool"),
    ("openai.types.beta.assistants.AssistantFile", "beta.assistants.AssistantFile"),
    ("openai.types.beta.VectorStore", "VectorStore"),
    ("openai.types.beta.vector_stores.VectorStoreFile", "vector_stores.VectorStoreFile"),
    ("openai.types.beta.vector_stores.vector_store_file.VectorStoreFile", "vector_stores.VectorStoreFile"),
    ("openai.types.VectorStore", "VectorStore"),
    ("openai.types.conversations.Message", "conversations.Message"),
    ("openai.types.responses.Response", "responses.Response"),
    (
        "openai.types.beta.threads.run_submit_tool_outputs_params.ToolOutput",
        "beta.threads.run_submit_tool_outputs_params.ToolOutput",
    ),
    ("openai.AssistantEventHandler", "AssistantEventHandler"),
    ("openai.lib.streaming.AsyncAssistantEventHandler", "AsyncAssistantEventHandler"),
    ("openai.Stream", "Stream"),
    ("openai.pagination.SyncCursorPage", "SyncCursorPage"),
    ("mine.types.beta.threads.Run", None),
    ("openai.types.beta.threads.Nothing", None),
    ("openai.list", None),
    ("openai", None),
]


@pytest.mark.parametrize(("qualified", "expected"), NAMES, ids=[name for name, _ in NAMES])
def test_type_name(qualified: str, expected: str | None) -> None:
    assert sdk.type_name(qualified) == expected


def test_every_exported_class_of_the_old_api_has_a_name() -> None:
    import openai.types.beta.threads.runs as runs
    from openai.types.beta import threads

    classes = [f"{module.__name__}.{name}" for module in (threads, runs) for name in vars(module) if name[0].isupper()]
    unnamed = {path.rpartition(".")[2] for path in classes if sdk.type_name(path) is None}
    assert {name for name in unnamed if not name.endswith(("Params", "Param"))} == {"RunStatus", "RunStepInclude"}


def recorded_methods() -> list[str]:
    if not FREQUENCIES.exists():
        return []
    section = FREQUENCIES.read_text().split("### SDK methods")[1].split("###")[0]
    names = re.findall(r"^\|(\(ga\))?([a-z_.]+)\|\d+\|", section, re.MULTILINE)
    return [name if ga else f"beta.{name}" for ga, name in names]


def test_methods_that_programs_call_are_known() -> None:
    if not FREQUENCIES.exists():
        pytest.skip("shared/corpus/frequencies.md is not beside this repository")
    called = [path for path in recorded_methods() if not OTHERS_METHODS.search(path)]
    assert len(called) > 70
    assert [path for path in called if sdk.method(path) is None and path not in NEVER_METHODS] == []
    assert [path for path in NEVER_METHODS if sdk.method(path) is not None] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("None", NONE),
        ("str | None", TypeExpr("str", optional=True)),
        ("Literal['a', 'b']", TypeExpr("str", literals=("a", "b"))),
        ("dict[str, list[int]]", TypeExpr("dict", (TypeExpr("str"), TypeExpr("list", (TypeExpr("int"),))))),
        ("str | None | int", TypeExpr("Union", optional=True, members=(TypeExpr("str"), TypeExpr("int")))),
        ("a.B", TypeExpr("a.B")),
    ],
)
def test_parse(text: str, expected: TypeExpr) -> None:
    assert parse(text) == expected


def test_parse_refuses_what_is_no_type() -> None:
    with pytest.raises(ValueError, match="not a type expression"):
        parse("1 + 2")


def test_union_folds_and_substitution_keeps_none() -> None:
    assert union([parse("str"), parse("str | None")]) == parse("str | None")
    assert substituted(parse("list[_0] | _1 | None"), {"_0": parse("int"), "_1": parse("str")}) == parse(
        "list[int] | str | None"
    )
