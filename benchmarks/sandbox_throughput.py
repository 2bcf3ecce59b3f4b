"""Requests per second of the sandbox beside a bare Starlette route that echoes JSON, in one run.

Each server is a process of its own, with uvicorn on an event loop in a thread, as `assist2resp sandbox` has it; one
client drives both in turn, in short slices, over kept-alive connections. What else the machine does only ever slows a
slice, so the best slices are compared; the median of neighbouring ones stands beside. Goal: at least half of the bare
route's rate.

    python benchmarks/sandbox_throughput.py [--seconds 0.15] [--rounds 40]
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

CONNECTIONS = 8
GOAL = 0.5
HEADERS = {"authorization": "Bearer any", "content-type": "application/json", "openai-beta": "assistants=v2"}
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
TEXT = "What is your return policy for shoes that I have worn twice?"


@dataclass(frozen=True)
class Target:
    """One route under load; a body and a path per connection."""

    name: str
    port: int
    requests: list[bytes]


@contextmanager
def serving(kind: str) -> Iterator[int]:
    """A server of this kind in a process of its own; its port."""
    with subprocess.Popen([sys.executable, __file__, "--serve", kind], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def serve(kind: str) -> None:
    """Be the server."""
    from starlette.applications import Starlette
    from starlette.requests import Request as Received
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from assist2resp.sandbox import sandbox
    from assist2resp.sandbox import serving as server
    from assist2resp.sandbox.loop import LoopThread

    async def echo(request: Received) -> JSONResponse:
        return JSONResponse(await request.json())

    if kind == "echo":
        listening = server.listener("127.0.0.1", 0)
        app = Starlette(routes=[Route("/v1/echo", echo, methods=["POST"])])
        LoopThread("echo").call(server.start(app, listening))
        print(listening.getsockname()[1], flush=True)
        threading.Event().wait()
    with sandbox() as running:
        print(running.url.rpartition(":")[2].removesuffix("/v1"), flush=True)
        threading.Event().wait()


def post(port: int, path: str, body: object) -> dict[str, str]:
    """The answer to one request."""
    request = Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), HEADERS)
    with urlopen(request) as answer:
        made: dict[str, str] = json.load(answer)
        return made


def request_bytes(path: str, body: object) -> bytes:
    """The request as it goes over the wire."""
    content = json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


def targets(echo: int, sandbox: int) -> list[Target]:
    """The bare route first."""
    message = {"role": "user", "content": TEXT}
    items = {"items": [{"type": "message", "role": "user", "content": TEXT}]}
    threads = [post(sandbox, "/v1/threads", {})["id"] for _ in range(CONNECTIONS)]
    conversations = [post(sandbox, "/v1/conversations", {})["id"] for _ in range(CONNECTIONS)]
    return [
        Target("bare Starlette route", echo, [request_bytes("/v1/echo", message)] * CONNECTIONS),
        Target(
            "thread-message create", sandbox, [request_bytes(f"/v1/threads/{t}/messages", message) for t in threads]
        ),
        Target(
            "conversation-item create",
            sandbox,
            [request_bytes(f"/v1/conversations/{c}/items", items) for c in conversations],
        ),
    ]


def rate(target: Target, seconds: float) -> float:
    """Requests per second over all connections."""
    selector = selectors.DefaultSelector()
    sockets = [socket.create_connection(("127.0.0.1", target.port)) for _ in target.requests]
    for connection, request in zip(sockets, target.requests, strict=True):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, request)
        connection.sendall(request)
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for key, _ in selector.select():
            read_answer(key.fileobj)  # type: ignore[arg-type]
            key.fileobj.sendall(key.data)  # type: ignore[union-attr]
            done += 1
    elapsed = time.perf_counter() - started
    selector.close()
    for connection in sockets:
        connection.close()
    return done / elapsed


def read_answer(connection: socket.socket) -> None:
    """Read one whole answer, which must be a success."""
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"the server answered {data[:300]!r}")
    found = LENGTH.search(head)
    assert found is not None
    missing = int(found[1]) - len(body)
    while missing > 0:
        missing -= len(connection.recv(65536))


def main() -> int:
    """Measure, print, and say by the exit code whether the goal is met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--serve", choices=["echo", "sandbox"], help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.15)
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
    with serving("echo") as echo, serving("sandbox") as sandbox:
        measured = targets(echo, sandbox)
        rounds = [[rate(target, options.seconds) for target in measured] for _ in range(options.rounds)]
    best = [max(one[position] for one in rounds) for position in range(len(measured))]
    for position, target in enumerate(measured):
        beside = statistics.median(one[position] / one[0] for one in rounds)
        ratio = best[position] / best[0]
        print(f"{target.name:<26}{best[position]:>8.0f} requests/s{ratio:>7.2f} x   (median slice {beside:.2f} x)")
    print(f"goal: at least {GOAL} x the bare route")
    return 0 if min(best[1:]) >= GOAL * best[0] else 1


if __name__ == "__main__":
    raise SystemExit(main())
