"""Renders pages. Whatever an archive says is text: it is escaped, and no page has a script or asks any server.

The policy of every page lets it load its own style and images from where it lies, and nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from assist2resp.browse.catalogue import Catalogue, FileEntry
from assist2resp.browse.index import Thread
from assist2resp.browse.view import Turn, losses_of, pretty, turns_of
from assist2resp.schema.archive import ConversationRecord
from assist2resp.schema.counts import counted
from assist2resp.schema.moments import shown

TURNS_A_PAGE = 200
SHOWN_CHARACTERS = 100_000
"""Characters of one text that a page shows."""
IMAGES = {".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp"}
_MAGIC = ((b"\x89PNG\r\n\x1a\n", ".png"), (b"\xff\xd8\xff", ".jpg"), (b"GIF8", ".gif"))
_TEMPLATES = Path(__file__).with_name("templates")
_STYLE = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
)


@dataclass(frozen=True)
class Links:
    """Where one page finds the others."""

    threads: Callable[[int], str]
    """A page of the list of threads, from 1."""
    thread: Callable[[Thread, int, str], str]
    """A page of a thread, from 1, at an anchor."""
    file: Callable[[FileEntry], str | None]
    """The bytes of a file, or None if they are not at hand."""
    text: Callable[[Thread, str], str] | None
    """The whole of a long text, by the thread and the anchor, where there is such a page."""
    page: Callable[[str], str] | None
    """`assistants`, `files` or `about`, where there are such pages."""
    search: str | None
    """Where a search is asked for, if anywhere."""


def image_type(start: bytes) -> str | None:
    """The suffix of an image that browsers show, by its first bytes; what else it calls itself does not matter."""
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for magic, suffix in _MAGIC if start.startswith(magic)), None)


def readable(value: Any) -> Any:
    """A text with pictures in the place of control characters, which would be invisible or refused."""
    if not isinstance(value, str) or isinstance(value, Markup) or not _CONTROL.search(value):
        return value
    return _CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])) if found[0] < " " else "\ufffd", value)


class Pages:
    """Every page of one archive."""

    def __init__(self, catalogue: Catalogue, links: Links) -> None:
        self._catalogue = catalogue
        self._links = links
        self._environment = _environment()

    def render(self, template: str, **values: Any) -> str:
        """A page."""
        catalogue = self._catalogue
        return self._environment.get_template(f"{template}.html").render(
            **values,
            links=self._links,
            archive=catalogue.shelf.folder.name,
            manifest=catalogue.shelf.manifest,
            file=self._shown_file,
            policy=POLICY,
            style=Markup(_STYLE),  # noqa: S704 - our own file
        )

    def thread(self, thread: Thread, page: int) -> str | None:
        """A page of a thread."""
        record = self._catalogue.record(thread)
        turns = self.turns(record)
        pages = max(1, -(-len(turns) // TURNS_A_PAGE))
        if not 1 <= page <= pages:
            return None
        shown_turns = turns[(page - 1) * TURNS_A_PAGE : page * TURNS_A_PAGE]
        return self.render(
            "thread",
            title=thread.title,
            thread=thread,
            record=record,
            turns=shown_turns,
            page=page,
            pages=pages,
            losses=losses_of(record.losses),
        )

    def turns(self, record: ConversationRecord) -> list[Turn]:
        """The turns of a thread."""
        return turns_of(record, _Names(self._catalogue))

    def page_of(self, thread: Thread, anchor: str) -> int:
        """The page of a thread that an anchor is on."""
        anchors = [turn.anchor for turn in self.turns(self._catalogue.record(thread))]
        return anchors.index(anchor) // TURNS_A_PAGE + 1 if anchor in anchors else 1

    def assistants(self) -> str:
        """The page of the assistants."""
        prompts = [(prompt, losses_of(prompt.losses)) for prompt in self._catalogue.shelf.prompts()]
        return self.render("assistants", title="Assistants", prompts=prompts)

    def about(self) -> str:
        """The page of what the archive holds and lacks."""
        return self.render("about", title="About this archive", stores=list(self._catalogue.shelf.stores()))

    def _shown_file(self, file_id: str) -> dict[str, Any]:
        """What a page says of a file: its name, its address if its bytes are at hand, and whether it is an image."""
        entry = self._catalogue.file(file_id)
        if entry is None:
            return {"id": file_id, "name": file_id, "address": None, "is_image": False}
        path = self._catalogue.shelf.bytes_of(entry.path) if entry.path else None
        is_image = path is not None and _is_image(path)
        address = self._links.file(entry) if path is not None else None
        return {"id": file_id, "name": entry.name or file_id, "address": address, "is_image": is_image}


class _Names(dict[str, str]):
    """The names of assistants by their ids, asked for when they are wanted."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return self._catalogue.assistant(key) or default


@lru_cache(maxsize=10_000)
def _is_image(path: Path) -> bool:
    with path.open("rb") as file:
        return image_type(file.read(16)) is not None


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=readable,
    )
    environment.filters["moment"] = shown
    environment.filters["size"] = _size
    environment.filters["pretty"] = pretty
    environment.filters["counted"] = counted
    environment.globals["most"] = SHOWN_CHARACTERS
    return environment


def _size(size: int | None) -> str:
    if size is None:
        return ""
    number, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{number:,.0f} {unit}" if unit == "bytes" else f"{number:,.1f} {unit}"
