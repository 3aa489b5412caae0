"""Signs of life of a process, seen by the one that started it."""

from __future__ import annotations

import math
import threading
import time
from multiprocessing.context import BaseContext

__all__ = ["Pulse"]

_SECONDS = 0.5


class Pulse:
    """A moment in memory that two processes share: when one of them last gave a sign of life.

    Parameters
    ----------
    context : BaseContext
        That starts the process; a pulse is handed over as an argument of it.

    Notes
    -----
    The moments are those of `time.monotonic`, which is one clock for all processes of a machine.
    """

    def __init__(self, context: BaseContext) -> None:
        self._last = context.RawValue("d", 0.0)

    def beat(self) -> None:
        """Give signs of life from now on, until this process ends."""
        self._last.value = time.monotonic()
        threading.Thread(target=self._go_on, name="upto-pulse", daemon=True).start()

    def _go_on(self) -> None:
        while True:
            self._last.value = time.monotonic()
            time.sleep(_SECONDS)

    def silence(self) -> float:
        """Seconds since the last sign of life; infinite before the first."""
        last: float = self._last.value
        return time.monotonic() - last if last else math.inf
