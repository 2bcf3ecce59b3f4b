"""What decorators leave of the function below them."""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.syntax.nodes import children, descendants, dotted, unwrap_await

_TRANSPARENT = (
    "functools.", "lru_cache", "cache", "cached", "override", "typing.", "typing_extensions.", "st.", "streamlit.",
    "staticmethod", "classmethod", "property", "cached_property", "contextmanager", "asynccontextmanager",
    "contextlib.", "abstractmethod", "abc.", "cl.", "chainlit.", "app.", "router.", "api.", "bp.", "blueprint.", "bot.",
    "client.", "retry", "tenacity.", "backoff.", "pytest.", "pytest_asyncio.", "fixture", "traceable", "observe",
    "login_required", "dp.", "warnings.deprecated", "deprecated", "overload", "sleep_and_retry", "limits", "wraps",
    "experimental", "final", "no_type_check", "csrf_exempt", "require_", "patch", "mock.patch", "pydantic.",
    "validate_call", "beartype", "typechecked", "langsmith.", "weave.", "mlflow.trace", "singleton", "alru_cache", "ttl_cache",
)  # fmt: skip
"""Decorators of libraries that return what the function returns; `app.get` and the like register it."""


def has_decorator(node: cst.FunctionDef, name: str) -> bool:
    """Whether a function stands below a decorator whose last word is `name`."""
    return any((dotted(d.decorator) or "").rsplit(".", 1)[-1] == name for d in node.decorators)


def is_property(node: cst.FunctionDef) -> bool:
    """Whether reading a method as an attribute calls it: `property`, `cached_property` and their relatives."""
    return any(makes_property(d) for d in node.decorators)


def makes_property(decorator: cst.Decorator) -> bool:
    """Whether a decorator is `property` or is called like one."""
    target = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
    return (dotted(target) or "").rsplit(".", 1)[-1].lower().endswith(("property", "reify"))


def is_overload(node: cst.FunctionDef) -> bool:
    """Whether a definition only types another, or sets what a property of the same name reads."""
    return any((dotted(d.decorator) or "").endswith(("overload", ".setter", ".deleter")) for d in node.decorators)


def is_transparent(decorator: cst.Decorator) -> bool:
    """Whether a decorator from outside the project leaves what calls give as it is."""
    target = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
    name = dotted(target) or ""
    return name.startswith(_TRANSPARENT) or name.endswith((".setter", ".getter", "override"))


def wrapped_calls(decorator: cst.FunctionDef) -> list[cst.Call] | None:
    """The calls by which a decorator of the project calls what it decorates; None if it does something else with it.

    Known are decorators that return the function itself, or one that they define and that returns what the decorated
    function returned; with arguments, they are functions that define and return such a decorator.
    """
    params = decorator.params.params or decorator.params.posonly_params
    if not params:
        return None
    name = params[0].name.value
    inner = [node for node in descendants(decorator.body) if isinstance(node, cst.FunctionDef)]
    returned = [node.value for node in _own_returns(decorator)]
    if returned and all(isinstance(value, cst.Name) and value.value == name for value in returned):
        return []
    by_name = {node.name.value: node for node in inner}
    found: list[cst.Call] = []
    for value in returned:
        wrapper = by_name.get(value.value) if isinstance(value, cst.Name) else None
        calls = _passed_through(wrapper, name) if wrapper is not None else None
        if calls is None:
            return None
        found += calls
    return found if returned else None


def inner_decorator(factory: cst.FunctionDef) -> cst.FunctionDef | None:
    """The decorator that a function with arguments returns."""
    returned = [node.value for node in _own_returns(factory)]
    named = {node.name.value: node for node in descendants(factory.body) if isinstance(node, cst.FunctionDef)}
    if len(returned) == 1 and isinstance(returned[0], cst.Name):
        return named.get(returned[0].value)
    return None


def _passed_through(wrapper: cst.FunctionDef, name: str) -> list[cst.Call] | None:
    """The calls of `name` in a wrapper that returns their result or nothing; None if it returns something else."""
    calls = [node for node in descendants(wrapper.body) if isinstance(node, cst.Call) and _calls(node, name)]
    results = set(_assigned_from(wrapper, name))
    for returned in _own_returns(wrapper):
        bare = unwrap_await(returned.value)
        passes = bare is None or (isinstance(bare, cst.Call) and _calls(bare, name))
        if not passes and not (isinstance(bare, cst.Name) and bare.value in results | {"None"}):
            return None
    return calls or None


def _calls(node: cst.Call, name: str) -> bool:
    return isinstance(node.func, cst.Name) and node.func.value == name


def _assigned_from(wrapper: cst.FunctionDef, name: str) -> list[str]:
    found = []
    for node in descendants(wrapper.body):
        if isinstance(node, cst.Assign) and len(node.targets) == 1 and isinstance(node.targets[0].target, cst.Name):
            value = unwrap_await(node.value)
            if isinstance(value, cst.Call) and _calls(value, name):
                found.append(node.targets[0].target.value)
    return found


def _own_returns(function: cst.FunctionDef) -> list[cst.Return]:
    """The returns of a function without those of functions inside it."""
    found: list[cst.Return] = []
    stack: list[cst.CSTNode] = [function.body]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Return):
            found.append(node)
        elif not isinstance(node, (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.BaseExpression)):
            stack.extend(children(node))
    return found
