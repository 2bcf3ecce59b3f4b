"""What calls of things outside the project give: builtins and libraries that hand their arguments on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, positional, string_value
from assist2resp.rewrite.values.expressions import record
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    PLAIN,
    UNKNOWN,
    Awaitable,
    Class,
    External,
    Function,
    Ident,
    Instance,
    Kind,
    Many,
    Method,
    Parent,
    Record,
    Resource,
    TupleOf,
    Unknown,
)
from assist2resp.rewrite.values.sdk_kinds import OWN_CLIENT, awaited, client_made_by, element

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_LISTING = frozenset(
    {
        "list",
        "tuple",
        "reversed",
        "sorted",
        "iter",
        "set",
        "frozenset",
        "collections.deque",
        "itertools.cycle",
        "itertools.chain",
    }
)
_CHOOSING = frozenset({"next", "anext", "max", "min", "random.choice", "secrets.choice"})
_SAME = frozenset(
    {
        "copy.copy",
        "copy.deepcopy",
        "contextlib.closing",
        "contextlib.aclosing",
        "contextlib.nullcontext",
        "functools.partial",
    }
    | {"langsmith.wrappers.wrap_openai", "typing.assert_type", "asyncio.create_task", "asyncio.ensure_future"}
    | {"asyncio.wait_for", "asyncio.shield", "inspect.unwrap", "weakref.proxy"}
)
_FIELDS = frozenset(
    {
        "dataclasses.field",
        "attr.ib",
        "attr.field",
        "attrs.field",
        "pydantic.Field",
        "pydantic.PrivateAttr",
        "attr.Factory",
    }
)
_PROVIDERS = tuple(
    f"dependency_injector.providers.{name}"
    for name in (
        "Singleton",
        "ThreadSafeSingleton",
        "ContextLocalSingleton",
        "Factory",
        "Resource",
        "Callable",
        "Coroutine",
    )
)
"""What gives, when it is called, what its first argument gives when it is called."""
_ENTERING = (".enter_context", ".enter_async_context")
_IN_THREADS = (
    ".submit",
    ".run_in_executor",
    ".run_sync",
    "asyncio.to_thread",
    "starlette.concurrency.run_in_threadpool",
)
_RUNNING = ("asyncio.run", "anyio.run", ".run_until_complete", "asyncio.run_coroutine_threadsafe")


class Externals:
    """The calls of one project that lead outside it."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def call(self, name: str, node: cst.Call, file: SourceFile) -> Kind:
        """What calling the external `name` gives."""
        short = name.removeprefix("builtins.")
        first = node.args[0].value if node.args and node.args[0].keyword is None else None
        if name.endswith(_PROVIDERS) and node.args:
            return self.inference.kind(node.args[0].value, file)
        if short == "super":
            return self._super(node, file)
        if short == "dict":
            return self._dict(node, file)
        if name in _FIELDS:
            return self._field(node, file)
        if name == "contextvars.ContextVar":
            default = argument(node, "default")
            return Many(self.inference.kind(default, file)) if default is not None else External(f"{name}()")
        if first is None or node.args[0].star:
            return self._made(name, node, file)
        found = self._builtin(short, first, node, file)
        if found is None:
            found = self._scheduled(name, first, node, file)
        return self._made(name, node, file) if found is None else found

    def _builtin(self, short: str, first: cst.BaseExpression, node: cst.Call, file: SourceFile) -> Kind | None:
        kind = self.inference.kind
        if short in _LISTING:
            return Many(element(kind(first, file)))
        if short in _CHOOSING:
            return element(kind(first, file))
        if short == "functools.partial":
            made = self._made(getattr(kind(first, file), "qualified", ""), node, file)
            if isinstance(made, Unknown):
                return made
        if short in _SAME or short == "typing.cast":
            return self.inference.annotations.kind(first, file) if short == "typing.cast" else kind(first, file)
        if short == "enumerate":
            return Many(TupleOf((PLAIN, element(kind(first, file)))))
        if short == "zip":
            return Many(TupleOf(tuple(element(kind(value, file)) for value in positional(node))))
        if short in {"filter", "map"} and len(node.args) > 1:
            if short == "filter":
                return Many(element(kind(node.args[1].value, file)))
            function = kind(first, file)
            return Many(self.inference.result(function) if isinstance(function, Function) else UNKNOWN)
        if short == "getattr" and len(node.args) > 1:
            attribute = string_value(node.args[1].value)
            return self.inference.attribute(kind(first, file), attribute) if attribute else UNKNOWN
        if short in {"importlib.import_module", "__import__"}:
            module = string_value(first)
            return self.inference.imports.gives(module, file) if module else UNKNOWN
        if short == "type":
            owner = kind(first, file)
            return Class(owner.file, owner.node) if isinstance(owner, Instance) else UNKNOWN
        if short == "object.__new__":
            made = kind(first, file)
            return Instance(made.file, made.node) if isinstance(made, Class) else UNKNOWN
        if short == "str":
            text = kind(first, file)
            return text if isinstance(text, Ident) else PLAIN
        return None

    def _scheduled(self, name: str, first: cst.BaseExpression, node: cst.Call, file: SourceFile) -> Kind | None:
        """Calls that run something now or later: threads, tasks, context stacks."""
        if name.endswith(_ENTERING):
            return self.inference.bindings.entered(self.inference.kind(first, file))
        if name.endswith(_RUNNING):
            return awaited(self.inference.kind(first, file))
        if name == "asyncio.gather":
            return Awaitable(TupleOf(tuple(awaited(self.inference.kind(value, file)) for value in positional(node))))
        if name.endswith(_IN_THREADS):
            given = positional(node)
            target = given[1] if name.endswith(".run_in_executor") and len(given) > 1 else first
            return Awaitable(self._run(target, node, file))
        return None

    def _run(self, target: cst.BaseExpression, node: cst.Call, file: SourceFile) -> Kind:
        kind = self.inference.kind(target, file)
        if isinstance(kind, Function):
            return self.inference.result(kind)
        return self.inference.results.of_method(kind, node, file) if isinstance(kind, Method) else UNKNOWN

    def _made(self, name: str, node: cst.Call, file: SourceFile) -> Kind:
        """An object of another library; what that makes of a client is not openai's any more."""
        made = client_made_by(name)
        if isinstance(made, External) and not name.startswith("builtins."):
            for arg in node.args:
                given = self.inference.kind(arg.value, file)
                if isinstance(given, Resource) and given.is_client:
                    reason = f"{name}() makes something of its own of a client"
                    return Unknown(reason, foreign=True, advice=OWN_CLIENT)
        return self.inference.servers.of_call(made, node, file) if isinstance(made, Resource) else made

    def _super(self, node: cst.Call, file: SourceFile) -> Kind:
        scope = file.scopes.scope_of.get(node)
        function = scope.enclosing_function() if scope is not None else None
        owner = self.inference.members.owner_of.get(function) if function is not None else None
        return Parent(*owner) if owner is not None else UNKNOWN

    def _dict(self, node: cst.Call, file: SourceFile) -> Kind:
        entries = [(arg.keyword.value, self.inference.kind(arg.value, file)) for arg in node.args if arg.keyword]
        if len(entries) == len(node.args):
            return record(entries)
        return self.inference.kind(node.args[0].value, file) if len(node.args) == 1 else PLAIN

    def _field(self, node: cst.Call, file: SourceFile) -> Kind:
        """The default that a field of a dataclass and its relatives states; Bottom for none."""
        factory = argument(node, "default_factory") or argument(node, "factory")
        if factory is not None:
            return self.called(self.inference.kind(factory, file))
        default = argument(node, "default", 0)
        is_given = default is not None and not isinstance(default, cst.Ellipsis)
        return self.inference.kind(default, file) if is_given and default is not None else BOTTOM

    def called(self, factory: Kind) -> Kind:
        """What calling a factory without arguments gives."""
        match factory:
            case Function():
                return self.inference.result(factory)
            case Class():
                return Instance(factory.file, factory.node)
            case External():
                return client_made_by(factory.qualified)
        return UNKNOWN


def container_method(owner: Kind, name: str) -> Kind | None:
    """What a method of a container or a future gives; None for any other."""
    if isinstance(owner, Many):
        if name in {"get", "pop", "setdefault", "popleft", "get_nowait"}:
            return owner.inner
        if name in {"values", "copy", "keys"}:
            return owner if name != "keys" else Many(PLAIN)
        if name == "items":
            return Many(TupleOf((PLAIN, owner.inner)))
    if isinstance(owner, Record) and name == "copy":
        return owner
    if isinstance(owner, Awaitable) and name == "result":
        return owner.inner
    return None
