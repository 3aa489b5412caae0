"""Sessions: somebody who logged in, until they log out, stay away or have been here for long enough."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, insert, select, update

from app.storage.callers import Credential
from app.storage.tables import sessions

__all__ = [
    "Lifetimes",
    "end_session",
    "end_sessions_like",
    "end_sessions_of",
    "forget_sessions",
    "note_visits",
    "session_end",
    "start_session",
]

_USER_AGENT = 200  # characters that are kept
_MOST = 20  # sessions of one account or token; a new one ends the oldest


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lasts.

    Parameters
    ----------
    absolute : timedelta
        From its start, however much it is used.
    idle : timedelta
        From its last use.
    """

    absolute: timedelta
    idle: timedelta


def start_session(
    connection: Connection,
    now: datetime,
    lifetimes: Lifetimes,
    *,
    account_id: int | None = None,
    token_digest: str | None = None,
    user_agent: str = "",
    until: datetime | None = None,
) -> str:
    """Start a session of an account or of a token.

    Parameters
    ----------
    connection : Connection
    now : datetime
    lifetimes : Lifetimes
    account_id : int, optional
    token_digest : str, optional
    user_agent : str, optional
    until : datetime, optional
        When it ends at the latest, where that is sooner.

    Returns
    -------
    str
        Its id, for the cookie; only the digest is kept.

    Raises
    ------
    ValueError
        Unless exactly one of account and token is given.
    """
    if (account_id is None) == (token_digest is None):
        raise ValueError("a session is an account's or a token's")
    session_id = secrets.token_urlsafe(32)
    expires_at = now + lifetimes.absolute if until is None else min(until, now + lifetimes.absolute)
    whose = {"account_id": account_id, "token_digest": token_digest}
    row = {
        "created_at": now,
        "seen_at": now,
        "ends_at": min(expires_at, now + lifetimes.idle),
        "expires_at": expires_at,
    }
    digest = Credential.of_session(session_id).digest
    kept = _printable(user_agent)[:_USER_AGENT]
    connection.execute(insert(sessions).values(digest=digest, **whose, **row, user_agent=kept))
    same = sessions.c.token_digest == token_digest if account_id is None else sessions.c.account_id == account_id
    _end_oldest(connection, same)
    return session_id


def _printable(user_agent: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in user_agent)


def _end_oldest(connection: Connection, same: ColumnElement[bool]) -> None:
    newest_first = select(sessions.c.digest).where(same).order_by(sessions.c.created_at.desc(), sessions.c.digest)
    beyond = connection.execute(newest_first.offset(_MOST)).scalars().all()
    if beyond:
        connection.execute(delete(sessions).where(sessions.c.digest.in_(beyond)))


def session_end(connection: Connection, digest: str) -> datetime:
    """When a session ends at the latest.

    Raises
    ------
    NoResultFound
        Where there is none.
    """
    end: datetime = connection.execute(select(sessions.c.expires_at).where(sessions.c.digest == digest)).scalar_one()
    return end


def end_session(connection: Connection, digest: str) -> bool:
    """End one; False where there is none."""
    return connection.execute(delete(sessions).where(sessions.c.digest == digest)).rowcount == 1


def end_sessions_of(connection: Connection, account_id: int) -> int:
    """End all of an account, and say how many there were."""
    return connection.execute(delete(sessions).where(sessions.c.account_id == account_id)).rowcount


def end_sessions_like(connection: Connection, digest: str) -> int:
    """End all that are of the same account or token as one, itself among them, and say how many there were."""
    row = connection.execute(select(sessions).where(sessions.c.digest == digest)).one_or_none()
    if row is None:
        return 0
    if row.account_id is not None:
        return end_sessions_of(connection, row.account_id)
    return connection.execute(delete(sessions).where(sessions.c.token_digest == row.token_digest)).rowcount


def note_visits(connection: Connection, seen: Mapping[str, datetime], lifetimes: Lifetimes) -> None:
    """Note when sessions were last used, by their digests; they last longer by it."""
    if seen:
        query = update(sessions).where(sessions.c.digest == bindparam("whose"), sessions.c.seen_at < bindparam("at"))
        longer = case((sessions.c.expires_at < bindparam("then"), sessions.c.expires_at), else_=bindparam("then"))
        rows = [{"whose": digest, "at": at, "then": at + lifetimes.idle} for digest, at in seen.items()]
        connection.execute(query.values(seen_at=bindparam("at"), ends_at=longer), rows)


def forget_sessions(connection: Connection, now: datetime) -> int:
    """Delete those that are over, and say how many there were."""
    return connection.execute(delete(sessions).where(sessions.c.ends_at <= now)).rowcount
