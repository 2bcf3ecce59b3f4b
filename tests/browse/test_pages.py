"""The local page and the HTML files: everything is shown, and nothing that an archive says is more than text."""

from __future__ import annotations

import http.client
import re
import stat
import threading
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest

from assist2resp.browse.server import Server
from assist2resp.browse.site import write_file, write_site
from assist2resp.errors import InputFileError, UsageError
from tests.browse.scenes import BYTES, MARKUP

ALLOWED = {
    *[
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "strong",
        "a",
        "p",
        "h1",
        "h2",
        "form",
        "input",
        "button",
        "ul",
        "li",
        "div",
        "span",
        "bdi",
        "mark",
        "section",
    ],
    *["details", "summary", "table", "tr", "td", "th", "pre", "img", "nav", "br", "article"],
}


class Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.attributes, self.words = set(), [], set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return "".join(self.words)


def check(text):
    """The page holds no more than our own markup, and leads nowhere else."""
    page = Reader(text)
    assert page.tags <= ALLOWED
    assert not {name for name in page.attributes if name.startswith("on")}
    for address in page.addresses:
        assert not urlsplit(address).netloc, address
        assert urlsplit(address).scheme in ("", "data"), address
        assert not address.startswith("data:") or address.startswith("data:image/png;base64,")
    assert "script" not in page.tags
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text)
    return page


@pytest.fixture(scope="module")
def server(shelf_and_index):
    running = Server(*shelf_and_index, port=0)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def ask(server, path, method="GET", **headers):
    """The answer to a request, its body read."""
    host, port = server.server_address[:2]
    connection = http.client.HTTPConnection(host, port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    answer.body = answer.read()
    connection.close()
    return answer


def show(server, name=""):
    answer = ask(server, server.site.base + name)
    assert answer.status == 200, name
    return check(answer.body.decode())


NUMBERS = {"thread_a": 1, "thread_b": 2, "thread_c": 3}


@pytest.mark.parametrize("name", ["", "?q=chart", "?page=7", "thread/1", "assistants", "files", "about"])
def test_every_page_is_text(server, name):
    show(server, name)


def test_a_thread_shows_everything(server):
    text = show(server, "thread/1").text
    for said in (MARKUP, "schönes Café", "zebra", "shipped", "print(quagga)", "its container is gone", "okapi"):
        assert said in text
    assert f"Bot {MARKUP}" in text
    assert "which is not loaded: https://tracker.example/pixel.gif" in text
    assert "which is not loaded: javascript:alert(3)" in text
    assert "␀␛[31m" in text
    assert "lost" in text


def test_what_was_left_out_stands_before_what_its_run_said(server):
    page = ask(server, f"{server.site.base}thread/1").body.decode()
    places = [page.index(f'id="{anchor}"') for anchor in ("m1", "m2", "m3", "x0", "m4")]
    assert places == sorted(places)


def test_long_threads_have_pages_and_long_texts_their_own(server):
    last = show(server, "thread/3?page=3")
    assert "Turn 449" in last.text
    assert ask(server, f"{server.site.base}thread/3?page=4").status == 404
    found = next(address for address in last.addresses if "/text/3/" in address)
    whole = ask(server, found)
    assert whole.getheader("Content-Type") == "text/plain; charset=utf-8"
    assert whole.body.decode() == "long " * 40_000
    assert "m300" in ask(server, f"{server.site.base}thread/3?at=m300").body.decode()


def test_an_id_leads_to_its_thread(server):
    answer = ask(server, f"{server.site.base}?q=thread_b")
    assert (answer.status, answer.getheader("Location")) == (302, f"{server.site.base}thread/2")


def test_files(server):
    image = ask(server, f"{server.site.base}file/file-png")
    assert (image.getheader("Content-Type"), image.body) == ("image/png", BYTES["file-png"])
    drawing = ask(server, f"{server.site.base}file/file-svg")
    assert drawing.getheader("Content-Type") == "application/octet-stream"
    assert drawing.getheader("Content-Disposition").startswith("attachment; ")
    assert drawing.body == BYTES["file-svg"]


ABSENT = [
    "file/file-gone",
    "file/..%2F..%2Fmanifest.json",
    "thread/9",
    "thread/x",
    "thread/²",
    "thread/-1",
    "text/1/zz",
    "about.html",
    "../",
    "files/x",
]


@pytest.mark.parametrize("name", ABSENT)
def test_other_pages_do_not_exist(server, name):
    assert ask(server, server.site.base + quote(name, safe="/%.-")).status == 404


def test_only_who_knows_the_address_can_read(server):
    for path in ("/", "/about", f"{server.site.base[:-2]}x/about", "/x" * 30):
        answer = ask(server, path)
        assert (answer.status, answer.body) == (404, b"There is no such page.\n")
    assert ask(server, server.site.base, Host="evil.example").status == 404
    assert ask(server, server.site.base, Host=f"localhost:{server.server_address[1]}").status == 200


def test_every_answer_says_what_a_browser_may_do(server):
    for path in (server.site.base, f"{server.site.base}file/file-svg", "/"):
        answer = ask(server, path)
        assert "default-src 'none'" in answer.getheader("Content-Security-Policy")
        assert "unsafe" not in answer.getheader("Content-Security-Policy")
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Cache-Control") == "no-store"
    assert ask(server, server.site.base, "POST").status == 501
    head = ask(server, server.site.base, "HEAD")
    assert (head.status, head.body) == (200, b"")


def test_two_servers_of_one_port_are_refused(server, shelf_and_index):
    with pytest.raises(UsageError, match="cannot be listened on"):
        Server(*shelf_and_index, port=server.server_address[1])


def test_a_folder_of_files(shelf_and_index, tmp_path):
    folder = tmp_path / "site"
    assert write_site(*shelf_and_index, folder, "", lambda *_: None) == 3
    pages = sorted(folder.rglob("*.html"))
    names = {path.relative_to(folder).as_posix() for path in pages}
    assert {"index.html", "assistants.html", "files.html", "about.html", "threads/0000/3-3.html"} <= names
    for path in pages:
        for address in check(path.read_text()).addresses:
            target = address.partition("#")[0]
            assert not target or (path.parent / target).is_file(), (path, address)
    assert {path.read_bytes() for path in (folder / "files").iterdir()} == set(BYTES.values())
    for path in (folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_search_chooses_what_is_written(shelf_and_index, tmp_path):
    folder = tmp_path / "site"
    write_site(*shelf_and_index, folder, "", lambda *_: None)
    assert write_site(*shelf_and_index, folder, "older", lambda *_: None) == 1
    assert [path.name for path in (folder / "threads").rglob("*.html")] == ["2.html"]
    with pytest.raises(UsageError, match="no word"):
        write_site(*shelf_and_index, folder, "!!", lambda *_: None)


def test_one_file(shelf_and_index, tmp_path, monkeypatch):
    path = tmp_path / "all.html"
    assert write_file(*shelf_and_index, path, "chart") == 2
    page = check(path.read_text())
    assert "An older chart." in page.text
    assert any(address.startswith("data:image/png;base64,") for address in page.addresses)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    monkeypatch.setattr("assist2resp.browse.site._MOST_IN_ONE", 10)
    with pytest.raises(UsageError, match="too much for one file"):
        write_file(*shelf_and_index, path, "")


def test_files_of_others_are_never_written_over(shelf_and_index, tmp_path):
    (tmp_path / "index.html").write_text("<title>mine</title>")
    with pytest.raises(InputFileError, match="holds other files"):
        write_site(*shelf_and_index, tmp_path, "", lambda *_: None)
    with pytest.raises(InputFileError, match="is no page of an archive"):
        write_file(*shelf_and_index, tmp_path / "index.html", "chart")
    assert (tmp_path / "index.html").read_text() == "<title>mine</title>"
