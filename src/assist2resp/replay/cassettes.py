"""Recordings of the new side, one VCR cassette a case: asked once, replayed on any machine without network and key.

They are recorded where the SDK hands its requests to a transport, so that nothing of the process is patched and both of
its HTTP libraries do. What is written was let through by a list, and what was let through is what the run itself sees,
so that recording and replaying give the same file. Format: https://vcrpy.readthedocs.io
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assist2resp.errors import InputFileError
from assist2resp.replay.tape import Interaction, Tape

Json = dict[str, Any]

ELAPSED = "assist2resp-seconds"
"""The header of a recorded answer that says how long it took."""
_HOST = "https://api.openai.com/v1"
_REQUEST_HEADERS = ("content-type",)
_ANSWER_HEADERS = ("content-type", "retry-after")
_BODY = ("id", "object", "created_at", "status", "model", "output", "usage", "error", "incomplete_details")
"""What of a response's body is kept; it repeats instructions, tools and metadata of the request beside these."""
_ERROR = ("message", "type", "code", "param")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")

_open: ContextVar[Tape | None] = ContextVar("tape", default=None)


class MissingInteractionError(Exception):
    """A request that a cassette has no answer to."""


class Cassettes:
    """A folder of cassettes, to be recorded or to be replayed."""

    def __init__(self, folder: Path, *, record: bool, clean: Callable[[str], str], base: str) -> None:
        self.record = record
        self._folder = folder
        self._clean = clean
        self._base = urlsplit(base).path.rstrip("/")

    def check(self) -> None:
        """An InputFileError where the folder cannot serve."""
        try:
            if self.record:
                self._folder.mkdir(parents=True, exist_ok=True)
            elif not any(self._folder.glob("*.yaml")):
                raise InputFileError(self._folder, "holds no cassette.", hint="Record some first, with --record.")
        except OSError as error:
            raise InputFileError(self._folder, f"cannot be written: {error.strerror}.") from error

    @contextmanager
    def playing(self, case: str) -> Iterator[Callable[[], None]]:
        """What is asked within the block belongs to that case; a recording is written when the block ends well.

        What the block is given is to be called between the repeats.
        """
        path = self._folder / f"{file_name(case)}.yaml"
        tape = Tape(path) if self.record else Tape.read(path)
        token = _open.set(tape)
        try:
            yield tape.settle
            if self.record:
                tape.write()
        finally:
            _open.reset(token)

    def transport(self, library: Any, inner: Any) -> Any:
        """A transport of that HTTP library over another."""
        cassettes = self

        class Recorder(library.AsyncBaseTransport):  # type: ignore[misc] # the library is known at run time only
            async def handle_async_request(self, request: Any) -> Any:
                return await cassettes._handle(library, inner, request)

            async def aclose(self) -> None:
                await inner.aclose()

        return Recorder()

    async def _handle(self, library: Any, inner: Any, request: Any) -> Any:
        tape = _open.get()
        if tape is None:
            raise MissingInteractionError("a request that belongs to no case")
        asked = self._asked(request.method, str(request.url), request.headers, await request.aread())
        if not self.record:
            found = tape.play(asked)
            if found is None:
                raise MissingInteractionError(tape.missing(asked))
            return _shown(library, request, found)
        started = time.perf_counter()
        response = await inner.handle_async_request(request)
        content = await response.aread()
        await response.aclose()
        answered = self._answered(asked, response, content, time.perf_counter() - started)
        tape.add(answered)
        return _shown(library, request, answered)

    def _asked(self, method: str, url: str, headers: Any, body: bytes) -> Interaction:
        path = urlsplit(url).path.removeprefix(self._base)
        kept = {name: headers[name] for name in _REQUEST_HEADERS if name in headers}
        return Interaction(method, _HOST + path, self._clean(body.decode("utf-8", "replace")), kept)

    def _answered(self, asked: Interaction, response: Any, content: bytes, seconds: float) -> Interaction:
        headers = {name: response.headers[name] for name in _ANSWER_HEADERS if name in response.headers}
        text = self._clean(content.decode("utf-8", "replace"))
        is_stream = "text/event-stream" in headers.get("content-type", "")
        kept = _events(text) if is_stream else _kept(text)
        return asked.answered(response.status_code, {**headers, ELAPSED: f"{seconds:.3f}"}, kept)


def file_name(case: str) -> str:
    """A safe name for a case's cassette, its own where that is safe."""
    safe = _UNSAFE.sub("_", case)[:80]
    digest = sha256(case.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return safe if safe == case and not case.startswith(".") else f"{safe.lstrip('.')}-{digest}"


def _shown(library: Any, request: Any, found: Interaction) -> Any:
    return library.Response(found.status, headers=found.answer_headers, content=found.answer.encode(), request=request)


def _kept(text: str) -> str:
    """A body with the parts that are on the list; one that is no JSON object is not kept at all."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return json.dumps(_listed(value), ensure_ascii=False) if isinstance(value, dict) else ""


def _listed(value: Json) -> Json:
    kept = {name: value[name] for name in _BODY if name in value}
    if isinstance(kept.get("error"), dict):
        kept["error"] = {name: kept["error"].get(name) for name in _ERROR}
    return kept


def _events(text: str) -> str:
    """The events of a stream, the responses in them cut to what is on the list."""
    lines = [_event(line) for line in text.split("\n")]
    return "\n".join(line for line in lines if line.startswith(("data:", "event:")) or not line)


def _event(line: str) -> str:
    if not line.startswith("data:"):
        return line
    try:
        event = json.loads(line[5:])
    except (ValueError, RecursionError):
        return line
    if not isinstance(event, dict) or not isinstance(event.get("response"), dict):
        return line
    return f"data: {json.dumps({**event, 'response': _listed(event['response'])}, ensure_ascii=False)}"
