"""Which stored assistants and threads a rewritten flow looks up: ids that are written out, and names that hold others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, is_none, string_value
from assist2resp.rewrite.values.constants import Constants, environment_name
from assist2resp.rewrite.values.kinds import Ident, Sdk

_LOOKS_UP = ("beta.assistants.retrieve", "beta.assistants.update", "beta.assistants.delete")
_CREATE = "beta.assistants.create"
_LIST = "beta.assistants.list"
_ID = re.compile(r"(?:asst|thread)_[A-Za-z0-9]{20,}")
_ASSISTANT = re.compile(r"asst_\w+")
_LONGEST = 40


@dataclass(frozen=True)
class StoredIds:
    """What a flow takes from elsewhere. `names` are environment variables and expressions that hold assistants' ids."""

    first: Site
    """The first site that looks an assistant up, or the first of the flow."""
    assistants: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def looks_up_assistants(self) -> bool:
        return bool(self.assistants or self.names)


def makes_assistants(plan: Plan) -> bool:
    """Whether a flow creates assistants, whose ids other flows may find in a file or a database."""
    return any(site.path == _CREATE for site in plan.flow.sites)


def stored_ids(plan: Plan, constants: Constants, *, made_elsewhere: bool) -> StoredIds | None:
    """The ids that a flow did not make itself, or None where it made all of them."""
    sites = plan.flow.sites
    takes = [site for site in sites if site.path == _LIST or _assistant_argument(site) is not None]
    literals = {found for file in {site.file for site in sites} for found in _literals(file)}
    threads = tuple(sorted(found for found in literals if found.startswith("thread_")))
    if makes_assistants(plan) or not takes:
        return StoredIds(sites[0], threads=threads) if threads else None
    assistants = {found for found in literals if found.startswith("asst_")}
    names: dict[str, None] = {}
    for site in takes:
        for file, node in constants.trail(_assistant_argument(site), site.file):
            value = string_value(node)
            if value is not None and _ASSISTANT.fullmatch(value):
                assistants.add(value)
            else:
                names |= dict.fromkeys(_names(node, file, constants, made_elsewhere))
        if site.path == _LIST and not made_elsewhere:
            names["the ones that it lists"] = None
    return StoredIds(takes[0], tuple(sorted(assistants)), threads, tuple(names))


def _assistant_argument(site: Site) -> cst.BaseExpression | None:
    """The argument of a call that is an assistant's id."""
    if site.call is None:
        return None
    return argument(site.call, "assistant_id", 0 if site.path in _LOOKS_UP else None)


def _names(node: cst.CSTNode, file: SourceFile, constants: Constants, made_elsewhere: bool) -> Iterator[str]:
    variable = environment_name(node)
    if variable is not None:
        yield variable
    elif not (made_elsewhere or list(constants.behind(node, file)) or _is_known(node, file, constants)):
        yield _shown(node)


def _is_known(node: cst.CSTNode, file: SourceFile, constants: Constants) -> bool:
    """Whether an expression is an id that is written out, or one of an object that the flow looked up before."""
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)) or is_none(node):
        return True
    return isinstance(constants.inference.kind(node, file), (Ident, Sdk))


def _shown(node: cst.CSTNode) -> str:
    text = " ".join(cst.Module([]).code_for_node(node).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _literals(file: SourceFile) -> Iterator[str]:
    for node in file.scopes.nodes(cst.SimpleString):
        value = string_value(node)
        if value is not None and _ID.fullmatch(value):
            yield value
