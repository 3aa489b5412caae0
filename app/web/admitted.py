"""Who was known a moment ago, so that a stranger's body is not read and the database is not asked each time."""

from __future__ import annotations

import time
from datetime import datetime

from app.storage import Caller, Credential

__all__ = ["Admitted"]

_MOST = 10_000
_SECONDS = 60.0


class Admitted:
    """Callers by what they come with, believed for a minute.

    It is used on the event loop only.

    Attributes
    ----------
    changes : int
        How often somebody was forgotten: what was looked up before then may be out of date.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._callers: dict[Credential, tuple[Caller, float]] = {}

    def find(self, credential: Credential | None, now: datetime) -> Caller | None:
        """Who came with it, where that is still believed and not over."""
        known = None if credential is None else self._callers.get(credential)
        if known is None or known[0].over_at(now) or time.monotonic() > known[1]:
            return None
        return known[0]

    def remember(self, credential: Credential | None, caller: Caller, changes: int) -> None:
        """Believe it from now on, unless somebody was forgotten since there were so many changes."""
        if credential is None or changes != self.changes:
            return
        if len(self._callers) >= _MOST:
            self._callers.clear()
        self._callers[credential] = caller, time.monotonic() + _SECONDS

    def forget_all(self) -> None:
        """Look everybody up anew."""
        self.changes += 1
        self._callers = {}

    def forget(self, credential: Credential | None, caller: Caller) -> None:
        """Look a caller up anew: by this, and a learner by all of their tokens."""
        self.changes += 1
        self._callers = {
            known: entry
            for known, entry in self._callers.items()
            if known != credential and (caller.learner_id is None or entry[0].learner_id != caller.learner_id)
        }
