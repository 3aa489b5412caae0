"""The routes of sessions: logging in, who is logged in, logging out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.language import Message, text
from app.login import MOST
from app.storage import Credential
from app.web import logging_in
from app.web.bodies import read_body
from app.web.credentials import (
    checked_session,
    cookie_name,
    require_own_page,
    service_of,
    session_id_of,
)
from app.web.dependencies import Checked, Shared, answer, cookie, refusals
from app.web.documents import timestamp
from app.web.logging_in import Visitor
from app.web.objects import read_object, string_at, unreadable
from app.web.session_schemas import LoginBody, SessionModel

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", dependencies=[Checked])

_BODY = {"required": True, "content": {"application/json": {"schema": LoginBody.model_json_schema()}}}
_BY_SESSION = {"security": [{cookie.scheme_name: list[str]()}]}
_UNREADABLE = text("What was sent to log in with could not be understood.")
_PRIVATE = {"Cache-Control": "no-store"}


@router.post(
    "/session",
    status_code=201,
    summary="Log in",
    responses={201: {"model": SessionModel}, **refusals(400, 403, 408, 413, 422)},
    openapi_extra={"requestBody": _BODY},
)
async def log_in(request: Request, service: Shared) -> Response:
    """Start a session, in a cookie: with an account's name and password, or with a token.

    A session that came with the request ends.
    After some wrong passwords in a row there is a pause (429) before the next try, of a minute at most.
    """
    require_own_page(request)
    document = read_object(await read_body(request, service.body_seconds), ["name", "password", "token"], _UNREADABLE)
    before = session_id_of(request)
    visitor = Visitor(
        service.guard.proxies.address_of(request),
        request.headers.get("user-agent", ""),
        None if before is None else Credential.of_session(before),
    )
    if "token" in document:
        if len(document) > 1:
            raise unreadable(_UNREADABLE, "token", text("Send name and password, or a token."))
        credential = Credential.of_token(string_at(document, "token", _UNREADABLE))
        started = await run_in_threadpool(logging_in.start_by_token, service, visitor, credential)
    else:
        name, password = (string_at(document, key, _UNREADABLE) for key in ("name", "password"))
        if len(password) > MOST:
            raise unreadable(_UNREADABLE, "password", _too_long(len(password)))
        started = await logging_in.start_by_password(service, visitor, name, password)
    said = await run_in_threadpool(_document, request, started.credential, started.id)
    response = answer(said, 201, {**_PRIVATE, "Location": "/api/v1/session"})
    _set_cookie(request, response, started.id)
    return response


def _too_long(count: int) -> Message:
    return text("A password has at most {most} characters; this one has {count}.", most=MOST, count=count)


def _set_cookie(request: Request, response: Response, session_id: str) -> None:
    name = cookie_name(request)
    response.set_cookie(name, session_id, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def _clear_cookie(request: Request, response: Response) -> None:
    name = cookie_name(request)
    response.delete_cookie(name, path="/", secure=name.startswith("__Host-"), httponly=True, samesite="lax")


def _document(request: Request, credential: Credential | None, session_id: str | None) -> dict[str, object]:
    service = service_of(request)
    caller, courses, expires_at = logging_in.person_of(service, credential)
    return {
        "name": caller.name,
        "role": caller.role,
        "courses": courses,
        "csrf_token": service.guard.csrf_token(session_id or ""),
        "expires_at": timestamp(expires_at),
    }


@router.get(
    "/session",
    summary="Who is logged in?",
    responses={200: {"model": SessionModel}, **refusals()},
    openapi_extra=_BY_SESSION,
)
async def read_session(request: Request) -> Response:
    """Whose session the cookie is, and what pages send with it to change something."""
    credential = checked_session(request)
    said = await run_in_threadpool(_document, request, credential, session_id_of(request))
    return answer(said, headers=_PRIVATE)


@router.delete(
    "/session",
    status_code=204,
    summary="Log out",
    responses={**refusals(403)},
    openapi_extra=_BY_SESSION,
)
async def log_out(request: Request, service: Shared) -> Response:
    """End the session of the cookie; where it is over already, that is all right."""
    credential = checked_session(request)
    if credential is not None:
        await run_in_threadpool(logging_in.end, service, credential)
    response = Response(status_code=204)
    _clear_cookie(request, response)
    return response


@router.delete(
    "/sessions",
    status_code=204,
    summary="Log out everywhere",
    responses={**refusals(403)},
    openapi_extra=_BY_SESSION,
)
async def log_out_everywhere(request: Request, service: Shared) -> Response:
    """End every session of the same account, or of the same token."""
    credential = checked_session(request)
    await run_in_threadpool(logging_in.end_all, service, credential)
    response = Response(status_code=204)
    _clear_cookie(request, response)
    return response
