"""A key never reaches a file, a log or a message, whatever command it is given to and whatever the server repeats."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading

import pytest

from assist2resp.sandbox import sandbox

CANARIES = {
    "OPENAI_API_KEY": "sk-proj-canary0a1b2c3d4e5f",
    "OPENAI_ADMIN_KEY": "sk-admin-canary1a2b3c4d5e",
    "OPENAI_ORG_ID": "org-canary2a2b3c4d5e6f",
    "OPENAI_PROJECT_ID": "proj_canary3a2b3c4d5e6f",
    "AZURE_OPENAI_API_KEY": "canary4a2b3c4d5e6f7a8b9c",
    "A2R_CANARY_KEY": "sk-svcacct-canary5a2b3c4d5e",
}
SEED = {
    "assistants": [{"id": "asst_a", "model": "gpt-4o"}],
    "threads": [{"id": "thread_a", "messages": [{"role": "user", "content": "Hello"}]}],
    "files": [{"id": "file-a", "filename": "a.md", "text": "a"}],
}


class Echo(http.server.BaseHTTPRequestHandler):
    """Refuses everything, and repeats all that it was sent."""

    status = 400

    def do_GET(self):
        told = " ".join(f"{name}={value}" for name, value in self.headers.items())
        body = json.dumps({"error": {"message": f"no: {told} {self.path}"}}).encode()
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-echo", self.headers.get("authorization", ""))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture(params=[400, 401, 403, 404])
def echo(request):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.status = request.param
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(folder, *arguments):
    """A command as a process with every canary in its environment; what it said, and its exit code."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **CANARIES}
    command = [sys.executable, "-m", "assist2resp", *map(str, arguments)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env=environment,
        input="thread_a\n",
    )
    return done.stdout + done.stderr, done.returncode


def check(folder, said):
    """No canary is in what was said, nor in any file or name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    names = " ".join(str(path.relative_to(folder)) for path in folder.rglob("*"))
    data = b"".join(path.read_bytes() for path in files if path.name != "keys.json") + f"{said} {names}".encode()
    assert [name for name, canary in CANARIES.items() if canary.encode() in data] == []
    assert b"canary" not in data


def test_a_server_that_repeats_what_it_is_sent(echo, tmp_path):
    (tmp_path / "keys.json").write_text('{"proj_a": "env:A2R_CANARY_KEY"}')
    said = ""
    for arguments in (
        ["export", "--out", "a", "--base-url", f"{echo}/v1", "--threads", "-"],
        ["export", "--out", "b", "--base-url", echo, "--source", "azure"],
        ["export", "--out", "c", "--base-url", f"{echo}/v1", "--org", "--keys", "keys.json"],
        ["export", "--out", "d", "--base-url", f"{echo}/v1", "--threads", "-", "--format", "json"],
    ):
        told, code = run(tmp_path, *arguments)
        assert code in (0, 2, 3), told
        assert "Traceback" not in told
        said += told
    check(tmp_path, said)


def test_the_whole_way(tmp_path):
    with sandbox(seed=SEED) as server:
        said = ""
        for arguments in (
            ["export", "--out", "a", "--base-url", server.url, "--threads", "-"],
            ["verify", "a"],
            ["verify", "a", "--against-source"],
            ["browse", "a", "--out", "site"],
            ["load", "a", "--base-url", server.url],
        ):
            told, code = run(tmp_path, *arguments)
            assert code == 0, (arguments, told)
            said += told
        check(tmp_path, said)
        assert any(entry.path.startswith("/v1/conversations") for entry in server.requests)
