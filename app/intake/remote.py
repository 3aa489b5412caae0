"""The desk in a process of its own: grading and committing on one core, HTTP on another."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from app.errors import UptoError, our_failure
from app.intake.cases import Accepted, Arrival
from app.intake.desk import Desk, names_of
from app.intake.memory import settle_memory
from app.intake.noting import Note, Noted, ignore
from app.intake.pulse import Pulse
from app.watching import about

__all__ = ["RemoteDesk", "RemoteWatch"]

_log = logging.getLogger("upto")
_START_SECONDS = 60.0
_ANSWER_SECONDS = 180.0  # more than every statement of a group may take
_STOP_SECONDS = 10.0
_SILENT_SECONDS = 5.0  # ten times as long as from one sign of life to the next
_LOST_SECONDS = 60.0


class RemoteWatch(Protocol):
    """Is told which process grades."""

    def grades(self, pid: int) -> None:
        """Hear of the process that works now."""

    def restarted(self) -> None:
        """Hear that it was replaced."""


def _nothing() -> None:
    """Do nothing."""


class RemoteDesk:
    """A desk that works in a process of its own, and is replaced where that dies.

    Parameters
    ----------
    make : callable
        Makes the desk over there; it is pickled, so it is a function of a module or a partial of one.
    begin : callable, optional
        Is called over there before anything else; it is pickled too.
    note : callable, optional
        Takes, over here, what grading tells of itself.
    watch : RemoteWatch, optional

    Notes
    -----
    Nobody knows what a process that died had committed. The group that it held is handed to the next one, with the same
    names, and that looks first for what is there already. Where this one dies over it too, the group is given up.
    """

    def __init__(
        self,
        make: Callable[[], Desk],
        *,
        begin: Callable[[], None] = _nothing,
        note: Note = ignore,
        watch: RemoteWatch | None = None,
    ) -> None:
        self._make = make
        self._begin = begin
        self._note = note
        self._watch = watch
        self._context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._asked = 0
        self._ready = False
        self._closed = False
        self._process, self._line, self._pulse = self._start()

    def _start(self) -> tuple[BaseProcess, Connection, Pulse]:
        ours, theirs = self._context.Pipe()
        pulse = Pulse()
        work = (theirs, self._begin, self._make, pulse)
        process = self._context.Process(target=_work, args=work, name="upto-desk", daemon=True)
        process.start()
        theirs.close()
        if self._watch is not None:
            self._watch.grades(process.pid or 0)
        return process, ours, pulse

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
        if not self._ready:
            self._hear(_START_SECONDS)
            self._ready = True

    def _hear(self, seconds: float) -> bytes:
        if not self._line.poll(seconds):
            raise TimeoutError(f"the process that grades said nothing for {seconds:g} s")
        return self._line.recv_bytes()

    def take(self, arrivals: Sequence[Arrival]) -> list[Accepted | UptoError]:
        """Take submissions in; see `Desk.take`.

        Raises
        ------
        Unavailable
            Where two processes failed over them.
        """
        noise = os.urandom(16 * len(arrivals))
        with self._lock, about(arrival.request_id for arrival in arrivals):
            for again in (False, True):
                try:
                    return self._ask(arrivals, noise, again=again)
                except Exception:  # noqa: BLE001 - whatever it was: what comes by this line next is not to be trusted
                    _log.exception("the process that grades failed over %d submissions", len(arrivals))
                    self._replace()
        raise our_failure()

    def _ask(self, arrivals: Sequence[Arrival], noise: bytes, *, again: bool) -> list[Accepted | UptoError]:
        self._hear_ready()
        self._asked += 1
        self._line.send_bytes(pickle.dumps((self._asked, arrivals, noise, again), pickle.HIGHEST_PROTOCOL))
        number, outcomes, noted = pickle.loads(self._hear(_ANSWER_SECONDS))  # noqa: S301 - from our own process
        for one in noted:
            self._note(one)
        if number != self._asked or len(outcomes) != len(arrivals):
            raise ValueError(f"asked {self._asked}, answered {number}")
        answered: list[Accepted | UptoError] = outcomes
        return answered

    def _replace(self) -> None:
        """Start another process; it is waited for when it is asked something."""
        self._process.kill()
        self._process.join()
        self._line.close()
        self._ready = False
        if self._watch is not None:
            self._watch.restarted()
        self._process, self._line, self._pulse = self._start()

    def lives(self) -> bool:
        """Whether it gave a sign of life a moment ago; where there can be none any more, another takes its place.

        Notes
        -----
        A group in work is no reason to doubt: the sign comes from a thread of its own, and who waits for the group
        sees to it that it ends.
        """
        silence = self._pulse.silence()
        if self._process.is_alive() and silence < _SILENT_SECONDS:
            return True
        hopeless = not self._process.is_alive() or _LOST_SECONDS < silence < float("inf")
        if hopeless and self._lock.acquire(blocking=False):
            try:
                if not self._closed:
                    _log.error("the process that grades is gone, or said nothing for too long; another is started")
                    self._replace()
            finally:
                self._lock.release()
        return False

    def close(self) -> None:
        """Let it end."""
        with self._lock:
            self._closed = True
            self._line.close()
            self._process.join(_STOP_SECONDS)
            self._process.kill()
            self._process.join()


def _work(line: Connection, begin: Callable[[], None], make: Callable[[], Desk], pulse: Pulse) -> None:
    """Serve one web process until it closes the line or dies; signals are its business, not ours."""
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    begin()
    noted: list[Noted] = []
    try:
        desk = replace(make(), note=noted.append)
    except Exception:  # noqa: BLE001 - it is logged; over there the line is found closed
        _log.exception("the process that grades could not begin")
        return
    settle_memory()
    pulse.beat()
    try:
        line.send_bytes(b"ready")
        _warm(desk)
        while True:
            number, arrivals, noise, again = pickle.loads(line.recv_bytes())  # noqa: S301 - from our own parent
            outcomes = desk.take(arrivals, names_of(noise), again=again)
            line.send_bytes(pickle.dumps((number, outcomes, noted), pickle.HIGHEST_PROTOCOL))
            noted.clear()
    except (EOFError, OSError):
        pass
    finally:
        desk.database.close()


def _warm(desk: Desk) -> None:
    try:
        desk.warm()
    except Exception:  # noqa: BLE001 - it is logged; whoever hands something in is told what matters to them
        _log.exception("what runs could not be solved in advance")
