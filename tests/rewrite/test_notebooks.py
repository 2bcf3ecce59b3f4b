"""Notebooks: cells are rewritten as one module, and every byte beside them stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assist2resp.rewrite.engine import rewrite
from assist2resp.rewrite.outcome import FileChange, Options, Outcome
from assist2resp.rewrite.project.magics import Magics
from assist2resp.rewrite.project.notebooks import NotebookError, read_notebook

IMPORT = "from openai import OpenAI\nclient = OpenAI()"
CREATE = "store = client.beta.vector_stores.create(name='docs')"
CREATED = "store = client.vector_stores.create(name='docs')"
META = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def code(source: str, *outputs: object) -> dict[str, object]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "metadata": {}, "source": lines, "outputs": list(outputs), "execution_count": None}


def notebook(*cells: str | dict[str, object], indent: int | None = 1, ascii_only: bool = False) -> bytes:
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return (json.dumps({"cells": made, **META}, indent=indent, ensure_ascii=ascii_only) + "\n").encode()


def outcome_of(folder: Path, data: bytes, name: str = "book.ipynb") -> Outcome:
    (folder / name).write_bytes(data)
    return rewrite([folder], Options())


def change_of(folder: Path, data: bytes) -> FileChange:
    outcome = outcome_of(folder, data)
    (change,) = [change for change in outcome.changes if change.path.suffix == ".ipynb"]
    assert change.before == data
    change.path.write_bytes(change.after)
    assert not rewrite([folder], Options()).changes
    return change


def sources(data: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(data)["cells"]]


@pytest.mark.parametrize("indent", [None, 1, 2, 4])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_only_the_changed_cell_changes(tmp_path: Path, indent: int | None, ascii_only: bool) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["ü client.beta.vector_stores.create\n"]}
    markdown: dict[str, object] = {"cell_type": "markdown", "metadata": {}, "source": ["`client.beta.vector_stores` ☃"]}
    cells = (markdown, IMPORT, code(CREATE + "  # ü", output), "print('ü')")
    before = notebook(*cells, indent=indent, ascii_only=ascii_only)
    expected = notebook(
        markdown, IMPORT, code(CREATED + "  # ü", output), "print('ü')", indent=indent, ascii_only=ascii_only
    )
    assert change_of(tmp_path, before).after == expected


@pytest.mark.parametrize(
    "dump",
    [
        json.dumps,
        lambda book: json.dumps(book, indent="\t"),
        lambda book: json.dumps(book, separators=(",", ":")),
        lambda book: json.dumps(book, indent=1).replace("\n", "\r\n"),
        lambda book: "\ufeff" + json.dumps(book),
        lambda book: "\n  " + json.dumps(book) + "\n\n",
        lambda book: json.dumps(book, sort_keys=True),
    ],
)
@pytest.mark.parametrize("as_text", [True, False])
def test_every_way_of_writing_it_is_kept(tmp_path: Path, dump: object, as_text: bool) -> None:
    def book(source: str) -> bytes:
        cell = {**code(source), "source": source} if as_text else code(source)
        text: str = dump({"cells": [code(IMPORT), cell], **META})  # type: ignore[operator]
        return text.encode()

    assert change_of(tmp_path, book(f"{CREATE}\nprint(1)")).after == book(f"{CREATED}\nprint(1)")


MAGICS = [
    "%matplotlib inline\n",
    "!pip install openai\n",
    "!pip install \\\n  openai \\\n  flask\n",
    "%pip install openai\n%load_ext autoreload\n\n",
    "client?\nclient.beta??\n?client\n",
    "files = !ls *.py\n",
    "x = %timeit -o 1 + 1\n",
    "%%time\n",
    "%%capture out --no-stderr\n",
    "if client:\n    !ls\n    %cd ..\nelse:\n    pass\n",
    "text = '''\n%not a magic\n!nor this\nwhat?\n'''\n",
    "y = (10\n     % 3)\n",
    'z = "100%"\n# why?\n',
    "n = 7 \\\n    % 4\n",
    "await_me = 1\n",
    "value = await client.files.list()\n",
    "async with a as b:\n    pass\n",
]


@pytest.mark.parametrize("lines", MAGICS)
def test_the_lines_of_ipython_are_kept(tmp_path: Path, lines: str) -> None:
    after = change_of(tmp_path, notebook(IMPORT, lines + CREATE)).after
    assert sources(after) == [IMPORT, lines + CREATED]


def test_cells_of_other_languages_take_no_part(tmp_path: Path) -> None:
    others = [
        "%%bash\npip install openai\n",
        f"%%writefile app.py\n{IMPORT}\n{CREATE}",
        "%%html\n<b>",
        "this is no Python",
    ]
    assert sources(change_of(tmp_path, notebook(IMPORT, *others, CREATE)).after) == [IMPORT, *others, CREATED]


def test_a_flow_goes_across_cells_and_files(tmp_path: Path) -> None:
    (tmp_path / "clients.py").write_text("from openai import OpenAI\n\n\ndef make():\n    return OpenAI()\n")
    after = change_of(tmp_path, notebook("from clients import make", "client = make()", CREATE)).after
    assert sources(after)[2] == CREATED


def test_a_cell_that_is_emptied_stays_a_cell(tmp_path: Path) -> None:
    cells = (
        IMPORT,
        'thread = client.beta.threads.create()\nassistant = client.beta.assistants.create(model="gpt-4o")',
        'client.beta.threads.messages.create(thread_id=thread.id, role="user", content="Hi")',
        "run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)\nprint(run.status)",
    )
    after = change_of(tmp_path, notebook(*cells)).after
    assert json.loads(after)["cells"][2]["source"] == []
    assert "client.responses.create(" in sources(after)[3]


def test_a_finding_stands_in_the_line_of_the_file(tmp_path: Path) -> None:
    data = notebook(IMPORT, f"# first\n\n{CREATE}")
    outcome = outcome_of(tmp_path, data)
    (finding,) = outcome.findings.findings
    assert "client.beta.vector_stores" in data.decode().splitlines()[finding.place.line - 1]


def test_a_comment_keeps_a_cell(tmp_path: Path) -> None:
    assert not outcome_of(tmp_path, notebook(IMPORT, f"%time\n{CREATE}  # assist2resp: ignore")).changes


@pytest.mark.parametrize(
    "data",
    [
        notebook({"cell_type": "markdown", "metadata": {}, "source": [CREATE]}),
        notebook({"cell_type": "raw", "metadata": {}, "source": [CREATE]}),
        notebook(code("print(1)", {"output_type": "stream", "text": [CREATE]})),
        notebook("threads = [1]\nruns = 2"),
        notebook(),
    ],
)
def test_what_is_no_code_stays(tmp_path: Path, data: bytes) -> None:
    outcome = outcome_of(tmp_path, data)
    assert not outcome.changes
    assert not outcome.findings.findings
    assert not outcome.findings.failures


@pytest.mark.parametrize(
    "data",
    [
        b"client.beta.threads",
        b'{"cells": ["client.beta.threads"',
        b'{"worksheets": [{"cells": [{"input": "client.beta.threads"}]}]}',
        b'{"cells": [{"cell_type": "code", "source": 7, "x": "client.beta.threads"}]}',
        b'{"cells": "client.beta.threads"}',
        b'["client.beta.threads"]',
        b"\xff\xfe client.beta.threads",
        b"[" * 100_000 + b"client.beta.threads",
    ],
)
def test_what_is_no_notebook_is_a_failure(tmp_path: Path, data: bytes) -> None:
    outcome = outcome_of(tmp_path, data)
    assert not outcome.changes
    (failure,) = outcome.findings.failures
    assert failure.path.endswith("book.ipynb")
    assert "is no notebook of version 4" in failure.problem


@pytest.mark.parametrize("cell", ["client.beta.threads.create(\n", "client.beta.threads.create('\ud800')"])
def test_a_cell_that_does_not_parse_is_a_failure(tmp_path: Path, cell: str) -> None:
    data = notebook(IMPORT, CREATE, cell, ascii_only=True)
    outcome = outcome_of(tmp_path, data)
    assert not outcome.changes
    (failure,) = outcome.findings.failures
    assert failure.problem == "has a cell that does not parse; left alone."
    assert failure.line is not None
    assert '"source"' in data.decode().splitlines()[failure.line - 1]


def test_a_cell_of_a_newer_python_takes_part(tmp_path: Path) -> None:
    cell = 'store = client.beta.vector_stores.create(name=f"{names["docs"]}")'
    assert sources(change_of(tmp_path, notebook(IMPORT, cell)).after) == [IMPORT, cell.replace(".beta", "")]


def test_checkpoints_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert not outcome_of(tmp_path, notebook(IMPORT, CREATE), ".ipynb_checkpoints/book.ipynb").changes


def test_a_change_that_loses_a_cell_is_refused() -> None:
    book = read_notebook(notebook(IMPORT, CREATE))
    with pytest.raises(NotebookError, match="cannot be taken apart"):
        book.written(b"print(1)\n")


LINES = st.sampled_from(
    [
        "%x",
        "!y \\",
        "a = !z",
        "a?",
        "x = 1",
        "'''",
        '"""',
        "f(",
        ")",
        "  %in",
        "# c",
        "s = 'it\\'s'",
        "",
        "z = 5 % 2",
        "\\",
        "ü",
    ]
)


@given(st.lists(LINES, max_size=12))
def test_hiding_and_restoring_gives_the_source(lines: list[str]) -> None:
    source = "\n".join(lines)
    magics = Magics()
    hidden = magics.hidden(source)
    assert hidden is not None
    assert hidden.count("\n") == source.count("\n")
    assert magics.restored(hidden) == source


@given(st.lists(st.text(), max_size=5), st.sampled_from([None, 1, "\t"]), st.booleans())
@example(["\U00031350"], None, False)  # a letter of Unicode 15 only
def test_an_unchanged_notebook_keeps_every_byte(texts: list[str], indent: int | str | None, ascii_only: bool) -> None:
    book = {"cells": [code(text) for text in texts], **META}
    raw = json.dumps(book, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    try:
        read = read_notebook(raw)
    except NotebookError:
        return
    assert read.written(read.code) == raw
