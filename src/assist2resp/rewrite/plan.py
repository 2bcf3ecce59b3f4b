"""What a flow's rules decide, kept apart until it is certain that the whole flow can be rewritten."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import libcst as cst

from assist2resp.rewrite.flows import uses
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.sites import Site
from assist2resp.rewrite.literals.lookup import Lookup
from assist2resp.rewrite.plainness.plain_runs import PlainRuns
from assist2resp.rewrite.project.project import SourceFile
from assist2resp.rewrite.syntax.applying import Build
from assist2resp.rewrite.syntax.names import free_name
from assist2resp.rewrite.syntax.scopes import Scope, Variable
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.values.kinds import Resource
from assist2resp.schema.findings import Level


@dataclass(frozen=True)
class Claim:
    """How a rule ended one site."""

    site: Site
    code: str
    level: Level
    message: str
    plain: bool = False
    """Whether the site's own call is one of the SDK's now, or gone.

    Small functions of the support module may make its arguments or read its result (`conversation_id`,
    `request_arguments`, `run_status`): the request is the program's own. What calls the module instead of the SDK is
    not plain: the old surface (`threads(client)`, `assistants(client)`), and `file_content` too.
    """


def _for_openai(claim: Claim) -> Claim:
    """A claim that says so where the client is Azure's at times."""
    if not isinstance(claim.site.receiver, Resource) or not claim.site.receiver.may_be_azure:
        return claim
    text = f"{claim.message.rstrip('.')}; where the client is Azure's, whose Assistants ended too, see A2R011."
    return replace(claim, level=Level.REVIEW, message=text)


@dataclass(frozen=True)
class Change:
    """One node's change in one file."""

    file: SourceFile
    node: cst.CSTNode
    build: Build


class Holders(Protocol):
    """Which expressions hold an assistant's configuration."""

    def holder(self, node: cst.BaseExpression, file: SourceFile) -> cst.BaseExpression | None:
        """The expression that holds the configuration which an id stands for; None for another id."""


@dataclass
class Plan:
    """One flow's claims and changes. A site belongs to the first rule that claims it."""

    flow: Flow
    inference: Inference
    gone: AbstractSet[Site] = frozenset()
    """Sites of flows before this one that do not read the old API any more."""
    claims: dict[Site, Claim] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    configured: set[Site] = field(default_factory=set)
    """Creations of assistants that became configuration in code."""
    configurations: Holders | None = None
    """What holds them."""
    folded: dict[Site, list[cst.BaseExpression]] = field(default_factory=dict)
    """Per run: the messages that are its response's input."""
    waits: set[Site] = field(default_factory=set)
    """Retrievals that only waited."""
    renewed: set[cst.Call] = field(default_factory=set)
    """Calls that give the next run to all names that are read later."""
    support: dict[SourceFile, dict[str, set[str]]] = field(default_factory=dict)
    """Per file: name to import from the support module -> the old paths that it must offer."""
    imports: dict[SourceFile, set[tuple[str, str, str]]] = field(default_factory=dict)
    """Per file: module, name and local name of types to import."""
    offers: dict[SourceFile, set[str]] = field(default_factory=dict)
    """Per file: old paths that the support module must offer beyond those of its imports."""
    renamed: dict[Variable, str] = field(default_factory=dict)
    """Variables that are gone, since another one holds the same."""
    named: dict[Scope, set[str]] = field(default_factory=dict)
    """Names of new variables."""
    conversations: dict[Site, cst.Name] = field(default_factory=dict)
    """Per run that began with a thread of its own: the variable that holds its conversation."""
    _is_closed: bool = False
    _looks: dict[SourceFile, Lookup] = field(default_factory=dict)
    _locals: dict[tuple[SourceFile, str], str] = field(default_factory=dict)

    @cached_property
    def plain(self) -> PlainRuns:
        """Whether the flow's runs can be plain Responses."""
        return PlainRuns(self.flow, self.inference)

    def look(self, file: SourceFile) -> Lookup:
        """The names of one of the flow's files, for the conversions of literals."""
        if file not in self._looks:
            self._looks[file] = replace(
                self.plain.look(file), in_parts=self.plain.reads_parts, keeps_idle_search=self.plain.brings_files
            )
        return self._looks[file]

    def is_shared(self, file: SourceFile, name: str) -> bool:
        """Whether another module of the project imports a name of this one, or all of them."""
        return uses.is_shared(self.inference.project, file, name)

    @property
    def open_sites(self) -> list[Site]:
        """The sites that no rule has claimed."""
        return [site for site in self.flow.sites if site not in self.claims]

    @property
    def blockers(self) -> list[Claim]:
        """The claims that keep the flow from being rewritten."""
        return [claim for claim in self.claims.values() if claim.level is Level.MANUAL]

    def credit(self, site: Site, code: str, message: str) -> None:
        """Give a site that is rewritten to the rule that does the most of it."""
        self.claims[site] = _for_openai(Claim(site, code, Level.FIXED, message, self.claims[site].plain))

    def fix(self, site: Site, code: str, message: str, *, level: Level = Level.FIXED, plain: bool = False) -> None:
        """Claim a site as rewritten."""
        self.claims.setdefault(site, _for_openai(Claim(site, code, level, message, plain)))

    def block(self, site: Site, code: str, message: str) -> None:
        """Claim a site as one that cannot be rewritten; its whole flow stays."""
        self.claims.setdefault(site, Claim(site, code, Level.MANUAL, message))

    def change(self, file: SourceFile, node: cst.CSTNode, build: Build) -> None:
        """Note a change of one node."""
        self.changes.append(Change(file, node, build))

    def replace(self, file: SourceFile, node: cst.CSTNode, new: cst.CSTNode) -> None:
        """Note that `new` takes the place of `node`."""
        self.change(file, node, lambda _: new)

    def rename(self, file: SourceFile, variable: Variable, name: str) -> None:
        """Read `name` wherever a variable was read; its assignment is the caller's to remove."""
        self.renamed[variable] = name
        for use in self.look(file).uses(variable):
            self.replace(file, use, cst.Name(name))

    def need(self, file: SourceFile, name: str, *paths: str) -> str:
        """Import `name` from the support module, which must offer `paths`; gives the name to write."""
        self._refuse_late()
        self.support.setdefault(file, {}).setdefault(name, set()).update(paths or (name,))
        return self.local_name(file, name)

    def import_type(self, file: SourceFile, module: str, name: str) -> str:
        """Import a type of the SDK; gives the name to write."""
        self._refuse_late()
        assert file.tree is not None
        local = free_name(file.scopes, name, f"OpenAI{name}")
        self.imports.setdefault(file, set()).add((module, name, local))
        return local

    def offer(self, file: SourceFile, path: str) -> None:
        """Note that the support module of `file` must offer an old path, reached through an alias."""
        self._refuse_late()
        self.offers.setdefault(file, set()).add(path)

    def close(self) -> None:
        """From now on changes are made, maybe in another process: none of them may ask for something more."""
        self._is_closed = True

    def _refuse_late(self) -> None:
        if self._is_closed:
            raise RuntimeError("a change asks for a name of the support module or of the SDK; ask when it is planned")

    def local_name(self, file: SourceFile, name: str) -> str:
        """What a file calls a name of the support module: itself, unless the file calls something else so."""
        if (file, name) not in self._locals:
            assert file.tree is not None
            self._locals[file, name] = free_name(file.scopes, name, f"compat_{name}")
        return self._locals[file, name]

    @property
    def is_async(self) -> bool:
        """Whether some of the flow's clients are asynchronous."""
        return any(client.is_async for client in self._clients)

    @property
    def is_sync(self) -> bool:
        """Whether some of them are not; what nothing tells is not."""
        return not self.is_async or any(not client.is_async for client in self._clients)

    @property
    def _clients(self) -> list[Resource]:
        return [site.receiver for site in self.flow.sites if isinstance(site.receiver, Resource)]
