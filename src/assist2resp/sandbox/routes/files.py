"""Files: upload, list, retrieve, delete, and the content of those whose purpose allows a download."""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from assist2resp.sandbox import files, params
from assist2resp.sandbox.app import World
from assist2resp.sandbox.wire import WireError, page

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
DOWNLOADABLE = frozenset({"assistants_output", "batch", "batch_output", "fine-tune-results", "vision"})
"""Measured by users of the API: https://community.openai.com/t/1357013."""
BATCH_SECONDS = 30 * 86_400


async def create(world: World, request: Request) -> Response:
    """Upload a file."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise WireError(400, "Invalid content type: expected multipart/form-data.")
    try:
        async with request.form() as form:
            return await _keep(world, form)
    except (MultiPartException, HTTPException, FormParserError) as error:
        raise WireError(400, f"Could not parse multipart form: {error}") from error


async def _keep(world: World, form: FormData) -> Response:
    for name in form:
        if name not in ("file", "purpose", "expires_after[anchor]", "expires_after[seconds]"):
            raise WireError(400, f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    upload, purpose = form.get("file"), form.get("purpose")
    if upload is None:
        raise params.missing("file")
    if not isinstance(upload, UploadFile):
        raise WireError(400, "'file' must be a file, sent with a filename.", param="file")
    if purpose is None:
        raise params.missing("purpose")
    if purpose not in PURPOSES:
        raise WireError(400, f"'{purpose}' is not one of {list(PURPOSES)} - 'purpose'", param="purpose")
    seconds = _seconds(form) or (BATCH_SECONDS if purpose == "batch" else None)
    record = files.add_file(world, upload.filename or "upload", await upload.read(), str(purpose), seconds=seconds)
    return JSONResponse(record.body)


def _seconds(form: FormData) -> int | None:
    anchor, seconds = form.get("expires_after[anchor]"), form.get("expires_after[seconds]")
    if anchor is None and seconds is None:
        return None
    if anchor is None or seconds is None:
        raise params.missing("expires_after.anchor" if anchor is None else "expires_after.seconds")
    params.choice("created_at")(anchor, "expires_after.anchor")
    text = str(seconds)
    value: object = int(text) if text.isascii() and text.isdigit() else text
    params.integer(3_600, 2_592_000)(value, "expires_after.seconds")
    return int(text)


async def listing(world: World, request: Request) -> Response:
    """The files, newest first, of one purpose if it is given."""
    purpose = request.query_params.get("purpose")
    rows = [
        record.body
        for record in world.store.table("files").all()
        if purpose in (None, record.body["purpose"]) and not files.is_over(world, record)
    ]
    return JSONResponse(page(rows, request.query_params, default=10_000, most=10_000, before=False))


async def retrieve(world: World, request: Request) -> Response:
    """One file's object."""
    return JSONResponse(files.file_record(world, request.path_params["file_id"]).body)


async def delete(world: World, request: Request) -> Response:
    """Delete a file; it disappears from vector stores too."""
    record = files.file_record(world, request.path_params["file_id"])
    files.remove_file(world, record.id)
    return JSONResponse({"object": "file", "id": record.id, "deleted": True})


async def content(world: World, request: Request) -> Response:
    """The bytes of a file, for the purposes that may be downloaded."""
    record = files.file_record(world, request.path_params["file_id"])
    if record.body["purpose"] not in DOWNLOADABLE:
        raise WireError(400, f"Not allowed to download files of purpose: {record.body['purpose']}")
    disposition = 'attachment; filename="{}"'.format(record.body["filename"].replace('"', "'"))
    headers = {"content-disposition": disposition.encode("ascii", "replace").decode()}
    return Response(world.store.read_bytes(record.id), headers=headers, media_type="application/octet-stream")


ROUTES = [
    ("POST", "/files", create),
    ("GET", "/files", listing),
    ("GET", "/files/{file_id}", retrieve),
    ("DELETE", "/files/{file_id}", delete),
    ("GET", "/files/{file_id}/content", content),
]
