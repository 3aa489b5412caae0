"""The route of the audit log: what staff did in a course, for its staff to read and for nobody to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.errors import Problem, Unprocessable
from app.intake import choose_course
from app.language import text
from app.storage import ACTIONS, AuditFilters, Credential, LoggedEntry, list_log
from app.web.dependencies import Checked, Given, Shared, answer, following, refusals
from app.web.documents import number_of, timestamp
from app.web.schemas import AuditList
from app.web.service import Service, require_staff

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/courses/{course}", dependencies=[Checked])


def _listing(
    service: Service, credential: Credential | None, course: str, filters: AuditFilters, limit: int
) -> Sequence[LoggedEntry]:
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        chosen = choose_course(connection, caller, course)
        require_staff(caller)
        if filters.action is not None and filters.action not in ACTIONS:
            message = text(
                "“{sent}” is not known here; wanted is: {known}.", sent=filters.action, known=", ".join(ACTIONS)
            )
            raise Unprocessable(text("A parameter of the request is not valid."), [Problem("/query/action", message)])
        return list_log(connection, chosen.id, filters, limit)


def _described(entry: LoggedEntry) -> dict[str, object]:
    return {
        "at": timestamp(entry.at),
        "actor": entry.actor,
        "role": entry.role,
        "token": entry.token_id,
        "action": entry.action,
        "assignment": entry.assignment,
        "student": entry.student,
        "details": entry.details,
        "subject": entry.subject,
        "request": entry.request_id,
    }


@router.get("/audit", summary="Read the audit log", responses={200: {"model": AuditList}, **refusals(403, 404, 422)})
async def read_log(
    course: str,
    request: Request,
    credential: Given,
    service: Shared,
    action: Annotated[str | None, Query(max_length=32, description=f"One of {', '.join(ACTIONS)}.")] = None,
    student: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """What staff changed in the course, newest first: who, when, what and why. For staff.

    Entries are written together with the changes, and nobody can change or delete them. What concerns every course
    (a backup that was restored) stands in the log of each.
    """
    filters = AuditFilters(action, student.lower() if student else None, None if cursor is None else number_of(cursor))
    found = await run_in_threadpool(_listing, service, credential, course, filters, limit)
    asked = {"action": action, "student": student, "limit": limit}
    headers = following(request, asked, found[limit - 1].number if len(found) > limit else None)
    return answer({"items": [_described(one) for one in found[:limit]]}, headers=headers)
