"""Playing: pasts, calls of functions, streams, failures, threads of execution, what explains and who judges."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from assist2resp.errors import PartialFailureError, UsageError
from assist2resp.replay.outputs import NoOutputError, Own, Recorded, attribute_of
from assist2resp.schema.comparison import Outcome, ToolCall
from tests.replay.scenes import KEY, new_world, played


def verdict(run, metric, group=""):
    return next(one for one in run.verdicts if (one.metric, one.group) == (metric, group))


@pytest.mark.parametrize("options", [{}, {"stream": True}, {"mode": "free-running"}], ids=str)
def test_an_unchanged_bot_answers_as_before(archive, state, out, options):
    with new_world(state) as server:
        outcome = played(archive, out, server, **options)
    assert outcome.failed == 0
    for case in outcome.run.cases:
        for new in case.new:
            assert (new.text, new.tool_calls, new.citations) == (case.old.text, case.old.tool_calls, case.old.citations)
            assert (new.usage.input, new.usage.output) == (case.old.usage.input, case.old.usage.output)
    told = [one for one in outcome.run.verdicts if one.metric != "latency"]
    assert {one.outcome for one in told} <= {Outcome.SAME, Outcome.UNDECIDED}
    assert all(one.difference in (None, 0.0) for one in told)


def test_free_running_asks_each_turn_once_a_repeat_on_the_new_answers(archive, state, out):
    with new_world(state) as server:
        played(archive, out, server, mode="free-running", repeats=1, sample="1")
        bodies = [request.json for request in server.requests]
    asked = [body["input"] for body in bodies if "previous_response_id" not in body]
    assert [sum(item.get("role") == "user" for item in items) for items in asked] == [1, 2, 3]
    assert all(item["id"] for items in asked for item in items if item.get("role") == "assistant")


def test_requests_without_storage_send_everything_again(archive, state, out, tmp_path, monkeypatch):
    (tmp_path / "bot_config.py").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    with new_world(state) as server:
        outcome = played(archive, out, server, config="bot_config:by_assistant", repeats=1)
        bodies = [request.json for request in server.requests]
    assert outcome.failed == 0
    assert not any("previous_response_id" in body for body in bodies)
    assert Counter(call.name for case in outcome.run.cases for new in case.new for call in new.tool_calls) == {
        "get_order": 8
    }


CONFIG = """
ORDER = {"type": "function", "name": "get_order", "strict": False, "parameters":
         {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}}
by_assistant = {"asst_support": {"model": "gpt-4o", "tools": [ORDER], "store": False}}
plain = {"model": "gpt-4o"}
async def tools(name, arguments):
    return {"number": arguments["number"], "state": "lost"}
def broken(name, arguments):
    raise ValueError("no such order")
def of_turn(turn):
    return {"model": "gpt-4.1" if "order" in turn.question else "gpt-4o"}
forbidden = {"model": "gpt-4o", "conversation": "conv_1"}
number = 7
"""


def test_the_users_own_functions(archive, state, out, tmp_path, monkeypatch):
    (tmp_path / "bot_tools.py").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    with new_world(state) as server:
        good = played(archive, out, server, tools="bot_tools:tools", repeats=1)
        bad = played(archive, out, server, tools="bot_tools:broken", repeats=1)
    outputs = [call.output for case in good.run.cases for new in case.new for call in new.tool_calls]
    assert json.loads(outputs[0])["state"] == "lost"
    assert bad.failed == 8
    assert {new.error for case in bad.run.cases for new in case.new} == {None, "ValueError: no such order"}


def test_a_configuration_by_turn(archive, state, out, tmp_path, monkeypatch):
    (tmp_path / "turn_config.py").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    with new_world(state) as server:
        played(archive, out, server, config="turn_config:of_turn", repeats=1)
        models = Counter(request.json["model"] for request in server.requests)
    assert models == {"gpt-4o": 16, "gpt-4.1": 8}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"config": "wrong_config:forbidden"}, "gives `conversation`"),
        ({"config": "wrong_config:number"}, "neither arguments nor a function"),
        ({"config": "wrong_config:none"}, "no attribute 'none'"),
        ({"config": "no_such_module:x"}, "No module named"),
        ({"config": "nonsense"}, "MODULE:ATTRIBUTE"),
        ({"tools": "wrong_config:number"}, "that is no function"),
        ({"models": ("gpt-4o",)}, "OLD=NEW"),
        ({"metrics": ("tool_cals",)}, "did you mean tool_calls"),
        ({"metrics": ("judge",)}, "needs --judge"),
        ({"metrics": ("text_meaning",)}, "no local model is named"),
        ({"margins": {"costs": 1.0}}, "did you mean cost"),
        ({"fail_on": ("worse:cots",)}, "position 7"),
        ({"record": True}, "needs --cassettes"),
        ({"sample": "x"}, "--sample"),
        ({"strata": ("colour",), "sample": "3"}, "no case has such a group"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_wrong_options_are_named_before_anything_is_asked(archive, state, out, tmp_path, monkeypatch, changes, problem):
    (tmp_path / "wrong_config.py").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ASSIST2RESP_EMBEDDINGS", raising=False)
    with new_world(state) as server:
        with pytest.raises(UsageError, match=problem):
            played(archive, out, server, **changes)
        assert server.requests == []


def test_runs_are_asked_as_they_were(archive, state, out):
    with new_world(state) as server:
        outcome = played(archive, out, server, config="runs", repeats=1)
    assert outcome.failed == 0
    assert all(new.text == case.old.text for case in outcome.run.cases for new in case.new)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_faults_are_waited_out(archive, state, out, stream):
    faults = "429@POST /v1/responses:0.1,retry-after=0; 500@POST /v1/responses:0.05; cut-body@*:0.05; cut-stream@*:0.05"
    with new_world(state, faults=faults) as server:
        outcome = played(archive, out, server, stream=stream)
    assert outcome.failed == 0


def test_one_failing_case_is_a_result(archive, state, out):
    script = [
        {"when": {"contains": "order 3"}, "times": "always", "answer": {"error": "invalid_prompt", "message": "No."}}
    ]
    with new_world(state, script=script) as server:
        outcome = played(archive, out, server)
    assert outcome.failed == 2
    assert {case.new[0].error for case in outcome.run.cases} == {None, "the response failed: No."}
    assert verdict(outcome.run, "answered").new == pytest.approx(23 / 24)


def test_a_call_that_nothing_answers_is_shown_with_the_nearest(archive, state, out):
    call = {"call": "get_order", "arguments": {"number": 99}}
    script = [{"when": {"contains": "order 3"}, "times": "always", "answer": call}]
    with new_world(state, script=script) as server:
        outcome = played(archive, out, server)
    errors = {new.error for case in outcome.run.cases for new in case.new if new.error}
    assert errors == {'no output is recorded for get_order({"number": 99}); the nearest differs in number: 99, was 3'}
    assert outcome.failed == 0
    assert [case.scores["tool_calls"].new for case in outcome.run.cases if case.new[0].error] == [0.5]


def test_a_wrong_key_ends_the_run_and_is_not_told(archive, state, out):
    with new_world(state) as server:
        server.world.settings = type(server.world.settings)(api_key="another", sunset=True)
        with pytest.raises(UsageError, match="the API key is refused") as error:
            played(archive, out, server)
    assert KEY[:8] not in str(error.value)


def test_a_model_that_calls_for_ever_is_stopped(archive, state, out):
    call = {"call": "get_order", "arguments": {"number": 3}}
    with new_world(state, script=[{"times": "always", "answer": call}]) as server:
        outcome = played(archive, out, server, repeats=1, tools="tests.replay.scenes:shipped", sample="1")
    assert outcome.run.cases[0].new[0].error == "it still calls functions after 16 requests"


RECORDED = (
    ToolCall(name="get", arguments='{"a":1,"b":2}', output="first"),
    ToolCall(name="get", arguments='{"b": 2, "a": 1}', output="second"),
    ToolCall(name="put", arguments="{}", output="done"),
    ToolCall(name="lost", arguments="{}"),
)


async def test_recorded_outputs_are_given_in_their_order():
    outputs = Recorded(RECORDED)
    assert [await outputs.output("get", '{"b":2,"a":1}') for _ in range(3)] == ["first", "second", "second"]
    assert await outputs.output("put", "") == "done"


@pytest.mark.parametrize(
    ("calls", "name", "arguments", "problem"),
    [
        (RECORDED, "get", '{"a":1}', "differs in b: gone, was 2"),
        (RECORDED, "fetch", "{}", "the nearest is"),
        (RECORDED, "lost", "{}", "the nearest is put"),
        ((), "get", "{}", "this turn called nothing"),
        (RECORDED, "get", "no json", 'differs in the value: "no json"'),
    ],
)
async def test_no_output(calls, name, arguments, problem):
    with pytest.raises(NoOutputError, match=problem):
        await Recorded(calls).output(name, arguments)


async def test_functions_of_either_kind():
    async def later(name, arguments):
        return f"{name} {arguments['n']}"

    assert await Own(later).output("f", '{"n": 1}') == "f 1"
    assert await Own(lambda name, arguments: [name, arguments]).output("f", "{}") == '["f", {}]'


def test_attributes_are_found_within_others():
    assert attribute_of("json:decoder.JSONDecoder.decode", "--tools") is json.decoder.JSONDecoder.decode


def test_what_got_worse_is_explained_by_the_model(archive, state, out):
    call = {"text": "Order is unknown."}
    script = [{"when": {"model": "gpt-4.1"}, "times": "always", "answer": call}]
    with new_world(state, script=script) as server:
        outcome = played(
            archive, out, server, models=("gpt-4o=gpt-4.1",), explain=True, metrics=("tool_calls", "citations")
        )
    assert verdict(outcome.run, "tool_calls").outcome is Outcome.WORSE
    explained = {
        one.factor: one.explains for one in outcome.run.factors if (one.metric, one.group) == ("tool_calls", "")
    }
    assert explained["model"] == 1.0
    assert explained["truncation"] == explained["retrieval limits"] == 0.0 if "retrieval limits" in explained else True


@pytest.mark.parametrize(
    ("answers", "share"),
    [(["second", "first"], 1.0), (["first", "second"], 0.0), (["first", "first"], 0.5), (["tie", "tie"], 0.5)],
    ids=["new", "old", "whatever comes first", "tie"],
)
def test_the_judge_sees_both_orders_and_is_remembered(archive, state, out, answers, share):
    worded = [{"when": {"contains": "Hello"}, "times": 1, "answer": "Hi there."}]
    judged = [
        {
            "when": {"instructions": "You compare two answers", "matches": '"first": "Hi'},
            "times": "always",
            "answer": json.dumps({"better": answers[1]}),
        },
        {
            "when": {"instructions": "You compare two answers"},
            "times": "always",
            "answer": json.dumps({"better": answers[0]}),
        },
    ]
    with new_world(state, script=[*judged, *worded]) as server:
        options = {
            "judge": "gpt-4.1",
            "repeats": 1,
            "sample": "1",
            "strata": ("tools",),
            "metrics": ("judge", "tokens"),
            "seed": 1,
        }
        first = played(archive, out, server, **options)
        asked = len(server.requests)
    assert len(first.run.cases) == 1
    if first.run.cases[0].new[0].text == "Hi there.":
        assert first.run.cases[0].scores["judge"].new == share
        assert asked == 3


def test_a_used_up_quota_keeps_what_was_answered(archive, state, out, monkeypatch):
    from assist2resp.replay import asking

    seen = []

    def refuse(self, arguments):
        seen.append(arguments)
        raise PartialFailureError("the account's quota is used up")

    with new_world(state) as server:
        played(archive, out, server, max_tokens=2_000)
        with monkeypatch.context() as patch:
            patch.setattr(asking.Asker, "_once", refuse)
            stopped = played(archive, out, server, resume=True)
        assert "quota" in stopped.stopped
        assert 0 < len(stopped.run.cases) < 24
        assert played(archive, out, server, resume=True).run.complete


def test_turns_recorded_twice_are_repeats_of_the_old_side(state, out, tmp_path):
    rows = [
        {"question": "Hello", "reply": reply, "arguments": {"model": "gpt-4o"}} for reply in ("Hi.", "Hello.", "Hi.")
    ]
    (tmp_path / "twice.json").write_text(json.dumps(rows))
    with new_world(state) as server:
        found = played(tmp_path / "twice.json", out, server, metrics=("text_exact",)).run
    assert [case.scores["text_exact"].noise for case in found.cases] == pytest.approx([(1 / 3 + 1) / 2] * 3)


def test_a_run_against_another_has_all_its_answers_as_the_old_side(archive, state, out, tmp_path):
    with new_world(state) as server:
        played(archive, tmp_path / "base.json", server)
        found = played(archive, out, server, against=tmp_path / "base.json", repeats=1).run
        with pytest.raises(UsageError, match="was made with --mode recorded-history"):
            played(archive, out, server, against=tmp_path / "base.json", mode="free-running")
    assert all(len(case.old_repeats) == 1 and case.old.model == "gpt-4o-2024-08-06" for case in found.cases)
    assert found.settings["against"] == "base.json"
