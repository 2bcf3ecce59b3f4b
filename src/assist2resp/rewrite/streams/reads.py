"""What expressions read of an event of a streamed run, in terms of the event of a streamed response."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import is_run
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.streams.events import CONTENT, DELTA_CLASSES, ResponseEvent
from assist2resp.rewrite.syntax.applying import Build
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.nodes import children, descendants, is_none, string_value
from assist2resp.rewrite.syntax.scopes import Variable
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.narrowed import ACTION

_KIND = f"{CONTENT}[0].type"
_OBJECT = "thread.message.delta"
_CITATIONS, _FILES = b"annotations", b"file_path"
_CITED = "cited_text"


class NotUnderstoodError(Exception):
    """A part of a loop has no meaning that is certain on a streamed response."""


class Edit(NamedTuple):
    """A node's change."""

    node: cst.CSTNode
    build: Build


class EventReads:
    """Reads the expressions of a loop over events, noting their changes and the names that are accounted for."""

    def __init__(self, event: str, file: SourceFile, inference: Inference) -> None:
        self.file, self.inference = file, inference
        self.event = event
        self.edits: list[Edit] = []
        self.tells_failures = False
        self.paths: dict[Variable, str] = {}
        self.handled: set[cst.CSTNode] = set()
        self.cites = _CITATIONS in file.data
        """Whether the program reads what a text cites."""
        self.needs: set[str] = set()
        """The functions of the support module that what is read goes through."""

    def variable(self, name: cst.Name) -> Variable:
        scope = self.file.scopes.scope_of[name]
        return scope.find(name.value) or (scope, name.value)

    def path(self, node: cst.CSTNode) -> str | None:
        """What of the event an expression is: `` itself, `data.delta.content[0]`; None where it is none of it."""
        match node:
            case cst.Name():
                return self.paths.get(self.variable(node)) if node in self.file.scopes.scope_of else None
            case cst.Attribute():
                below = self.path(node.value)
                return None if below is None else f"{below}.{node.attr.value}".lstrip(".")
            case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value="0")))]):
                below = self.path(node.value)
                return None if below is None else f"{below}[0]"
            case cst.BooleanOperation(operator=cst.Or(), right=cst.List(elements=[])):
                below = self.path(node.left)
                return below if below == CONTENT else None
        return None

    def take(self, node: cst.CSTNode) -> None:
        """Note that the names of the event below a node are accounted for."""
        self.handled.update(part for part in descendants(node) if isinstance(part, cst.Name))

    def test(self, node: cst.BaseExpression, seen: ResponseEvent) -> bool | None:
        """Whether a test certainly holds; None where that is for the program to see, with its readings translated."""
        match node:
            case cst.BooleanOperation() if self.path(node) is None:
                return self._both(node, seen)
            case cst.UnaryOperation(operator=cst.Not()):
                value = self.test(node.expression, seen)
                return None if value is None else not value
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget() as target]):
                value = self._comparison(left, target, seen)
            case cst.Call(func=cst.Name(value="isinstance"), args=[cst.Arg(value=what), cst.Arg(value=which)]):
                value = self._isinstance(what, which)
            case cst.Call(func=cst.Name(value="hasattr"), args=[cst.Arg(value=what), cst.Arg(value=which)]):
                path = self.path(what)
                value = (path is not None and is_known(f"{path}.{string_value(which)}".lstrip("."), seen)) or None
            case _:
                path = self.path(node)
                value = (path is not None and path not in seen.reads and is_known(path, seen)) or None
        if value is None:
            self.expression(node, seen)
        else:
            self.take(node)
        return value

    def _both(self, node: cst.BooleanOperation, seen: ResponseEvent) -> bool | None:
        left, right = self.test(node.left, seen), self.test(node.right, seen)
        settled = isinstance(node.operator, cst.Or)
        if left is not None and right is not None:
            return (left or right) if settled else (left and right)
        if settled in (left, right):
            raise NotUnderstoodError("other parts than text are expected in a message")
        if left is not None or right is not None:
            self.edits.append(Edit(node, lambda updated: one_side(updated, right=left is not None)))
        return None

    def _comparison(self, left: cst.BaseExpression, target: cst.ComparisonTarget, seen: ResponseEvent) -> bool | None:
        path, other = self.path(left), string_value(target.comparator)
        if isinstance(left, cst.Call) and isinstance(left.func, cst.Name) and left.func.value == "len" and left.args:
            counted = self.path(left.args[0].value) == CONTENT and isinstance(target.operator, cst.GreaterThan)
            return True if counted and getattr(target.comparator, "value", "") == "0" else None
        if path is None:
            return None
        if other is not None and (path == _KIND or (path == "data.object" and "data.delta" in " ".join(seen.reads))):
            same = other == ("text" if path == _KIND else _OBJECT)
            if isinstance(target.operator, (cst.Equal, cst.NotEqual)):
                return same is isinstance(target.operator, cst.Equal)
        if is_none(target.comparator) and path not in seen.reads and is_known(path, seen):
            return isinstance(target.operator, (cst.IsNot, cst.NotEqual))
        return None

    def _isinstance(self, what: cst.BaseExpression, which: cst.BaseExpression) -> bool | None:
        path = self.path(what)
        kind = self.inference.kind(which, self.file)
        wanted = DELTA_CLASSES.get(path or "")
        named = getattr(kind, "qualified", "")
        return True if wanted and named.startswith("openai.types.beta.") and named.endswith(f".{wanted}") else None

    def expression(self, node: cst.CSTNode, seen: ResponseEvent) -> None:
        """Translate what an expression reads of the event."""
        path = self.path(node)
        if path is not None:
            self._read(node, path, seen)
        elif isinstance(node, cst.IfExp):
            value = self.test(node.test, seen)
            if value is not None:
                self.edits.append(Edit(node, lambda updated: _chosen(updated, value)))
                self.take(node.orelse if value else node.body)
                self.expression(node.body if value else node.orelse, seen)
            else:
                self.expression(node.body, seen)
                self.expression(node.orelse, seen)
        else:
            for part in children(node):
                self.expression(part, seen)

    def _run_of(self, node: cst.CSTNode) -> None:
        """What is read of a run that waits is read of the response, as of all runs; here the run becomes the response."""
        run = node
        while self.path(run) != "data":
            assert isinstance(run, (cst.Attribute, cst.Subscript))
            run = run.value
        if not is_run(self.inference.kind(run, self.file)):
            raise NotUnderstoodError("a run that waits for outputs is told apart in another way")
        self.take(node)
        self.edits.append(Edit(run, lambda _: attribute(cst.Name(self.event), "response")))

    def _name_of(self, node: cst.CSTNode, name: str) -> None:
        """The name of an event, where it is known, is shown as it was."""
        self.take(node)
        parent = self.file.scopes.parent_of[node]
        if isinstance(parent, cst.FormattedStringExpression):
            self.edits.append(Edit(parent, lambda _: cst.FormattedStringText(name)))
        else:
            self.edits.append(Edit(node, lambda _: cst.SimpleString(f'"{name}"')))

    def _read(self, node: cst.CSTNode, path: str, seen: ResponseEvent) -> None:
        if seen.old == ACTION and path.partition(".")[0] == "data":
            self._run_of(node)
            return
        if path == "event" and seen.old and uses.is_shown(node, self.file, self.inference):
            self._name_of(node, seen.old)
            return
        if self.cites and self._cited(node, path, seen):
            return
        new = seen.reads.get(path)
        if not path and seen.tells_failure and uses.is_shown(node, self.file, self.inference):
            self.take(node)
            return
        if new is None:
            raise NotUnderstoodError(f"the program reads {path or 'the event'} of an event")
        if path in seen.shown and not uses.is_shown(node, self.file, self.inference):
            raise NotUnderstoodError("a run's id leaves the stream")
        self.tells_failures = self.tells_failures or "last_error" in path
        self.take(node)
        quotes = [outer.start for outer in self.file.scopes.ancestors(node) if isinstance(outer, cst.FormattedString)]
        read = _reading(self.event, new.replace('"', "'") if any('"' in quote for quote in quotes) else new)
        self.edits.append(Edit(node, lambda _: read))

    def _cited(self, node: cst.CSTNode, path: str, seen: ResponseEvent) -> bool:
        """Read a text with its citations, or what is read of such a text, as the old event told it."""
        found = next((text for text in seen.cited if path == text or path.startswith(f"{text}.")), None)
        if found is None:
            return False
        if _FILES in self.file.data:
            raise NotUnderstoodError("the program reads which files of code a text cites")
        while self.path(node) != found:
            assert isinstance(node, (cst.Attribute, cst.Subscript))
            node = node.value
        self.take(node)
        self.needs.add(_CITED)
        name = free_name(self.file.scopes, _CITED, f"compat_{_CITED}")
        text = cst.Call(cst.Name(name), [cst.Arg(_reading(self.event, seen.cited[found]))])
        self.edits.append(Edit(node, lambda _: text))
        return True


def _reading(event: str, path: str) -> cst.BaseExpression:
    return cst.parse_expression(f"{event}.{path}")


def is_known(path: str, seen: ResponseEvent | None) -> bool:
    """Whether what a path leads to is certainly there: something below it is read of such an event."""
    if seen is None:
        return path == "data"
    return any(read == path or read.startswith((f"{path}.", f"{path}[")) for read in seen.reads)


def one_side(updated: cst.CSTNode, *, right: bool) -> cst.BaseExpression:
    operation = cst.ensure_type(updated, cst.BooleanOperation)
    side = operation.right if right else operation.left
    return side.with_changes(lpar=operation.lpar, rpar=operation.rpar) if operation.lpar and not side.lpar else side


def _chosen(updated: cst.CSTNode, value: bool) -> cst.BaseExpression:
    whole = cst.ensure_type(updated, cst.IfExp)
    return whole.body if value else whole.orelse
