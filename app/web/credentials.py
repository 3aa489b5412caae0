"""What a request comes with: a bearer token, or a session in a cookie that only our own pages may use."""

from __future__ import annotations

import hmac
import re
from typing import cast

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param

from app.errors import CrossSite
from app.language import text
from app.storage import Credential
from app.web.service import Service

__all__ = [
    "COOKIE",
    "CSRF_HEADER",
    "checked_credential",
    "checked_session",
    "cookie_name",
    "credential_of",
    "require_own_page",
    "service_of",
    "session_id_of",
]

COOKIE = "upto"
CSRF_HEADER = "X-CSRF-Token"
_SECURE_COOKIE = f"__Host-{COOKIE}"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{43}")


def service_of(request: Request) -> Service:
    """The service that the application was composed with."""
    return cast(Service, request.app.state.service)


def cookie_name(request: Request) -> str:
    """The cookie of a session: over https one that only this host can have set, and only over https."""
    return _SECURE_COOKIE if service_of(request).guard.proxies.scheme_of(request) == "https" else COOKIE


def _bearer_token(request: Request) -> str | None:
    scheme, credentials = get_authorization_scheme_param(request.headers.get("authorization"))
    return credentials if scheme.lower() == "bearer" and credentials else None


def session_id_of(request: Request) -> str | None:
    """The id of the session in the request's cookie, where it looks like one."""
    if "cookie" not in request.headers:
        return None
    sent = request.cookies.get(cookie_name(request))
    return sent if sent is not None and _SESSION_ID.fullmatch(sent) else None


def credential_of(request: Request) -> Credential | None:
    """What the request comes with; where a bearer token does, the cookie is nothing."""
    token = _bearer_token(request)
    if token is not None:
        return Credential.of_token(token)
    session_id = session_id_of(request)
    return None if session_id is None else Credential.of_session(session_id)


def checked_credential(request: Request) -> Credential | None:
    """What the request comes with; a session changes something only where one of our own pages asks for it.

    Raises
    ------
    CrossSite
        Where it may be somebody else's page.
    """
    credential = credential_of(request)
    if credential is None or credential.kind == "token":
        return credential
    return checked_session(request)


def checked_session(request: Request) -> Credential | None:
    """The session that the request comes with, whatever else does; see `checked_credential`."""
    session_id = session_id_of(request)
    if session_id is None:
        return None
    if request.method not in _SAFE:
        require_own_page(request)
        wanted = service_of(request).guard.csrf_token(session_id)
        sent = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(wanted.encode(), sent.encode("utf-8", "replace")):
            raise CrossSite(
                text(
                    "With a session, whatever changes something needs the header {header} with the session’s"
                    " csrf_token; ask for it with GET /api/v1/session.",
                    header=CSRF_HEADER,
                )
            )
    return Credential.of_session(session_id)


def require_own_page(request: Request) -> None:
    """Refuse what a browser says comes from a page of somebody else; other programs say nothing of that.

    Raises
    ------
    CrossSite
        Where Sec-Fetch-Site, or without it Origin, is not ours.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        scheme = service_of(request).guard.proxies.scheme_of(request)
        own = f"{scheme}://{request.headers.get('host', '')}"
        ours = request.headers.get("origin", own).lower() == own.lower()
    if not ours:
        raise CrossSite(text("A page of another site asked for this. Use the pages of this service, or a token."))
