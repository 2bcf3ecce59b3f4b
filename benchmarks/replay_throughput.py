"""Replay beside a bare AsyncOpenAI loop that asks the same turns, and what comparing costs a case, in one run.

The sandbox is a process of its own. Both sides ask as many requests at once; replay also keeps a journal, compares and
writes its file. What else the machine does only ever slows a run, so the best of several is compared. Goals: at most
1.3 times the wall time of the bare loop; comparing at most 1 ms a case.

    python benchmarks/replay_throughput.py [--cases 1000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from openai import AsyncOpenAI

from assist2resp.replay.compare import asked_of, scored
from assist2resp.replay.engine import replay
from assist2resp.replay.metrics._registry import choose
from assist2resp.replay.noise import verdicts
from assist2resp.replay.options import Options
from assist2resp.schema.comparison import Run, read_run

AT_ONCE = 16
MODEL = "gpt-4.1"
SERVE = """
import threading
from assist2resp.sandbox import sandbox
from assist2resp.sandbox.app import Settings
with sandbox(settings=Settings(sunset=True, step_seconds=0, queued_seconds=0), noise=1) as server:
    print(server.url, flush=True)
    threading.Event().wait()
"""


def write_cases(path: Path, number: int) -> list[str]:
    """A file of cases; its questions."""
    questions = [f"What is known about delivery {at} to Bonn, and when does it come?" for at in range(number)]
    reply = "It comes on Monday, as far as is known, and a message is sent before."
    rows = [{"question": question, "reply": reply, "arguments": {"model": MODEL}} for question in questions]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return questions


def bare(url: str, questions: list[str]) -> float:
    """The seconds that the same questions take without anything around."""

    async def ask() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        async with AsyncOpenAI(base_url=url, api_key="any", max_retries=0) as client:

            async def one(question: str) -> None:
                async with gate:
                    await client.responses.create(model=MODEL, input=[{"role": "user", "content": question}])

            await asyncio.gather(*map(one, questions))

    started = time.perf_counter()
    asyncio.run(ask())
    return time.perf_counter() - started


def replayed(url: str, cases: Path, out: Path) -> float:
    """The seconds of a whole replay with one answer each."""
    options = Options(inputs=(cases,), out=out, repeats=1, concurrency=AT_ONCE, base_url=url, api_key="any")
    started = time.perf_counter()
    outcome = replay(options)
    seconds = time.perf_counter() - started
    assert outcome.failed == 0, outcome.stopped
    return seconds


def compared(run: Run) -> float:
    """The milliseconds of processor time a case of comparing three answers each, verdicts included."""
    metrics = choose(()).metrics
    answers = [case.new[0] for case in run.cases]
    cases = [
        case.model_copy(update={"new": (answers[at], answers[at - 1], answers[at - 2]), "scores": {}})
        for at, case in enumerate(run.cases)
    ]
    started = time.process_time()
    done = [scored(case, metrics, asked_of(case.question, None)) for case in cases]
    verdicts(done, metrics)
    return 1000 * (time.process_time() - started) / len(cases)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            cases, out = Path(name) / "cases.jsonl", Path(name) / "run.json"
            questions = write_cases(cases, given.cases)
            pairs = [(bare(url, questions), replayed(url, cases, out)) for _ in range(given.rounds)]
            each = min(compared(read_run(out)) for _ in range(given.rounds))
        finally:
            server.kill()
    loop, whole = (min(pair[at] for pair in pairs) for at in (0, 1))
    print(f"{given.cases} cases: bare loop {loop:.2f} s, replay {whole:.2f} s: {whole / loop:.2f} times (at most 1.3)")
    print(f"comparing three answers each: {each:.2f} ms of processor time a case (at most 1)")


if __name__ == "__main__":
    main()
