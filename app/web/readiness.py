"""Whether the service can work: something is really written, and the process that grades gives a sign of life."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime

from app.errors import Unavailable
from app.language import text
from app.storage import Database, beat, database_bytes

__all__ = ["Readiness", "State"]

_log = logging.getLogger("upto")
_FRESH_SECONDS = 1.0  # however often it is asked, the disk is written to once in that time
_PATIENCE_SECONDS = 3.0
_RETRY_SECONDS = 5


@dataclass(frozen=True)
class State:
    """What was found out.

    Parameters
    ----------
    refusal : Unavailable or None
        Why the service cannot work.
    database_bytes : int or None
        The size of the database, where it could be asked.
    """

    refusal: Unavailable | None
    database_bytes: int | None = None


class Readiness:
    """Finds out whether the service can work, at most once a second.

    Parameters
    ----------
    database : Database
    clock : callable
        Tells the time, in UTC.
    grading_lives : callable
        Tells whether the process that grades gave a sign of life.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], grading_lives: Callable[[], bool]) -> None:
        self._database = database
        self._clock = clock
        self._grading_lives = grading_lives
        self._found: Future[State] | None = None
        self._fresh_until = 0.0

    async def ask(self) -> State:
        """What was found out a moment ago, or is now; whoever asks meanwhile waits for the same.

        A database that hangs is asked once: nobody else is sent after it.
        """
        if self._found is None or (self._found.done() and time.monotonic() >= self._fresh_until):
            self._found = self._start()
        if not self._found.done():
            await asyncio.wait({asyncio.wrap_future(self._found)}, timeout=_PATIENCE_SECONDS)
        if self._found.done():
            return self._found.result()
        message = text("The database did not answer within {seconds} seconds.", seconds=f"{_PATIENCE_SECONDS:g}")
        return State(Unavailable(message, retry_after=_RETRY_SECONDS))

    def _start(self) -> Future[State]:
        """Look, in a thread of its own: one that hangs takes nobody's place, and the process can end without it."""
        found: Future[State] = Future()
        context = copy_context()

        def run() -> None:
            state = context.run(self._look)
            self._fresh_until = time.monotonic() + _FRESH_SECONDS
            found.set_result(state)

        threading.Thread(target=run, name="upto-readiness", daemon=True).start()
        return found

    def _look(self) -> State:
        try:
            beat(self._database, self._clock())
            size = database_bytes(self._database)
        except Exception:  # noqa: BLE001 - it is logged; strangers are told no more than that it is so
            _log.exception("the database cannot be written")
            return State(Unavailable(text("The database cannot be written just now."), retry_after=_RETRY_SECONDS))
        if not self._grading_lives():
            message = text("The process that grades gives no sign of life.")
            return State(Unavailable(message, retry_after=_RETRY_SECONDS), size)
        return State(None, size)
