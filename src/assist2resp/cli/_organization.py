"""`assist2resp export --org`: every project of an organization, one archive each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assist2resp.cli._terminal import show

if TYPE_CHECKING:
    from assist2resp.export.engine import Report
    from assist2resp.export.organization import Project
    from assist2resp.export.source import Settings
    from assist2resp.schema.organization import Inventory, Organization, ProjectEntry

Reporter = Callable[["Project"], "Report"]


def export_all(
    settings: Settings, keys: Path | None, out: Path, reporter: Reporter, *, temporary: bool, restart: bool
) -> Organization:
    """Export every project."""
    from assist2resp.export.organization import Administration, Plan, export_organization, read_keys

    plan = Plan(settings, read_keys(keys) if keys is not None else {}, temporary=temporary, restart=restart)
    return export_organization(Administration(settings), plan, out, reporter)


def show_organization(index: Organization, out: Path, form: str) -> None:
    """Say of each project what there is, what there is not, and what ends when."""
    if form == "json":
        from json import dumps

        shown = {"version": 1, "event": "organization", "organization": index.model_dump(mode="json")}
        show(dumps(shown) + "\n", sys.stdout)
        return
    lines = [line for project in index.projects for line in _lines(project)]
    done = sum(project.complete for project in index.projects)
    show("\n".join([*lines, f"{out}: {done:,} of {len(index.projects):,} projects are complete.", ""]), sys.stdout)


def _lines(project: ProjectEntry) -> list[str]:
    name = f"{project.id} ({project.name or 'no name'}{', archived' if project.status == 'archived' else ''})"
    inventory = project.inventory
    if inventory is None:
        return [f"{name}: no archive: {project.reason}."]
    from assist2resp.schema.counts import counted_kinds

    counts = ", ".join(counted_kinds(inventory.counts)) or "nothing"
    lines = [f"{name}: {counts}."]
    lines += [f"  not complete: {project.reason}."] if project.reason else []
    gaps = f"  not to be had: {len(inventory.absences):,}; its manifest says what and why."
    return [*lines, *time_left(inventory), *([gaps] if inventory.absences else [])]


def time_left(inventory: Inventory) -> list[str]:
    """What expires first, and the models that assistants pin."""
    from assist2resp.schema.counts import counted

    lines = []
    living = [expiry for expiry in inventory.expiring if not expiry.is_expired]
    if living:
        first = living[0]
        moment = datetime.fromtimestamp(first.expires_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        lines.append(f"  expiring: {len(living):,}, the first is {first.id} of {first.kind} on {moment}.")
    if len(living) < len(inventory.expiring):
        gone = len(inventory.expiring) - len(living)
        lines.append(f"  expired: {gone:,}; what could be had of them is kept.")
    pinned = [model for model in inventory.models if model.assistants]
    lines += [
        f"  {model.id}, pinned by {counted(len(model.assistants), 'assistant')}: "
        + (f"ends on {model.shutdown_date}" if model.shutdown_date else "no end is known")
        + ("; it is not served any more." if model.is_served is False else ".")
        for model in pinned
    ]
    return lines
