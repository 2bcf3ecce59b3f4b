"""What web frameworks keep by key between two calls of the program: `st.session_state`, `cl.user_session`, `session`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.kinds import External, Kind
from assist2resp.rewrite.nodes import positional, string_value
from assist2resp.rewrite.project import Project, SourceFile
from assist2resp.rewrite.scopes import Binding

_BY_ATTRIBUTE = frozenset({"streamlit.session_state", "flask.g"})
_BY_KEY = frozenset({"streamlit.session_state", "chainlit.user_session", "flask.session", "quart.session"})
_READS, _WRITES = frozenset({"get", "pop", "setdefault"}), frozenset({"set", "setdefault"})
_OWN = _READS | _WRITES | {"update", "clear", "keys", "values", "items", "to_dict"}

KindOf = Callable[[cst.CSTNode, SourceFile], Kind]


@dataclass(frozen=True)
class Slot:
    """One value that a session keeps."""

    session: str
    key: str


def slot_of(node: cst.CSTNode | None, file: SourceFile, kind: KindOf) -> Slot | None:
    """What an expression reads of a session, or a target writes to it; None where it is neither, or no literal key."""
    if isinstance(node, cst.Attribute) and node.attr.value not in _OWN:
        return _slot(node.value, node.attr.value, file, kind, _BY_ATTRIBUTE)
    if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
        return _slot(node.value, string_value(node.slice[0].slice.value), file, kind, _BY_KEY)
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in _READS:
        return _slot(node.func.value, _first_word(node), file, kind, _BY_KEY)
    return None


def written(project: Project, kind: KindOf) -> Iterator[tuple[Slot, SourceFile, Binding | cst.BaseExpression]]:
    """Every place of the project that writes to a session's slot, with what it writes."""
    for file in project.modules:
        targets: list[tuple[cst.Attribute | cst.Subscript, Binding]] = [
            *file.scopes.attribute_targets,
            *file.scopes.subscript_targets,
        ]
        for target, binding in targets:
            slot = slot_of(target, file, kind)
            if slot is not None:
                yield slot, file, binding
        for call in file.scopes.calls:
            slot = slot_set_by(call, file, kind)
            if slot is not None:
                yield slot, file, positional(call)[1]


def slot_set_by(call: cst.Call, file: SourceFile, kind: KindOf) -> Slot | None:
    """What a call writes to: `cl.user_session.set("thread", thread)`."""
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in _WRITES and len(positional(call)) > 1:
        return _slot(call.func.value, _first_word(call), file, kind, _BY_KEY)
    return None


def _first_word(call: cst.Call) -> str | None:
    return string_value(positional(call)[0]) if positional(call) else None


def _slot(
    owner: cst.BaseExpression, key: str | None, file: SourceFile, kind: KindOf, sessions: frozenset[str]
) -> Slot | None:
    if key is None or not isinstance(owner, (cst.Name, cst.Attribute)):
        return None
    found = kind(owner, file)
    return Slot(found.qualified, key) if isinstance(found, External) and found.qualified in sessions else None
