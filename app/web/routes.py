"""The routes of the API: each reads a request, lets the service work in a thread, and answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.answers import describe
from app.checking import Attempt, Report, standing
from app.language import Language
from app.storage import Caller, Filters
from app.web.bodies import LineStream, read_body, read_lines
from app.web.dependencies import Checked, Given, Reader, Shared, answer, following, refusals
from app.web.documents import assignment_document, checked, level_of, number_of, stored_document, stored_summary
from app.web.guard import take_turn
from app.web.lines import check_lines
from app.web.schemas import (
    AssignmentModel,
    CheckModel,
    PreviewModel,
    ReportModel,
    StandingModel,
    SubmissionList,
)
from app.web.service import Service, require_staff
from app.web.submitting import BODY

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", dependencies=[Checked])

_NDJSON = "application/x-ndjson"


@router.post(
    "/previews",
    summary="See how answers are read",
    responses={200: {"model": PreviewModel}, **refusals(400, 403, 404, 408, 409, 413, 422)},
    openapi_extra={"requestBody": BODY},
)
async def preview(request: Request, credential: Given, service: Shared) -> Response:
    """Say how every field was read; nothing is graded, stored or counted."""
    caller = await run_in_threadpool(service.caller, credential)
    take_turn(service.guard.limits.previews, caller)
    body = await read_body(request, service.body_seconds)

    def work() -> Response:
        answers = service.read(caller, body).submission.answers
        questions = {
            question: {"fields": {name: describe(answer) for name, answer in fields.items()}}
            for question, fields in answers.items()
        }
        return answer({"questions": questions})

    return await run_in_threadpool(work)


@router.post(
    "/checks",
    summary="Grade answers without keeping them",
    responses={200: {"model": CheckModel}, **refusals(400, 403, 404, 408, 413, 422)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {**BODY["content"], _NDJSON: {"schema": {"type": "string"}}},  # type: ignore[dict-item] # written above
        }
    },
)
async def check(request: Request, credential: Given, service: Shared, language: Reader) -> Response:
    """Grade one submission, or with `application/x-ndjson` one a line, answered line by line; for staff."""
    now = service.clock()
    caller = await run_in_threadpool(service.caller, credential)
    require_staff(caller)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _NDJSON:
        return LineStream(_checked_lines(request, service, caller, language), media_type=_NDJSON)
    body = await read_body(request, service.body_seconds)

    def work() -> Response:
        read = service.read(caller, body)
        report: Report = service.check(read)
        return answer(checked(read, now, report, language))

    return await run_in_threadpool(work)


async def _checked_lines(
    request: Request, service: Service, caller: Caller, language: Language
) -> AsyncIterator[bytes]:
    async for lines in read_lines(request):
        yield await run_in_threadpool(check_lines, service, caller, lines, language)


@router.get(
    "/submissions",
    summary="List submissions",
    responses={200: {"model": SubmissionList}, **refusals(403, 404, 422)},
)
async def list_submissions(
    request: Request,
    credential: Given,
    service: Shared,
    course: Annotated[str | None, Query(max_length=64)] = None,
    assignment: Annotated[str | None, Query(max_length=64)] = None,
    student: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Submissions that the caller may see, newest first."""
    await service.admit(credential)
    named = student.lower() if student else None
    filters = Filters(assignment, named, number_of(cursor) if cursor is not None else None)
    found = await run_in_threadpool(service.listing, credential, course, filters, limit)
    asked = {"course": course, "assignment": assignment, "student": student, "limit": limit}
    headers = following(request, asked, found[limit - 1].number if len(found) > limit else None)
    return answer({"items": [stored_summary(stored) for stored in found[:limit]]}, headers=headers)


@router.get(
    "/submissions/{submission_id}",
    summary="Read a report",
    responses={200: {"model": ReportModel}, **refusals(404)},
)
async def read_submission(submission_id: str, credential: Given, service: Shared, language: Reader) -> Response:
    """The report of a submission, as far as the caller may see it."""
    caller, stored, terms = await run_in_threadpool(service.report, credential, submission_id)
    return answer(stored_document(stored, caller, terms, service.clock(), language))


@router.get(
    "/courses/{course}/assignments/{assignment}",
    summary="Read an assignment",
    responses={200: {"model": AssignmentModel}, **refusals(403, 404, 422)},
)
async def read_assignment(
    course: str,
    assignment: str,
    credential: Given,
    service: Shared,
    language: Reader,
    student: Annotated[str | None, Query(max_length=64, description="Whose data and times staff want to see.")] = None,
) -> Response:
    """What is asked, on which data, and the JSON Schema of an answer; a learner gets their own data.

    Before it opens for them, learners see title, times and points, and nothing of what is asked.
    """
    seen = await service.draw_aside(lambda: service.assignment(credential, course, assignment, student))
    return answer(assignment_document(course, seen, language, service.files.each))


@router.get(
    "/courses/{course}/assignments/{assignment}/standing",
    summary="Where a learner stands",
    responses={200: {"model": StandingModel}, **refusals(403, 404, 422)},
)
async def read_standing(
    course: str,
    assignment: str,
    credential: Given,
    service: Shared,
    student: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """What counts, question by question: the best or the last attempt, as the policy says.

    What a late attempt earned is worth less, as the policy says; what was sent after the truth was released counts not.
    """
    found = await run_in_threadpool(service.attempts, credential, course, assignment, student)
    attempts = [
        Attempt(one.attempt, one.id, cast(Report, one.report), one.timing.late_factor)
        for one in found.sent
        if not one.timing.after_release
    ]
    counted = standing(found.running.assignment, attempts, found.terms.policy.counts)
    now = service.clock()
    if level_of(found.caller, found.terms, now) == "score" or not (found.caller.staff or found.terms.opened(now)):
        counted["questions"] = {}
    return answer({"student": found.student, **counted})
