"""Whoever is named wrongly again and again is tried more and more slowly, and never shut out."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from app.errors import TooManyRequests
from app.language import text

__all__ = ["Slowdown"]

_FREE = 5  # failures in a row that cost no time
_LONGEST = 60.0  # seconds: somebody else's guessing keeps nobody out for longer
_FORGOTTEN = timedelta(hours=1)  # after the last failure
_MOST = 10_000  # names


class Slowdown:
    """Pauses between failures in a row, by name, whether or not anybody has it: 1, 2, 4 seconds ... up to a minute.

    Parameters
    ----------
    clock : callable
        Tells the time, in UTC.

    Notes
    -----
    A try counts as a failure from its start until `succeeded` is told otherwise, so that many at once gain nothing.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[int, datetime]] = {}

    def start(self, name: str) -> None:
        """Let somebody try.

        Raises
        ------
        TooManyRequests
            Where it is too soon after the last failure; then it is no try.
        """
        now = self._clock()
        with self._lock:
            failures, last = self._failures.pop(name, (0, now))
            if now - last >= _FORGOTTEN:
                failures = 0
            waited = (now - last).total_seconds()
            pause = min(_LONGEST, 2.0 ** min(failures - _FREE, 10)) if failures >= _FREE else 0.0
            if waited < pause:
                self._failures[name] = failures, last
                raise _too_soon(math.ceil(pause - waited))
            if len(self._failures) >= _MOST:
                del self._failures[next(iter(self._failures))]
            self._failures[name] = failures + 1, now

    def succeeded(self, name: str) -> None:
        """Forget the failures."""
        with self._lock:
            self._failures.pop(name, None)


def _too_soon(seconds: int) -> TooManyRequests:
    return TooManyRequests(
        text(
            "There were too many wrong passwords for this name. Please try again in {seconds} seconds.", seconds=seconds
        ),
        retry_after=seconds,
    )
