"""The small HTTP client: every form of a whole answer is read, and everything else is an error."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.network.connection import LeanError, UnsentError
from assist2resp.network.lean import Lean, is_enough_for

BODY = b'{"data": "' + b"x" * 300_000 + b'"}'


def chunked(data, size=7000):
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(b"%x;a=b\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nTrailer: x\r\n\r\n"


def sized(data):
    return b"content-length: %d\r\n\r\n%s" % (len(data), data)


WHOLE = {
    "by length": b"HTTP/1.1 200 OK\r\n" + sized(BODY),
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BODY),
    "up to the end": b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n" + BODY,
    "of HTTP/1.0": b"HTTP/1.0 200 OK\r\n" + sized(BODY),
    "gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n" + sized(gzip.compress(BODY)),
    "gzip in chunks": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n"
    + chunked(gzip.compress(BODY)),
    "after a hint": b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n" + sized(BODY),
    "without a reason": b"HTTP/1.1 200 \r\n" + sized(BODY),
}
BROKEN = {
    "nothing": b"",
    "half a head": b"HTTP/1.1 200 OK\r\ncontent-le",
    "too short": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
    "half a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\nshort",
    "no last chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n",
    "a long chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nshort\r\n0\r\n\r\n",
    "no chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    "no length": b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nshort",
    "half of gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n" + sized(gzip.compress(BODY)[:-9]),
    "no gzip": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n" + sized(BODY),
    "another encoding": b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\n" + sized(BODY),
    "another coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n" + BODY,
    "no HTTP": b"SSH-2.0-OpenSSH\r\n\r\n",
    "a broken header": b"HTTP/1.1 200 OK\r\nbroken\r\n\r\n",
    "an endless head": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 100_000,
}


async def ask(*answers, method="GET", times=1):
    """What a server that gives these bytes to its connections, one after the other, leads to; and its requests."""
    waiting, asked = list(answers), []

    async def serve(reader, writer):
        given = waiting.pop(0)
        for answer in given if isinstance(given, list) else [given]:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        lean = Lean(f"http://127.0.0.1:{port}/v1", {"authorization": "Bearer k"}, {"api-version": "1"})
        try:
            got = [await lean.request(method, "/x", {"a": "b c"}) for _ in range(times)]
        finally:
            await lean.close()
    return got, asked


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
async def test_whole_answers(answer):
    [got], [asked] = await ask(answer)
    assert (got.status_code, got.content) == (200, BODY)
    assert asked.startswith(b"GET /v1/x?api-version=1&a=b+c HTTP/1.1\r\nhost: 127.0.0.1:")
    assert b"authorization: Bearer k\r\n" in asked


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_what_is_not_whole_is_an_error(answer):
    with pytest.raises(Lean.errors):
        await ask(answer)


KEPT = b"HTTP/1.1 200 OK\r\n" + sized(b"{}")


async def test_a_connection_is_used_again():
    got, asked = await ask([KEPT, KEPT, KEPT], times=3)
    assert [answer.content for answer in got] == [b"{}"] * 3
    assert len(asked) == 3


async def test_a_connection_that_was_closed_meanwhile_is_made_again():
    got, _ = await ask([KEPT], [KEPT], times=2)
    assert [answer.content for answer in got] == [b"{}"] * 2


async def test_what_changes_something_is_never_sent_again_unasked():
    async with await asyncio.start_server(lambda _r, writer: writer.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        lean = Lean(f"http://127.0.0.1:{port}", {}, {})
        with pytest.raises(LeanError):
            await lean.request("POST", "/x", {}, {"a": 1})


async def test_after_an_unread_body_the_connection_is_not_used_again():
    answer = b"HTTP/1.1 500 No\r\n" + sized(BODY)

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        lean = Lean(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {}, {})
        async with lean.stream("/x") as (head, _body):
            assert head.status == 500
        assert lean._idle == []


@given(st.binary(max_size=300))
async def test_whatever_a_server_says_it_is_an_answer_or_an_error(data):
    try:
        [got], _ = await ask(b"HTTP/1.1 200 OK\r\n" + data)
    except Lean.errors:
        return
    assert got.status_code == 200


HALVES = {
    "at all": b"",
    "after the beginning": b"HTTP/1.1 200 OK\r\n",
    "in the body": b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
    "in a chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhalf",
    "before an end": b"HTTP/1.1 200 OK\r\n\r\nhalf",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
async def test_a_server_that_gives_no_sign_is_given_up(half):
    over = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(KEPT)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(half)
        await over.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        lean = Lean(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {}, {}, patience=0.05)
        assert (await lean.request("GET", "/x", {})).content == b"{}"
        with pytest.raises(TimeoutError, match=r"no sign of the server for 0\.05 seconds"):
            await lean.request("GET", "/x", {})
        over.set()
        await lean.close()


async def test_a_path_with_odd_signs_is_refused():
    lean = Lean("http://127.0.0.1:9", {}, {})
    for path in ("/a\r\nx: y", "/a b", "/\u2028"):
        with pytest.raises(LeanError):
            await lean.request("GET", path, {})


PROXIES = {
    "none": ({}, "https://api.openai.com/v1", True),
    "one": ({"HTTPS_PROXY": "http://proxy:3128"}, "https://api.openai.com/v1", False),
    "of the other scheme": ({"HTTP_PROXY": "http://proxy:3128"}, "https://api.openai.com/v1", True),
    "not for this host": ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "127.0.0.1"}, "https://127.0.0.1/v1", True),
    "a password": ({}, "https://user:word@127.0.0.1/v1", False),
}


@pytest.mark.parametrize(("environment", "url", "enough"), PROXIES.values(), ids=PROXIES)
def test_where_it_is_enough(environment, url, enough, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_enough_for(url) is enough


async def test_what_came_of_a_body_is_kept_and_a_request_that_never_left_is_told():
    with pytest.raises(LeanError) as cut:
        await ask(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort")
    assert cut.value.partial == b"short"
    lean = Lean("http://127.0.0.1:9/v1", {}, {})
    with pytest.raises(UnsentError):
        await lean.request("POST", "/x", {}, b"{}")
    await lean.close()
