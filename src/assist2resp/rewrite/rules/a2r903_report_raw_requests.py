"""A2R903: requests to the Assistants API that go past the SDK."""

from __future__ import annotations

import re
from collections.abc import Iterable

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._base import Context, Sight
from assist2resp.rewrite.syntax.nodes import argument, dotted, positional, string_value
from assist2resp.rewrite.values.constants import Constants
from assist2resp.rewrite.values.kinds import Class, Method
from assist2resp.schema.findings import Level

_CALLERS = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream", "fetch", "send", "build_request"}
    | {"urlopen", "Request", "ClientSession", "Client", "AsyncClient", "Session", "open"}
)
_OLD_URL = re.compile(
    r"https?://(?:[\w.-]*\.)?(?:openai\.com/v1|openai\.azure\.com/+openai(?:/v1)?)/+(?:threads|assistants)\b"
)
_OTHER_URL = re.compile(r"https?://(?:[\w.-]*\.)?(?:openai\.com/v1|openai\.azure\.com/+openai(?:/v1)?)/+\w")
_HEADER = "openai-beta"
_MESSAGE = (
    "this request goes to the Assistants API, which answers 404; send /v1/responses and /v1/conversations in its place, "
    "or call the openai package and run assist2resp on that."
)


class ReportRawRequests:
    """Requests by `requests`, `httpx`, `aiohttp` or `urllib` are found by their address or their beta header.

    What: calls whose address is `https://api.openai.com/v1/threads…` or `…/assistants…` (Azure's too), through constants
    and f-strings, and calls that send `OpenAI-Beta: assistants=v2`, unless
    their address is known and another, such as `/v1/vector_stores`, which lives on.
    Why: they fail as the SDK's do, and look like any other request.
    Safety: nothing changes; another service's `/v1/threads` is no match, since neither its host nor its headers are.
    Known problems: an address that only the environment knows, without the header, is not seen.
    See: https://platform.openai.com/docs/assistants/migration
    """

    code = "A2R903"
    title = "report raw requests"
    level = Level.MANUAL
    CASES = (
        (
            'import requests\n\nrequests.post("https://api.openai.com/v1/threads", json={})\n',
            'import requests\n\nrequests.post("https://api.openai.com/v1/threads", json={})\n',
        ),
        (
            'import requests\n\nrequests.post("https://forum.example.com/v1/threads", json={})\n',
            'import requests\n\nrequests.post("https://forum.example.com/v1/threads", json={})\n',
        ),
    )

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """The raw requests of the file."""
        constants = Constants(context.inference)
        for call in file.scopes.calls:
            if not _sends(call, file, constants):
                continue
            if _goes_to(_OLD_URL, call, file, constants) or (
                _is_headed(call, file, constants) and not _goes_to(_OTHER_URL, call, file, constants)
            ):
                yield Sight(file, call, Level.MANUAL, _MESSAGE, dotted(call.func) or "")


def _sends(call: cst.Call, file: SourceFile, constants: Constants) -> bool:
    name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
    if not isinstance(name, cst.Name):
        return False
    if name.value == "update":  # session.headers.update(…)
        return (dotted(call.func) or "").endswith("headers.update")
    return name.value in _CALLERS and not isinstance(constants.inference.kind(call.func, file), (Method, Class))


def _goes_to(address: re.Pattern[str], call: cst.Call, file: SourceFile, constants: Constants) -> bool:
    named = [argument(call, name) for name in ("url", "base_url")]
    return any(
        address.match(constants.text(node, file)) for node in [*positional(call)[:2], *named] if node is not None
    )


def _is_headed(call: cst.Call, file: SourceFile, constants: Constants) -> bool:
    given = argument(call, "headers")
    if given is None and (dotted(call.func) or "").endswith("headers.update"):
        given = next(iter(positional(call)), None)
    return given is not None and any(
        _has_header(node, source, constants) for source, node in constants.nodes(given, file)
    )


def _has_header(node: cst.CSTNode, file: SourceFile, constants: Constants, depth: int = 0) -> bool:
    if not isinstance(node, cst.Dict) or depth > 3:
        return False
    for element in node.elements:
        if isinstance(element, cst.StarredDictElement):
            if any(_has_header(n, f, constants, depth + 1) for f, n in constants.nodes(element.value, file)):
                return True
        elif isinstance(element, cst.DictElement) and (string_value(element.key) or "").lower() == _HEADER:
            return constants.text(element.value, file).startswith("assistants=")
    return False
