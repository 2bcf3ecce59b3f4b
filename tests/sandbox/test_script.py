"""Scripts: which entry answers, what it answers, and how a wrong one is refused."""

from __future__ import annotations

import json

import pytest

from assist2resp.errors import InputFileError
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.prompt import (
    Answer,
    Citation,
    CodeInterpreter,
    Document,
    FilePath,
    FileSearch,
    Function,
    FunctionCall,
    FunctionOutput,
    InterpreterCall,
    Item,
    OutputFile,
    Prompt,
    Refusal,
    SearchCall,
    SearchResult,
    Text,
    Turn,
    Usage,
)
from assist2resp.sandbox.script import read_script

POLICY = Document("file-1", "policy.md", "Returns within 30 days.", "d1")
WEATHER = Function("get_weather", "", None, strict=False)


def prompt(text: str = "Hello", *, tools=(), model: str = "gpt-4o", instructions: str = "", after=()) -> Prompt:
    return Prompt(model, instructions, (Turn("user", text), *after), tools)


def ask(source, *prompts: Prompt):
    script = read_script(source)
    return [script(one) for one in prompts or (prompt(),)]


def parts(source, one: Prompt | None = None):
    [answer] = ask([{"answer": source}], one or prompt())
    assert answer is not None
    return answer.parts


def test_entries_answer_in_turn_and_then_the_model_does():
    one, two, none = ask(["First.", "Second."], prompt(), prompt(), prompt())
    assert [part.text for answer in (one, two) for part in answer.parts] == ["First.", "Second."]
    assert none is None


@pytest.mark.parametrize(
    ("when", "fitting", "other"),
    [
        ({"contains": "WEATHER"}, prompt("the weather?"), prompt("the time?")),
        ({"matches": r"\d+ days"}, prompt("30 days"), prompt("many days")),
        ({"model": "gpt-4.1"}, prompt(model="gpt-4.1"), prompt()),
        ({"instructions": "brief"}, prompt(instructions="Be brief."), prompt()),
        ({"tool": "get_weather"}, prompt(tools=(WEATHER,)), prompt()),
        ({"tool": "file_search"}, prompt(tools=(FileSearch((), 20),)), prompt(tools=(CodeInterpreter(()),))),
        ({"tool": "code_interpreter"}, prompt(tools=(CodeInterpreter(()),)), prompt(tools=(WEATHER,))),
        (
            {"output_of": "get_weather"},
            prompt(after=(FunctionCall("c", "get_weather", "{}"), FunctionOutput("c", "sunny"))),
            prompt(after=(FunctionCall("c", "get_weather", "{}"), FunctionOutput("c", "sunny"), Turn("user", "and?"))),
        ),
        ({"contains": "a", "model": "m"}, prompt("a", model="m"), prompt("a")),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_an_entry_waits_until_its_conditions_hold(when, fitting, other):
    skipped, given, spent = ask([{"when": when, "answer": "Yes."}], other, fitting, fitting)
    assert (skipped, spent) == (None, None)
    assert given.parts[0].text == "Yes."


def test_times_and_always():
    script = read_script([{"times": 2, "answer": "Twice."}, {"times": "always", "answer": "Ever."}, "Never."])
    assert [script(prompt()).parts[0].text for _ in range(4)] == ["Twice.", "Twice.", "Ever.", "Ever."]
    assert len(script.unused) == 1


def test_a_text_streams_in_deltas_that_join_to_it():
    [text] = parts("One  two\n three. ")
    assert "".join(text.deltas) == text.text == "One  two\n three. "
    assert len(text.deltas) > 2
    [chosen] = parts({"text": "ab", "deltas": ["a", "b"]})
    assert chosen == Text("ab", (), ("a", "b"))


def test_calls_of_functions():
    made = parts(["Let me see.", {"call": "a", "arguments": {"city": "Köln"}}, {"call": "b", "arguments": "{bad"}])
    assert made[1:] == (FunctionCall("1", "a", '{"city": "Köln"}'), FunctionCall("2", "b", "{bad"))


def test_citations_and_links():
    answer = {
        "text": "See it. sandbox:/mnt/data/a.csv",
        "citations": [{"file": "policy.md", "quote": "Returns", "at": 7}, {"file": "file-1"}],
        "paths": ["a.csv"],
    }
    [text] = parts(answer, prompt(tools=(FileSearch((POLICY,), 20),)))
    assert text.citations == (Citation(7, POLICY, "Returns"), Citation(31, POLICY, ""))
    assert text.paths == (FilePath(8, 31, "a.csv"),)


def test_a_citation_of_what_is_not_offered_fails_the_answer():
    [answer] = ask([{"answer": {"text": "x", "citations": [{"file": "policy.md"}]}}])
    assert (answer.stop, answer.error[0]) == ("error", "server_error")
    assert "'policy.md'" in answer.error[1]


def test_searches():
    offered = prompt(tools=(FileSearch((POLICY,), 20), CodeInterpreter(())))
    assert parts([{"search": ["returns"]}], offered) == (
        SearchCall(("returns",), (SearchResult(POLICY, 1.0, POLICY.text),)),
    )
    given = {"search": ["q"], "results": [{"file": "policy.md", "text": "part", "score": 0.25}, {"file": "policy.md"}]}
    results = (SearchResult(POLICY, 0.25, "part"), SearchResult(POLICY, 1.0, POLICY.text))
    assert parts([given], offered) == (SearchCall(("q",), results),)


def test_the_interpreter(tmp_path):
    (tmp_path / "chart.png").write_bytes(b"png")
    path = tmp_path / "script.json"
    entry = {
        "interpreter": "print(1)",
        "logs": "1",
        "image": "chart.png",
        "files": [{"filename": "a.csv", "text": "a\n"}, {"filename": "b.png", "path": "chart.png"}],
    }
    path.write_text(json.dumps([{"answer": [entry]}]))
    [answer] = ask(path)
    files = (OutputFile("a.csv", b"a\n"), OutputFile("b.png", b"png"))
    assert answer.parts == (InterpreterCall("print(1)", "1", b"png", files),)


def test_refusals_errors_items_and_stops():
    assert parts({"refusal": "No."}) == (Refusal("No."),)
    assert parts([{"item": {"type": "reasoning", "summary": []}}]) == (Item({"type": "reasoning", "summary": []}),)
    failed, cut = ask(
        [{"answer": {"error": "rate_limit_exceeded", "message": "Slow."}}, {"answer": {"text": "a", "stop": "length"}}],
        prompt(),
        prompt(),
    )
    assert (failed.stop, failed.error, failed.parts) == ("error", ("rate_limit_exceeded", "Slow."), ())
    assert cut.stop == "length"


def test_usage_is_counted_or_given():
    counted, given = ask(
        ["Two words", {"answer": {"parts": ["x"], "usage": {"input": 7, "output": 9}}}], prompt(), prompt()
    )
    assert counted.usage.output_tokens == 2
    assert given.usage == Usage(7, 9)


def test_answers_and_functions_from_python():
    ready = Answer((Refusal("No."),), Usage(1, 1))
    assert ask([ready]) == [ready]
    assert ask(lambda one: ready if one.model == "m" else None, prompt(model="m"), prompt()) == [ready, None]


WRONG = {
    "a mapping": ("answer: x", ":1: must be a list"),
    "no answer": ("- when: {}\n", ":1: [0]: must have the key 'answer'"),
    "unknown key": ("- answer: x\n- answer: y\n  then: z\n", ":3: [1].then: is not a known key"),
    "unknown condition": ("- when: {says: x}\n  answer: y\n", ":1: [0].when.says: is not a known key"),
    "pattern": ("- when:\n    matches: '('\n  answer: y\n", ":2: [0].when.matches: is not a regular expression"),
    "times": ("- answer: x\n  times: 0\n", ":2: [0].times: must be a whole number of at least 1"),
    "kind": ("- answer:\n    - {say: x}\n", ":2: [0].answer[0]: must be a string or have one of the keys"),
    "deltas": ("- answer: {text: ab, deltas: [a]}\n", "[0].answer.deltas: must join to the text"),
    "link": ("- answer: {text: ab, paths: [a.csv]}\n", "[0].answer.paths[0]: the text has no link"),
    "stop": ("- answer: {text: ab, stop: end of days}\n", "[0].answer.stop: must be length or content_filter"),
    "score": (
        "- answer: [{search: [q], results: [{file: f, score: high}]}]\n",
        "[0].answer[0].results[0].score: must be a number, not a string",
    ),
    "item": ("- answer: [{item: {id: x}}]\n", "[0].answer[0].item: must have the key 'type'"),
    "image": ("- answer: [{interpreter: x, image: none.png}]\n", "none.png cannot be read"),
    "dates": ("- answer: [{call: f, arguments: {day: 2026-01-01}}]\n", "cannot be written as JSON"),
    "syntax": ("- answer: [\n", "is not YAML"),
    "tabs": ("- answer:\n\t- x\n", ":2: is not YAML"),
    "nothing": ("", "must be a list, not nothing"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_script_is_shown_with_its_line(tmp_path, text, message):
    path = tmp_path / "script.yaml"
    path.write_text(text)
    with pytest.raises(InputFileError) as caught:
        read_script(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xff- answer: x", ":1: is not UTF-8 text"), (b"- a\n- b\xff\n", ":2: is not UTF-8 text")],
)
def test_another_encoding_is_named(tmp_path, data, message):
    path = tmp_path / "script.yaml"
    path.write_bytes(data)
    with pytest.raises(InputFileError, match=message):
        read_script(path)


def test_a_wrong_script_from_python_is_named():
    with pytest.raises(InputFileError, match=r"^script: \[1\]\.answer: must be a mapping, not a number"):
        read_script(["fine", {"answer": 7}])


@pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")
def test_a_scripted_conversation_on_the_old_wire():
    script = [
        {"when": {"contains": "weather"}, "answer": {"call": "get_weather", "arguments": {"city": "Bonn"}}},
        {"when": {"output_of": "get_weather"}, "answer": "It is sunny in Bonn."},
    ]
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
    with sandbox(in_process=True, script=script) as server:
        client = server.client()
        assistant = client.beta.assistants.create(model="gpt-4o", tools=[tool])
        run = client.beta.threads.create_and_run_poll(
            assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "The weather?"}]}
        )
        [call] = run.required_action.submit_tool_outputs.tool_calls
        assert json.loads(call.function.arguments) == {"city": "Bonn"}
        client.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}]
        )
        newest = client.beta.threads.messages.list(run.thread_id).data[0]
        assert newest.content[0].text.value == "It is sunny in Bonn."
        assert server.world.script.unused == []
        assert server.failures == []
