"""The runs of one flow, and what the program does with them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.chains import client_at
from assist2resp.rewrite.flows.displays import LOGS, is_displayed
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.run_sites import (
    ACTION_TYPES,
    CALL_TYPES,
    CREATES,
    RETRIEVES,
    RUN,
    SUBMITS,
    can_be_repeated,
    is_resumed,
    is_run,
)
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.flows.writers import calls_that_add
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.handovers import handed_over, read_by_name, says_again, settings
from assist2resp.rewrite.runs.own_threads import goes_on_in
from assist2resp.rewrite.runs.renewals import Renewal, keeps_runs, renewals
from assist2resp.rewrite.runs.waiting import Waiting, waiting_loops
from assist2resp.rewrite.streams.streamed_runs import StreamedRun, is_streamed, streamed_runs
from assist2resp.rewrite.syntax.calls import attribute
from assist2resp.rewrite.syntax.nodes import argument
from assist2resp.rewrite.values.inference import Inference

_PART = re.compile(rb"""["'](?:image_file|image_url|text)["']""")


@dataclass
class FlowRuns:
    """The runs of a flow: where they are made, waited for, answered with tool outputs, and used."""

    flow: Flow
    inference: Inference

    @cached_property
    def creates(self) -> list[Site]:
        """The sites that start a run which is not streamed."""
        return [site for site in uses.sites_named(self.flow, *CREATES) if not is_streamed(site)]

    @cached_property
    def submits(self) -> list[Site]:
        """The sites that submit tool outputs, and give the run."""
        return [site for site in uses.sites_named(self.flow, *SUBMITS) if not is_resumed(site)]

    @cached_property
    def streamed(self) -> tuple[dict[Site, StreamedRun], str]:
        """The streamed runs, and why one of them is not understood."""
        return streamed_runs(self.flow, self.inference)

    @property
    def streams(self) -> dict[Site, StreamedRun]:
        """The runs that the program reads as streams from their beginning, all understood."""
        return {site: run for site, run in self.streamed[0].items() if not is_resumed(site)}

    def look(self, file: SourceFile) -> Lookup:
        """The names of one of the flow's files, for the conversions of literals."""
        calls = frozenset(site.call for site in self.flow.sites if site.file is file and site.call is not None)
        shared = functools.partial(uses.is_shared, self.inference.project, file)
        return Lookup(file.scopes, calls, shared, self._says_text)

    def _says_text(self, node: cst.BaseExpression) -> bool | None:
        """An expression that nothing describes is a text where the project writes no content parts at all."""
        del node
        return None if self.inference.project.says(_PART) else True

    def starts(self, site: Site) -> bool:
        """Whether a site starts a run, blocking or as a stream."""
        return site in self.streams or site in self.creates

    @cached_property
    def has_tools(self) -> bool:
        """Whether the program answers function calls."""
        if any(b"requires_action" in site.file.data for site in self.flow.sites):
            return True
        return bool(uses.sites_named(self.flow, *SUBMITS)) or any(
            use.type_name == RUN
            and isinstance(use.parent, cst.Attribute)
            and use.parent.attr.value == "required_action"
            for use in self.run_uses
        )

    @cached_property
    def run_uses(self) -> list[uses.Use]:
        """Every expression that holds a run."""
        return list(uses.object_uses(self.flow, frozenset({RUN})))

    @cached_property
    def shows_runs(self) -> bool:
        """Whether the program shows its users runs or calls whole; what it logs is for those who look after it."""
        calls = uses.object_uses(self.flow, ACTION_TYPES | CALL_TYPES | {"list"})
        whole = [(uses.awaited(use.node, use.file), use.file, self.inference) for use in (*self.run_uses, *calls)]
        return any(is_displayed(*use) and not is_displayed(*use, LOGS) for use in whole)

    @cached_property
    def own_threads_go_on(self) -> bool:
        """Whether the program may go on with threads after a run of them failed."""
        return goes_on_in(self.flow, self.inference)

    @cached_property
    def waiting(self) -> list[Waiting]:
        """The loops that wait for the flow's runs."""
        handed = frozenset[cst.CSTNode]().union(*self.handovers.values())
        renewed = frozenset(renewal.call for found in self.renewals.values() for renewal in found)
        return self._loops(handed, renewed)

    def _loops(self, handed: frozenset[cst.CSTNode], renewed: frozenset[cst.Call]) -> list[Waiting]:
        retrieves = uses.sites_named(self.flow, *RETRIEVES)
        return waiting_loops(retrieves, self.submits, handed, renewed, self.inference)

    def origin_of(self, submit: Site) -> Site | None:
        """The run creation whose run a submission goes on with, if its arguments can be said again."""
        found = [site for site in self.creates if site.file is submit.file and site.scope is submit.scope]
        if not found and self.handovers.get(submit) is not None:
            return self._origin_elsewhere(submit)
        if len(found) != 1 or found[0].call is None:
            return None
        for arg in found[0].call.args:
            name = arg.keyword.value if arg.keyword is not None else "thread_id"
            if name == "tool_choice" or (
                name not in {"thread", "additional_messages"} and not can_be_repeated(arg.value, found[0])
            ):
                return None
        return found[0]

    def _origin_elsewhere(self, submit: Site) -> Site | None:
        """Any of the runs of other functions, if all of them are told the same that can be said here too."""
        same = len({settings(site) for site in self.creates if site.call is not None}) == 1
        told = all(site.call is not None and says_again(site, submit, self.inference) for site in self.creates)
        return self.creates[0] if same and told and not self.streams else None

    def run_of(self, submit: Site) -> cst.BaseExpression | None:
        """What holds the run that a submission goes on with; a handler holds that of its own events."""
        run_id = argument(submit.call, "run_id", 0) if submit.call is not None else None
        if isinstance(run_id, cst.Attribute) and run_id.attr.value == "id":
            kind = self.inference.kind(run_id.value, submit.file)
            return run_id.value if is_run(kind) else None
        if submit in self.renewals and isinstance(run_id, cst.Name):
            return self._run_by_name(run_id, submit)
        function = submit.scope.enclosing_function()
        owner = self.inference.members.owner_of.get(function) if function is not None else None
        held = owner is not None and is_resumed(submit) and self.inference.is_handler(*owner)
        return attribute(cst.Name("self"), "current_run") if held else None

    def _run_by_name(self, run_id: cst.Name, submit: Site) -> cst.BaseExpression | None:
        """The run that an id stands for: a name that holds it there, else what the server knows of it."""
        own = next(renewal for renewal in self.renewals[submit] if renewal.call is submit.call)
        if own.at_hand:
            return cst.Name(own.at_hand)
        client = client_at(submit, self.inference)
        if client is None:
            return None
        known = cst.Call(attribute(client, "responses", "retrieve"), [cst.Arg(run_id)])
        return cst.Await(known) if submit.is_async else known

    def tells_settings(self, submit: Site) -> bool:
        """Whether the response that a submission goes on with is at hand, and tells what it has to be told again."""
        starts = [*self.creates, *self.streams]
        if any(site.call is None or argument(site.call, "tool_choice") is not None for site in starts):
            return False
        if is_resumed(submit):
            return self.run_of(submit) is not None
        beside = any(site.file is submit.file and site.scope is submit.scope for site in self.creates)
        return self.run_of(submit) is not None and (beside or submit in self.handovers)

    @cached_property
    def handovers(self) -> dict[Site, frozenset[cst.Call]]:
        """The submissions whose run the code goes on with elsewhere too, with the calls that lead to them."""
        renewed = {
            site: frozenset(renewal.call for renewal in found if renewal.call is not site.call)
            for site, found in self.renewals.items()
        }
        return {**self._handed_over, **renewed}

    @cached_property
    def _handed_over(self) -> dict[Site, frozenset[cst.Call]]:
        """The submissions in other functions than those that create runs, with the calls that lead to them."""
        retrieves = uses.sites_named(self.flow, *RETRIEVES)
        found = {site: handed_over(site, retrieves, self.inference) for site in self._apart}
        return {site: calls for site, calls in found.items() if calls is not None}

    @property
    def _apart(self) -> list[Site]:
        places = {(site.file, site.scope) for site in self.creates}
        return [site for site in self.submits if (site.file, site.scope) not in places]

    @property
    def _not_handed_over(self) -> list[Site]:
        return [site for site in self._apart if site not in self._handed_over]

    @property
    def _under_other_names(self) -> list[Site]:
        """The submissions in loops that retrieve runs under other names too."""
        handed = frozenset[cst.CSTNode]().union(*self._handed_over.values())
        loops = self._loops(handed, frozenset())
        return [site for loop in loops for site in loop.submits if site not in self._apart and not loop.goes_on(site)]

    @cached_property
    def renewals(self) -> dict[Site, tuple[Renewal, ...]]:
        """The submissions whose run is known by its id, or kept by callers, with all calls that give the next one."""
        named = read_by_name([*uses.sites_named(self.flow, *RETRIEVES), *self.submits])
        asked = self.submits if named else [*self._not_handed_over, *self._under_other_names]
        if not asked or keeps_runs(self.flow, self.inference):
            return {}
        found = {site: renewals(site, self.flow, self.inference) for site in asked}
        return {site: calls for site, calls in found.items() if calls is not None}

    @cached_property
    def adding_calls(self) -> frozenset[cst.Call]:
        """The calls of functions that add to a thread of the flow."""
        return calls_that_add(self.flow, self.inference)
