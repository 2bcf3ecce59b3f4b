"""Makes the pictures of README.md: the diff of a rewrite, and the report of a replay whose configuration lost a tool.

    python scripts/make_pictures.py        writes docs/diff.svg, docs/report.png and docs/case.png

Both are real: the diff is what `assist2resp rewrite --diff` prints of README.md's own program, the report is that of
160 turns which the sandbox's old API answered, with noise, and its new API answers without the function `get_order`.
The pictures of the page need what `make test-browser` needs.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from make_example import NOISE, case_of, configuration
from rich.console import Console
from selenium import webdriver

from assist2resp.rewrite.output.diff import painted
from assist2resp.sandbox import sandbox

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TOPICS = ("teapot", "kettle", "tin", "strainer", "cup", "sampler", "whisk", "caddy")
TURNS = 160
SIZE = "1180,860"


def main() -> None:
    """Write both pictures."""
    DOCS.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        _diff(Path(name))
        _report(Path(name))


def _diff(folder: Path) -> None:
    """The change that README.md shows, as a terminal shows it."""
    program = re.search(r"<!-- file: tutor\.py -->\n```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert program is not None
    (folder / "tutor.py").write_text(program[1])
    shown = _run(folder, "rewrite", "tutor.py", "--diff", "--output", "findings.txt")
    console = Console(record=True, width=108, file=(folder / "log").open("w"))
    console.print(painted(f"{shown}\n"), end="")
    picture = console.export_svg(title="assist2resp rewrite tutor.py --diff", unique_id="diff")
    (DOCS / "diff.svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL))  # fetches nothing


def _report(folder: Path) -> None:
    settings = configuration()
    with sandbox(noise=NOISE) as server, server.client() as client:
        cases = [case_of(client, settings, number, _question(number)) for number in range(1, TURNS + 1)]
    (folder / "cases.json").write_text(json.dumps(cases))
    (folder / "bot.py").write_text(f"CONFIGURATION = {settings | {'tools': []}!r}\n")
    with sandbox(noise=NOISE, sunset=True) as server:
        options = ("--config", "bot:CONFIGURATION", "--base-url", server.url, "--out", "run.json")
        _run(folder, "replay", "cases.json", *options, "--fail-on", "worse:any")
    (folder / "project").mkdir()
    shutil.copytree(ROOT / "fixtures/programs/support_bot/before", folder / "project" / "bot")
    _run(folder, "rewrite", "project", "--check", "--format", "json", "--output", "findings.json")
    _run(folder, "report", "run.json", "--findings", "findings.json", "--format", "html", "--out", "report.html")
    wrong = json.loads((folder / "run.json").read_text())["cases"][7]["id"]
    page = (folder / "report.html").as_uri()
    _photograph(page, DOCS / "report.png")
    _photograph(f"{page}#case={wrong}&state=worse", DOCS / "case.png")


def _photograph(page: str, picture: Path) -> None:
    """The window of a browser with that page, once its cases are there."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in ("--headless=new", "--no-sandbox", "--hide-scrollbars", f"--window-size={SIZE}"):
        options.add_argument(option)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        driver.set_script_timeout(30)
        driver.get(page)
        driver.execute_async_script(_WAIT)
        driver.save_screenshot(str(picture))
    finally:
        driver.quit()


_WAIT = """
const done = arguments[0];
const look = () => document.documentElement.dataset.ready ? done() : requestAnimationFrame(look);
look();
"""


def _question(number: int) -> str:
    topic = TOPICS[number % len(TOPICS)]
    if number % 4 == 0:
        return f"Call get_order for number {number}."
    return f"May I send a {topic} back after {number} days?"


def _run(folder: Path, *arguments: str) -> str:
    """What a command prints; that something is left to do is no failure."""
    command = [sys.executable, "-m", "assist2resp", *arguments]
    environment = {"OPENAI_API_KEY": "any", "PATH": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode > 1:
        raise SystemExit(done.stderr)
    return done.stdout


if __name__ == "__main__":
    main()
