"""What holders hold: dictionaries, lists, session states, context variables and attributes of objects made elsewhere.

A holder is a place that several parts of a program reach by the same name. What it gives under a key is the join of all
that the project ever puts there under that key, or under a key that is not known.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import key_of
from assist2resp.rewrite.syntax.scopes import Binding, Scope
from assist2resp.rewrite.values.framework_state import (
    COMMAND,
    REQUEST,
    lifespan_yields,
)
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    UNKNOWN,
    Bottom,
    External,
    Ident,
    Kind,
    Many,
    Plain,
    Record,
    join,
)
from assist2resp.rewrite.values.places import MEMORY_SESSIONS, Places
from assist2resp.rewrite.values.sdk_kinds import element
from assist2resp.rewrite.values.writes import Write, literal_items, writes_in

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

READERS = frozenset({"get", "pop", "setdefault", "popleft", "popitem", "get_nowait"})
"""Methods that give what a holder holds."""
_IN_MEMORY = (
    "collections.", "cachetools.", "contextvars.", "queue.", "asyncio.Queue", "types.SimpleNamespace", "threading.local",
    "weakref.", "builtins.dict", "builtins.list", "builtins.set",
)  # fmt: skip


class Holders:
    """The holders of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project = inference.project
        self.places = Places(inference)

    def read(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> Kind:
        """What a holder gives under a key, or under any; Bottom where nothing is known to be put there."""
        question = ("held", holder, key)
        return self.inference.memo.get(question, lambda: self._read(holder, key, file))

    def _read(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> Kind:
        writes = self._by_name.get(self.places.name(holder, file), ())
        place = self.places.of(holder, file)
        if place is None:
            return BOTTOM
        result: Kind = BOTTOM
        for write in writes:
            if (key is None or write.key in {key, None}) and self.places.of(write.holder, write.file) == place:
                result = join(result, self._value(write))
        for value, its_file in (*self._literal_values(place, key), *self._state_values(place, key)):
            result = join(result, self.inference.kind(value, its_file))
        return UNKNOWN if isinstance(result, Ident) and not self._is_in_memory(holder, place, file) else result

    def kept(self, value: cst.CSTNode, file: SourceFile) -> Kind:
        """What the project reads where a value is put, if that ends with the process; else Unknown."""
        write = self._by_value.get(value)
        place = self.places.of(write.holder, file) if write is not None else None
        if write is None or place is None or write.spreads or not self._is_in_memory(write.holder, place, file):
            return UNKNOWN
        return self.read(write.holder, write.key, file)

    def of_session(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> list[Write] | None:
        """All that is put under a key of a framework's session in memory; None for another holder or an unknown key."""
        kind, place = self.inference.kind(holder, file), self.places.of(holder, file)
        if key is None or place is None or not isinstance(kind, External) or kind.qualified not in MEMORY_SESSIONS:
            return None
        writes = [
            write
            for write in self._by_name.get(self.places.name(holder, file), ())
            if write.key in {key, None} and self.places.of(write.holder, write.file) == place
        ]
        return None if any(write.key is None or write.spreads for write in writes) else writes

    @cached_property
    def _by_value(self) -> dict[cst.CSTNode, Write]:
        found = {}
        for write in (write for writes in self._by_name.values() for write in writes):
            value = write.value.node if isinstance(write.value, Binding) else write.value
            if value is not None:
                found[value] = write
        return found

    def is_session(self, node: cst.BaseExpression, file: SourceFile) -> bool:
        """Whether an expression is a framework's session in memory."""
        kind = self.inference.kind(node, file)
        return isinstance(kind, External) and kind.qualified in MEMORY_SESSIONS

    def of_command(self) -> Kind:
        """What the commands of a program are passed as the object of their context; Bottom where nothing sets it."""
        result: Kind = BOTTOM
        for writes in self._by_name.values():
            for write in writes:
                if write.key == "obj" and self.places.of(write.holder, write.file) == COMMAND:
                    result = join(result, self._value(write))
        return result

    def _state_values(self, place: Hashable, key: str | None) -> Iterator[tuple[cst.BaseExpression, SourceFile]]:
        """What requests begin with."""
        for node, file in lifespan_yields(self.inference) if place == REQUEST else ():
            for its_key, value in literal_items(node):
                if key is None or its_key in {key, None}:
                    yield value, file

    def _is_in_memory(self, holder: cst.BaseExpression, place: Hashable, file: SourceFile) -> bool:
        """Whether a holder ends with the process, so that no id in it can be older than the program's newest text."""
        if isinstance(place, tuple) and place[0] == "state":
            return True
        kind = self.inference.kind(holder, file)
        if isinstance(kind, External):
            return kind.qualified in MEMORY_SESSIONS or kind.qualified.startswith(_IN_MEMORY)
        return isinstance(kind, (Plain, Many, Record, Bottom))

    def _value(self, write: Write) -> Kind:
        if isinstance(write.value, Binding):
            return self.inference.bindings.gives(write.value)
        kind = self.inference.kind(write.value, write.file)
        return element(kind) if write.spreads else kind

    def writes(self) -> Iterator[tuple[Write, Hashable]]:
        """All that is put into holders, with the place that stands for each holder."""
        for found in self._by_name.values():
            for write in found:
                place = self.places.of(write.holder, write.file)
                if place is not None:
                    yield write, place

    def is_holder(self, node: cst.BaseExpression, file: SourceFile) -> bool:
        """Whether the project puts something into what an expression names."""
        place = self.places.of(node, file)
        writes = self._by_name.get(self.places.name(node, file), ())
        return place is not None and any(self.places.of(write.holder, write.file) == place for write in writes)

    @cached_property
    def _by_name(self) -> dict[str, list[Write]]:
        found: dict[str, list[Write]] = {}
        for file in self.project.modules:
            for write in writes_in(file):
                found.setdefault(self.places.name(write.holder, file), []).append(write)
        return found

    def _literal_values(self, place: Hashable, key: str | None) -> Iterator[tuple[cst.BaseExpression, SourceFile]]:
        """The values of the dictionary literals that a holder begins as."""
        if not (isinstance(place, tuple) and len(place) == 2):
            return
        scope, name = place
        if not isinstance(scope, Scope):
            return
        for binding in scope.names.get(name, ()):
            if binding.how == "value" and binding.node is not None:
                for its_key, value in literal_items(binding.node):
                    if key is None or its_key in {key, None}:
                        yield value, self.inference.file_of(binding.scope)

    def stored(self, node: cst.Subscript, file: SourceFile) -> Kind:
        """What a subscript of a holder gives."""
        result = self.read(node.value, key_of(node), file)
        return UNKNOWN if result == BOTTOM and not self.is_awaited(node.value, key_of(node), file) else result

    def is_awaited(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> bool:
        """Whether what is put under a key is being asked for already: `client = session["client"]`, put there before."""
        if not self.inference.memo.is_circular:
            return False
        place, writes = self.places.of(holder, file), self._by_name.get(self.places.name(holder, file), ())
        return any(write.key == key and self.places.of(write.holder, write.file) == place for write in writes)
