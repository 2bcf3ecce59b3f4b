"""Whether a flow's runs can become plain Responses: decided once per flow, for all its runs together.

Yes only if every use of every run, of its tool calls and of its messages is one that has the same meaning on a Response.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.run_sites import CANCEL, CREATES, MESSAGE_LIST, POLLED
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.listings import Listing, plain_listings
from assist2resp.rewrite.messages.of_run import OfRun, kept_of_runs, listed_of_runs
from assist2resp.rewrite.messages.reads import MessageReads
from assist2resp.rewrite.plainness.early import early_obstacle
from assist2resp.rewrite.plainness.messages import message_obstacle
from assist2resp.rewrite.plainness.newest import newest_of_runs
from assist2resp.rewrite.plainness.sites import (
    brings_files,
    mock_obstacle,
    refusal_obstacle,
    site_obstacle,
)
from assist2resp.rewrite.plainness.uses import call_obstacle, id_obstacle, run_obstacle
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.runs.flow_runs import FlowRuns
from assist2resp.rewrite.streams.streamed_runs import is_streamed
from assist2resp.rewrite.values.kinds import Instance, Kind, Plain, Sdk

_REFUSED = re.compile(rb"BadRequestError|APIStatusError|while a run")
_TIME = re.compile(rb"""["']created_at["']""")


@dataclass
class PlainRuns(FlowRuns):
    """The answer for one flow: `obstacle` is empty when its runs can be plain, else the first reason why not."""

    obstacle: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.obstacle = self._obstacle()

    @property
    def possible(self) -> bool:
        return not self.obstacle

    @cached_property
    def newest(self) -> dict[Site, list[cst.BaseExpression]]:
        """The message listings of which only the newest message's text is read, with the expressions that read it."""
        return newest_of_runs(self)

    @property
    def listings(self) -> dict[Site, Listing]:
        """The message listings of which nothing is read that the conversation's items do not have.

        Those of the messages of one run are listings of its response's output, where it is one. Where runs go through
        the support module, it also lists what users see whole, which looks as it did then.
        """
        return self._listings_with_runs if self.possible else self._listings_beside_runs

    @cached_property
    def _listings_with_runs(self) -> dict[Site, Listing]:
        if self.mocked or self.early:
            return {}
        sites = uses.sites_named(self.flow, MESSAGE_LIST)
        return plain_listings(sites, self.inference, listed_of_runs(self, sites))

    @cached_property
    def _listings_beside_runs(self) -> dict[Site, Listing]:
        listed = self._listings_with_runs
        if any(listing.run is not None for listing in listed.values()):
            listed = plain_listings(uses.sites_named(self.flow, MESSAGE_LIST), self.inference)
        if not uses.sites_named(self.flow, *CREATES):
            return listed
        shown = {site for site, listing in listed.items() if listing.tells_users}
        return {site: listing for site, listing in listed.items() if site not in listing.reads.related(shown)}

    @cached_property
    def kept_of_runs(self) -> dict[Site, OfRun]:
        """The message listings of which only the messages of a run are kept, which its response has."""
        if self.mocked or self.early:
            return {}
        return kept_of_runs(self, uses.sites_named(self.flow, MESSAGE_LIST))

    @cached_property
    def reads_of_runs(self) -> dict[Site, MessageReads]:
        """What is read of those of them of which nothing is read that a response's items do not have."""
        plain = MessageReads(self.inference, self.kept_of_runs, self._reads_of_run_ids)
        rest = self.kept_of_runs.keys() - plain.sites
        citing = MessageReads(self.inference, rest, self._reads_of_run_ids, cites=True)
        return dict.fromkeys(plain.sites, plain) | {site: citing for site in citing.sites if citing.keeps_texts(site)}

    @cached_property
    def _reads_of_run_ids(self) -> frozenset[cst.CSTNode]:
        """Where listed messages are asked whose run they are of, to keep those of one."""
        return frozenset(loop.read for kept in self.kept_of_runs.values() for loop in kept.loops)

    @cached_property
    def reads_parts(self) -> bool:
        """Whether the program reads the parts of listed messages that may be its users'."""
        return any(listing.reads_earlier for listing in self.listings.values())

    @cached_property
    def followed(self) -> frozenset[cst.CSTNode]:
        """Every expression that holds messages of such listings."""
        reads = [*self.reads_of_runs.values(), *(listing.reads for listing in self.listings.values())]
        return frozenset().union(*(one.found for one in reads))

    @cached_property
    def brings_files(self) -> bool:
        """Whether the flow gives files or vector stores to its threads."""
        return any(brings_files(site, self) for site in self.flow.sites)

    @cached_property
    def threads_have_files(self) -> bool:
        """Whether any flow of the program gives files or vector stores to threads, whose ids may come to this one."""
        return any(brings_files(site, self) for site in self.flow.index.sites.values())

    @cached_property
    def writes_items(self) -> bool:
        """Whether messages may be written as items: these have no time, and are refused at once, in other words.

        A run that was just cancelled holds its conversation for a moment, which the support module waits for.
        """
        if self.possible:
            return True
        if self.early:
            return False
        return not (self.cancels or self.mocked or any(map(self._reads_more, uses.connected_files(self.flow))))

    @cached_property
    def cancels(self) -> bool:
        """Whether the program cancels runs, whose conversations may be locked for a moment then."""
        return any(site.path == CANCEL for site in self.flow.index.sites.values())

    def _reads_more(self, file: SourceFile) -> bool:
        if _REFUSED.search(file.data) or _TIME.search(file.data):
            return True
        said = (node for node in file.scopes.nodes(cst.Attribute) if node.attr.value == "created_at")
        read = (node for node in said if not file.scopes.is_definition(node, file.scopes.parent_of[node]))
        return any(map(_may_be_message, (self.inference.kind(node.value, file) for node in read)))

    @cached_property
    def mocked(self) -> str:
        """Why plain calls would not meet a mock that tests of the project prepare; empty where none does."""
        return mock_obstacle(self)

    @cached_property
    def early(self) -> str:
        """What is read before runs were waited for; empty where nothing is."""
        return early_obstacle(self)

    def _obstacle(self) -> str:
        if not self.creates and not any(map(is_streamed, self.flow.sites)):
            return "the flow creates no run"
        return (
            self.mocked
            or refusal_obstacle(self)
            or site_obstacle(self)
            or self._loop_obstacle()
            or run_obstacle(self)
            or self.early
            or call_obstacle(self)
            or message_obstacle(
                self,
                {*self.newest, *self.listings, *self.kept_of_runs},
                self.followed,
                self._reads_of_run_ids,
            )
            or id_obstacle(self)
        )

    def _loop_obstacle(self) -> str:
        polled = any(site.name in POLLED for site in self.creates)
        for waiting in self.waiting:
            if waiting.obstacle:
                return waiting.obstacle
            if waiting.skipped and polled:
                return "a loop may find its run at its end, and does nothing then"
        return ""


def _may_be_message(kind: Kind) -> bool:
    """Whether a value may be a message, whose time no item has; other objects of the SDK are none."""
    return (
        kind.type.name == "beta.threads.Message" if isinstance(kind, Sdk) else not isinstance(kind, (Instance, Plain))
    )
