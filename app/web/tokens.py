"""The routes of a course's tokens: made and shown once, listed, revoked; for staff."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from app.storage import TokenRow
from app.web import issuing
from app.web.bodies import read_body
from app.web.dependencies import Checked, Given, Shared, answer, following, refusals
from app.web.documents import number_of, optional, timestamp
from app.web.session_schemas import NewTokenBody, NewTokenModel, TokenList, TokenModel

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/courses/{course}/tokens", dependencies=[Checked])

_BODY = {"required": True, "content": {"application/json": {"schema": NewTokenBody.model_json_schema()}}}
_LARGEST = 2**31 - 1


def _document(row: TokenRow) -> dict[str, object]:
    return {
        "id": row.id,
        "course": row.course,
        "role": row.role,
        "name": row.name,
        "created_at": timestamp(row.created_at),
        "created_by": row.created_by,
        "expires_at": optional(row.expires_at),
        "last_used_at": optional(row.last_used_at),
        "revoked_at": optional(row.revoked_at),
    }


@router.post(
    "",
    status_code=201,
    summary="Make a token",
    responses={201: {"model": NewTokenModel}, **refusals(400, 403, 404, 408, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def make_token(course: str, request: Request, credential: Given, service: Shared) -> Response:
    """Make a token for a learner (made where unknown) or for a member of staff; it is shown this once. For staff."""
    await service.admit(credential)
    body = await read_body(request, service.body_seconds)
    token, row = await run_in_threadpool(issuing.make, service, credential, course, body)
    headers = {"Cache-Control": "no-store", "Location": f"/api/v1/courses/{row.course}/tokens/{row.id}"}
    return answer(_document(row) | {"token": token}, 201, headers)


@router.get("", summary="List tokens", responses={200: {"model": TokenList}, **refusals(403, 404, 422)})
async def list_tokens(
    course: str,
    request: Request,
    credential: Given,
    service: Shared,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The tokens of a course, newest first, also those that expired or were revoked. For staff."""
    before = number_of(cursor) if cursor is not None else None
    found = await run_in_threadpool(issuing.read_all, service, credential, course, before, limit)
    headers = following(request, {"limit": limit}, found[limit - 1].id if len(found) > limit else None)
    return answer({"items": [_document(row) for row in found[:limit]]}, headers=headers)


@router.get(
    "/{token_id}", summary="Read about a token", responses={200: {"model": TokenModel}, **refusals(403, 404, 422)}
)
async def read_token(
    course: str, token_id: Annotated[int, Path(ge=1, le=_LARGEST)], credential: Given, service: Shared
) -> Response:
    """Whose a token is, and whether it is used; not the token itself. For staff."""
    return answer(_document(await run_in_threadpool(issuing.read, service, credential, course, token_id)))


@router.delete(
    "/{token_id}", summary="Revoke a token", responses={200: {"model": TokenModel}, **refusals(403, 404, 422)}
)
async def revoke_token(
    course: str, token_id: Annotated[int, Path(ge=1, le=_LARGEST)], credential: Given, service: Shared
) -> Response:
    """Make a token useless at once, and every session that came of it. For staff."""
    revoked = await run_in_threadpool(issuing.revoke, service, credential, course, token_id)
    service.admitted.forget_all()  # in other processes it is admitted for a minute more, to the reading of its body
    return answer(_document(revoked))
