"""A2R905: tests that patch the old API by a path in a string, or prepare its answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._base import Context, Sight
from assist2resp.rewrite.syntax.nodes import dotted, string_value
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values.kinds import Class, Instance, Kind, Resource
from assist2resp.schema.findings import Level

_PATCHING = ("patch", "setattr", "patch.object", "create_autospec")
_OLD_PATH = re.compile(r"(?P<client>[\w.]+)\.beta\.(?:threads|assistants|vector_stores)\b[\w.]*")
_OLD = ("beta.threads", "beta.assistants", "beta.vector_stores")
_SDK_PATH = re.compile(r"openai\.resources\.beta\.(?:threads|assistants|vector_stores)\b[\w.]*")


class ReportPatchedPaths:
    """A test that patches `….beta.threads…` by name patches what the rewritten code does not call.

    What: strings given to `patch`, `mocker.patch` and `monkeypatch.setattr` that lead to the old resources of the SDK,
    or of a client of the project; and answers that a test prepares with openai-responses (`openai_mock.beta.threads…`).
    Why: the patched method exists, so that nothing fails but the assertion that it was called.
    Safety: nothing changes. Mocks of the whole client need nothing: the support module asks a mock as before.
    Known problems: paths that are put together at run time are not seen.
    See: https://docs.python.org/3/library/unittest.mock.html#where-to-patch
    """

    code = "A2R905"
    title = "report patched paths of the old API"
    level = Level.MANUAL
    CASES = (
        (
            "from unittest.mock import patch\n\n\n"  # noqa: ISC004 - one program
            '@patch("openai.resources.beta.threads.Threads.create")\ndef test_it(create):\n    create()\n',
            "from unittest.mock import patch\n\n\n"  # noqa: ISC004 - one program
            '@patch("openai.resources.beta.threads.Threads.create")\ndef test_it(create):\n    create()\n',
        ),
        (
            'from unittest.mock import patch\n\nwith patch("shop.beta.threads.create") as create:\n    create()\n',
            'from unittest.mock import patch\n\nwith patch("shop.beta.threads.create") as create:\n    create()\n',
        ),
        (
            "from openai_responses import OpenAIMock\n\n\n"  # noqa: ISC004 - one program
            "def test_it(fake: OpenAIMock):\n    fake.beta.threads.create.response = {}\n",
            "from openai_responses import OpenAIMock\n\n\n"  # noqa: ISC004 - one program
            "def test_it(fake: OpenAIMock):\n    fake.beta.threads.create.response = {}\n",
        ),
        (
            "from desk import DeskMock\n\n\n"  # noqa: ISC004 - one program
            "def test_it(fake: DeskMock):\n    fake.beta.threads.create.response = {}\n",
            "from desk import DeskMock\n\n\n"  # noqa: ISC004 - one program
            "def test_it(fake: DeskMock):\n    fake.beta.threads.create.response = {}\n",
        ),
    )

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """The patched paths and prepared answers of the file."""
        yield from _prepared(file)
        for call in file.scopes.calls:
            name = dotted(call.func) or ""
            if call.args and name.rpartition(".")[2] in _PATCHING:
                path = string_value(call.args[0].value)
                if path is not None and _leads_to_the_old_api(path, file, context):
                    message = (
                        f"patches {path}, which the rewritten code does not call; "
                        "patch the client that it gets, or the responses and conversations that it calls."
                    )
                    yield Sight(file, call.args[0].value, Level.MANUAL, message, path)


def _prepared(file: SourceFile) -> Iterator[Sight]:
    """The answers of the old API that a mock of openai-responses is told to give."""
    if b"OpenAIMock" not in file.data:
        return
    for node, scope in file.scopes.scope_of.items():
        if not isinstance(node, cst.Attribute) or isinstance(file.scopes.parent_of[node], cst.Attribute):
            continue
        mock, _, path = (dotted(node) or "").replace(".state.", ".", 1).partition(".")
        if path.startswith(_OLD) and _is_mock(mock, scope):
            message = (
                f"prepares or counts what {path} answers, which the rewritten code does not ask for; "
                "prepare the answers of responses and conversations."
            )
            yield Sight(file, node, Level.MANUAL, message, path)


def _is_mock(name: str, scope: Scope) -> bool:
    variable = scope.find(name)
    params = [binding.node for binding in variable[0].names[name]] if variable is not None else []
    return any(
        isinstance(param, cst.Param)
        and param.annotation is not None
        and (dotted(param.annotation.annotation) or "").rpartition(".")[2] == "OpenAIMock"
        for param in params
    )


def _leads_to_the_old_api(path: str, file: SourceFile, context: Context) -> bool:
    if _SDK_PATH.fullmatch(path):
        return context.inference.project.resolve("openai", file) is None
    match = _OLD_PATH.fullmatch(path)
    if match is None:
        return False
    if match["client"] == "openai":
        return context.inference.project.resolve("openai", file) is None
    return isinstance(_kind_of(match["client"], file, context), Resource)


def _kind_of(path: str, file: SourceFile, context: Context) -> Kind | None:
    """What a dotted path from a module of the project is: `app.client`, `app.Bot.client`."""
    found = context.inference.project.resolve(path, file)
    if found is None or found[0].tree is None or not found[1]:
        return None
    first, *rest = found[1].split(".")
    root = found[0].scopes.root
    kind: Kind | None = context.inference.variable((root, first)) if first in root.names else None
    for name in rest:
        if isinstance(kind, Class):
            kind = Instance(kind.file, kind.node)
        kind = context.inference.instance_attribute(kind, name) if isinstance(kind, Instance) else None
    return kind
