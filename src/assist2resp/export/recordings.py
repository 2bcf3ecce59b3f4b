"""Reads recordings of HTTP traffic: VCR for Python and Ruby as YAML or JSON, and HAR. They are untrusted.

Formats: https://vcrpy.readthedocs.io, https://benoittgt.github.io/vcr, http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from assist2resp.export.verbatim import dumped, value_of
from assist2resp.schema.manifest import MANIFEST

SUFFIXES = (".yaml", ".yml", ".json", ".har")
_BEGINS = re.compile(
    r"""^(?:(?:http_)?interactions|log|request):|\A\s*\{\s*"(?:(?:http_)?interactions|log|request|version)"\s*:""",
    re.MULTILINE,
)
_BEGINNING = 4096
_LARGEST = 256 * 2**20
"""The size of a body that is taken for a bomb when it is unpacked."""


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, without any content encoding."""

    method: str
    path: str
    status: int
    answer: bytes
    is_stream: bool


class _Loader(yaml.SafeLoader):
    """The safe loader that takes Ruby's own tags as the plain values that they mark."""


def _ruby_value(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


def _binary(_loader: _Loader, node: yaml.ScalarNode) -> bytes:
    return base64.b64decode(node.value)


_Loader.add_constructor("!binary", _binary)
_Loader.add_multi_constructor("!ruby/", _ruby_value)
_Loader.add_multi_constructor("tag:ruby.yaml.org,2002:", _ruby_value)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_exchanges(path: Path) -> Iterator[Exchange]:
    """The exchanges of a file in order; a ValueError says why it is no recording."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = value_of(text) if text.lstrip()[:1] == "{" else yaml.load(text, _Loader)  # noqa: S506 - a safe one
    except (OSError, yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from None
    if not isinstance(document, dict):
        raise ValueError("it is no recording")  # noqa: TRY004 - the data are wrong
    rows = list(_rows(document))
    for number, row in enumerate(rows, start=1):
        try:
            yield _exchange(row["request"], row["response"])
        except (KeyError, TypeError, AttributeError, OSError, EOFError, zlib.error) as error:
            raise ValueError(f"exchange {number}: {type(error).__name__}: {error}") from None


def is_recording(path: Path) -> bool:
    """Whether a path is a recording by its beginning, or a folder of such files and of nothing else that is known."""
    if path.is_dir():
        inner = [one for one in sorted(path.rglob("*")) if one.suffix.lower() in SUFFIXES]
        return not (path / MANIFEST).exists() and bool(inner) and all(is_recording(one) for one in inner)
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return _BEGINS.search(file.read(_BEGINNING)) is not None


def _rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document.get("interactions") or document.get("http_interactions") or ()
    log = document.get("log")
    yield from (log.get("entries") or ()) if isinstance(log, dict) else ()
    if "request" in document and "response" in document:
        yield dict(document)
    elif not {"interactions", "http_interactions", "log"} & document.keys():
        raise ValueError("it is no recording of VCR and no HAR")


def _exchange(request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    headers = _headers(response.get("headers"))
    status = response["status"] if "status" in response else response["status_code"]
    answer = _decoded(_body(response), headers)
    return Exchange(
        method=str(request["method"]).upper(),
        path=urlsplit(str(request.get("uri") or request["url"])).path,
        status=int(status["code"] if isinstance(status, dict) else status),
        answer=answer,
        is_stream="text/event-stream" in headers.get("content-type", "") or answer.startswith(b"event: "),
    )


def _headers(shown: Any) -> dict[str, str]:
    if isinstance(shown, list):
        shown = {row["name"]: row["value"] for row in shown}
    return {
        str(name).lower(): str(value[0] if isinstance(value, list) and value else value or "")
        for name, value in (shown or {}).items()
    }


def _body(response: Mapping[str, Any]) -> bytes:
    shown = next((response[key] for key in ("content", "body", "parsed_body") if response.get(key) is not None), None)
    if isinstance(shown, dict) and shown.get("encoding") == "base64" and "text" in shown:
        return base64.b64decode(shown["text"])
    if isinstance(shown, dict):
        if "base64_string" in shown:
            return base64.b64decode(shown["base64_string"])
        if {"text", "string"} & shown.keys():
            shown = shown.get("text", shown.get("string"))
    if isinstance(shown, bytes):
        return shown
    if isinstance(shown, str):
        return shown.encode("utf-8", "replace")
    if _size(shown, {}) > _LARGEST:
        raise ValueError(f"a body of more than {_LARGEST} values when written out")
    return b"" if shown is None else dumped(shown).encode()


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values a value holds when each alias is written out; those are counted, not walked."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        known[id(value)] = _LARGEST  # a value within itself is endless
        inner = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(entry, known) for entry in inner)
    return known[id(value)]


def _decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Undo a content encoding that the recording kept; a body already decoded stays as it is."""
    if body[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
            return _bounded(file.read(_LARGEST + 1))
    if "deflate" in headers.get("content-encoding", ""):
        try:
            return _bounded(zlib.decompressobj().decompress(body, _LARGEST + 1))
        except zlib.error:
            return body
    return body


def _bounded(body: bytes) -> bytes:
    if len(body) > _LARGEST:
        raise ValueError(f"a body of more than {_LARGEST} bytes when unpacked")
    return body
