"""Comments keep the rewriter away from what they name, and from nothing else."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist2resp.rewrite.project.ignores import Ignores, ignored


def lines_covered(source: str, code: str = "A2R401") -> list[int]:
    ignores = ignored(source.encode())
    return [line for line in range(1, source.count("\n") + 2) if ignores.covers(line, code)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a = 1  # assist2resp: ignore[A2R401]\nb = 2\n", [1], id="code"),
        pytest.param("a = 1  # assist2resp: ignore\n", [1], id="bare"),
        pytest.param("a = 1  # assist2resp: ignore[A2R4]\n", [1], id="prefix"),
        pytest.param("a = 1  # assist2resp: ignore[A2R1, a2r401]\n", [1], id="list in any case"),
        pytest.param("a = 1  # ASSIST2RESP:ignore\n", [1], id="capitals, no space"),
        pytest.param("a = 1  # assist2resp: ignore[A2R402]\n", [], id="another code"),
        pytest.param("a = 1  # noqa  # assist2resp: ignore[A2R401]\n", [1], id="after another comment"),
        pytest.param("call(\n  x,\n)  # assist2resp: ignore\nb = 2\n", [1, 2, 3], id="end of a long statement"),
        pytest.param("call(\n  x,  # assist2resp: ignore\n)\n", [1, 2, 3], id="inside a long statement"),
        pytest.param("call(\n  # assist2resp: ignore\n  x,\n)\n", [1, 2, 3, 4], id="own line inside a statement"),
        pytest.param("# assist2resp: ignore\n\n# more\na = 1\nb = 2\n", [4], id="own line above"),
        pytest.param("if x:  # assist2resp: ignore\n    a = 1\n", [1], id="header, not its block"),
        pytest.param("if x:\n    # assist2resp: ignore\n    a = 1\n    b = 2\n", [3], id="in a block"),
        pytest.param("a = 1\nb = 2\n# assist2resp: ignore-file\n", [1, 2, 3, 4], id="file"),
        pytest.param("# assist2resp: ignore-file[A2R4]\na = 1\n", [1, 2, 3], id="file, by prefix"),
        pytest.param("# assist2resp: ignore-file[A2R5]\na = 1\n", [], id="file, another code"),
        pytest.param('a = "# assist2resp: ignore"\n', [], id="in a string"),
        pytest.param('"""\n# assist2resp: ignore-file\n"""\na = 1\n', [], id="in a docstring"),
        pytest.param("a = 1  # TODO[assist2resp:A2R401] by hand\n", [], id="our own note"),
        pytest.param("a = 1  # assist2resp: ignore\nb = (\n", [1], id="before what does not parse"),
    ],
)
def test_covered_lines(source: str, expected: list[int]) -> None:
    assert lines_covered(source) == expected


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_newlines_and_byte_order_marks(newline: str, mark: bytes) -> None:
    data = mark + newline.join(["a = 1", "b = 2  # assist2resp: ignore", ""]).encode()
    assert [line for line in (1, 2, 3) if ignored(data).covers(line, "A2R401")] == [2]


def test_latin_1() -> None:
    data = "# -*- coding: latin-1 -*-\nname = 'é'  # assist2resp: ignore\n".encode("latin-1")
    assert ignored(data).covers(2, "A2R401")


@pytest.mark.parametrize(
    ("comment", "problem"),
    [
        ("# assist2resp: ignroe[A2R401]", "'assist2resp: ignroe' is no known comment"),
        ("# assist2resp: ignore[]", "names no rule"),
        ("# assist2resp: ignore[F401]", "names no rule"),
        ("# assist2resp: ignore[A2R401", "names no rule"),
        ("# assist2resp: ignore-file[A2R 401]", "names no rule"),
    ],
)
def test_a_comment_that_says_nothing_is_a_mistake(comment: str, problem: str) -> None:
    found = ignored(f"a = 1\nb = 2  {comment}\n".encode())
    assert [(mistake.line, problem in mistake.problem) for mistake in found.mistakes] == [(2, True)]
    assert not found.covers(2, "A2R401")


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    assert isinstance(ignored(b"# assist2resp: ignore\n" + data), Ignores)


@given(st.lists(st.sampled_from(["a = 1", "if a:\n    b = 2", "f(\n  1,\n)", "# c", "", '"""x\ny"""']), max_size=8))
def test_only_the_statement_with_the_comment_is_covered(statements: list[str]) -> None:
    above = "\n".join([*statements, ""])
    source = textwrap.dedent(above) + "target = 1  # assist2resp: ignore\nafter = 2\n"
    assert lines_covered(source) == [above.count("\n") + 1]
