"""Now and then, what was kept for a time that is over is deleted."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from app.intake.desk import Desk

__all__ = ["Sweeper"]

_SECONDS = 3600.0


class Sweeper:
    """Sweeps at the start and once an hour, however often it is called.

    Parameters
    ----------
    desk : Desk
        Knows what is to be deleted.
    clock : callable
        Tells the time, in UTC.
    """

    def __init__(self, desk: Desk, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._clock = clock
        self._due = 0.0

    def __call__(self) -> None:
        """Sweep, if it is time."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _SECONDS
            self._desk.sweep(self._clock())
