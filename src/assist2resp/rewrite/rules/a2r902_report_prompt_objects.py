"""A2R902: stored prompt objects, which end on 2026-11-30."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from assist2resp.rewrite.flows.requests import api_calls, given
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._base import Context, Sight
from assist2resp.rewrite.syntax.nodes import string_value
from assist2resp.rewrite.values.constants import Constants
from assist2resp.schema.findings import Level

_METHODS = frozenset({"responses.create", "responses.parse", "responses.stream"})


class ReportPromptObjects:
    """A prompt that OpenAI stores under `pmpt_…` has to move into code.

    What: `prompt={"id": "pmpt_…", …}` of `responses.create`, `parse` and `stream`.
    Why: prompt objects and `v1/prompts` are shut down on 2026-11-30; no API lists or exports them.
    Safety: nothing changes, since only the dashboard shows what the prompt says.
    Known problems: a prompt that another function of the SDK's user builds at run time is not seen.
    See: https://platform.openai.com/docs/deprecations
    """

    code = "A2R902"
    title = "report stored prompt objects"
    level = Level.MANUAL
    CASES = (
        (
            "import openai\n\nclient = openai.OpenAI()\n"  # noqa: ISC004 - one program
            'client.responses.create(prompt={"id": "pmpt_68a1"}, input="Hello")\n',
            "import openai\n\nclient = openai.OpenAI()\n"  # noqa: ISC004 - one program
            'client.responses.create(prompt={"id": "pmpt_68a1"}, input="Hello")\n',
        ),
    )

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """The `prompt` of each request of the file."""
        constants = Constants(context.inference)
        for path, call in api_calls(file, constants):
            for value in given(call, "prompt", file, constants) if path in _METHODS else ():
                if isinstance(value.node, (cst.Dict, cst.Call)):
                    yield Sight(value.file, value.node, Level.MANUAL, _told(value.node), path)


def _told(prompt: cst.Dict | cst.Call) -> str:
    ids = [
        string_value(element.value)
        for element in (prompt.elements if isinstance(prompt, cst.Dict) else ())
        if isinstance(element, cst.DictElement) and string_value(element.key) == "id"
    ]
    name = f"the prompt {ids[0]}" if ids and ids[0] else "this stored prompt"
    return (
        f"{name} ends on 2026-11-30; copy its instructions, model and tools from the dashboard into code, "
        "and pass them to the call in place of prompt=."
    )
