"""The old surface: `threads(client)`, `assistants(client)` and `beta(client)` in place of `client.beta…`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar, overload

import openai
from openai import AsyncOpenAI, OpenAI
from openai.resources.beta import AsyncBeta, Beta
from openai.resources.beta.assistants import Assistants, AsyncAssistants
from openai.resources.beta.threads.messages import AsyncMessages, Messages
from openai.resources.beta.threads.runs import AsyncRuns, Runs
from openai.resources.beta.threads.runs.steps import AsyncSteps, Steps
from openai.resources.beta.threads.threads import AsyncThreads, Threads

from assist2resp.rewrite.support.parts.assistant_files import _AssistantFiles
from assist2resp.rewrite.support.parts.wire import _BLOCKING, _AsyncTransport, _Transport

_Resource = TypeVar("_Resource")


@overload
def threads(client: ModuleType) -> Any: ...
# region sync
@overload
def threads(client: OpenAI) -> Threads: ...
# endregion
# region async
@overload
def threads(client: AsyncOpenAI) -> AsyncThreads: ...
# endregion
@overload
def threads(client: Any) -> Any: ...
def threads(client: Any) -> Any:
    """What `client.beta.threads` was: threads, messages, runs and steps, kept in conversations and responses."""
    return _kept(client, "threads", _threads)


@overload
def assistants(client: ModuleType) -> Any: ...
# region sync
@overload
def assistants(client: OpenAI) -> Assistants: ...
# endregion
# region async
@overload
def assistants(client: AsyncOpenAI) -> AsyncAssistants: ...
# endregion
@overload
def assistants(client: Any) -> Any: ...
def assistants(client: Any) -> Any:
    """What `client.beta.assistants` was: the assistants, kept in a JSON file."""
    return _kept(client, "assistants", _assistants)


@overload
def beta(client: ModuleType) -> Any: ...
# region sync
@overload
def beta(client: OpenAI) -> Beta: ...
# endregion
# region async
@overload
def beta(client: AsyncOpenAI) -> AsyncBeta: ...
# endregion
@overload
def beta(client: Any) -> Any: ...
def beta(client: Any) -> Any:
    """What `client.beta` was, with the threads and assistants of this module."""
    return _kept(client, "beta", _beta)


def _own_client() -> OpenAI:
    """A client that the environment configures, where the program gives none."""
    return OpenAI()


def _kept(client: Any, name: str, make: Callable[[Any], Any]) -> Any:
    """Make a resource once per client; what is no client of OpenAI's (a mock, another SDK) has its own."""
    if client is not openai and not issubclass(type(client), (OpenAI, AsyncOpenAI)):
        return client.beta if name == "beta" else getattr(client.beta, name)
    made = vars(client).setdefault("_old_resources", {})
    if name not in made:
        made[name] = make(client)
    return made[name]


def _threads(client: Any) -> Any:
    # region async
    if isinstance(client, AsyncOpenAI):
        async_wire = _async_wire(client)
        async_runs = _resource(AsyncRuns, async_wire, steps=_resource(AsyncSteps, async_wire))
        return _resource(AsyncThreads, async_wire, runs=async_runs, messages=_resource(AsyncMessages, async_wire))
    # endregion
    # region sync
    wire = _wire(client)
    runs = _resource(Runs, wire, steps=_resource(Steps, wire))
    return _resource(Threads, wire, runs=runs, messages=_resource(Messages, wire))
    # endregion


def _assistants(client: Any) -> Any:
    # region async
    if isinstance(client, AsyncOpenAI):
        return _resource(AsyncAssistants, _async_wire(client))
    # endregion
    # region sync
    return _resource(Assistants, _wire(client))
    # endregion


def _beta(client: Any) -> Any:
    own = {
        "threads": threads(client),
        "assistants": assistants(client),
        "vector_stores": client.vector_stores,
    }
    # region async
    if isinstance(client, AsyncOpenAI):
        return _resource(AsyncBeta, client, **own)
    # endregion
    # region sync
    return _resource(Beta, getattr(openai.responses, "_client", client) if client is openai else client, **own)
    # endregion


def _resource(kind: type[_Resource], client: Any, **own: Any) -> _Resource:
    """A resource of the SDK on this client, without the warnings of an API that it does not call any more."""
    quiet = {name: inspect.unwrap(method) for name, method in vars(kind).items() if hasattr(method, "__deprecated__")}
    quiet_kind: Any = type(kind.__name__, (kind,), {**quiet, **own})
    made: _Resource = quiet_kind(client)
    # region v1_files
    if isinstance(made, (Assistants, AsyncAssistants)):
        vars(made)["files"] = _AssistantFiles(client)
    # endregion
    # region waiting
    for waiting, method in _WAITING.items():
        if hasattr(made, waiting):
            setattr(made, waiting, _until_ended(getattr(made, method)))
    # endregion
    return made


_WAITING = {
    "create_and_poll": "create",
    "create_and_run_poll": "create_and_run",
    "submit_tool_outputs_and_poll": "submit_tool_outputs",
}


def _until_ended(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method as one that waits for its run: no polls, since one request holds until the run has ended."""

    def waits(*args: Any, poll_interval_ms: Any = None, **kwargs: Any) -> Any:
        del poll_interval_ms
        # region background
        kwargs["extra_headers"] = {**(kwargs.get("extra_headers") or {}), _BLOCKING: "true"}
        # endregion
        return method(*args, **kwargs)

    return waits


# region sync
def _wire(client: Any) -> OpenAI:
    """A client for the SDK's classes of the old API: its requests go to `_Transport` and never to a network."""
    transport: Any = _Transport(client)
    http_client = openai.DefaultHttpxClient(transport=transport, trust_env=False)
    return OpenAI(api_key="none", base_url="http://assistants", http_client=http_client, max_retries=0, timeout=None)


# endregion
# region async
def _async_wire(client: Any) -> AsyncOpenAI:
    """A client for the SDK's classes of the old API: its requests go to `_AsyncTransport` and never to a network."""
    transport: Any = _AsyncTransport(client)
    http_client = openai.DefaultAsyncHttpxClient(transport=transport, trust_env=False)
    return AsyncOpenAI(
        api_key="none", base_url="http://assistants", http_client=http_client, max_retries=0, timeout=None
    )


# endregion
