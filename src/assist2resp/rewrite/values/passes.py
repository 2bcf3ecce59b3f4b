"""The calls that run the functions of a project: by name, by an alias, handed over, chosen from a table, wrapped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import libcst as cst

from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.nodes import argument, positional
from assist2resp.rewrite.syntax.scopes import all_params
from assist2resp.rewrite.values.decorators import has_decorator, inner_decorator, wrapped_calls
from assist2resp.rewrite.values.dispatch import Dispatch
from assist2resp.rewrite.values.handing import values_given
from assist2resp.rewrite.values.kinds import (
    Bottom,
    Class,
    External,
    Function,
    Kind,
)
from assist2resp.rewrite.values.writes import literal_items

if TYPE_CHECKING:
    from assist2resp.rewrite.values.inference import Inference

_EACH = frozenset({"map", "imap", "imap_unordered"})
_RUNNERS = _EACH | {"submit", "to_thread", "run_in_executor", "run_sync", "run_in_threadpool"}
_OWN_NAMES = ("cls", "type", "__class__", "__init__")


@dataclass(frozen=True)
class Pass:
    """One call that runs a function of the project: directly, or as an argument of a thread, a partial, a task.

    `values` are the positional arguments that reach the function; `keywords` where its keyword arguments stand.
    """

    file: SourceFile
    call: cst.Call
    values: tuple[cst.BaseExpression, ...]
    keywords: tuple[tuple[str, cst.BaseExpression], ...]
    is_unbound: bool = False
    """Whether the first value is the instance: `Base.__init__(self, client)`."""
    is_each: bool = False
    """Whether the function is given each element of its values in turn: `pool.map(f, clients)`."""


class Passes:
    """The calls of one project's functions."""

    def __init__(self, inference: Inference) -> None:
        self.inference = inference
        self.dispatch = Dispatch(inference)

    @cached_property
    def _calls_by_name(self) -> dict[str, list[tuple[SourceFile, cst.Call]]]:
        """The calls by the last word of what they call, and of each argument that may be a function."""
        found: dict[str, list[tuple[SourceFile, cst.Call]]] = {}
        for file in self.inference.project.modules:
            for call in file.scopes.calls:
                words = {_last_word(call.func), *(word for _, _, word in self._handed.get(call, ()))}
                for name in words - {""}:
                    found.setdefault(name, []).append((file, call))
        return found

    @cached_property
    def _handed(self) -> dict[cst.Call, list[tuple[int, cst.Arg, str]]]:
        """The arguments of calls that may be functions: their positions, and their last words."""
        found: dict[cst.Call, list[tuple[int, cst.Arg, str]]] = {}
        for call in (call for file in self.inference.project.modules for call in file.scopes.calls):
            words = [(position, arg, _last_word(arg.value)) for position, arg in enumerate(call.args)]
            if any(word for _, _, word in words):
                found[call] = [one for one in words if one[2]]
        return found

    @cached_property
    def _aliases(self) -> dict[str, set[str]]:
        """The names that imports and assignments give to what is defined under another name."""
        found: dict[str, set[str]] = {}
        for file in self.inference.project.modules:
            for scope in file.scopes.own.values():
                for name, bindings in scope.names.items():
                    for binding in bindings:
                        value = binding.node
                        if binding.how == "import" and not binding.origin.endswith(f".{name}"):
                            found.setdefault(binding.origin.rsplit(".", 1)[-1], set()).add(name)
                        elif binding.how == "value" and isinstance(value, (cst.Name, cst.Attribute)):
                            found.setdefault(_last_word(value), set()).add(name)
        return found

    @cached_property
    def _file_of(self) -> dict[cst.CSTNode, SourceFile]:
        modules = self.inference.project.modules
        return {node: file for file in modules for node in file.scopes.own if isinstance(node, cst.FunctionDef)}

    def calls_of(self, function: cst.CSTNode) -> Iterator[tuple[SourceFile, cst.Call, int]]:
        """The calls of a function in the project, each with how many of its leading arguments are not the function's."""
        for found in self.of(function):
            yield found.file, found.call, 0 if found.values == tuple(positional(found.call)) else 1

    def of(self, function: cst.CSTNode) -> tuple[Pass, ...]:
        """The calls of a function in the project."""
        if not isinstance(function, cst.FunctionDef):
            return ()
        found = self.inference.memo.get(("passes", function), lambda: tuple(self._find_passes(function)))
        return () if isinstance(found, Bottom) else found

    def _find_passes(self, function: cst.FunctionDef) -> Iterator[Pass]:
        wrappers = self._wrapper_calls(function) if function.decorators else None
        if wrappers is not None:
            yield from wrappers
            return
        names = self._names(function)
        calls = (found for name in names for found in self._calls_by_name.get(name, ()))
        for file, call in dict.fromkeys(calls):
            yield from self._pass(file, call, function, names)
        for file, call in self.dispatch.calls.get(function, ()):
            yield Pass(file, call, tuple(positional(call)), _keywords(call))

    def _names(self, function: cst.FunctionDef) -> list[str]:
        """The words by which a function can be called."""
        name = function.name.value
        names = [name]
        owner = self.inference.members.owner_of.get(function)
        if owner is not None and name in {"__init__", "__new__"}:
            derived = self.inference.families.subclasses.get(owner[1], ())
            names = [owner[1].name.value, *(kind.node.name.value for kind in derived), *_OWN_NAMES]
        return list(
            dict.fromkeys([*names, *(alias for name in names for alias in sorted(self._aliases.get(name, ())))])
        )

    def constructions(self, node: cst.ClassDef) -> Iterator[tuple[SourceFile, cst.Call]]:
        """The calls that make instances of a class or of one that derives from it."""
        derived = [kind.node for kind in self.inference.families.subclasses.get(node, ())]
        names = [node.name.value, *(other.name.value for other in derived), *_OWN_NAMES]
        aliases = [alias for name in names for alias in sorted(self._aliases.get(name, ()))]
        for name in dict.fromkeys([*names, *aliases]):
            for file, call in self._calls_by_name.get(name, ()):
                callee = self.inference.kind(call.func, file)
                if isinstance(callee, Class) and callee.node in {node, *derived}:
                    yield file, call

    def _pass(self, file: SourceFile, call: cst.Call, function: cst.FunctionDef, names: list[str]) -> Iterator[Pass]:
        callee = self.inference.kind(call.func, file)
        if self._runs(callee, function):
            is_unbound = isinstance(callee, Function) and callee.owner is not None and not callee.bound
            is_unbound = is_unbound and not has_decorator(function, "classmethod")
            yield Pass(file, call, tuple(positional(call)), _keywords(call), is_unbound)
            return
        for position, arg, word in self._handed.get(call, ()):
            if word in names and self._runs(self.inference.kind(arg.value, file), function):
                values = values_given(self.inference, file, call, arg)
                yield _handed_over(file, call, position) if values is None else Pass(file, call, values, ())
                yield from self._chosen_by_argparse(file, call, arg)

    def _runs(self, callee: Kind, function: cst.FunctionDef) -> bool:
        members = self.inference.members
        match callee:
            case Function():
                if callee.node is function or not _has_name_of(callee.node, function):
                    return callee.node is function
                return any(other.node is function for other in members.overrides(callee))
            case Class():
                found = members.method(callee.file, callee.node, "__init__")
                return found is not None and found.node is function
        return False

    def _chosen_by_argparse(self, file: SourceFile, call: cst.Call, arg: cst.Arg) -> Iterator[Pass]:
        """The calls of what argparse chose, where `set_defaults(run=function)` made it a choice."""
        if arg.keyword is None or _last_word(call.func) != "set_defaults":
            return
        for other, chosen in self._calls_by_name.get(arg.keyword.value, ()):
            callee = self.inference.kind(chosen.func, other)
            if other is file and isinstance(callee, External) and _is_parsed_argument(callee.qualified):
                yield Pass(other, chosen, tuple(positional(chosen)), ())

    def _wrapper_calls(self, function: cst.FunctionDef) -> list[Pass] | None:
        """The calls in a decorator of the project that passes the function arguments of its own; None for no such."""
        file = self._file_of[function]
        for decorator in function.decorators:
            found = self.decorator(decorator, file)
            if found is None:
                continue
            calls = wrapped_calls(found.node) if isinstance(found.node, cst.FunctionDef) else None
            if calls and not all(_passes_on(call) for call in calls):
                return [Pass(found.file, call, tuple(positional(call)), _keywords(call)) for call in calls]
        return None

    def decorator(self, decorator: cst.Decorator, file: SourceFile) -> Function | None:
        """The function of the project that is applied to a decorated one."""
        if isinstance(decorator.decorator, cst.Call):
            factory = self.inference.kind(decorator.decorator.func, file)
            if isinstance(factory, Function) and isinstance(factory.node, cst.FunctionDef):
                inner = inner_decorator(factory.node)
                return Function(factory.file, inner) if inner is not None else None
            return None
        found = self.inference.kind(decorator.decorator, file)
        return found if isinstance(found, Function) and isinstance(found.node, cst.FunctionDef) else None

    def handed_to(self, call: cst.Call, arg: cst.Arg, file: SourceFile) -> tuple[Function, cst.Param, Pass] | None:
        """The parameter that an argument reaches which a call gives with a function to run: `pool.submit(f, client)`."""
        for other in call.args if _last_word(call.func) in _RUNNERS else ():
            function = self.inference.kind(other.value, file) if _last_word(other.value) else None
            if isinstance(function, Function) and isinstance(function.node, cst.FunctionDef):
                found = next((each for each in self.of(function.node) if each.call is call), None)
                for param in all_params(function.node.params) if found is not None else ():
                    if found is not None and self.source(function.node, found, param) is arg.value:
                        return function, param, found
        return None

    def argument(self, function: cst.CSTNode, found: Pass, param: cst.Param) -> cst.BaseExpression | None:
        """The expression that a call passes for a parameter."""
        return None if found.is_each else self.source(function, found, param)

    def source(self, function: cst.CSTNode, found: Pass, param: cst.Param) -> cst.BaseExpression | None:
        """The expression that a call passes for a parameter, or of whose elements it passes each."""
        assert isinstance(function, cst.FunctionDef)
        value = dict(found.keywords).get(param.name.value)
        if value is not None:
            return value
        named = [*function.params.posonly_params, *function.params.params]
        if param not in named:
            return None
        position = named.index(param)
        if function in self.inference.members.owner_of and not has_decorator(function, "staticmethod"):
            position -= 0 if found.is_unbound else 1
        return found.values[position] if 0 <= position < len(found.values) else None


def _last_word(node: cst.BaseExpression) -> str:
    if type(node) is cst.Attribute:
        return node.attr.value
    if type(node) is cst.Call:
        return node.func.value if type(node.func) is cst.Name else ""
    return node.value if type(node) is cst.Name else ""


def _handed_over(file: SourceFile, call: cst.Call, position: int) -> Pass:
    """A call that is given a function to run: `Thread(target=f, args=(client,))`, `partial(f, client)`."""
    args, kwargs = argument(call, "args"), argument(call, "kwargs")
    values = tuple(positional(call)[position + 1 :]) if call.args[position].keyword is None else ()
    if args is None and len(values) == 1:
        args = values[0]  # `Timer(5, f, [client])`, `pool.apply_async(f, (client,))`
    if isinstance(args, (cst.Tuple, cst.List)):
        values = tuple(element.value for element in args.elements)
    keywords = _keywords(call)
    if isinstance(kwargs, cst.Dict):
        keywords += tuple((key, value) for key, value in literal_items(kwargs) if key is not None)
    return Pass(file, call, values, keywords, is_each=_last_word(call.func) in _EACH)


def _keywords(call: cst.Call) -> tuple[tuple[str, cst.BaseExpression], ...]:
    return tuple((arg.keyword.value, arg.value) for arg in call.args if arg.keyword is not None)


def _passes_on(call: cst.Call) -> bool:
    """Whether a call hands on `*args, **kwargs` and nothing else."""
    return (bool(call.args) and all(arg.star for arg in call.args)) or not call.args


def _is_parsed_argument(qualified: str) -> bool:
    return qualified.startswith("argparse.") and ".parse_args()." in qualified


def _has_name_of(other: cst.FunctionDef | cst.Lambda, function: cst.FunctionDef) -> bool:
    """Whether a function may take another's place: an override, or the same one defined again, has its name."""
    return isinstance(other, cst.FunctionDef) and other.name.value == function.name.value
