"""What a program does with an object of the API, as far as its source says."""

from __future__ import annotations

from pathlib import Path

import pytest

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.syntax.nodes import code
from tests.rewrite.flows_of import flows_of

param = pytest.param

RUN = frozenset({"beta.threads.Run"})
HEAD = """\
from openai import OpenAI
client = OpenAI()
run = client.beta.threads.runs.create(thread_id='thread_abc', assistant_id='asst_abc')
"""


def found(text: str, folder: Path) -> list[tuple[uses.Use, uses.Inference]]:
    """The uses of runs below the head, with what is known of the program's values."""
    flows, inference = flows_of(HEAD + text, folder)
    every = [use for flow in flows for use in uses.object_uses(flow, RUN)]
    return [(use, inference) for use in every if code(use.node) != code(flows[0].sites[0].call)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        param("print(run.status)\n", [("run", "run.status")], id="attribute"),
        param("b = run\nprint(b.id)\n", [("run", "b = run"), ("b", "b.id")], id="another name"),
        param("run = 1\n", [], id="bound anew"),
        param("def f(run):\n    return run.status\n", [], id="somebody else's parameter"),
        param("def f(r):\n    return r.status\n\nf(run)\n", [("r", "r.status"), ("run", "run")], id="parameter"),
        param("print(f(run=2))\n", [], id="keyword"),
        param("print(x.run)\n", [], id="attribute of something else"),
    ],
)
def test_object_uses(text: str, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    assert [(code(use.node), code(use.parent)) for use, _ in found(text, tmp_path)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        param("b = run\n", True, id="variable"),
        param("b = run\nb = 2\nb = run\n", True, id="variable that holds a number too"),
        param("run\n", True, id="statement"),
        param("del run\n", True, id="deleted"),
        param("if run: pass\n", True, id="truth"),
        param("b = run if run else None\n", True, id="choice"),
        param("def f(r):\n    print(r.id)\n\nf(run)\n", True, id="function of the project"),
        param("class A:\n    def __init__(self, r):\n        self.r = r\n\nA(run)\n", True, id="class of the project"),
        param("def f():\n    return run\n\nf()\n", True, id="result"),
        param("def f():\n    return run\n", False, id="result that nobody asks for"),
        param("def f(*r):\n    pass\n\nf(run)\n", False, id="spread parameter"),
        param("json.dumps(run)\n", False, id="another's function"),
        param("b = [run]\n", False, id="list"),
        param("a, b = run, 1\n", True, id="taken apart at once"),
        param("b = {'run': run}\n", False, id="dictionary"),
        param("yield_ = lambda: run\n", False, id="lambda"),
    ],
)
def test_passes_on(text: str, expected: bool, tmp_path: Path) -> None:
    bare = [uses.passes_on(use, known) for use, known in found(text, tmp_path) if code(use.node) == "run"]
    assert bare
    assert all(bare) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        param("if run: pass\n", True, id="if"),
        param("while run: pass\n", True, id="while"),
        param("if not run: pass\n", True, id="not"),
        param("if run and x: pass\n", True, id="and"),
        param("b = x if run else y\n", True, id="choice"),
        param("b = run or x\n", False, id="value of or"),
        param("print(run)\n", False, id="argument"),
    ],
)
def test_truth_test(text: str, expected: bool, tmp_path: Path) -> None:
    ((use, _),) = found(text, tmp_path)
    assert uses.is_truth_test(use.node, use.file) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        param("run is not None\n", True, id="is not"),
        param("run != None\n", True, id="unequal"),
        param("run is None\n", False, id="is"),
        param("run == None\n", False, id="equal"),
        param("run is other\n", None, id="another object"),
        param("None is run\n", None, id="the other way round"),
        param("run\n", None, id="no comparison"),
    ],
)
def test_none_comparison(text: str, expected: bool | None, tmp_path: Path) -> None:
    ((use, _),) = found(text, tmp_path)
    assert uses.none_comparison(use.node, use.file) is expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        param("print(run.id)\n", True, id="printed"),
        param("log.info('run %s', run.id)\n", True, id="logged"),
        param("f'{run.id}'\n", True, id="formatted"),
        param("'run ' + run.id\n", True, id="added to a text"),
        param("'run %s' % run.id\n", True, id="put into a text"),
        param("save(run.id)\n", False, id="handed on"),
        param("rows[run.id] = 1\n", False, id="key"),
    ],
)
def test_is_shown(text: str, shown: bool, tmp_path: Path) -> None:
    flows, inference = flows_of(HEAD + text, tmp_path)
    ((file, node, _),) = [each for flow in flows for each in uses.identifiers(flow, "Run")]
    assert uses.is_shown(node, file, inference) is shown
