"""The routes of what was refused: staff see it, and have it graded after all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.storage import Filters
from app.web import regrading
from app.web.bodies import read_body
from app.web.dependencies import Checked, Given, Reader, Shared, answer, following, refusals
from app.web.documents import number_of, refusal_document
from app.web.model_schemas import schema_of
from app.web.readers import preference_of
from app.web.responses import Responding, accepted_answer
from app.web.schemas import CorrectionBody, RefusalList, ReportModel

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", dependencies=[Checked])

_BODY = {"required": False, "content": {"application/json": {"schema": schema_of(CorrectionBody)}}}


@router.get(
    "/refusals", summary="List what was refused", responses={200: {"model": RefusalList}, **refusals(403, 404, 422)}
)
async def list_refusals(
    request: Request,
    credential: Given,
    service: Shared,
    language: Reader,
    course: Annotated[str | None, Query(max_length=64)] = None,
    assignment: Annotated[str | None, Query(max_length=64)] = None,
    student: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Submissions that could not be read (422), newest first, with what was sent; kept for 30 days. For staff."""
    await service.admit(credential)
    named = student.lower() if student else None
    filters = Filters(assignment, named, number_of(cursor) if cursor is not None else None)
    found = await run_in_threadpool(regrading.listed, service, credential, course, filters, limit)
    asked = {"course": course, "assignment": assignment, "student": student, "limit": limit}
    headers = following(request, asked, found[limit - 1].number if len(found) > limit else None)
    return answer({"items": [refusal_document(one, language) for one in found[:limit]]}, headers=headers)


@router.post(
    "/refusals/{refusal_id}/grade",
    status_code=201,
    summary="Grade what was refused after all",
    responses={201: {"model": ReportModel}, **refusals(400, 403, 404, 408, 409, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def grade_refusal(refusal_id: str, request: Request, credential: Given, service: Shared) -> Response:
    """Grade as of the time when it was sent: questions that cannot be read count as not sent. For staff.

    A body may correct what was sent: its keys take the place of those.
    """
    with service.counting():
        await service.admit(credential)
        body = await read_body(request, service.body_seconds)
        preference = preference_of(request)
        responding = Responding(preference.accepted, preference.asked)
        accepted = await run_in_threadpool(regrading.grade, service, credential, refusal_id, body, responding)
    return accepted_answer(request, service.accepted(accepted))
