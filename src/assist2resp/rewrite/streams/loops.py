"""Loops over the events of a streamed run: what each tells of an event, in terms of a streamed response.

A loop is understood when all that it does hangs on what the event is, and all that it reads of it has a counterpart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.uses import reads_of
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.streams.events import CONTENT, EVENTS, NEVER, ResponseEvent, event_of
from assist2resp.rewrite.streams.reads import Edit, EventReads, NotUnderstoodError, is_known, one_side
from assist2resp.rewrite.streams.tests import branch_test, event_names, opened, without_branch
from assist2resp.rewrite.syntax.applying import leaving_comments
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.nodes import children, descendants, string_value
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.syntax.tidying import only_passes
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.narrowed import ACTION


@dataclass(frozen=True)
class LoopReading:
    """What becomes of a loop, and whether it tells why a run failed."""

    edits: tuple[Edit, ...]
    tells_failures: bool
    needs: frozenset[str]
    """The functions of the support module that it calls."""


def read_loop(loop: cst.For, file: SourceFile, inference: Inference) -> LoopReading:
    """Read `for event in stream: …`. Raises NotUnderstoodError."""
    reader = _LoopReads(loop, file, inference)
    reader.read()
    return LoopReading(tuple(reader.edits), reader.tells_failures, frozenset(reader.needs))


class StatementReads(EventReads):
    """Reads statements below a node that are done at events, of which their variables hold parts."""

    def __init__(self, around: cst.CSTNode, event: str, file: SourceFile, inference: Inference) -> None:
        super().__init__(event, file, inference)
        self.around = around
        self.bindings: dict[Variable, int] = {}
        self.actions: list[cst.If] = []
        """The branches for a run that waits for outputs."""
        self.kept_loops = 0

    def _nothing_else(self, inside: Collection[cst.CSTNode] | None = None) -> None:
        """The event, and what is taken of it, is used nowhere (or nowhere `inside`) but where it was understood."""
        for variable, path in self.paths.items():
            scope, name = variable
            if path and path != "event" and len(scope.names[name]) != self.bindings.get(variable):
                raise NotUnderstoodError(f"{name} holds different things")
            for node in self.file.scopes.nodes(cst.Name) if inside is None else inside:
                if not isinstance(node, cst.Name) or node.value != name or node in self.handled:
                    continue
                if uses.is_load(node, self.file) and self.variable(node) == variable and not self._elsewhere(node):
                    raise NotUnderstoodError(f"{name} is used in a way that is not followed")

    def _elsewhere(self, node: cst.Name) -> bool:
        """Whether a name is bound by another loop around it."""
        for outer in self.file.scopes.ancestors(node):
            if outer is self.around:
                return False
            if (
                isinstance(outer, (cst.For, cst.CompFor))
                and isinstance(outer.target, cst.Name)
                and outer.target.value == node.value
            ):
                return True
        return False

    # Statements ---------------------------------------------------------------------------------------------------

    def _block(self, suite: cst.BaseSuite, seen: ResponseEvent | None) -> None:
        for statement in suite.body:
            seen = self._statement(statement, seen)

    def _statement(self, statement: cst.CSTNode, seen: ResponseEvent | None) -> ResponseEvent | None:
        """Read one statement; gives what is known of the event after it."""
        match statement:
            case cst.If():
                return self._if(statement, seen)
            case cst.SimpleStatementLine():
                for small in statement.body:
                    self._small(small, seen)
            case cst.BaseSmallStatement():
                self._small(statement, seen)
            case cst.Match() if seen is None:
                self._match(statement)
            case cst.Try(finalbody=None, orelse=None) if seen is None:
                self._block(statement.body, None)
                self._handlers(statement)
            case cst.For() if seen is not None and self.path(statement.iter) == CONTENT:
                self._content_loop(statement, seen)
            case cst.BaseCompoundStatement() if seen is not None:
                self._compound(statement, seen)
            case _:
                raise NotUnderstoodError("something is done at events of every kind")
        return seen

    def _handlers(self, statement: cst.Try) -> None:
        for handler in statement.handlers:
            if any(isinstance(part, (cst.Break, cst.Return)) for part in descendants(handler)):
                raise NotUnderstoodError("the stream is left early")

    def _compound(self, statement: cst.CSTNode, seen: ResponseEvent) -> None:
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            return
        if isinstance(statement, cst.For) and self.path(statement.target) == "":
            self._inner_loop(statement, seen)
            return
        loops = isinstance(statement, (cst.For, cst.While))
        self.kept_loops += loops
        self._parts(statement, seen)
        self.kept_loops -= loops

    def _inner_loop(self, loop: cst.For, seen: ResponseEvent) -> None:
        """A loop within, whose events have the same name: what it reads of them is for itself to say."""
        self.expression(loop.iter, seen)
        below: cst.CSTNode = loop
        inside = set(descendants(loop))
        for outer in self.file.scopes.ancestors(loop):
            if isinstance(outer, cst.If) and outer.orelse is not None and outer.body is below:
                inside |= set(descendants(outer.orelse))
            if outer is self.around:
                break
            below = outer
        order = self.file.scopes.order
        variable = self.variable(cst.ensure_type(loop.target, cst.Name))
        later = (name for name in reads_of(variable, self.file) if order[name] > order[loop] and name not in inside)
        if any(name in set(descendants(self.around)) for name in later):
            raise NotUnderstoodError("an event is read after a loop over others of its name")

    def _parts(self, node: cst.CSTNode, seen: ResponseEvent) -> None:
        for part in children(node):
            if isinstance(part, cst.BaseSuite):
                self._block(part, seen)
            elif isinstance(part, cst.BaseExpression):
                self.expression(part, seen)
            else:
                self._parts(part, seen)

    def _small(self, small: cst.CSTNode, seen: ResponseEvent | None) -> None:
        if self._is_alias(small, seen):
            return
        if seen is None:
            if not isinstance(small, (cst.Pass, cst.Continue)):
                raise NotUnderstoodError("something is done at events of every kind")
            return
        if not seen.ends and (isinstance(small, cst.Return) or (isinstance(small, cst.Break) and not self.kept_loops)):
            raise NotUnderstoodError("the stream is left early")
        self._parts(small, seen)

    def _is_alias(self, small: cst.CSTNode, seen: ResponseEvent | None) -> bool:
        """Take `delta = event.data.delta`, which goes, and `name = event.event`."""
        match small:
            case cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as target)], value=value):
                path = self.path(value)
            case _:
                return False
        if self.cites and seen is not None and path in seen.cited:
            return False
        if not path or (seen is not None and path in seen.reads) or not (path == "event" or is_known(path, seen)):
            return False
        variable = self.variable(target)
        if self.paths.setdefault(variable, path) != path:
            raise NotUnderstoodError(f"{target.value} holds different things")
        self.bindings[variable] = self.bindings.get(variable, 0) + 1
        self.take(value)
        if path == "event":
            self.edits.append(Edit(value, lambda _: attribute(cst.Name(self.event), "type")))
        else:
            self.edits.append(Edit(small, leaving_comments))
        return True

    def _content_loop(self, loop: cst.For, seen: ResponseEvent) -> None:
        """`for block in event.data.delta.content`, which is one block, becomes its body."""
        if not isinstance(loop.target, cst.Name) or loop.orelse is not None or self.kept_loops:
            raise NotUnderstoodError("the parts of a message are not taken one by one")
        variable = self.variable(loop.target)
        if self.paths.setdefault(variable, f"{CONTENT}[0]") != f"{CONTENT}[0]":
            raise NotUnderstoodError(f"{loop.target.value} holds different things")
        self.bindings[variable] = self.bindings.get(variable, 0) + 1
        self.take(loop.iter)
        self._block(loop.body, replace(seen, ends=False))
        kept = set(descendants(loop.body)) - {part for edit in self.edits for part in _gone(edit, loop)}
        if any(isinstance(part, (cst.Break, cst.Continue)) for part in kept):
            raise NotUnderstoodError("the parts of a message are not all taken")
        self.edits.append(Edit(loop, opened))

    # Branches -----------------------------------------------------------------------------------------------------

    def _if(self, node: cst.If, seen: ResponseEvent | None, *, is_elif: bool = False) -> ResponseEvent | None:
        if seen is not None:
            self._known_if(node, seen, is_elif=is_elif)
            return seen
        after = self._guard(node)
        if after is not None:
            return after
        inner = self._narrow(node.test)
        if inner is None:
            raise NotUnderstoodError("something is done at events of every kind")
        if inner.old == ACTION:
            self.actions.append(node)
        if inner.type:
            self._block(node.body, inner)
        else:
            if isinstance(node.orelse, cst.Else):
                raise NotUnderstoodError("something is done at events of every kind")
            self.take(node.test)
            self.take(node.body)
            self.edits.append(Edit(node, without_branch))
        self._orelse(node, None)
        return None

    def _orelse(self, node: cst.If, seen: ResponseEvent | None) -> None:
        if isinstance(node.orelse, cst.If):
            self._if(node.orelse, seen, is_elif=True)
        elif node.orelse is not None:
            self._block(node.orelse.body, seen)

    def _known_if(self, node: cst.If, seen: ResponseEvent, *, is_elif: bool) -> None:
        value = self.test(node.test, seen)
        if value is None:
            self._block(node.body, seen)
            self._orelse(node, seen)
        elif value:
            if is_elif or (node.orelse is not None and not _is_quiet(node.orelse)):
                raise NotUnderstoodError("other parts than text are expected in a message")
            self._block(node.body, seen)
            self.edits.append(Edit(node, opened))
        else:
            if not _is_quiet(node) or isinstance(node.orelse, cst.Else):
                raise NotUnderstoodError("other parts than text are expected in a message")
            self.take(node.body)
            self._orelse(node, seen)
            self.edits.append(Edit(node, without_branch))

    def _guard(self, node: cst.If) -> ResponseEvent | None:
        """What is known of the event after `if event.event != "thread.message.delta": continue`."""
        match node:
            case cst.If(
                test=cst.Comparison(
                    left=left, comparisons=[cst.ComparisonTarget(operator=cst.NotEqual(), comparator=comparator)]
                ) as test,
                body=body,
                orelse=None,
            ) if self.path(left) == "event" and _continues(body):
                event = EVENTS.get(string_value(comparator) or "")
                if event is None or event.item or event.condition:
                    raise NotUnderstoodError("events are told apart by other names")
                self.take(left)
                self._name(left)
                assert isinstance(comparator, cst.SimpleString)
                self.edits.append(Edit(comparator, lambda _: _quoted(event.type, comparator)))
                del test
                return event
        return None

    def _name(self, node: cst.BaseExpression) -> None:
        """`event.event` becomes `event.type`; a variable that holds it stays."""
        if not isinstance(node, cst.Name):
            self.edits.append(Edit(node, lambda _: attribute(cst.Name(self.event), "type")))

    def _narrow(self, test: cst.BaseExpression) -> ResponseEvent | None:
        """What is known of the event where a test holds; an event without a type for one that never comes."""
        if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
            return self._narrow_and_test(test)
        if isinstance(test, cst.BooleanOperation):
            first, second = self._narrow(test.left), self._narrow(test.right)
            if first is None or second is None:
                return None
            if not (first.type and second.type):
                self.edits.append(Edit(test, lambda updated: one_side(updated, right=not first.type)))
            return _together([event for event in (first, second) if event.type])
        names = event_names(test, self.path, self.file, self.inference)
        if names is None:
            return None
        if any(name not in EVENTS and name not in NEVER for name in names):
            raise NotUnderstoodError(f"{next(n for n in names if n not in EVENTS)} has no counterpart")
        live = [event_of(name, self.file.data) for name in dict.fromkeys(names) if name in EVENTS]
        if len(live) > 1 and any(event.item or event.condition for event in live):
            raise NotUnderstoodError("events of different kinds are taken together")
        self.take(test)
        if live:
            new = branch_test(test, live, self.event, self.file.scopes.parent_of[test])
            self.edits.append(Edit(test, lambda _: new))
        return _together(live)

    def _narrow_and_test(self, test: cst.BooleanOperation) -> ResponseEvent | None:
        inner = self._narrow(test.left)
        if inner is None or not inner.type:
            return inner
        value = self.test(test.right, inner)
        if value is False:
            raise NotUnderstoodError("other parts than text are expected in a message")
        if value:
            self.edits.append(Edit(test, lambda updated: one_side(updated, right=False)))
        return inner

    def _match(self, node: cst.Match) -> None:
        path = self.path(node.subject)
        if path not in {"", "event"}:
            raise NotUnderstoodError("something is done at events of every kind")
        self.take(node.subject)
        if not (isinstance(node.subject, cst.Name) and path == "event"):
            subject = attribute(cst.Name(self.event), "type")
            self.edits.append(Edit(node.subject, lambda _: subject))
        for case in node.cases:
            self._case(case)

    def _case(self, case: cst.MatchCase) -> None:
        if isinstance(case.pattern, cst.MatchAs) and case.pattern.pattern is None and case.pattern.name is None:
            if case.guard is not None:
                raise NotUnderstoodError("something is done at events of every kind")
            self._block(case.body, None)
            return
        names = event_names(case.pattern, self.path, self.file, self.inference)
        if names is None or any(name not in EVENTS and name not in NEVER for name in names):
            raise NotUnderstoodError("events are told apart by more than their names")
        live = [event_of(name, self.file.data) for name in dict.fromkeys(names) if name in EVENTS]
        if not live:
            self.take(case)
            self.edits.append(Edit(case, lambda _: cst.RemoveFromParent()))
            return
        if any(event.condition for event in live):
            raise NotUnderstoodError("a run that waits for outputs is told apart by its case")
        if any(event.item for event in live) and (len(live) > 1 or case.guard is not None):
            raise NotUnderstoodError("events of different kinds are taken together")
        seen = _together(live)
        if case.guard is not None and self.test(case.guard, seen) is not None:
            raise NotUnderstoodError("other parts than text are expected in a message")
        self._block(case.body, seen)
        self.edits.append(Edit(case, lambda updated: _named_case(updated, live, self.event)))


class _LoopReads(StatementReads):
    def __init__(self, loop: cst.For, file: SourceFile, inference: Inference) -> None:
        if not isinstance(loop.target, cst.Name) or loop.orelse is not None:
            raise NotUnderstoodError("events are not taken one by one")
        super().__init__(loop, loop.target.value, file, inference)
        self.paths[self.variable(loop.target)] = ""
        self.loop = loop

    def read(self) -> None:
        """Read the whole loop."""
        self._block(self.loop.body, None)
        self._nothing_else()


def _together(events: list[ResponseEvent]) -> ResponseEvent:
    """What is known of an event that is one of several."""
    if not events:
        return ResponseEvent("", "")
    first = events[0]
    reads = {path: new for path, new in first.reads.items() if all(event.reads.get(path) == new for event in events)}
    shown = frozenset().union(*(event.shown for event in events))
    old = first.old if len(events) == 1 else ""
    return replace(first, old=old, ends=all(event.ends for event in events), reads=reads, shown=shown)


def _is_quiet(branch: cst.If | cst.Else) -> bool:
    return only_passes(branch.body) or _continues(branch.body)


def _continues(body: cst.BaseSuite) -> bool:
    parts = [small for line in body.body for small in getattr(line, "body", [line])]
    return len(parts) == 1 and isinstance(parts[0], cst.Continue)


def _gone(edit: Edit, loop: cst.For) -> set[cst.CSTNode]:
    """What an edit takes out of a loop."""
    del loop
    if edit.build is without_branch and isinstance(edit.node, cst.If):
        return set(descendants(edit.node.body))
    return set()


def _quoted(text: str, like: cst.SimpleString) -> cst.SimpleString:
    return cst.SimpleString(f"{like.quote}{text}{like.quote}")


def _named_case(updated: cst.CSTNode, events: list[ResponseEvent], variable: str) -> cst.MatchCase:
    case = cst.ensure_type(updated, cst.MatchCase)
    patterns = [cst.MatchValue(cst.SimpleString(f'"{event.type}"')) for event in events]
    pattern: cst.MatchPattern = patterns[0]
    if len(patterns) > 1:
        last = len(patterns) - 1
        pattern = cst.MatchOr(
            [
                cst.MatchOrElement(one, separator=cst.BitOr() if i < last else cst.MaybeSentinel.DEFAULT)
                for i, one in enumerate(patterns)
            ]
        )
    if events[0].item:
        test = cst.parse_expression(f'{variable}.item.type == "{events[0].item}"')
        return case.with_changes(
            pattern=pattern,
            guard=test,
            whitespace_before_if=cst.SimpleWhitespace(" "),
            whitespace_after_if=cst.SimpleWhitespace(" "),
        )
    return case.with_changes(pattern=pattern)
