"""Learners' own data drawn before they ask, so that not all of a class wait for them at the opening."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from app.intake.variants import Variants, Wanted
from app.storage import Whose, all_running, learners_without

__all__ = ["DrawingAhead"]

_log = logging.getLogger("upto")


class DrawingAhead:
    """A thread that draws for the known learners of every assignment with variants, one after the other.

    It rests as long as it works, so that it takes half of a core at most.

    Parameters
    ----------
    variants : Variants
        Draws and keeps.
    clock : callable
        Tells the time, in UTC.
    pause : float, optional
        Seconds after which it looks again for learners and assignments that are new.
    """

    def __init__(self, variants: Variants, clock: Callable[[], datetime], pause: float = 15.0) -> None:
        self._variants = variants
        self._clock = clock
        self._pause = pause
        self._given_up: set[Whose] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upto-drawing", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End after what is being drawn."""
        self._stopped.set()
        self._thread.join()

    def draw_missing(self) -> int:
        """Draw for everybody for whom nothing was drawn yet; how many that were."""
        count = 0
        for wanted in self._missing():
            if self._stopped.is_set():
                break
            began = time.monotonic()
            found = self._variants.of_all([wanted], self._clock(), make=False)[wanted]
            if isinstance(found, Exception):  # it is logged; whoever asks gets another try
                self._given_up.add(wanted.whose)
            count += 1
            self._stopped.wait(time.monotonic() - began)
        return count

    def _missing(self) -> list[Wanted]:
        with self._variants.database.reading() as connection:
            return [
                wanted
                for running in all_running(connection)
                if running.assignment.variants is not None
                for course, student in learners_without(
                    connection, running.assignment_id, running.assignment.variants.digest
                )
                if (wanted := Wanted(course, running, student)).whose not in self._given_up
            ]

    def _run(self) -> None:
        while not self._stopped.wait(self._pause):
            try:
                self.draw_missing()
            except Exception:  # noqa: BLE001 - it is logged, and tried again
                _log.exception("nothing could be drawn ahead")
