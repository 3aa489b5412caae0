"""Headers by which browsers do with an answer only what it is for."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders"]

Header = tuple[bytes, bytes]

_ALWAYS: Sequence[Header] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_NOT_KEPT: Header = (b"cache-control", b"no-store")
_ONLY_HTTPS: Header = (b"strict-transport-security", b"max-age=31536000")
_MAY_BE_KEPT = "/docs/assets/"  # the same for everybody


def _is_https(scope: Scope) -> bool:
    """Whether the browser asked over https: behind a trusted proxy, as it says."""
    service = getattr(getattr(scope.get("app"), "state", None), "service", None)
    scheme = scope["scheme"] if service is None else service.guard.proxies.scheme_of(Request(scope))
    return bool(scheme == "https")


class SecurityHeaders:
    """Middleware that adds the headers which an answer does not set itself.

    Parameters
    ----------
    app : ASGIApp
        What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request be answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = list(_ALWAYS)
        if not scope["path"].startswith(_MAY_BE_KEPT):
            wanted.append(_NOT_KEPT)
        if _is_https(scope):
            wanted.append(_ONLY_HTTPS)

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message.get("headers", ()))
                names = {name.lower() for name, _ in own}
                message["headers"] = own + [header for header in wanted if header[0] not in names]
            await send(message)

        await self._app(scope, receive, add)
