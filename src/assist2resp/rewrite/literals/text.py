"""Whether a source expression is certainly a string."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from assist2resp.rewrite.literals.lookup import Lookup, bindings_of
from assist2resp.rewrite.syntax.nodes import argument, string_value
from assist2resp.rewrite.syntax.scopes import Binding, Variable

_TEXT_CALLS = frozenset({
    "builtins.str", "builtins.repr", "builtins.input", "builtins.chr", "builtins.format", "builtins.ascii",
    "builtins.hex", "builtins.bin", "builtins.oct", "json.dumps", "textwrap.dedent", "textwrap.indent", "textwrap.fill",
    "textwrap.shorten", "os.path.join", "os.path.basename", "os.getcwd", "time.strftime", "time.ctime", "getpass.getpass",
    "inspect.cleandoc", "html.escape", "html.unescape", "urllib.parse.quote", "traceback.format_exc",
})  # fmt: skip
_OPTIONAL_TEXT = frozenset({"os.getenv", "os.environ.get"})
_ALWAYS_TEXT_METHODS = frozenset({
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "swapcase", "removeprefix",
    "removesuffix", "isoformat", "strftime", "hexdigest", "read_text", "model_dump_json",
})  # fmt: skip
"""Methods that give a string, or bytes of bytes, which no request can carry."""
_TEXT_METHODS = _ALWAYS_TEXT_METHODS | {
    "format", "format_map", "join", "replace", "center", "ljust", "rjust", "zfill", "expandtabs", "translate",
    "__str__", "__add__", "__mod__",
}  # fmt: skip
_STR_ONLY_METHODS = frozenset({
    "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold", "startswith", "endswith",
    "splitlines", "removeprefix", "removesuffix", "isdigit", "isalpha", "encode",
})  # fmt: skip
_TEXT_VALUES = frozenset({"sys.argv", "os.environ"})
_NOT_TEXT = (
    cst.BaseList, cst.BaseDict, cst.BaseSet, cst.Tuple, cst.BaseNumber, cst.Comparison, cst.UnaryOperation, cst.Lambda,
    cst.GeneratorExp, cst.Ellipsis,
)  # fmt: skip


def is_text(node: cst.BaseExpression, look: Lookup, *, proven: bool = False) -> bool | None:
    """Whether an expression is certainly a string (True), certainly not (False), or unknown (None).

    `proven` leaves out what the caller of the lookup adds of its own.
    """
    return _Question(look, proven=proven).ask(node)


class _Question:
    def __init__(self, look: Lookup, *, proven: bool) -> None:
        self.look, self.proven = look, proven
        self.open: set[object] = set()

    def ask(self, node: cst.BaseExpression) -> bool | None:
        answer = self._expression(node)
        return self.look.says_text(node) if answer is None and not self.proven else answer

    def _expression(self, node: cst.BaseExpression) -> bool | None:
        match node:
            case cst.SimpleString() | cst.ConcatenatedString():
                return isinstance(node.evaluated_value, bytes) is False
            case cst.FormattedString():
                return True
            case cst.BinaryOperation():
                return self._operation(node)
            case cst.BooleanOperation():
                return self._either(node)
            case cst.IfExp():
                return _all([self.ask(node.body), self.ask(node.orelse)])
            case cst.NamedExpr():
                return self.ask(node.value)
            case cst.Await():
                return self._call(node.expression, awaited=True) if isinstance(node.expression, cst.Call) else None
            case cst.Call():
                return self._call(node, awaited=False)
            case cst.Subscript():
                return self._subscript(node)
            case cst.Name():
                return self._name(node)
        return False if isinstance(node, _NOT_TEXT) else None

    def _operation(self, node: cst.BinaryOperation) -> bool | None:
        left, right = self.ask(node.left), self.ask(node.right)
        match node.operator:
            case cst.Add():
                if left or right:
                    return True
                return False if left is False and right is False else None
            case cst.Modulo():
                return left
            case cst.Multiply():
                return True if left or right else None
        return None

    def _either(self, node: cst.BooleanOperation) -> bool | None:
        if isinstance(node.operator, cst.Or) and self._is_optional_text(node.left):
            return self.ask(node.right)
        return _all([self.ask(node.left), self.ask(node.right)])

    def _is_optional_text(self, node: cst.BaseExpression) -> bool:
        return isinstance(node, cst.Call) and self.look.origin(node.func) in _OPTIONAL_TEXT

    def _call(self, node: cst.Call, *, awaited: bool) -> bool | None:
        function = self._function(node.func)
        if function is not None:
            is_async = function.asynchronous is not None
            return self._returns(function) if is_async == awaited else None
        origin = self.look.origin(node.func)
        if origin in _TEXT_CALLS:
            return True if not awaited else None
        if origin in _OPTIONAL_TEXT:
            default = argument(node, "default", 1)
            return True if default is not None and self.ask(default) else None
        if awaited or not isinstance(node.func, cst.Attribute):
            return None
        return self._method(node, node.func)

    def _method(self, node: cst.Call, func: cst.Attribute) -> bool | None:
        method = func.attr.value
        if method in _ALWAYS_TEXT_METHODS:
            return True
        if method == "read":
            return True if self._is_text_file(func.value) else None
        if method == "decode":
            return True if not node.args or (string_value(node.args[0].value) or "").lower().startswith("utf") else None
        return True if method in _TEXT_METHODS and self.ask(func.value) else None

    def _is_text_file(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Name):
            binding = self.look.binding(node)
            if (
                binding is None
                or binding.how not in {"value", "entered"}
                or not isinstance(binding.node, cst.BaseExpression)
            ):
                return False
            node = binding.node
        if not isinstance(node, cst.Call) or self.look.origin(node.func) != "builtins.open":
            return False
        mode = argument(node, "mode", 1)
        return mode is None or "b" not in (string_value(mode) or "b")

    def _subscript(self, node: cst.Subscript) -> bool | None:
        if self.look.origin(node.value) in _TEXT_VALUES:
            return None if isinstance(node.slice[0].slice, cst.Slice) else True
        return True if self.ask(node.value) else None

    # Names --------------------------------------------------------------------------------------------------------

    def _name(self, node: cst.Name) -> bool | None:
        if node.value in {"None", "True", "False"}:
            return False
        variable = self.look.variable(node)
        if variable is None:
            return None
        if variable in self.open:
            return None
        self.open.add(variable)
        try:
            return self._variable(variable)
        finally:
            self.open.discard(variable)

    def _variable(self, variable: Variable) -> bool | None:
        bindings = [binding for binding in bindings_of(variable) if not _is_addition(binding)]
        answers = [self._binding(binding, variable) for binding in bindings]
        return _all(answers) if answers else None

    def _binding(self, binding: Binding, variable: Variable) -> bool | None:
        match binding.how:
            case "value":
                return self.ask(binding.node) if isinstance(binding.node, cst.BaseExpression) else None
            case "param":
                assert isinstance(binding.node, cst.Param)
                return self._parameter(binding.node, variable)
            case "element" if not binding.index and isinstance(binding.node, (cst.List, cst.Tuple)):
                return _all([self.ask(element.value) for element in binding.node.elements])
        return None

    def _parameter(self, param: cst.Param, variable: Variable) -> bool | None:
        if param.default is not None and self.look.is_omitted(param.default):
            return None
        if param.annotation is not None:
            return _annotated(param.annotation)
        if self._is_used_as_text(variable):
            return True
        given = self._given(param, variable)
        return _all([self.ask(value) for value in given]) if given else None

    def _is_used_as_text(self, variable: Variable) -> bool:
        """Whether a method that only strings have is called on a parameter that nothing asks the type of."""
        parents = self.look.scopes.parent_of
        found = False
        for use in self.look.uses(variable):
            parent = parents[use]
            if isinstance(parent, cst.Arg):
                call = parents[parent]
                if isinstance(call, cst.Call) and self.look.origin(call.func) in {
                    "builtins.isinstance",
                    "builtins.type",
                }:
                    return False
            if isinstance(parent, cst.Attribute) and parent.attr.value in _STR_ONLY_METHODS:
                call = parents[parent]
                found = found or (isinstance(call, cst.Call) and call.func is parent)
        return found

    def _given(self, param: cst.Param, variable: Variable) -> list[cst.BaseExpression]:
        """What is passed for a parameter, where every use of its function is a plain call in this module."""
        function = variable[0].node
        if not isinstance(function, cst.FunctionDef) or function.decorators:
            return []
        home = variable[0].parent
        name = function.name.value
        if home is None or home.is_class or len(home.names.get(name, [])) != 1:
            return []
        if home.parent is None and self.look.is_shared(name):
            return []
        position = _position(param, function.params)
        found: list[cst.BaseExpression] = []
        for use in self.look.uses((home, name)):
            call = self.look.scopes.parent_of[use]
            if not isinstance(call, cst.Call) or call.func is not use or any(arg.star for arg in call.args):
                return []
            value = argument(call, param.name.value, position) or param.default
            if value is None:
                return []
            found.append(value)
        return found

    def _function(self, node: cst.BaseExpression) -> cst.FunctionDef | None:
        binding = self.look.binding(node) if isinstance(node, cst.Name) else None
        found = binding.node if binding is not None and binding.how == "def" else None
        return found if isinstance(found, cst.FunctionDef) else None

    def _returns(self, function: cst.FunctionDef) -> bool | None:
        if function.returns is not None:
            return _annotated(function.returns)
        returned = self.look.scopes.returns.get(function, [])
        if (
            function.decorators
            or function in self.open
            or function in self.look.scopes.yields
            or not _ends(function.body)
        ):
            return None
        self.open.add(function)
        try:
            return _all([self.ask(value) if value is not None else False for value in returned])
        finally:
            self.open.discard(function)


def _all(answers: Iterable[bool | None]) -> bool | None:
    """True if all are, False if none is, else unknown."""
    given = list(answers)
    if given and all(given):
        return True
    return False if given and all(answer is False for answer in given) else None


def _is_addition(binding: Binding) -> bool:
    """Whether a binding is `name += …`, which leaves a string a string."""
    return (
        binding.how == "other"
        and isinstance(binding.node, cst.AugAssign)
        and isinstance(binding.node.operator, cst.AddAssign)
    )


def _annotated(annotation: cst.Annotation) -> bool | None:
    node = annotation.annotation
    written = string_value(node) or (node.value if isinstance(node, cst.Name) else None)
    if written == "str":
        return True
    return False if written in {"int", "float", "bool", "list", "dict", "bytes"} else None


def _position(param: cst.Param, params: cst.Parameters) -> int | None:
    plain = [*params.posonly_params, *params.params]
    return plain.index(param) if param in plain else None


def _ends(suite: cst.BaseSuite) -> bool:
    """Whether the last statement of a suite returns or raises, itself or on both of its sides."""
    last = suite.body[-1] if suite.body else None
    if isinstance(last, cst.SimpleStatementLine):
        last = last.body[-1]
    match last:
        case cst.Return() | cst.Raise():
            return True
        case cst.If(orelse=cst.Else() as other):
            return _ends(last.body) and _ends(other.body)
        case cst.If(orelse=cst.If() as other):
            return _ends(last.body) and _ends(cst.IndentedBlock([other]))
        case cst.With():
            return _ends(last.body)
    return False
