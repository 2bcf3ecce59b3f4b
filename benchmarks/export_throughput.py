"""Messages a CPU second of `export`, archive and all, beside a plain loop over the SDK's async client, and beside a bare
client that only downloads the same bytes.

All read the same threads from one server on loopback, in turn, each in a process of its own whose CPU time counts, since
the machine is shared; the best round of each. What they ask for is the same: each thread, and its messages a hundred a
page. Goals: at least 10 x the loop, at least 0.5 x the bare client.

    python benchmarks/export_throughput.py [--messages 20000] [--per-thread 100] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from old_data import threads

from assist2resp.cli import GARBAGE
from assist2resp.export.engine import export
from assist2resp.export.source import Settings, open_source

AT_ONCE = 16
SDK_GOAL, BARE_GOAL = 10.0, 0.5
ROUTE = re.compile(rb"GET /v1/threads/(thread_[0-9a-f]+)(/messages)?[^/]* HTTP")


def answers(messages: int, per_thread: int) -> dict[bytes, tuple[bytes, bytes]]:
    """Each thread and its messages as they go over the wire."""
    found = {}
    for thread, said in threads(messages, per_thread):
        rows = {"object": "list", "data": said, "first_id": said[0]["id"], "last_id": said[-1]["id"], "has_more": False}
        found[thread["id"].encode()] = (_response(thread), _response(rows))
    return found


def _response(value: Any) -> bytes:
    body = json.dumps(value, separators=(",", ":")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def serve(messages: int, per_thread: int) -> None:
    """Be the server: it costs next to nothing, and is not measured."""
    known = answers(messages, per_thread)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                route = ROUTE.match(await reader.readuntil(b"\r\n\r\n"))
                assert route is not None
                writer.write(known[route[1]][1 if route[2] else 0])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def serving(messages: int, per_thread: int) -> Iterator[str]:
    """The base URL of a server in a process of its own."""
    command = [sys.executable, __file__, "serve", f"--messages={messages}", f"--per-thread={per_thread}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


async def _each(ids: list[str], work: Callable[[str], Awaitable[None]]) -> None:
    waiting = iter(ids)

    async def worker() -> None:
        for thread_id in waiting:
            await work(thread_id)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def by_sdk(url: str, ids: list[str], folder: Path) -> None:
    """The loop that anyone would write."""
    import warnings

    from openai import AsyncOpenAI

    warnings.simplefilter("ignore", DeprecationWarning)

    async def run() -> None:
        with (folder / "messages.jsonl").open("w") as file:
            async with AsyncOpenAI(base_url=url, api_key="any") as client:

                async def work(thread_id: str) -> None:
                    thread = await client.beta.threads.retrieve(thread_id)
                    file.write(thread.to_json(indent=None) + "\n")
                    async for message in client.beta.threads.messages.list(thread_id, limit=100, order="asc"):
                        file.write(message.to_json(indent=None) + "\n")

                await _each(ids, work)

    asyncio.run(run())


def by_bare_client(url: str, ids: list[str], folder: Path) -> None:
    """The SDK's HTTP library without the SDK: the bytes, and nothing else."""
    del folder
    import httpx2

    async def run() -> None:
        async with httpx2.AsyncClient() as client:

            async def work(thread_id: str) -> None:
                await client.get(f"{url}/threads/{thread_id}")
                await client.get(f"{url}/threads/{thread_id}/messages", params={"limit": 100, "order": "asc"})

            await _each(ids, work)

    asyncio.run(run())


def by_export(url: str, ids: list[str], folder: Path) -> None:
    """`assist2resp export`: verbatim, converted, hashed, resumable."""
    settings = Settings(base_url=url, api_key="any", thread_ids=ids, groups=frozenset({"threads"}), concurrency=AT_ONCE)
    manifest = export(open_source("openai", settings), folder / "archive")
    assert manifest.complete


CLIENTS = {"sdk": by_sdk, "bare": by_bare_client, "export": by_export}


def measure(client: str, url: str, ids: list[str]) -> None:
    """Be a client: print the CPU seconds and the most memory that it took, in MiB."""
    import resource

    gc.set_threshold(*GARBAGE)  # as the command does; for all clients
    with tempfile.TemporaryDirectory() as name:
        CLIENTS[client](url, ids[:10], Path(name))  # imports, which are not what is measured
    with tempfile.TemporaryDirectory() as name:
        started = time.process_time()
        CLIENTS[client](url, ids, Path(name))
        spent = time.process_time() - started
    print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, threading.active_count())


def main() -> int:
    """Measure, print, and say by the exit code whether the goals are met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("part", nargs="?", default="all", choices=["all", "serve", *CLIENTS], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--per-thread", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.part == "serve":
        serve(options.messages, options.per_thread)
    if options.part in CLIENTS:
        ids = [thread["id"] for thread, _ in threads(options.messages, options.per_thread)]
        measure(options.part, options.url, ids)
        return 0
    size = [f"--messages={options.messages}", f"--per-thread={options.per_thread}"]
    best: dict[str, float] = {}
    with serving(options.messages, options.per_thread) as url:
        for _ in range(options.rounds):
            for client in CLIENTS:
                command = [sys.executable, __file__, client, f"--url={url}", *size]
                told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
                best[client] = min(best.get(client, float("inf")), float(told[0]))
                if client == "export":
                    memory = float(told[1])
    rates = {client: options.messages / seconds for client, seconds in best.items()}
    for client, rate in rates.items():
        beside = rates["export"] / rate
        print(
            f"{client:<8}{rate:>10,.0f} messages/CPU second{1e6 / rate:>8.1f} us a message   export is {beside:.2f} x"
        )
    print(f"export's memory: {memory:.0f} MiB; goals: {SDK_GOAL} x sdk, {BARE_GOAL} x bare")
    met = rates["export"] >= SDK_GOAL * rates["sdk"] and rates["export"] >= BARE_GOAL * rates["bare"]
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())
