"""The routes of the API: each reads a request, lets the service work in a thread, and answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from app.answers import describe
from app.checking import Report, standing
from app.language import Language
from app.storage import Caller, Filters
from app.web.bodies import LineStream, read_body, read_lines
from app.web.documents import (
    assignment_document,
    checked,
    cursor_of,
    dump,
    number_of,
    stored_document,
    stored_summary,
)
from app.web.lines import check_lines
from app.web.problems import language_of
from app.web.schemas import (
    AssignmentModel,
    CheckModel,
    PreviewModel,
    ProblemModel,
    ReportModel,
    StandingModel,
    SubmissionBody,
    SubmissionList,
)
from app.web.service import Service, require_staff

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")

_bearer = HTTPBearer(auto_error=False, description="A token of the teaching staff or of a learner.")
_STATUSES = {
    400: "Not JSON, duplicate keys, or nested too deeply",
    401: "No valid token",
    403: "The token may not do this",
    404: "No such thing, or not the caller's to see",
    409: "Closed, or all attempts used up",
    413: "The body is too large",
    422: "Readable, but not valid; `errors` point into what was sent",
    429: "Too soon",
    503: "Our own failure; nothing was graded",
}
_BODY = {"required": True, "content": {"application/json": {"schema": SubmissionBody.model_json_schema()}}}
_NDJSON = "application/x-ndjson"


def _responses(*refusals: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {
            "description": _STATUSES[status],
            "content": {"application/problem+json": {"schema": ProblemModel.model_json_schema()}},
        }
        for status in (401, *refusals, 503)
    }


async def _token(credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> str | None:
    return None if credentials is None else credentials.credentials


async def _service(request: Request) -> Service:
    return cast(Service, request.app.state.service)


async def _language(request: Request) -> Language:
    return language_of(request)


Token = Annotated[str | None, Depends(_token)]
Shared = Annotated[Service, Depends(_service)]
Reader = Annotated[Language, Depends(_language)]


def _json(document: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(dump(document), status, headers, media_type="application/json")


@router.post(
    "/submissions",
    status_code=201,
    summary="Submit answers",
    responses={201: {"model": ReportModel}, **_responses(400, 403, 404, 409, 413, 422, 429)},
    openapi_extra={"requestBody": _BODY},
)
async def submit(request: Request, token: Token, service: Shared, language: Reader) -> Response:
    """Grade answers and keep them; the answer comes after they are durable."""
    received_at = service.clock()
    caller = await run_in_threadpool(service.caller, token)
    body = await read_body(request)

    def work() -> Response:
        read = service.read(caller, body)
        stored = service.submit(read, body, received_at)
        document = stored_document(stored, caller, read.running.assignment, received_at, language)
        return _json(document, 201, {"Location": f"/api/v1/submissions/{stored.id}"})

    return await run_in_threadpool(work)


@router.post(
    "/previews",
    summary="See how answers are read",
    responses={200: {"model": PreviewModel}, **_responses(400, 403, 404, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def preview(request: Request, token: Token, service: Shared) -> Response:
    """Say how every field was read; nothing is graded, stored or counted."""
    caller = await run_in_threadpool(service.caller, token)
    body = await read_body(request)

    def work() -> Response:
        answers = service.read(caller, body).submission.answers
        questions = {
            question: {"fields": {name: describe(answer) for name, answer in fields.items()}}
            for question, fields in answers.items()
        }
        return _json({"questions": questions})

    return await run_in_threadpool(work)


@router.post(
    "/checks",
    summary="Grade answers without keeping them",
    responses={200: {"model": CheckModel}, **_responses(400, 403, 404, 413, 422)},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {**_BODY["content"], _NDJSON: {"schema": {"type": "string"}}},  # type: ignore[dict-item] # written above
        }
    },
)
async def check(request: Request, token: Token, service: Shared, language: Reader) -> Response:
    """Grade one submission, or with `application/x-ndjson` one a line, answered line by line; for staff."""
    now = service.clock()
    caller = await run_in_threadpool(service.caller, token)
    require_staff(caller)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _NDJSON:
        return LineStream(_checked_lines(request, service, caller, language), media_type=_NDJSON)
    body = await read_body(request)

    def work() -> Response:
        read = service.read(caller, body)
        report: Report = service.check(read)
        return _json(checked(read.course.slug, read.running.assignment, read.student, now, report, language))

    return await run_in_threadpool(work)


async def _checked_lines(
    request: Request, service: Service, caller: Caller, language: Language
) -> AsyncIterator[bytes]:
    async for lines in read_lines(request):
        yield await run_in_threadpool(check_lines, service, caller, lines, language)


@router.get(
    "/submissions",
    summary="List submissions",
    responses={200: {"model": SubmissionList}, **_responses(403, 404, 422)},
)
async def list_submissions(
    token: Token,
    service: Shared,
    course: Annotated[str | None, Query(max_length=64)] = None,
    assignment: Annotated[str | None, Query(max_length=64)] = None,
    student: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Submissions that the caller may see, newest first."""
    named = student.lower() if student else None
    filters = Filters(assignment, named, number_of(cursor) if cursor is not None else None)
    found = await run_in_threadpool(service.listing, token, course, filters, limit)
    headers = {}
    if len(found) > limit:
        asked = {"course": course, "assignment": assignment, "student": student, "limit": limit}
        query = {name: value for name, value in asked.items() if value is not None}
        following = urlencode({**query, "cursor": cursor_of(found[limit - 1].number)})
        headers["Link"] = f'</api/v1/submissions?{following}>; rel="next"'
    return _json({"items": [stored_summary(stored) for stored in found[:limit]]}, headers=headers)


@router.get(
    "/submissions/{submission_id}",
    summary="Read a report",
    responses={200: {"model": ReportModel}, **_responses(404)},
)
async def read_submission(submission_id: str, token: Token, service: Shared, language: Reader) -> Response:
    """The report of a submission, as far as the caller may see it."""
    caller, stored, assignment = await run_in_threadpool(service.report, token, submission_id)
    return _json(stored_document(stored, caller, assignment, service.clock(), language))


@router.get(
    "/courses/{course}/assignments/{assignment}",
    summary="Read an assignment",
    responses={200: {"model": AssignmentModel}, **_responses(404)},
)
async def read_assignment(course: str, assignment: str, token: Token, service: Shared, language: Reader) -> Response:
    """What is asked, on which data, and the JSON Schema of an answer."""
    running = await run_in_threadpool(service.assignment, token, course, assignment)
    return _json(assignment_document(course, running.assignment, language))


@router.get(
    "/courses/{course}/assignments/{assignment}/standing",
    summary="Where a learner stands",
    responses={200: {"model": StandingModel}, **_responses(403, 404, 422)},
)
async def read_standing(
    course: str,
    assignment: str,
    token: Token,
    service: Shared,
    student: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """What counts, question by question: the best or the last attempt, as the policy says."""
    whose, running, found = await run_in_threadpool(service.attempts, token, course, assignment, student)
    attempts = [(one.attempt, one.id, cast(Report, one.report)) for one in found]
    counted = standing(running.assignment, attempts, running.assignment.policy.counts)
    return _json({"student": whose, **counted})
