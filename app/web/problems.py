"""Every refusal as ``application/problem+json`` (RFC 9457), made in one place."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import Match, Mount
from starlette.types import Scope

from app.assignments import said_of
from app.errors import (
    NotFound,
    Problem,
    TooManyRequests,
    TooSlow,
    Unauthenticated,
    Unprocessable,
    UptoError,
    our_failure,
    pointer,
    problem_document,
)
from app.language import Language, Message, render, text
from app.watching import current_request_id
from app.web.credentials import service_of
from app.web.readers import language_headers, reader_language

__all__ = ["answer_failure", "install", "problem_response", "template_of"]

_log = logging.getLogger("upto")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_READING = ("GET", "HEAD")
_NO_METHOD = text("Method not allowed")


def template_of(scope: Scope) -> str:
    """The template of the route that answers: never a path as it was sent, which may hold anything."""
    route = getattr(scope.get("route"), "path", None)
    if isinstance(route, str):
        return route
    if scope.get("root_path"):  # mounted there
        return str(scope["root_path"])
    if "endpoint" in scope and not scope.get("path_params"):  # of Starlette alone, where the path is the template
        return str(scope["path"])
    return "unmatched"


def _write(document: dict[str, object]) -> str:
    """Write a problem document, with the id that the log has."""
    return json.dumps(document | {"request_id": current_request_id()}, ensure_ascii=False)


def problem_response(error: UptoError, request: Request, language: Language) -> Response:
    """An error as the answer to a request."""
    headers = language_headers(request, language)
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooSlow):
        headers["Connection"] = "close"
    content = _write(problem_document(error, language))
    return Response(content, error.status, headers, media_type="application/problem+json")


async def _language(request: Request, *, ask: bool) -> Language:
    """The language of a problem; a database that does not answer makes no other problem of it."""
    try:
        return await reader_language(request, ask=ask)
    except SQLAlchemyError as error:
        _log.warning("it is not known what the caller reads: %s", error)
        return await reader_language(request, ask=False)


async def _respond(error: UptoError, request: Request) -> Response:
    ask = error.status < HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, Unauthenticated)
    return problem_response(error, request, await _language(request, ask=ask))


async def _on_refusal(request: Request, error: Exception) -> Response:
    """Answer what the service itself refuses."""
    if not isinstance(error, UptoError):
        raise error
    if isinstance(error, Unauthenticated):
        guard = service_of(request).guard
        try:
            guard.limits.strangers.take(guard.proxies.address_of(request))
        except TooManyRequests as too_many:
            return problem_response(too_many, request, await _language(request, ask=False))
    return await _respond(error, request)


async def _on_validation(request: Request, error: Exception) -> Response:
    """Answer a parameter that FastAPI could not read."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [Problem(pointer(*issue["loc"]), said_of(issue)) for issue in error.errors()]
    return await _respond(Unprocessable(text("A parameter of the request is not valid."), problems), request)


async def _on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: no such path, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    language = await _language(request, ask=True)
    allowed = {"Allow": _allowed(request)} if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED else {}
    title, what = _said_of_http(error, allowed)
    refusal = UptoError(text("{method} {path}: {what}", method=request.method, path=request.scope["path"], what=what))
    document = problem_document(refusal, language) | {
        "type": "about:blank",
        "title": render(title, language),
        "status": error.status_code,
    }
    content = _write(document)
    headers = {**(error.headers or {}), **allowed, **language_headers(request, language)}
    return Response(content, error.status_code, headers, media_type="application/problem+json")


def _allowed(request: Request) -> str:
    """Every method that the address takes: the framework names those of the first of its routes alone."""
    routes = [route for route in request.app.routes if not isinstance(route, Mount)]
    taken = [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join(taken or _READING)  # what is mounted are files


def _said_of_http(error: HTTPException, allowed: Mapping[str, str]) -> tuple[Message, Message]:
    """What kind of refusal the framework's is, and what it says."""
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return NotFound.title, text("There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return _NO_METHOD, text("This address takes {methods}.", methods=allowed["Allow"])
        case status:
            return text("{what}", what=HTTPStatus(status).phrase), text("{what}", what=error.detail)


async def answer_failure(request: Request, error: Exception) -> Response:
    """Answer our own failure: 503, never a learner's fault, and the trace goes to the log."""
    _log.error("%s failed", template_of(request.scope), exc_info=error)
    return await _respond(our_failure(), request)


async def _on_failure(request: Request, error: Exception) -> Response:
    return await answer_failure(request, error)


def install(app: FastAPI) -> None:
    """Let the application answer errors as problem documents; what nobody foresaw, `Watched` answers."""
    app.add_exception_handler(UptoError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(SQLAlchemyError, _on_failure)
