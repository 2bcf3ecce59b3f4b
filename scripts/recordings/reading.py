"""Reads recordings of HTTP traffic: VCR for Python and for Ruby, HAR, and single interactions, as YAML or JSON.

Recordings are untrusted: the safe loader only, and a file that cannot be read is a value, not an exception.
Formats: https://vcrpy.readthedocs.io, https://benoittgt.github.io/vcr, http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import yaml

SUFFIXES = {".yaml", ".yml", ".json", ".har"}


@dataclass(frozen=True)
class Interaction:
    """One recorded exchange, its bodies as bytes without any transfer or content encoding."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes

    @property
    def parts(self) -> SplitResult:
        """The URL in its parts."""
        return urlsplit(self.url)

    @property
    def day(self) -> date | None:
        """The day of the recording, by the answer's own clock."""
        text = self.answer_headers.get("date")
        try:
            return email.utils.parsedate_to_datetime(text).date() if text else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Recording:
    """The interactions of one file in order, or the reason why it could not be read."""

    name: str
    interactions: tuple[Interaction, ...] = ()
    problem: str = ""


class Loader(yaml.SafeLoader):
    """The safe loader that also takes Ruby's own tags, as the plain values that they mark."""


def _ruby_value(loader: Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else None


def _binary(_loader: Loader, node: yaml.ScalarNode) -> bytes:
    return base64.b64decode(node.value)


Loader.add_constructor("!binary", _binary)
Loader.add_multi_constructor("!ruby/", _ruby_value)
Loader.add_multi_constructor("tag:ruby.yaml.org,2002:", _ruby_value)
Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:timestamp"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_folder(folder: Path) -> Iterator[Recording]:
    """Every recording below `folder`, in the order of their names; other files are passed over."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            recording = read_file(path, str(path.relative_to(folder)))
            if recording.interactions or recording.problem:
                yield recording


def read_file(path: Path, name: str = "") -> Recording:
    """The recording in one file; a document of another kind has no interactions and no problem."""
    try:
        text = path.read_text(encoding="utf-8")
        document = json.loads(text) if path.suffix == ".json" and text.lstrip()[:1] in "{[" else yaml.load(text, Loader)
        return Recording(name or path.name, tuple(_interactions(document)))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError, zlib.error, EOFError) as error:
        return Recording(name or path.name, problem=f"{type(error).__name__}: {str(error).splitlines()[0][:200]}")


def _interactions(document: Any) -> Iterator[Interaction]:
    if not isinstance(document, dict):
        return
    for row in document.get("interactions") or document.get("http_interactions") or ():
        yield _vcr(row["request"], row["response"])
    for entry in (document.get("log") or {}).get("entries") or ():
        yield _har(entry["request"], entry["response"])
    if "request" in document and "response" in document:
        yield _vcr(document["request"], document["response"])


def _vcr(request: dict[str, Any], response: dict[str, Any]) -> Interaction:
    headers = _headers(request.get("headers"))
    answer_headers = _headers(response.get("headers"))
    status = response["status"] if "status" in response else response["status_code"]
    body = _decoded(_body(request.get("body", request.get("parsed_body"))), headers)
    shown = next((response[key] for key in ("body", "content", "parsed_body") if key in response), None)
    return Interaction(
        method=str(request["method"]).upper(),
        url=str(request.get("uri") or request["url"]),
        headers=headers,
        body=body,
        status=int(status["code"] if isinstance(status, dict) else status),
        answer_headers=answer_headers,
        answer=_decoded(_body(shown), answer_headers),
    )


def _har(request: dict[str, Any], response: dict[str, Any]) -> Interaction:
    content = response.get("content") or {}
    text = str(content.get("text") or "")
    answer = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
    answer_headers = _headers(response.get("headers"))
    return Interaction(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        headers=_headers(request.get("headers")),
        body=str((request.get("postData") or {}).get("text") or "").encode(),
        status=int(response["status"]),
        answer_headers=answer_headers,
        answer=_decoded(answer, answer_headers),
    )


def _headers(shown: Any) -> dict[str, str]:
    if isinstance(shown, list):
        shown = {row["name"]: row["value"] for row in shown}
    return {
        str(name).lower(): str(value[0] if isinstance(value, list) and value else value or "")
        for name, value in (shown or {}).items()
    }


def _body(shown: Any) -> bytes:
    if isinstance(shown, dict) and ({"string", "base64_string"} & set(shown)):
        if "base64_string" in shown:
            return base64.b64decode(shown["base64_string"])
        shown = shown["string"]
    if isinstance(shown, bytes):
        return shown
    if isinstance(shown, str):
        return shown.encode()
    return b"" if shown is None else json.dumps(shown).encode()


def _decoded(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Undo a content encoding that the recording kept; a body already decoded stays as it is."""
    if body[:2] == b"\x1f\x8b":
        return gzip.decompress(body)
    if "deflate" in headers.get("content-encoding", ""):
        try:
            return zlib.decompress(body)
        except zlib.error:
            return body
    return body


def json_of(body: bytes) -> Any:
    """The JSON value of a body, or None when it is not JSON."""
    try:
        return json.loads(body)
    except (ValueError, UnicodeDecodeError, binascii.Error):
        return None


def epoch_day(seconds: float) -> date:
    """The day of a UNIX time."""
    return datetime.fromtimestamp(seconds, UTC).date()
