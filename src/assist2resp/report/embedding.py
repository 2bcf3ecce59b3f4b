"""The cases as the page carries them: compressed lines of JSON in base64, which no text can get out of.

The first line says how cases are to be read, each further one is a case. The page has a size that it does not exceed:
what is worst comes first, and what has no room is counted.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from assist2resp.report.digest import Digest, short_answer
from assist2resp.report.judging import Judge, Judgement
from assist2resp.report.runs import RunFile
from assist2resp.report.texts import shortened
from assist2resp.report.view import View
from assist2resp.schema.comparison import Case

LIMIT = 19_000_000
"""Characters of the cases in a page, which has 20 MB at most."""
_FIRST_TRY = 64_000_000
"""Characters before they are compressed: what a browser reads in a second or so."""
_ANSWERS = 5
"""New answers of a case that are carried."""
_LONG = 20_000


@dataclass(frozen=True)
class Embedded:
    """The cases, and how many of them have no room."""

    data: str
    left_out: int


def embedded(view: View) -> Embedded:
    """The cases of all runs, the worst as far as there is room."""
    room = _FIRST_TRY
    while True:
        keep = [_kept(digest, room // len(view.digests)) for digest in view.digests] if view.digests else []
        left_out = sum(len(digest.sizes) for digest in view.digests) - sum(sum(kept) for kept in keep)
        data = _packed(chain([_first_line(view, left_out)], _lines(view, keep)))
        if len(data) <= LIMIT:
            return Embedded(data, left_out)
        room = int(room * LIMIT / len(data) * 0.9)


def _kept(digest: Digest, room: int) -> bytearray:
    """For each case whether it is carried: the worst until the room is taken."""
    kept = bytearray(len(digest.sizes))
    for number in sorted(range(len(kept)), key=lambda each: -digest.severities[each]):
        room -= digest.sizes[number]
        if room < 0:
            break
        kept[number] = 1
    return kept


def _first_line(view: View, left_out: int) -> str:
    metrics = {
        note.name: {"title": note.title, "unit": note.unit, "better": note.better, "kind": note.kind}
        for digest in view.digests
        for note in digest.run.metrics
    }
    runs = [run.name for run in view.report.runs]
    return json.dumps({"runs": runs, "metrics": metrics, "left_out": left_out})


def _lines(view: View, keep: list[bytearray]) -> Iterator[str]:
    for run, (file, digest, kept) in enumerate(zip(view.files, view.digests, keep, strict=True)):
        yield from _lines_of(file, Judge(digest.run), kept, run)


def _lines_of(file: RunFile, judge: Judge, kept: bytearray, run: int) -> Iterator[str]:
    for number, case in enumerate(file.cases()):
        if kept[number]:
            yield _line(case, judge.judge(case), run)


def _line(case: Case, found: Judgement, run: int) -> str:
    """`{"run": …, "state": …, "severity": …, "worse": […], "case": …}`, with what a case does not say left out."""
    text = case.model_dump_json(exclude_defaults=True)
    if len(text) > _LONG or len(case.new) > _ANSWERS:
        text = _shorter(case).model_dump_json(exclude_defaults=True)
    worse = json.dumps(found.worse)
    return f'{{"run":{run},"state":"{found.state}","severity":{found.severity},"worse":{worse},"case":{text}}}'


def _shorter(case: Case) -> Case:
    new = tuple(short_answer(answer) for answer in case.new[:_ANSWERS])
    cut = {"question": shortened(case.question), "old": short_answer(case.old), "new": new, "old_repeats": ()}
    return case.model_copy(update=cut)


def _packed(lines: Iterator[str]) -> str:
    """The lines as gzip in base64; always the same for the same lines."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    packed = bytearray()
    for line in lines:
        packed += packer.compress(line.encode("utf-8", "replace") + b"\n")
    packed += packer.flush()
    return base64.b64encode(packed).decode("ascii")
