"""What pytest passes to tests and fixtures: fixtures by name, and parameters of `parametrize`.

https://docs.pytest.org/en/stable/reference/fixtures.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, dotted, string_value
from assist2resp.rewrite.values.kinds import BOTTOM, Awaitable, External, Function, Kind, Many, Unknown, join
from assist2resp.rewrite.values.sdk_kinds import unpacked

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference


_MOCK = External("unittest.mock.MagicMock()")


class Fixtures:
    """The fixtures of one project's tests."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference

    def given(self, function: cst.CSTNode, param: cst.Param, file: SourceFile) -> Kind | None:
        """What pytest passes for a parameter; None if nothing in the project says that it passes it."""
        if not isinstance(function, cst.FunctionDef) or not (_is_test(function) or _fixture(function) is not None):
            return None
        name = param.name.value
        chosen = self._parametrized(function, name, file, indirect=False)
        if chosen != BOTTOM:
            return chosen
        found = next(self._named(name, function, file), None)
        if found is None:
            return _MOCK if param in _patched(function) else None
        result = self.inference.result(found)
        return result.inner if isinstance(result, (Awaitable, Many)) else result

    def _named(self, name: str, user: cst.FunctionDef, file: SourceFile) -> Iterator[Function]:
        """The fixtures of a name, nearest first: the test's class, its module, the folders' conftests."""
        owner = self.inference.members.owner_of.get(user)
        if owner is not None:
            family = self.inference.families.family(*owner)
            yield from (found for its_file, node in family for found in self._in_scope(name, node, its_file, user))
        for source in (file, *self.inference.project.conftests(file)):
            if source.tree is not None:
                yield from self._in_scope(name, source.tree, source, user)

    def _in_scope(self, name: str, node: cst.CSTNode, file: SourceFile, user: cst.FunctionDef) -> Iterator[Function]:
        scope = file.scopes.own[node]
        for local in dict.fromkeys([name, *scope.names]):
            for binding in scope.names.get(local, ()):
                kind = self.inference.bindings.gives(binding) if binding.how in {"def", "import"} else None
                if isinstance(kind, Function) and isinstance(kind.node, cst.FunctionDef) and kind.node is not user:
                    decorator = _fixture(kind.node)
                    if decorator is not None and (_alias(decorator) or local) == name:
                        yield kind

    def request_param(self, node: cst.Attribute, file: SourceFile) -> Kind | None:
        """What `request.param` is in a fixture; None for any other expression."""
        if node.attr.value != "param" or not isinstance(node.value, cst.Name) or node.value.value != "request":
            return None
        scope = file.scopes.scope_of.get(node)
        function = scope.enclosing_function() if scope is not None else None
        decorator = _fixture(function) if function is not None else None
        if function is None or decorator is None:
            return None
        result: Kind = BOTTOM
        params = argument(decorator, "params") if isinstance(decorator, cst.Call) else None
        if params is not None:
            result = join(result, unpacked(self.inference.kind(params, file), ()))
            result = result.inner if isinstance(result, Many) else result
        name = (_alias(decorator) if decorator is not None else None) or function.name.value
        for module in self.inference.project.modules:
            for test in module.scopes.own:
                if isinstance(test, cst.FunctionDef) and _is_test(test):
                    result = join(result, self._parametrized(test, name, module, indirect=True))
        return Unknown("nothing in the project says what request.param is") if result == BOTTOM else result

    def _parametrized(self, function: cst.FunctionDef, name: str, file: SourceFile, *, indirect: bool) -> Kind:
        """What `parametrize` gives for a name, directly or through the fixture of that name."""
        owner = self.inference.members.owner_of.get(function)
        decorators = [*function.decorators, *(owner[1].decorators if owner is not None else ())]
        result: Kind = BOTTOM
        for decorator in decorators:
            call = decorator.decorator
            if not isinstance(call, cst.Call) or not (dotted(call.func) or "").endswith("parametrize"):
                continue
            names, values = argument(call, "argnames", 0), argument(call, "argvalues", 1)
            listed = _names(names)
            if name in listed and values is not None and _is_indirect(call, name) is indirect:
                for value in _elements(values):
                    kind = self.inference.kind(value, file)
                    result = join(result, kind if len(listed) == 1 else unpacked(kind, (listed.index(name),)))
        return result


def _patched(function: cst.FunctionDef) -> list[cst.Param]:
    """The parameters that `@patch(…)` passes mocks for: the first ones after `self`, one for each without `new`.

    https://docs.python.org/3/library/unittest.mock.html#patch-decorators
    """
    named = [*function.params.posonly_params, *function.params.params]
    own = [param for param in named if param.name.value not in {"self", "cls"}]
    return own[: sum(map(_passes_mock, function.decorators))]


def _passes_mock(decorator: cst.Decorator) -> bool:
    call = decorator.decorator
    name = dotted(call.func) or "" if isinstance(call, cst.Call) else ""
    if not isinstance(call, cst.Call) or not name.endswith(("patch", "patch.object")):
        return False
    return argument(call, "new", 2 if name.endswith(".object") else 1) is None


def _is_test(function: cst.FunctionDef) -> bool:
    return function.name.value.startswith("test")


def _fixture(function: cst.FunctionDef) -> cst.BaseExpression | None:
    """The decorator that makes a function a fixture."""
    for decorator in function.decorators:
        target = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        if (dotted(target) or "").rsplit(".", 1)[-1] == "fixture":
            return decorator.decorator
    return None


def _alias(decorator: cst.BaseExpression) -> str | None:
    return string_value(argument(decorator, "name")) if isinstance(decorator, cst.Call) else None


def _names(node: cst.BaseExpression | None) -> list[str]:
    text = string_value(node)
    if text is not None:
        return [part.strip() for part in text.split(",")]
    if isinstance(node, (cst.List, cst.Tuple)):
        return [string_value(element.value) or "" for element in node.elements]
    return []


def _elements(node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """The values of a list of parameters, `pytest.param(…)` taken apart."""
    if not isinstance(node, (cst.List, cst.Tuple)):
        return []
    values = [element.value for element in node.elements]
    return [value.args[0].value if _is_param(value) else value for value in values]  # type: ignore[attr-defined]


def _is_param(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and (dotted(node.func) or "").endswith("pytest.param") and bool(node.args)


def _is_indirect(call: cst.Call, name: str) -> bool:
    given = argument(call, "indirect")
    if isinstance(given, (cst.List, cst.Tuple)):
        return name in _names(given)
    return isinstance(given, cst.Name) and given.value == "True"
