"""Each metric on pairs of answers, and what all of them promise."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.errors import UsageError
from assist2resp.replay.compare import asked_of, difference_of, scores_of
from assist2resp.replay.metrics import text_meaning
from assist2resp.replay.metrics._base import Agreement, Amount, Asked, View
from assist2resp.replay.metrics._registry import choose, metrics
from assist2resp.replay.metrics.language import language_of
from assist2resp.schema.comparison import Answer, Citation, ToolCall, Usage

METRICS = metrics()
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
JSON = Asked(schema=SCHEMA, wants_json=True)
FUNCTIONS = Asked(offers_functions=True)


def answer(text="", **fields):
    return Answer(text=text, **fields)


def calls(*pairs):
    return Answer(tool_calls=tuple(ToolCall(name=name, arguments=arguments) for name, arguments in pairs))


def cites(*files):
    return Answer(text="x" * 100, citations=tuple(Citation(file=name, index=at) for name, at in files))


AGREEMENTS = [
    ("text_exact", answer("Hi"), answer("Hi"), 1.0),
    ("text_exact", answer("Hi"), answer("hi"), 0.0),
    ("text_exact", answer("e\u0301"), answer("\u00e9"), 1.0),
    ("text_normal", answer("**Hi**,\n\u201cyou\u201d"), answer('hi, "you"'), 1.0),
    ("text_normal", answer("It is\u30104:0\u2020a.md\u3011 so"), answer("It is so"), 1.0),
    ("text_normal", answer("It is so"), answer("It is not so"), 0.0),
    ("text_edit", answer("abcd"), answer("abcd"), 1.0),
    ("text_edit", answer("abcd"), answer("wxyz"), 0.0),
    ("text_edit", answer("abcd"), answer("abxy"), 0.5),
    ("json_fields", answer('{"a": 1, "b": [1, 2]}'), answer('{"b": [1, 3], "a": 1}'), 2 / 3),
    ("json_fields", answer('{"a": 1}'), answer('{"a": 1.0}'), 1.0),
    ("json_fields", answer('{"a": true}'), answer('{"a": 1}'), 0.0),
    ("json_fields", answer('{"a": 1}'), answer("sorry"), 0.0),
    ("json_fields", answer("{}"), answer("{}"), 1.0),
    ("json_fields", answer('{"a": null}'), answer("{}"), 0.0),
    ("json_fields", answer('{"a": {"b": 1, "c": 2}}'), answer('{"a": 5}'), 0.0),
    ("tool_calls", calls(("f", '{"a":1}')), calls(("f", '{"a": 1}')), 1.0),
    ("tool_calls", calls(("f", '{"a":1,"b":2}')), calls(("f", '{"a":1,"b":3}')), 0.75),
    ("tool_calls", calls(("f", "{}"), ("g", "{}")), calls(("g", "{}"), ("f", "{}")), 0.5),
    ("tool_calls", calls(("f", "{}")), calls(), 0.0),
    ("tool_calls", calls(("f", "{}")), calls(("f", "{}"), ("g", "{}")), 2 / 3),
    ("tool_calls", calls(("f", "broken")), calls(("f", "{}")), 0.5),
    ("citations", cites(("a", 1), ("b", 2)), cites(("b", 9)), 2 / 3),
    ("citations", cites(("a", 1)), cites(), 0.0),
    ("citations", cites(("a", 1), ("a", 2)), cites(("a", 3)), 2 / 3),
    ("citation_places", cites(("a", 10)), cites(("a", 30)), 0.8),
    ("language", answer("This is what you asked for and more of it"), answer("The order is on its way to you"), 1.0),
    (
        "language",
        answer("This is what you asked for and more of it"),
        answer("Das ist nicht das, was sie mit der Post haben"),
        0.0,
    ),
    ("format", answer("- a\n- b"), answer("* a\n* b"), 1.0),
    ("format", answer("- a\n- b\n- c\n- d"), answer("- a"), 0.25),
    ("format", answer("```\nx\n```"), answer("x"), 0.0),
    ("format", answer("plain"), answer("other"), 1.0),
]


@pytest.mark.parametrize(("name", "one", "other", "share"), AGREEMENTS)
def test_agreements(name, one, other, share):
    metric = METRICS[name]
    views = [View(side, Asked()) for side in (one, other)]
    assert metric.applies(views)
    assert metric.agree(*views) == pytest.approx(share, abs=1e-5)
    assert metric.agree(*reversed(views)) == pytest.approx(share, abs=1e-5)
    assert metric.agree(views[0], views[0]) == 1.0


@pytest.mark.parametrize(
    ("name", "asked", "one", "value"),
    [
        ("json_valid", JSON, answer('{"a": 1}'), 1.0),
        ("json_valid", JSON, answer('{"a": "1"}'), 0.0),
        ("json_valid", JSON, answer('{"a": 1'), 0.0),
        ("json_valid", Asked(wants_json=True), answer("[]"), 1.0),
        ("json_valid", Asked(), answer("{}"), None),
        ("refusals", Asked(), answer(refusal="No."), 1.0),
        ("refusals", Asked(), answer("I'm sorry, but I can't help with that."), 1.0),
        ("refusals", Asked(), answer("I\u2019m sorry, but I can\u2019t assist with it."), 1.0),
        ("refusals", Asked(), answer("Es tut mir leid, aber ich kann nicht."), 1.0),
        ("refusals", Asked(), answer("I'm sorry to hear that. Try again."), 0.0),
        ("refusals", Asked(), answer("You said: I'm sorry, but I can't."), 0.0),
        ("refusals", Asked(), answer(error="gone"), None),
        ("answered", Asked(), answer("x"), 1.0),
        ("answered", Asked(), answer("x", status="incomplete: max_output_tokens"), 0.0),
        ("answered", Asked(), answer(error="gone", status="failed"), 0.0),
        ("length", Asked(), answer("one two  three"), 3.0),
        ("tokens", Asked(), answer(usage=Usage(input=3, output=4)), 7.0),
        ("tokens", Asked(), answer(), None),
        ("cost", Asked(), answer(cost=0.5), 0.5),
        ("latency", Asked(), answer(latency=1.5), 1.5),
        ("latency", Asked(), answer(latency=1.5, error="gone"), None),
    ],
)
def test_amounts(name, asked, one, value):
    assert METRICS[name].measure(View(one, asked)) == value


@pytest.mark.parametrize(
    ("name", "asked", "old", "new", "note"),
    [
        ("tool_calls", FUNCTIONS, calls(("f", '{"a":1}')), calls(("f", '{"a":2}')), "f.arguments.a: 2, was 1"),
        ("tool_calls", FUNCTIONS, calls(("f", "{}")), calls(), "calls nothing, was f"),
        ("citations", Asked(), cites(("a", 1)), cites(("b", 1)), "no longer cites a; also cites b"),
        ("json_fields", JSON, answer('{"a": 1}'), answer("x"), "the new answer is no JSON"),
        ("json_fields", JSON, answer('{"a": 1, "b": 1}'), answer('{"a": 2, "b": 1}'), "a: 2, was 1"),
        ("format", Asked(), answer("- a"), answer("a"), "0 bullets, was 1"),
    ],
)
def test_what_differs_is_said(name, asked, old, new, note):
    assert scores_of([METRICS[name]], asked, [old], [new])[name].note == note


def test_every_metric_says_what_it_cannot_see():
    for name, metric in METRICS.items():
        module = inspect.getmodule(metric.agree if isinstance(metric, Agreement) else metric.measure)
        assert module.__name__.rpartition(".")[2] == name
        assert metric.blind
        assert metric.title
        assert metric.margin > 0
        assert metric.unit in {"share", "words", "seconds", "tokens", "USD"}
        assert isinstance(metric, Agreement | Amount)


TEXTS = st.text(max_size=40)
ANSWERS = st.builds(
    Answer,
    text=TEXTS | st.sampled_from(['{"a": 1}', '{"a": [1, {"b": null}]}', "[]", "- a\n- b", "```x```"]),
    tool_calls=st.lists(
        st.builds(ToolCall, name=st.sampled_from("fg"), arguments=st.sampled_from(["{}", '{"a":1}', "x"])), max_size=3
    ).map(tuple),
    citations=st.lists(
        st.builds(Citation, file=st.sampled_from("ab"), index=st.none() | st.integers(0, 50)), max_size=3
    ).map(tuple),
)


@given(ANSWERS, ANSWERS)
def test_agreements_are_shares_and_the_same_both_ways(one, other):
    views = [View(one, JSON), View(other, JSON)]
    for metric in METRICS.values():
        if isinstance(metric, Agreement) and metric.floor is None and metric.lacks() is None:
            shares = [metric.agree(*views), metric.agree(*reversed(views))]
            assert shares[0] == shares[1]
            assert shares[0] is None or 0 <= shares[0] <= 1


@given(ANSWERS)
def test_a_side_that_repeats_itself_differs_by_nothing(one):
    chosen = choose(()).metrics
    scores = scores_of(chosen, JSON, [one], [one, one])
    for metric in chosen:
        assert difference_of(metric, scores.get(metric.name)) in (None, 0.0)


def test_the_noise_is_taken_off():
    metric = METRICS["text_exact"]
    scores = scores_of([metric], Asked(), [answer("a")], [answer("a"), answer("b"), answer("b")])
    assert scores["text_exact"].new == pytest.approx(1 / 3)
    assert scores["text_exact"].noise == pytest.approx(1 / 3)
    assert difference_of(metric, scores["text_exact"]) == 0


def test_repeats_of_the_old_side_count_as_its_noise():
    metric = METRICS["text_exact"]
    scores = scores_of([metric], Asked(), [answer("a"), answer("b")], [answer("c"), answer("c")])
    assert (scores["text_exact"].new, scores["text_exact"].noise) == (0.0, 0.5)


def test_without_repeats_an_agreement_says_nothing_of_a_difference():
    metric = METRICS["text_exact"]
    assert difference_of(metric, scores_of([metric], Asked(), [answer("a")], [answer("b")])["text_exact"]) is None


def test_citations_that_are_gone_are_a_difference():
    metric = METRICS["citations"]
    scores = scores_of([metric], Asked(), [cites(("a", 1))], [answer("x"), answer("y")])
    assert difference_of(metric, scores["citations"]) == -1.0


def test_failed_answers_are_no_agreement_but_their_calls_are():
    old = calls(("f", "{}"))
    failed = old.model_copy(update={"error": "no output"})
    scores = scores_of([METRICS["text_exact"], METRICS["tool_calls"]], FUNCTIONS, [old], [failed, failed])
    assert scores.keys() == {"tool_calls"}
    assert scores_of([METRICS["tool_calls"]], FUNCTIONS, [old], [answer(error="down")]) == {}


def test_what_a_request_asks_for():
    tools = [{"type": "function", "name": "f"}]
    form = {"type": "json_schema", "schema": SCHEMA}
    assert asked_of("q", {"tools": tools, "text": {"format": form}}) == Asked(
        "q", SCHEMA, wants_json=True, offers_functions=True
    )
    assert asked_of("q", None) == Asked("q")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Die Bestellung ist nicht da und wird auch nicht kommen, sie haben", "de"),
        ("Votre commande est en route pour vous et les articles sont avec", "fr"),
        ("El pedido que usted busca está en camino y los productos son para", "es"),
        ("注文は発送されました。", "JAPANESE"),
        ("您的订单已经发货。", "CJK"),
        ("Заказ отправлен вчера.", "CYRILLIC"),
        ("OK", None),
        ("", None),
        ("12345 67890", None),
    ],
)
def test_languages(text, language):
    assert language_of(text) == language


def test_a_meaning_needs_a_local_model_and_downloads_none(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSIST2RESP_EMBEDDINGS", "some/model")
    with pytest.raises(UsageError, match="names no folder"):
        choose(("text_meaning",))
    monkeypatch.setenv("ASSIST2RESP_EMBEDDINGS", str(tmp_path))
    monkeypatch.setattr("assist2resp.replay.metrics.text_meaning.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"assist2resp\[embeddings\]"):
        choose(("text_meaning",))


class FakeModel:
    """A model of two dimensions: how often a and b are said."""

    loaded: ClassVar[list[Path]] = []

    @classmethod
    def from_pretrained(cls, folder):
        cls.loaded.append(folder)
        return cls()

    def encode(self, texts):
        return [[text.count("a"), text.count("b")] for text in texts]


def test_a_meaning_is_the_angle_between_two_texts(monkeypatch, tmp_path):
    monkeypatch.setenv("ASSIST2RESP_EMBEDDINGS", str(tmp_path))
    monkeypatch.setitem(sys.modules, "model2vec", SimpleNamespace(StaticModel=FakeModel, __spec__=SimpleNamespace()))
    text_meaning._model.cache_clear()
    text_meaning._vector.cache_clear()
    (metric,) = choose(("text_meaning",)).metrics
    shares = [
        metric.agree(*(View(answer(text), Asked()) for text in pair))
        for pair in (("a", "aa"), ("a", "b"), ("a", "ab"), ("", "a"), ("", ""))
    ]
    assert shares == [1.0, 0.0, 0.7071, 0.0, 1.0]
    assert FakeModel.loaded == [tmp_path]
    text_meaning._model.cache_clear()
    text_meaning._vector.cache_clear()
