"""Every refusal as ``application/problem+json`` (RFC 9457), made in one place."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

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

__all__ = ["install", "language_of"]

_log = logging.getLogger("upto")


def language_of(request: Request) -> Language:
    """The language that the caller reads."""
    return negotiate(request.headers.get("accept-language"))


def _respond(error: UptoError, request: Request) -> Response:
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooSlow):
        headers["Connection"] = "close"
    content = json.dumps(problem_document(error, language_of(request)), ensure_ascii=False)
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
    content = json.dumps(document, ensure_ascii=False)
    return Response(content, error.status_code, error.headers, media_type="application/problem+json")


async def _on_failure(request: Request, error: Exception) -> Response:
    """Answer our own failure: 503, never a learner's fault, and the trace goes to the log."""
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _respond(our_failure(), request)


def install(app: FastAPI) -> None:
    """Let the application answer errors as problem documents."""
    app.add_exception_handler(UptoError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(SQLAlchemyError, _on_failure)
    app.add_exception_handler(Exception, _on_failure)
