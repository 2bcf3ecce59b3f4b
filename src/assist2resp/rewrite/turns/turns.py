"""Turns: the run that answers a message, where nothing of its thread happens in between."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.flows.run_sites import MESSAGE_CREATE, thread_argument
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.literals import converted
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.edits import call
from assist2resp.rewrite.syntax.nodes import argument, code, descendants, dotted, string_value
from assist2resp.rewrite.turns.failed_turns import goes_on
from assist2resp.rewrite.turns.kept_turns import can_be_kept
from assist2resp.rewrite.turns.new_names import new_name
from assist2resp.rewrite.values.kinds import (
    UNKNOWN,
    Class,
    External,
    Function,
    Ident,
    Kind,
    Method,
    Plain,
    Resource,
    Sdk,
    Unknown,
)


def answering_run(plan: Plan, site: Site, thread: str, says: cst.CSTNode) -> Site | None:
    """The run that follows in the same block, or in a `with` or `try` there, with nothing of the thread in between.

    `thread` is the thread's id as the source spells it, `says` what the messages at `site` are made of. None if the
    program goes on with a thread whose run failed, and the lines after the run cannot write the turn there again.
    """
    line = site.statement()
    block = site.file.scopes.parent_of[line]
    if not isinstance(block, (cst.IndentedBlock, cst.Module)) or not isinstance(line, cst.SimpleStatementLine):
        return None
    others = {other.call: other for other in plan.flow.sites if other.file is site.file and other.call is not None}
    names = {node.value for node in descendants(says) if isinstance(node, cst.Name)}
    acts = any(_acts(node) for node in descendants(says))
    for statement in _following(block, line, others):
        outside = [statement] if _is_passed(statement, others) else _entered(statement)
        found = [others[node] for node in _nodes(outside) if isinstance(node, cst.Call) and node in others]
        if found:
            first = found[0]
            if first.statement() is not statement or not _is_of(thread, first):
                return None
            if first.path == MESSAGE_CREATE and _says_all(first):
                continue
            if not plan.plain.starts(first) or (goes_on(plan, first, thread) and (acts or not can_be_kept(first))):
                return None
            return first
        if any(
            _binds(part, names) or _rebinds(part, thread) or _touches(part, plan, site.file) for part in outside
        ) or not isinstance(statement, (cst.SimpleStatementLine, cst.With, cst.Try, cst.FunctionDef, cst.ClassDef)):
            return None
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)) and statement.name.value in names:
            return None
        if acts and any(isinstance(node, cst.Call) for node in _nodes(outside)):
            return None
    return None


def _following(
    block: cst.IndentedBlock | cst.Module, line: cst.CSTNode, calls: Container[cst.CSTNode]
) -> Iterator[cst.CSTNode]:
    """The statements that run after a line, one after the other: those of a `with` or `try` follow its head.

    What comes after such a block is reached in other ways too, so nothing follows its last statement; unless a `with`
    asks for nothing, as one that only shows something.
    """
    body: list[cst.CSTNode] = list(block.body)
    body = body[body.index(line) + 1 :]
    while body:
        statement = body.pop(0)
        yield statement
        if isinstance(statement, (cst.With, cst.Try)) and not _is_passed(statement, calls):
            body = list(statement.body.body)


def _is_passed(statement: cst.CSTNode, calls: Container[cst.CSTNode]) -> bool:
    """Whether a `with` holds none of these calls, and is always left at its end."""
    leaves = (cst.Return, cst.Raise, cst.Break, cst.Continue, cst.Yield)
    return isinstance(statement, cst.With) and not any(
        node in calls or isinstance(node, leaves) for node in descendants(statement)
    )


def _entered(statement: cst.CSTNode) -> list[cst.CSTNode]:
    """The parts of a statement that run before its body does; the bodies of functions run when they are called."""
    match statement:
        case cst.With():
            return list(statement.items)
        case cst.Try():
            return []
        case cst.FunctionDef():
            return [*statement.decorators, statement.params]
        case cst.ClassDef():
            parts = [part for line in statement.body.body for part in _entered(line)]
            return [*statement.decorators, *statement.bases, *statement.keywords, *parts]
    return [statement]


def _nodes(parts: list[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    for part in parts:
        yield from descendants(part)


def input_item(plan: Plan, site: Site) -> cst.BaseExpression | None:
    """The input item that means the message which a site creates; the support module makes it of content not to be seen."""
    assert site.call is not None
    role, content = argument(site.call, "role"), argument(site.call, "content")
    if role is None or content is None:
        return None
    new = _content(plan, site, role, content)
    if new is not None:
        return converted.input_message(role, new)
    return call(plan.need(site.file, "input_message"), role, content)


def _content(
    plan: Plan, site: Site, role: cst.BaseExpression, content: cst.BaseExpression
) -> cst.BaseExpression | None:
    """The content of an input item where the source says what it is; a role that it does not say has no parts."""
    look, said = plan.look(site.file), string_value(role)
    return converted.message_content(content, look if said else replace(look, in_parts=False), said or "user")


class Apart(NamedTuple):
    """A turn with the run that it is the input of; `statement` takes its place where something of it gets a name there."""

    run: Site
    statement: cst.Assign | cst.AnnAssign | None
    item: cst.BaseExpression


def apart(plan: Plan, site: Site, thread: str) -> Apart | None:
    """The turn that a site adds, with its content evaluated where it is and sent with the run that follows.

    Lists of parts are left alone, since types that fit an input are not inferred of a variable.
    """
    assert site.call is not None
    role, content = argument(site.call, "role"), argument(site.call, "content")
    if role is None or content is None or isinstance(content, (cst.List, cst.Tuple)):
        return None
    run = answering_run(plan, site, thread, role)
    if run is None:
        return None
    name, new = cst.Name(new_name(plan, site, ("content", "question", "turn"))), _content(plan, site, role, content)
    item = (
        converted.input_message(role, name if new is content else converted.text_part(name))
        if new is not None
        else call(plan.need(site.file, "input_message"), role, name)
    )
    return Apart(run, cst.Assign([cst.AssignTarget(name)], content), item)


def _says_all(site: Site) -> bool:
    return site.call is not None and None not in (argument(site.call, "role"), argument(site.call, "content"))


def _is_of(thread: str, site: Site) -> bool:
    given = thread_argument(site)
    return given is not None and code(given) == thread


_TELLING = frozenset({
    "capitalize", "decode", "dumps", "encode", "format", "get", "isoformat", "join", "lower", "lstrip", "removeprefix",
    "removesuffix", "replace", "rstrip", "split", "strftime", "strip", "title", "upper",
    "dict", "float", "int", "len", "list", "max", "min", "repr", "round", "sorted", "str", "sum",
})  # fmt: skip
_PLAIN = frozenset({"str", "int", "float", "bool", "bytes"})
_HARMLESS = ("builtins.", "logging.", "pprint.")
"""What others wrote and does no more with the id of a thread than tell it."""
_CHANGING = frozenset({"append", "clear", "extend", "insert", "pop", "popleft", "remove", "reverse", "sort", "update"})


def _acts(node: cst.CSTNode) -> bool:
    """Whether an expression may do more than tell a value, so that it matters what happens before it."""
    if not isinstance(node, cst.Call):
        return isinstance(node, (cst.Await, cst.NamedExpr, cst.Yield))
    word = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return not (isinstance(word, cst.Name) and word.value in _TELLING)


def _binds(statement: cst.CSTNode, names: set[str]) -> bool:
    """Whether a statement gives a name another value, or changes the value that it has."""
    for node in descendants(statement):
        if isinstance(node, cst.Attribute) and node.attr.value in _CHANGING:
            root = (dotted(node.value) or "").partition(".")[0]
            if root in names:
                return True
        if isinstance(node, cst.AssignTarget):
            for inner in descendants(node):
                if isinstance(inner, cst.Name) and inner.value in names:
                    return True
        if isinstance(node, (cst.AugAssign, cst.Del)):
            return True
    return False


def _rebinds(statement: cst.CSTNode, thread: str) -> bool:
    """Whether a statement gives another thread to what names it."""
    targets = [code(node.target) for node in descendants(statement) if isinstance(node, cst.AssignTarget)]
    return any(thread == target or thread.startswith(f"{target}.") for target in targets)


def _touches(statement: cst.CSTNode, plan: Plan, file: SourceFile, seen: frozenset[cst.CSTNode] = frozenset()) -> bool:
    """Whether a statement calls code that could use the thread: a function of the project with such calls, or the API."""
    for node in descendants(statement):
        if not isinstance(node, cst.Call):
            continue
        kind = plan.inference.kind(node.func, file)
        if isinstance(kind, Class):
            kind = plan.inference.method(kind.file, kind.node, "__init__") or UNKNOWN
        if isinstance(kind, Function):
            if kind.node not in seen and _reaches(kind, plan, seen | {kind.node}):
                return True
        elif isinstance(kind, External):
            if not kind.qualified.startswith(_HARMLESS) and any(
                _is_of_the_api(plan.inference.kind(arg.value, file)) for arg in node.args
            ):
                return True
        elif not isinstance(kind, (Unknown, Plain, Sdk)):
            return True
    return False


def _reaches(function: Function, plan: Plan, seen: frozenset[cst.CSTNode]) -> bool:
    calls = {site.call for site in plan.flow.sites if site.file is function.file}
    body = function.node.body
    return any(node in calls for node in descendants(body)) or _touches(body, plan, function.file, seen)


def _is_of_the_api(kind: Kind) -> bool:
    """Whether a value leads to the API; a text or a number that one of its objects holds does not."""
    return isinstance(kind, (Resource, Method, Ident)) or (isinstance(kind, Sdk) and kind.type.name not in _PLAIN)
