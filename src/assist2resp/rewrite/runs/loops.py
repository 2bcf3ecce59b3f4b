"""What is left of a loop whose waiting went: its body once, a question, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst

from assist2resp.rewrite.syntax.applying import Build, Built
from assist2resp.rewrite.syntax.nodes import children, code, dotted, string_value
from assist2resp.rewrite.syntax.tidying import only_passes, without_last_semicolon


def dissolved(updated: cst.CSTNode) -> Built:
    """The loop's body run once, if every way through it leaves the loop or ends; else the loop as it is."""
    assert isinstance(updated, (cst.While, cst.For))
    if not isinstance(updated.body, cst.IndentedBlock):
        return updated
    body = _once(list(updated.body.body))
    if body is None:
        return updated
    if isinstance(updated, cst.While) and not (isinstance(updated.test, cst.Name) and updated.test.value == "True"):
        if not body or (code(updated.test).find("status") >= 0 and all(only_shows(line) for line in body)):
            return cst.RemoveFromParent()
        block = updated.body.with_changes(body=body)
        return cst.If(updated.test, block, leading_lines=updated.leading_lines)
    if not body:
        return cst.RemoveFromParent()
    first = body[0]
    if isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        lines = [*updated.leading_lines, *first.leading_lines]
        body = [first.with_changes(leading_lines=lines), *body[1:]]
    return cst.FlattenSentinel(body)


def runs_once(loop: cst.While | cst.For, goes: Callable[[cst.CSTNode], bool]) -> bool:
    """Whether no way through the loop leaves it in the middle, once the small statements that go are out of it."""
    passes_by = loop.orelse is not None and (isinstance(loop, cst.For) or _leaves(loop.body))
    if not isinstance(loop.body, cst.IndentedBlock) or passes_by:
        return False
    lines = [
        line
        for line in loop.body.body
        if not (isinstance(line, cst.SimpleStatementLine) and all(goes(small) for small in line.body))
    ]
    return _once(lines) is not None


class _Changed(cst.CSTTransformer):
    def __init__(self, changes: Mapping[cst.CSTNode, Build]) -> None:
        super().__init__()
        self.changes = changes

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        change = self.changes.get(original_node)
        return updated_node if change is None else change(updated_node)


def built(loop: cst.While | cst.For, changes: Mapping[cst.CSTNode, Build], build: Build) -> Built:
    """What becomes of a loop, once its parts are changed so and it is built anew."""
    changed = loop.visit(_Changed(changes))
    assert isinstance(changed, cst.CSTNode)
    return build(changed)


def unguarded(updated: cst.CSTNode) -> Built:
    """The body, run once, of a loop that was always entered; else the loop as it is."""
    loop = cst.ensure_type(updated, cst.While)
    found = dissolved(loop.with_changes(test=cst.Name("True")))
    return updated if isinstance(found, cst.While) else found


def decided(updated: cst.CSTNode) -> cst.CSTNode:
    """`for … : if test: break` with its `else` is a question that is asked once."""
    loop = cst.ensure_type(updated, cst.For)
    only = loop.body.body[0] if len(loop.body.body) == 1 else None
    if not isinstance(only, cst.If) or only.orelse is not None or loop.orelse is None:
        return updated
    block = _block(only.body) if breaks(only.body) else None
    if block is None:
        return updated
    if only_passes(block):
        return cst.If(negated(only.test), loop.orelse.body, leading_lines=loop.leading_lines)
    return only.with_changes(body=block, orelse=loop.orelse, leading_lines=loop.leading_lines)


def breaks(suite: cst.BaseSuite) -> bool:
    """Whether a branch ends by leaving its loop."""
    last = suite.body[-1] if suite.body else None
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Break)


_OPPOSITES: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.Equal: cst.NotEqual(),
    cst.NotEqual: cst.Equal(),
    cst.In: cst.NotIn(),
    cst.NotIn: cst.In(),
}


def negated(test: cst.BaseExpression) -> cst.BaseExpression:
    """A test that holds where `test` does not."""
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        opposite = _OPPOSITES.get(type(test.comparisons[0].operator))
        if opposite is not None:
            return test.with_changes(comparisons=[test.comparisons[0].with_changes(operator=opposite)])
    return cst.UnaryOperation(cst.Not(), test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))


def only_shows(node: cst.CSTNode) -> bool:
    """Whether a small statement, or a line of them, only prints or logs."""
    if isinstance(node, cst.SimpleStatementLine):
        return all(only_shows(small) for small in node.body)
    if not isinstance(node, cst.Expr) or not isinstance(node.value, cst.Call):
        return False
    return (dotted(node.value.func) or "").rpartition(".")[2] in {"print", "debug", "info", "write", "flush"}


def _once(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
    """The statements of a loop's body without its `break` and `continue`; None where one is not at the very end."""
    if not body:
        return []
    *before, last = body
    if any(_leaves(statement) for statement in before):
        return _else_for_the_rest(body)
    ended = _without_leaving(last)
    if ended is None:
        return None
    return [*before, *ended]


def _else_for_the_rest(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
    """`if a: break`, and after it what ends the function, is a question with two answers; None for another body."""
    place = next(place for place, statement in enumerate(body) if _leaves(statement))
    question, rest = body[place], _once(body[place + 1 :])
    if not isinstance(question, cst.If) or question.orelse is not None or rest is None:
        return None
    if not all(isinstance(other, cst.If) and _leaves(other) for other in body[place + 1 :]) and not (
        rest and _ends_function(rest[-1])
    ):
        return None
    block = _block(question.body) if breaks(question.body) else None
    if block is None:
        return None
    others = cst.IndentedBlock(rest)
    if not rest or (
        len(rest) == 1 and isinstance(rest[0], cst.If) and only_passes(block) and _exclude(question.test, rest[0].test)
    ):
        return [*body[:place], *(rest if only_passes(block) else [question.with_changes(body=block)])]
    if only_passes(block):
        return [*body[:place], question.with_changes(test=negated(question.test), body=others)]
    return [*body[:place], question.with_changes(body=block, orelse=cst.Else(others))]


def _ends_function(statement: cst.BaseStatement) -> bool:
    last = statement.body[-1] if isinstance(statement, cst.SimpleStatementLine) else None
    return isinstance(last, (cst.Raise, cst.Return))


def and_its_else(build: Build) -> Build:
    """What a build makes of a `while`, and then what stood in its `else`, which no `break` passes by."""

    def both(updated: cst.CSTNode) -> Built:
        loop = cst.ensure_type(updated, cst.While)
        if loop.orelse is None:
            return build(updated)
        if not isinstance(loop.orelse.body, cst.IndentedBlock) or _leaves(loop.body):
            return updated
        bare = loop.with_changes(orelse=None)
        found = build(bare)
        if isinstance(found, cst.While):
            return updated
        lines = (
            []
            if isinstance(found, cst.RemovalSentinel)
            else [*found]
            if isinstance(found, cst.FlattenSentinel)
            else [found]
        )
        rest = list(loop.orelse.body.body)
        if not lines and rest:
            above = [*loop.leading_lines, *getattr(rest[0], "leading_lines", ())]
            rest[0] = rest[0].with_changes(leading_lines=above)
        return cst.FlattenSentinel([*lines, *rest])

    return both


def _without_leaving(statement: cst.BaseStatement) -> list[cst.BaseStatement] | None:
    if isinstance(statement, cst.SimpleStatementLine):
        kept = [small for small in statement.body if not isinstance(small, (cst.Break, cst.Continue, cst.Pass))]
        if not kept:
            return []
        if len(kept) == len(statement.body):
            return [statement]
        return [without_last_semicolon(statement.with_changes(body=kept))]
    if isinstance(statement, cst.If):
        return _if_without_leaving(statement)
    return None if _leaves(statement) else [statement]


def _if_without_leaving(statement: cst.If) -> list[cst.BaseStatement] | None:
    body = _block(statement.body)
    if body is None:
        return None
    orelse: cst.If | cst.Else | None = statement.orelse
    if isinstance(orelse, cst.If) and only_passes(body) and _exclude(statement.test, orelse.test):
        return _if_without_leaving(orelse.with_changes(leading_lines=statement.leading_lines))
    if isinstance(orelse, cst.If):
        rest = _if_without_leaving(orelse)
        if rest is None:
            return None
        orelse = rest[0] if rest and isinstance(rest[0], cst.If) else None
    elif isinstance(orelse, cst.Else):
        block = _block(orelse.body)
        if block is None:
            return None
        orelse = orelse.with_changes(body=block) if not only_passes(block) else None
    if only_passes(body) and orelse is None:
        return []
    if only_passes(body) and isinstance(orelse, cst.Else):
        return [statement.with_changes(test=negated(statement.test), body=orelse.body, orelse=None)]
    return [statement.with_changes(body=body, orelse=orelse)]


def _exclude(first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    """Whether two tests ask whether the same thing is one of some words, and have no word in common."""
    (subject, words), (other, others) = asked(first), asked(second)
    return subject == other and bool(words) and bool(others) and words.isdisjoint(others)


def asked(test: cst.BaseExpression) -> tuple[str, set[str | None]]:
    """What a test compares, and the words that make it true; nothing where it is no such test."""
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return "", set()
    target, words = test.comparisons[0], set[str | None]()
    if isinstance(target.operator, cst.Equal):
        words = {string_value(target.comparator)}
    elif isinstance(target.operator, cst.In) and isinstance(target.comparator, (cst.List, cst.Tuple, cst.Set)):
        words = {string_value(element.value) for element in target.comparator.elements}
    return code(test.left), set() if None in words else words


def _block(suite: cst.BaseSuite) -> cst.BaseSuite | None:
    if not isinstance(suite, cst.IndentedBlock):
        return None if _leaves(suite) else suite
    once = _once([s for s in suite.body if isinstance(s, cst.BaseStatement)])
    if once is None:
        return None
    return suite.with_changes(body=once or [cst.SimpleStatementLine([cst.Pass()])])


def _leaves(node: cst.CSTNode) -> bool:
    """Whether a `break` or `continue` of this loop stands somewhere below."""
    if isinstance(node, (cst.Break, cst.Continue)):
        return True
    if isinstance(node, (cst.While, cst.For, cst.FunctionDef, cst.ClassDef, cst.BaseExpression)):
        return False
    return any(_leaves(child) for child in children(node))
