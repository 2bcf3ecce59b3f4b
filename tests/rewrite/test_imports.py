"""Imports are added where a person would put them, and taken out where a rewrite left them unused."""

from __future__ import annotations

import ast

import libcst as cst
import pytest

from assist2resp.rewrite.syntax.imports import add_import
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.scope_walk import index_module
from assist2resp.rewrite.syntax.unused_imports import drop_unused, used_names

param = pytest.param


def is_local(module: str) -> bool:
    return module.startswith((".", "app", "compat"))


LOCAL = [
    param("import os\n\nx = 1\n", "import os\n\nfrom compat import threads\n\nx = 1\n", id="after packages"),
    param("x = 1\n", "from compat import threads\n\nx = 1\n", id="no imports"),
    param("def f():\n    pass\n", "from compat import threads\n\n\ndef f():\n    pass\n", id="no imports, a function"),
    param("# a tool\n\nx = 1\n", "# a tool\n\nfrom compat import threads\n\nx = 1\n", id="no imports, a comment"),
    param('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nfrom compat import threads\n\nx = 1\n', id="after the docstring"),
    param(
        "import os\n\nfrom app import a\nfrom zoo import z\n\nx = 1\n",
        "import os\n\nfrom app import a\nfrom zoo import z\n\nfrom compat import threads\n\nx = 1\n",
        id="mixed groups",
    ),
    param(
        "import os\n\nfrom app import a\nfrom app.b import b\n\nx = 1\n",
        "import os\n\nfrom app import a\nfrom app.b import b\nfrom compat import threads\n\nx = 1\n",
        id="in its order, last",
    ),
    param(
        "import os\n\nfrom compat_two import a\n\nx = 1\n",
        "import os\n\nfrom compat import threads\nfrom compat_two import a\n\nx = 1\n",
        id="in its order, first",
    ),
    param(
        "try:\n    import a\nexcept ImportError:\n    a = None\nimport os\nx = 1\n",
        "try:\n    import a\nexcept ImportError:\n    a = None\nimport os\n\nfrom compat import threads\nx = 1\n",
        id="after optional imports",
    ),
    param(
        "import os\nos.environ['A'] = '1'\nimport b\n\nx = 1\n",
        "import os\nos.environ['A'] = '1'\nimport b\n\nfrom compat import threads\n\nx = 1\n",
        id="imports below a statement",
    ),
    param(
        "import os\n\nx = threads(os)\n\nimport b\n\nb.f(x)\n",
        "import os\n\nfrom compat import threads\n\nx = threads(os)\n\nimport b\n\nb.f(x)\n",
        id="before the first use, not after a late import",
    ),
    param(
        "import os\n\n\ndef f():\n    return threads(os)\n\n\nimport b\n",
        "import os\n\nfrom compat import threads\n\n\ndef f():\n    return threads(os)\n\n\nimport b\n",
        id="before a function that uses it",
    ),
]


@pytest.mark.parametrize(("before", "after"), LOCAL)
def test_import_of_the_project(before: str, after: str) -> None:
    made = add_import(cst.parse_module(before), "compat", [("threads", "threads")], is_local).code
    ast.parse(made)
    assert made == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param(
            "from openai import OpenAI\nfrom app import a\n\nx = 1\n",
            "from openai import OpenAI\nfrom openai.types import Response\nfrom app import a\n\nx = 1\n",
            id="to its package's",
        ),
        param(
            "from openai.types.z import Z\nfrom app import a\n\nx = 1\n",
            "from openai.types.z import Z\nfrom openai.types import Response\nfrom app import a\n\nx = 1\n",
            id="to its package's, whatever their order",
        ),
        param(
            "import os\n\nfrom app import a\n\nx = 1\n",
            "import os\n\nfrom app import a\nfrom openai.types import Response\n\nx = 1\n",
            id="to the end without one",
        ),
    ],
)
def test_import_of_a_type(before: str, after: str) -> None:
    assert add_import(cst.parse_module(before), "openai.types", [("Response", "Response")]).code == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        param(
            "import os\n\nfrom openai import OpenAI\n\nx = 1\n",
            "import os\nfrom typing import Any\n\nfrom openai import OpenAI\n\nx = 1\n",
            id="after Python's own",
        ),
        param(
            "from openai import OpenAI\n\nx = 1\n",
            "from typing import Any\n\nfrom openai import OpenAI\n\nx = 1\n",
            id="before all others",
        ),
        param(
            "from __future__ import annotations\n\nfrom openai import OpenAI\n\nx = 1\n",
            "from __future__ import annotations\nfrom typing import Any\n\nfrom openai import OpenAI\n\nx = 1\n",
            id="after the future",
        ),
        param("import os\n\nx = 1\n", "import os\nfrom typing import Any\n\nx = 1\n", id="at the end"),
    ],
)
def test_import_of_pythons_own(before: str, after: str) -> None:
    assert add_import(cst.parse_module(before), "typing", [("Any", "Any")]).code == after


LONG = "from typing import ClassVar, Generic, Iterable, Iterator, Mapping, Optional, TypeVar, Union"
JOINED = [
    param("from typing import cast\n", "from typing import Any, cast\n", id="first"),
    param("from typing import ABC\n", "from typing import ABC, Any\n", id="last"),
    param("from typing import IO, List, cast\n", "from typing import IO, Any, List, cast\n", id="constants first"),
    param("from typing import IO, abc, List\n", "from typing import IO, abc, List, Any\n", id="in no order"),
    param("from typing import Any\n", "from typing import Any\n", id="there already"),
    param(
        "from typing import (\n    List,\n    cast,\n)\n",
        "from typing import (\n    Any,\n    List,\n    cast,\n)\n",
        id="a line each",
    ),
    param(
        "from typing import (\n    ABC,\n    ADT\n)\n",
        "from typing import (\n    ABC,\n    ADT,\n    Any\n)\n",
        id="no last comma",
    ),
    param("from typing import (  # those\n    B,\n    C,\n)\n", None, id="a comment inside"),
    param("from typing import *\n", None, id="a star"),
    param(
        "from typing import List as L, Any as A\n",
        "from typing import List as L, Any as A, Any\n",
        id="under other names",
    ),
    param(f"{LONG}\n", None, id="too long"),
    param("if True:\n    from typing import List\n", None, id="in a block"),
    param("import os\nx: Any = 1\nfrom typing import List\n", None, id="below its use"),
]


@pytest.mark.parametrize(("before", "after"), JOINED)
def test_a_name_joins_the_import_of_its_module(before: str, after: str | None) -> None:
    made = add_import(cst.parse_module(before), "typing", [("Any", "Any")]).code
    ast.parse(made)
    if after is None:
        assert "\nfrom typing import Any\n" in f"\n{made}"
        assert set(before.splitlines()) <= set(made.splitlines())
    else:
        assert made == after


@pytest.mark.parametrize(
    ("names", "line"),
    [
        param([("b", "b"), ("a", "a"), ("b", "b")], "from m import a, b", id="sorted, once"),
        param([("a", "other")], "from m import a as other", id="under another name"),
    ],
)
def test_import_of_a_package(names: list[tuple[str, str]], line: str) -> None:
    assert add_import(cst.parse_module("import os\nx = 1\n"), "m", names).code == f"import os\n{line}\nx = 1\n"


def test_no_names_no_import() -> None:
    tree = cst.parse_module("x = 1\n")
    assert add_import(tree, "m", []) is tree


@pytest.mark.parametrize(
    ("before", "body", "kept"),
    [
        param("import time\nimport os\n", "os.x", "import os\n", id="import"),
        param("import time, os\n", "os.x", "import os\n", id="one of a line"),
        param("import os, time\n", "os.x", "import os\n", id="last of a line"),
        param("from a import b, c\n", "c", "from a import c\n", id="name"),
        param("from a import b\n", "", "", id="whole line"),
        param("from a import (\n    b,\n    c,\n)\n", "b", "from a import (\n    b,\n)\n", id="in parentheses"),
        param("from a import (b,\n               c)\n", "b", "from a import (b)\n", id="in parentheses, last"),
        param('"""Doc."""\n\nimport time\nimport os\n', "os", '"""Doc."""\n\nimport os\n', id="below a docstring"),
        param(
            "import os\n\nfrom a import b\nfrom a import c\n",
            "os, c",
            "import os\n\nfrom a import c\n",
            id="first of a group",
        ),
        param("from a import b as c\n", "", "", id="by its local name"),
        param("import a.b\n", "a.b.c", "import a.b\n", id="dotted, used"),
        param("from __future__ import annotations\n", "", "from __future__ import annotations\n", id="future"),
        param("from a import *\n", "", "from a import *\n", id="star"),
    ],
)
def test_unused_imports_go(before: str, body: str, kept: str) -> None:
    names = "time, os, b, c, a, annotations"
    was, now = cst.parse_module(f"{before}print({names})\n"), cst.parse_module(f"{before}print({body})\n")
    made = drop_unused(was, now).code
    ast.parse(made)
    assert made == f"{kept}print({body})\n"


@pytest.mark.parametrize(
    "after",
    [
        param("import time\nimport os\nx = 1\n", id="unused before too"),
        param("import time\nimport os\n__all__ = ['os']\n", id="named in a string"),
        param("def f():\n    import os\n    return 1\n", id="inside a function"),
    ],
)
def test_imports_that_stay(after: str) -> None:
    before = cst.parse_module(after + ("os\n" if "__all__" in after else ""))
    assert drop_unused(before, cst.parse_module(after)).code == after


def test_a_file_does_not_begin_with_a_blank_line() -> None:
    before = cst.parse_module("import time\n\nfrom a import b\n\ntime.sleep(b)\n")
    after = cst.parse_module("import time\n\nfrom a import b\n\nprint(b)\n")
    assert drop_unused(before, after).code == "from a import b\n\nprint(b)\n"


def test_used_names() -> None:
    tree = cst.parse_module(
        "import a\nfrom b import c\n\ndef f(x: 'D', z: 'dict[str, E] | None') -> None:\n    print('no a or c')\n    return x.y\n"
    )
    assert {"f", "x", "D", "E", "y"} <= used_names(tree)
    assert not used_names(tree) & {"a", "b", "c"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        param("x = 1\n", "threads", id="free"),
        param("threads = 1\n", "compat_threads", id="taken"),
        param("def f(threads):\n    compat_threads = 1\n", "threads_2", id="both taken"),
        param("client.beta.threads.create(threads=1)\n", "threads", id="only an attribute and a keyword"),
    ],
)
def test_free_name(text: str, expected: str) -> None:
    assert free_name(index_module(cst.parse_module(text), "module"), "threads", "compat_threads") == expected
