"""A fault of the rewriter itself costs one flow or one file, not the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import Options, Outcome
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.rules.a2r210_create_conversations import CreateConversations
from assist2resp.rewrite.rules.a2r901_report_models import ReportModels
from assist2resp.rewrite.summary import next_steps, summarise
from assist2resp.schema.findings import Level

ODD = "from openai import OpenAI\n\nclient = OpenAI()\nodd = client.beta.threads.create(metadata={'odd': 'yes'})\n"
FINE = "from openai import OpenAI\n\nclient = OpenAI()\nprint(client.beta.threads.create().id)\nclient.chat.completions.create(model='gpt-4-32k', messages=[])\n"


def run(folder: Path) -> Outcome:
    for name, source in {"fine": FINE, "odd": ODD}.items():
        (folder / f"{name}.py").write_text(source)
    return rewrite([folder], Options())


def failing(apply: Callable[..., None], *, late: bool) -> Callable[..., None]:
    """A rule that fails at one flow: while it plans, or where its change is made."""

    def fail(updated: cst.CSTNode | None = None) -> Any:
        del updated
        raise KeyError("sk-secret")

    def applied(rule: CreateConversations, plan: Plan) -> None:
        apply(rule, plan)
        for site in plan.flow.sites:
            if site.file.path.stem != "odd":
                continue
            if not late:
                fail()
            plan.change(site.file, site.node, fail)

    return applied


@pytest.mark.parametrize("late", [False, True], ids=["planning", "changing"])
def test_a_flow_that_a_rule_fails_at_is_left_alone(late: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CreateConversations, "apply", failing(CreateConversations.apply, late=late))
    outcome = run(tmp_path)
    after = {change.path.name: change.after.decode() for change in outcome.changes}
    assert "client.conversations.create()" in after["fine.py"]
    left = [line for line in after["odd.py"].splitlines() if "TODO" not in line]
    assert left == ODD.splitlines()
    (failure,) = outcome.findings.failures
    assert failure.path.endswith("odd.py")
    assert "KeyError at rewrite/test_faults.py:" in failure.problem
    assert "sk-secret" not in f"{outcome.findings} {after}"
    assert not any("rules A2R099" in step for step in next_steps(summarise(outcome, written=True)))
    levels = {finding.place.path.rpartition("/")[2]: finding.level for finding in outcome.findings.findings}
    assert levels["odd.py"] is Level.MANUAL


def test_a_file_that_a_rule_fails_at_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = ReportModels.look

    def failing_look(rule: ReportModels, file: Any, context: Any) -> Any:
        if file.path.stem == "odd":
            raise AssertionError
        return look(rule, file, context)

    monkeypatch.setattr(ReportModels, "look", failing_look)
    outcome = run(tmp_path)
    assert [failure.path.rpartition("/")[2] for failure in outcome.findings.failures] == ["odd.py"]
    assert "A2R901 failed (AssertionError at " in outcome.findings.failures[0].problem
    assert "A2R901" in {finding.code for finding in outcome.findings.findings}
    assert "conversations" in {change.path.name: change.after.decode() for change in outcome.changes}["odd.py"]
