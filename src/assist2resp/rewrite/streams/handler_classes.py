"""Event handler classes: whether a handler can do without the SDK's base class, and what its callbacks then are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.streams.callbacks import ARGUMENTS, CALLBACKS, CODE, OUTPUTS, TEXT_WITH_CITATIONS, Callback
from assist2resp.rewrite.streams.events import ResponseEvent
from assist2resp.rewrite.streams.handler_calls import Sending
from assist2resp.rewrite.streams.loops import StatementReads
from assist2resp.rewrite.streams.reads import Edit, NotUnderstoodError
from assist2resp.rewrite.syntax.imports import free_name
from assist2resp.rewrite.syntax.nodes import descendants, string_value
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values import sdk
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Class, External, Instance

_BASES = ("AssistantEventHandler", "AsyncAssistantEventHandler")
_EVENT, _DELTA, _END, _EXCEPTION = "on_event", "on_tool_call_delta", "on_end", "on_exception"
_TEXT_DONE = "on_text_done"
_INTERPRETER = "delta.code_interpreter"


Statements: TypeAlias = tuple[cst.BaseStatement | cst.BaseSmallStatement, ...]


@dataclass(frozen=True)
class Branch:
    """What a handler does at an event: the test of the event, and statements of the callback."""

    callback: Callback
    statements: Statements
    remarks: tuple[str, ...] = ()
    """The lines of the comment above the callback."""


@dataclass
class HandlerReading:
    """A handler that is understood: its branches, what it does at the end, and the changes within both."""

    kind: Class
    event: str
    """The name that the event gets."""
    branches: list[Branch] = field(default_factory=list)
    at_every_event: Statements = ()
    at_end: Statements = ()
    at_exception: Statements = ()
    exception: str = "exception"
    """The name that `at_exception` has for what was raised."""
    edits: list[Edit] = field(default_factory=list)
    inline: bool = False
    """Whether the branches go into the loop, and the class goes."""
    callbacks: list[cst.FunctionDef] = field(default_factory=list)
    needs: set[str] = field(default_factory=set)
    """The functions of the support module that the callbacks call."""

    @property
    def reads_outputs(self) -> bool:
        """Whether a branch reads what the code interpreter's code gave."""
        return any(branch.callback is OUTPUTS for branch in self.branches)

    @property
    def is_typed(self) -> bool:
        """Whether the callbacks' parameters or results are annotated."""
        return any(one.returns is not None or _is_annotated(one) for one in self.callbacks)


def read_handler(site: Site, given: cst.BaseExpression, streamed: list[Site], inference: Inference) -> HandlerReading:
    """Read the handler that a streamed run is given; `streamed` are the runs of its flow. Raises NotUnderstoodError."""
    kind = inference.kind(given, site.file)
    if not isinstance(kind, Instance):
        raise NotUnderstoodError("its events go to a handler that cannot be seen")
    return _Class(Class(kind.file, kind.node), site, given, streamed, inference).read()


class _Class:
    def __init__(
        self, kind: Class, site: Site, given: cst.BaseExpression, streamed: list[Site], inference: Inference
    ) -> None:
        self.kind, self.site, self.given, self.streamed, self.inference = kind, site, given, streamed, inference
        self.node, self.file = kind.node, kind.file
        assert self.file.tree is not None
        self.own = {member.name.value: member for member in _methods(self.node)}
        self._sending = Sending(kind, streamed)
        self.reading = HandlerReading(kind, free_name(self.file.scopes, "event", "stream_event"))

    def read(self) -> HandlerReading:
        """Read the class as a whole."""
        self._plain_class()
        self._own_members()
        self._used_as_handler()
        self.reading.callbacks = [self.own[name] for name in self.own if name in sdk.handler_callbacks()]
        if _EVENT in self.own and len(self.own[_EVENT].params.params) == 2:
            self.reading.event = self.own[_EVENT].params.params[1].name.value
        self.reading.inline = self._fits_into_the_loop()
        for function in self.reading.callbacks:
            self._callback(function)
        if not self.reading.branches and not self.reading.at_every_event:
            raise NotUnderstoodError("its handler does nothing at an event")
        return self.reading

    # The class ----------------------------------------------------------------------------------------------------

    def _plain_class(self) -> None:
        bases = [self.inference.kind(base.value, self.file) for base in self.node.bases]
        known = len(bases) == 1 and isinstance(bases[0], External) and bases[0].qualified.endswith(_BASES)
        if not known or self.node.keywords or self.node.decorators:
            raise NotUnderstoodError("its handler is more than a class of callbacks")
        readable = {*CALLBACKS, _EVENT, _DELTA, _END, _EXCEPTION}
        other = next((name for name in self.own if name in sdk.handler_callbacks() and name not in readable), None)
        if other is not None:
            raise NotUnderstoodError(f"its handler has {other}")
        for name, function in self.own.items():
            if name in readable and any(_last(one.decorator) != "override" for one in function.decorators):
                raise NotUnderstoodError(f"{name} of its handler is decorated")

    def _used_as_handler(self) -> None:
        """Every instance is given to a streamed run of this flow, and its callbacks are called by that alone."""
        for file, node in self.inference.members.mentions.get(self.node, ()):
            if isinstance(node, cst.Attribute) and node.attr.value in sdk.handler_callbacks():
                raise NotUnderstoodError("callbacks of its handler are called by the program")
            self._use(node, file.scopes.parent_of[node], file)

    def _use(self, node: cst.BaseExpression, parent: cst.CSTNode, file: SourceFile) -> None:
        kind = self.inference.kind(node, file)
        if isinstance(kind, Class) and kind.node is self.node:
            called = isinstance(parent, cst.Call) and parent.func is node
            if isinstance(parent, cst.Arg) and isinstance(file.scopes.parent_of[parent], cst.ClassDef):
                raise NotUnderstoodError("its handler's class has subclasses")
            if not (called or isinstance(parent, (cst.Attribute, cst.ImportAlias, cst.Annotation, cst.ClassDef))):
                raise NotUnderstoodError("its handler's class is used as a value")
        elif isinstance(kind, Instance) and kind.node is self.node and not self._is_fine(node, parent, file):
            raise NotUnderstoodError("its handler goes where its use cannot be seen")

    def _is_fine(self, node: cst.BaseExpression, parent: cst.CSTNode, file: SourceFile) -> bool:
        if isinstance(node, cst.Name) and _is_stream(node, file):
            return True
        if isinstance(parent, cst.Arg) and parent.keyword is not None and parent.keyword.value == "event_handler":
            call = file.scopes.parent_of[parent]
            return any(site.call is call for site in self.streamed)
        if isinstance(parent, cst.Attribute):
            sent = self._sending.is_sent_with(parent)
            return parent.attr is node or sent or self._is_own(parent.attr.value)
        made = file.scopes.parent_of[parent] if isinstance(parent, cst.Arg) else None
        if isinstance(made, cst.Call) and self._is_base_constructor(made):
            return True
        if isinstance(parent, (cst.Param, cst.AssignTarget, cst.FunctionDef)):
            return True
        return uses.passes_on(uses.Use(file, node, parent, ""), self.inference)

    def _is_own(self, name: str) -> bool:
        return name in self.own or name not in _INHERITED

    def _own_members(self) -> None:
        """Nothing is read of the handler, or called on it, that only the base class has."""
        for node in descendants(self.node):
            if isinstance(node, cst.Attribute) and _is_self(node.value) and not self._is_own(node.attr.value):
                if self._sending.is_sent_with(node):
                    continue
                raise NotUnderstoodError(f"its handler reads self.{node.attr.value}")
            if isinstance(node, cst.Call) and (_is_super(node) or self._is_base_constructor(node)):
                statement = self._statement_of_super(node)
                if statement is None:
                    raise NotUnderstoodError("its handler goes on in the base class")
                self.reading.edits.append(Edit(statement, lambda _: cst.RemoveFromParent()))

    def _is_base_constructor(self, node: cst.Call) -> bool:
        """Whether a call is `AssistantEventHandler.__init__(self)`."""
        if not isinstance(node.func, cst.Attribute) or node.func.attr.value != "__init__":
            return False
        base = self.inference.kind(node.func.value, self.file)
        return isinstance(base, External) and base.qualified.endswith(_BASES)

    def _statement_of_super(self, node: cst.Call) -> cst.Expr | None:
        """The statement `super().__init__()` or `super().on_event(event)`, which does nothing in a plain class."""
        parents = self.file.scopes.parent_of
        if not _is_super(node):
            alone = parents.get(node)
            return alone if isinstance(alone, cst.Expr) else None
        attribute = parents.get(node)
        call = parents.get(attribute) if isinstance(attribute, cst.Attribute) else None
        statement = parents.get(call) if isinstance(call, cst.Call) and call.func is attribute else None
        if isinstance(statement, cst.Await):
            statement = parents.get(statement)
        named = isinstance(attribute, cst.Attribute) and attribute.attr.value in {"__init__", *sdk.handler_callbacks()}
        return statement if named and isinstance(statement, cst.Expr) else None

    def _fits_into_the_loop(self) -> bool:
        """Whether what the callbacks do can be said in the one loop that the class serves, with the same names."""
        made = [
            call
            for file in self.inference.project.modules
            for call in file.scopes.calls
            if self.inference.kind(call.func, file) == self.kind
        ]
        if _EVENT in self.own and self.site.scope.find(self.reading.event) is not None:
            return False
        members = [name for name in self.own if name not in sdk.handler_callbacks() and name != "__init__"]
        keeps = any(isinstance(node, cst.Name) and _is_self(node) for one in self.own.values() for node in _loads(one))
        constructor = self.own.get("__init__")
        if self.site.file is not self.file or len(made) != 1 or made[0] is not self.given or made[0].args:
            return False
        if members or keeps or (constructor is not None and len(constructor.params.params) > 1):
            return False
        return all(self._says_the_same(function) for function in self.own.values() if function is not constructor)

    def _says_the_same(self, function: cst.FunctionDef) -> bool:
        """Whether a callback's names mean the same at the site, and nothing in it ends the function."""
        scope = self.file.scopes.own[function]
        parameters = {param.name.value for param in function.params.params}
        for node in descendants(function.body):
            if isinstance(node, (cst.Return, cst.Yield, cst.Global, cst.Nonlocal, cst.FunctionDef, cst.ClassDef)):
                return False
            if isinstance(node, cst.Name) and node in self.file.scopes.scope_of and node.value not in parameters:
                inner, outer = scope.find(node.value), self.site.scope.find(node.value)
                if inner != outer and not (inner is not None and inner[0] is scope and outer is None):
                    return False
        return True

    # The callbacks ------------------------------------------------------------------------------------------------

    def _callback(self, function: cst.FunctionDef) -> None:
        name = function.name.value
        statements = tuple(line for line in _statements(function.body) if not self._goes_on(line))
        if name == _EVENT:
            self._every_event(function, statements)
        elif name == _END:
            self.reading.at_end = statements
        elif name == _EXCEPTION and len(function.params.params) == 2:
            self.reading.at_exception = statements
            self.reading.exception = function.params.params[1].name.value
        elif name == _DELTA:
            self._tool_call_delta(function, statements)
        elif statements:
            cites = name == _TEXT_DONE and self._reads_citations(function)
            self._branch(function, TEXT_WITH_CITATIONS if cites else CALLBACKS[name], statements)

    def _reads_citations(self, function: cst.FunctionDef) -> bool:
        """Whether a callback reads more of its text than the words."""
        params, scopes = function.params.params[1:], self.file.scopes
        variable = (scopes.own[function], params[0].name.value) if params else None
        read = uses.reads_of(variable, self.file) if variable is not None else ()
        parents = [scopes.parent_of[node] for node in read]
        return any(not (isinstance(node, cst.Attribute) and node.attr.value == "value") for node in parents)

    def _every_event(self, function: cst.FunctionDef, statements: Statements) -> None:
        """`on_event`, which tells events apart by itself, as a loop over them does."""
        if len(function.params.params) != 2 or any(isinstance(node, cst.Return) for node in descendants(function.body)):
            raise NotUnderstoodError("on_event of its handler leaves the event")
        name = function.params.params[1].name
        reads = _CallbackReads(name.value, function, {name: ""}, self.file, self.inference)
        self.reading.edits += reads.of(statements, None)
        self.reading.needs |= reads.needs
        self.reading.edits += self._sending.kept_runs(reads.actions, name.value)
        self.reading.at_every_event = statements

    def _goes_on(self, line: cst.CSTNode) -> bool:
        """Whether a line only calls the base class, which is taken out."""
        smalls = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
        return all(any(edit.node is small for edit in self.reading.edits) for small in smalls)

    def _branch(
        self,
        function: cst.FunctionDef,
        callback: Callback,
        statements: Statements,
    ) -> None:
        own, params = function.params.params[:1], function.params.params[1:]
        if (
            not own
            or own[0].name.value != "self"
            or len(params) != len(callback.roots)
            or function.params.star_arg is not cst.MaybeSentinel.DEFAULT
        ):
            raise NotUnderstoodError(f"{function.name.value} of its handler takes other arguments")
        roots = dict(zip((param.name for param in params), callback.roots, strict=True))
        seen = callback.event if self.reading.inline else replace(callback.event, ends=True)
        reads = _CallbackReads(self.reading.event, function, roots, self.file, self.inference)
        self.reading.edits += reads.of(statements, seen)
        self.reading.needs |= reads.needs
        comments = [line.comment.value for line in function.leading_lines if line.comment is not None]
        remarks = tuple(text.lstrip("#").strip() for text in comments)
        self.reading.branches.append(Branch(callback, statements, remarks))

    def _tool_call_delta(self, function: cst.FunctionDef, statements: Statements) -> None:
        """`if delta.type == "code_interpreter": …`, of which one part is said of code and another of its outputs."""
        if not statements:
            return
        delta = function.params.params[1].name.value if len(function.params.params) > 1 else ""
        node: cst.CSTNode | None = statements[0] if len(statements) == 1 else function
        while isinstance(node, cst.If):
            kind, body = _tool_of(node.test, delta), _statements(node.body)
            if kind == "code_interpreter":
                self._code_interpreter(function, delta, body)
            elif kind == "function":
                self._branch(function, ARGUMENTS, body)
            else:
                break
            node = node.orelse
        if node is not None:
            raise NotUnderstoodError("on_tool_call_delta of its handler tells tools apart in another way")

    def _code_interpreter(self, function: cst.FunctionDef, delta: str, body: Statements) -> None:
        parts: dict[str, list[cst.BaseStatement | cst.BaseSmallStatement]] = {"input": [], "outputs": []}
        for statement in body:
            read = {
                node.attr.value
                for node in descendants(statement)
                if isinstance(node, cst.Attribute) and _dotted(node.value) == f"{delta}.code_interpreter"
            }
            if len(read) != 1 or not read <= set(parts):
                raise NotUnderstoodError("on_tool_call_delta of its handler reads code and its outputs together")
            if any(isinstance(node, cst.Attribute) and node.attr.value == "image" for node in descendants(statement)):
                raise NotUnderstoodError("its handler reads images that code drew")
            parts[read.pop()].append(statement)
        for name, callback in (("input", CODE), ("outputs", OUTPUTS)):
            if parts[name]:
                self._branch(function, callback, tuple(parts[name]))


class _CallbackReads(StatementReads):
    """Reads the statements of a callback, whose parameters are parts of the event."""

    def __init__(
        self,
        event: str,
        function: cst.FunctionDef,
        roots: dict[cst.Name, str],
        file: SourceFile,
        inference: Inference,
    ) -> None:
        super().__init__(function, event, file, inference)
        scope: Scope = file.scopes.own[function]
        for name, root in roots.items():
            self.paths[scope, name.value] = root
            self.bindings[scope, name.value] = 1

    def of(self, statements: Statements, seen: ResponseEvent | None) -> list[Edit]:
        """The changes of the statements at an event."""
        for statement in statements:
            seen = self._statement(statement, seen)
        self._nothing_else({part for statement in statements for part in descendants(statement)})
        return self.edits

    def expression(self, node: cst.CSTNode, seen: ResponseEvent) -> None:
        """As for loops, but that a tool call's type is compared with the type of its item."""
        match node:
            case cst.Comparison(
                left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal() | cst.NotEqual(), comparator=right)]
            ) if self.path(left) == "tool_call.type" and isinstance(right, cst.SimpleString):
                self.take(left)
                item = cst.parse_expression(f"{self.event}.item.type")
                text = cst.SimpleString(f"{right.quote}{string_value(right)}_call{right.quote}")
                self.edits += [Edit(left, lambda _: item), Edit(right, lambda _: text)]
            case _:
                super().expression(node, seen)


_INHERITED = frozenset({
    "close", "current_event", "current_message_snapshot", "current_run", "current_run_step_snapshot",
    "get_final_messages", "get_final_run", "get_final_run_steps", "text_deltas", "until_done",
})  # fmt: skip


def _is_stream(node: cst.Name, file: SourceFile) -> bool:
    """Whether a name holds the handler as the stream that was entered, whose uses are read by themselves."""
    scope = file.scopes.scope_of.get(node)
    variable = scope.find(node.value) if scope is not None else None
    return variable is not None and all(binding.how == "entered" for binding in variable[0].names[variable[1]])


def _methods(node: cst.ClassDef) -> Iterator[cst.FunctionDef]:
    return (member for member in node.body.body if isinstance(member, cst.FunctionDef))


def _statements(suite: cst.BaseSuite) -> Statements:
    """The statements of a body that do something, or are comments of what does: no docstring, no pass."""
    return tuple(line for line in suite.body if not _says_nothing(line))


def _says_nothing(line: cst.CSTNode) -> bool:
    smalls = line.body if isinstance(line, cst.SimpleStatementLine) else [line]
    return all(
        isinstance(small, cst.Pass)
        or (
            isinstance(small, cst.Expr)
            and isinstance(small.value, (cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis))
        )
        for small in smalls
    )


def _tool_of(test: cst.BaseExpression, delta: str) -> str:
    """The tool that `delta.type == "…"`, alone or with a look whether there is something of it, lets through."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
        tool = _tool_of(test.left, delta)
        return tool if tool and _dotted(test.right) == f"{delta}.{tool}" else ""
    match test:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=right)]):
            return (string_value(right) or "") if _dotted(left) == f"{delta}.type" else ""
    return ""


def _dotted(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""


def _last(node: cst.BaseExpression) -> str:
    return _dotted(node).rpartition(".")[2]


def _is_self(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "self"


def _is_super(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "super"


def _loads(function: cst.FunctionDef) -> Iterator[cst.CSTNode]:
    return descendants(function.body)


def _is_annotated(function: cst.FunctionDef) -> bool:
    return any(param.annotation is not None for param in function.params.params)
