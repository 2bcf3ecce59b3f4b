"""Event handlers that answer calls of tools: the run of their events, which outputs are sent for, as a response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from assist2resp.rewrite.flows.run_sites import SUBMIT_STREAM
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.streams.reads import Edit, NotUnderstoodError
from assist2resp.rewrite.syntax.nodes import argument, descendants, dotted
from assist2resp.rewrite.values.kinds import Class

_RUN = "current_run"
"""What the SDK's base class calls the run of a handler's events; a plain class keeps it by itself."""


@dataclass(frozen=True)
class Sending:
    """Where a handler's class sends outputs, among the runs that its flow streams."""

    kind: Class
    streamed: Sequence[Site]

    def is_sent_with(self, node: cst.Attribute) -> bool:
        """Whether the run of the handler's events is read only to name what outputs are for."""
        calls = {site.call for site in self.streamed if site.path == SUBMIT_STREAM}
        return node.attr.value == _RUN and any(outer in calls for outer in self.kind.file.scopes.ancestors(node))

    def kept_runs(self, asked: Sequence[cst.If], event: str) -> list[Edit]:
        """The run that a handler keeps, in the branches for events that ask for outputs, where it sends them for that.

        Raises NotUnderstoodError where no event asks for them.
        """
        if not self._keeps_run():
            return []
        if not asked:
            raise NotUnderstoodError("its handler sends outputs that no event asks for")
        kept = cst.parse_statement(f"self.{_RUN} = {event}.response")
        return [Edit(branch, lambda updated: _begun_by(updated, kept)) for branch in asked]

    def _keeps_run(self) -> bool:
        inside = set(descendants(self.kind.node))
        for site in self.streamed:
            run_id = argument(site.call, "run_id", 0) if site.call is not None else None
            if site.path == SUBMIT_STREAM and site.call in inside and run_id is not None:
                own = isinstance(run_id, cst.Attribute) and run_id.attr.value == "id"
                names = (dotted(node) for node in descendants(site.call) if isinstance(node, cst.Attribute))
                if not own or f"self.{_RUN}" in names:
                    return True
        return False


def _begun_by(updated: cst.CSTNode, first: cst.BaseStatement) -> cst.CSTNode:
    """A branch with a statement before all others."""
    branch = cst.ensure_type(updated, cst.If)
    if not isinstance(branch.body, cst.IndentedBlock):
        smalls = cst.ensure_type(branch.body, cst.SimpleStatementSuite).body
        return branch.with_changes(body=cst.IndentedBlock([first, cst.SimpleStatementLine(smalls)]))
    return branch.with_changes(body=branch.body.with_changes(body=[first, *branch.body.body]))
