"""A2R901: models that are shut down, or will be soon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from assist2resp.mapping.models import reasons_by_default
from assist2resp.rewrite.flows.requests import Given, api_calls, given, names_any
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._base import Context, Sight
from assist2resp.rewrite.syntax.nodes import string_value
from assist2resp.rewrite.values.constants import Constants
from assist2resp.schema.findings import Level
from assist2resp.schema.shutdowns import Shutdown, base_model, is_worth_a_word, shutdown_of

_SAMPLING = frozenset({"temperature", "top_p", "top_logprobs"})


class ReportModels:
    """A model id in code is compared with the table of shutdowns; it is changed only where you say so.

    What: the literal behind `model=` of any call of the API, through constants, defaults and dictionaries. Reported
    when the model is gone or goes within 90 days; `--model gpt-4o=gpt-6-luna` changes it.
    Why: the models that old assistants name end within months of the API itself: a migrated program answers 404 again.
    Safety: nothing changes without `--model`, since another model answers differently.
    Known problems: ids from the environment, from files and of fine-tuned models need a person; the table is of
    2026-11-20, `GET /v1/models` tells today's `shutdown_date`.
    See: https://platform.openai.com/docs/deprecations
    """

    code = "A2R901"
    title = "report models that are shut down"
    level = Level.REVIEW
    CASES = (
        (
            "from openai import OpenAI\n\nclient = OpenAI()\nstore = client.beta\n"  # noqa: ISC004 - one program
            'print(client.responses.create(model="gpt-4", input="Hello").output_text)\n',
            "from openai import OpenAI\n\nclient = OpenAI()\nstore = client.beta\n"  # noqa: ISC004 - one program
            'print(client.responses.create(model="gpt-4", input="Hello").output_text)\n',
        ),
    )

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """The literals behind `model=` of each call in the file."""
        constants = Constants(context.inference)
        for _, call in api_calls(file, constants):
            for value in given(call, "model", file, constants):
                yield from self._sights(value, context)

    @staticmethod
    def _sights(value: Given, context: Context) -> Iterator[Sight]:
        model = string_value(value.node) if isinstance(value.node, cst.SimpleString) else None
        if model is None or not isinstance(value.node, cst.SimpleString):
            return
        new = context.options.models.get(model)
        shutdown = shutdown_of(model)
        if new is not None:
            literal = _with_text(value.node, new)
            level, message = _changed(model, new, value)
            yield Sight(value.file, value.node, level, message, model, lambda _: literal)
        elif shutdown is not None and is_worth_a_word(shutdown, context.options.today):
            yield Sight(value.file, value.node, Level.REVIEW, _told(model, shutdown, context), model)


def _with_text(literal: cst.SimpleString, text: str) -> cst.SimpleString:
    return literal.with_changes(value=f"{literal.prefix}{literal.quote}{text}{literal.quote}")


def _changed(model: str, new: str, value: Given) -> tuple[Level, str]:
    message = f"the model {model} became {new}."
    if reasons_by_default(new) and not reasons_by_default(model) and names_any(value.holder, _SAMPLING):
        return (
            Level.REVIEW,
            f'{message} It refuses temperature and top_p unless it is told reasoning={{"effort": "none"}}.',
        )
    return Level.FIXED, message


def _told(model: str, shutdown: Shutdown, context: Context) -> str:
    verb = "was" if shutdown.on <= context.options.today else "will be"
    if base_model(model) != model:
        return f"the model below {model} {verb} shut down on {shutdown.on}; a fine-tuned model has no replacement, choose one."
    if not shutdown.replacement:
        return f"the model {model} {verb} shut down on {shutdown.on}; change it with --model {model}=NEW."
    advice = f"OpenAI recommends {shutdown.replacement} (--model {model}={shutdown.replacement.split()[0]})"
    return f"the model {model} {verb} shut down on {shutdown.on}; {advice}."
