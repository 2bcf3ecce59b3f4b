"""The pages in a real browser: their style and images are accepted by their own policy, and nothing hostile runs."""

from __future__ import annotations

import shutil
import subprocess
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from assist2resp.browse.server import Server
from assist2resp.browse.site import write_file, write_site

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's package chromium"),
]


@pytest.fixture(scope="module")
def pages(shelf_and_index, tmp_path_factory):
    """The addresses of the first thread: served, as a file of a folder, and in one file."""
    folder = tmp_path_factory.mktemp("site")
    write_site(*shelf_and_index, folder / "site", "", lambda *_: None)
    write_file(*shelf_and_index, folder / "one.html", "chart")
    server = Server(*shelf_and_index, port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield {
        "served": f"{server.url}thread/1",
        "folder": (folder / "site/threads/0000/1.html").as_uri(),
        "one file": (folder / "one.html").as_uri(),
    }
    server.shutdown()
    thread.join()
    server.server_close()


def chromium(tmp_path, *arguments):
    """What Chromium prints, and what its console says."""
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    command += ["--enable-logging=stderr", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


@pytest.mark.parametrize("kind", ["served", "folder", "one file"])
def test_a_thread(kind, pages, tmp_path):
    dom, console = chromium(tmp_path, "--dump-dom", pages[kind])
    assert "A chart, please." in dom
    assert "<script" not in dom
    assert console == []
    chromium(tmp_path, "--hide-scrollbars", "--window-size=900,1400", "--screenshot=seen.png", pages[kind])
    assert (tmp_path / "seen.png").stat().st_size > 20_000


def test_the_policy_is_in_force(pages, tmp_path):
    """A page that did have a script would not run it; this shows that the console tells of it."""
    page = tmp_path / "changed.html"
    text = Path(unquote(urlsplit(pages["one file"]).path)).read_text()
    page.write_text(text.replace("</body>", "<script>document.title = 'ran'</script></body>"))
    dom, console = chromium(tmp_path, "--dump-dom", page.as_uri())
    assert "<title>ran" not in dom
    assert any("Content Security Policy" in line for line in console)
