"""The routes of files: uploaded for a field, named by a submission, read by staff and by the learner whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from app.intake import FILE_KINDS, Sent
from app.storage import KeptFile
from app.web import filing
from app.web.dependencies import Checked, Given, Shared, answer, refusals
from app.web.documents import timestamp
from app.web.guard import take_turn
from app.web.multipart import FILE_PART, receive_form
from app.web.schemas import FileList, FileModel
from app.web.service import Service

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", dependencies=[Checked])

_PARTS = {
    "course": "May be left out where the token knows one course.",
    "assignment": "The assignment.",
    "question": "The question.",
    "field": "The field of kind file.",
    "student": "May be left out where the token is a learner's.",
}
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {
                    **{name: {"type": "string", "description": said} for name, said in _PARTS.items()},
                    FILE_PART: {"type": "string", "format": "binary"},
                },
                "required": ["assignment", "question", "field", FILE_PART],
                "additionalProperties": False,
            }
        }
    },
}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it was uploaded.",
        "content": {
            known.media_type: {"schema": {"type": "string", "format": "binary"}} for known in FILE_KINDS.values()
        },
    }
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
_WRITERS = 4  # uploads that wait for the database's lock together; more would take the threads away from others
_writers: RunVar[CapacityLimiter] = RunVar("upto-file-writers")


@router.post(
    "/files",
    status_code=201,
    summary="Upload a file",
    responses={201: {"model": FileModel}, **refusals(400, 403, 404, 408, 409, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def upload(request: Request, credential: Given, service: Shared) -> Response:
    """Keep a file for a field of kind `file`; the answer comes after it is durable.

    A submission names it by its `id` until `expires_at`; from then on it is kept for good. The same content sent once
    more for the same field is the same file.
    """
    received_at = service.clock()
    caller = await run_in_threadpool(service.caller, credential)  # a stranger's file is not read
    take_turn(service.guard.limits.uploads, caller)
    rules = service.files
    async with receive_form(request, tuple(_PARTS), rules.each, service.body_seconds, rules.folder) as form:
        sent = Sent(form.file_name or "", form.content, form.size, form.sha256, received_at)
        kept = await to_thread.run_sync(filing.keep, service, credential, form.parts, sent, limiter=_limiter())
    return answer(_described(kept), 201, {"Location": f"/api/v1/files/{kept.id}"})


def _limiter() -> CapacityLimiter:
    """One for each event loop."""
    try:
        return _writers.get()
    except LookupError:
        made = CapacityLimiter(_WRITERS)
        _writers.set(made)
        return made


def _described(file: KeptFile) -> dict[str, object]:
    return {
        "id": file.id,
        "name": file.name,
        "bytes": file.size,
        "sha256": file.sha256,
        "media_type": FILE_KINDS[file.kind].media_type,
        "created_at": timestamp(file.created_at),
        "expires_at": None if file.expires_at is None else timestamp(file.expires_at),
    }


@router.get(
    "/files/{file_id}",
    summary="Read a file",
    response_class=StreamingResponse,
    responses={**_CONTENT, **refusals(404)},
)
async def download(file_id: str, credential: Given, service: Shared) -> Response:
    """The bytes of a file, to be saved and not to be shown: for staff, and for the learner whose it is."""
    file = await run_in_threadpool(filing.find, service, credential, file_id)
    headers = {
        **_HEADERS,
        "Content-Length": str(file.size),
        "Content-Disposition": _disposition(file.name),
    }
    return StreamingResponse(_pieces(service, file), headers=headers, media_type=FILE_KINDS[file.kind].media_type)


async def _pieces(service: Service, file: KeptFile) -> AsyncIterator[bytes]:
    position = sent = 0
    while sent < file.size:
        piece = await run_in_threadpool(filing.read, service, file, position)
        yield piece
        position, sent = position + 1, sent + len(piece)


def _disposition(name: str) -> str:
    """Have a file saved under its name (RFC 6266): for old clients in ASCII, for the others as it is (RFC 8187)."""
    plain = "".join(one if one.isascii() and one.isprintable() and one not in '"\\%' else "_" for one in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@router.get(
    "/submissions/{submission_id}/files",
    summary="List a submission's files",
    responses={200: {"model": FileList}, **refusals(404)},
)
async def list_files(submission_id: str, credential: Given, service: Shared) -> Response:
    """The files that a submission names, for whoever may see the submission."""
    found = await run_in_threadpool(filing.named_by, service, credential, submission_id)
    return answer({"items": [{**_described(one), "question": one.question, "field": one.field} for one in found]})
