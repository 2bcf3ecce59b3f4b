"""What calls give: of the SDK's methods, of the project's functions, of what is outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, positional, string_value
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.annotations import says_something
from assist2resp.rewrite.values.decorators import is_transparent, makes_property, wrapped_calls
from assist2resp.rewrite.values.externals import container_method
from assist2resp.rewrite.values.holders import READERS
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    PLAIN,
    UNKNOWN,
    Awaitable,
    Class,
    External,
    Function,
    Instance,
    Kind,
    Many,
    Method,
    Plain,
    Record,
    Sdk,
    SdkMethod,
    Unknown,
    join,
)
from assist2resp.rewrite.values.sdk_kinds import agreed, sdk_call

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


class Results:
    """The results of one project's calls and functions."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def of_call(self, node: cst.Call, file: SourceFile) -> Kind:
        """What a call gives."""
        if type(node.func) is cst.Attribute:
            taken = self._taken(node.func, node, file)
            if taken is not None:
                return taken
        callee = self.inference.kind(node.func, file)
        match callee:
            case Method():
                return self.of_method(callee, node, file)
            case SdkMethod():
                return sdk_call(callee)
            case Function():
                return self._of_function(callee)
            case Class():
                return Instance(callee.file, callee.node)
            case External():
                return self.inference.externals.call(callee.qualified, node, file)
            case Instance():
                found = self.inference.members.method(callee.file, callee.node, "__call__")
                return self.inference.result(found) if found is not None else UNKNOWN
        result: Kind = BOTTOM
        for chosen in self.inference.passes.dispatch.functions(node, file):
            result = join(result, self._of_function(chosen))
        if result != BOTTOM:
            return result
        return callee if isinstance(callee, Unknown) else UNKNOWN

    def _of_function(self, callee: Function) -> Kind:
        return self.inference.members.result(callee) if callee.bound else self.inference.result(callee)

    def _taken(self, func: cst.Attribute, node: cst.Call, file: SourceFile) -> Kind | None:
        """What `sessions.get(key)` and the like give; None if it is no such call, or nothing is known to be held."""
        owner = self.inference.kind(func.value, file)
        if not isinstance(owner, (Many, Record, Plain, Unknown, External, Awaitable)):
            return None
        given = positional(node)
        held: Kind = BOTTOM
        key = string_value(given[0]) if given else None
        rest = (
            self.inference.parameters.rest(func.value, key, file)
            if key is not None and func.attr.value in READERS
            else None
        )
        if rest is not None:
            return join(PLAIN, join(rest, self.inference.kind(given[1], file) if len(given) > 1 else BOTTOM))
        if func.attr.value in READERS and not isinstance(owner, Awaitable):
            held = self.inference.holders.read(func.value, key, file)
            if isinstance(owner, Record) and key is not None:
                held = join(held, owner.get(key))
        contained = container_method(owner, func.attr.value)
        if contained is not None and not (isinstance(contained, (Plain, Unknown)) and held != BOTTOM):
            held = join(held, contained)
        is_awaited = self.inference.holders.is_awaited(func.value, key, file)
        return None if held == BOTTOM and not is_awaited else held

    def of_method(self, method: Method, node: cst.Call, file: SourceFile) -> Kind:
        """What calling a method of the SDK gives."""
        if method.name in {"with_options", "copy"}:
            return self.inference.servers.of_call(method.resource, node, file)
        found = sdk.method(method.path)
        if found is None:
            return UNKNOWN
        stream = argument(node, "stream")
        streaming = isinstance(stream, cst.Name) and stream.value == "True"
        result: Kind = Sdk(found.result(is_async=method.resource.is_async, streaming=streaming))
        handler = argument(node, "event_handler")
        if handler is not None and found.is_helper:
            given = self.inference.kind(handler, file)
            if isinstance(given, Instance):
                result = Many(given)  # entered by `with`
        return Awaitable(result) if method.resource.is_async and found.awaitable else result

    def of(self, node: cst.FunctionDef, file: SourceFile) -> Kind:
        """What calling a function gives; `Inference.result` keeps it."""
        if not all(self._leaves_result(decorator, file) for decorator in node.decorators):
            return UNKNOWN
        given, is_generator = self._given_back(node, file), node in file.scopes.yields
        annotated = (
            self.inference.annotations.kind(node.returns.annotation, file) if node.returns is not None else UNKNOWN
        )
        result = given
        if says_something(annotated):
            inner = annotated.inner if is_generator and isinstance(annotated, Many) else annotated
            result = agreed(inner, given)
        if is_generator:
            return Many(result)
        if result == BOTTOM:
            result = PLAIN
        return Awaitable(result) if node.asynchronous is not None else result

    def _given_back(self, node: cst.FunctionDef, file: SourceFile) -> Kind:
        """What a function returns, or yields."""
        result: Kind = BOTTOM
        yields = file.scopes.yields.get(node)
        if yields is not None:
            for value in yields:
                result = join(result, self.inference.kind(value, file))
            return result
        for returned in file.scopes.returns.get(node, ()):
            result = join(result, PLAIN if returned is None else self.inference.kind(returned, file))
        return result

    def _leaves_result(self, decorator: cst.Decorator, file: SourceFile) -> bool:
        if makes_property(decorator):
            return True
        own = self.inference.passes.decorator(decorator, file)
        if own is not None and isinstance(own.node, cst.FunctionDef):
            return wrapped_calls(own.node) is not None
        return is_transparent(decorator)
