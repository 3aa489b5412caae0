"""When tokens and sessions were last used: noted in memory, written together and seldom."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta

from app.storage import Credential, Database, Lifetimes, note_uses, note_visits

__all__ = ["Uses"]

_EVERY_SECONDS = 60.0
_AGAIN = {"token": timedelta(hours=1), "session": timedelta(minutes=1)}
_MOST = 10_000


class Uses:
    """Writes down who was here: a token's use once an hour, a session's once a minute, never while somebody waits.

    Parameters
    ----------
    database : Database
    lifetimes : Lifetimes
        A session that is used lasts longer.
    """

    def __init__(self, database: Database, lifetimes: Lifetimes) -> None:
        self._database = database
        self._lifetimes = lifetimes
        self._lock = threading.Lock()
        self._noted: dict[Credential, datetime] = {}
        self._written: dict[Credential, datetime] = {}
        self._due = time.monotonic() + _EVERY_SECONDS

    def note(self, credential: Credential, now: datetime) -> None:
        """Note a use by somebody who is known."""
        before = self._written.get(credential)
        if before is not None and now - before < _AGAIN[credential.kind]:
            return
        with self._lock:
            if len(self._noted) < _MOST:
                self._noted[credential] = now

    def __call__(self) -> None:
        """Write what was noted, if it is time."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + _EVERY_SECONDS
            self.write()

    def write(self) -> None:
        """Write what was noted; where that fails it is lost, and the next use is noted again."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return
        tokens = {one.digest: at for one, at in noted.items() if one.kind == "token"}
        sessions = {one.digest: at for one, at in noted.items() if one.kind == "session"}
        with self._database.writing() as connection:
            note_uses(connection, tokens)
            note_visits(connection, sessions, self._lifetimes)
        if len(self._written) + len(noted) > _MOST:
            self._written = {}
        self._written = self._written | noted
