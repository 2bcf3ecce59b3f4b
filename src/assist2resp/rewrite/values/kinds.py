"""What an expression can be: the kinds that value flow tells apart.

A kind is certain. What is not known is `Unknown`, with the reason when one is worth telling the user.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.type_expr import TypeExpr


@dataclass(frozen=True)
class Unknown:
    """Not known, or not one thing.

    `foreign` marks what is not one client of openai's own, whatever it is annotated as; `advice` says what to do then.
    `undefined` marks a name that its file binds nowhere.
    """

    reason: str = ""
    foreign: bool = False
    advice: str = ""
    undefined: bool = False


@dataclass(frozen=True)
class Bottom:
    """No value seen yet: the neutral element of `join`."""


@dataclass(frozen=True)
class Plain:
    """A value that is certainly none of the API's: None, a number, a string, a literal container."""


@dataclass(frozen=True)
class Resource:
    """A client of the openai package (`path` empty) or a resource below it (`beta.threads`)."""

    path: str
    is_async: bool
    is_azure: bool = False
    wrapper: str = ""
    """`with_raw_response` or `with_streaming_response` when the chain went through one."""
    may_be_azure: bool = False
    """Whether the client is OpenAI's at some times and Azure's at others."""

    @property
    def is_client(self) -> bool:
        return not self.path


@dataclass(frozen=True)
class Method:
    """A method of a resource, not yet called."""

    resource: Resource
    name: str

    @property
    def path(self) -> str:
        """Such as `beta.threads.runs.create`."""
        return f"{self.resource.path}.{self.name}" if self.resource.path else self.name


@dataclass(frozen=True)
class Sdk:
    """An instance of one of the SDK's types (or a container of them)."""

    type: TypeExpr


@dataclass(frozen=True)
class SdkMethod:
    """A method of an SDK object, not yet called."""

    owner: TypeExpr
    name: str
    result: TypeExpr


@dataclass(frozen=True)
class Ident:
    """The id of an SDK object: `Thread`, `Run`, `Assistant`, `Message`."""

    of: str


@dataclass(frozen=True)
class Awaitable:
    """What gives `inner` when awaited."""

    inner: Kind


@dataclass(frozen=True)
class Many:
    """A container of the project's whose elements are `inner`."""

    inner: Kind


@dataclass(frozen=True)
class TupleOf:
    """A tuple of the project's, item by item."""

    items: tuple[Kind, ...]


@dataclass(frozen=True)
class Record:
    """A dictionary of the project with literal keys, key by key."""

    items: tuple[tuple[str, Kind], ...]

    def get(self, key: str | None) -> Kind:
        """What stands under a key."""
        return next((kind for name, kind in self.items if name == key), UNKNOWN)


@dataclass(frozen=True)
class Function:
    """A function of the project; `owner` is the class whose method it is."""

    file: SourceFile
    node: cst.FunctionDef | cst.Lambda
    owner: cst.ClassDef | None = None
    bound: bool = False


@dataclass(frozen=True)
class Class:
    """A class of the project."""

    file: SourceFile
    node: cst.ClassDef


@dataclass(frozen=True)
class Instance:
    """An instance of a class of the project."""

    file: SourceFile
    node: cst.ClassDef


@dataclass(frozen=True)
class Parent:
    """What `super()` gives in a method of a class of the project."""

    file: SourceFile
    node: cst.ClassDef


@dataclass(frozen=True)
class Module:
    """A module of the project."""

    file: SourceFile


@dataclass(frozen=True)
class External:
    """Something imported from outside the project: `openai.OpenAI`, `time.sleep`."""

    qualified: str


Kind: TypeAlias = (
    Unknown
    | Bottom
    | Plain
    | Resource
    | Method
    | Sdk
    | SdkMethod
    | Ident
    | Awaitable
    | Many
    | TupleOf
    | Record
    | Function
    | Class
    | Instance
    | Parent
    | Module
    | External
)

_MOCKS = frozenset(
    f"{package}.{name}()"
    for package in ("unittest.mock", "mock")
    for name in ("Mock", "MagicMock", "AsyncMock", "create_autospec")
) | {"types.SimpleNamespace()"}
"""What stands for any object in tests."""

UNKNOWN = Unknown()
BOTTOM = Bottom()
PLAIN = Plain()


def _is_plain(kind: Kind) -> bool:
    return isinstance(kind, Plain)


def _is_mock(kind: Kind) -> bool:
    """Whether a value stands for a client in tests: a mock, or an instance of a class with a `beta` of its own."""
    if isinstance(kind, Instance):
        own = kind.file.scopes.own[kind.node].names
        return not kind.node.bases and ("beta" in own or kind.node in kind.file.scopes.classes_setting("beta"))
    return isinstance(kind, External) and kind.qualified in _MOCKS


def join(first: Kind, second: Kind) -> Kind:
    """What a variable is that holds both: the same kind, or unknown. None, literals and mocks give way to the others."""
    if first == second or isinstance(second, Bottom):
        return first
    if isinstance(first, Bottom):
        return second
    for gives_way in (_is_plain, _is_mock):
        if gives_way(first) and not isinstance(second, Unknown):
            return second
        if gives_way(second) and not isinstance(first, Unknown):
            return first
    if isinstance(first, Many) and isinstance(second, Many):
        return Many(join(first.inner, second.inner))
    if isinstance(first, Awaitable) and isinstance(second, Awaitable):
        return Awaitable(join(first.inner, second.inner))
    if isinstance(first, TupleOf) and isinstance(second, TupleOf) and len(first.items) == len(second.items):
        return TupleOf(tuple(map(join, first.items, second.items)))
    if isinstance(first, Record) and isinstance(second, Record):
        keys = dict.fromkeys(key for key, _ in (*first.items, *second.items))
        return Record(tuple((key, _joined_entry(first, second, key)) for key in keys))
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return _less_known(first, second)
    if isinstance(first, Resource) and isinstance(second, Resource):
        return _either_client(first, second)
    return _difference(first, second)


def _either_client(first: Resource, second: Resource) -> Kind:
    """Of two clients, or resources below them, OpenAI's with a note where they only differ in being Azure's."""
    one, other = (replace(each, is_azure=False, may_be_azure=True) for each in (first, second))
    return one if one == other else _difference(first, second)


def _joined_entry(first: Record, second: Record, key: str) -> Kind:
    result: Kind = BOTTOM
    for record in (first, second):
        if any(name == key for name, _ in record.items):
            result = join(result, record.get(key))
    return result


def _less_known(first: Kind, second: Kind) -> Kind:
    """Of two kinds, one of them unknown, the unknown one; the one with more to tell where both are."""
    unknown = [kind for kind in (first, second) if isinstance(kind, Unknown)]
    return max(unknown, key=lambda kind: (kind.foreign, bool(kind.reason)))


def _difference(first: Kind, second: Kind) -> Unknown:
    if isinstance(first, Resource) and isinstance(second, Resource) and first.is_async != second.is_async:
        reason = "it is an asynchronous client at some times and a synchronous one at others"
        return Unknown(reason, foreign=True, advice="give each of them a variable of its own")
    return Unknown("it holds different things at different times")
