"""How kinds of the SDK lead to one another: names, attributes, calls and what `await` gives. Pure."""

from __future__ import annotations

from dataclasses import replace

from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    UNKNOWN,
    Awaitable,
    Class,
    External,
    Ident,
    Instance,
    Kind,
    Many,
    Method,
    Resource,
    Sdk,
    SdkMethod,
    TupleOf,
    Unknown,
    join,
)
from assist2resp.rewrite.values.type_expr import TypeExpr

_OBJECT_IDS = {"thread_id": "Thread", "run_id": "Run", "assistant_id": "Assistant", "message_id": "Message"}
_ID_OWNERS = {
    "beta.Assistant": "Assistant",
    "beta.Thread": "Thread",
    "beta.threads.Run": "Run",
    "beta.threads.Message": "Message",
}
_MODULES = {"types", "lib", "resources"}
OWN_CLIENT = "use OpenAI's own client here, or move these calls by hand"
"""What to do about what only resembles or wraps a client."""
_CLIENT_NAMES = {"OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI"}


_DROP_INS = ("langfuse.openai", "posthog.ai.openai")
"""Modules that hand out openai's own classes, or ones that derive from them and answer every method."""


def as_openai(origin: str) -> str:
    """The name below `openai` that a drop-in module hands out, for any other the name itself."""
    for module in _DROP_INS:
        if origin.startswith(f"{module}."):
            name = origin.removeprefix(f"{module}.")
            return name if name.partition(".")[0] == "openai" else f"openai.{name}"
    return origin


def imported_name(qualified: str) -> Kind:
    """What a dotted name outside the project is; below `openai` itself, the module's own client."""
    parts = qualified.split(".")
    if parts[0] == "openai" and 1 < len(parts) < 7 and parts[1] not in _MODULES and sdk.resource(parts[1]):
        resource: Kind = Resource("", is_async=False)
        for part in parts[1:]:
            resource = below_resource(resource, part) if isinstance(resource, Resource) else UNKNOWN
        return resource
    return External(qualified)


def below_resource(owner: Resource, name: str) -> Kind:
    """An attribute of a client or a resource."""
    if owner.is_client and name in {"with_options", "copy"}:
        return Method(owner, name)
    if name in {"with_raw_response", "with_streaming_response"}:
        return replace(owner, wrapper=name)
    path = f"{owner.path}.{name}" if owner.path else name
    if sdk.resource(path):
        return replace(owner, path=path)
    if sdk.method(path) is not None:
        return Method(owner, name)
    return UNKNOWN


def sdk_attribute(owner: Sdk, name: str) -> Kind:
    """An attribute or method of one of the SDK's objects."""
    if name == "id" and owner.type.name in _ID_OWNERS:
        return Ident(_ID_OWNERS[owner.type.name])
    if name in _OBJECT_IDS:
        return Ident(_OBJECT_IDS[name])
    found = sdk.attribute(owner.type, name)
    if found is not None:
        return Sdk(found)
    called = sdk.method_result(owner.type, name)
    return SdkMethod(owner.type, name, called) if called is not None else UNKNOWN


def sdk_call(callee: SdkMethod) -> Kind:
    """What a method of one of the SDK's objects gives."""
    result = callee.result
    if result.name in {"Awaitable", "Coroutine"} and result.args:
        return Awaitable(Sdk(result.args[-1]))
    return Sdk(result)


def client_made_by(qualified: str) -> Kind:
    """What calling a class outside the project gives: a client, a class that imitates one, or nothing that is known."""
    client = sdk.client_class(qualified)
    if client is not None:
        return Resource("", client.is_async, client.is_azure)
    if qualified.rpartition(".")[2] in _CLIENT_NAMES:
        return Unknown(f"{qualified} is not the openai package's own class", foreign=True, advice=OWN_CLIENT)
    return External(f"{qualified}()")


def awaited(kind: Kind) -> Kind:
    """What `await` gives."""
    if isinstance(kind, Sdk):
        found = sdk.awaited(kind.type)
        return Sdk(found) if found is not None else kind
    return kind.inner if isinstance(kind, Awaitable) else kind


def instance_of(kind: Kind) -> Kind:
    """What a value annotated with `kind` is."""
    if isinstance(kind, Class):
        return Instance(kind.file, kind.node)
    if isinstance(kind, External):
        made = client_made_by(kind.qualified)
        if not isinstance(made, External):
            return made
        name = sdk.type_name(kind.qualified)
        return Sdk(TypeExpr(name)) if name is not None else UNKNOWN
    return UNKNOWN


def agreed(annotated: Kind, actual: Kind) -> Kind:
    """What a value is that is annotated as a client, where it is also known how it is made: Azure's derive from OpenAI's."""
    if isinstance(annotated, Resource) and annotated.is_client:
        if isinstance(actual, Unknown) and actual.foreign:
            return actual
        if isinstance(actual, Resource) and actual.is_client:
            return actual
    return annotated


def element(owner: Kind) -> Kind:
    """What iterating, or an unknown index, gives."""
    if isinstance(owner, TupleOf):
        result: Kind = BOTTOM
        for item in owner.items:
            result = join(result, item)
        return result
    if isinstance(owner, Many):
        return owner.inner
    if isinstance(owner, Sdk):
        inner = sdk.iterated(owner.type)
        return Sdk(inner) if inner is not None else UNKNOWN
    return element(owner.inner) if isinstance(owner, Awaitable) else UNKNOWN


def unpacked(kind: Kind, index: tuple[int, ...]) -> Kind:
    """The item at a path of positions."""
    for position in index:
        if isinstance(kind, TupleOf):
            kind = kind.items[position] if -len(kind.items) <= position < len(kind.items) else UNKNOWN
        else:
            kind = element(kind) if isinstance(kind, (Many, Sdk)) else UNKNOWN
    return kind


def rest(kind: Kind, index: tuple[int, ...]) -> Kind:
    """The list of what is left of the items when those beside a star are taken."""
    owner = unpacked(kind, index[:-1])
    is_list = isinstance(owner, Many) or (isinstance(owner, Sdk) and owner.type.name == "list")
    return owner if is_list else UNKNOWN
