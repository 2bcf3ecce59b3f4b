"""A2R920: assistants and threads that a program finds by stored ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from assist2resp.rewrite.configurations.archived import (
    REGISTRY,
    Archived,
    read_assistants,
    read_registry,
    registry_of,
    registry_text,
)
from assist2resp.rewrite.configurations.stored_ids import StoredIds, makes_assistants, stored_ids
from assist2resp.rewrite.outcome import FileChange
from assist2resp.rewrite.rules._base import Note, Rewritten, Sight
from assist2resp.rewrite.values.constants import Constants
from assist2resp.schema.findings import Level, Place


class FillRegistry:
    """An assistant that a program finds by its id has to be in `assistants.json`, beside the support module.

    What: flows that take assistants' ids from literals, the environment, settings or files and create none. With
    `--archive DIR` the assistants that `assist2resp export` saved are written into assistants.json: those whose ids the
    program names, or all where the ids come from elsewhere. Literal thread ids have to be in the id map.
    Why: the settings of such an assistant lay on OpenAI's servers only; the rewritten program looks for them there.
    Safety: entries that assistants.json has already are never changed.
    Known problems: without an archive the settings have to be written by hand, in the shape that the old API showed.
    See: https://platform.openai.com/docs/assistants/migration
    """

    code = "A2R920"
    title = "fill the registry of assistants"
    level = Level.REVIEW
    CASES = (("print('asst_abc123456')\n", "print('asst_abc123456')\n"),)

    def survey(self, rewritten: Rewritten) -> Iterable[Note | Sight]:
        """Say what the registry lacks, and fill it from the archive."""
        archive = rewritten.options.archive
        archived = read_assistants(archive) if archive is not None else None
        if archived is not None:
            rewritten.project.unreadable.extend(archived.unread)
        flows = list(_flows(rewritten))
        registries = {path: _registered(path) for path in _registries(rewritten)}
        held = {found for kept in registries.values() for found in kept or ()}
        if archived is not None and (not rewritten.plans or any(flow.looks_up_assistants for flow in flows)):
            wanted = _wanted(flows, archived)
            held |= wanted
            for path, kept in registries.items():
                yield from _filled(path, kept, {name: archived.assistants[name] for name in sorted(wanted)})
        mapped: set[str] = set()
        for flow in flows:
            name = next((path.name for path in registries), REGISTRY)
            message = _told(flow, held, archived, name, [found for found in flow.threads if found not in mapped])
            mapped.update(flow.threads)
            if message:
                symbol = "beta.assistants" if flow.looks_up_assistants else "beta.threads"
                yield Sight(flow.first.file, flow.first.node, Level.REVIEW, message, symbol)


def _flows(rewritten: Rewritten) -> Iterator[StoredIds]:
    made = any(makes_assistants(plan) for plan in rewritten.plans)
    for plan in rewritten.plans:
        found = stored_ids(plan, Constants(plan.inference), made_elsewhere=made)
        if found is not None:
            yield found


def _registries(rewritten: Rewritten) -> list[Path]:
    """Where the registries of the support modules lie, or will lie."""
    name = f"{rewritten.options.support_module}.py"
    modules = {change.path: change.after for change in rewritten.changes if change.path.name == name}
    for path, file in rewritten.project.files.items():
        if path.name == name:
            modules.setdefault(path, file.data)
    names = [(path, registry_of(data)) for path, data in sorted(modules.items())]
    return [path.with_name(name) for path, name in names if name is not None]


def _registered(path: Path) -> dict[str, object] | None:
    """What a registry holds now; None for one that is no JSON object."""
    return read_registry(path.read_bytes()) if path.is_file() else {}


def _wanted(flows: list[StoredIds], archived: Archived) -> set[str]:
    """The ids to write: those that the program names, or all where names hold them."""
    if not flows or any(flow.names for flow in flows):
        return set(archived.assistants)
    return {found for flow in flows for found in flow.assistants} & set(archived.assistants)


def _filled(path: Path, kept: dict[str, object] | None, assistants: dict[str, object]) -> Iterator[Note]:
    place = Place(path=str(path), line=1)
    if kept is None:
        yield Note(
            place, Level.REVIEW, "is no JSON object, so that the archive's assistants were not written.", path.name
        )
        return
    new = [name for name in assistants if name not in kept]
    if new:
        before = path.read_bytes() if path.is_file() else None
        change = FileChange(path, before, registry_text({**assistants, **kept}))
        number = "1 assistant" if len(new) == 1 else f"{len(new)} assistants"
        yield Note(place, Level.FIXED, f"{number} of the archive written.", path.name, (change,))


def _told(flow: StoredIds, held: set[str], archived: Archived | None, registry: str, threads: list[str]) -> str:
    missing = [found for found in flow.assistants if found not in held]
    unknown = [] if archived is not None and archived.assistants else list(flow.names)
    parts = []
    if flow.looks_up_assistants and (missing or unknown):
        ids = ", ".join([*missing, *(name if " " in name else f"the id in {name}" for name in unknown)])
        reason = "the archive has no such assistant" if archived is not None else "run again with --archive DIR"
        parts.append(f"{registry} beside the support module must hold {ids}; {reason}, or write the settings there.")
    if threads:
        ids = ", ".join(threads)
        parts.append(f"The id map must lead from {ids} to a conversation; `assist2resp load` makes it.")
    return " ".join(parts)
