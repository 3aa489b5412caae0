"""Signs of life of a process, seen by the one that started it."""

from __future__ import annotations

import math
import mmap
import os
import struct
import tempfile
import threading
import time
import weakref
from multiprocessing.reduction import DupFd
from typing import Any

__all__ = ["Pulse"]

_SECONDS = 0.5
_MOMENT = struct.Struct("d")


class Pulse:
    """A moment in memory that two processes share: when one of them last gave a sign of life.

    It is handed over as an argument of the process that is started. It needs no folder for what is shared, such as
    ``/dev/shm``, in which a container may not let anybody write.

    Notes
    -----
    The moments are those of `time.monotonic`, which is one clock for all processes of a machine.
    """

    def __init__(self) -> None:
        self._open(_anonymous())
        self._write(0.0)

    def _open(self, handle: int) -> None:
        self._handle = handle
        weakref.finalize(self, os.close, handle)
        self._memory = mmap.mmap(handle, _MOMENT.size)

    def __getstate__(self) -> Any:  # noqa: ANN401 - what multiprocessing makes of it
        """Travel to a process that is being started."""
        return DupFd(self._handle)

    def __setstate__(self, state: Any) -> None:  # noqa: ANN401 - what multiprocessing made of it
        """Arrive there."""
        self._open(state.detach())

    def _write(self, moment: float) -> None:
        _MOMENT.pack_into(self._memory, 0, moment)

    def beat(self) -> None:
        """Give signs of life from now on, until this process ends."""
        self._write(time.monotonic())
        threading.Thread(target=self._go_on, name="upto-pulse", daemon=True).start()

    def _go_on(self) -> None:
        while True:
            self._write(time.monotonic())
            time.sleep(_SECONDS)

    def silence(self) -> float:
        """Seconds since the last sign of life; infinite before the first."""
        (last,) = _MOMENT.unpack_from(self._memory)
        return time.monotonic() - last if last else math.inf


def _anonymous() -> int:
    """A file of eight bytes without a name: in memory where the system has such files."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("upto-pulse")
    else:
        with tempfile.TemporaryFile() as file:
            handle = os.dup(file.fileno())
    os.ftruncate(handle, _MOMENT.size)
    return handle
