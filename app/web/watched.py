"""Around every request: its id, its line in the log, its numbers, and the answer to a failure that nobody foresaw."""

from __future__ import annotations

import logging
import time

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.watching import Asked, begin, choose_request_id
from app.watching.metrics import Metrics
from app.web.problems import answer_failure, template_of

__all__ = ["Watched"]

_log = logging.getLogger("upto.access")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOT_OURS = "/readyz"  # it tells of a failure; it does not fail


class Watched:
    """Middleware that watches over every request.

    Parameters
    ----------
    app : ASGIApp
        What is watched.
    metrics : Metrics
        Where it is counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request be answered."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Asked(choose_request_id([value for name, value in scope["headers"] if name == b"x-request-id"]))
        begin(asked)
        answer = _Answer(asked.id, send)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            response = await answer_failure(Request(scope), error)
            if answer.status:  # too late for another answer: the connection has to break
                raise
            await response(scope, receive, answer)
        finally:
            self._finish(scope, asked, answer, time.perf_counter() - started)

    def _finish(self, scope: Scope, asked: Asked, answer: _Answer, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = template_of(scope)
        self._metrics.request(method, route, answer.status, seconds)
        if answer.status >= 500 and route != _NOT_OURS:
            self._metrics.failure()
        if _log.isEnabledFor(logging.INFO):
            told = {
                "method": method,
                "route": route,
                "status": answer.status,
                "ms": round(seconds * 1000, 2),
                "bytes": answer.size,
                "role": asked.role,
                "course": asked.course,
            }
            _log.info("request", extra=told)


class _Answer:
    """Sends an answer, with the id of its request, and sees how it goes.

    Parameters
    ----------
    request_id : str
    send : callable
        ASGI's.
    """

    def __init__(self, request_id: str, send: Send) -> None:
        self._header = (b"x-request-id", request_id.encode("ascii"))
        self._send = send
        self.status = 0
        """0 where nothing was answered: whoever asked had left."""
        self.size = 0
        """Bytes of the body."""

    async def __call__(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), self._header]
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self._send(message)
