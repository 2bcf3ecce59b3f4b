"""What programs do with the old surface, each a function from a `Surface` to what it saw."""

from __future__ import annotations

import json
from typing import Any

from tests.rewrite.support.surface import Surface

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
TIME = {
    "type": "function",
    "function": {
        "name": "get_time",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "verdict",
        "schema": {"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"]},
    },
}


def begin(api: Surface, *said: str, **settings: Any) -> dict[str, str]:
    """An assistant and a thread in which somebody said this, as arguments of a run."""
    settings = {"model": "gpt-4o", "instructions": "Be brief.", **settings}
    assistant = api("assistants.create", **settings)
    thread = api("threads.create", messages=[{"role": "user", "content": text} for text in said])
    return {"thread_id": thread.id, "assistant_id": assistant.id}


def say(api: Surface, at: dict[str, str], text: str) -> None:
    api("threads.messages.create", at["thread_id"], role="user", content=text)


def outputs(run: Any, output: str = "mild") -> list[dict[str, str]]:
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": output} for call in calls]


def transcript(api: Surface, at: dict[str, str]) -> list[Any]:
    return api.all("threads.messages.list", at["thread_id"], order="asc")


def upload(api: Surface, name: str, text: str) -> str:
    return str(api.plain("files.create", file=(name, text.encode()), purpose="assistants").id)


def assistants(api: Surface) -> list[Any]:
    first = api(
        "assistants.create",
        model="gpt-4o",
        name="First",
        description="One",
        instructions="Help.",
        tools=[WEATHER, {"type": "code_interpreter"}],
        metadata={"team": "a"},
        temperature=0.2,
        response_format={"type": "json_object"},
    )
    second = api("assistants.create", model="gpt-4o-mini")
    api("assistants.update", second.id, name="Second", tools=[WEATHER], top_p=0.5)
    api("assistants.update", first.id, metadata=None, response_format=None)
    return [
        first,
        api("assistants.retrieve", first.id),
        api("assistants.retrieve", second.id),
        api("assistants.list", order="asc"),
        [one.name for one in api.all("assistants.list", order="asc", limit=1)],
        api("assistants.list", order="asc", after=first.id),
        api("assistants.delete", second.id),
        api("assistants.list"),
    ]


def assistants_refused(api: Surface) -> list[Any]:
    return [api.refused("assistants.update", "asst_0123456789abcdef", name="x")[:2]]


def threads(api: Surface) -> list[Any]:
    thread = api("threads.create", metadata={"user": "ann"})
    return [
        thread,
        api("threads.update", thread.id, metadata={"user": "bob"}),
        api("threads.retrieve", thread.id),
        api("threads.delete", thread.id),
        api.refused("threads.retrieve", thread.id)[:2],
        api.refused("threads.messages.list", thread.id)[:2],
    ]


def long_thread(api: Surface) -> list[Any]:
    thread = api("threads.create", messages=[{"role": "user", "content": f"Line {n}"} for n in range(45)])
    rows = api("threads.messages.list", thread.id, order="asc", limit=10)
    later = api("threads.messages.list", thread.id, order="asc", limit=10, after=rows.data[-1].id)
    return [
        rows,
        later,
        api("threads.messages.list", thread.id, order="asc", limit=3, before=later.data[5].id),
        api("threads.messages.list", thread.id, limit=2, before=later.data[0].id),
        api("threads.messages.list", thread.id, limit=100),
        [message.content[0].text.value for message in api.all("threads.messages.list", thread.id, limit=7)],
    ]


def message_forms(api: Surface) -> list[Any]:
    image = upload(api, "cat.png", "not really a picture")
    thread = api("threads.create")
    parts = [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "image_file", "image_file": {"file_id": image}},
        {"type": "text", "text": "here"},
    ]
    made = [
        api("threads.messages.create", thread.id, role="user", content=parts, metadata={"n": "1"}),
        api("threads.messages.create", thread.id, role="assistant", content="Seen."),
        api("threads.messages.create", thread.id, role="assistant", content=[{"type": "text", "text": "Again."}]),
    ]
    changed = api("threads.messages.update", made[1].id, thread_id=thread.id, metadata={"kind": "note"})
    found = api("threads.messages.retrieve", made[1].id, thread_id=thread.id)
    gone = api("threads.messages.delete", made[2].id, thread_id=thread.id)
    return [
        made,
        changed,
        found,
        gone,
        api.refused("threads.messages.retrieve", made[2].id, thread_id=thread.id),
        api.refused("threads.messages.create", thread.id, role="user", content=" "),
        api("threads.messages.list", thread.id),
    ]


def one_run(api: Surface) -> list[Any]:
    at = begin(api, "Hello there", tools=[WEATHER], metadata={"own": "of the assistant"}, temperature=0.3)
    run = api("threads.runs.create_and_poll", **at, metadata={"turn": "1"})
    return [run, transcript(api, at), api("threads.runs.retrieve", run.id, thread_id=at["thread_id"])]


def run_in_background(api: Surface) -> list[Any]:
    at = begin(api, "Hello there")
    run = api("threads.runs.create", **at)
    ended = api("threads.runs.poll", run.id, at["thread_id"], poll_interval_ms=1)
    return [run.status, run, ended, transcript(api, at)]


def overrides(api: Surface) -> list[Any]:
    at = begin(api, "Hello", tools=[TIME])
    extra = [
        {"role": "user", "content": "And me?", "metadata": {"k": "v"}},
        {"role": "assistant", "content": "You too."},
    ]
    run = api(
        "threads.runs.create_and_poll",
        **at,
        model="gpt-4.1",
        instructions="Other instructions.",
        additional_instructions="And more.",
        additional_messages=extra,
        tools=[WEATHER],
        tool_choice="none",
        temperature=0.9,
        top_p=0.5,
        parallel_tool_calls=False,
        response_format=SCHEMA,
        max_completion_tokens=400,
    )
    return [run.status, run.model, run.tools, run.tool_choice, run.response_format, transcript(api, at)]


def tool_loop(api: Surface) -> list[Any]:
    at = begin(api, "Tell the weather and the time in 'Oslo'", tools=[WEATHER, TIME])
    asked = api("threads.runs.create_and_poll", **at)
    on = {"thread_id": at["thread_id"]}
    refused = [
        api.refused("threads.messages.create", **on, role="user", content="Hurry"),
        api.refused("threads.runs.create", **at),
        api.refused("threads.runs.submit_tool_outputs", asked.id, **on, tool_outputs=outputs(asked)[:1]),
    ]
    answered = api(
        "threads.runs.submit_tool_outputs_and_poll", run_id=asked.id, **on, tool_outputs=outputs(asked, "12:00 mild")
    )
    refused.append(api.refused("threads.runs.submit_tool_outputs", asked.id, **on, tool_outputs=outputs(asked)))
    refused.append(api.refused("threads.runs.cancel", asked.id, **on))
    say(api, at, "Thanks")
    last = api("threads.runs.create_and_poll", **at)
    steps = api("threads.runs.steps.list", asked.id, **on)
    return [asked, refused, answered, last.usage, transcript(api, at), steps, api("threads.runs.list", **on)]


def one_call_at_a_time(api: Surface) -> list[Any]:
    at = begin(api, "Tell the weather and the time in 'Oslo'", tools=[WEATHER, TIME])
    run = api("threads.runs.create", **at, parallel_tool_calls=False)
    shown: list[Any] = []
    while run.status != "completed":
        run = api("threads.runs.poll", run.id, at["thread_id"], poll_interval_ms=1)
        shown.append(run)
        if run.status == "requires_action":
            run = api("threads.runs.submit_tool_outputs", run.id, thread_id=at["thread_id"], tool_outputs=outputs(run))
    return [shown, api("threads.runs.steps.list", run.id, thread_id=at["thread_id"], order="asc")]


def forced_function(api: Surface) -> list[Any]:
    at = begin(api, "Anything", tools=[WEATHER, TIME])
    choice = {"type": "function", "function": {"name": "get_time"}}
    run = api("threads.runs.create_and_poll", **at, tool_choice=choice)
    return [run]


def cancelled(api: Surface) -> list[Any]:
    at = begin(api, "The weather in 'Oslo'?", tools=[WEATHER])
    on = {"thread_id": at["thread_id"]}
    asked = api("threads.runs.create_and_poll", **at)
    stopping = api("threads.runs.cancel", asked.id, **on)
    stopped = api("threads.runs.poll", asked.id, at["thread_id"], poll_interval_ms=1)
    say(api, at, "Never mind, hello")
    after = api("threads.runs.create_and_poll", **at)
    steps = api("threads.runs.steps.list", asked.id, **on).data
    return [stopping.status, stopped, after, transcript(api, at), [step.status for step in steps]]


def failed(api: Surface) -> list[Any]:
    at = begin(api, "Please fail with rate_limit_exceeded")
    run = api("threads.runs.create_and_poll", **at)
    background = api("threads.runs.create", **at)
    later = api("threads.runs.poll", background.id, at["thread_id"], poll_interval_ms=1)
    return [run.status, run.last_error, run.failed_at is None, later.status, later.last_error, transcript(api, at)]


def cut_short(api: Surface) -> list[Any]:
    at = begin(api, "Tell me a long story about the sea and the moon")
    run = api("threads.runs.create_and_poll", **at, max_completion_tokens=16)
    return [run.status, run.incomplete_details, run.usage, transcript(api, at)]


def last_messages(api: Surface) -> list[Any]:
    at = begin(api, "One", "Two", "The weather in 'Oslo'?", tools=[WEATHER])
    strategy = {"type": "last_messages", "last_messages": 2}
    asked = api("threads.runs.create_and_poll", **at, truncation_strategy=strategy)
    answered = api(
        "threads.runs.submit_tool_outputs_and_poll",
        run_id=asked.id,
        thread_id=at["thread_id"],
        tool_outputs=outputs(asked),
    )
    say(api, at, "And what did I say first?")
    whole = api("threads.runs.create_and_poll", **at)
    of_run = [m.run_id == answered.id for m in transcript(api, at)]
    return [asked, answered, whole.usage, transcript(api, at), of_run]


def filtered_by_run(api: Surface) -> list[Any]:
    at = begin(api, "Hello")
    first = api("threads.runs.create_and_poll", **at)
    say(api, at, "Hello again")
    second = api("threads.runs.create_and_poll", **at)
    return [
        api("threads.messages.list", at["thread_id"], run_id=first.id),
        api("threads.messages.list", at["thread_id"], run_id=second.id, limit=1),
        api("threads.runs.update", first.id, thread_id=at["thread_id"], metadata={"seen": "yes"}).metadata,
        [run.status for run in api.all("threads.runs.list", at["thread_id"], limit=1)],
    ]


def search(api: Surface) -> list[Any]:
    policy = upload(api, "policy.txt", "Returns are accepted within thirty days of the purchase.")
    store = api.plain("vector_stores.create", name="help")
    api.plain("vector_stores.files.create_and_poll", policy, vector_store_id=store.id)
    at = begin(
        api,
        "When are returns accepted?",
        tools=[{"type": "file_search"}],
        tool_resources={"file_search": {"vector_store_ids": [store.id]}},
    )
    run = api("threads.runs.create_and_poll", **at)
    on = {"thread_id": at["thread_id"], "run_id": run.id}
    wanted = "step_details.tool_calls[*].file_search.results[*].content"
    steps = api("threads.runs.steps.list", **on, order="asc")
    return [
        transcript(api, at),
        [step.type for step in steps.data],
        api("threads.runs.steps.list", **on, order="asc", include=[wanted]).data[0].step_details,
        api("threads.runs.steps.retrieve", steps.data[-1].id, **on),
    ]


def attached(api: Surface) -> list[Any]:
    notes = upload(api, "notes.txt", "The meeting about budgets is on Monday at noon.")
    more = upload(api, "more.txt", "Lunch at the meeting is soup.")
    at = begin(api, "Hello", tools=[{"type": "file_search"}])
    tools = [{"type": "file_search"}]
    for text, file in (("When is the meeting about budgets?", notes), ("What is lunch at the meeting?", more)):
        attachments = [{"file_id": file, "tools": tools}]
        api("threads.messages.create", at["thread_id"], role="user", content=text, attachments=attachments)
        api("threads.runs.create_and_poll", **at)
    thread = api("threads.retrieve", at["thread_id"])
    return [transcript(api, at)[1:], len(thread.tool_resources.file_search.vector_store_ids)]


def interpreter(api: Surface) -> list[Any]:
    at = begin(api, "Plot a chart of 1, 2, 3", tools=[{"type": "code_interpreter"}])
    run = api("threads.runs.create_and_poll", **at)
    say(api, at, "Write a csv file with the data")
    second = api("threads.runs.create_and_poll", **at)
    on = {"thread_id": at["thread_id"]}
    steps = [api("threads.runs.steps.list", each.id, **on, order="asc").data for each in (run, second)]
    details = [[step.step_details for step in each if step.type == "tool_calls"] for each in steps]
    return [json.loads(json.dumps([message.to_dict() for message in transcript(api, at)])), details]


def together(api: Surface) -> list[Any]:
    table = upload(api, "table.csv", "a,b\n1,2\n")
    assistant = api("assistants.create", model="gpt-4o", tools=[{"type": "code_interpreter"}])
    run = api(
        "threads.create_and_run_poll",
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Calculate the sum"}], "metadata": {"k": "v"}},
        tool_resources={"code_interpreter": {"file_ids": [table]}},
        instructions="Use the table.",
    )
    at = {"thread_id": run.thread_id}
    return [run, transcript(api, at), api("threads.retrieve", run.thread_id).metadata]


def streamed(api: Surface) -> list[Any]:
    at = begin(api, "Hello there, how are you today?")
    return [api.stream("threads.runs.stream", **at), transcript(api, at)]


def streamed_raw(api: Surface) -> list[Any]:
    at = begin(api, "Hello there")
    assistant = {"assistant_id": at["assistant_id"]}
    thread = {"messages": [{"role": "user", "content": "Hi"}]}
    return [
        api("threads.runs.create", **at, stream=True),
        api("threads.create_and_run", **assistant, thread=thread, stream=True),
    ]


def streamed_tools(api: Surface) -> list[Any]:
    at = begin(api, "Tell the weather and the time in 'Oslo'", tools=[WEATHER, TIME])
    first = api.stream("threads.runs.stream", **at)
    run = first[-1]
    second = api.stream(
        "threads.runs.submit_tool_outputs_stream",
        run_id=run.id,
        thread_id=at["thread_id"],
        tool_outputs=outputs(run),
    )
    return [_merged(first), _merged(second)]


def streamed_search(api: Surface) -> list[Any]:
    policy = upload(api, "policy.txt", "Returns are accepted within thirty days of the purchase.")
    store = api.plain("vector_stores.create", name="help")
    api.plain("vector_stores.files.create_and_poll", policy, vector_store_id=store.id)
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    at = begin(api, "When are returns accepted?", tools=[{"type": "file_search"}], tool_resources=resources)
    events = _merged(api.stream("threads.runs.stream", **at))
    return [event if event.event.startswith("thread.message") else event.event for event in events[:-1]]


def streamed_interpreter(api: Surface) -> list[Any]:
    at = begin(api, "Plot a chart of 1, 2, 3", tools=[{"type": "code_interpreter"}])
    events = _merged(api.stream("threads.runs.stream", **at))
    return [event if event.event.startswith("thread.message") else event.event for event in events[:-1]]


def streamed_ends(api: Surface) -> list[Any]:
    at = begin(api, "Please refuse this")
    refusal = api.stream("threads.runs.stream", **at)
    say(api, at, "fail with server_error")
    failure = api.stream("threads.runs.stream", **at)
    say(api, at, "Tell me a long story about the sea and the moon")
    cut = api.stream("threads.runs.stream", **at, max_completion_tokens=16)
    return [
        _merged(refusal),
        [event.event for event in _merged(failure)[:-1]],
        failure[-1].last_error,
        [event.event for event in _merged(cut)[:-1]],
        cut[-1].status,
    ]


def _merged(events: list[Any]) -> list[Any]:
    """The events without repeats of deltas of the same thing, since how many pieces a thing comes in says nothing."""
    kept: list[Any] = []
    for event in events:
        name = getattr(event, "event", "")
        if name.endswith(".delta") and kept and getattr(kept[-1], "event", "") == name:
            continue
        kept.append(event)
    return [_named(event) for event in kept]


class _Named(dict[str, Any]):
    @property
    def event(self) -> str:
        return str(self["event"])


def _named(event: Any) -> Any:
    return _Named({"event": event.event}) if getattr(event, "event", "").endswith(".delta") else event


SCENES = (
    assistants,
    assistants_refused,
    threads,
    long_thread,
    message_forms,
    one_run,
    run_in_background,
    overrides,
    tool_loop,
    one_call_at_a_time,
    forced_function,
    cancelled,
    failed,
    cut_short,
    last_messages,
    filtered_by_run,
    search,
    attached,
    interpreter,
    together,
    streamed,
    streamed_raw,
    streamed_tools,
    streamed_search,
    streamed_interpreter,
    streamed_ends,
)
