"""Every method of the real SDK that speaks to either API parses the sandbox's answers under strict validation.

The methods are found by reflection, so that a method of a newer SDK which this test does not call fails it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI
from openai._base_client import AsyncPaginator, BaseAsyncPage, BaseSyncPage
from openai._legacy_response import HttpxBinaryResponseContent, LegacyAPIResponse
from openai._resource import AsyncAPIResource, SyncAPIResource
from openai._response import AsyncStreamedBinaryAPIResponse, StreamedBinaryAPIResponse
from openai._streaming import AsyncStream, Stream

from assist2resp.sandbox.server import Sandbox, sandbox
from tests.sandbox.sdk_calls import CALLS, EXEMPT
from tests.sandbox.sdk_scene import Scene

ROOTS = (
    "beta.assistants",
    "beta.threads",
    "responses",
    "conversations",
    "containers",
    "files",
    "vector_stores",
    "models",
)
MODES = ("parsed", "raw", "streamed", "events", "raw events")
pytestmark = [
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings(r"ignore:The `\.content\(\)` method:DeprecationWarning"),
]


def get(root: Any, dotted: str) -> Any:
    return reduce(getattr, dotted.split("."), root)


def methods(client: OpenAI | AsyncOpenAI) -> dict[str, Any]:
    """The public methods below ROOTS by their dotted names."""

    def below(resource: Any, name: str) -> Iterator[tuple[str, Any]]:
        for attribute in dir(type(resource)):
            if attribute.startswith("_") or attribute in {"with_raw_response", "with_streaming_response"}:
                continue
            static = inspect.getattr_static(type(resource), attribute)
            value = getattr(resource, attribute)
            if isinstance(value, SyncAPIResource | AsyncAPIResource):
                yield from below(value, f"{name}.{attribute}")
            elif callable(static):
                yield f"{name}.{attribute}", value

    return dict(pair for root in ROOTS for pair in below(get(client, root), root))


SYNC = methods(OpenAI(api_key="sk"))
ASYNC = methods(AsyncOpenAI(api_key="sk"))


def case(name: str) -> str:
    """The method of a case: its name without brackets."""
    return name.partition("[")[0]


def has_mode(client: Any, name: str, mode: str) -> bool:
    resource, _, method = case(name).rpartition(".")
    wrapped = {"raw": "with_raw_response", "streamed": "with_streaming_response", "raw events": "with_raw_response"}
    if mode in wrapped and not hasattr(getattr(get(client, resource), wrapped[mode]), method):
        return False
    if mode in {"events", "raw events"}:
        return "stream" in inspect.signature(SYNC[case(name)]).parameters and method != "parse"
    return True


def cases(client: Any) -> list[tuple[str, str]]:
    return [(name, mode) for name in CALLS if case(name) in SYNC for mode in MODES if has_mode(client, name, mode)]


def test_every_method_of_the_sdk_is_called() -> None:
    assert set(SYNC) == set(ASYNC)
    assert set(SYNC) == {case(name) for name in CALLS} | set(EXEMPT)


@pytest.fixture
def server() -> Iterator[Sandbox]:
    with sandbox(in_process=True) as running:
        yield running
        assert running.failures == []


def wrapper(client: Any, name: str, mode: str) -> Any:
    resource, _, method = case(name).rpartition(".")
    twin = {"raw": "with_raw_response", "raw events": "with_raw_response", "streamed": "with_streaming_response"}
    owner = get(client, resource)
    return getattr(getattr(owner, twin[mode]) if mode in twin else owner, method)


@pytest.mark.parametrize(("name", "mode"), cases(OpenAI(api_key="sk")))
def test_sync_method_parses(server: Sandbox, name: str, mode: str) -> None:
    client = server.client(_strict_response_validation=True, max_retries=0)
    arguments = CALLS[name](Scene(server.client()))
    if "events" in mode:
        arguments["stream"] = True
    made = wrapper(client, name, mode)(**arguments)
    if mode == "streamed":
        with made as response:
            made = response.read() if isinstance(response, StreamedBinaryAPIResponse) else response.parse()
    if isinstance(made, LegacyAPIResponse):
        made = made.parse()
    consume(made)


def consume(made: Any) -> None:
    """Read to its end whatever a method returned."""
    if isinstance(made, BaseSyncPage | Stream):
        assert list(made)
    elif isinstance(made, HttpxBinaryResponseContent):
        assert made.read()
    elif hasattr(made, "__enter__"):
        with made as stream:
            assert list(stream)
    elif made is not None:  # the SDK reads no body of some deletions
        assert made


@pytest.mark.parametrize(("name", "mode"), cases(AsyncOpenAI(api_key="sk")))
async def test_async_method_parses(server: Sandbox, name: str, mode: str) -> None:
    arguments = CALLS[name](Scene(server.client()))
    if "events" in mode:
        arguments["stream"] = True
    async with server.async_client(_strict_response_validation=True, max_retries=0) as client:
        made = wrapper(client, name, mode)(**arguments)
        if mode == "streamed":
            async with made as response:
                binary = isinstance(response, AsyncStreamedBinaryAPIResponse)
                made = await response.read() if binary else await response.parse()
        elif inspect.isawaitable(made) and not isinstance(made, AsyncPaginator):
            made = await made
        if isinstance(made, LegacyAPIResponse):
            made = made.parse()
        await consume_async(made)


async def consume_async(made: Any) -> None:
    if isinstance(made, AsyncPaginator | BaseAsyncPage | AsyncStream):
        assert [row async for row in made]
    elif isinstance(made, HttpxBinaryResponseContent):
        assert made.read()
    elif hasattr(made, "__aenter__"):
        async with made as stream:
            assert [event async for event in stream]
    elif made is not None:  # the SDK reads no body of some deletions
        assert made
