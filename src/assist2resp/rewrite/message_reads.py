"""Where listed messages go, and what is read of them: followed from each listing to the texts, or given up.

A listing is a plain one where all that the program reads of its messages is their role, id and texts, which items of a
conversation have too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

import libcst as cst

from assist2resp.rewrite import uses
from assist2resp.rewrite.handing import parameter_of
from assist2resp.rewrite.inference import Inference
from assist2resp.rewrite.kinds import External, Function
from assist2resp.rewrite.nodes import string_value
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.reaching import Reads
from assist2resp.rewrite.scopes import Binding, Variable
from assist2resp.rewrite.sites import Site


class Shape(Enum):
    """What an expression holds of a listing."""

    PAGE = "page"
    MESSAGES = "messages"
    MESSAGE = "message"
    PARTS = "parts"
    PART = "part"
    TEXT = "text"


_ELEMENTS = {Shape.PAGE: Shape.MESSAGE, Shape.MESSAGES: Shape.MESSAGE, Shape.PARTS: Shape.PART}
_LISTS = {Shape.PAGE: Shape.MESSAGES, Shape.MESSAGES: Shape.MESSAGES, Shape.PARTS: Shape.PARTS}
_COLLECTED = {Shape.MESSAGE: Shape.MESSAGES, Shape.PART: Shape.PARTS}
_ATTRIBUTES = {
    (Shape.PAGE, "data"): Shape.MESSAGES,
    (Shape.MESSAGE, "content"): Shape.PARTS,
    (Shape.PART, "text"): Shape.TEXT,
}
_ENDS = {(Shape.MESSAGE, "role"), (Shape.MESSAGE, "id"), (Shape.TEXT, "value")}


class _LeftError(Exception):
    """A value goes where it is not followed."""


@dataclass(frozen=True, eq=False)
class Found:
    """An expression that holds a part of some listings."""

    node: cst.BaseExpression
    file: SourceFile
    shape: Shape
    sites: frozenset[Site]


@dataclass
class MessageReads:
    """The listings, out of `candidates`, all of whose uses are understood, and every expression that holds them."""

    inference: Inference
    candidates: Iterable[Site]
    found: dict[cst.CSTNode, Found] = field(default_factory=dict, init=False)
    sites: set[Site] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self._reads: dict[SourceFile, Reads] = {}
        self.sites = set(self.candidates)
        while self.sites and (left := self._trace()):
            self.sites -= left
        if not self.sites:
            self.found = {}

    def of(self, shape: Shape, site: Site) -> list[Found]:
        """The expressions of a shape that may hold what a listing gave."""
        return [found for found in self.found.values() if found.shape is shape and site in found.sites]

    # Following ------------------------------------------------------------------------------------------------------

    def _trace(self) -> set[Site]:
        """Follow every listing as far as it goes; gives those that go too far."""
        self.found, self._bound, self._left = {}, dict[Binding, tuple[Variable, Found]](), set[Site]()
        self._waiting = [Found(site.awaited, site.file, Shape.PAGE, frozenset({site})) for site in self.sites]
        while self._waiting:
            found = self._waiting.pop()
            known = self.found.get(found.node)
            if known is not None:
                if known.shape is not found.shape:
                    self._left |= known.sites | found.sites
                    continue
                if found.sites <= known.sites:
                    continue
                found = Found(found.node, found.file, found.shape, found.sites | known.sites)
            self.found[found.node] = found
            try:
                self._follow(found)
            except _LeftError:
                self._left |= found.sites
        self._check_bindings()
        return self._left

    def _add(self, found: Found, node: cst.CSTNode, shape: Shape) -> None:
        assert isinstance(node, cst.BaseExpression)
        self._waiting.append(Found(node, found.file, shape, found.sites))

    def _follow(self, found: Found) -> None:
        parent = found.file.scopes.parent_of[found.node]
        match parent:
            case cst.Expr():
                return
            case cst.Attribute():
                self._attribute(found, parent)
            case cst.Subscript() if parent.value is found.node:
                self._subscript(found, parent)
            case cst.Assign():
                for target in parent.targets:
                    self._bind(found, target.target, found.shape)
            case cst.NamedExpr():
                self._bind(found, parent.target, found.shape)
                self._add(found, parent, found.shape)
            case cst.For() | cst.CompFor() if parent.iter is found.node:
                self._bind(found, parent.target, self._element(found))
            case cst.ListComp() | cst.GeneratorExp() if parent.elt is found.node and found.shape in _COLLECTED:
                self._add(found, parent, _COLLECTED[found.shape])
            case cst.Arg():
                self._argument(found, parent)
            case cst.Return():
                self._return(found)
            case cst.IfExp() if parent.test is not found.node:
                other = parent.orelse if parent.body is found.node else parent.body
                if not (isinstance(other, cst.Name) and other.value == "None"):
                    raise _LeftError
                self._add(found, parent, found.shape)
            case _:
                self._asked(found)

    def _asked(self, found: Found) -> None:
        """Only the truth of a value is asked; a page was always true, the list that takes its place is not."""
        none = uses.none_comparison(found.node, found.file) is not None
        if not none and (found.shape is Shape.PAGE or not uses.is_truth_test(found.node, found.file)):
            raise _LeftError

    @staticmethod
    def _element(found: Found) -> Shape:
        if found.shape not in _ELEMENTS:
            raise _LeftError
        return _ELEMENTS[found.shape]

    def _attribute(self, found: Found, parent: cst.Attribute) -> None:
        step = (found.shape, parent.attr.value)
        outer = found.file.scopes.parent_of[parent]
        if isinstance(outer, (cst.AssignTarget, cst.AugAssign, cst.AnnAssign, cst.Del)):
            raise _LeftError
        if step in _ATTRIBUTES:
            self._add(found, parent, _ATTRIBUTES[step])
        elif step == (Shape.MESSAGES, "reverse"):
            if not is_reversed_in_place(parent, found.file):
                raise _LeftError
        elif step == (Shape.PART, "type"):
            if not is_text_test(parent, found.file):
                raise _LeftError
        elif step not in _ENDS:
            raise _LeftError

    def _subscript(self, found: Found, parent: cst.Subscript) -> None:
        if found.shape is Shape.PAGE or found.shape not in _ELEMENTS or len(parent.slice) != 1:
            raise _LeftError
        if isinstance(found.file.scopes.parent_of[parent], (cst.AssignTarget, cst.Del)):
            raise _LeftError
        sliced = isinstance(parent.slice[0].slice, cst.Slice)
        self._add(found, parent, found.shape if sliced else _ELEMENTS[found.shape])

    def _argument(self, found: Found, arg: cst.Arg) -> None:
        call = found.file.scopes.parent_of[arg]
        if not isinstance(call, cst.Call) or arg.star:
            raise _LeftError
        callee = self.inference.kind(call.func, found.file)
        if isinstance(callee, External):
            self._builtin(found, call, arg, callee.qualified)
        elif isinstance(callee, Function):
            param = parameter_of(callee, call, arg)
            if param is None or param.annotation is not None:
                raise _LeftError
            scope = callee.file.scopes.own[callee.node]
            self._hold(found, (scope, param.name.value), found.shape, callee.file)
        else:
            raise _LeftError

    def _builtin(self, found: Found, call: cst.Call, arg: cst.Arg, name: str) -> None:
        first = call.args[0] is arg
        if name in {"builtins.list", "builtins.reversed"} and len(call.args) == 1 and found.shape in _LISTS:
            if name == "builtins.reversed" and found.shape is Shape.PAGE:
                raise _LeftError
            self._add(found, call, _LISTS[found.shape])
        elif name == "builtins.len" and found.shape in _LISTS and found.shape is not Shape.PAGE:
            return
        elif name == "builtins.next" and first and isinstance(found.node, cst.GeneratorExp):
            if len(call.args) > 1 and not _is_none(call.args[1].value):
                raise _LeftError
            self._add(found, call, _ELEMENTS[found.shape])
        elif name == "builtins.enumerate" and first and found.shape in _ELEMENTS:
            self._enumerated(found, call)
        elif name == "builtins.hasattr" and found.shape is Shape.PART and len(call.args) == 2:
            if string_value(call.args[1].value) != "text":
                raise _LeftError
        else:
            raise _LeftError

    def _enumerated(self, found: Found, call: cst.Call) -> None:
        loop = found.file.scopes.parent_of[call]
        if not (isinstance(loop, (cst.For, cst.CompFor)) and loop.iter is call and isinstance(loop.target, cst.Tuple)):
            raise _LeftError
        self._bind(found, loop.target.elements[-1].value, self._element(found))

    def _return(self, found: Found) -> None:
        """The callers of a function of the project get what it returns, if it returns nothing else."""
        scope = found.file.scopes.scope_of[found.node]
        function = scope.enclosing_function()
        calls = list(self.inference.calls_of(function)) if function is not None else []
        if function is None or not calls or function.returns is not None or function.decorators:
            raise _LeftError
        if function in found.file.scopes.yields or any(
            value is not None and value is not found.node and not _is_none(value)
            for value in found.file.scopes.returns[function]
        ):
            raise _LeftError
        for file, call, _ in calls:
            outer = file.scopes.parent_of[call]
            waits = function.asynchronous is not None
            if waits is not isinstance(outer, cst.Await):
                raise _LeftError
            node = outer if waits else call
            assert isinstance(node, cst.BaseExpression)
            self._waiting.append(Found(node, file, found.shape, found.sites))

    # Variables ------------------------------------------------------------------------------------------------------

    def _bind(self, found: Found, target: cst.CSTNode, shape: Shape) -> None:
        variable = self._of(found.file).variable(target) if isinstance(target, cst.Name) else None
        if variable is None:
            raise _LeftError
        for binding in variable[0].names[variable[1]]:
            if binding.target is target:
                self._hold(found, variable, shape, found.file, binding)
                return
        raise _LeftError

    def _hold(
        self, found: Found, variable: Variable, shape: Shape, file: SourceFile, binding: Binding | None = None
    ) -> None:
        """Follow the reads of a variable that may see this binding."""
        if variable[0].is_class or (
            variable[0].parent is None and uses.is_shared(self.inference.project, file, variable[1])
        ):
            raise _LeftError
        reads = self._of(file)
        if binding is None:
            binding = next((b for b in variable[0].names[variable[1]] if b.how == "param"), None)
            if binding is None:
                raise _LeftError
        known = self._bound.get(binding)
        sites = found.sites | known[1].sites if known is not None else found.sites
        self._bound[binding] = (variable, Found(found.node, file, shape, sites))
        for name in reads.of(variable):
            if uses.is_load(name, file) and binding in reads.reaching(name, variable):
                self._waiting.append(Found(name, file, shape, sites))

    def _check_bindings(self) -> None:
        """Give up what shares a read with something else, and parameters that are given something else too."""
        for variable, held in list(self._bound.values()):
            reads = self._of(held.file)
            for name in reads.of(variable):
                seen = reads.reaching(name, variable) if uses.is_load(name, held.file) else []
                ours = [binding for binding in seen if binding in self._bound]
                if ours and len(ours) != len(seen):
                    self._left |= held.sites
            for binding in variable[0].names[variable[1]]:
                if binding in self._bound and binding.how == "param" and not self._always_given(binding, variable):
                    self._left |= held.sites

    def _always_given(self, binding: Binding, variable: Variable) -> bool:
        function = variable[0].node
        for file, call, bound in self.inference.calls_of(function):
            callee = self.inference.kind(call.func, file)
            values = [
                arg.value
                for arg in call.args
                if isinstance(callee, Function)
                and (param := parameter_of(callee, call, arg)) is not None
                and param.name.value == variable[1]
            ]
            del bound
            if len(values) != 1 or values[0] not in self.found:
                return False
        return isinstance(binding.node, cst.Param) and binding.node.default is None

    def _of(self, file: SourceFile) -> Reads:
        if file not in self._reads:
            self._reads[file] = Reads(file)
        return self._reads[file]


def is_reversed_in_place(node: cst.Attribute, file: SourceFile) -> bool:
    """Whether `.reverse` is called as a statement, on a name or on the `data` of one."""
    call = file.scopes.parent_of[node]
    held = node.value.value if isinstance(node.value, cst.Attribute) else node.value
    called = isinstance(call, cst.Call) and call.func is node and not call.args and isinstance(held, cst.Name)
    return called and isinstance(file.scopes.parent_of[call], cst.Expr)


def is_text_test(node: cst.Attribute, file: SourceFile) -> bool:
    """Whether a part's type is compared with "text" alone."""
    parent = file.scopes.parent_of[node]
    if not isinstance(parent, cst.Comparison) or parent.left is not node or len(parent.comparisons) != 1:
        return False
    target = parent.comparisons[0]
    return isinstance(target.operator, (cst.Equal, cst.NotEqual)) and string_value(target.comparator) == "text"


def _is_none(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"
