"""Show the rules that rewrite applies, or the page of one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from assist2resp.cli._terminal import show, wants_colour

if TYPE_CHECKING:
    from assist2resp.rewrite.catalogue import Rule


@click.command(short_help=__doc__)
@click.argument("code", required=False)
def command(*, code: str | None) -> None:
    """Show every rule that rewrite applies, or the page of the one with CODE, such as A2R401."""
    from assist2resp.rewrite.catalogue import catalogue, find_rule

    lines = _page(find_rule(code)) if code else _table(catalogue())
    show("".join(f"{line}\n" for line in lines), sys.stdout)


def _table(rules: tuple[Rule, ...]) -> Iterator[str]:
    width = max((len(rule.level) for rule in rules), default=0)
    for rule in rules:
        yield f"{_bold(rule.code)}  {rule.level:<{width}}  {rule.title}"


def _page(rule: Rule) -> Iterator[str]:
    yield _bold(f"{rule.code} {rule.title} [{rule.level}]")
    yield ""
    yield rule.sentence
    for title, text in rule.sections.items():
        yield ""
        yield _bold(title)
        yield from _indented(text)
    example = next((case for case in rule.cases if case.before != case.after), None)
    if example is not None:
        for title, text in (("Before", example.before), ("After", example.after)):
            yield ""
            yield _bold(title)
            yield from _indented(text)


def _indented(text: str) -> Iterator[str]:
    return (f"    {line}".rstrip() for line in text.strip("\n").splitlines())


def _bold(text: str) -> str:
    return click.style(text, bold=True) if wants_colour(sys.stdout) else text
