"""The ASGI application of both APIs: the routes of `routes/*` behind authentication and one error boundary."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import date
from time import perf_counter
from types import ModuleType
from typing import Any, TypeAlias

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from assist2resp.plugins import discover
from assist2resp.sandbox.clock import Clock, WallClock
from assist2resp.sandbox.prompt import Answer, Prompt
from assist2resp.sandbox.requestlog import LoggedRequest
from assist2resp.sandbox.routing import Index
from assist2resp.sandbox.store import Record, Store
from assist2resp.sandbox.wire import Ids, WireError, not_found

BEFORE_SUNSET = date(2026, 8, 25)
ADMIN_KEY = "sk-admin-"
"""How the keys of administrators begin."""
AFTER_SUNSET = date(2026, 11, 21)


@dataclass(frozen=True)
class Settings:
    """How one sandbox behaves. Seconds are the durations of a run's or a response's states."""

    sunset: bool = False
    today: date | None = None
    api_key: str | None = None
    seed: str = ""
    queued_seconds: float = 0.02
    step_seconds: float = 0.02
    poll_after_ms: int = 20
    action_seconds: float = 600.0


def _deterministic_model(prompt: Prompt) -> Answer:
    from assist2resp.sandbox import model

    return model.answer(prompt)


@dataclass
class World:
    """What every route works on: one sandbox's objects, ids, clock, settings and model."""

    store: Store = field(default_factory=Store)
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=WallClock)
    script: Callable[[Prompt], Answer | None] | None = None
    model: Callable[[Prompt], Answer] = _deterministic_model
    failures: list[BaseException] = field(default_factory=list)
    """Exceptions that nobody expected: each was answered by a 500 or ended a background task."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    working: set[str] = field(default_factory=set)
    """Ids of the runs and responses that a background task is working on in this process."""
    requests: list[LoggedRequest] = field(default_factory=list)
    """What was received, newest last; written by the gate."""
    listeners: dict[str, list[asyncio.Queue[bytes | None]]] = field(default_factory=dict)
    """Open event streams by run or response: encoded events, then None."""
    ids: Ids = field(init=False)

    def __post_init__(self) -> None:
        self.ids = Ids(self.settings.seed, self.store.counters)

    @property
    def today(self) -> date:
        """The date that decides which models are retired."""
        return self.settings.today or (AFTER_SUNSET if self.settings.sunset else BEFORE_SUNSET)

    def seconds(self) -> int:
        """The time as `created_at` and its like state it."""
        return int(self.clock.now())

    async def answer(self, prompt: Prompt) -> Answer:
        """The script's answer if a script is loaded and has one, else the deterministic model's."""
        scripted = self.script(prompt) if self.script is not None else None
        return scripted if scripted is not None else self.model(prompt)

    def need(self, table: str, kind: str, object_id: str, *, parent: str | None = None) -> Record:
        """The object of this id (and of this parent), or the 404 that names it a `kind`."""
        record = self.store.table(table).get(object_id)
        if record is None or (parent is not None and record.parent != parent):
            raise not_found(kind, object_id)
        return record

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` in the background; an exception that leaves it is kept in `failures`."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failures.append(error)

    async def close(self) -> None:
        """Stop what still runs in the background and close the store."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.store.close()


Handler: TypeAlias = Callable[[World, Request], Awaitable[Response]]


def create_app(world: World) -> Starlette:
    """The application over `world`. Each module of `routes` is a plug-in.

    A module has ROUTES (method, path, handler), and may have OLD (Assistants: beta header, 404 after the sunset), ADMIN
    (needs an administrator's key) and PREFIX (default `/v1`; anything else is the sandbox's own and needs no key).
    """
    requests = itertools.count(1)
    routes = [
        Route(_prefix(module) + path, _endpoint(world, module, handler, requests), methods=[method])
        for module in discover("assist2resp.sandbox.routes")
        for method, path, handler in module.ROUTES
    ]
    app = Starlette(routes=[Index(routes)], exception_handlers={404: _no_such_url, 405: _no_such_method})
    app.router.redirect_slashes = False
    app.state.world = world
    return app


def _prefix(module: ModuleType) -> str:
    return str(getattr(module, "PREFIX", "/v1"))


def _endpoint(
    world: World, module: ModuleType, handler: Handler, requests: itertools.count[int]
) -> Callable[[Request], Awaitable[Response]]:
    """One route's endpoint: the only place where an exception becomes a response."""
    guards = _guards(module)

    async def endpoint(request: Request) -> Response:
        started = perf_counter()
        try:
            for guard in guards:
                guard(world, request)
            response = await handler(world, request)
        except WireError as error:
            response = error.response()
        except ClientDisconnect:
            response = _server_error().response()  # nobody is there to read it, and the sandbox did not fail
        except Exception as error:  # noqa: BLE001 - the one boundary: the failure is kept for whoever asserts on it
            world.failures.append(error)
            response = _server_error().response()
        milliseconds = int((perf_counter() - started) * 1000)
        response.raw_headers += [
            (b"openai-version", b"2020-10-01"),
            (b"openai-processing-ms", b"%d" % milliseconds),
            (b"x-request-id", b"req_%032x" % next(requests)),
        ]
        return response

    return endpoint


def _guards(module: ModuleType) -> list[Callable[[World, Request], None]]:
    guards: list[Callable[[World, Request], None]] = []
    if _prefix(module) == "/v1":
        guards.append(_check_admin_key if getattr(module, "ADMIN", False) else _check_key)
    if getattr(module, "OLD", False):
        guards += [_check_sunset, _check_beta_header]
    return guards


def _check_key(world: World, request: Request) -> None:
    key = _given_key(request)
    if world.settings.api_key is not None and key != world.settings.api_key and not _is_of_account(world, key):
        text = f"Incorrect API key provided: {_masked(key)}. You can find your API key at "
        raise WireError(401, text + "https://platform.openai.com/account/api-keys.", code="invalid_api_key")


def _check_admin_key(_world: World, request: Request) -> None:
    if not _given_key(request).startswith(ADMIN_KEY):
        text = "You have insufficient permissions for this operation. Missing scopes: api.management.read."
        raise WireError(403, text, code="missing_scope")


def _is_of_account(world: World, key: str) -> bool:
    return any(record.private.get("key") == key for record in world.store.table("service_accounts").all())


def _given_key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip() if scheme.lower() == "bearer" else request.headers.get("api-key", "")
    if not key:
        raise WireError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're "
            "accessing the API from your browser and are prompted for a username and password. You can obtain an API "
            "key from https://platform.openai.com/account/api-keys.",
        )
    return key


def _masked(key: str) -> str:
    """A key as the API's error quotes it: the first eight and the last four characters."""
    return key[:8] + "*" * (len(key) - 12) + key[-4:] if len(key) > 12 else "*" * len(key)


def _check_sunset(world: World, request: Request) -> None:
    if world.settings.sunset:
        raise _invalid_url(request)


def _check_beta_header(_world: World, request: Request) -> None:
    versions = [part.strip() for part in request.headers.get("openai-beta", "").split(",")]
    if "assistants=v2" in versions:
        return
    advice = "Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    if "assistants=v1" in versions:
        guide = "See the migration guide for more information: https://platform.openai.com/docs/assistants/migration."
        raise WireError(400, f"The v1 Assistants API has been deprecated. {advice} {guide}", code="invalid_beta")
    text = "You must provide the 'OpenAI-Beta' header to access the Assistants API."
    raise WireError(400, f"{text} {advice}", code="invalid_beta")


def _invalid_url(request: Request) -> WireError:
    return WireError(404, f"Invalid URL ({request.method} {request.url.path})")


def _server_error() -> WireError:
    text = "The server had an error while processing your request. Sorry about that!"
    return WireError(500, text, type="server_error")


async def _no_such_url(request: Request, _error: Exception) -> Response:
    return _invalid_url(request).response()


async def _no_such_method(request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    text = f"Invalid method for URL ({request.method} {request.url.path})"
    return WireError(405, text, headers=headers).response()
