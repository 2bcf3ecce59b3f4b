"""What holders hold: dictionaries, lists, session states, context variables and attributes of objects made elsewhere.

A holder is a place that several parts of a program reach by the same name. What it gives under a key is the join of all
that the project ever puts there under that key, or under a key that is not known.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import positional, string_value
from assist2resp.rewrite.syntax.scopes import Binding, Scope, Variable
from assist2resp.rewrite.values.framework_state import (
    COMMAND,
    REQUEST,
    bot_place,
    command_place,
    lifespan_yields,
    shared_place,
)
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    UNKNOWN,
    Bottom,
    Class,
    External,
    Ident,
    Instance,
    Kind,
    Many,
    Module,
    Plain,
    Record,
    Unknown,
    join,
)
from assist2resp.rewrite.values.sdk_kinds import element

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

READERS = frozenset({"get", "pop", "setdefault", "popleft", "popitem", "get_nowait"})
"""Methods that give what a holder holds."""
_PUTTERS = frozenset({"append", "appendleft", "add", "put", "put_nowait", "push"})
_MEMORY_SESSIONS = frozenset({"streamlit.session_state", "chainlit.user_session", "flask.g", "quart.g"})
_SESSIONS = _MEMORY_SESSIONS | {"flask.session", "quart.session", "flask.current_app", "quart.current_app"}
"""What frameworks keep for the program by key or by attribute."""
FRAMEWORKS = frozenset(name.partition(".")[0] for name in _SESSIONS)
_IN_MEMORY = (
    "collections.", "cachetools.", "contextvars.", "queue.", "asyncio.Queue", "types.SimpleNamespace", "threading.local",
    "weakref.", "builtins.dict", "builtins.list", "builtins.set",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Write:
    """One place where something is put into a holder, under a key or (None) one that is not known."""

    file: SourceFile
    holder: cst.BaseExpression
    key: str | None
    value: cst.BaseExpression | Binding
    spreads: bool = False
    """Whether the elements of the value are put there, not the value."""


class Holders:
    """The holders of one project."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.project = inference.project
        self._places: dict[cst.BaseExpression, Hashable | None] = {}

    def read(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> Kind:
        """What a holder gives under a key, or under any; Bottom where nothing is known to be put there."""
        question = ("held", holder, key)
        return self.inference.memo.get(question, lambda: self._read(holder, key, file))

    def _read(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> Kind:
        writes = self._by_name.get(self._name(holder, file), ())
        place = self.place(holder, file)
        if place is None:
            return BOTTOM
        result: Kind = BOTTOM
        for write in writes:
            if (key is None or write.key in {key, None}) and self.place(write.holder, write.file) == place:
                result = join(result, self._value(write))
        for value, its_file in (*self._literal_values(place, key), *self._state_values(place, key)):
            result = join(result, self.inference.kind(value, its_file))
        return UNKNOWN if isinstance(result, Ident) and not self._is_in_memory(holder, place, file) else result

    def kept(self, value: cst.CSTNode, file: SourceFile) -> Kind:
        """What the project reads where a value is put, if that ends with the process; else Unknown."""
        write = self._by_value.get(value)
        place = self.place(write.holder, file) if write is not None else None
        if write is None or place is None or write.spreads or not self._is_in_memory(write.holder, place, file):
            return UNKNOWN
        return self.read(write.holder, write.key, file)

    def of_session(self, holder: cst.BaseExpression, key: str | None, file: SourceFile) -> list[Write] | None:
        """All that is put under a key of a framework's session in memory; None for another holder or an unknown key."""
        kind, place = self.inference.kind(holder, file), self.place(holder, file)
        if key is None or place is None or not isinstance(kind, External) or kind.qualified not in _MEMORY_SESSIONS:
            return None
        writes = [
            write
            for write in self._by_name.get(self._name(holder, file), ())
            if write.key in {key, None} and self.place(write.holder, write.file) == place
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
        return isinstance(kind, External) and kind.qualified in _MEMORY_SESSIONS

    def of_command(self) -> Kind:
        """What the commands of a program are passed as the object of their context; Bottom where nothing sets it."""
        result: Kind = BOTTOM
        for writes in self._by_name.values():
            for write in writes:
                if write.key == "obj" and self.place(write.holder, write.file) == COMMAND:
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
            return kind.qualified in _MEMORY_SESSIONS or kind.qualified.startswith(_IN_MEMORY)
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
                place = self.place(write.holder, write.file)
                if place is not None:
                    yield write, place

    def is_holder(self, node: cst.BaseExpression, file: SourceFile) -> bool:
        """Whether the project puts something into what an expression names."""
        place = self.place(node, file)
        writes = self._by_name.get(self._name(node, file), ())
        return place is not None and any(self.place(write.holder, write.file) == place for write in writes)

    def place(self, holder: cst.BaseExpression, file: SourceFile) -> Hashable | None:
        """What stands for a holder wherever it is named; None if nothing certain does."""
        if holder in self._places:
            return self._places[holder]
        place = self._place(holder, file)
        if self.inference.memo.is_idle:
            self._places[holder] = place
        return place

    def _place(self, holder: cst.BaseExpression, file: SourceFile) -> Hashable | None:
        if isinstance(holder, cst.Name):
            home = self.home(holder, file)
            kind = self.inference.variable(home) if home is not None else UNKNOWN
            if home is None or isinstance(kind, (Instance, Class, Module)):
                return None
            shared = command_place(holder, file) or bot_place(kind)
            if shared is not None:
                return shared
            origin = _outside(home)
            return home if origin is None else origin if origin in _SESSIONS else None
        if not isinstance(holder, cst.Attribute):
            return None
        owner = self.inference.kind(holder.value, file)
        if isinstance(owner, (Instance, Class)):
            return ("attribute", self.inference.members.origin(owner), holder.attr.value)
        if isinstance(owner, Module):
            return (owner.file.scopes.root, holder.attr.value)
        shared = shared_place(holder, owner)
        if shared is not None:
            return shared
        if isinstance(owner, External) and "()" not in owner.qualified:
            qualified = f"{owner.qualified}.{holder.attr.value}"
            return qualified if qualified in _SESSIONS else None
        below = self.place(holder.value, file) if isinstance(owner, (External, Unknown, Plain)) else None
        return ("part", below, holder.attr.value) if below is not None else None

    def home(self, node: cst.BaseExpression, file: SourceFile) -> Variable | None:
        """The variable that a name, or a name in an imported module, stands for, across imports."""
        if isinstance(node, cst.Attribute):
            owner = self.inference.kind(node.value, file)
            if isinstance(owner, Module) and node.attr.value in owner.file.scopes.root.names:
                return self._followed((owner.file.scopes.root, node.attr.value))
            return None
        scope = file.scopes.scope_of.get(node) if isinstance(node, cst.Name) else None
        if scope is None or not isinstance(node, cst.Name):
            return None
        variable = scope.find(node.value)
        return self._followed(variable) if variable is not None else None

    def _followed(self, variable: Variable) -> Variable:
        seen = set()
        while variable not in seen:
            seen.add(variable)
            bindings = variable[0].names.get(variable[1], [])
            if len(bindings) != 1 or bindings[0].how != "import":
                break
            found = self.project.resolve(bindings[0].origin, self.inference.file_of(variable[0]))
            if found is None or found[0].tree is None or found[1] not in found[0].scopes.root.names:
                break
            variable = (found[0].scopes.root, found[1])
        return variable

    def _name(self, holder: cst.BaseExpression, file: SourceFile) -> str:
        """The last word of a holder's name, an alias of an import undone: what all its spellings have in common."""
        if isinstance(holder, cst.Attribute):
            return holder.attr.value
        if not isinstance(holder, cst.Name):
            return ""
        scope = file.scopes.scope_of.get(holder)
        variable = scope.find(holder.value) if scope is not None else None
        bindings = variable[0].names.get(variable[1], []) if variable is not None else []
        if len(bindings) == 1 and bindings[0].how == "import":
            return bindings[0].origin.rsplit(".", 1)[-1]
        return holder.value

    @cached_property
    def _by_name(self) -> dict[str, list[Write]]:
        found: dict[str, list[Write]] = {}
        for file in self.project.modules:
            for write in _writes(file):
                found.setdefault(self._name(write.holder, file), []).append(write)
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
        return UNKNOWN if result == BOTTOM else result


def _outside(home: Variable) -> str | None:
    """The dotted name of what an import brings from outside the project."""
    bindings = home[0].names.get(home[1], [])
    return bindings[0].origin if len(bindings) == 1 and bindings[0].how == "import" else None


def _writes(file: SourceFile) -> Iterator[Write]:
    for subscript, binding in file.scopes.subscript_targets:
        yield Write(file, subscript.value, key_of(subscript), binding)
    for attribute, binding in file.scopes.attribute_targets:
        yield Write(file, attribute.value, attribute.attr.value, binding)
    for call in file.scopes.calls:
        if isinstance(call.func, cst.Attribute):
            yield from _called_writes(call, call.func, file)
        elif isinstance(call.func, cst.Name) and call.func.value == "setattr" and len(call.args) == 3:
            yield Write(file, call.args[0].value, string_value(call.args[1].value), call.args[2].value)


def _called_writes(call: cst.Call, func: cst.Attribute, file: SourceFile) -> Iterator[Write]:
    given, name = positional(call), func.attr.value
    if name in {"set", "setdefault"} and len(given) > 1:
        yield Write(file, func.value, string_value(given[0]), given[1])
    elif name in _PUTTERS | {"set"} and len(given) == 1:
        yield Write(file, func.value, None, given[0])
    elif name == "insert" and len(given) == 2:
        yield Write(file, func.value, None, given[1])
    elif name in {"extend", "update"}:
        for value in given:
            if isinstance(value, cst.Dict):
                yield from (Write(file, func.value, key, item) for key, item in literal_items(value))
            else:
                yield Write(file, func.value, None, value, spreads=True)
        if name == "update":
            yield from (Write(file, func.value, arg.keyword.value, arg.value) for arg in call.args if arg.keyword)


def literal_items(node: cst.CSTNode) -> Iterator[tuple[str | None, cst.BaseExpression]]:
    """The keys and values that `{…}` or `dict(…)` states; a key that is no literal is None."""
    if isinstance(node, cst.Dict):
        for entry in node.elements:
            if isinstance(entry, cst.DictElement):
                yield string_value(entry.key), entry.value
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "dict":
        for arg in node.args:
            if arg.keyword is not None:
                yield arg.keyword.value, arg.value


def key_of(node: cst.Subscript) -> str | None:
    """The literal key of a subscript."""
    index = node.slice[0].slice if len(node.slice) == 1 else None
    return string_value(index.value) if isinstance(index, cst.Index) else None
