"""A2R240: loops that waited for a run go, since a response is complete when the call returns."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from assist2resp.rewrite.edits import only_passes
from assist2resp.rewrite.kinds import External
from assist2resp.rewrite.nodes import children, code, descendants, dotted, string_value
from assist2resp.rewrite.plainness import SUBMITS
from assist2resp.rewrite.plan import Plan
from assist2resp.rewrite.project import SourceFile
from assist2resp.rewrite.sites import Site
from assist2resp.schema.findings import Level

_PENDING = frozenset({"queued", "in_progress", "cancelling"})
_SLEEPS = frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep"})


class DropPollingLoops:
    """A loop that only waits disappears.

    What: `while run.status in ("queued", "in_progress"): …` goes whole; `while True:` with a retrieval and branches
    that all leave becomes its branches; sleeps between retrievals go.
    Why: `responses.create` returns when the response is complete.
    Safety: a loop that submits tool outputs stays a loop; so does one whose shape is not understood, which then ends in
    its first round.
    Known problems: progress printed while waiting is not printed any more.
    See: https://platform.openai.com/docs/guides/migrate-to-responses
    """

    code = "A2R240"
    title = "drop polling loops"
    level = Level.FIXED
    CASES = ()

    def apply(self, plan: Plan) -> None:
        """Take out the loops around the flow's waiting."""
        if not plan.plain.possible:
            return
        for loop, file in _loops_of(plan):
            self._loop(plan, loop, file)

    def _loop(self, plan: Plan, loop: cst.While | cst.For, file: SourceFile) -> None:
        sites = _sites_in(plan, loop, file)
        for site in plan.waits.intersection(sites):
            plan.credit(site, self.code, "a response needs no waiting.")
        for sleep in _sleeps(plan, loop, file):
            plan.change(file, sleep, lambda _: cst.RemoveFromParent())
        if any(site.path in SUBMITS for site in sites):
            return
        if isinstance(loop, cst.While) and loop.orelse is None and _only_pending(loop.test):
            plan.change(file, loop, lambda _: cst.RemoveFromParent())
            return
        if loop.orelse is None and (isinstance(loop, cst.While) or not _reads_counter(loop)):
            plan.change(file, loop, _dissolve)
        elif isinstance(loop, cst.For) and not _reads_counter(loop):
            plan.change(file, loop, _decide)


def _loops_of(plan: Plan) -> list[tuple[cst.While | cst.For, SourceFile]]:
    found: dict[cst.While | cst.For, SourceFile] = {}
    for site in plan.waits:
        for node in site.file.scopes.ancestors(site.node):
            if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
                break
            if isinstance(node, (cst.While, cst.For)):
                found[node] = site.file
                break
    return list(found.items())


def _sites_in(plan: Plan, loop: cst.CSTNode, file: SourceFile) -> list[Site]:
    inside = set(descendants(loop))
    return [site for site in plan.flow.sites if site.file is file and site.node in inside]


def _sleeps(plan: Plan, loop: cst.CSTNode, file: SourceFile) -> list[cst.Expr]:
    found = []
    for node in descendants(loop):
        if isinstance(node, cst.Expr):
            call = node.value.expression if isinstance(node.value, cst.Await) else node.value
            if isinstance(call, cst.Call):
                kind = plan.inference.kind(call.func, file)
                if isinstance(kind, External) and kind.qualified in _SLEEPS:
                    found.append(node)
    return found


def _only_pending(test: cst.BaseExpression) -> bool:
    """Whether a loop's test holds only while a run is queued or in progress."""
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or):
        return _only_pending(test.left) and _only_pending(test.right)
    if isinstance(test, cst.BooleanOperation):
        return _only_pending(test.left) or _only_pending(test.right)
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    target = test.comparisons[0]
    if not code(test.left).endswith("status"):
        return False
    if isinstance(target.operator, cst.Equal):
        return string_value(target.comparator) in _PENDING
    if isinstance(target.operator, cst.In) and isinstance(target.comparator, (cst.List, cst.Tuple, cst.Set)):
        return all(string_value(element.value) in _PENDING for element in target.comparator.elements)
    return False


def _reads_counter(loop: cst.For) -> bool:
    names = {node.value for node in descendants(loop.target) if isinstance(node, cst.Name)}
    return any(isinstance(node, cst.Name) and node.value in names for node in descendants(loop.body))


def _dissolve(updated: cst.CSTNode) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
    """The loop's body run once, if every way through it leaves the loop or ends; else the loop as it is."""
    assert isinstance(updated, (cst.While, cst.For))
    if not isinstance(updated.body, cst.IndentedBlock):
        return updated
    body = _once(list(updated.body.body))
    if body is None:
        return updated
    if isinstance(updated, cst.While) and not (isinstance(updated.test, cst.Name) and updated.test.value == "True"):
        if not body or (code(updated.test).find("status") >= 0 and all(_only_shows(line) for line in body)):
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


def _decide(updated: cst.CSTNode) -> cst.CSTNode:
    """`for … : if test: break` with its `else` is a question that is asked once."""
    loop = cst.ensure_type(updated, cst.For)
    only = loop.body.body[0] if len(loop.body.body) == 1 else None
    if not isinstance(only, cst.If) or only.orelse is not None or loop.orelse is None:
        return updated
    block = _block(only.body) if _breaks(only.body) else None
    if block is None:
        return updated
    if only_passes(block):
        return cst.If(_negated(only.test), loop.orelse.body, leading_lines=loop.leading_lines)
    return only.with_changes(body=block, orelse=loop.orelse, leading_lines=loop.leading_lines)


def _breaks(suite: cst.BaseSuite) -> bool:
    last = suite.body[-1] if suite.body else None
    return isinstance(last, cst.SimpleStatementLine) and isinstance(last.body[-1], cst.Break)


_OPPOSITES: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.Equal: cst.NotEqual(),
    cst.NotEqual: cst.Equal(),
    cst.In: cst.NotIn(),
    cst.NotIn: cst.In(),
}


def _negated(test: cst.BaseExpression) -> cst.BaseExpression:
    if isinstance(test, cst.Comparison) and len(test.comparisons) == 1:
        opposite = _OPPOSITES.get(type(test.comparisons[0].operator))
        if opposite is not None:
            return test.with_changes(comparisons=[test.comparisons[0].with_changes(operator=opposite)])
    return cst.UnaryOperation(cst.Not(), test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))


def _only_shows(statement: cst.BaseStatement) -> bool:
    """Whether a statement only prints or logs."""
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(small, cst.Expr)
        and isinstance(small.value, cst.Call)
        and (dotted(small.value.func) or "").rpartition(".")[2] in {"print", "debug", "info", "write", "flush"}
        for small in statement.body
    )


def _once(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement] | None:
    """The statements of a loop's body without its `break` and `continue`; None where one is not at the very end."""
    if not body:
        return []
    *before, last = body
    if any(_leaves(statement) for statement in before):
        return None
    ended = _without_leaving(last)
    if ended is None:
        return None
    return [*before, *ended]


def _without_leaving(statement: cst.BaseStatement) -> list[cst.BaseStatement] | None:
    if isinstance(statement, cst.SimpleStatementLine):
        kept = [small for small in statement.body if not isinstance(small, (cst.Break, cst.Continue, cst.Pass))]
        if not kept:
            return []
        return [statement.with_changes(body=kept)] if len(kept) != len(statement.body) else [statement]
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
        return [statement.with_changes(test=_negated(statement.test), body=orelse.body, orelse=None)]
    return [statement.with_changes(body=body, orelse=orelse)]


def _exclude(first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    """Whether two tests ask whether the same thing is one of some words, and have no word in common."""
    (subject, words), (other, others) = _asked(first), _asked(second)
    return subject == other and bool(words) and bool(others) and words.isdisjoint(others)


def _asked(test: cst.BaseExpression) -> tuple[str, set[str | None]]:
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
