"""What the routes share: who asks, the service, the language, and how refusals are described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from app.errors import NotFound, Problem, Unprocessable
from app.language import Language, text
from app.storage import Credential
from app.web.credentials import COOKIE, CSRF_HEADER, checked_credential, service_of
from app.web.documents import cursor_of, dump
from app.web.model_schemas import schema_of
from app.web.readers import preference_of, reader_language
from app.web.schemas import ProblemModel
from app.web.service import Service

__all__ = ["Checked", "Given", "Reader", "Shared", "answer", "bearer", "cookie", "following", "refusals"]

bearer = HTTPBearer(auto_error=False, description="A token of the teaching staff or of a learner.")
cookie = APIKeyCookie(
    name=COOKIE,
    scheme_name="Session",
    auto_error=False,
    description=f"A session that `POST /api/v1/session` started; over https the cookie is called `__Host-{COOKIE}`. "
    f"Whatever changes something also needs the session's `csrf_token` in the header `{CSRF_HEADER}`. "
    "Where a bearer token is sent as well, that counts.",
)
_STATUSES = {
    400: "Not JSON (or not a form, where one is wanted), duplicate keys, or nested too deeply",
    401: "No valid token and no session",
    403: "The token may not do this, or a page of another site asked for it",
    404: "No such thing, or not the caller's to see",
    408: "The body did not arrive in time",
    409: "Closed, all attempts used up, no room for more files, or an idempotency key that came with another body",
    413: "The body is too large",
    422: "Readable, but not valid; `errors` point into what was sent",
    429: "Too soon, or too often; `Retry-After` says when to come back",
    503: "Our own failure; send it again, with the same Idempotency-Key if there was one",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the refusals of a route are described in OpenAPI; those that every route has are added."""
    return {
        status: {
            "description": _STATUSES[status],
            "content": {"application/problem+json": {"schema": schema_of(ProblemModel)}},
        }
        for status in sorted({401, *statuses, 429, 503})
    }


async def _credential(
    request: Request,
    _bearer: Annotated[HTTPAuthorizationCredentials | None, Security(bearer)],
    _cookie: Annotated[str | None, Security(cookie)],
) -> Credential | None:
    """What the request comes with; the parameters describe it in OpenAPI."""
    return checked_credential(request)


async def _service(request: Request) -> Service:
    return service_of(request)


async def _language(request: Request) -> Language:
    return await reader_language(request)


async def _checked(request: Request) -> None:
    """Refuse the one character that no database keeps (no name of ours has it), and find out what the reader reads."""
    if "\0" in request.scope["path"]:
        raise NotFound(text("There is nothing at this address."))
    if b"%00" in request.scope["query_string"] or b"\0" in request.scope["query_string"]:
        message = text("The character NUL is in no name.")
        raise Unprocessable(text("A parameter of the request is not valid."), [Problem("/query", message)])
    await reader_language(request)


Checked = Depends(_checked)
Given = Annotated[Credential | None, Depends(_credential)]
Shared = Annotated[Service, Depends(_service)]
Reader = Annotated[Language, Depends(_language)]


def following(request: Request, asked: Mapping[str, object], last: int | None) -> dict[str, str]:
    """The Link header to the page after the entry numbered `last`, if any, in the language that `lang` asked for."""
    if last is None:
        return {}
    wanted = {**asked, "lang": preference_of(request).asked, "cursor": cursor_of(last)}
    query = {name: value for name, value in wanted.items() if value is not None}
    return {"Link": f'<{quote(request.scope["path"])}?{urlencode(query)}>; rel="next"'}


def answer(document: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document as a response."""
    return Response(dump(document), status, headers, media_type="application/json")
