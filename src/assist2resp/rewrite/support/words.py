"""Which of the words that decide what the support module remembers a program reads of the API's objects, or may read."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.support.usage import FACTS, FILES, TOOLS, WORDS
from assist2resp.rewrite.syntax.nodes import string_value
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Class, Ident, Instance, Plain, Resource, Sdk

_MESSAGE = "beta.threads.Message"
_OF_MESSAGES = FACTS | {"id", "role", "content", "status", "thread_id", "object"}
_OF_HOLDERS = frozenset({
    "data", "has_more", "first_id", "last_id", "has_next_page", "next_page_info", "get_next_page", "iter_pages",
    "append", "pop", "reverse", "sort",
})  # fmt: skip
_HOLDING = frozenset({cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.ListComp})
_ACTIONS = (b"requires_action", b"required_action")


def words_of(project: Project, inference: Inference) -> frozenset[str]:
    """The words of all files: FACTS as a whole when a message goes where what is read of it cannot be seen."""
    found: set[str] = set()
    for file in project.modules:
        if any(word in file.data for word in _ACTIONS):
            found |= TOOLS
        found.update(_words(file, inference))
        if not found >= FACTS and any(_leaves(use, inference) for use in _messages(file, inference)):
            found |= FACTS
    return frozenset(found)


def _words(file: SourceFile, inference: Inference) -> Iterator[str]:
    """Words that stand as attributes of what may be a message, as strings, or as keywords that name files."""
    for node in file.scopes.nodes(cst.Attribute):
        if node.attr.value in WORDS and _may_be_message(node, file, inference):
            yield node.attr.value
    for string in file.scopes.nodes(cst.SimpleString):
        if (text := string_value(string)) in WORDS:
            yield text
    for arg in file.scopes.nodes(cst.Arg):
        if arg.keyword is not None and arg.keyword.value in FILES:
            yield arg.keyword.value


def _may_be_message(node: cst.Attribute, file: SourceFile, inference: Inference) -> bool:
    kind = inference.kind(node.value, file)
    if isinstance(kind, Sdk):
        return kind.type.name == _MESSAGE
    return not isinstance(kind, (Plain, Ident, Resource, Instance, Class))


def _messages(file: SourceFile, inference: Inference) -> Iterator[uses.Use]:
    """Every expression that is a message, or holds some."""
    for node in file.scopes.parent_of:
        if type(node) not in _HOLDING or not isinstance(node, cst.BaseExpression):
            continue
        kind = inference.kind(node, file)
        if not isinstance(kind, Sdk):
            continue
        held = [kind.type, *kind.type.args]
        if any(inner.name == _MESSAGE for inner in held):
            outer = file.scopes.parent_of[node]
            while isinstance(outer, cst.Await):
                outer = file.scopes.parent_of[outer]
            yield uses.Use(file, node, outer, kind.type.name)


def _leaves(use: uses.Use, inference: Inference) -> bool:
    """Whether a message, or what holds some, goes where its use cannot be seen, or all of it is asked for at once."""
    if isinstance(use.parent, cst.Attribute):
        return use.parent.attr.value not in (_OF_MESSAGES if use.type_name == _MESSAGE else _OF_HOLDERS)
    seen = (
        cst.Subscript, cst.For, cst.CompFor, cst.Annotation, cst.AssignTarget, cst.Param, cst.AnnAssign,
        cst.ListComp, cst.GeneratorExp, cst.NamedExpr, cst.FunctionDef, cst.Index, cst.SubscriptElement,
    )  # fmt: skip
    return not (isinstance(use.parent, seen) or uses.passes_on(use, inference) or _is_gone_through(use))


def _is_gone_through(use: uses.Use) -> bool:
    """Whether it is given to a function of Python's own that hands its items on."""
    call = use.file.scopes.parent_of.get(use.parent)
    names = {"list", "reversed", "iter", "len", "next", "sorted", "enumerate", "tuple", "max", "min"}
    return isinstance(call, cst.Call) and isinstance(call.func, cst.Name) and call.func.value in names
