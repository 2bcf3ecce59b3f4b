"""What the documents show is true: their code runs, their output is the tool's, their links lead somewhere."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from assist2resp.sandbox import sandbox

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "MIGRATION.md", "CONTRIBUTING.md", "CHANGELOG.md", "fixtures/programs/README.md"]
RUNS = re.compile(r"<!-- runs: (?P<api>old|new)(?P<differs>, differs)? -->\n```python\n(?P<code>.*?)```", re.DOTALL)
ALONE = re.compile(r"<!-- runs: alone -->\n```python\n(?P<code>.*?)```", re.DOTALL)
PYTHON = re.compile(r"(?<!-->\n)```python\n(?P<code>.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)(?P<path>[^)#]*)(?:#(?P<anchor>[^)]*))?\)")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def pairs() -> Iterator[object]:
    """Each `before` of the migration guide with the `after` that follows it, by its section."""
    for section in read("MIGRATION.md").split("\n## ")[1:]:
        found = list(RUNS.finditer(section))
        for before, after in zip(found[::2], found[1::2], strict=True):
            assert (before["api"], after["api"]) == ("old", "new")
            title = section.partition("\n")[0]
            yield pytest.param(before["code"], after["code"], bool(after["differs"]), id=title)


def printed(code: str, *, sunset: bool) -> str:
    """What the code prints when it is given a client."""
    out = io.StringIO()
    with sandbox(sunset=sunset, in_process=True) as server, contextlib.redirect_stdout(out):
        exec(compile(code, "<document>", "exec"), {"__name__": "__main__", "client": server.client()})
    assert not server.failures
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")
@pytest.mark.parametrize(("before", "after", "differs"), list(pairs()))
def test_before_and_after_print_the_same(before: str, after: str, differs: bool) -> None:
    shown = printed(before, sunset=False)
    assert shown.strip()
    assert (printed(after, sunset=True) != shown) is differs


@pytest.mark.parametrize("code", [match["code"] for match in ALONE.finditer(read("MIGRATION.md"))])
def test_code_that_stands_alone_runs(code: str) -> None:
    assert printed(code, sunset=True).strip()


def test_all_code_of_the_guide_runs() -> None:
    guide = read("MIGRATION.md")
    assert guide.count("```python") == len(RUNS.findall(guide)) + len(ALONE.findall(guide))


def test_the_readme_runs(tmp_path: Path) -> None:
    plain, tested = (match["code"] for match in PYTHON.finditer(read("README.md")))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(plain, "<README>", "exec"), {"__name__": "__main__"})
    assert out.getvalue() == "It scatters blue light most.\n"
    (tmp_path / "test_readme.py").write_text(tested)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["README.md", "MIGRATION.md"])
def test_what_commands_print_is_current(name: str) -> None:
    spec = importlib.util.spec_from_file_location("update_documents", ROOT / "scripts" / "update_documents.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.updated(read(name)) == read(name), "run scripts/update_documents.py and read what changed"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    for link in LINK.finditer(read(name)):
        target = (ROOT / name).parent / link["path"] if link["path"] else ROOT / name
        assert target.exists(), link[0]
        if link["anchor"]:
            titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert link["anchor"] in anchors, link[0]


def test_every_verb_and_exit_code_is_in_the_readme() -> None:
    readme = read("README.md")
    verbs = [path.stem for path in (ROOT / "src/assist2resp/cli").glob("[!_]*.py")]
    assert [verb for verb in verbs if f"\n## {verb}\n" not in readme] == []
    assert re.findall(r"^\| (\d+) \|", readme, re.MULTILINE) == ["0", "1", "2", "3", "130"]
