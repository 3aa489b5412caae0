"""Who had a valid token a moment ago, so that a stranger's body is not read and the database is not asked each time."""

from __future__ import annotations

import time

from app.storage import Caller

__all__ = ["Admitted"]

_MOST = 10_000
_SECONDS = 60.0


class Admitted:
    """Callers by the digests of their tokens, believed for a minute.

    It is used on the event loop only.

    Attributes
    ----------
    changes : int
        How often somebody was forgotten: what was looked up before then may be out of date.
    """

    def __init__(self) -> None:
        self.changes = 0
        self._callers: dict[str, tuple[Caller, float]] = {}

    def find(self, digest: str) -> Caller | None:
        """Who had the token, where that is still believed."""
        caller, until = self._callers.get(digest, (None, 0.0))
        return caller if time.monotonic() <= until else None

    def remember(self, digest: str, caller: Caller, changes: int) -> None:
        """Believe it from now on, unless somebody was forgotten since there were so many changes."""
        if changes != self.changes:
            return
        if len(self._callers) >= _MOST:
            self._callers.clear()
        self._callers[digest] = caller, time.monotonic() + _SECONDS

    def forget(self, digest: str, caller: Caller) -> None:
        """Look a caller up anew: by this token, and a learner by all of theirs."""
        self.changes += 1
        self._callers = {
            known: entry
            for known, entry in self._callers.items()
            if known != digest and (caller.learner_id is None or entry[0].learner_id != caller.learner_id)
        }
