"""Fill in what the documents show of the tool: files before and after a rewrite, and what commands print.

A comment before a fenced block says what the block is:

    <!-- file: tutor.py -->                          the file, as the commands below find it
    <!-- after: tutor.py -->                         the file once `assist2resp rewrite .` has run
    <!-- output: assist2resp rewrite tutor.py -->    what the command prints

    python scripts/update_documents.py               writes; tests/test_documents.py tells when that is due
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
DOCUMENTS = ("README.md", "MIGRATION.md")
BLOCK = re.compile(
    r"<!-- (?P<kind>file|after|output): (?P<what>[^\n]+) -->\n```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL
)


def updated(text: str) -> str:
    """The document with every marked block as it should be."""
    sources = {match["what"]: match["text"] for match in BLOCK.finditer(text) if match["kind"] == "file"}
    return BLOCK.sub(lambda match: _filled(match, sources), text)


def _filled(match: re.Match[str], sources: dict[str, str]) -> str:
    if match["kind"] == "file":
        return match[0]
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, source in sources.items():
            (folder / file).write_text(source, encoding="utf-8")
        if match["kind"] == "after":
            _printed(["rewrite", match["what"]], folder)
            body = (folder / match["what"]).read_text(encoding="utf-8")
        else:
            body = _printed(match["what"].split()[1:], folder)
    return f"<!-- {match['kind']}: {match['what']} -->\n```{match['language']}\n{body}```"


def _printed(arguments: list[str], folder: Path) -> str:
    command = [sys.executable, "-m", "assist2resp", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    if done.returncode > 1:
        raise SystemExit(f"assist2resp {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def main() -> None:
    """Rewrite every document in place."""
    for name in DOCUMENTS:
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        path.write_text(updated(text), encoding="utf-8")


if __name__ == "__main__":
    main()
