"""OpenAI's description finds what is wrong with a request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assist2resp.sandbox.requestlog import LoggedRequest
from tests.sandbox.openapi import PATH
from tests.sandbox.openapi_requests import Requests

pytestmark = pytest.mark.skipif(not PATH.exists(), reason="OpenAI's description is not beside this repository")
param = pytest.param
PART = {"type": "input_text", "text": "x"}
ITEMS = "/v1/conversations/conv_1/items"


@pytest.fixture(scope="module")
def described() -> Requests:
    return Requests()


def request(method: str, path: str, body: Any = None) -> LoggedRequest:
    path, _, query = path.partition("?")
    content = json.dumps(body).encode() if body is not None else b""
    return LoggedRequest(method, path, query, {"content-type": "application/json"}, content)


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


@pytest.mark.parametrize(
    "sent",
    [
        param(request("POST", "/v1/responses", {"model": "gpt-5", "conversation": "conv_1"}), id="no input"),
        param(request("POST", "/v1/responses", {"input": [user([PART])]}), id="parts"),
        param(request("POST", ITEMS, {"items": [user("x")]}), id="a string"),
        param(request("GET", f"{ITEMS}?order=asc&limit=5&include[]=message.input_image.image_url"), id="a query"),
    ],
)
def test_allowed(sent: LoggedRequest, described: Requests) -> None:
    assert not list(described.violations(sent))


@pytest.mark.parametrize(
    "sent",
    [
        param(request("POST", "/v1/responses", {"input": [{"role": "run", "content": "x"}]}), id="a role"),
        param(request("POST", "/v1/responses", {"input": [user([{"type": "text", "text": "x"}])]}), id="an old part"),
        param(request("POST", "/v1/responses", {"tools": [{"type": "file_search"}]}), id="a tool without stores"),
        param(request("POST", "/v1/responses", {"truncation": "last"}), id="a word"),
        param(request("POST", ITEMS, {"items": [user("x")] * 21}), id="too many"),
        param(request("GET", f"{ITEMS}?order=down"), id="an order"),
        param(request("GET", f"{ITEMS}?before=msg_1"), id="a parameter"),
        param(request("POST", "/v1/conversations/conv_1/messages"), id="a route"),
    ],
)
def test_not_allowed(sent: LoggedRequest, described: Requests) -> None:
    assert list(described.violations(sent))
