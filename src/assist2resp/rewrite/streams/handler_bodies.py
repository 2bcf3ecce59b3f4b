"""The callbacks of a handler, and what their statements become at the events of a response."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.streams.callbacks import ARGUMENTS, CALLBACKS, CODE, OUTPUTS, TEXT_WITH_CITATIONS, Callback
from assist2resp.rewrite.streams.events import ResponseEvent
from assist2resp.rewrite.streams.handler_calls import Sending
from assist2resp.rewrite.streams.handler_readings import Branch, HandlerReading, Statements
from assist2resp.rewrite.streams.loops import StatementReads
from assist2resp.rewrite.streams.reads import Edit, NotUnderstoodError
from assist2resp.rewrite.syntax.nodes import descendants, dotted, string_value
from assist2resp.rewrite.syntax.scopes import Scope
from assist2resp.rewrite.values.inference import Inference

_EVENT, _DELTA, _END, _EXCEPTION = "on_event", "on_tool_call_delta", "on_end", "on_exception"
_TEXT_DONE = "on_text_done"


class Bodies:
    """Reads callbacks into a reading. Raises NotUnderstoodError."""

    def __init__(self, reading: HandlerReading, sending: Sending, inference: Inference) -> None:
        self.reading, self.file, self.inference = reading, reading.kind.file, inference
        self._sending = sending

    def read(self, function: cst.FunctionDef) -> None:
        """Read one callback."""
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
                if isinstance(node, cst.Attribute) and dotted(node.value) == f"{delta}.code_interpreter"
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
        return tool if tool and dotted(test.right) == f"{delta}.{tool}" else ""
    match test:
        case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=cst.Equal(), comparator=right)]):
            return (string_value(right) or "") if dotted(left) == f"{delta}.type" else ""
    return ""
