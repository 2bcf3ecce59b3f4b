"""The organization as an administrator sees it: projects, their service accounts and their keys.

One sandbox is one set of objects whatever the project; what differs are the keys. The key of a service account is good
as long as the account exists.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox.app import World
from assist2resp.sandbox.params import anything, boolean, fields, nullable, string
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.wire import Json, WireError, page, read_json

ADMIN = True

_PROJECT = fields(
    {"name": string(least=1), "external_key_id": anything, "geography": anything, "residency": anything}, "name"
)
_ACCOUNT = fields({"name": string(least=1), "create_service_account_only": nullable(boolean)}, "name")


async def create_project(world: World, request: Request) -> Response:
    """Make a project."""
    body = await read_json(request)
    _PROJECT(body, "")
    project = {
        "id": world.ids.new("proj_"),
        "object": "organization.project",
        "name": body["name"],
        "created_at": world.seconds(),
        "archived_at": None,
        "status": "active",
        "external_key_id": None,
        "residency": None,
    }
    return JSONResponse(world.store.table("projects").add(Record(project["id"], project)).body)


async def list_projects(world: World, request: Request) -> Response:
    """The projects; archived ones where they are asked for."""
    archived = request.query_params.get("include_archived") == "true"
    rows = [record.body for record in world.store.table("projects").all()]
    shown = [row for row in rows if archived or row["status"] == "active"]
    return JSONResponse(page(shown, request.query_params, before=False))


async def retrieve_project(world: World, request: Request) -> Response:
    """A project."""
    return JSONResponse(_project(world, request).body)


async def archive_project(world: World, request: Request) -> Response:
    """Archive a project, which never comes back."""
    project = _project(world, request)
    project.body |= {"status": "archived", "archived_at": world.seconds()}
    world.store.table("projects").save(project)
    return JSONResponse(project.body)


async def create_account(world: World, request: Request) -> Response:
    """Make a service account; its key is shown this once."""
    project = _project(world, request)
    if project.body["status"] != "active":
        raise WireError(400, "Project is archived.", code="project_archived")
    body = await read_json(request)
    _ACCOUNT(body, "")
    account = {
        "id": world.ids.new("svc_acct_"),
        "object": "organization.project.service_account",
        "name": body["name"],
        "role": "member",
        "created_at": world.seconds(),
    }
    key = world.ids.new("sk-svcacct-", 48)
    world.store.table("service_accounts").add(Record(account["id"], account, project.id, {"key": key}))
    kept = {"id": world.ids.new("key_"), "name": "Secret Key", "created_at": world.seconds(), "expires_at": None}
    shown = {"object": "organization.project.service_account.api_key", "value": key, **kept}
    return JSONResponse({**account, "api_key": shown})


async def list_accounts(world: World, request: Request) -> Response:
    """The service accounts of a project."""
    rows = [record.body for record in world.store.table("service_accounts").of(_project(world, request).id)]
    return JSONResponse(page(rows, request.query_params, before=False))


async def retrieve_account(world: World, request: Request) -> Response:
    """A service account."""
    return JSONResponse(_account(world, request).body)


async def delete_account(world: World, request: Request) -> Response:
    """Delete a service account, and with it its key."""
    account = _account(world, request)
    world.store.table("service_accounts").delete(account.id)
    shown = {"id": account.id, "object": "organization.project.service_account.deleted", "deleted": True}
    return JSONResponse(shown)


async def list_keys(world: World, request: Request) -> Response:
    """The keys of a project, without their secrets."""
    accounts = world.store.table("service_accounts").of(_project(world, request).id)
    return JSONResponse(page([_key(account) for account in accounts], request.query_params, before=False))


def _key(account: Record) -> Json:
    shown = {name: account.body[name] for name in ("id", "name", "created_at", "role")}
    value: str = account.private["key"]
    return {
        "id": f"key_{account.id}",
        "object": "organization.project.api_key",
        "name": "Secret Key",
        "created_at": account.body["created_at"],
        "last_used_at": None,
        "expires_at": None,
        "redacted_value": f"{value[:8]}…{value[-4:]}",
        "owner": {"type": "service_account", "service_account": shown},
        "owner_project_access": "active",
    }


def _project(world: World, request: Request) -> Record:
    return world.need("projects", "project", request.path_params["project_id"])


def _account(world: World, request: Request) -> Record:
    project, account_id = _project(world, request), request.path_params["service_account_id"]
    return world.need("service_accounts", "service account", account_id, parent=project.id)


_ACCOUNTS = "/organization/projects/{project_id}/service_accounts"
ROUTES = [
    ("POST", "/organization/projects", create_project),
    ("GET", "/organization/projects", list_projects),
    ("GET", "/organization/projects/{project_id}", retrieve_project),
    ("POST", "/organization/projects/{project_id}/archive", archive_project),
    ("GET", "/organization/projects/{project_id}/api_keys", list_keys),
    ("POST", _ACCOUNTS, create_account),
    ("GET", _ACCOUNTS, list_accounts),
    ("GET", f"{_ACCOUNTS}/{{service_account_id}}", retrieve_account),
    ("DELETE", f"{_ACCOUNTS}/{{service_account_id}}", delete_account),
]
