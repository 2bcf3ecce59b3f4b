"""Value flow: what each expression of the project is, followed through names, attributes, calls and modules.

Certain or unknown. A parameter is what its annotation says, else what every call in the project passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator
from functools import cached_property

import libcst as cst

from assist2resp.rewrite import sdk
from assist2resp.rewrite.kinds import (
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
    Module,
    Plain,
    Resource,
    Sdk,
    SdkMethod,
    TupleOf,
    Unknown,
    join,
)  # fmt: skip
from assist2resp.rewrite.nodes import argument, dotted, positional, string_value
from assist2resp.rewrite.project import Project, SourceFile
from assist2resp.rewrite.scopes import Binding, Scope, Variable, all_params
from assist2resp.rewrite.sessions import Slot, slot_of, written
from assist2resp.rewrite.type_expr import TypeExpr

_LITERALS = (
    cst.BaseString, cst.BaseNumber, cst.Dict, cst.Set, cst.Comparison, cst.UnaryOperation, cst.Ellipsis,
)  # fmt: skip
_TRANSPARENT_DECORATORS = (
    "functools.", "lru_cache", "cache", "cached", "override", "typing.", "typing_extensions.", "st.", "streamlit.",
    "staticmethod", "classmethod", "property", "cached_property", "contextmanager", "asynccontextmanager",
    "contextlib.", "abstractmethod", "abc.", "cl.", "app.", "router.", "bot.", "client.", "retry", "tenacity.",
    "backoff.", "pytest.", "fixture", "traceable", "observe", "login_required", "dp.",
)  # fmt: skip
_OBJECT_IDS = {"thread_id": "Thread", "run_id": "Run", "assistant_id": "Assistant", "message_id": "Message"}
_AWAITING = {"asyncio.run", "asyncio.wait_for", "asyncio.shield", "asyncio.create_task", "asyncio.ensure_future"}
_PASSING = {"list", "tuple", "reversed", "sorted", "iter", "set"}


class _Memo:
    """Keeps answers, also where questions go round in circles.

    A question that comes back to itself sees `Bottom`. What was found inside such a circle is only provisional: it
    serves until the question that opened the circle is answered, and is then asked afresh.
    """

    def __init__(self) -> None:
        self._final: dict[Hashable, Kind] = {}
        self._provisional: dict[Hashable, tuple[Kind, int]] = {}
        self._depth: dict[Hashable, int] = {}
        self._lowest = sys.maxsize

    def get(self, key: Hashable, compute: Callable[[], Kind]) -> Kind:
        known = self._final.get(key)
        if known is not None:
            return known
        if key in self._depth:
            self._lowest = min(self._lowest, self._depth[key])
            return BOTTOM
        if key in self._provisional:
            kind, lowest = self._provisional[key]
            self._lowest = min(self._lowest, lowest)
            return kind
        return self._ask(key, compute)

    def _ask(self, key: Hashable, compute: Callable[[], Kind]) -> Kind:
        depth, outside = len(self._depth), self._lowest
        self._depth[key], self._lowest = depth, sys.maxsize
        try:
            kind = compute()
        finally:
            del self._depth[key]
        if self._lowest < depth:
            self._provisional[key] = (kind, self._lowest)
            self._lowest = min(outside, self._lowest)
        else:
            self._final[key] = kind
            if self._provisional:
                self._provisional = {k: v for k, v in self._provisional.items() if v[1] < depth}
            self._lowest = outside
        return kind


class Inference:
    """The kinds of a project's expressions; every answer is kept."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._file_of_root = {file.scopes.root: file for file in project.modules}
        self._memo = _Memo()
        self._bases_of: dict[cst.ClassDef, list[Class]] = {}
        sys.setrecursionlimit(max(sys.getrecursionlimit(), 20_000))

    # Where things are ---------------------------------------------------------------------------------------------

    def file_of(self, scope: Scope) -> SourceFile:
        """The file that a scope stands in."""
        return self._file_of_root[scope.module]

    @cached_property
    def _calls_by_name(self) -> dict[str, list[tuple[SourceFile, cst.Call]]]:
        found: dict[str, list[tuple[SourceFile, cst.Call]]] = {}
        for file in self.project.modules:
            for call in file.scopes.calls:
                name = call.func.attr if isinstance(call.func, cst.Attribute) else call.func
                if isinstance(name, cst.Name):
                    found.setdefault(name.value, []).append((file, call))
                for arg in call.args:  # partial(f, …), to_thread(f, …), Thread(target=f, …), Depends(f)
                    inner = arg.value.attr if isinstance(arg.value, cst.Attribute) else arg.value
                    if isinstance(inner, cst.Name):
                        found.setdefault(inner.value, []).append((file, call))
        return found

    @cached_property
    def _attribute_writes(self) -> dict[str, list[tuple[SourceFile, cst.Attribute, Binding]]]:
        found: dict[str, list[tuple[SourceFile, cst.Attribute, Binding]]] = {}
        for file in self.project.modules:
            for target, binding in file.scopes.attribute_targets:
                found.setdefault(target.attr.value, []).append((file, target, binding))
        return found

    @cached_property
    def _class_of_function(self) -> dict[cst.CSTNode, tuple[SourceFile, cst.ClassDef]]:
        found: dict[cst.CSTNode, tuple[SourceFile, cst.ClassDef]] = {}
        for file in self.project.modules:
            for node, scope in file.scopes.own.items():
                if isinstance(node, cst.FunctionDef) and scope.parent is not None and scope.parent.is_class:
                    owner = scope.parent.node
                    assert isinstance(owner, cst.ClassDef)
                    found[node] = (file, owner)
        return found

    # Expressions --------------------------------------------------------------------------------------------------

    def kind(self, node: cst.CSTNode, file: SourceFile) -> Kind:
        """What an expression of `file` is."""
        return self._memo.get(node, lambda: self._expression(node, file))

    def _expression(self, node: cst.CSTNode, file: SourceFile) -> Kind:
        slot = slot_of(node, file, self.kind)
        if slot is not None and slot in self._kept:
            return self._kept_value(slot)
        match node:
            case cst.Name():
                return self._name(node, file)
            case cst.Attribute():
                return self._attribute(self.kind(node.value, file), node.attr.value)
            case cst.Call():
                return self._call(node, file)
            case cst.Await():
                return _awaited(self.kind(node.expression, file))
            case cst.Subscript():
                return self._subscript(node, file)
            case cst.IfExp():
                return join(self.kind(node.body, file), self.kind(node.orelse, file))
            case cst.BooleanOperation():
                return join(self.kind(node.left, file), self.kind(node.right, file))
            case cst.NamedExpr():
                return self.kind(node.value, file)
            case cst.Tuple() if not any(isinstance(element, cst.StarredElement) for element in node.elements):
                return TupleOf(tuple(self.kind(element.value, file) for element in node.elements))
            case cst.List() | cst.Tuple():
                return self._sequence([element.value for element in node.elements], file)
            case cst.ListComp() | cst.GeneratorExp() | cst.SetComp():
                return Many(self.kind(node.elt, file))
            case cst.Lambda():
                return Function(file, node)
            case cst.Dict():
                values = [element.value for element in node.elements if isinstance(element, cst.DictElement)]
                inner = self._sequence(values, file)
                return inner if isinstance(inner, Many) and not isinstance(inner.inner, (Plain, Unknown)) else PLAIN
            case cst.DictComp():
                return Many(self.kind(node.value, file))
        if isinstance(node, _LITERALS):
            return PLAIN
        return UNKNOWN

    def _sequence(self, values: list[cst.BaseExpression], file: SourceFile) -> Kind:
        inner: Kind = BOTTOM
        for value in values:
            inner = join(inner, self.kind(value, file))
        return Many(inner)

    def _name(self, node: cst.Name, file: SourceFile) -> Kind:
        if node.value in {"None", "True", "False"}:
            return PLAIN
        scope = file.scopes.scope_of.get(node)
        if scope is None:
            return UNKNOWN
        variable = scope.find(node.value)
        if variable is None:
            star = self._star_import(scope, node.value)
            return star if star is not None else External(f"builtins.{node.value}")
        return self.variable(variable)

    def _star_import(self, scope: Scope, name: str) -> Kind | None:
        for binding in scope.module.names.get("*", ()):
            found = self.project.resolve(binding.origin, self.file_of(scope))
            if found is not None and found[0].tree is not None and not found[1]:
                root = found[0].scopes.root
                if name in root.names and root in self._file_of_root:
                    return self.variable((root, name))
        return None

    def variable(self, variable: Variable) -> Kind:
        """What a variable holds: the join of all that is ever bound to it."""
        return self._memo.get(variable, lambda: self._bindings(variable))

    def _bindings(self, variable: Variable) -> Kind:
        scope, name = variable
        result: Kind = BOTTOM
        for binding in scope.names[name]:
            result = join(result, self.bound(binding))
        return result

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
                return self._param(node, binding.scope, file)
            case "import":
                return self._import(binding.origin, file)
            case "def":
                assert isinstance(node, cst.FunctionDef)
                owner = self._class_of_function.get(node)
                return Function(file, node, owner[1] if owner else None)
            case "class":
                assert isinstance(node, cst.ClassDef)
                return Class(file, node)
            case "entered":
                assert node is not None
                return self._entered(self.kind(node, file))
            case "element":
                assert node is not None
                inner = self._element(self.kind(node, file))
                for position in binding.index:
                    inner = (
                        inner.items[position] if isinstance(inner, TupleOf) and position < len(inner.items) else UNKNOWN
                    )
                return inner
            case "item":
                return self._unpacked(binding, file)
            case _:
                return UNKNOWN

    def _annotated_value(self, binding: Binding, node: cst.BaseExpression | None, file: SourceFile) -> Kind:
        target = binding.target
        if isinstance(target, cst.AnnAssign):
            annotated = self.annotation(target.annotation.annotation, file)
            if not isinstance(annotated, (Unknown, Plain)):
                return annotated
        return self.kind(node, file) if node is not None else BOTTOM

    def _unpacked(self, binding: Binding, file: SourceFile) -> Kind:
        kind = self.kind(binding.node, file) if binding.node is not None else UNKNOWN
        for position in binding.index:
            if isinstance(kind, TupleOf):
                kind = kind.items[position] if position < len(kind.items) else UNKNOWN
            else:
                kind = kind.inner if isinstance(kind, Many) else UNKNOWN
        return kind

    # Imports and annotations --------------------------------------------------------------------------------------

    def _import(self, origin: str, file: SourceFile) -> Kind:
        if origin == "openai" or origin.startswith("openai."):
            shadow = self.project.resolve(origin.split(".", maxsplit=1)[0], file)
            if shadow is None:
                return _openai_name(origin)
        found = self.project.resolve(origin, file)
        if found is None:
            return External(origin)
        target, rest = found
        if target.tree is None or target.scopes.root not in self._file_of_root:
            return UNKNOWN
        if not rest:
            return Module(target)
        kind: Kind = Module(target)
        for part in rest.split("."):
            kind = self._attribute(kind, part)
        return kind

    def annotation(self, node: cst.BaseExpression, file: SourceFile) -> Kind:
        """What a value with this annotation is; Optional and the like are seen through."""
        text = string_value(node)
        if text is not None:
            try:
                parsed = cst.parse_expression(text)
            except cst.ParserSyntaxError:
                return UNKNOWN
            return self._quoted_annotation(parsed, file)
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.BitOr):
            return join(self.annotation(node.left, file), self.annotation(node.right, file))
        if isinstance(node, cst.Name) and node.value in {"None", "str", "int", "float", "bool", "dict", "bytes"}:
            return PLAIN
        if isinstance(node, cst.Subscript):
            return self._generic_annotation(node, file)
        return _instance_of(self.kind(node, file))

    def _quoted_annotation(self, node: cst.BaseExpression, file: SourceFile) -> Kind:
        if isinstance(node, cst.Name):
            return _instance_of(self.variable(found)) if (found := file.scopes.root.find(node.value)) else UNKNOWN
        if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
            found = file.scopes.root.find(node.value.value)
            return _instance_of(self._attribute(self.variable(found), node.attr.value)) if found else UNKNOWN
        return UNKNOWN

    def _generic_annotation(self, node: cst.Subscript, file: SourceFile) -> Kind:
        head = (dotted(node.value) or "").rsplit(".", 1)[-1]
        inner = [part.slice.value for part in node.slice if isinstance(part.slice, cst.Index)]
        if not inner:
            return UNKNOWN
        if head in {"Optional", "Annotated", "Final", "ClassVar"}:
            metadata = inner[1] if head == "Annotated" and len(inner) > 1 else None
            first = self.annotation(inner[0], file)
            if isinstance(first, Unknown) and metadata is not None:
                return self.kind(metadata, file)
            return first
        if head == "Union":
            result: Kind = BOTTOM
            for part in inner:
                result = join(result, self.annotation(part, file))
            return result
        if head in {
            "list",
            "List",
            "Sequence",
            "Iterable",
            "Iterator",
            "Generator",
            "AsyncGenerator",
            "AsyncIterator",
            "tuple",
            "Tuple",
            "set",
        }:
            return Many(self.annotation(inner[0], file))
        if head in {"dict", "Dict", "Mapping", "defaultdict"} and len(inner) > 1:
            return Many(self.annotation(inner[1], file))
        if head in {"Awaitable", "Coroutine"}:
            return Awaitable(self.annotation(inner[-1], file))
        return UNKNOWN

    # Parameters ---------------------------------------------------------------------------------------------------

    def _param(self, param: cst.Param, scope: Scope, file: SourceFile) -> Kind:
        return self._memo.get(("param", param), lambda: self._param_kind(param, scope, file))

    def _param_kind(self, param: cst.Param, scope: Scope, file: SourceFile) -> Kind:
        if param.annotation is not None:
            annotated = self.annotation(param.annotation.annotation, file)
            if not isinstance(annotated, (Unknown, Plain)):
                return annotated
        function = scope.node
        owner = self._class_of_function.get(function)
        if isinstance(function, cst.FunctionDef) and owner is not None and self._is_receiver(function, param):
            name = "classmethod" if _has_decorator(function, "classmethod") else ""
            return Class(*owner) if name else Instance(*owner)
        handler = self._callback_param(function, param)
        if handler is not None:
            return handler
        result: Kind = BOTTOM
        if param.default is not None:
            default = self._default(param.default, file)
            result = join(result, default if not isinstance(default, Unknown) else PLAIN)
        for kind in self._passed(function, param):
            result = join(result, kind)
        if result == BOTTOM:
            name = getattr(getattr(function, "name", None), "value", "<lambda>")
            return Unknown(f"nothing in the project says what parameter '{param.name.value}' of {name}() is")
        return result

    def _default(self, node: cst.BaseExpression, file: SourceFile) -> Kind:
        """A default value; `Depends(f)` gives what f returns."""
        if isinstance(node, cst.Call) and (dotted(node.func) or "").rsplit(".", 1)[-1] == "Depends" and node.args:
            provider = self.kind(node.args[0].value, file)
            if isinstance(provider, Function):
                return _resolved(self.result(provider))
            return _instance_of(provider)
        return self.kind(node, file)

    @staticmethod
    def _is_receiver(function: cst.FunctionDef, param: cst.Param) -> bool:
        named = all_params(function.params)
        return bool(named) and named[0] is param and not _has_decorator(function, "staticmethod")

    def _callback_param(self, function: cst.CSTNode, param: cst.Param) -> Kind | None:
        """The type of a parameter of an event handler's callback."""
        owner = self._class_of_function.get(function)
        if owner is None or not isinstance(function, cst.FunctionDef) or not self.is_handler(*owner):
            return None
        types = sdk.handler_callbacks().get(function.name.value)
        if types is None:
            return None
        position = all_params(function.params).index(param) - 1
        return Sdk(types[position]) if position < len(types) else None

    def _passed(self, function: cst.CSTNode, param: cst.Param) -> Iterator[Kind]:
        """What each call in the project passes for a parameter."""
        for file, call, shift in self.calls_of(function):
            value = self._argument(function, call, param, shift)
            if value is not None:
                yield self.kind(value, file)

    def calls_of(self, function: cst.CSTNode) -> Iterator[tuple[SourceFile, cst.Call, int]]:
        """The calls of a function in the project, each with how many of its leading arguments are not the function's."""
        if not isinstance(function, cst.FunctionDef):
            return
        owner = self._class_of_function.get(function)
        name = function.name.value
        names = [owner[1].name.value] if owner is not None and name == "__init__" else [name]
        if owner is not None and name == "__init__":
            names += ["__init__", *dict.fromkeys(self._subclasses.get(owner[1], ()))]
        for candidate in names:
            for file, call in self._calls_by_name.get(candidate, ()):
                if self._calls(self.kind(call.func, file), function):
                    yield file, call, 0
                elif call.args and self._calls(self.kind(call.args[0].value, file), function):
                    yield file, call, 1
                for chosen in self._command_calls(call, function, file):
                    yield file, chosen, 0

    def _command_calls(self, call: cst.Call, function: cst.FunctionDef, file: SourceFile) -> Iterator[cst.Call]:
        """The calls of what argparse chose, where `set_defaults(run=function)` made it a choice."""
        if not (isinstance(call.func, cst.Attribute) and call.func.attr.value == "set_defaults"):
            return
        for arg in call.args:
            if arg.keyword is not None and self._calls(self.kind(arg.value, file), function):
                for other, chosen in self._calls_by_name.get(arg.keyword.value, ()):
                    callee = self.kind(chosen.func, other)
                    if other is file and isinstance(callee, External) and _is_parsed_argument(callee.qualified):
                        yield chosen

    def _calls(self, callee: Kind, function: cst.CSTNode) -> bool:
        match callee:
            case Function():
                return callee.node is function
            case Class():
                found = self.method(callee.file, callee.node, "__init__")
                return found is not None and found.node is function
            case SdkMethod():
                return False
        return False

    def _argument(
        self, function: cst.CSTNode, call: cst.Call, param: cst.Param, shift: int
    ) -> cst.BaseExpression | None:
        assert isinstance(function, cst.FunctionDef)
        value = argument(call, param.name.value)
        if value is not None:
            return value
        named = [*function.params.posonly_params, *function.params.params]
        if param not in named:
            return None
        position = named.index(param)
        if function in self._class_of_function and not _has_decorator(function, "staticmethod"):
            position -= 1
            if function.name.value == "__init__" and dotted(call.func) not in {None} and _ends_with_init(call):
                position += 0 if "super" in _code(call.func) else 1
        plain = positional(call)[shift:]
        return plain[position] if 0 <= position < len(plain) else None

    # Attributes ---------------------------------------------------------------------------------------------------

    def _attribute(self, owner: Kind, name: str) -> Kind:
        match owner:
            case Resource():
                return _below_resource(owner, name)
            case Sdk():
                return _sdk_attribute(owner, name)
            case Module():
                return self._module_attribute(owner, name)
            case External():
                return _openai_name(f"{owner.qualified}.{name}")
            case Instance():
                return self.instance_attribute(owner, name)
            case Class():
                found = self.method(owner.file, owner.node, name)
                return found if found is not None else self._class_attribute(owner.file, owner.node, name)
        return UNKNOWN

    def _module_attribute(self, owner: Module, name: str) -> Kind:
        root = owner.file.scopes.root
        if name in root.names:
            return self.variable((root, name))
        star = self._star_import(root, name)
        if star is not None:
            return star
        package = f"{owner.file.module_name}.{name}"
        found = self.project.resolve(package, owner.file)
        if (
            found is not None
            and not found[1]
            and found[0].tree is not None
            and found[0].scopes.root in self._file_of_root
        ):
            return Module(found[0])
        return UNKNOWN

    def instance_attribute(self, owner: Instance, name: str) -> Kind:
        """An attribute of an instance: a method, a property, or what is ever assigned to it."""
        found = self.method(owner.file, owner.node, name)
        if found is not None:
            assert isinstance(found.node, cst.FunctionDef)
            if any(_has_decorator(found.node, word) for word in ("property", "cached_property")):
                return self.result(found)
            return Function(found.file, found.node, found.owner, bound=True)
        result = self._class_attribute(owner.file, owner.node, name)
        client = self._client_base(owner) if result == BOTTOM else None
        if client is not None:
            return _below_resource(client, name)
        if isinstance(result, (Unknown, type(BOTTOM))) and self.is_handler(owner.file, owner.node):
            inherited = _sdk_attribute(Sdk(sdk.handler_type(is_async=self._is_async_handler(owner))), name)
            return inherited if not isinstance(inherited, Unknown) else result
        return UNKNOWN if result == BOTTOM else result

    def _class_attribute(self, file: SourceFile, node: cst.ClassDef, name: str) -> Kind:
        return self._memo.get(("attribute", node, name), lambda: self._assigned_attribute(file, node, name))

    def _assigned_attribute(self, file: SourceFile, node: cst.ClassDef, name: str) -> Kind:
        result: Kind = BOTTOM
        family = [(file, node), *self._bases(file, node)]
        for base_file, base in family:
            scope = base_file.scopes.own[base]
            if name in scope.names:
                result = join(result, self.variable((scope, name)))
        nodes = {base for _, base in family}
        for write_file, target, binding in self._attribute_writes.get(name, ()):
            owner = self.kind(target.value, write_file)
            if isinstance(owner, (Instance, Class)) and (owner.node in nodes or self._derives(owner, node)):
                result = join(result, self.bound(binding))
        return result

    def _derives(self, owner: Instance | Class, node: cst.ClassDef) -> bool:
        return any(base is node for _, base in self._bases(owner.file, owner.node))

    def _bases(self, file: SourceFile, node: cst.ClassDef) -> list[tuple[SourceFile, cst.ClassDef]]:
        """The classes of the project that a class derives from, nearest first."""
        found: dict[cst.ClassDef, SourceFile] = {}
        queue = [(file, node)]
        while queue:
            base_file, base = queue.pop(0)
            for kind in self._direct_bases(base_file, base):
                if kind.node not in found and kind.node is not node:
                    found[kind.node] = kind.file
                    queue.append((kind.file, kind.node))
        return [(base_file, base) for base, base_file in found.items()]

    def _direct_bases(self, file: SourceFile, node: cst.ClassDef) -> list[Class]:
        known = self._bases_of.get(node)
        if known is None:
            kinds = [self.kind(base.value, file) for base in node.bases]
            known = self._bases_of[node] = [kind for kind in kinds if isinstance(kind, Class)]
        return known

    @cached_property
    def _subclasses(self) -> dict[cst.ClassDef, list[str]]:
        """The names of the classes that derive from each class, at any distance."""
        found: dict[cst.ClassDef, list[str]] = {}
        for file in self.project.modules:
            for node in file.scopes.own:
                if isinstance(node, cst.ClassDef) and node.bases:
                    for _, base in self._bases(file, node):
                        found.setdefault(base, []).append(node.name.value)
        return found

    def method(self, file: SourceFile, node: cst.ClassDef, name: str) -> Function | None:
        """The method of a class or of a base of it in the project."""
        for base_file, base in [(file, node), *self._bases(file, node)]:
            for binding in base_file.scopes.own[base].names.get(name, ()):
                if binding.how == "def":
                    assert isinstance(binding.node, cst.FunctionDef)
                    return Function(base_file, binding.node, base)
        return None

    def is_handler(self, file: SourceFile, node: cst.ClassDef) -> bool:
        """Whether a class derives from the SDK's event handlers."""
        for base_file, base in [(file, node), *self._bases(file, node)]:
            for arg in base.bases:
                kind = self.kind(arg.value, base_file)
                if isinstance(kind, External) and kind.qualified.endswith(("AssistantEventHandler",)):
                    return True
        return False

    def _client_base(self, owner: Instance) -> Resource | None:
        """The client that an instance is, if its class derives from one of openai's."""
        for base_file, base in [(owner.file, owner.node), *self._bases(owner.file, owner.node)]:
            for arg in base.bases:
                kind = self.kind(arg.value, base_file)
                client = sdk.client_class(kind.qualified) if isinstance(kind, External) else None
                if client is not None:
                    return Resource("", client.is_async, client.is_azure)
        return None

    def _is_async_handler(self, owner: Instance) -> bool:
        for base_file, base in [(owner.file, owner.node), *self._bases(owner.file, owner.node)]:
            for arg in base.bases:
                kind = self.kind(arg.value, base_file)
                if isinstance(kind, External) and kind.qualified.endswith("AsyncAssistantEventHandler"):
                    return True
        return False

    # Calls --------------------------------------------------------------------------------------------------------

    def _call(self, node: cst.Call, file: SourceFile) -> Kind:
        callee = self.kind(node.func, file)
        match callee:
            case Method():
                return self._api_call(callee, node, file)
            case SdkMethod():
                return _sdk_call(callee)
            case Function():
                return self.result(callee)
            case Class():
                return Instance(callee.file, callee.node)
            case External():
                return self._external_call(callee, node, file)
            case Instance():
                found = self.method(callee.file, callee.node, "__call__")
                return self.result(found) if found is not None else UNKNOWN
        if isinstance(node.func, cst.Attribute):
            return self._container_method(node.func, file)
        return callee if isinstance(callee, Unknown) else UNKNOWN

    def _container_method(self, func: cst.Attribute, file: SourceFile) -> Kind:
        owner = self.kind(func.value, file)
        if isinstance(owner, Many) and func.attr.value in {"get", "pop", "setdefault", "popleft", "values", "copy"}:
            return owner if func.attr.value in {"values", "copy"} else owner.inner
        return UNKNOWN

    def _api_call(self, method: Method, node: cst.Call, file: SourceFile) -> Kind:
        if method.name in {"with_options", "copy"}:
            return method.resource
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

    def _external_call(self, callee: External, node: cst.Call, file: SourceFile) -> Kind:
        name = callee.qualified
        client = sdk.client_class(name)
        if client is not None:
            return Resource("", client.is_async, client.is_azure)
        short = name.removeprefix("builtins.")
        first = node.args[0].value if node.args else None
        if first is None:
            return External(f"{name}()")
        if short in _PASSING:
            inner = self._element(self.kind(first, file))
            return Many(inner)
        if short == "next":
            return self._element(self.kind(first, file))
        if short == "getattr" and len(node.args) > 1:
            attribute = string_value(node.args[1].value)
            return self._attribute(self.kind(first, file), attribute) if attribute else UNKNOWN
        if name in {"functools.partial"}:
            return self.kind(first, file)
        if name in {"typing.cast"} and len(node.args) > 1:
            return self.annotation(first, file)
        if name in _AWAITING or short.endswith(".run_until_complete"):
            inner = self.kind(first, file)
            return inner.inner if isinstance(inner, Awaitable) and name == "asyncio.run" else inner
        if name in {"asyncio.to_thread", "anyio.to_thread.run_sync"}:
            target = self.kind(first, file)
            if isinstance(target, Function):
                return Awaitable(self.result(target))
            if isinstance(target, Method):
                return Awaitable(self._api_call(target, node, file))
        return External(f"{name}()")

    def result(self, function: Function) -> Kind:
        """What a call of a function of the project gives."""
        node = function.node
        if isinstance(node, cst.Lambda):
            return self.kind(node.body, function.file)
        return self._memo.get(("result", node), lambda: self._result(node, function.file))

    def _result(self, node: cst.FunctionDef, file: SourceFile) -> Kind:
        if not all(_is_transparent(decorator) for decorator in node.decorators):
            return UNKNOWN
        result: Kind = BOTTOM
        if node.returns is not None:
            annotated = self.annotation(node.returns.annotation, file)
            result = BOTTOM if isinstance(annotated, (Unknown, Plain)) else annotated
        yields = file.scopes.yields.get(node)
        if result == BOTTOM and yields:
            for value in yields:
                result = join(result, self.kind(value, file))
            return Many(result)
        if result == BOTTOM:
            for returned in file.scopes.returns.get(node, ()):
                result = join(result, PLAIN if returned is None else self.kind(returned, file))
        if result == BOTTOM:
            result = PLAIN
        if node.asynchronous is not None and not yields:
            return Awaitable(result)
        return result

    @cached_property
    def _kept(self) -> dict[Slot, list[tuple[SourceFile, Binding | cst.BaseExpression]]]:
        found: dict[Slot, list[tuple[SourceFile, Binding | cst.BaseExpression]]] = {}
        for slot, file, value in written(self.project, self.kind):
            found.setdefault(slot, []).append((file, value))
        return found

    def _kept_value(self, slot: Slot) -> Kind:
        """What is ever kept in a slot of a session."""
        result: Kind = BOTTOM
        for file, value in self._kept[slot]:
            result = join(result, self.bound(value) if isinstance(value, Binding) else self.kind(value, file))
        return UNKNOWN if result == BOTTOM else result

    # Elements -----------------------------------------------------------------------------------------------------

    def _subscript(self, node: cst.Subscript, file: SourceFile) -> Kind:
        owner = self.kind(node.value, file)
        if len(node.slice) != 1:
            return UNKNOWN
        index = node.slice[0].slice
        if isinstance(owner, (Plain, Unknown)) or (
            isinstance(owner, Many) and isinstance(owner.inner, (Plain, Unknown, type(BOTTOM)))
        ):
            return self._stored(node, file)
        if isinstance(owner, TupleOf):
            value = index.value if isinstance(index, cst.Index) else None
            position = value.evaluated_value if isinstance(value, cst.Integer) else len(owner.items)
            return owner.items[position] if position < len(owner.items) else UNKNOWN
        if isinstance(index, cst.Slice):
            return owner
        if isinstance(owner, Sdk):
            item = sdk.subscripted(owner.type)
            return Sdk(item) if item is not None else UNKNOWN
        return self._element(owner) if isinstance(owner, Many) else UNKNOWN

    def _stored(self, node: cst.Subscript, file: SourceFile) -> Kind:
        """What is ever stored under a key of a mapping that a variable of the project holds."""
        home = self._home(node.value, file)
        if home is None:
            return UNKNOWN
        key, result = _key(node), BOTTOM
        for target, binding in self._stores.get(home, ()):
            written = _key(target)
            if key is None or written is None or written == key:
                result = join(result, self.bound(binding))
        for value in self._literal_values(home, key):
            result = join(result, value)
        return UNKNOWN if result == BOTTOM else result

    def _literal_values(self, home: Variable, key: str | None) -> Iterator[Kind]:
        scope, name = home
        for binding in scope.names.get(name, ()):
            if binding.how == "value" and isinstance(binding.node, cst.Dict):
                file = self.file_of(binding.scope)
                for element in binding.node.elements:
                    if isinstance(element, cst.DictElement) and (
                        key is None or string_value(element.key) in {key, None}
                    ):
                        yield self.kind(element.value, file)

    def _home(self, node: cst.BaseExpression, file: SourceFile) -> Variable | None:
        """The variable that a name stands for, across an import."""
        if not isinstance(node, cst.Name):
            return None
        scope = file.scopes.scope_of.get(node)
        variable = scope.find(node.value) if scope is not None else None
        while variable is not None:
            bindings = variable[0].names.get(variable[1], [])
            if len(bindings) != 1 or bindings[0].how != "import":
                return variable
            found = self.project.resolve(bindings[0].origin, self.file_of(variable[0]))
            if found is None or found[0].tree is None or found[1] not in found[0].scopes.root.names:
                return variable
            variable = (found[0].scopes.root, found[1])
        return None

    @cached_property
    def _stores(self) -> dict[Variable, list[tuple[cst.Subscript, Binding]]]:
        found: dict[Variable, list[tuple[cst.Subscript, Binding]]] = {}
        for file in self.project.modules:
            for target, binding in file.scopes.subscript_targets:
                home = self._home(target.value, file)
                if home is not None:
                    found.setdefault(home, []).append((target, binding))
        return found

    @staticmethod
    def _element(owner: Kind) -> Kind:
        if isinstance(owner, TupleOf):
            result: Kind = BOTTOM
            for item in owner.items:
                result = join(result, item)
            return result
        if isinstance(owner, Many):
            return owner.inner
        if isinstance(owner, Sdk):
            item = sdk.iterated(owner.type)
            return Sdk(item) if item is not None else UNKNOWN
        if isinstance(owner, Awaitable):
            return Inference._element(owner.inner)
        return UNKNOWN

    @staticmethod
    def _entered(owner: Kind) -> Kind:
        """What `with` binds."""
        if isinstance(owner, Many):  # a generator under @contextmanager, or a stream with its handler
            return owner.inner
        if isinstance(owner, Sdk):
            entered = sdk.entered(owner.type)
            return Sdk(entered) if entered is not None else UNKNOWN
        return owner


def _resolved(kind: Kind) -> Kind:
    return kind.inner if isinstance(kind, (Awaitable, Many)) else kind


def _openai_name(qualified: str) -> Kind:
    if qualified == "openai":
        return External("openai")
    parts = qualified.split(".")
    if parts[0] == "openai" and len(parts) > 1 and sdk.resource(parts[1]) and qualified.count(".") < 6:
        if parts[1] not in {"types", "lib", "resources"}:
            return _follow(Resource("", is_async=False), parts[1:])
    return External(qualified)


def _follow(resource: Kind, parts: list[str]) -> Kind:
    for part in parts:
        if not isinstance(resource, Resource):
            return UNKNOWN
        resource = _below_resource(resource, part)
    return resource


def _below_resource(owner: Resource, name: str) -> Kind:
    if owner.is_client and name in {"with_options", "copy"}:
        return Method(owner, name)
    if name in {"with_raw_response", "with_streaming_response"}:
        return Resource(owner.path, owner.is_async, owner.is_azure, name)
    path = f"{owner.path}.{name}" if owner.path else name
    if sdk.resource(path):
        return Resource(path, owner.is_async, owner.is_azure, owner.wrapper)
    if sdk.method(path) is not None:
        return Method(owner, name)
    return UNKNOWN


def _sdk_attribute(owner: Sdk, name: str) -> Kind:
    if name == "id" and owner.type.name in _ID_OWNERS:
        return Ident(_ID_OWNERS[owner.type.name])
    if name in _OBJECT_IDS:
        return Ident(_OBJECT_IDS[name])
    found = sdk.attribute(owner.type, name)
    if found is not None:
        return Sdk(found)
    called = sdk.method_result(owner.type, name)
    if called is not None:
        return SdkMethod(owner.type, name, called)
    return UNKNOWN


def _sdk_call(callee: SdkMethod) -> Kind:
    result = callee.result
    if result.name in {"Awaitable", "Coroutine"} and result.args:
        return Awaitable(Sdk(result.args[-1]))
    return Sdk(result)


def _awaited(kind: Kind) -> Kind:
    """What `await` gives."""
    if isinstance(kind, Sdk):
        found = sdk.awaited(kind.type)
        return Sdk(found) if found is not None else kind
    return kind.inner if isinstance(kind, Awaitable) else kind


def _instance_of(kind: Kind) -> Kind:
    """What a value annotated with `kind` is."""
    if isinstance(kind, Class):
        return Instance(kind.file, kind.node)
    if isinstance(kind, External):
        client = sdk.client_class(kind.qualified)
        if client is not None:
            return Resource("", client.is_async, client.is_azure)
        name = sdk.type_name(kind.qualified)
        return Sdk(TypeExpr(name)) if name is not None else UNKNOWN
    return UNKNOWN


def _key(node: cst.Subscript) -> str | None:
    """The literal key of a subscript."""
    index = node.slice[0].slice if len(node.slice) == 1 else None
    return string_value(index.value) if isinstance(index, cst.Index) else None


def _has_decorator(node: cst.FunctionDef, name: str) -> bool:
    return any((dotted(d.decorator) or "").rsplit(".", 1)[-1] == name for d in node.decorators)


def _is_transparent(decorator: cst.Decorator) -> bool:
    target = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
    name = dotted(target) or ""
    return name.startswith(_TRANSPARENT_DECORATORS) or name.endswith((".setter", ".getter", "override"))


def _ends_with_init(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "__init__"


def _is_parsed_argument(qualified: str) -> bool:
    return qualified.startswith("argparse.") and ".parse_args()." in qualified


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


_ID_OWNERS = {
    "beta.Assistant": "Assistant", "beta.Thread": "Thread", "beta.threads.Run": "Run", "beta.threads.Message": "Message",
}  # fmt: skip
