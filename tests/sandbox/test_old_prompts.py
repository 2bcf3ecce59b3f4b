"""What the model of a run is given: every source of it, and that what was dropped or overridden shows."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace

import pytest

from assist2resp.sandbox.prompt import (
    CodeInterpreter,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    Prompt,
    Turn,
)
from tests.sandbox.old_scene import WEATHER, Play, called, said, world_of

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning")
NOTES, MORE, TABLE = b"Refunds take thirty days.", b"Shipping is free.", b"a,b\n1,2\n"
FORM = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": True}}


def digest(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def scene():
    model = Play(said("Fine."))
    with world_of(model) as server:
        client = server.client()
        yield SimpleNamespace(model=model, client=client, api=client.beta, server=server)


def prompts(scene, *, thread=None, assistant=None, **run) -> list[Prompt]:
    """The prompts of one run."""
    made = scene.api.assistants.create(**{"model": "gpt-4o", "instructions": "Help.", **(assistant or {})}).id
    talk = scene.api.threads.create(**(thread or {"messages": [{"role": "user", "content": "Hello"}]})).id
    before = len(scene.model.prompts)
    ended = scene.api.threads.runs.create_and_poll(thread_id=talk, assistant_id=made, **run)
    assert ended.status == "completed", ended.last_error
    return scene.model.prompts[before:]


def test_the_least(scene):
    assert prompts(scene) == [
        Prompt(model="gpt-4o", instructions="Help.", history=(Turn("user", "Hello"),), temperature=1.0, top_p=1.0)
    ]


ASSISTANT = {
    "instructions": ({"instructions": "Be kind."}, {"instructions": "Be kind."}),
    "model": ({"model": "gpt-4.1"}, {"model": "gpt-4.1"}),
    "sampling": ({"temperature": 0.3, "top_p": 0.5}, {"temperature": 0.3, "top_p": 0.5}),
    "effort": ({"model": "o3", "reasoning_effort": "high"}, {"model": "o3", "reasoning_effort": "high"}),
    "text": ({"response_format": {"type": "text"}}, {"response_format": None}),
    "JSON": ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
    "JSON schema": (
        {"response_format": FORM},
        {"response_format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
    ),
    "function": (
        {"tools": [WEATHER]},
        {"tools": (Function("get_weather", "", WEATHER["function"]["parameters"], strict=False),)},
    ),
    "strict function": (
        {"tools": [{"type": "function", "function": {"name": "f", "description": "d", "strict": True}}]},
        {"tools": (Function("f", "d", None, strict=True),)},
    ),
    "empty tools": (
        {"tools": [{"type": "file_search"}, {"type": "code_interpreter"}]},
        {"tools": (FileSearch((), 20), CodeInterpreter(()))},
    ),
    "fewer results of an older model": (
        {"model": "gpt-3.5-turbo", "tools": [{"type": "file_search"}]},
        {"model": "gpt-3.5-turbo", "tools": (FileSearch((), 5),)},
    ),
    "results and ranking": (
        {
            "tools": [
                {
                    "type": "file_search",
                    "file_search": {"max_num_results": 7, "ranking_options": {"score_threshold": 0.4}},
                }
            ]
        },
        {"tools": (FileSearch((), 7, {"score_threshold": 0.4}),)},
    ),
}


@pytest.mark.parametrize(("assistant", "expected"), ASSISTANT.values(), ids=ASSISTANT)
def test_what_the_assistant_brings(scene, assistant, expected):
    (prompt,) = prompts(scene, assistant=assistant)
    assert {key: getattr(prompt, key) for key in expected} == expected


RUN = {
    "instructions replace": ({"instructions": "Rhyme."}, {"instructions": "Rhyme."}),
    "additional instructions": ({"additional_instructions": "Rhyme."}, {"instructions": "Help.\nRhyme."}),
    "both": ({"instructions": "A", "additional_instructions": "B"}, {"instructions": "A\nB"}),
    "model": ({"model": "gpt-4.1"}, {"model": "gpt-4.1"}),
    "tools": ({"tools": [{"type": "code_interpreter"}]}, {"tools": (CodeInterpreter(()),)}),
    "no tools": ({"tools": []}, {"tools": ()}),
    "sampling": ({"temperature": 0.0, "top_p": 0.1}, {"temperature": 0.0, "top_p": 0.1}),
    "tokens": ({"max_completion_tokens": 50}, {"max_output_tokens": 50}),
    "choice": ({"tool_choice": "none"}, {"tool_choice": "none"}),
    "named choice": (
        {"tool_choice": {"type": "function", "function": {"name": "get_weather"}}},
        {"tool_choice": "get_weather"},
    ),
    "hosted choice": ({"tool_choice": {"type": "file_search"}}, {"tool_choice": "file_search"}),
    "one call at a time": ({"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
    "form": ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
    "additional messages": (
        {"additional_messages": [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "More"}]},
        {"history": (Turn("user", "Hello"), Turn("assistant", "Yes?"), Turn("user", "More"))},
    ),
}


@pytest.mark.parametrize(("run", "expected"), RUN.values(), ids=RUN)
def test_what_the_run_overrides(scene, run, expected):
    (prompt,) = prompts(scene, assistant={"tools": [WEATHER]}, **run)
    assert {key: getattr(prompt, key) for key in expected} == expected


def test_parts_images_and_roles(scene):
    image = scene.client.files.create(file=("a.png", b"\x89PNG"), purpose="vision").id
    parts = [
        {"type": "text", "text": "One"},
        {"type": "image_file", "image_file": {"file_id": image}},
        {"type": "text", "text": "Two"},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
    ]
    (prompt,) = prompts(scene, thread={"messages": [{"role": "user", "content": parts}]})
    assert prompt.history == (Turn("user", "One\nTwo", (digest(b"\x89PNG"), "https://example.org/a.png")),)


def test_an_image_that_was_deleted_fails_the_run(scene):
    image = scene.client.files.create(file=("a.png", b"\x89PNG"), purpose="vision").id
    parts = [{"type": "image_file", "image_file": {"file_id": image}}]
    thread = scene.api.threads.create(messages=[{"role": "user", "content": parts}]).id
    scene.client.files.delete(image)
    assistant = scene.api.assistants.create(model="gpt-4o").id
    run = scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")


def test_stores_and_files_of_assistant_and_thread_are_united(scene):
    upload = {
        name: scene.client.files.create(file=(name, data), purpose="assistants").id
        for name, data in {"notes.txt": NOTES, "more.txt": MORE, "table.csv": TABLE, "other.csv": b"x\n"}.items()
    }
    assistant = {
        "tools": [{"type": "file_search"}, {"type": "code_interpreter"}],
        "tool_resources": {
            "file_search": {"vector_stores": [{"file_ids": [upload["notes.txt"]]}]},
            "code_interpreter": {"file_ids": [upload["table.csv"]]},
        },
    }
    attachments = [
        {"file_id": upload["more.txt"], "tools": [{"type": "file_search"}]},
        {"file_id": upload["other.csv"], "tools": [{"type": "code_interpreter"}]},
    ]
    thread = {"messages": [{"role": "user", "content": "Hello", "attachments": attachments}]}
    (prompt,) = prompts(scene, assistant=assistant, thread=thread)
    search, interpreter = prompt.tools
    assert [(one.filename, one.text) for one in search.documents] == sorted(
        [("notes.txt", NOTES.decode()), ("more.txt", MORE.decode())], key=lambda pair: digest(pair[1].encode())
    )
    assert {one.filename for one in interpreter.files} == {"table.csv", "other.csv"}
    assert prompt.history == (Turn("user", "Hello"),)


def test_resources_of_the_run_replace_those_of_the_assistant(scene):
    ids = [
        scene.client.files.create(file=(name, data), purpose="assistants").id
        for name, data in (("a.csv", b"1"), ("b.csv", b"2"))
    ]
    tools = [{"type": "code_interpreter"}]
    assistant = scene.api.assistants.create(
        model="gpt-4o", tools=tools, tool_resources={"code_interpreter": {"file_ids": ids[:1]}}
    )
    scene.api.threads.create_and_run_poll(
        assistant_id=assistant.id,
        thread={"messages": [{"role": "user", "content": "Hello"}]},
        tool_resources={"code_interpreter": {"file_ids": ids[1:]}},
    )
    assert [file.filename for file in scene.model.prompts[-1].tools[0].files] == ["b.csv"]


def talk(scene, *texts):
    """A thread in which these turns were said, the assistant's answers from runs between them; its id and assistant's."""
    assistant = scene.api.assistants.create(model="gpt-4o", instructions="Help.", tools=[WEATHER]).id
    thread = scene.api.threads.create().id
    for text in texts:
        scene.api.threads.messages.create(thread, role="user", content=text)
        run = scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
        while run.required_action:
            outputs = [
                {"tool_call_id": call.id, "output": f"{index}°"}
                for index, call in enumerate(run.required_action.submit_tool_outputs.tool_calls)
            ]
            run = scene.api.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread, tool_outputs=outputs
            )
    return thread, assistant


def shape(history):
    """The history with its calls' ids replaced by their numbers."""
    numbers = {}
    shown = []
    for entry in history:
        match entry:
            case Turn():
                shown.append((entry.role, entry.text))
            case FunctionCall():
                shown.append(("call", numbers.setdefault(entry.call_id, len(numbers)), entry.name))
            case FunctionOutput():
                shown.append(("output", numbers[entry.call_id], entry.output))
    return shown


def test_calls_stand_before_the_answer_that_they_led_to(scene):
    scene.model.answers = [called("get_weather", "get_weather"), said("Mild."), said("Bye.")]
    talk(scene, "Weather?", "Thanks")
    calls = [
        ("user", "Weather?"),
        ("call", 0, "get_weather"),
        ("call", 1, "get_weather"),
        ("output", 0, "0°"),
        ("output", 1, "1°"),
    ]
    assert [shape(prompt.history) for prompt in scene.model.prompts] == [
        calls[:1],
        calls,
        [*calls, ("assistant", "Mild."), ("user", "Thanks")],
    ]


def test_unanswered_calls_are_no_part_of_the_history(scene):
    scene.model.answers = [called("get_weather"), said("Fine.")]
    assistant = scene.api.assistants.create(model="gpt-4o", tools=[WEATHER]).id
    thread = scene.api.threads.create(messages=[{"role": "user", "content": "Weather?"}]).id
    run = scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    scene.api.threads.runs.cancel(run.id, thread_id=thread)
    assert scene.api.threads.runs.poll(run.id, thread_id=thread).status == "cancelled"
    scene.api.threads.messages.create(thread, role="user", content="Never mind")
    scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert shape(scene.model.prompts[-1].history) == [("user", "Weather?"), ("user", "Never mind")]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (1, [("user", "Three")]),
        (2, [("assistant", "Mild."), ("user", "Three")]),
        (
            3,
            [
                ("user", "Two"),
                ("call", 0, "get_weather"),
                ("output", 0, "0°"),
                ("assistant", "Mild."),
                ("user", "Three"),
            ],
        ),
        (99, None),
    ],
)
def test_truncation_keeps_the_last_messages(scene, last, expected):
    scene.model.answers = [said("Hi."), called("get_weather"), said("Mild."), said("Bye.")]
    thread, assistant = talk(scene, "One", "Two")
    scene.api.threads.messages.create(thread, role="user", content="Three")
    strategy = {"type": "last_messages", "last_messages": last}
    run = scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant, truncation_strategy=strategy)
    assert run.truncation_strategy.to_dict() == strategy
    whole = [("user", "One"), ("assistant", "Hi."), ("user", "Two"), ("call", 0, "get_weather"), ("output", 0, "0°")]
    whole += [("assistant", "Mild."), ("user", "Three")]
    assert shape(scene.model.prompts[-1].history) == (expected or whole)


def test_a_deleted_message_is_forgotten(scene):
    thread, assistant = talk(scene, "One")
    first = scene.api.threads.messages.list(thread, order="asc").data[0].id
    scene.api.threads.messages.delete(first, thread_id=thread)
    scene.api.threads.messages.create(thread, role="user", content="Two")
    scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    assert shape(scene.model.prompts[-1].history) == [("assistant", "Fine."), ("user", "Two")]


def test_later_changes_of_the_assistant_do_not_reach_a_waiting_run(scene):
    scene.model.answers = [called("get_weather"), said("Mild.")]
    assistant = scene.api.assistants.create(model="gpt-4o", instructions="Old.", tools=[WEATHER]).id
    thread = scene.api.threads.create(messages=[{"role": "user", "content": "Weather?"}]).id
    run = scene.api.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    scene.api.assistants.update(assistant, instructions="New.", tools=[])
    outputs = [{"tool_call_id": run.required_action.submit_tool_outputs.tool_calls[0].id, "output": "1"}]
    scene.api.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread, tool_outputs=outputs)
    assert [(prompt.instructions, len(prompt.tools)) for prompt in scene.model.prompts] == [("Old.", 1)] * 2


def test_markers_of_citations_do_not_come_back_to_the_model():
    with world_of() as server:
        client = server.client()
        notes = client.files.create(file=("notes.txt", NOTES), purpose="assistants").id
        assistant = client.beta.assistants.create(
            model="gpt-4o",
            tools=[{"type": "file_search"}],
            tool_resources={"file_search": {"vector_stores": [{"file_ids": [notes]}]}},
        ).id
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "How long do refunds take?"}]).id
        client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
        shown = client.beta.threads.messages.list(thread).data[0].content[0].text
        spy = Play(said("Fine."))
        server.world.model = spy
        client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant)
    (marker,) = {note.text for note in shown.annotations}
    assert spy.prompts[0].history[1].text == shown.value.replace(marker, "")
