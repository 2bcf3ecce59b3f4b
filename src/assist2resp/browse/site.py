"""Writes an archive as HTML files: a folder of pages, or one file with everything in it."""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from assist2resp.browse.catalogue import Catalogue, FileEntry
from assist2resp.browse.index import Thread
from assist2resp.browse.pages import IMAGES, Links, Pages, image_type
from assist2resp.browse.shelf import Shelf
from assist2resp.browse.view import losses_of
from assist2resp.browse.wording import question_of
from assist2resp.errors import InputFileError, UsageError

_MARK = b'<meta name="generator" content="assist2resp browse">'
_ROWS = 200
_SHELF = 1000
"""Threads whose pages lie in one folder."""
_MOST_IN_ONE = 100 * 2**20
"""Bytes of conversations that one file may hold."""
_LARGEST_IMAGE = 5 * 2**20
"""Bytes of an image that is put into the one file."""

Report = Callable[[int, int], None]


def write_site(shelf: Shelf, index: Path, folder: Path, asked: str, report: Report) -> int:
    """A folder of pages about all threads, or those that say what is asked for; the number of threads."""
    _prepare(folder)
    with closing(Catalogue(shelf, index)) as catalogue:
        return _Folder(catalogue, folder).write(asked, report)


def write_file(shelf: Shelf, index: Path, path: Path, asked: str) -> int:
    """One file with the threads in it; the number of threads."""
    with closing(Catalogue(shelf, index)) as catalogue:
        threads = list(_wanted(catalogue, asked))
        size = sum(thread.size for thread in threads)
        if size > _MOST_IN_ONE:
            raise UsageError(
                f"{size // 2**20:,} MiB of conversations are too much for one file; give --out a folder, or --search."
            )
        pages = Pages(catalogue, _links_of_one(catalogue))
        records = [catalogue.record(thread) for thread in threads]
        articles = (
            (thread, record, pages.turns(record), losses_of(record.losses))
            for thread, record in zip(threads, records, strict=True)
        )
        if path.exists() and not _is_ours(path):
            raise InputFileError(path, "exists and is no page of an archive.", hint="Give --out another name.")
        _write(path, pages.render("single", title=asked or "Threads", threads=threads, articles=articles))
        return len(threads)


def _wanted(catalogue: Catalogue, asked: str) -> Iterator[Thread]:
    if not asked:
        yield from catalogue.threads(0, -1)
        return
    question = question_of(asked)
    if not question.expression:
        raise UsageError(f"there is no word to search for in '{asked}'.")
    yield from catalogue.found(question)


class _Folder:
    def __init__(self, catalogue: Catalogue, folder: Path) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._top = Pages(catalogue, self._links(""))
        self._deep = Pages(catalogue, self._links("../../"))

    def write(self, asked: str, report: Report) -> int:
        """All pages; the number of threads."""
        threads = list(_wanted(self._catalogue, asked))
        for done, thread in enumerate(threads):
            report(done, len(threads))
            self._thread(thread)
        count = max(1, -(-len(threads) // _ROWS))
        link = self._links("").threads
        for page in range(1, count + 1):
            rows = threads[(page - 1) * _ROWS : page * _ROWS]
            text = self._top.render(
                "threads",
                title=asked or "Threads",
                asked="",
                results=None,
                threads=rows,
                total=len(threads),
                page=page,
                count=count,
                link=link,
            )
            _write(self._folder / _list_name(page), text)
        _write(self._folder / "assistants.html", self._top.assistants())
        _write(self._folder / "about.html", self._top.about())
        files = self._catalogue.files(0, -1)
        text = self._top.render("files", title="Files", files=files, page=1, count=1, link=link)
        _write(self._folder / "files.html", text)
        return len(threads)

    def _links(self, up: str) -> Links:
        return Links(
            threads=lambda page: up + _list_name(page),
            thread=lambda thread, page, _anchor: up + _thread_name(thread, page),
            file=lambda entry: up + name if (name := self._copied(entry)) else None,
            text=None,
            page=lambda name: f"{up}{name}.html",
            search=None,
        )

    def _thread(self, thread: Thread) -> None:
        page = 1
        while (text := self._deep.thread(thread, page)) is not None:
            _write(self._folder / _thread_name(thread, page), text)
            page += 1

    def _copied(self, entry: FileEntry) -> str | None:
        """The name of a file's bytes in the folder, where they are put when they are first wanted."""
        source = self._catalogue.shelf.bytes_of(entry.path) if entry.path else None
        if source is None:
            return None
        with source.open("rb") as file:
            suffix = image_type(file.read(16)) or ".bin"
        name = f"files/{source.stem.replace('%', '~')}{suffix}"
        target = self._folder / name
        if not target.exists() or target.stat().st_size != source.stat().st_size:
            with source.open("rb") as file, _private(target) as copy:
                shutil.copyfileobj(file, copy)
        return name


def _list_name(page: int) -> str:
    return "index.html" if page <= 1 else f"threads-{page}.html"


def _thread_name(thread: Thread, page: int) -> str:
    ending = f"-{page}" if page > 1 else ""
    return f"threads/{thread.number // _SHELF:04}/{thread.number}{ending}.html"


def _links_of_one(catalogue: Catalogue) -> Links:
    def inline(entry: FileEntry) -> str | None:
        path = catalogue.shelf.bytes_of(entry.path) if entry.path else None
        if path is None or path.stat().st_size > _LARGEST_IMAGE:
            return None
        data = path.read_bytes()
        suffix = image_type(data[:16])
        return f"data:{IMAGES[suffix]};base64,{b64encode(data).decode()}" if suffix else None

    return Links(
        threads=lambda _page: "#",
        thread=lambda thread, _page, _anchor: f"#t{thread.number}",
        file=inline,
        text=None,
        page=None,
        search=None,
    )


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputFileError(folder, "is no folder.", hint="A single file must be named *.html.")
    try:
        if folder.exists() and any(folder.iterdir()):
            if not _is_ours(folder / "index.html"):
                raise InputFileError(folder, "holds other files.", hint="Give --out a new folder.")
            for name in ("threads", "files"):
                shutil.rmtree(folder / name, ignore_errors=True)
            for path in folder.glob("*.html"):
                if _is_ours(path):
                    path.unlink()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        for name in ("threads", "files"):
            (folder / name).mkdir(mode=0o700)
    except OSError as error:
        raise InputFileError(folder, f"cannot be written: {error.strerror}.") from error


def _is_ours(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return _MARK in file.read(2000)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with _private(path) as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise InputFileError(path, f"cannot be written: {error.strerror}.") from error


def _private(path: Path) -> Any:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
