"""A whole organization: every project that an administrator's key lists, one archive each, and one index over them.

https://platform.openai.com/docs/api-reference/projects. A project's objects need a key of that project: from a file, or,
only where that is asked for, from a service account that is made for the export and removed again. Its name is on the
disk before it is made, so that even a killed export's account is removed by the next one.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from assist2resp import __version__
from assist2resp.errors import Assist2RespError, InputFileError, UsageError
from assist2resp.export.engine import Report, export
from assist2resp.export.folder import safe_name, write_json
from assist2resp.export.http import Http, RefusedError
from assist2resp.export.inventory import inventory_of
from assist2resp.export.pages import Page, walk
from assist2resp.export.source import FetchError, Settings, open_source
from assist2resp.export.verbatim import value_of
from assist2resp.network.access import Access, access_of
from assist2resp.network.pace import Pace
from assist2resp.schema.organization import ORGANIZATION, Organization, ProjectEntry

T = TypeVar("T")

ADMIN_KEY = "OPENAI_ADMIN_KEY"
_JOURNAL = "temporary-accounts.json"
_PROJECTS = "/organization/projects"
_PAGE = 100
_NO_KEY = "there is no key of it; name one in the key file"


class Project(NamedTuple):
    """A project as the organization lists it."""

    id: str
    name: str
    status: str


class Administration:
    """What the key of an administrator can do. Each call has connections of its own."""

    def __init__(self, settings: Settings, admin_key: str | None = None) -> None:
        key = admin_key or os.environ.get(ADMIN_KEY)
        if not key:
            raise UsageError(f"--org needs the key of an administrator; set {ADMIN_KEY}.")
        access = access_of(settings.base_url, key, user="--org")
        headers = {"authorization": access.headers["authorization"]}
        self._access = Access(access.base_url, headers, ADMIN_KEY)
        self._patience = settings.patience
        self.place = self._run(_place)

    def projects(self) -> list[Project]:
        """All projects, archived ones too, by their ids."""
        try:
            rows = self._run(partial(_listed, path=_PROJECTS, query={"include_archived": "true"}))
        except FetchError as error:
            raise Assist2RespError(f"the organization's projects cannot be listed: {error}.") from error
        found = [Project(str(row["id"]), str(row.get("name") or ""), str(row.get("status") or "")) for row in rows]
        return sorted(found)

    def make_account(self, project_id: str, name: str) -> str:
        """Make a service account; its key."""
        made = self._run(lambda http: http.send("POST", _accounts(project_id), {"name": name}, value_of))
        key = made.get("api_key") if isinstance(made, dict) else None
        value = key.get("value") if isinstance(key, dict) else None
        if not isinstance(value, str):
            raise FetchError(f"the service account {name} got no key")
        return value

    def remove_accounts(self, project_id: str, name: str) -> None:
        """Remove every service account of that name."""

        async def remove(http: Http) -> None:
            for account in await _listed(http, path=_accounts(project_id), query={}):
                if account.get("name") == name:
                    path = f"{_accounts(project_id)}/{quote(str(account['id']), safe='')}"
                    await http.send("DELETE", path, None, value_of)

        self._run(remove)

    def _run(self, work: Callable[[Http], Awaitable[T]]) -> T:
        async def run() -> T:
            http = Http(self._access, Pace(1), patience=self._patience)
            try:
                return await work(http)
            except RefusedError as error:
                if error.status != 403:
                    raise
                raise UsageError(
                    f"{ADMIN_KEY} is not allowed to do this ({error}); it must be an administrator's."
                ) from None
            finally:
                await http.close()

        return asyncio.run(run())


async def _place(http: Http) -> str:
    return http.place


async def _listed(http: Http, *, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    async def page(after: str | None) -> Page:
        return await http.get(path, {**query, "limit": _PAGE, **({"after": after} if after else {})}, Page)

    return [piece.value async for pieces in walk(page, _PAGE) for piece in pieces]


def _accounts(project_id: str) -> str:
    return f"{_PROJECTS}/{quote(project_id, safe='')}/service_accounts"


def read_keys(path: Path) -> dict[str, str]:
    """The keys of projects by their ids: a JSON object, each value a key, or `env:NAME` for a variable that holds it."""
    try:
        given = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no JSON"
        raise InputFileError(path, f"cannot be read: {reason}.") from None
    if not isinstance(given, dict) or not all(isinstance(key, str) and key for key in given.values()):
        raise InputFileError(path, 'must hold {"proj_…": "env:NAME or a key"}.')
    return {project_id: _key(path, project_id, said) for project_id, said in given.items()}


def _key(path: Path, project_id: str, said: str) -> str:
    if not said.startswith("env:"):
        return said
    key = os.environ.get(said.removeprefix("env:"))
    if not key:
        raise InputFileError(path, f"names {said} for {project_id}, and that variable is empty.")
    return key


@dataclass(frozen=True)
class Plan:
    """How an organization is exported."""

    settings: Settings
    keys: Mapping[str, str]
    temporary: bool = False
    """Whether a service account may be made for a project without a key."""
    restart: bool = False


def export_organization(
    administration: Administration, plan: Plan, folder: Path, report: Callable[[Project], Report]
) -> Organization:
    """Export every project for which there is a key; the index is written after each."""
    _prepare(folder)
    accounts = _Accounts(administration, folder)
    accounts.remove_left()
    projects = administration.projects()
    unknown = sorted(plan.keys.keys() - {project.id for project in projects})
    if unknown:
        raise UsageError(f"the key file names {unknown[0]}, which the organization does not list.")
    if not projects:
        raise UsageError(f"the organization of {ADMIN_KEY} has no project.")
    entries = {project.id: _entry(project, reason="not exported yet") for project in projects}
    for project in projects:
        entries[project.id] = _exported(project, plan, folder, accounts, report(project))
        index = Organization(tool_version=__version__, source=administration.place, projects=tuple(entries.values()))
        write_json(folder / ORGANIZATION, json.dumps(index.model_dump(mode="json"), indent=1))
    return Organization(tool_version=__version__, source=administration.place, projects=tuple(entries.values()))


def _exported(project: Project, plan: Plan, folder: Path, accounts: _Accounts, report: Report) -> ProjectEntry:
    """One project; what is wrong with it alone is its reason."""
    name = safe_name(project.id)
    try:
        with _key_of(project, plan, accounts) as key:
            if key is None:
                return _entry(project, reason=_NO_KEY)
            source = open_source("openai", replace(plan.settings, api_key=key, project=project.id))
            manifest = export(source, folder / name, restart=plan.restart, report=report)
    except _LeftoverError:
        raise
    except (Assist2RespError, FetchError) as error:
        return _entry(project, reason=str(error).rstrip("."))
    reason = f"{len(manifest.failures):,} failed, listed in its manifest" if manifest.failures else ""
    entry = _entry(project, reason=reason, archive=name)
    inventory = inventory_of(folder / name, manifest)
    return entry.model_copy(update={"complete": manifest.complete, "inventory": inventory})


def _entry(project: Project, *, reason: str, archive: str | None = None) -> ProjectEntry:
    return ProjectEntry(id=project.id, name=project.name, status=project.status, reason=reason, archive=archive)


@contextmanager
def _key_of(project: Project, plan: Plan, accounts: _Accounts) -> Iterator[str | None]:
    if project.id in plan.keys or not plan.temporary or project.status == "archived":
        yield plan.keys.get(project.id)
    else:
        with accounts.temporary(project.id) as key:
            yield key


class _LeftoverError(Assist2RespError):
    """A service account that could not be removed."""


class _Accounts:
    """The service accounts that were made for an export, noted on the disk for as long as they may exist."""

    def __init__(self, administration: Administration, folder: Path) -> None:
        self._administration = administration
        self._path = folder / _JOURNAL

    def remove_left(self) -> None:
        """Remove what a killed export left."""
        for project_id, name in self._noted():
            self._remove(project_id, name)

    @contextmanager
    def temporary(self, project_id: str) -> Iterator[str]:
        """The key of an account that exists while the block runs."""
        name = f"assist2resp-export-{secrets.token_hex(6)}"
        self._note([*self._noted(), (project_id, name)])
        try:
            yield self._administration.make_account(project_id, name)
        finally:
            self._remove(project_id, name)

    def _remove(self, project_id: str, name: str) -> None:
        try:
            self._administration.remove_accounts(project_id, name)
        except (Assist2RespError, FetchError) as error:
            raise _LeftoverError(
                f"the service account {name} of {project_id} could not be removed ({error}); run the same command again, "
                "or remove it by hand."
            ) from error
        self._note([noted for noted in self._noted() if noted != (project_id, name)])

    def _noted(self) -> list[tuple[str, str]]:
        if not self._path.exists():
            return []
        return [(str(project_id), str(name)) for project_id, name in json.loads(self._path.read_bytes())]

    def _note(self, noted: list[tuple[str, str]]) -> None:
        if noted:
            write_json(self._path, json.dumps(noted))
        else:
            self._path.unlink(missing_ok=True)


def _prepare(folder: Path) -> None:
    """Make the folder of an organization, or take one that is empty or such a folder already."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        known = {ORGANIZATION, _JOURNAL}
        names = {path.name for path in folder.iterdir()}
        if names and not names & known:
            raise InputFileError(
                folder, f"holds no exported organization, but {min(names)}.", hint="Give a new folder."
            )
        folder.chmod(0o700)
    except OSError as error:
        raise InputFileError(folder, f"cannot be written: {error.strerror}.") from error
