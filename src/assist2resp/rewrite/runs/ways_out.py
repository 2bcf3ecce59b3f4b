"""A loop that is left by one question alone, whose branch gives values to names that are read after the loop.

`while True:` went round until the run was complete. Asked once, the question may be answered with no, and the names
would be unbound: then the program ends with an error that says so.
"""

from __future__ import annotations

import libcst as cst

from assist2resp.rewrite.flows.reaching import Reads
from assist2resp.rewrite.flows.uses import is_load
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.loops import breaks, negated
from assist2resp.rewrite.syntax.applying import Build, Built
from assist2resp.rewrite.syntax.nodes import code, descendants
from assist2resp.rewrite.syntax.scopes import Variable


def binds_for_later(loop: cst.While, file: SourceFile) -> bool:
    """Whether code after the loop reads a name that only the branch which leaves it gives a value."""
    last = loop.body.body[-1] if loop.body.body else None
    endless = isinstance(loop.test, cst.Name) and loop.test.value == "True" and loop.orelse is None
    if not endless or not isinstance(last, cst.If) or last.orelse is not None or not breaks(last.body):
        return False
    inside, reads = set(descendants(last.body)), Reads(file)
    names = [name for name in reads.order if isinstance(name, cst.Name) and name in inside]
    bound = {variable for name in names if not is_load(name, file) and (variable := reads.variable(name)) is not None}
    return any(_is_read_after(loop, inside, variable, reads) for variable in bound)


def _is_read_after(loop: cst.While, inside: set[cst.CSTNode], variable: Variable, reads: Reads) -> bool:
    within, others = set(descendants(loop)), variable[0].names.get(variable[1], [])
    others = [binding for binding in others if binding.target not in inside]
    for read in reads.of(variable):
        if read not in within and reads.order[read] > reads.order[loop] and is_load(read, reads.file):
            around = [read, *reads.file.scopes.ancestors(read)]
            if not any(reads.is_before(b, read, around) and reads.always_reaches(b, around) for b in others):
                return True
    return False


def or_raise(build: Build) -> Build:
    """What a build makes of a loop, whose question then raises an error where it is answered with no."""

    def both(updated: cst.CSTNode) -> Built:
        found = build(updated)
        lines: list[cst.CSTNode] = [*found] if isinstance(found, cst.FlattenSentinel) else []
        last = lines[-1] if lines else found
        if not isinstance(last, cst.If) or last.orelse is not None or not isinstance(last.body, cst.IndentedBlock):
            return found
        error = cst.SimpleStatementLine([cst.Raise(cst.parse_expression(f"RuntimeError({_message(last.test)})"))])
        refusal = cst.If(negated(last.test), cst.IndentedBlock([error]), leading_lines=last.leading_lines)
        return cst.FlattenSentinel([*lines[:-1], refusal, *last.body.body])

    return both


def _message(test: cst.BaseExpression) -> str:
    asked = code(test.left) if isinstance(test, cst.Comparison) else ""
    return (
        f'f"The run ended as {{{asked}}}."'
        if asked.isprintable() and not set(asked) & set("\"'{}\\") and asked
        else '"The run did not complete."'
    )
