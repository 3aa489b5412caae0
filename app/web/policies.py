"""The routes of policies: what holds for a learner, and what staff allow them beside the assignment's policy."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.web import allowing
from app.web.allowing import Allowed
from app.web.bodies import read_body
from app.web.dependencies import Checked, Given, Shared, answer, following, refusals
from app.web.documents import number_of, optional, timestamp
from app.web.model_schemas import schema_of
from app.web.policy_schemas import OverridesBody, PolicyList, PolicyModel

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/courses/{course}/assignments/{assignment}", dependencies=[Checked])

_ONE = "/learners/{student}/policy"
_BODY = {"required": True, "content": {"application/json": {"schema": schema_of(OverridesBody)}}}
_TIMES = ("opens_at", "due_at", "closes_at")


def _document(found: Allowed) -> dict[str, object]:
    policy = found.terms.policy
    return {
        "course": found.course.slug,
        "assignment": found.running.assignment.slug,
        "version": found.running.assignment.version,
        "student": found.student,
        **policy.model_dump(mode="json", exclude=set(_TIMES)),
        **{name: optional(getattr(policy, name)) for name in _TIMES},
        "allowance": _allowance(found),
    }


def _allowance(found: Allowed) -> dict[str, object] | None:
    """What was allowed; by whom and why is between the staff."""
    allowance = found.allowance
    if allowance is None:
        return None
    given = {name: getattr(allowance.overrides, name) for name in sorted(allowance.overrides.model_fields_set)}
    overrides = {
        name: timestamp(value) if isinstance(value, datetime) else value.model_dump() if name == "late" else value
        for name, value in given.items()
    }
    staff = found.caller.staff
    return {
        "overrides": overrides,
        "granted_at": timestamp(allowance.granted_at),
        "granted_by": allowance.granted_by if staff else None,
        "reason": allowance.reason if staff else None,
    }


@router.get(
    _ONE, summary="Read what holds for a learner", responses={200: {"model": PolicyModel}, **refusals(403, 404)}
)
async def read_policy(course: str, assignment: str, student: str, credential: Given, service: Shared) -> Response:
    """Times, attempts, the late rule and feedback as they hold for one learner, who may ask for themselves."""
    return answer(
        _document(await run_in_threadpool(allowing.read_allowed, service, credential, course, assignment, student))
    )


@router.put(
    _ONE,
    summary="Allow a learner something else",
    responses={200: {"model": PolicyModel}, **refusals(400, 403, 404, 408, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def put_policy(
    course: str, assignment: str, student: str, request: Request, credential: Given, service: Shared
) -> Response:
    """Let other times, attempts or another late rule hold for one learner, in the place of all that was allowed before.

    What they sent already is on time, or late, by it. An unknown student is made. For staff.
    """
    await service.admit(credential)
    body = await read_body(request, service.body_seconds)
    made = await run_in_threadpool(allowing.allow, service, credential, course, assignment, student, body)
    return answer(_document(made))


@router.delete(
    _ONE,
    summary="Let the assignment's policy hold for a learner",
    responses={200: {"model": PolicyModel}, **refusals(403, 404, 422)},
)
async def delete_policy(
    course: str,
    assignment: str,
    student: str,
    credential: Given,
    service: Shared,
    reason: Annotated[str | None, Query(max_length=500, description="Why; it is kept.")] = None,
) -> Response:
    """Take back what was allowed to a learner; also for what they sent already. For staff."""
    made = await run_in_threadpool(allowing.take_back, service, credential, course, assignment, student, reason)
    return answer(_document(made))


@router.get(
    "/policies",
    summary="List what learners are allowed",
    responses={200: {"model": PolicyList}, **refusals(403, 404, 422)},
)
async def list_policies(
    course: str,
    assignment: str,
    request: Request,
    credential: Given,
    service: Shared,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The learners for whom something else holds than for everybody, the newest first. For staff."""
    await service.admit(credential)
    before = number_of(cursor) if cursor is not None else None
    found = await run_in_threadpool(allowing.read_all_allowed, service, credential, course, assignment)
    numbered = [(one.allowance.id, one) for one in found if one.allowance is not None]
    page = [(number, one) for number, one in numbered if before is None or number < before]
    headers = following(request, {"limit": limit}, page[limit - 1][0] if len(page) > limit else None)
    return answer({"items": [_document(one) for _, one in page[:limit]]}, headers=headers)
