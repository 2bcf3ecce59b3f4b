"""The scope pass: one walk over a module that notes who binds a name and where."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import libcst as cst

from assist2resp.rewrite.syntax.nodes import children
from assist2resp.rewrite.syntax.scopes import Binding, How, ModuleScopes, Scope, all_params


def index_module(module: cst.Module, name: str, *, is_package: bool = False) -> ModuleScopes:
    """Walk a module once. `name` is its dotted name, against which relative imports are resolved."""
    walk = _Walk(module, name, is_package)
    walk.visit(module, walk.result.root)
    return walk.result


class _Walk:
    def __init__(self, module: cst.Module, name: str, is_package: bool) -> None:
        root = Scope(module, None)
        self.result = ModuleScopes(root, {module: root}, {}, {module: root}, [], [], [], {}, {})
        self.name, self.is_package = name, is_package

    def visit(self, node: cst.CSTNode, scope: Scope) -> None:
        enter = _handler(type(node))
        inner = scope if enter is None else enter(self, node, scope) or scope
        parent_of, scope_of = self.result.parent_of, self.result.scope_of
        for child in children(node):
            parent_of[child] = node
            target = scope if inner is not scope and self._belongs_outside(node, child) else inner
            scope_of[child] = target
            self.visit(child, target)

    @staticmethod
    def _belongs_outside(node: cst.CSTNode, child: cst.CSTNode) -> bool:
        """Decorators, bases and the name of a definition are evaluated outside; so is the first iterable."""
        if type(node) is cst.FunctionDef:
            return child is not node.body and type(child) is not cst.Parameters
        return type(node) is cst.ClassDef and child is not node.body

    def _open(self, node: cst.CSTNode, scope: Scope) -> Scope:
        inner = Scope(node, scope)
        self.result.own[node] = inner
        return inner

    def _enter_FunctionDef(self, node: cst.FunctionDef, scope: Scope) -> Scope:  # noqa: N802
        scope.bind(node.name.value, Binding("def", node, scope))
        self.result.returns[node] = []
        inner = self._open(node, scope)
        self._bind_params(node.params, inner)
        self._declare_outer(node.body, inner)
        return inner

    def _enter_Lambda(self, node: cst.Lambda, scope: Scope) -> Scope:  # noqa: N802
        inner = self._open(node, scope)
        self._bind_params(node.params, inner)
        return inner

    def _enter_ClassDef(self, node: cst.ClassDef, scope: Scope) -> Scope:  # noqa: N802
        scope.bind(node.name.value, Binding("class", node, scope))
        return self._open(node, scope)

    def _bind_params(self, params: cst.Parameters, scope: Scope) -> None:
        for param in all_params(params):
            scope.bind(param.name.value, Binding("param", param, scope))
        for star in (params.star_arg, params.star_kwarg):
            if isinstance(star, cst.Param):
                scope.bind(star.name.value, Binding("other", star, scope))

    def _declare_outer(self, body: cst.CSTNode, scope: Scope) -> None:
        stack = [body]
        while stack:
            node = stack.pop()
            if type(node) is cst.Global:
                for item in node.names:
                    scope.outer[item.name.value] = scope.module
            elif type(node) is cst.Nonlocal:
                for item in node.names:
                    found = scope.parent.find(item.name.value) if scope.parent else None
                    if found:
                        scope.outer[item.name.value] = found[0]
            elif _may_declare(type(node)):
                stack += children(node)

    def _comprehension(self, node: cst.CSTNode, scope: Scope) -> Scope:
        return self._open(node, scope)

    _enter_ListComp = _enter_SetComp = _enter_DictComp = _enter_GeneratorExp = _comprehension  # noqa: N815

    def _enter_CompFor(self, node: cst.CompFor, scope: Scope) -> None:  # noqa: N802
        self._bind_target(node.target, Binding("element", node.iter, scope, target=node.target))

    def _enter_For(self, node: cst.For, scope: Scope) -> None:  # noqa: N802
        self._bind_target(node.target, Binding("element", node.iter, scope, target=node.target))

    def _enter_WithItem(self, node: cst.WithItem, scope: Scope) -> None:  # noqa: N802
        if node.asname is not None:
            target = node.asname.name
            self._bind_target(target, Binding("entered", node.item, scope, target=target))

    def _enter_Assign(self, node: cst.Assign, scope: Scope) -> None:  # noqa: N802
        for target in node.targets:
            self._bind_target(target.target, Binding("value", node.value, scope, target=target.target))

    def _enter_AnnAssign(self, node: cst.AnnAssign, scope: Scope) -> None:  # noqa: N802
        self._bind_target(node.target, Binding("value", node.value, scope, target=node))

    def _enter_AugAssign(self, node: cst.AugAssign, scope: Scope) -> None:  # noqa: N802
        self._bind_target(node.target, Binding("other", node, scope, target=node.target))

    def _enter_NamedExpr(self, node: cst.NamedExpr, scope: Scope) -> None:  # noqa: N802
        home = scope
        while isinstance(home.node, cst.BaseComp) and home.parent is not None:
            home = home.parent
        self._bind_target(node.target, Binding("value", node.value, home, target=node.target))

    def _enter_ExceptHandler(self, node: cst.ExceptHandler, scope: Scope) -> None:  # noqa: N802
        if node.name is not None and isinstance(node.name.name, cst.Name):
            scope.bind(node.name.name.value, Binding("other", node, scope))

    def _enter_MatchAs(self, node: cst.MatchAs, scope: Scope) -> None:  # noqa: N802
        if node.name is not None:
            scope.bind(node.name.value, Binding("other", node, scope))

    def _enter_Return(self, node: cst.Return, scope: Scope) -> None:  # noqa: N802
        function = scope.enclosing_function()
        if function is not None:
            self.result.returns[function].append(node.value)

    def _enter_Yield(self, node: cst.Yield, scope: Scope) -> None:  # noqa: N802
        function = scope.enclosing_function()
        if function is not None and isinstance(node.value, cst.BaseExpression):
            self.result.yields.setdefault(function, []).append(node.value)

    def _enter_Call(self, node: cst.Call, scope: Scope) -> None:  # noqa: N802
        del scope
        self.result.calls.append(node)

    def _enter_Import(self, node: cst.Import, scope: Scope) -> None:  # noqa: N802
        for alias in node.names:
            whole = alias.evaluated_name
            if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                scope.bind(alias.asname.name.value, Binding("import", alias, scope, origin=whole))
            else:
                first = whole.split(".")[0]
                scope.bind(first, Binding("import", alias, scope, origin=first))

    def _enter_ImportFrom(self, node: cst.ImportFrom, scope: Scope) -> None:  # noqa: N802
        if isinstance(node.names, cst.ImportStar):
            scope.bind("*", Binding("import", node, scope, origin=self.absolute(node)))
            return
        base = self.absolute(node)
        for alias in node.names:
            asname = alias.asname.name if alias.asname is not None else None
            local = asname.value if isinstance(asname, cst.Name) else alias.evaluated_name
            origin = f"{base}.{alias.evaluated_name}" if base else alias.evaluated_name
            scope.bind(local, Binding("import", alias, scope, origin=origin))

    def absolute(self, node: cst.ImportFrom) -> str:
        """The dotted module that a `from` import names."""
        tail = _module_text(node.module)
        level = len(node.relative)
        if not level:
            return tail
        parts = self.name.split(".") if self.name else []
        keep = len(parts) - level + (1 if self.is_package else 0)
        return ".".join([*parts[: max(keep, 0)], *([tail] if tail else [])])

    @staticmethod
    def _how_of_part(binding: Binding, *, starred: bool) -> How:
        """How a part of what is taken apart is given."""
        if binding.how in {"value", "item"}:
            return "rest" if starred else "item"
        return "element" if binding.how == "element" and not starred else "other"

    def _bind_target(self, target: cst.CSTNode, binding: Binding) -> None:
        if isinstance(target, cst.Name):
            binding.scope.bind(target.value, binding)
        elif isinstance(target, cst.Attribute):
            self.result.attribute_targets.append((target, binding))
        elif isinstance(target, cst.Subscript):
            self.result.subscript_targets.append((target, binding))
        elif isinstance(target, (cst.Tuple, cst.List)):
            after_star = False
            for position, element in enumerate(target.elements):
                starred = isinstance(element, cst.StarredElement)
                after_star = after_star or starred
                inner = Binding(
                    self._how_of_part(binding, starred=starred),
                    binding.node,
                    binding.scope,
                    (*binding.index, position - len(target.elements) if after_star else position),
                    target=element.value,
                )
                self._bind_target(element.value, inner)


@cache
def _may_declare(kind: type[cst.CSTNode]) -> bool:
    """Whether `global` can stand below a node and speak of the scope that the node stands in."""
    return not issubclass(kind, (cst.FunctionDef, cst.ClassDef, cst.BaseExpression))


@cache
def _handler(kind: type[cst.CSTNode]) -> Callable[[_Walk, cst.CSTNode, Scope], Scope | None] | None:
    """What the walk does at nodes of a type, besides going on below them."""
    return getattr(_Walk, f"_enter_{kind.__name__}", None)


def _module_text(node: cst.BaseExpression | None) -> str:
    if node is None:
        return ""
    if isinstance(node, cst.Attribute):
        return f"{_module_text(node.value)}.{node.attr.value}"
    assert isinstance(node, cst.Name)
    return node.value
