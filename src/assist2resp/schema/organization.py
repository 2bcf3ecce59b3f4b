"""The index that an export of a whole organization writes: its projects, one archive each, and what lives there."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from assist2resp.schema.archive import Problem

ORGANIZATION = "organization.json"
ORGANIZATION_VERSION: Literal[1] = 1


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expiry(_Record):
    """Something that will not be there for ever."""

    kind: str
    id: str
    name: str = ""
    expires_at: int
    """In seconds since 1970."""
    is_expired: bool = False
    """Whether the source says that it is gone already; the archive keeps what could be had of it."""


class ModelUse(_Record):
    """A model that is served or pinned, and its last day."""

    id: str
    shutdown_date: str | None = None
    """By the source's own word, else by the table that this tool ships; None where neither names one."""
    is_served: bool | None = None
    """Whether the source lists it; None where its models were not listed."""
    assistants: tuple[str, ...] = ()
    """The ids of the assistants that pin it."""


class Inventory(_Record):
    """What an archive says of the time that is left."""

    counts: dict[str, int]
    expiring: tuple[Expiry, ...] = ()
    """By their dates."""
    models: tuple[ModelUse, ...] = ()
    """Those that assistants pin, and all that have a last day; by their dates."""
    absences: tuple[Problem, ...] = ()
    """What can not be had, or not any more."""


class ProjectEntry(_Record):
    """A project of the organization."""

    id: str
    name: str = ""
    status: str = ""
    """`active` or `archived`, as the API says."""
    archive: str | None = None
    """The folder of its archive, beside the index; None where there is none."""
    complete: bool = False
    reason: str = ""
    """Why there is no archive, or not a complete one."""
    inventory: Inventory | None = None


class Organization(_Record):
    """The index."""

    organization_version: Literal[1] = ORGANIZATION_VERSION
    tool_version: str
    source: str
    projects: tuple[ProjectEntry, ...]


FILES: dict[str, type[BaseModel]] = {"organization": Organization}
