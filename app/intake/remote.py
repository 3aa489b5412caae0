"""The desk in a process of its own: grading and committing on one core, HTTP on another."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from app.errors import UptoError, our_failure
from app.intake.cases import Accepted, Arrival
from app.intake.desk import Desk, names_of
from app.intake.memory import settle_memory

__all__ = ["RemoteDesk"]

_log = logging.getLogger("upto")
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class RemoteDesk:
    """A desk that works in a process of its own, and is replaced where that dies.

    Parameters
    ----------
    make : callable
        Makes the desk over there; it is pickled, so it is a function of a module or a partial of one.

    Notes
    -----
    Nobody knows what a process that died had committed. The group that it held is handed to the next one, with the same
    names, and that looks first for what is there already. Where this one dies over it too, the group is given up.
    """

    def __init__(self, make: Callable[[], Desk]) -> None:
        self._make = make
        self._context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._process, self._line = self._start()

    def _start(self) -> tuple[BaseProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs, self._make), name="upto-desk", daemon=True)
        process.start()
        theirs.close()
        return process, ours

    @property
    def pid(self) -> int:
        """The process that works now."""
        return self._process.pid or 0

    def wait(self) -> None:
        """Wait until it is ready.

        Raises
        ------
        TimeoutError
            Where it does not become so.
        """
        with self._lock:
            self._hear_ready()

    def _hear_ready(self) -> None:
        if not self._line.poll(_START_SECONDS):
            raise TimeoutError("the process that grades did not start")
        self._line.recv_bytes()

    def take(self, arrivals: Sequence[Arrival]) -> list[Accepted | UptoError]:
        """Take submissions in; see `Desk.take`.

        Raises
        ------
        Unavailable
            Where two processes died over them.
        """
        noise = os.urandom(16 * len(arrivals))
        with self._lock:
            for again in (False, True):
                try:
                    self._line.send_bytes(pickle.dumps((arrivals, noise, again), pickle.HIGHEST_PROTOCOL))
                    outcomes: list[Accepted | UptoError] = pickle.loads(self._line.recv_bytes())  # noqa: S301 - from our own process
                except (EOFError, OSError):
                    _log.exception("the process that grades died over %d submissions; starting another", len(arrivals))
                    self._replace()
                else:
                    return outcomes
        raise our_failure()

    def _replace(self) -> None:
        self._line.close()
        self._process.kill()
        self._process.join()
        self._process, self._line = self._start()
        self._hear_ready()

    def close(self) -> None:
        """Let it end."""
        with self._lock:
            self._line.close()
            self._process.join(_STOP_SECONDS)
            self._process.kill()


def _work(line: Connection, make: Callable[[], Desk]) -> None:
    """Serve one web process until it closes the line or dies; signals are its business, not ours."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    desk = make()
    settle_memory()
    try:
        line.send_bytes(b"ready")
        _warm(desk)
        while True:
            arrivals, noise, again = pickle.loads(line.recv_bytes())  # noqa: S301 - from our own parent
            line.send_bytes(pickle.dumps(desk.take(arrivals, names_of(noise), again=again), pickle.HIGHEST_PROTOCOL))
    except (EOFError, OSError):
        pass
    finally:
        desk.database.close()


def _warm(desk: Desk) -> None:
    try:
        desk.warm()
    except Exception:  # noqa: BLE001 - it is logged; whoever hands something in is told what matters to them
        _log.exception("what runs could not be solved in advance")
