"""A2R907: code that knows an id by its beginning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.rules._base import Context, Sight
from assist2resp.rewrite.rules._cases import case
from assist2resp.rewrite.syntax.nodes import code, string_value
from assist2resp.rewrite.values.kinds import Ident
from assist2resp.schema.findings import Level

_NEW = {"thread_": "conv_", "run_": "resp_"}
_OF = {"thread_": "Thread", "run_": "Run"}
_PATTERN = re.compile(r"(?<![A-Za-z0-9_])(?P<word>thread|run)_(?=[\[\\(.])")
_SEARCHES = frozenset({"compile", "findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn"})


class WidenIdPrefixes:
    r"""Threads and runs are conversations and responses, whose ids begin otherwise.

    What: `thread_id.startswith("thread_")` and regular expressions such as `run_\w+` find the new ids too.
    Why: new threads have ids of `conv_`, new runs of `resp_`; old ids from before stay what they are.
    Safety: what was found before is found still; only in files that use the Assistants API.
    Known problems: other ways to look at an id (slices, comparisons of its length, columns too short) are not seen.
    See: https://platform.openai.com/docs/guides/conversation-state
    """

    code = "A2R907"
    title = "widen the prefixes of ids"
    level = Level.REVIEW
    CASES = (
        case(
            """
            import re

            from openai import BadRequestError, OpenAI

            client = OpenAI()


            def say(thread_id: str, text: str) -> None:
                if not thread_id.startswith("thread_"):
                    raise ValueError(thread_id)
                try:
                    client.beta.threads.messages.create(thread_id, role="user", content=text)
                except BadRequestError as error:
                    print("busy with", re.search(r"run_\\w+", str(error)))
            """,
            """
            import re

            from openai import BadRequestError, OpenAI

            from assistants_compat import threads

            client = OpenAI()


            def say(thread_id: str, text: str) -> None:
                if not thread_id.startswith(("thread_", "conv_")):
                    raise ValueError(thread_id)
                try:
                    threads(client).messages.create(thread_id, role="user", content=text)
                except BadRequestError as error:
                    print("busy with", re.search(r"(?:run|resp)_\\w+", str(error)))
            """,
        ),
        case(
            """
            from openai import OpenAI

            client = OpenAI()
            names = [each.name for each in client.models.list() if each.id.startswith("run_")]
            """,
        ),
        case(
            """
            import re


            def runs(log: str) -> list[str]:
                return re.findall(r"run_[0-9]+", log)
            """,
        ),
    )

    def look(self, file: SourceFile, context: Context) -> Iterable[Sight]:
        """The tests of prefixes in a file that uses the Assistants API."""
        if b"beta" not in file.data:
            return
        for call in file.scopes.calls:
            if not isinstance(call.func, cst.Attribute) or not call.args:
                continue
            given = call.args[0].value
            if call.func.attr.value == "startswith":
                yield from _of_test(given, call.func.value, file, context)
            elif call.func.attr.value in _SEARCHES and code(call.func.value) in {"re", "regex"}:
                yield from _of_pattern(given, file)


def _of_test(
    given: cst.BaseExpression, tested: cst.BaseExpression, file: SourceFile, context: Context
) -> Iterator[Sight]:
    prefix = string_value(given)
    if prefix not in _NEW:
        return
    word = prefix.removesuffix("_")
    named = code(tested).rpartition(".")[2].lower()
    if context.inference.kind(tested, file) == Ident(_OF[prefix]) or (word in named and "id" in named):
        new = _NEW[prefix]
        pair = cst.parse_expression(f'({code(given)}, "{new}")')
        yield Sight(file, given, Level.REVIEW, _told(word, new), prefix, lambda _: pair)


def _of_pattern(given: cst.BaseExpression, file: SourceFile) -> Iterator[Sight]:
    found = _PATTERN.search(given.value) if isinstance(given, cst.SimpleString) else None
    if found is not None and isinstance(given, cst.SimpleString):
        new = _NEW[f"{found['word']}_"]
        widened = _PATTERN.sub(lambda each: f"(?:{each['word']}|{_NEW[each['word'] + '_'][:-1]})_", given.value)
        literal = given.with_changes(value=widened)
        yield Sight(file, given, Level.REVIEW, _told(found["word"], new), found[0], lambda _: literal)


def _told(word: str, new: str) -> str:
    return (
        f"ids of a new {word} begin with {new}; both are found now. Look for other places that know ids by their form."
    )
