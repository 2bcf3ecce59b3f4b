"""Who may import whom: the table of the design, read from every import of the source, lazy ones included."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = "assist2resp"

EVERYONE = {"errors", "plugins"}
FEATURES = {"rewrite", "load", "export", "browse", "replay", "report", "sandbox"}
MAY_IMPORT = {
    "cli": {*FEATURES, "demo", "schema"},
    "demo": {*FEATURES, "schema"},
    "rewrite": {"mapping", "schema"},
    "load": {"locked", "mapping", "network", "schema"},
    "export": {"locked", "mapping", "network", "schema"},
    "browse": {"schema"},
    "replay": {"mapping", "network", "schema"},
    "mapping": {"schema"},
    "report": {"schema"},
    "sandbox": {"schema"},
    "locked": set(),
    "network": set(),
    "schema": set(),
    "comment": set(),
    "errors": set(),
    "plugins": set(),
    "__main__": {"cli"},
    "codemods": {"rewrite", "schema"},
}
"""What each room may import of the others, beside itself and what everyone may."""

ONLY_IN = {
    "libcst": ("rewrite", "codemods"),
    "click": ("cli",),
    "jinja2": ("browse", "report", "rewrite.formats"),
}
"""Third-party packages that stay in the rooms named."""

LAYERS = (
    "syntax", "project", "literals", "values", "flows", "streams", "runs", "messages", "plainness", "plan",
    "configurations", "turns", "support", "dependencies", "rules", "engine", "formats",
)  # fmt: skip
"""The parts of `rewrite`: each may import those before it, and the modules beside these."""

EAGER_IN_CLI = {"click", *sys.stdlib_module_names}
"""What a verb may import before it runs; of ours, the other modules of `cli` and the one discovery function."""

CLIENTS = {"OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI"}


@dataclass(frozen=True)
class Import:
    """One imported name, such as `assist2resp.rewrite.engine`, and whether it is imported with its module."""

    name: str
    line: int
    eager: bool


def sources() -> dict[str, str]:
    """Every module of the project by its dotted name, the package's own without the package."""
    found = {}
    for root, prefix in ((ROOT / "src" / NAME, ""), (ROOT / "codemods", "codemods.")):
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            name = prefix + ".".join(part for part in parts if part != "__init__")
            found[name.rstrip(".")] = path.read_text(encoding="utf-8")
    return found


SOURCES = sources()


def imports(module: str, source: str) -> Iterator[Import]:
    """Every import of a module, with relative ones made absolute."""
    tree = ast.parse(source)
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_type_checking(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        eager = id(node) not in lazy
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, eager) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                here = [NAME, *module.split(".")]
                base = ".".join([*here[: len(here) - node.level], *filter(None, [node.module])])
            yield from (Import(f"{base}.{alias.name}", node.lineno, eager) for alias in node.names)


def upward(module: str, source: str) -> list[str]:
    """What a module of `rewrite` imports of the layers above its own."""
    own = module.split(".")[1] if module.startswith("rewrite.") else ""
    if own not in LAYERS:
        return []
    above = LAYERS[LAYERS.index(own) + 1 :]
    start = f"{NAME}.rewrite."
    return [
        found.name for found in imports(module, source) if found.name.startswith(tuple(start + name for name in above))
    ]


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def violations(module: str, source: str) -> list[str]:
    """What a module imports against the table."""
    room = module.partition(".")[0]
    return [
        f"{module}:{found.line} imports {found.name}"
        for found in imports(module, source)
        if not (_may_import(room, found.name) and _stays_in_its_room(module, found.name) and _is_cheap(room, found))
    ]


def _may_import(room: str, name: str) -> bool:
    package, _, rest = name.partition(".")
    if package != NAME:
        return True
    target = rest.partition(".")[0]
    own_names = {"", "__version__", room}
    return target in own_names | EVERYONE | MAY_IMPORT.get(room, set())


def _stays_in_its_room(module: str, name: str) -> bool:
    rooms = ONLY_IN.get(name.partition(".")[0])
    return rooms is None or any(f"{module}.".startswith(f"{room}.") for room in rooms)


def _is_cheap(room: str, found: Import) -> bool:
    ours = (f"{NAME}.cli", f"{NAME}.plugins", f"{NAME}.__version__")
    return (
        room != "cli" or not found.eager or found.name.partition(".")[0] in EAGER_IN_CLI or found.name.startswith(ours)
    )


TEMPLATE = "rewrite.support.offered.template"
"""Tests for the user's tree: no code of ours runs it."""


def opens_client(source: str) -> bool:
    """Whether a source calls one of the SDK's client classes."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    names = {f.id if isinstance(f, ast.Name) else f.attr for f in calls if isinstance(f, ast.Name | ast.Attribute)}
    return bool(names & CLIENTS)


@pytest.mark.parametrize("module", [pytest.param(name, id=name or NAME) for name in SOURCES])
def test_imports_follow_the_table(module: str) -> None:
    assert violations(module, SOURCES[module]) == []


@pytest.mark.parametrize("module", [name for name in SOURCES if name.startswith("rewrite.")])
def test_layers_of_the_rewriter_import_downwards(module: str) -> None:
    assert upward(module, SOURCES[module]) == []


def test_an_import_upwards_is_seen() -> None:
    assert upward("rewrite.syntax.nodes", "from assist2resp.rewrite.rules import _base") == [
        "assist2resp.rewrite.rules._base"
    ]


def documented() -> dict[str, set[str]]:
    """What CONTRIBUTING says that each room may import; what follows a colon is a reason."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("### Who may import whom")[2]
    rows = [line.strip("| ").split(" | ") for line in text.partition("Features never")[0].splitlines() if "| `" in line]
    said: dict[str, set[str]] = {}
    for rooms, allowed in rows:
        names = set(re.findall("`(.+?)`", allowed.partition(":")[0])) | (
            FEATURES if "every feature" in allowed else set()
        )
        said |= dict.fromkeys(re.findall("`(.+?)`", rooms), names)
    return said


def test_the_documented_table_is_this_one() -> None:
    assert documented() == {room: may for room, may in MAY_IMPORT.items() if room not in {*EVERYONE, "__main__"}}


def test_every_room_is_in_the_table() -> None:
    assert {module.partition(".")[0] for module in SOURCES} <= {"", *MAY_IMPORT}


@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_one_file_of_a_feature_opens_the_client(feature: str) -> None:
    own = [name for name in SOURCES if name.partition(".")[0] == feature and name != TEMPLATE]
    opening = [name for name in own if opens_client(SOURCES[name])]
    assert len(opening) <= 1, opening


@pytest.mark.parametrize(
    ("module", "source", "rejected"),
    [
        ("sandbox.model", "from assist2resp.mapping import items", True),
        ("sandbox.model", "def f():\n    import assist2resp.mapping", True),
        ("sandbox.model", "from assist2resp.schema import findings", False),
        ("rewrite.engine", "from assist2resp.export import archive", True),
        ("rewrite.engine", "from ..export import archive", True),
        ("rewrite.engine", "from . import files", False),
        ("rewrite.engine", "from assist2resp import __version__, errors", False),
        ("rewrite.engine", "from assist2resp import export", True),
        ("rewrite.engine", "from assist2resp.cli import main", True),
        ("mapping.items", "from assist2resp.rewrite import kinds", True),
        ("mapping.items", "import libcst as cst", True),
        ("rewrite.rules.a2r100_x", "import libcst.matchers", False),
        ("rewrite.files", "import click", True),
        ("report.render", "import jinja2", False),
        ("reporting.render", "import jinja2", True),
        ("cli.rewrite", "from assist2resp.rewrite import engine", True),
        ("cli.rewrite", "import rich.console", True),
        ("cli.rewrite", "def f():\n    from assist2resp.rewrite import engine\n    import rich", False),
        ("cli.rewrite", "if TYPE_CHECKING:\n    from assist2resp.rewrite import engine", False),
        ("cli.rewrite", "import sys, click\nfrom assist2resp.cli._terminal import say", False),
        ("codemods.x", "from assist2resp.cli import main", True),
    ],
)
def test_the_table_can_be_broken(module: str, source: str, rejected: bool) -> None:
    assert bool(violations(module, source)) is rejected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("client = OpenAI()", True),
        ("client = openai.AsyncOpenAI(api_key=k)", True),
        ("isinstance(client, OpenAI)", False),
        ("'OpenAI()'", False),
    ],
)
def test_opening_a_client_is_seen(source: str, expected: bool) -> None:
    assert opens_client(source) is expected
