"""Calls of the OpenAI API in a file, of any of its methods, and the arguments that reach them through dictionaries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, string_value
from assist2resp.rewrite.values.constants import Constants
from assist2resp.rewrite.values.kinds import Method


@dataclass(frozen=True)
class Given:
    """One value that an argument of a request can have, and the call or dictionary that gives it."""

    file: SourceFile
    node: cst.CSTNode
    holder: cst.Call | cst.Dict


def api_calls(file: SourceFile, constants: Constants) -> Iterator[tuple[str, cst.Call]]:
    """Each call of a method of the OpenAI client, with the method's dotted path below the client."""
    for call in file.scopes.calls:
        kind = constants.inference.kind(call.func, file)
        if isinstance(kind, Method):
            yield kind.path, call


def given(call: cst.Call, name: str, file: SourceFile, constants: Constants) -> Iterator[Given]:
    """The expressions that a call's argument can be, by keyword or in a dictionary that the call spreads."""
    direct = argument(call, name)
    if direct is not None:
        for source, node in constants.nodes(direct, file):
            yield Given(source, node, call)
    for arg in call.args:
        if arg.star == "**":
            for source, node in constants.nodes(arg.value, file):
                yield from _items(node, name, source, constants)


def _items(node: cst.CSTNode, name: str, file: SourceFile, constants: Constants) -> Iterator[Given]:
    """The values of a key of a dictionary that is written out."""
    if isinstance(node, cst.Dict):
        for element in node.elements:
            if isinstance(element, cst.DictElement) and string_value(element.key) == name:
                for source, value in constants.nodes(element.value, file):
                    yield Given(source, value, node)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        yield from given(node, name, file, constants)


def names_any(holder: cst.Call | cst.Dict, names: frozenset[str]) -> bool:
    """Whether a call or a dictionary gives any of these arguments."""
    if isinstance(holder, cst.Call):
        return any(arg.keyword is not None and arg.keyword.value in names for arg in holder.args)
    return any(
        isinstance(element, cst.DictElement) and string_value(element.key) in names for element in holder.elements
    )
