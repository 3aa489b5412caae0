"""``?lang=`` on every route: checked before anything else, answered by headers, described once in OpenAPI."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Unprocessable
from app.web.model_schemas import schema_of
from app.web.problems import problem_response
from app.web.readers import language_headers, preference_of
from app.web.schemas import ProblemModel

__all__ = ["Speaking", "install"]

_LANG = {
    "name": "lang",
    "in": "query",
    "required": False,
    "schema": {"type": "string", "pattern": "^([Ee][Nn]|[Zz][Hh])([-_][0-9A-Za-z]{1,8})*$"},
    "examples": {"english": {"value": "en"}, "chinese": {"value": "zh-TW"}},
    "description": "The language of the answer, `en` or `zh-TW`. It goes before the reader's own setting "
    "(`PATCH /api/v1/me`), and that before `Accept-Language`.",
}
_PROBLEM = "application/problem+json"
_REFUSED = {
    "description": "`lang` names no language that there is",
    "content": {_PROBLEM: {"schema": schema_of(ProblemModel)}},
}


class Speaking:
    """Refuse a ``lang`` that is none, and say of every answer in which language it is.

    Parameters
    ----------
    app : ASGIApp
        What answers. Where it decides on no language, the answer is for programs or is in English.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "content-language" not in headers:
                    _describe(request, headers)
            await send(message)

        try:
            preference_of(request)
        except Unprocessable as error:
            refused = problem_response(error, request, preference_of(request).accepted)
            await refused(scope, receive, send)
        else:
            await self.app(scope, receive, sending)


def _describe(request: Request, headers: MutableHeaders) -> None:
    language = getattr(request.state, "language", None)
    if language is None:
        headers["Content-Language"] = "en"
        return
    said = language_headers(request, language)
    headers["Content-Language"] = said["Content-Language"]
    headers.add_vary_header(said["Vary"])


def install(app: FastAPI) -> None:
    """Look at ``lang`` before every route, and describe it for every path."""
    app.add_middleware(Speaking)
    describe = app.openapi

    def described() -> dict[str, Any]:
        document = describe()
        components = document.setdefault("components", {})
        if "lang" not in components.setdefault("parameters", {}):
            components["parameters"]["lang"] = _LANG
            for path in document["paths"].values():
                for operation in path.values():
                    if _PROBLEM not in operation["responses"].get("422", {}).get("content", {}):
                        operation["responses"]["422"] = _REFUSED  # FastAPI's own says what is never answered
                path["parameters"] = [{"$ref": "#/components/parameters/lang"}]
            for unused in ("HTTPValidationError", "ValidationError"):
                components.get("schemas", {}).pop(unused, None)
        return document

    app.openapi = described  # type: ignore[method-assign] # as FastAPI's documentation does it
