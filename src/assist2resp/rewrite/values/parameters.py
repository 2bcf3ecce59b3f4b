"""What parameters are: what their annotations say, else what the project's calls, dependencies and tests pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import dotted
from assist2resp.rewrite.syntax.scopes import Scope, all_params
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.annotations import says_something
from assist2resp.rewrite.values.decorators import has_decorator
from assist2resp.rewrite.values.fixtures import Fixtures
from assist2resp.rewrite.values.framework_state import is_passed_object
from assist2resp.rewrite.values.kinds import (
    BOTTOM,
    PLAIN,
    UNKNOWN,
    Awaitable,
    Class,
    Function,
    Instance,
    Kind,
    Many,
    Resource,
    Sdk,
    Unknown,
    join,
)
from assist2resp.rewrite.values.passes import Pass
from assist2resp.rewrite.values.sdk_kinds import agreed, element, instance_of

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


class Parameters:
    """The parameters of one project's functions."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.fixtures = Fixtures(inference)

    def kind(self, param: cst.Param, scope: Scope, file: SourceFile) -> Kind:
        """What a parameter is."""
        return self.inference.memo.get(("param", param), lambda: self._kind(param, scope, file))

    def _kind(self, param: cst.Param, scope: Scope, file: SourceFile) -> Kind:
        function = scope.node
        annotated = self.inference.annotations.kind(param.annotation.annotation, file) if param.annotation else UNKNOWN
        if says_something(annotated):
            is_client = isinstance(annotated, Resource)
            return agreed(annotated, self._given(function, param, file)) if is_client else annotated
        if is_passed_object(function, param):
            return self.inference.holders.of_command()
        known = self._receiver(function, param) or self._callback(function, param)
        if known is not None:
            return known
        given = self._given(function, param, file)
        if given == BOTTOM and not self.inference.memo.is_circular:
            name = getattr(getattr(function, "name", None), "value", "<lambda>")
            return Unknown(f"nothing in the project says what parameter '{param.name.value}' of {name}() is")
        return given

    def _given(self, function: cst.CSTNode, param: cst.Param, file: SourceFile) -> Kind:
        """What dependencies, defaults, fixtures and calls give for a parameter; Bottom for nothing."""
        fixture = self.fixtures.given(function, param, file)
        if fixture is not None:
            return fixture
        result: Kind = BOTTOM
        if param.default is not None:
            default = self.dependency(param.default, file) or self.inference.kind(param.default, file)
            is_told = not isinstance(default, Unknown) or default.foreign
            result = join(result, default if is_told else PLAIN)
        for kind in self._passed(function, param):
            result = join(result, kind)
        return result

    def dependency(self, node: cst.BaseExpression, file: SourceFile) -> Kind | None:
        """What `Depends(provider)` gives; None if the expression is no such thing."""
        if not (isinstance(node, cst.Call) and node.args):
            return None
        if (dotted(node.func) or "").rsplit(".", 1)[-1] not in {"Depends", "Security", "Inject", "Provide"}:
            return None
        provider = self.inference.kind(node.args[0].value, file)
        if isinstance(provider, Function):
            result = self.inference.result(provider)
            return result.inner if isinstance(result, (Awaitable, Many)) else result
        return provider.inner if isinstance(provider, Awaitable) else instance_of(provider)

    def _receiver(self, function: cst.CSTNode, param: cst.Param) -> Kind | None:
        """The instance or the class, for the first parameter of a method."""
        owner = self.inference.members.owner_of.get(function)
        if owner is None or not isinstance(function, cst.FunctionDef) or has_decorator(function, "staticmethod"):
            return None
        named = all_params(function.params)
        if not named or named[0] is not param:
            return None
        is_class = has_decorator(function, "classmethod") or function.name.value in {"__new__", "__init_subclass__"}
        return Class(*owner) if is_class else Instance(*owner)

    def _callback(self, function: cst.CSTNode, param: cst.Param) -> Kind | None:
        """The type of a parameter of an event handler's callback."""
        members = self.inference.members
        owner = members.owner_of.get(function)
        if owner is None or not isinstance(function, cst.FunctionDef) or not self.inference.families.is_handler(*owner):
            return None
        types = sdk.handler_callbacks().get(function.name.value)
        if types is None:
            return None
        position = all_params(function.params).index(param) - 1
        return Sdk(types[position]) if position < len(types) else None

    # Calls --------------------------------------------------------------------------------------------------------

    def _passed(self, function: cst.CSTNode, param: cst.Param) -> Iterator[Kind]:
        """What each call in the project passes for a parameter."""
        for found in self.inference.passes.of(function):
            value = self.inference.passes.source(function, found, param)
            if value is not None:
                kind = self.inference.kind(value, found.file)
                yield element(kind) if found.is_each else kind
            else:
                yield from self._spread(found, param.name.value)

    def rest(self, node: cst.BaseExpression, key: str, file: SourceFile) -> Kind | None:
        """What the calls of a function give under a keyword that its `**kwargs` takes; None if that is not what `node` is."""
        scope = file.scopes.scope_of.get(node)
        function = scope.enclosing_function() if scope is not None and isinstance(node, cst.Name) else None
        rest = function.params.star_kwarg if function is not None else None
        if function is None or rest is None or not isinstance(node, cst.Name) or rest.name.value != node.value:
            return None
        result: Kind = BOTTOM
        for found in self.inference.passes.of(function):
            value = dict(found.keywords).get(key)
            if value is not None:
                result = join(result, self.inference.kind(value, found.file))
            elif any(arg.star == "**" for arg in found.call.args):
                result = join(result, UNKNOWN)
        return result

    def _spread(self, found: Pass, name: str) -> Iterator[Kind]:
        """What `**kwargs` passes for a name, where it is what the function around was called with."""
        for arg in found.call.args:
            if arg.star == "**" and isinstance(arg.value, cst.Name):
                scope = found.file.scopes.scope_of.get(arg.value)
                around = scope.enclosing_function() if scope is not None else None
                rest = around.params.star_kwarg if around is not None else None
                if around is not None and rest is not None and rest.name.value == arg.value.value:
                    for outer in self.inference.passes.of(around):
                        value = dict(outer.keywords).get(name)
                        if value is not None:
                            yield self.inference.kind(value, outer.file)
