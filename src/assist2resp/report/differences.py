"""Two answers as lines, and how they differ: sentences, and the calls of functions as JSON over several lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from assist2resp.report.texts import visible
from assist2resp.schema.comparison import Answer, ToolCall
from assist2resp.schema.report import CaseRow, MetricRow

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n+")
_MOST_LINES = 400
_CONTEXT = 1


def answer_lines(answer: Answer) -> list[str]:
    """The answer as lines: what it called, what it said, what it cited."""
    lines = [line for call in answer.tool_calls for line in _call_lines(call)]
    lines += [part for part in _SENTENCE.split(visible(answer.text)) if part.strip()]
    lines += [f"cites {visible(cited.file)}" for cited in answer.citations]
    if answer.refusal:
        lines.append(f"refuses: {visible(answer.refusal)}")
    if answer.error:
        lines.append(f"no answer: {visible(answer.error)}")
    if answer.status != "completed":
        lines.append(f"status: {visible(answer.status)}")
    return [" ".join(line.split("\n")) for line in lines]


def lines_of(old: Answer, new: Answer) -> list[str]:
    """The lines of both answers, with `-` before those of the old alone, `+` before those of the new, else a space."""
    before, after = answer_lines(old)[:_MOST_LINES], answer_lines(new)[:_MOST_LINES]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    shown: list[str] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        shown += ["  …"] if shown or group[0][1] else []
        for tag, a, b, c, d in group:
            if tag == "equal":
                shown += [f"  {line}" for line in before[a:b]]
            else:
                shown += [f"- {line}" for line in before[a:b]] + [f"+ {line}" for line in after[c:d]]
    return shown


def why(case: CaseRow, metrics: tuple[MetricRow, ...]) -> Iterator[str]:
    """What makes the case worse, metric by metric."""
    titles = {row.metric: row.title for row in metrics}
    if case.new.error:
        yield f"no answer: {case.new.error}"
    for name in case.worse:
        score = case.scores[name]
        title = titles.get(name, name)
        yield f"{title}: {score.note}" if score.note else title


def _call_lines(call: ToolCall) -> Iterator[str]:
    try:
        arguments = json.dumps(json.loads(call.arguments), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        arguments = call.arguments
    first, *rest = visible(arguments).split("\n")
    yield f"calls {visible(call.name)} {first}"
    yield from rest
