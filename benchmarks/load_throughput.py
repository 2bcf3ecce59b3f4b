"""`assist2resp load` beside a bare client that posts the same chunks with the same concurrency, in one run.

The server is a process of its own that answers at once with what the API answers, and keeps nothing, so that the client
is what is measured. The bare client is the SDK's HTTP library: it makes each conversation, posts its chunks and reads
the answers; it has them in memory already, keeps no journal and no id map. The load reads the archive, keeps both, and
publishes; once without reading the conversations back, as the bare client, and once with. Best of all rounds. Goal: at
least 0.8 times the items a second of the bare client.

    python benchmarks/load_throughput.py [--threads 400] [--items 60] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import importlib
import importlib.util
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from assist2resp.cli import GARBAGE
from assist2resp.load.engine import load
from assist2resp.load.plan import plan_of
from assist2resp.load.reading import Choice, read_jobs
from assist2resp.load.session import Settings
from assist2resp.schema.archive import ConversationItem, ConversationRecord, Manifest, Origin

GOAL = 0.8
CONCURRENCY = 16
TEXT = "What is your return policy for shoes that I have worn twice? I bought them in March, and they are too small. "


class Answers(asyncio.Protocol):
    """The server: echoes items with ids, and shows a conversation the items that it was given last."""

    kept: dict[str, list[Any]] = {}  # noqa: RUF012 - one server a process
    number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with nothing."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, rest = self._data.partition(b"\r\n\r\n")
            lines = head.split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
            if len(rest) < length:
                return
            self._data = rest[length:]
            method, path, _ = lines[0].decode().split(" ")
            answer = json.dumps(self._answer(method, path, rest[:length]), separators=(",", ":")).encode()
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer)

    def _answer(self, method: str, path: str, body: bytes) -> Any:
        name = path.partition("?")[0].split("/")[3:]
        if method == "GET":
            return {"object": "list", "data": self.kept.pop(name[0], []), "has_more": False}
        Answers.number += 1
        if not name:
            return {"id": f"conv_{self.number:048}", "object": "conversation"}
        data = [
            {**item, "id": f"msg_{self.number:040}{place:08}"} for place, item in enumerate(json.loads(body)["items"])
        ]
        self.kept.setdefault(name[0], []).extend(data)
        return {"object": "list", "data": data, "has_more": False}


async def serve() -> None:
    """Be the server."""
    server = await asyncio.get_running_loop().create_server(Answers, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def serving() -> Iterator[str]:
    """The base URL of a server in a process of its own."""
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


def make_archive(folder: Path, threads: int, items: int) -> Path:
    """An archive of equal threads."""
    (folder / "conversations").mkdir(parents=True)
    with (folder / "conversations/part-00001.jsonl").open("w") as file:
        for number in range(threads):
            entries = tuple(_entry(number, place) for place in range(items))
            file.write(ConversationRecord(thread_id=f"thread_{number:08}", items=entries).model_dump_json() + "\n")
    counts = {"conversations": threads, "items": threads * items}
    manifest = Manifest(tool_version="1", sources=(), complete=True, counts={}, converted=counts, files={})
    (folder / "manifest.json").write_text(manifest.model_dump_json())
    return folder


def _entry(thread: int, place: int) -> ConversationItem:
    role, kind = ("assistant", "output_text") if place % 2 else ("user", "input_text")
    own: dict[str, Any] = {"annotations": []} if place % 2 else {}
    item = {"type": "message", "role": role, "content": [{"type": kind, "text": f"{place}: {TEXT}", **own}]}
    return ConversationItem(item=item, origin=Origin(kind="message", id=f"msg_{thread:08}{place:08}", created_at=place))


async def post_bare(url: str, bodies: list[tuple[Any, list[Any]]]) -> None:
    """Post everything, and nothing else."""
    library: Any = importlib.import_module("httpx2" if importlib.util.find_spec("httpx2") else "httpx")
    waiting = iter(bodies)

    async def work(client: Any) -> None:
        for metadata, chunks in waiting:
            made = (await client.post(f"{url}/conversations", json={"metadata": metadata})).json()
            for chunk in chunks:
                added = (await client.post(f"{url}/conversations/{made['id']}/items", json={"items": chunk})).json()
                assert len(added["data"]) == len(chunk)

    async with library.AsyncClient(headers={"authorization": "Bearer any"}, timeout=60) as client:
        await asyncio.gather(*(work(client) for _ in range(CONCURRENCY)))


def bodies_of(folder: Path) -> list[tuple[Any, list[Any]]]:
    """The metadata and chunks of every thread, as the load makes them."""
    plans = [plan_of(job.record()) for job in read_jobs(folder, Choice())]
    starts = [(plan, [0, *plan.ends[:-1]]) for plan in plans]
    return [(plan.metadata, [list(plan.chunk(start)) for start in begun]) for plan, begun in starts]


class Spent(NamedTuple):
    """The seconds that some work takes, and those of the processor, which another program on the machine stretches less."""

    wall: float
    cpu: float


def measured(work: Any) -> Spent:
    """What some work takes."""
    started, begun = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - started, time.process_time() - begun)


def best(spent: list[Spent]) -> Spent:
    """The least of each."""
    return Spent(min(one.wall for one in spent), min(one.cpu for one in spent))


def load_once(folder: Path, *, verify: bool) -> None:
    """One load, of an archive that no earlier round has loaded, since each server has a port of its own."""
    with serving() as url:
        times.setdefault(verify, []).append(
            measured(
                lambda: load(
                    folder,
                    Settings(
                        base_url=url,
                        api_key="any",
                        verify=verify,
                        concurrency=CONCURRENCY,
                        place=str(folder / f"{url.split(':')[2][:5]}.sqlite"),
                    ),
                )
            )
        )


times: dict[bool, list[Spent]] = {}


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=400)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help="Only load once, and print the peak of memory.")
    options = parser.parse_args()
    gc.set_threshold(*GARBAGE)  # as the command does; for the bare client too
    if options.serve:
        asyncio.run(serve())
    with tempfile.TemporaryDirectory() as place:
        folder = make_archive(Path(place) / "archive", options.threads, options.items)
        number = options.threads * options.items
        if options.memory:
            load_once(folder, verify=True)
            print(f"{number:,} items: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")
            return 0
        bodies = bodies_of(folder)
        rounds: list[Spent] = []
        for _ in range(options.rounds):
            with serving() as url:
                rounds.append(measured(lambda url=url: asyncio.run(post_bare(url, bodies))))
            load_once(folder, verify=False)
            load_once(folder, verify=True)
    bare = best(rounds)
    print(f"bare client       {number / bare.wall:>8.0f} items/s          {number / bare.cpu:>8.0f} items/CPU second")
    for verify, name in ((False, "load, --no-verify"), (True, "load, read back")):
        least = best(times[verify])
        print(
            f"{name:<18}{number / least.wall:>8.0f} items/s {bare.wall / least.wall:>6.2f} x"
            f" {number / least.cpu:>8.0f} items/CPU second {bare.cpu / least.cpu:>6.2f} x"
        )
    print(f"goal: at least {GOAL} x the bare client, read back or not")
    return 0 if bare.wall / best(times[True]).wall >= GOAL else 1


if __name__ == "__main__":
    raise SystemExit(main())
