"""Version specifiers, raised to what the new code needs."""

from __future__ import annotations

import pytest

from assist2resp.rewrite.dependencies.specifiers import admits, raised

NEEDED = "1.103.0"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("==1.35.0", ">=1.103.0"),
        ("===1.35.0", ">=1.103.0"),
        ("==1.35.*", ">=1.103.0"),
        (">=1.30", ">=1.103.0"),
        (">= 1.30", ">= 1.103.0"),
        (">1.30", ">=1.103.0"),
        (">=1.10,<1.50", ">=1.103.0"),
        (">=1.10,<2", ">=1.103.0,<2"),
        (">=1.10, <2.0.0", ">=1.103.0, <2.0.0"),
        (">=1.10,!=1.20.0,<2", ">=1.103.0,<2"),
        ("<1.50", ">=1.103.0"),
        ("<=1.99.9", ">=1.103.0"),
        ("<1.103", ">=1.103.0"),
        ("~=1.30", "~=1.103"),
        ("~=1.30.0", ">=1.103.0"),
        ("~=0.28", ">=1.103.0"),
        ("^1.30", "^1.103.0"),
        ("^1.30.1", "^1.103.0"),
        ("^0.28", ">=1.103.0"),
        ("~1.30", ">=1.103.0"),
        ("1.35.0", ">=1.103.0"),
        ("=1.35.0", ">=1.103.0"),
        ("=1.35.0=pyhd8ed1ab_0", ">=1.103.0"),
        ("(>=1.10,<2)", "(>=1.103.0,<2)"),
        ("==1.35.0rc1", ">=1.103.0"),
    ],
)
def test_what_is_too_low_is_raised(before: str, after: str) -> None:
    assert raised(before, NEEDED) == after
    assert raised(after, NEEDED) is None


@pytest.mark.parametrize(
    "specifier",
    [
        "",
        "*",
        "<2",
        "<=1.103.0",
        "==1.*",
        ">=1.103.0",
        ">=1.103",
        ">=2,<3",
        "==3.52.0",
        "~=2.1",
        "^2.0",
        "!=1.50.0",
        "^1.30 || ^2.0",
        ">=1.103.0,!=2.1.0",
        "@ git+https://github.com/openai/openai-python",
    ],
)
def test_what_is_right_or_not_known_stays(specifier: str) -> None:
    assert raised(specifier, NEEDED) is None


@pytest.mark.parametrize(
    ("specifier", "is_admitted"),
    [
        (">=1.103.0", True),
        (">=1.103.0,<4", True),
        (">=1.103.0,<3", False),
        ("<=2.9", False),
        ("==3.52.0", True),
        ("==2.1.0", False),
        ("~=1.103", False),
        ("^1.103.0", False),
    ],
)
def test_whether_a_major_version_gets_in(specifier: str, is_admitted: bool) -> None:
    assert admits(specifier, 3) is is_admitted
