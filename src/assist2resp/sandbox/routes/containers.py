"""Containers and the files in them, with their content."""

from __future__ import annotations

import mimetypes

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox import containers, files
from assist2resp.sandbox.app import World
from assist2resp.sandbox.params import anything, array, choice, fields, integer, missing, nullable, string
from assist2resp.sandbox.response_context import missing_object
from assist2resp.sandbox.store import Record
from assist2resp.sandbox.tool_shapes import FILE_ID, MEMORY, NETWORK
from assist2resp.sandbox.wire import WireError, page, read_json

EXPIRY = fields({"anchor": choice("last_active_at"), "minutes": integer(1, 20)}, "anchor", "minutes")
CREATE = fields(
    {
        "name": string(least=1),
        "file_ids": nullable(array(FILE_ID)),
        "expires_after": nullable(EXPIRY),
        "memory_limit": nullable(MEMORY),
        "network_policy": nullable(NETWORK),
        "skills": anything,
    },
    "name",
)
CREATE_FILE = fields({"file_id": FILE_ID}, "file_id")


async def create(world: World, request: Request) -> Response:
    """Make a container with copies of files."""
    body = await read_json(request)
    CREATE(body, "")
    options = {key: body.get(key) for key in ("expires_after", "memory_limit", "network_policy")}
    return JSONResponse(containers.make(world, body["name"], body.get("file_ids") or [], **options).body)


async def listing(world: World, request: Request) -> Response:
    """The containers, newest first, of one name if it is given."""
    name = request.query_params.get("name")
    rows = [containers.find(world, record.id).body for record in world.store.table("containers").all()]
    chosen = [row for row in rows if name in (None, row["name"])]
    return JSONResponse(page(chosen, request.query_params, before=False))


async def retrieve(world: World, request: Request) -> Response:
    """A container's object."""
    return JSONResponse(_find(world, request).body)


async def delete(world: World, request: Request) -> Response:
    """Delete a container and what lies in it."""
    record = _find(world, request)
    for file in world.store.table("container_files").of(record.id):
        containers.remove(world, file)
    world.store.table("containers").delete(record.id)
    return JSONResponse({"id": record.id, "object": "container.deleted", "deleted": True})


async def create_file(world: World, request: Request) -> Response:
    """Put a file into a container: an upload, or a copy of an uploaded file."""
    container = containers.use(world, request.path_params["container_id"])
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        body = await read_json(request)
        CREATE_FILE(body, "")
        return JSONResponse(containers.copy_in(world, container, files.document(world, body["file_id"])).body)
    try:
        async with request.form() as form:
            upload, file_id = form.get("file"), form.get("file_id")
            if isinstance(file_id, str):
                return JSONResponse(containers.copy_in(world, container, files.document(world, file_id)).body)
            if not isinstance(upload, UploadFile):
                raise missing("file")
            return JSONResponse(_keep(world, container, upload.filename or "upload", await upload.read()).body)
    except MultiPartException as error:
        raise WireError(400, f"Could not parse multipart form: {error.message}") from error


def _keep(world: World, container: Record, filename: str, data: bytes) -> Record:
    file_id = containers.new_file_id(world)
    path = f"/mnt/data/{file_id.removeprefix('cfile_')}-{filename}"
    return containers.write(world, container, path, data, source="user", filename=filename, file_id=file_id)


async def list_files(world: World, request: Request) -> Response:
    """The files in a container, newest first."""
    container = containers.use(world, request.path_params["container_id"])
    rows = [file.body for file in world.store.table("container_files").of(container.id)]
    return JSONResponse(page(rows, request.query_params, before=False))


async def retrieve_file(world: World, request: Request) -> Response:
    """One file's object."""
    return JSONResponse(_find_file(world, request).body)


async def file_content(world: World, request: Request) -> Response:
    """The bytes of a file."""
    file = _find_file(world, request)
    kind = mimetypes.guess_type(file.body["path"])[0] or "application/octet-stream"
    return Response(world.store.read_bytes(file.id), media_type=kind)


async def delete_file(world: World, request: Request) -> Response:
    """Delete a file from a container."""
    file = _find_file(world, request)
    containers.remove(world, file)
    return JSONResponse({"id": file.id, "object": "container.file.deleted", "deleted": True})


def _find(world: World, request: Request) -> Record:
    return containers.find(world, request.path_params["container_id"])


def _find_file(world: World, request: Request) -> Record:
    container = containers.use(world, request.path_params["container_id"])
    file = world.store.table("container_files").get(request.path_params["file_id"])
    if file is None or file.parent != container.id:
        raise missing_object("Container file", request.path_params["file_id"])
    return file


ROUTES = [
    ("POST", "/containers", create),
    ("GET", "/containers", listing),
    ("GET", "/containers/{container_id}", retrieve),
    ("DELETE", "/containers/{container_id}", delete),
    ("POST", "/containers/{container_id}/files", create_file),
    ("GET", "/containers/{container_id}/files", list_files),
    ("GET", "/containers/{container_id}/files/{file_id}", retrieve_file),
    ("GET", "/containers/{container_id}/files/{file_id}/content", file_content),
    ("DELETE", "/containers/{container_id}/files/{file_id}", delete_file),
]
