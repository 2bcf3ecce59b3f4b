"""Writing an outcome: files that one flow connects are written together or not at all.

Every file of a group is staged before the first one changes; when one cannot be put in place, those before it are put
back. The outcome that comes out tells what is true on disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assist2resp.rewrite.outcome import FileChange, Outcome, absolute
from assist2resp.rewrite.output.files import FileProblemError, Staged, remove, stage, write
from assist2resp.schema.findings import FileFailure, Finding, Level


def write_outcome(outcome: Outcome) -> Outcome:
    """Write every change; what could not be written becomes a failure, and its findings `manual`."""
    unwritten: dict[Path, FileProblemError] = {}
    for group in groups(outcome):
        problem = _write_group(group)
        if problem is not None:
            unwritten |= dict.fromkeys((change.path for change in group), problem)
    return withhold(outcome, unwritten) if unwritten else outcome


def without_other_files(outcome: Outcome, path: Path) -> Outcome:
    """The outcome for somebody who can take one file only: its change is withheld when it needs others as well."""
    others = [change.path.name for change in outcome.changes if change.path != absolute(path)]
    if not others:
        return outcome
    problem = FileProblemError(absolute(path), f"needs {', '.join(others)} as well; run `assist2resp rewrite {path}`.")
    return withhold(outcome, {change.path: problem for change in outcome.changes})


def groups(outcome: Outcome) -> list[tuple[FileChange, ...]]:
    """The changes in groups that only make sense together, in the order of the changes.

    Two files belong together when a flow has sites in both, or when one names a new file of the same outcome.
    """
    leader = {change.path: change.path for change in outcome.changes}

    def find(path: Path) -> Path:
        while leader[path] != path:
            path = leader[path]
        return path

    def join(paths: Iterable[Path]) -> None:
        first, *rest = dict.fromkeys(find(path) for path in paths)
        leader.update(dict.fromkeys(rest, first))

    for paths in (*_flows(outcome.findings.findings, leader), *_users_of_new_files(outcome.changes)):
        join(paths)
    grouped: dict[Path, list[FileChange]] = {}
    for change in outcome.changes:
        grouped.setdefault(find(change.path), []).append(change)
    return [tuple(group) for group in grouped.values()]


def _flows(findings: Iterable[Finding], known: Iterable[Path]) -> list[list[Path]]:
    flows: dict[int, list[Path]] = {}
    for finding in findings:
        path = absolute(finding.place.path)
        if finding.flow and finding.level is not Level.MANUAL and path in known:
            flows.setdefault(finding.flow, []).append(path)
    return list(flows.values())


def _users_of_new_files(changes: Sequence[FileChange]) -> list[list[Path]]:
    found = []
    for new in (change for change in changes if change.before is None):
        name = re.compile(rb"\b" + re.escape(new.path.stem.encode()) + rb"\b")
        found.append([new.path, *(change.path for change in changes if name.search(change.after))])
    return found


def _write_group(group: Sequence[FileChange]) -> FileProblemError | None:
    staged: list[Staged] = []
    done: list[FileChange] = []
    try:
        for change in group:
            staged.append(stage(change.path, change.before, change.after))  # noqa: PERF401 - kept up to a failure
        for change, ready in zip(group, staged, strict=True):
            ready.commit()
            done.append(change)
    except FileProblemError as problem:
        return _put_back(done) or problem
    except BaseException:
        _put_back(done)
        raise
    finally:
        for ready in staged:
            ready.discard()
    return None


def _put_back(done: Iterable[FileChange]) -> FileProblemError | None:
    """Undo the writes of a group; a file that cannot be put back is the failure to tell of."""
    failed = None
    for change in done:
        try:
            if change.before is None:
                remove(change.path)
            else:
                write(change.path, change.after, change.before)
        except FileProblemError as problem:
            failed = FileProblemError(
                change.path, f"was rewritten, its flow failed elsewhere, and the old text: {problem.problem}"
            )
    return failed


def withhold(outcome: Outcome, unwritten: Mapping[Path, FileProblemError]) -> Outcome:
    """The outcome without these changes: each problem is a failure, and what was to be fixed is `manual`."""
    findings = outcome.findings
    blamed = {problem.path: problem for problem in unwritten.values()}
    shown = (*findings.files_changed, *(finding.place.path for finding in findings.findings))
    named = {absolute(name): name for name in shown}
    failures = [FileFailure(path=named.get(path, str(path)), problem=blamed[path].problem) for path in sorted(blamed)]
    told = replace(
        findings,
        findings=tuple(_unwritten(finding, unwritten, named) for finding in findings.findings),
        files_changed=tuple(name for name in findings.files_changed if absolute(name) not in unwritten),
        failures=(*findings.failures, *failures),
    )
    return replace(outcome, changes=tuple(c for c in outcome.changes if c.path not in unwritten), findings=told)


def _unwritten(finding: Finding, unwritten: Mapping[Path, FileProblemError], named: Mapping[Path, str]) -> Finding:
    problem = unwritten.get(absolute(finding.place.path))
    if problem is None or finding.level is Level.MANUAL:
        return finding
    message = f"Not rewritten, since {named.get(problem.path, problem.path)} {problem.problem}"
    return replace(finding, level=Level.MANUAL, message=message, plain=False)
