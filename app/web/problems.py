"""Every refusal as ``application/problem+json`` (RFC 9457), made in one place."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.errors import (
    Problem,
    TooSlow,
    Unauthenticated,
    Unprocessable,
    UptoError,
    our_failure,
    pointer,
    problem_document,
)
from app.language import Language, negotiate, text
from app.watching import current_request_id

__all__ = ["answer_failure", "install", "language_of", "template_of"]

_log = logging.getLogger("upto")


def language_of(request: Request) -> Language:
    """The language that the caller reads."""
    return negotiate(request.headers.get("accept-language"))


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


def _respond(error: UptoError, request: Request) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooSlow):
        headers["Connection"] = "close"
    content = _write(problem_document(error, language_of(request)))
    return Response(content, error.status, headers, media_type="application/problem+json")


async def _on_refusal(request: Request, error: Exception) -> Response:
    """Answer what the service itself refuses."""
    if not isinstance(error, UptoError):
        raise error
    return _respond(error, request)


async def _on_validation(request: Request, error: Exception) -> Response:
    """Answer a parameter that FastAPI could not read."""
    if not isinstance(error, RequestValidationError):
        raise error
    problems = [Problem(pointer(*issue["loc"]), text("{what}", what=issue["msg"])) for issue in error.errors()]
    return _respond(Unprocessable(text("A parameter of the request is not valid."), problems), request)


async def _on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: no such path, no such method."""
    if not isinstance(error, HTTPException):
        raise error
    refusal = UptoError(
        text("{method} {path}: {what}", method=request.method, path=request.url.path, what=error.detail)
    )
    document = problem_document(refusal, language_of(request)) | {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
    }
    content = _write(document)
    return Response(content, error.status_code, error.headers, media_type="application/problem+json")


def answer_failure(request: Request, error: Exception) -> Response:
    """Answer our own failure: 503, never a learner's fault, and the trace goes to the log."""
    _log.error("%s failed", template_of(request.scope), exc_info=error)
    return _respond(our_failure(), request)


async def _on_failure(request: Request, error: Exception) -> Response:
    return answer_failure(request, error)


def install(app: FastAPI) -> None:
    """Let the application answer errors as problem documents; what nobody foresaw, `Watched` answers."""
    app.add_exception_handler(UptoError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(SQLAlchemyError, _on_failure)
