"""What grading tells of itself: what each question took, and whose answer failed."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from app.watching import about

__all__ = ["Note", "Noted", "Noting", "ignore"]

_log = logging.getLogger("upto")


@dataclass(frozen=True)
class Noted:
    """The answers to a question that were graded together.

    Parameters
    ----------
    assignment, question : str
    answers : int
        How many.
    failed : int
        How many of them could not be graded: our failure.
    seconds : float
        What it took.
    """

    assignment: str
    question: str
    answers: int
    failed: int
    seconds: float


Note: TypeAlias = Callable[[Noted], None]
"""Takes what was noted."""


def ignore(noted: Noted) -> None:
    """Take it and do nothing."""


class Noting:
    """A watcher of checking (see `app.checking.Watcher`) that notes times, and logs failures with their requests.

    Parameters
    ----------
    assignment : str
        The slug.
    note : callable
        Takes what was noted.
    ids : sequence of str or None, optional
        The request of each submission; by default all are of the current one.
    """

    def __init__(self, assignment: str, note: Note, ids: Sequence[str | None] = ()) -> None:
        self._assignment = assignment
        self._note = note
        self._ids = ids
        self._failed: Counter[str] = Counter()

    @contextmanager
    def question(self, question: str, answers: int) -> Iterator[None]:
        """Measure."""
        started = time.perf_counter()
        yield
        seconds = time.perf_counter() - started
        self._note(Noted(self._assignment, question, answers, self._failed.pop(question, 0), seconds))

    def failed(self, question: str, submission: int, error: Exception) -> None:
        """Count and log."""
        self._failed[question] += 1
        with about(self._ids[submission : submission + 1]):
            _log.error("question %s of %s could not be graded", question, self._assignment, exc_info=error)
