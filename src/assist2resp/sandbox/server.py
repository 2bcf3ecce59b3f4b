"""A sandbox that runs: its world, its event loop, and an HTTP server on a free port or none at all."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from assist2resp.sandbox import script as scripts
from assist2resp.sandbox import seed as seeds
from assist2resp.sandbox import serving
from assist2resp.sandbox.app import Settings, World, create_app
from assist2resp.sandbox.clock import Clock, WallClock
from assist2resp.sandbox.faults import FaultPlan, read_faults
from assist2resp.sandbox.gate import Gate
from assist2resp.sandbox.loop import LoopThread
from assist2resp.sandbox.noise import Noise
from assist2resp.sandbox.requestlog import LoggedRequest
from assist2resp.sandbox.store import Store
from assist2resp.sandbox.transport import async_transport, sync_transport

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

NOWHERE = "http://sandbox.invalid/v1"
"""The base URL of a sandbox without a socket; only its own transports lead there."""


class Sandbox:
    """A running sandbox. `url` is the base URL for an OpenAI client; `requests` is what it has received."""

    def __init__(self, world: World, faults: FaultPlan | None = None) -> None:
        self.world = world
        self.url = NOWHERE
        self.requests: list[LoggedRequest] = world.requests
        self._loop = LoopThread("assist2resp-sandbox")
        self._app = Gate(create_app(world), self.requests, faults)
        self._server: uvicorn.Server | None = None
        self._clients: list[OpenAI] = []

    @property
    def failures(self) -> list[BaseException]:
        """Exceptions inside the sandbox that nobody expected; each is a defect of the sandbox."""
        return self.world.failures

    @property
    def azure_url(self) -> str:
        """The `azure_endpoint` for an AzureOpenAI client."""
        return self.url.removesuffix("/v1")

    def listen(self, listener: socket.socket) -> None:
        """Serve HTTP on a socket that listens."""
        self._server = self._loop.call(serving.start(self._app, listener))
        name, number = listener.getsockname()[:2]
        self.url = f"http://[{name}]:{number}/v1" if ":" in name else f"http://{name}:{number}/v1"

    def client(self, **options: Any) -> OpenAI:
        """A client of this sandbox, closed with it; options as for `openai.OpenAI`."""
        import openai

        if self._server is None:
            options.setdefault("http_client", openai.DefaultHttpxClient(transport=self.transport()))
        client = openai.OpenAI(**{"base_url": self.url, "api_key": "sk-sandbox", **options})
        self._clients.append(client)
        return client

    def async_client(self, **options: Any) -> AsyncOpenAI:
        """An asyncio client of this sandbox, to be closed by the caller; options as for `openai.AsyncOpenAI`."""
        import openai

        if self._server is None:
            options.setdefault("http_client", openai.DefaultAsyncHttpxClient(transport=self.async_transport()))
        return openai.AsyncOpenAI(**{"base_url": self.url, "api_key": "sk-sandbox", **options})

    def transport(self) -> Any:
        """A transport for `openai.DefaultHttpxClient(transport=…)` that needs no socket."""
        return sync_transport(_http_library(), self._app, self._loop)

    def async_transport(self) -> Any:
        """A transport for `openai.DefaultAsyncHttpxClient(transport=…)` that needs no socket."""
        return async_transport(_http_library(), self._app, self._loop)

    def plant(self, seed: seeds.Seed) -> None:
        """Make the objects of a seed that was read, all of them or none."""
        with self.world.store.transaction():
            self._loop.call(seeds.plant(self.world, seed))

    def close(self) -> None:
        """Stop serving, and close clients, store and event loop."""
        for client in self._clients:
            client.close()
        if self._server is not None:
            self._loop.call(serving.stop(self._server))
        self._loop.call(self.world.close())
        self._loop.close()


@contextmanager
def sandbox(
    *,
    sunset: bool = False,
    seed: seeds.Source | None = None,
    script: scripts.Source | None = None,
    faults: str | Path | FaultPlan | None = None,
    state: str | Path | None = None,
    noise: int | None = None,
    today: date | None = None,
    clock: Clock | None = None,
    api_key: str | None = None,
    settings: Settings | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    in_process: bool = False,
) -> Iterator[Sandbox]:
    """Run a sandbox while the block runs.

    `sunset` answers the Assistants routes with 404; `seed`, `script` and `faults` are files or what they would hold;
    `state` is a SQLite file that outlives the sandbox; `noise` is the seed of a model that does not say the same twice
    (`sandbox.noise`); `today` decides which models are retired. `settings` replaces
    `sunset`, `today` and `api_key` at once. With `in_process` nothing listens: use `client()` or `transport()`.
    """
    chosen = settings or Settings(sunset=sunset, today=today, api_key=api_key)
    plan = read_faults(faults) if isinstance(faults, str | Path) else faults
    scripted = scripts.read_script(script) if script is not None else None
    planted = seeds.read_seed(seed) if seed is not None else {}
    with ExitStack() as stack:
        listener = None if in_process else stack.enter_context(serving.listener(host, port))
        world = World(_store(state), chosen, clock or WallClock(), scripted)
        if noise is not None:
            world.model = Noise(world.model, noise)
        server = Sandbox(world, plan)
        stack.callback(server.close)
        server.plant(planted)
        if listener is not None:
            server.listen(listener)
        yield server


def _store(state: str | Path | None) -> Store:
    return Store(Path(state) if state is not None else None)


def _http_library() -> Any:
    """The module that the installed SDK's clients are made of: httpx or httpx2."""
    import openai

    client = next(base for base in openai.DefaultHttpxClient.__mro__ if base.__name__ == "Client")
    return importlib.import_module(client.__module__.partition(".")[0])
