"""Value flow: what each expression of the project is, followed through names, attributes, calls and modules.

Certain or unknown. A parameter is what its annotation says, else what every call in the project passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Sequence

import libcst as cst

from assist2resp.rewrite.project.project import Project, SourceFile
from assist2resp.rewrite.syntax.nodes import argument, positional, string_value
from assist2resp.rewrite.syntax.scopes import Binding, Scope, Variable
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.annotations import Annotations, says_something
from assist2resp.rewrite.values.decorators import is_overload, is_transparent, makes_property, wrapped_calls
from assist2resp.rewrite.values.externals import Externals, container_method
from assist2resp.rewrite.values.holders import FRAMEWORKS, READERS, Holders, key_of, literal_items
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
    Module,
    Parent,
    Plain,
    Record,
    Resource,
    Sdk,
    SdkMethod,
    TupleOf,
    Unknown,
    join,
)
from assist2resp.rewrite.values.members import Members
from assist2resp.rewrite.values.memo import Memo
from assist2resp.rewrite.values.narrowed import event_data
from assist2resp.rewrite.values.parameters import Parameters
from assist2resp.rewrite.values.sdk_kinds import (
    agreed,
    as_openai,
    awaited,
    below_resource,
    element,
    imported_name,
    rest,
    sdk_attribute,
    sdk_call,
    unpacked,
)
from assist2resp.rewrite.values.servers import Servers
from assist2resp.rewrite.values.twins import without_twins

_PLAIN = (cst.BaseString, cst.BaseNumber, cst.Set, cst.Comparison, cst.UnaryOperation, cst.Ellipsis)
_LITERALS = frozenset(kind for kind in vars(cst).values() if isinstance(kind, type) and issubclass(kind, _PLAIN))
"""Expressions that are plain values, by their exact types: asking `isinstance` of one class after another is slow."""


class Inference:
    """The kinds of a project's expressions; every answer is kept."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.memo = Memo()
        self.annotations = Annotations(self)
        self.externals = Externals(self)
        self.holders = Holders(self)
        self.members = Members(self)
        self.parameters = Parameters(self)
        self.servers = Servers(self)
        self._file_of_root = {file.scopes.root: file for file in project.modules}
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))

    # What others ask ----------------------------------------------------------------------------------------------

    def kind(self, node: cst.CSTNode, file: SourceFile) -> Kind:
        """What an expression of `file` is."""
        known: Kind | None = self.memo.known(node)
        return self._kept(node, lambda: self._expression(node, file)) if known is None else known

    def variable(self, variable: Variable) -> Kind:
        """What a variable holds: the join of all that is ever bound to it."""
        return self._kept(variable, lambda: self._bindings(variable))

    def result(self, function: Function) -> Kind:
        """What a call of a function of the project gives."""
        node = function.node
        if isinstance(node, cst.Lambda):
            return self.kind(node.body, function.file)
        return self._kept(("result", node), lambda: self._result(node, function.file))

    def calls_of(self, function: cst.CSTNode) -> Iterator[tuple[SourceFile, cst.Call, int]]:
        """The calls of a function in the project, each with how many of its leading arguments are not the function's."""
        return self.parameters.calls_of(function)

    def method(self, file: SourceFile, node: cst.ClassDef, name: str) -> Function | None:
        """The method of a class or of a base of it in the project."""
        return self.members.method(file, node, name)

    def is_handler(self, file: SourceFile, node: cst.ClassDef) -> bool:
        """Whether a class derives from the SDK's event handlers."""
        return self.members.is_handler(file, node)

    def instance_attribute(self, owner: Instance, name: str) -> Kind:
        """An attribute of an instance: a method, a property, or what is ever assigned to it."""
        return self.members.attribute(owner, name)

    def file_of(self, scope: Scope) -> SourceFile:
        """The file that a scope stands in."""
        return self._file_of_root[scope.module]

    def is_followed(self, file: SourceFile) -> bool:
        """Whether values are followed through a file."""
        return file.tree is not None and file.scopes.root in self._file_of_root

    def _kept(self, question: Hashable, compute: Callable[[], Kind]) -> Kind:
        return self.memo.get(question, compute)

    # Expressions --------------------------------------------------------------------------------------------------

    def _expression(self, node: cst.CSTNode, file: SourceFile) -> Kind:
        if type(node) in _LITERALS:
            return PLAIN
        match node:
            case cst.Name():
                return self._name(node, file)
            case cst.Attribute():
                return self._attribute_of(node, file)
            case cst.Call():
                return self._call(node, file)
            case cst.Await():
                return awaited(self.kind(node.expression, file))
            case cst.Subscript():
                return self._subscript(node, file)
            case cst.IfExp():
                return join(self.kind(node.body, file), self.kind(node.orelse, file))
            case cst.BooleanOperation():
                return join(self.kind(node.left, file), self.kind(node.right, file))
            case cst.BinaryOperation():
                return self._operation(node, file)
            case cst.NamedExpr():
                return self.kind(node.value, file)
            case cst.Tuple() if not any(isinstance(element, cst.StarredElement) for element in node.elements):
                return TupleOf(tuple(self.kind(element.value, file) for element in node.elements))
            case cst.List() | cst.Tuple():
                return self._listed(node.elements, file)
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp():
                return Many(self.kind(node.elt, file))
            case cst.DictComp():
                return Many(self.kind(node.value, file))
            case cst.Lambda():
                return Function(file, node)
            case cst.Dict():
                return self._mapping(node, file)
        return UNKNOWN

    def _operation(self, node: cst.BinaryOperation, file: SourceFile) -> Kind:
        left, right = self.kind(node.left, file), self.kind(node.right, file)
        if isinstance(node.operator, cst.Add) and isinstance(left, Many) and isinstance(right, Many):
            return join(left, right)
        return PLAIN if isinstance(left, Plain) and isinstance(right, Plain) else UNKNOWN

    def _listed(self, elements: Sequence[cst.BaseElement], file: SourceFile) -> Kind:
        inner: Kind = BOTTOM
        for part in elements:
            kind = self.kind(part.value, file)
            inner = join(inner, element(kind) if isinstance(part, cst.StarredElement) else kind)
        return Many(inner)

    def _mapping(self, node: cst.Dict, file: SourceFile) -> Kind:
        entries = list(literal_items(node))
        if len(entries) == len(node.elements) and all(key is not None for key, _ in entries):
            return self.record([(key or "", self.kind(value, file)) for key, value in entries])
        inner: Kind = BOTTOM
        for _, value in entries:
            inner = join(inner, self.kind(value, file))
        return PLAIN if isinstance(inner, (Plain, Unknown)) else Many(inner)

    @staticmethod
    def record(entries: list[tuple[str, Kind]]) -> Kind:
        """A dictionary with these entries; values of one kind make a container of it."""
        inner: Kind = BOTTOM
        for _, kind in entries:
            if isinstance(inner, Unknown) or (inner != BOTTOM and type(kind) is not type(inner)):
                inner = UNKNOWN
            else:
                inner = join(inner, kind)
        if not isinstance(inner, (Plain, Unknown)):
            return Many(inner)
        carries = any(not isinstance(kind, (Plain, Unknown, External)) for _, kind in entries)
        return Record(tuple(dict(entries).items())) if carries else PLAIN

    def _name(self, node: cst.Name, file: SourceFile) -> Kind:
        if node.value in {"None", "True", "False"}:
            return PLAIN
        scope = file.scopes.scope_of.get(node)
        if scope is None:
            return UNKNOWN
        variable = scope.find(node.value)
        if variable is not None:
            return self.variable(variable)
        star = self._star_import(scope.module, node.value, frozenset())
        return star if star is not None else External(f"builtins.{node.value}")

    def _star_import(self, root: Scope, name: str, seen: frozenset[Scope]) -> Kind | None:
        """What `from module import *` brings under a name."""
        for binding in root.names.get("*", ()):
            found = self.project.resolve(binding.origin, self.file_of(root))
            if found is None:
                qualified = f"{binding.origin}.{name}"
                if binding.origin == "openai" and sdk.client_class(qualified) is not None:
                    return External(qualified)
            elif self.is_followed(found[0]) and not found[1] and found[0].scopes.root not in seen:
                inner = found[0].scopes.root
                if name in inner.names:
                    return self.variable((inner, name))
                through = self._star_import(inner, name, seen | {root})
                if through is not None:
                    return through
        return None

    def _bindings(self, variable: Variable) -> Kind:
        scope, name = variable
        result: Kind = BOTTOM
        for binding in without_twins(scope.names[name]):
            if not (isinstance(binding.node, cst.FunctionDef) and is_overload(binding.node)):
                result = join(result, self.bound(binding))
        return result if scope.parent is not None else join(result, self.members.module_attribute(scope, name))

    def bound(self, binding: Binding) -> Kind:
        """What one binding gives."""
        file = self.file_of(binding.scope)
        node = binding.node
        match binding.how:
            case "value":
                assert node is None or isinstance(node, cst.BaseExpression)
                return self._annotated_value(binding, node, file)
            case "param":
                assert isinstance(node, cst.Param)
                return self.parameters.kind(node, binding.scope, file)
            case "import":
                return self.imported(binding.origin, file)
            case "def":
                assert isinstance(node, cst.FunctionDef)
                owner = self.members.owner_of.get(node)
                return Function(file, node, owner[1] if owner else None)
            case "class":
                assert isinstance(node, cst.ClassDef)
                return Class(file, node)
            case "entered" if node is not None:
                return self.entered(self.kind(node, file))
            case "element" if node is not None:
                return unpacked(element(self.kind(node, file)), binding.index)
            case "item" if node is not None:
                return unpacked(self.kind(node, file), binding.index)
            case "rest" if node is not None:
                return rest(self.kind(node, file), binding.index)
        return UNKNOWN

    def _annotated_value(self, binding: Binding, node: cst.BaseExpression | None, file: SourceFile) -> Kind:
        target = binding.target
        value = self.kind(node, file) if node is not None else BOTTOM
        if isinstance(target, cst.AnnAssign):
            annotated = self.annotations.kind(target.annotation.annotation, file)
            if says_something(annotated):
                return agreed(annotated, value)
        return value

    # Imports and attributes ---------------------------------------------------------------------------------------

    def imported(self, origin: str, file: SourceFile) -> Kind:
        """What an import of a dotted name gives in a file."""
        origin = as_openai(origin) if self.project.resolve(origin, file) is None else origin
        if origin.partition(".")[0] == "openai" and not self._is_own_openai(origin, file):
            return imported_name(origin)
        found = self.project.resolve(origin, file)
        if found is None:
            return External(origin)
        target, rest = found
        if not self.is_followed(target):
            return External(origin) if origin.partition(".")[0] in FRAMEWORKS else UNKNOWN
        kind: Kind = Module(target)
        for part in rest.split(".") if rest else ():
            kind = self.attribute(kind, part)
        return kind

    def _is_own_openai(self, origin: str, file: SourceFile) -> bool:
        """Whether `openai` is a module of the project that defines what is asked for, and not only one of that name."""
        found = self.project.resolve(origin, file)
        if found is None or found[0] is file or (found[0].path.parent in file.path.parents and found[0].is_package):
            return False
        if self._stands_in_package(found[0]):
            return False
        name = found[1].partition(".")[0]
        if not name or not self.is_followed(found[0]):
            return True
        bindings = found[0].scopes.root.names.get(name, [])
        return not bindings or any(binding.how != "import" for binding in bindings)

    def _stands_in_package(self, file: SourceFile) -> bool:
        """Whether a module can only be imported as part of a package."""
        home = file.path.parent.parent if file.is_package else file.path.parent
        return home not in self.project.roots and home / "__init__.py" in self.project.files

    def _attribute_of(self, node: cst.Attribute, file: SourceFile) -> Kind:
        owner = self.kind(node.value, file)
        result = event_data(node, owner, file) or self.attribute(owner, node.attr.value)
        if isinstance(result, Resource) and owner == External("openai"):
            return self.servers.of_module(result, file)
        if isinstance(owner, (External, Unknown)) and isinstance(result, (External, Unknown)):
            param = self.parameters.fixtures.request_param(node, file)
            held = self.holders.read(node.value, node.attr.value, file) if param is None else param
            return result if held == BOTTOM else held
        return result

    def attribute(self, owner: Kind, name: str) -> Kind:
        """An attribute of what `owner` says."""
        match owner:
            case Resource():
                return below_resource(owner, name)
            case Sdk():
                return sdk_attribute(owner, name)
            case Module():
                return self._module_attribute(owner, name)
            case External():
                return imported_name(f"{owner.qualified}.{name}")
            case Instance():
                return self.members.attribute(owner, name)
            case Parent():
                return self.members.parent_attribute(owner, name)
            case Class():
                found = self.members.method(owner.file, owner.node, name)
                return found if found is not None else self.members.class_attribute(owner.file, owner.node, name)
        return owner if isinstance(owner, Unknown) and owner.foreign else UNKNOWN

    def _module_attribute(self, owner: Module, name: str) -> Kind:
        root = owner.file.scopes.root
        if name in root.names:
            return self.variable((root, name))
        written = self.members.module_attribute(root, name)
        star = self._star_import(root, name, frozenset())
        if star is not None:
            return star
        found = self.project.resolve(f"{owner.file.module_name}.{name}", owner.file)
        if found is not None and not found[1] and self.is_followed(found[0]):
            return Module(found[0])
        return UNKNOWN if written == BOTTOM else written

    # Calls --------------------------------------------------------------------------------------------------------

    def _call(self, node: cst.Call, file: SourceFile) -> Kind:
        if type(node.func) is cst.Attribute:
            taken = self._taken(node.func, node, file)
            if taken is not None:
                return taken
        callee = self.kind(node.func, file)
        match callee:
            case Method():
                return self.api_call(callee, node, file)
            case SdkMethod():
                return sdk_call(callee)
            case Function():
                return self._result_of_call(callee)
            case Class():
                return Instance(callee.file, callee.node)
            case External():
                return self.externals.call(callee.qualified, node, file)
            case Instance():
                found = self.members.method(callee.file, callee.node, "__call__")
                return self.result(found) if found is not None else UNKNOWN
        result: Kind = BOTTOM
        for chosen in self.parameters.dispatch.functions(node, file):
            result = join(result, self._result_of_call(chosen))
        if result != BOTTOM:
            return result
        return callee if isinstance(callee, Unknown) else UNKNOWN

    def _result_of_call(self, callee: Function) -> Kind:
        return self.members.result(callee) if callee.bound else self.result(callee)

    def _taken(self, func: cst.Attribute, node: cst.Call, file: SourceFile) -> Kind | None:
        """What `sessions.get(key)` and the like give; None if it is no such call, or nothing is known to be held."""
        owner = self.kind(func.value, file)
        if not isinstance(owner, (Many, Record, Plain, Unknown, External, Awaitable)):
            return None
        given = positional(node)
        held: Kind = BOTTOM
        key = string_value(given[0]) if given else None
        rest = self.parameters.rest(func.value, key, file) if key is not None and func.attr.value in READERS else None
        if rest is not None:
            return join(PLAIN, join(rest, self.kind(given[1], file) if len(given) > 1 else BOTTOM))
        if func.attr.value in READERS and not isinstance(owner, Awaitable):
            held = self.holders.read(func.value, key, file)
            if isinstance(owner, Record) and key is not None:
                held = join(held, owner.get(key))
        contained = container_method(owner, func.attr.value)
        if contained is not None and not (isinstance(contained, (Plain, Unknown)) and held != BOTTOM):
            held = join(held, contained)
        return None if held == BOTTOM else held

    def api_call(self, method: Method, node: cst.Call, file: SourceFile) -> Kind:
        """What calling a method of the SDK gives."""
        if method.name in {"with_options", "copy"}:
            return self.servers.of_call(method.resource, node, file)
        found = sdk.method(method.path)
        if found is None:
            return UNKNOWN
        stream = argument(node, "stream")
        streaming = isinstance(stream, cst.Name) and stream.value == "True"
        result: Kind = Sdk(found.result(is_async=method.resource.is_async, streaming=streaming))
        handler = argument(node, "event_handler")
        if handler is not None and found.is_helper:
            given = self.kind(handler, file)
            if isinstance(given, Instance):
                result = Many(given)  # entered by `with`
        return Awaitable(result) if method.resource.is_async and found.awaitable else result

    def _result(self, node: cst.FunctionDef, file: SourceFile) -> Kind:
        if not all(self._leaves_result(decorator, file) for decorator in node.decorators):
            return UNKNOWN
        given, is_generator = self._given_back(node, file), node in file.scopes.yields
        annotated = self.annotations.kind(node.returns.annotation, file) if node.returns is not None else UNKNOWN
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
                result = join(result, self.kind(value, file))
            return result
        for returned in file.scopes.returns.get(node, ()):
            result = join(result, PLAIN if returned is None else self.kind(returned, file))
        return result

    def _leaves_result(self, decorator: cst.Decorator, file: SourceFile) -> bool:
        if makes_property(decorator):
            return True
        own = self.parameters.decorator(decorator, file)
        if own is not None and isinstance(own.node, cst.FunctionDef):
            return wrapped_calls(own.node) is not None
        return is_transparent(decorator)

    # Elements -----------------------------------------------------------------------------------------------------

    def _subscript(self, node: cst.Subscript, file: SourceFile) -> Kind:
        owner = self.kind(node.value, file)
        if len(node.slice) != 1:
            return UNKNOWN
        index = node.slice[0].slice
        if isinstance(index, cst.Slice):
            return owner
        if isinstance(index, cst.Index) and owner == External("dependency_injector.wiring.Provide"):
            return self.externals.called(self.kind(index.value, file))
        if isinstance(owner, Record):
            return owner.get(key_of(node))
        rest = self.parameters.rest(node.value, key_of(node) or "", file)
        if rest is not None:
            return UNKNOWN if rest == BOTTOM else rest
        if isinstance(owner, TupleOf):
            value = index.value if isinstance(index, cst.Index) else None
            return (
                unpacked(owner, (int(value.value),))
                if isinstance(value, cst.Integer) and value.value.isdigit()
                else element(owner)
            )
        if isinstance(owner, Sdk):
            item = sdk.subscripted(owner.type)
            return Sdk(item) if item is not None else UNKNOWN
        if isinstance(owner, Many) and not isinstance(owner.inner, (Plain, Unknown, type(BOTTOM))):
            return owner.inner
        if isinstance(owner, (Plain, Unknown, Many, External)):
            return self.holders.stored(node, file)
        return UNKNOWN

    def entered(self, owner: Kind) -> Kind:
        """What `with` binds."""
        if isinstance(owner, Many):  # a generator under @contextmanager, or a stream with its handler
            return owner.inner
        if isinstance(owner, Sdk):
            entered = sdk.entered(owner.type)
            return Sdk(entered) if entered is not None else UNKNOWN
        if isinstance(owner, Instance):
            return self._entered_instance(owner)
        return awaited(owner) if isinstance(owner, Awaitable) else owner

    def _entered_instance(self, owner: Instance) -> Kind:
        for name in ("__enter__", "__aenter__"):
            found = self.members.method(owner.file, owner.node, name)
            if found is not None:
                return awaited(self.members.result(found))
        return owner
