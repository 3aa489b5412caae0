"""The routes of an assignment's versions: staff upload, compare and publish them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.storage import Version
from app.web import authoring
from app.web.bodies import read_body
from app.web.dependencies import Checked, Given, Shared, answer, following, refusals
from app.web.documents import number_of, timestamp
from app.web.schemas import DifferenceModel, VersionList, VersionModel, VersionState

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/courses/{course}/assignments/{assignment}", dependencies=[Checked])

Reason = Annotated[str | None, Query(max_length=500, description="Why; it is kept with the version.")]
_BODY = {
    "required": True,
    "content": {name: {"schema": {"type": "object"}} for name in ("application/yaml", "application/json")},
}


def _state(version: Version) -> dict[str, object]:
    return {"version": version.version, "state": version.state}


def _summary(version: Version) -> dict[str, object]:
    return _state(version) | {
        "created_at": timestamp(version.created_at),
        "created_by": version.created_by,
        "reason": version.reason,
        "published_at": timestamp(version.published_at) if version.published_at else None,
        "published_by": version.published_by,
    }


@router.put(
    "",
    status_code=201,
    summary="Upload a version",
    responses={201: {"model": VersionState}, **refusals(400, 403, 404, 408, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def upload(
    course: str,
    assignment: str,
    request: Request,
    credential: Given,
    service: Shared,
    reason: Reason = None,
) -> Response:
    """Keep a new version of the assignment file (YAML or JSON) as a draft; the first one publishes itself. For staff.

    What the lint finds is answered with 422, each finding with its place.
    """
    await service.admit(credential)
    source = await read_body(request, service.body_seconds)
    made = await run_in_threadpool(authoring.upload, service, credential, course, assignment, source, reason)
    return answer(_state(made), 201)


@router.get("/versions", summary="List versions", responses={200: {"model": VersionList}, **refusals(403, 404, 422)})
async def list_versions(
    request: Request,
    course: str,
    assignment: str,
    credential: Given,
    service: Shared,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Every version of an assignment, the newest first: who uploaded it, when and why, and its state. For staff."""
    await service.admit(credential)
    before = number_of(cursor) if cursor is not None else None
    found = await run_in_threadpool(authoring.read_versions, service, credential, course, assignment)
    page = [one for one in found if before is None or one.id < before]
    headers = following(request, {"limit": limit}, page[limit - 1].id if len(page) > limit else None)
    return answer({"items": [_summary(one) for one in page[:limit]]}, headers=headers)


@router.get(
    "/versions/{version}", summary="Read a version", responses={200: {"model": VersionModel}, **refusals(403, 404)}
)
async def read_version(course: str, assignment: str, version: str, credential: Given, service: Shared) -> Response:
    """A version with its file. For staff."""
    found = await run_in_threadpool(authoring.read_version, service, credential, course, assignment, version)
    return answer(_summary(found) | {"source": found.source.decode("utf-8", "replace")})


@router.get(
    "/versions/{version}/difference",
    summary="Compare two versions",
    responses={200: {"model": DifferenceModel}, **refusals(403, 404, 422)},
)
async def read_difference(
    course: str,
    assignment: str,
    version: str,
    credential: Given,
    service: Shared,
    since: Annotated[str, Query(max_length=64, description="The version to compare with.")],
) -> Response:
    """What changed between two versions, as a unified difference of their files. For staff."""
    later = await run_in_threadpool(authoring.read_version, service, credential, course, assignment, version)
    earlier = await run_in_threadpool(authoring.read_version, service, credential, course, assignment, since)
    difference = await run_in_threadpool(authoring.difference, earlier, later)
    return answer({"since": earlier.version, "version": later.version, "difference": difference})


@router.post(
    "/versions/{version}/publish",
    summary="Publish a version",
    responses={200: {"model": VersionState}, **refusals(403, 404, 422)},
)
async def publish(
    course: str, assignment: str, version: str, credential: Given, service: Shared, reason: Reason = None
) -> Response:
    """Let new submissions be graded with it; reports that are there stay as they are. For staff."""
    made = await run_in_threadpool(authoring.publish, service, credential, course, assignment, version, reason)
    return answer(_state(made))
