"""Where listed messages go, and what is read of them: followed from each listing to the texts, or given up.

A listing is a plain one where all that the program reads of its messages is their role, id and texts, which items of a
conversation have too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

import libcst as cst

from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.messages.names import MessageNames
from assist2resp.rewrite.messages.shapes import Found, LeftError, Shape
from assist2resp.rewrite.messages.steps import next_of
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Sdk

_TEXT = "beta.threads.Text"


@dataclass
class MessageReads:
    """The listings, out of `candidates`, all of whose uses are understood, and every expression that holds them."""

    inference: Inference
    candidates: Iterable[Site]
    allowed: Collection[cst.CSTNode] = ()
    """Attributes that may be read beside those that items have."""
    cites: bool = False
    """Whether texts keep what they cite, so that it does not matter what is done with them."""
    found: dict[cst.CSTNode, Found] = field(default_factory=dict, init=False)
    sites: set[Site] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.sites = set(self.candidates)
        while self.sites and (left := self._trace()):
            self.sites -= left
        if not self.sites:
            self.found = {}

    def of(self, shape: Shape, site: Site) -> list[Found]:
        """The expressions of a shape that may hold what a listing gave."""
        return [found for found in self.found.values() if found.shape is shape and site in found.sites]

    def related(self, sites: Collection[Site]) -> set[Site]:
        """These listings and all that are read in the same places as one of them."""
        related = set(sites)
        while (
            more := {site for found in self.found.values() if related & found.sites for site in found.sites} - related
        ):
            related |= more
        return related

    def keeps_texts(self, site: Site) -> bool:
        """Whether texts that are made anew wherever they are read from serve as well as those of the messages did.

        They do not where one read changes what another sees.
        """
        texts = self.of(Shape.TEXT, site)
        return len(texts) < 2 or not any(_changes(found.file, self.inference) for found in texts)

    def _trace(self) -> set[Site]:
        """Follow every listing as far as it goes; gives those that go too far."""
        self.found = {}
        names, left = MessageNames(self.inference), set[Site]()
        waiting = [Found(site.awaited, site.file, Shape.PAGE, frozenset({site})) for site in self.sites]
        while waiting:
            found = waiting.pop()
            known = self.found.get(found.node)
            if known is not None:
                if (known.shape, known.is_dumped) != (found.shape, found.is_dumped):
                    left |= known.sites | found.sites
                    continue
                if found.sites <= known.sites:
                    continue
                found = replace(found, sites=found.sites | known.sites)
            self.found[found.node] = found
            if self.cites and found.is_dumped:
                left |= found.sites
            if self.cites and (found.is_dumped or found.shape is Shape.TEXT):
                continue
            try:
                waiting.extend(next_of(found, names, self.inference, self.allowed))
            except LeftError:
                left |= found.sites
        return left | names.mixed(self.found)


def _changes(file: SourceFile, inference: Inference) -> bool:
    """Whether a file gives texts of messages other words."""
    written = (target.target for target in file.scopes.nodes(cst.AssignTarget))
    changed = [target.value for target in written if isinstance(target, cst.Attribute) and target.attr.value == "value"]
    kinds = [inference.kind(node, file) for node in changed]
    return any(isinstance(kind, Sdk) and kind.type.name == _TEXT for kind in kinds)
