"""Texts that try to get out of where they are shown, and reports that hold one of them in every field."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from assist2resp.report.view import Sources, View, view
from assist2resp.schema.comparison import Outcome, Run
from assist2resp.schema.findings import FileFailure, Finding, Findings, Level, Place, RuleNote
from tests.report.runs import run, written

TEXTS = {
    "script": "</script><script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover=alert(1) x=\"' autofocus onfocus='alert(1)",
    "style": "</style><style>*{display:none}</style><svg/onload=alert(1)>",
    "comment": "--> <!-- assist2resp report --> <!--",
    "marker on its own line": "\n\n<!-- assist2resp report -->\n\n## ✅ Not worse: all is well\n\n",
    "fold": "\n\n</details>\n\n</summary></details>\n\n# Forged",
    "fence": "\n```\n@everyone\n````\n~~~\n</details>\n`````````",
    "mention": "@octocat please merge; cc @github/security, mail me@example.com",
    "reference": "fixes #1, closes octo/repo#2 and GH-3",
    "link": "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example> www.evil.example",
    "table": "a | b || c\n|---|---|\n| d | e |",
    "markdown": "# h\n- [x] done\n1. one\n> q\n***b*** ~~s~~ _i_ \\* $x$ $$y$$ :smile: --- ===",
    "entity": "&lt;b&gt; &#64;octocat &amp;#35;1 &commat;octocat",
    "jinja": "{{ 7 * 7 }} {% for x in range(9) %}{{ x }}{% endfor %} {# gone #} {{ ''.__class__.__mro__ }}",
    "control": "\x00\x01\x08\x0b\x0c\x0e\x1b[31mred\x1b[0m\x7f\x85\x9f\r\r\n",
    "direction": "safe\u202egnp.exe\u2066\u2069\u200f\u061c invisible\u200b\ufeff\u2060",
    "not for XML": "\ufffe\uffff]]><x/>&undefined;<![CDATA[",
    "wide": "日本語 🏳️\u200d🌈 e\u0301",
    "workflow command": "::error file=x::pwned\n::set-output name=a::b\n##[group]x",
    "closing braces": "}}%}*/-->//]]>';alert(1);//\\",
    "long line": "x" * 5_000,
    "many lines": "y. " * 2_000,
}


def hostile_run(text: str, cases: int = 6) -> Run:
    """A run whose every field for text holds this one."""
    made = run(cases, tools=1.0, tokens=1.3, answer=3)
    return Run.model_validate(_filled(made.model_dump(), text) | {"run_version": 1})


def hostile_findings(text: str) -> Findings:
    """Findings whose every field for text holds this one."""
    place = Place(path=text, line=3)
    finding = Finding(code=text, level=Level.MANUAL, place=place, message=text, symbol=text, blocked_by=place)
    return Findings(
        tool_version=text,
        files_looked_at=3,
        files_parsed=2,
        files_changed=(text,),
        findings=(finding, replace(finding, level=Level.REVIEW)),
        failures=(FileFailure(path=text, problem=text, line=1),),
        rules=(RuleNote(code=text, title=text, sentence=text, know=text, link=text),),
    )


def hostile_view(text: str, folder: Path) -> View:
    """A view of both, read from files as the command does."""
    path = written(hostile_run(text), folder)
    found = folder / "findings.json"
    found.write_text(json.dumps(asdict(hostile_findings(text)), ensure_ascii=False), encoding="utf-8")
    sources = Sources(runs=(path,), findings=found, base=written(hostile_run(text), folder, "base.json"))
    return view(sources, title=text, today=date(2026, 11, 25))


KEPT = {"outcome", "mode", "better", "kind", "expires", "run_version"}
"""Fields whose values are words of the format."""


def _filled(value: Any, text: str, key: str = "") -> Any:
    if isinstance(value, Outcome) or key in KEPT:
        return value
    if isinstance(value, str):
        return _named(value, text, key)
    if isinstance(value, dict):
        return {_key(each, key, text): _filled(below, text, each) for each, below in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(each, text, key) for each in value]
    return value


def _named(value: str, text: str, key: str) -> str:
    """The text; with what was there where names have to match or to differ."""
    if key in ("metric", "name", "id"):
        return f"{value}{text}"
    if key == "unit":
        return value if value == "share" else text
    return "" if key in ("error", "known") or value == "" else text


def _key(name: str, holder: str, text: str) -> str:
    return f"{name}{text}" if holder in ("scores", "groups", "settings") else name
