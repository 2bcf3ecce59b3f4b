"""A real PostgreSQL holds the id map: eight writers at once, shards that share it, machines that do not know of shards."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from assist2resp.errors import UsageError
from tests.load.scenes import KEY, archive, conversations, loaded, new_world, said, thread, turns
from tests.postgres import PASSWORD, postgres, program

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(program("initdb") is None, reason="needs Debian's package postgresql"),
]
WRITERS = 8
SIZES = {f"thread_{number:03}": number % 45 for number in range(120)}


@pytest.fixture(scope="module")
def url():
    with postgres() as running:
        yield running


@pytest.fixture
def empty(url):
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.begin() as connection:
        for table in ("ids", "claims", "kept", "target"):
            connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {table}"))
    yield engine
    engine.dispose()


def pairs(engine, query):
    import sqlalchemy

    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sqlalchemy.text(query)).fetchall()]


def all_at_once(server, url, folders, *options):
    """The outcome of one load of each folder, all at the same time."""
    base = [sys.executable, "-m", "assist2resp", "load", "--base-url", server.url, "--map", url, "--concurrency", "4"]
    environment = {"OPENAI_API_KEY": KEY, "PATH": ""}
    running = [
        subprocess.Popen([*base, str(folder), *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        for folder, more in zip(folders, options or [()] * len(folders), strict=True)
    ]
    told = [process.communicate(timeout=300) for process in running]
    return [process.returncode for process in running], told


def check(server, engine):
    """Every item is once where the map says, in a map that holds every message."""
    mapped, found = dict(pairs(engine, "SELECT old, new FROM ids")), conversations(server)
    assert {name: said(found.get(mapped[name], [])) for name in SIZES} == {
        name: turns(name, size) for name, size in SIZES.items()
    }
    assert set(found) == {mapped[name] for name, size in SIZES.items() if size}
    assert len(mapped) == len(SIZES) + sum(SIZES.values())
    assert pairs(engine, "SELECT count(*) FROM kept") == [(len(SIZES) + sum(SIZES.values()),)]
    assert pairs(engine, "SELECT count(*) FROM claims") == [(0,)]


def test_eight_shards_at_once(url, empty, tmp_path):
    folder = archive(tmp_path / "archive", *[thread(name, size) for name, size in SIZES.items()])
    with new_world() as server:
        shards = [("--shard", f"{number}/{WRITERS}") for number in range(1, WRITERS + 1)]
        codes, told = all_at_once(server, url, [folder] * WRITERS, *shards)
        assert codes == [0] * WRITERS, told
        check(server, empty)
        everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert PASSWORD.encode() not in everything + b"".join(text for pair in told for text in pair)


def test_eight_machines_without_shards_load_each_thread_once(url, empty, tmp_path):
    first = archive(tmp_path / "0", *[thread(name, size) for name, size in SIZES.items()])
    folders = [first, *[shutil.copytree(first, tmp_path / str(number)) for number in range(1, WRITERS)]]
    with new_world() as server:
        codes, told = all_at_once(server, url, folders)
        assert set(codes) <= {0, 3}, told
        check(server, empty)
        codes, told = all_at_once(server, url, folders)
        assert codes == [0] * WRITERS, told
        check(server, empty)


def test_long_ids_of_other_servers(url, empty, tmp_path):
    name = "thread_" + "x" * 900
    with new_world() as server:
        assert loaded(archive(tmp_path, thread(name, 2)), server, place=url).is_complete
        assert dict(pairs(empty, "SELECT old, new FROM ids"))[name] in conversations(server)


WRONG = {
    "a wrong password": (lambda url: url.replace(PASSWORD, f"{PASSWORD}x"), "password authentication failed"),
    "no such database": (lambda url: url.replace("/postgres", "/nowhere"), "does not exist"),
    "without a driver's name": (lambda url: url.replace("+psycopg", "").replace("tests:", "nobody:"), "authentication"),
}


@pytest.mark.parametrize(("change", "complaint"), WRONG.values(), ids=WRONG)
def test_what_fails_is_one_sentence_without_the_password(change, complaint, url, tmp_path):
    with new_world() as server, pytest.raises(UsageError) as caught:
        loaded(archive(tmp_path), server, place=change(url))
    assert complaint in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)
