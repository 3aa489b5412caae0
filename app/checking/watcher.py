"""Who is told how grading goes: it is handed in, so that checking itself knows no clock and counts nothing."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

__all__ = ["UNWATCHED", "Watcher"]

_log = logging.getLogger("upto")


class Watcher(Protocol):
    """Is told how grading goes."""

    def question(self, question: str, answers: int) -> AbstractContextManager[object]:
        """Surround the grading of the answers to one question that came together."""

    def failed(self, question: str, submission: int, error: Exception) -> None:
        """Hear that an answer could not be graded; the submission is numbered as it was handed over."""


class _Unwatched:
    """Measures nothing; a failure goes to the log."""

    def question(self, question: str, answers: int) -> AbstractContextManager[object]:  # noqa: ARG002 - see Watcher
        """Do nothing."""
        return nullcontext()

    def failed(self, question: str, submission: int, error: Exception) -> None:  # noqa: ARG002 - see Watcher
        """Log it."""
        _log.error("question %s could not be graded", question, exc_info=error)


UNWATCHED: Watcher = _Unwatched()
"""Nobody watches."""
