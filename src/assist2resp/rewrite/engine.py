"""The rewriter's one path: files in, flows found, rules applied, changed files and findings out. Pure but for reading."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import libcst as cst

from assist2resp import __version__
from assist2resp.plugins import discover
from assist2resp.rewrite.faults import REPORT, UnwrittenError, flows_of, origin
from assist2resp.rewrite.flows.aliases import names_last
from assist2resp.rewrite.flows.connections import find_flows
from assist2resp.rewrite.flows.flow import Flow
from assist2resp.rewrite.flows.sites import Site, find_sites, statement_of
from assist2resp.rewrite.outcome import FileChange, Options, Outcome
from assist2resp.rewrite.plan import Claim, Plan
from assist2resp.rewrite.project.ahead import Ahead
from assist2resp.rewrite.project.ignores import Ignores, ignored
from assist2resp.rewrite.project.project import Project, SourceFile, open_project
from assist2resp.rewrite.project.unparsable import deep_recursion
from assist2resp.rewrite.rules._base import Context, FileRule, Rewritten, Rule, Sight, TreeRule
from assist2resp.rewrite.support.placement import Placement, place_support
from assist2resp.rewrite.syntax.edits import Edits
from assist2resp.rewrite.syntax.imports import add_import
from assist2resp.rewrite.syntax.printing import as_bytes
from assist2resp.rewrite.syntax.unused_imports import drop_unused, used_names
from assist2resp.rewrite.values.inference import Inference
from assist2resp.rewrite.workers import jobs_for, shared_out
from assist2resp.schema.findings import FileFailure, Finding, Findings, Level, Place, Remark

_UNFINISHED = "A2R099"
_WORTHWHILE = 20
"""Changed files for each process that makes them; with fewer, a process costs more than it saves."""


def load_rules(does: str = "apply") -> list[Any]:
    """The rules of `rules/*` for flows, or those that `look` at files or `survey` the tree, in the order of their codes."""
    found: list[Rule] = []
    for module in discover("assist2resp.rewrite.rules"):
        found += [
            value()
            for value in vars(module).values()
            if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, does)
        ]
    return sorted(found, key=lambda rule: rule.code)


def rewrite(paths: Iterable[Path], options: Options, ahead: Ahead | None = None) -> Outcome:
    """Decide what becomes of the tree under `paths`, into which `ahead` may look already. Nothing is written.

    Raises InputFileError for a path that does not exist or a file that is not Python.
    """
    progress = options.progress
    with nullcontext(ahead) if ahead is not None else Ahead(paths, options) as looking:
        project = open_project(looking, progress)
    progress("following values", 0, 0)
    faults: dict[int, str] = {}
    with deep_recursion(3):
        while True:
            run = _Run(project, options, faults)
            try:
                return run.whole()
            except UnwrittenError as error:  # again from the start, without the flows of that file
                faults |= flows_of(error, run.plans)


@dataclass
class _Run:
    """One run's growing result."""

    project: Project
    options: Options
    faults: Mapping[int, str]
    """Where the changes of flows failed in a run before, by the flows' numbers."""
    plans: list[Plan] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    failed: list[FileFailure] = field(default_factory=list)
    """Where the rewriter itself failed."""

    def __post_init__(self) -> None:
        self.inference = Inference(self.project)
        self.sites = find_sites(self.inference)
        self.rules = load_rules()
        self.edits: dict[SourceFile, Edits] = {}
        self.ignores: dict[SourceFile, Ignores] = {}
        self.gone: set[Site] = set()

    def whole(self) -> Outcome:
        """All flows taken, and all files looked at.

        Raises UnwrittenError for a file whose changes cannot be made.
        """
        flows = names_last(find_flows(self.sites, self.inference))
        for number, flow in enumerate(flows):
            self.options.progress("rewriting", number, len(flows))
            self.take(flow)
        self.look_around()
        return self.outcome()

    def take(self, flow: Flow) -> None:
        """Let the rules plan a flow, and keep the plan or report why it stays."""
        plan = self._planned(flow)
        kept = [claim for claim in plan.claims.values() if self._is_ignored(claim)]
        if kept or plan.blockers:
            self._report_blocked(plan, kept)
        else:
            self._keep(plan)

    def _planned(self, flow: Flow) -> Plan:
        """What the rules make of a flow; a flow that one of them fails at is left alone."""
        why = self.faults.get(flow.number)
        if why is not None:
            return self._left_alone(flow, why)
        plan = Plan(flow, self.inference, self.gone)
        try:
            for rule in self.rules:
                if self._is_selected(rule):
                    rule.apply(plan)
        except Exception as error:  # noqa: BLE001 - the boundary of one flow: the others are rewritten
            return self._left_alone(flow, origin(error))
        for site in plan.open_sites:
            plan.block(site, _UNFINISHED, f"no rule rewrites {site.path} in this place yet.")
        return plan

    def _left_alone(self, flow: Flow, why: str) -> Plan:
        """A flow that the rewriter failed at, as the only thing that is said of it."""
        place, plan = _place(flow.sites[0].file, flow.sites[0].node), Plan(flow, self.inference)
        problem = f"was not rewritten from here: {why}; {REPORT}"
        self.failed.append(FileFailure(path=place.path, problem=problem, line=place.line))
        for site in flow.sites:
            plan.block(site, _UNFINISHED, f"the rewriter itself failed here ({why}); this is left as it is.")
        return plan

    def look_around(self) -> None:
        """Let the rules for files tell what is no call site, and change what they were told to."""
        context = Context(self.inference, self.options)
        seen: set[tuple[str, cst.CSTNode]] = set()
        rules: list[FileRule] = [rule for rule in load_rules("look") if self._is_wanted(rule.code)]
        for rule in rules:
            for sight in (sight for file in self.project.modules for sight in self._sights(rule, file, context)):
                if (rule.code, sight.node) not in seen and self._tell(rule.code, sight) and sight.build is not None:
                    self.edits.setdefault(sight.file, Edits()).change(sight.node, sight.build)
                seen.add((rule.code, sight.node))

    def _sights(self, rule: FileRule, file: SourceFile, context: Context) -> list[Sight]:
        try:
            return list(rule.look(file, context))
        except Exception as error:  # noqa: BLE001 - the boundary of one file: the others are looked at
            problem = f"was not looked at in full: {rule.code} failed ({origin(error)}); {REPORT}"
            self.failed.append(FileFailure(path=shown_path(file.path), problem=problem))
            return []

    def _tell(self, code: str, sight: Sight) -> bool:
        """Report a sight, unless a comment keeps the rule away from its place."""
        if self._ignores(sight.file).covers(sight.file.starts[sight.node].line, code):
            return False
        place = _place(sight.file, sight.node)
        self.findings.append(
            Finding(code=code, level=sight.level, place=place, message=sight.message, symbol=sight.symbol)
        )
        return True

    def _survey(self, changes: list[FileChange]) -> Iterator[FileChange]:
        """Let the rules for the tree tell what lies around the rewritten program; gives what they write."""
        rewritten = Rewritten(self.project, tuple(self.plans), tuple(changes), self.options)
        rules: list[TreeRule] = [rule for rule in load_rules("survey") if self._is_wanted(rule.code)]
        for rule in rules:
            for note in rule.survey(rewritten):
                if isinstance(note, Sight):
                    self._tell(rule.code, note)
                    continue
                place = replace(note.place, path=shown_path(note.path))
                self.findings.append(
                    Finding(code=rule.code, level=note.level, place=place, message=note.message, symbol=note.symbol)
                )
                yield from note.changes

    def _is_selected(self, rule: Rule) -> bool:
        return rule.level is Level.MANUAL or self._is_wanted(rule.code)

    def _is_wanted(self, code: str) -> bool:
        chosen = not self.options.select or code.startswith(self.options.select)
        return chosen and not code.startswith(tuple(self.options.ignore) or ("\0",))

    def _is_ignored(self, claim: Claim) -> bool:
        """Whether a comment keeps the rule of this claim away from its site; such a site is not reported."""
        ignores = self._ignores(claim.site.file)
        return bool(ignores.ignores) and ignores.covers(claim.site.file.starts[claim.site.node].line, claim.code)

    def _ignores(self, file: SourceFile) -> Ignores:
        if file not in self.ignores:
            self.ignores[file] = ignored(file.data)
        return self.ignores[file]

    def _keep(self, plan: Plan) -> None:
        self.plans.append(plan)
        for change in plan.changes:
            self.edits.setdefault(change.file, Edits()).change(change.node, change.build)
        for claim in plan.claims.values():
            self.findings.append(self._finding(plan.flow, claim))
        self.gone.update(claim.site for claim in plan.claims.values() if claim.plain)

    def _report_blocked(self, plan: Plan, ignored: Sequence[Claim]) -> None:
        first = (plan.blockers or ignored)[0]
        place = _place(first.site.file, first.site.node)
        for site in plan.flow.sites:
            claim = plan.claims[site]
            if claim in ignored:
                continue
            if claim.level is Level.MANUAL:
                if claim.site.is_certain:
                    line = f"# TODO[assist2resp:{claim.code}] {claim.message}"
                    statement = statement_of(site.node, site.file)
                    self.edits.setdefault(site.file, Edits()).comment(statement, line)
                self.findings.append(self._finding(plan.flow, claim))
            else:
                message = (
                    f"left as it is, since it works with {first.site.path} at {place.path}:{place.line}, which stays."
                )
                left = Claim(site, claim.code, Level.MANUAL, message)
                self.findings.append(replace(self._finding(plan.flow, left), blocked_by=place))

    def _finding(self, flow: Flow, claim: Claim) -> Finding:
        return Finding(
            code=claim.code,
            level=claim.level,
            place=_place(claim.site.file, claim.site.node),
            message=claim.message,
            symbol=claim.site.path,
            flow=flow.number,
            plain=claim.plain,
        )

    def outcome(self) -> Outcome:
        """The changed files, the support modules and the findings."""
        changes = self._changes(place_support(self.plans, self.project, self.options))
        changes += self._survey(changes)
        changed = tuple(sorted(changes, key=lambda change: change.path))
        obstacles = {plan.flow.number: plan.plain.obstacle for plan in self.plans if not plan.plain.possible}
        return Outcome(changed, self._findings(changed), obstacles)

    def _changes(self, placements: list[Placement]) -> list[FileChange]:
        """The files as they become, and the support modules."""
        for plan in self.plans:
            plan.close()
        types: dict[SourceFile, set[tuple[str, str, str]]] = {}
        for file, found in ((file, found) for plan in self.plans for file, found in plan.imports.items()):
            types.setdefault(file, set()).update(found)

        def work(file: SourceFile | None) -> list[FileChange]:
            if file is None:  # one process makes all support modules, since it reads their parts once
                return [change for placement in placements for change in placement.changes()]
            try:
                return list(self._changed(file, sorted(types.get(file, ())), placements))
            except Exception as error:
                raise UnwrittenError(file, origin(error)) from error

        tasks = [None, *(file for file, edits in self.edits.items() if edits)]
        jobs = jobs_for(len(tasks), self.options.jobs, _WORTHWHILE)
        support, *rewritten = shared_out(tasks, work, jobs)
        return [change for changes in (*rewritten, support) for change in changes]

    def _changed(
        self, file: SourceFile, types: list[tuple[str, str, str]], placements: list[Placement]
    ) -> Iterator[FileChange]:
        tree = self.edits[file].apply(_tree(file), file.scopes)
        for module, group in groupby(types, key=lambda found: found[0]):
            tree = add_import(tree, module, [(name, local) for _, name, local in group])
        used = used_names(tree)
        for placement in placements:
            imported = placement.import_for(file)
            if imported is not None:
                pairs = [(name, local) for name, local in imported[1] if local in used]
                tree = add_import(tree, imported[0], pairs, lambda name: self._is_local(name, file))
        after = as_bytes(drop_unused(_tree(file), tree, used), file.starts) + file.blank_end
        if after != file.data:
            yield FileChange(file.path, file.on_disk, file.as_on_disk(after))

    def _is_local(self, name: str, file: SourceFile) -> bool:
        """Whether an imported module is the project's own."""
        return (
            name.startswith(".") or name == self.options.support_module or self.project.resolve(name, file) is not None
        )

    def _failures(self) -> tuple[FileFailure, ...]:
        """The files that could not be read, parsed or rewritten."""
        unread = [
            FileFailure(path=shown_path(path), problem=f"cannot be read: {why}.")
            for path, why in self.project.unreadable
        ]
        unparsed = [
            FileFailure(
                path=shown_path(file.path), problem=f"{file.problem}; left alone.", line=file.line(file.problem_line)
            )
            for file in self.project.files.values()
            if file.problem and file.has_needle
        ]
        return (*unread, *unparsed, *self.failed)

    def _remarks(self) -> tuple[Remark, ...]:
        """The comments that were meant for us and say nothing we know."""
        return tuple(
            Remark(place=Place(path=shown_path(file.path), line=file.line(mistake.line)), message=mistake.problem)
            for file in self.project.modules
            for mistake in self._ignores(file).mistakes
        )

    def _findings(self, changes: tuple[FileChange, ...]) -> Findings:
        ordered = sorted(self.findings, key=lambda f: (f.place.path, f.place.line, f.place.column, f.code))
        return Findings(
            tool_version=__version__,
            files_looked_at=len(self.project.files),
            files_parsed=len(self.project.modules),
            files_changed=tuple(shown_path(change.path) for change in changes),
            findings=tuple(ordered),
            failures=self._failures(),
            remarks=self._remarks(),
        )


def _tree(file: SourceFile) -> cst.Module:
    assert file.tree is not None
    return file.tree


def shown_path(path: Path) -> str:
    """A path as the user would write it: relative to the working folder where it lies below it."""
    return path.as_posix().removeprefix(f"{Path.cwd().as_posix().rstrip('/')}/")


def _place(file: SourceFile, node: cst.CSTNode) -> Place:
    """The place of a node in the file itself."""
    start = file.starts[node]
    return Place(path=shown_path(file.path), line=file.line(start.line), column=start.column + 1)


__all__ = ["Site", "load_rules", "rewrite"]
