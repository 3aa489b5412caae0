"""The application over HTTP, request by request in this process: any method, path, query, headers and body."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

from fastapi import FastAPI
from pydantic import SecretStr

from app.main import create_app, utc_now
from app.settings import Settings
from app.storage import add_version, create_token, find_course
from app.storage import publish as publish_version
from tests.fuzz.material import SOURCES
from tests.fuzz.requests import ADMIN, LEARNER, STAFF, Sending, request
from tests.fuzz.running import BrokenError, Input, Part

__all__ = ["Asking", "inspect", "populate"]

ROUND = 100
_ALLOWED = frozenset({200, 201, 304, 307, 400, 401, 403, 404, 405, 408, 409, 413, 416, 422, 429})


class _Complaints(logging.Handler):
    """Keep what is logged at the level of an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.said.append(self.format(record))


def populate(app: FastAPI, now: datetime) -> tuple[str, str]:
    """Put every assignment into the course, and make a token of staff and one of a learner."""
    with app.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        if course is None:
            raise LookupError("the course ml is not there")
        for slug in ("kinds", "own-graph", "scans"):
            made = add_version(connection, course, slug, SOURCES[slug], by="fuzzing", reason=None, now=now)
            publish_version(connection, course, slug, made.version, by="fuzzing", reason=None, now=now)
        return create_token(connection, course, now, staff="Ada"), create_token(connection, course, now, student="b1")


class Asking(Part):
    """Requests to the application."""

    name = "http"
    base = 512 << 20
    """Plans of versions and of learners' data are kept, and one input in thousands takes 350 MiB for some seconds, for
    a reason that is not found yet: nothing is to grow beyond that."""

    def open(self, seed: int) -> None:  # noqa: ARG002 - the same for every seed
        """Start the application with a database of its own."""
        self._folder = TemporaryDirectory(prefix="upto-fuzz-")
        self._log = _Complaints()
        logging.getLogger().addHandler(self._log)
        self._loop = asyncio.new_event_loop()
        settings = Settings(
            data_dir=Path(self._folder.name), admin_token=SecretStr(ADMIN), grading="thread", body_seconds=2.0
        )
        self._app = create_app(settings)
        self._lifespan: AbstractAsyncContextManager[Any] = self._app.router.lifespan_context(self._app)
        self._loop.run_until_complete(self._lifespan.__aenter__())
        staff, learner = populate(self._app, utc_now())
        self._tokens = {STAFF.encode(): staff.encode(), LEARNER.encode(): learner.encode()}

    def close(self) -> None:
        """Stop it."""
        self._loop.run_until_complete(self._lifespan.__aexit__(None, None, None))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        logging.getLogger().removeHandler(self._log)
        self._folder.cleanup()

    def inputs(self, rng: Random) -> Iterator[Input]:
        """Requests."""
        return (request(rng) for _ in range(ROUND))

    def judge(self, sent: Input) -> str:
        """Send a request, and look at the answer."""
        sending: Sending = sent.about
        self._log.said.clear()
        status, headers, content = self._loop.run_until_complete(self._ask(sending, sent.data))
        if self._log.said:
            raise BrokenError(f"{status}: {self._log.said[0]}")
        inspect(status, headers, content, head=sending.method == "HEAD")
        return str(status)

    async def _ask(self, sending: Sending, body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path, _, query = sending.target.partition(b"?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": sending.method,
            "root_path": "", "path": _decoded(path), "raw_path": path, "query_string": query, "scheme": "http",
            "headers": [(name, self._named(value)) for name, value in sending.headers],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        messages: list[Any] = []
        waiting = [{"type": "http.request", "body": body[start : start + 65536], "more_body": start + 65536 < len(body)}
                   for start in range(0, max(len(body), 1), 65536)]  # fmt: skip
        if not sending.whole:
            waiting[-1]["more_body"] = True

        async def receive() -> dict[str, Any]:
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
            messages.append(message)

        await self._app(scope, receive, send)
        if not messages or messages[0]["type"] != "http.response.start":
            raise BrokenError(f"no answer: {messages}")
        content = b"".join(message.get("body", b"") for message in messages[1:])
        return messages[0]["status"], messages[0]["headers"], content

    def _named(self, value: bytes) -> bytes:
        """A header with a token's name replaced by the token, which differs from run to run."""
        scheme, _, name = value.partition(b" ")
        return scheme + b" " + self._tokens[name] if scheme == b"Bearer" and name in self._tokens else value


def _decoded(path: bytes) -> str:
    """A path as the server decodes it."""
    return unquote(path.decode("utf-8", "replace"))


def inspect(status: int, headers: list[tuple[bytes, bytes]], content: bytes, *, head: bool = False) -> None:
    """Look at an answer: its status is one of ours, refusals are problem documents, and nothing got into the headers.

    Raises
    ------
    BrokenError
        Where it is not so.
    """
    if status not in _ALLOWED:
        raise BrokenError(f"{status}: {content[:500]!r}")
    for name, value in headers:
        if any(mark in name + value for mark in b"\r\n\0"):
            raise BrokenError(f"a header {name!r} with {value!r}")
    named = {name.lower(): value for name, value in headers}
    if status == 405 and not named.get(b"allow"):
        raise BrokenError("405 without Allow")
    if status < 400 or head:
        return
    if named.get(b"content-type") != b"application/problem+json":
        raise BrokenError(f"{status} as {named.get(b'content-type')!r}: {content[:500]!r}")
    document = json.loads(content)
    if document["status"] != status or not all(isinstance(document[key], str) for key in ("type", "title", "detail")):
        raise BrokenError(f"{status} says {content[:500]!r}")
