"""Who is calling: what somebody comes in with, and who that is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, case, select, update

from app.language import Language, language_named
from app.storage.tables import account_courses, accounts, learners, sessions, tokens

__all__ = ["Caller", "Credential", "administrator", "find_callers", "set_language", "token_digest"]

_READS = case((tokens.c.learner_id.is_(None), tokens.c.language), else_=learners.c.language).label("reads")

# What every submission asks is put together once: that costs more than asking it.
_OF_TOKENS = (
    select(
        tokens.c.digest,
        tokens.c.id,
        tokens.c.course_id,
        tokens.c.learner_id,
        learners.c.student,
        tokens.c.name,
        tokens.c.expires_at,
        _READS,
    )
    .join(learners, tokens.c.learner_id == learners.c.id, isouter=True)
    .where(tokens.c.digest.in_(bindparam("digests", expanding=True)), tokens.c.revoked_at.is_(None))
)
_OF_SESSIONS = (
    select(
        sessions.c.digest,
        sessions.c.token_digest,
        sessions.c.ends_at,
        sessions.c.account_id,
        accounts.c.name,
        accounts.c.administrator,
        accounts.c.language,
        accounts.c.disabled_at,
    )
    .join(accounts, sessions.c.account_id == accounts.c.id, isouter=True)
    .where(sessions.c.digest.in_(bindparam("digests", expanding=True)))
)


def token_digest(token: str) -> str:
    """What is stored of a token, or of a session's id: 32 random bytes need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Credential:
    """What somebody comes in with; it holds nothing secret, so that it may be kept and sent between processes.

    Parameters
    ----------
    kind : str
        ``token``: in the header Authorization; ``session``: in a cookie.
    digest : str
        SHA-256 of the token, or of the session's id.
    """

    kind: Literal["token", "session"]
    digest: str = field(repr=False)

    @classmethod
    def of_token(cls, token: str) -> Credential:
        """That of a bearer token."""
        return cls("token", token_digest(token))

    @classmethod
    def of_session(cls, session_id: str) -> Credential:
        """That of a session, by the id in its cookie."""
        return cls("session", token_digest(session_id))


@dataclass(frozen=True)
class Caller:
    """Who somebody is.

    Parameters
    ----------
    courses : frozenset of int or None
        The ids of the courses that they may use; None for the administrators, who may use every course.
    learner_id, student
        The learner that it is; None for staff.
    name : str
        What they are called: an account's name, what a token of staff is called, or the student's id.
    language : Language or None
        What they read, where they have said so: a learner for all of their tokens, staff for this one or their account.
    token_id, account_id : int or None
        The token or the account that they use; neither for the token of the settings.
    until : datetime or None
        From when on they are nobody any more; None where that is open.
    """

    courses: frozenset[int] | None
    learner_id: int | None = None
    student: str | None = None
    name: str = ""
    language: Language | None = None
    token_id: int | None = None
    account_id: int | None = None
    until: datetime | None = None

    @property
    def staff(self) -> bool:
        """Whether it is staff (of these courses, or of all)."""
        return self.learner_id is None

    @property
    def role(self) -> Literal["administrator", "staff", "learner"]:
        """What they are in their courses."""
        if self.courses is None:
            return "administrator"
        return "staff" if self.staff else "learner"

    @property
    def own_course(self) -> int | None:
        """The id of the one course that they may use; None where that is not exactly one: it says nothing of rights."""
        return next(iter(self.courses)) if self.courses is not None and len(self.courses) == 1 else None

    def may_use(self, course_id: int) -> bool:
        """Whether a course is one of theirs."""
        return self.courses is None or course_id in self.courses

    def over_at(self, now: datetime) -> bool:
        """Whether they are nobody any more."""
        return self.until is not None and self.until <= now


def administrator(until: datetime | None = None) -> Caller:
    """Whoever has the token of the settings."""
    return Caller(None, name="administrator", until=until)


def find_callers(
    connection: Connection, credentials: Iterable[Credential], admin_digest: str = ""
) -> dict[Credential, Caller]:
    """Who comes with credentials; unknown and revoked ones are left out, those that are over (`Caller.until`) are not.

    Parameters
    ----------
    connection : Connection
    credentials : iterable of Credential
    admin_digest : str, optional
        Of the token of the settings, which has no row: whose sessions are the administrator's.
    """
    wanted = set(credentials)
    known = {one: one.digest for one in wanted}
    of_tokens = _of_tokens(connection, {digest for one, digest in known.items() if one.kind == "token"})
    of_sessions = _of_sessions(
        connection, {digest for one, digest in known.items() if one.kind == "session"}, admin_digest
    )
    found = {"token": of_tokens, "session": of_sessions}
    return {one: found[one.kind][digest] for one, digest in known.items() if digest in found[one.kind]}


def _of_tokens(connection: Connection, digests: set[str]) -> dict[str, Caller]:
    if not digests:
        return {}
    return {
        row.digest: Caller(
            frozenset((row.course_id,)),
            row.learner_id,
            row.student,
            row.name,
            language_named(row.reads or ""),
            token_id=row.id,
            until=row.expires_at,
        )
        for row in connection.execute(_OF_TOKENS, {"digests": list(digests)})
    }


def _of_sessions(connection: Connection, digests: set[str], admin_digest: str) -> dict[str, Caller]:
    if not digests:
        return {}
    rows = connection.execute(_OF_SESSIONS, {"digests": list(digests)}).all()
    by_token = _of_tokens(connection, {row.token_digest for row in rows if row.token_digest is not None})
    courses = _courses_of(connection, [row.account_id for row in rows if row.account_id is not None])
    found: dict[str, Caller] = {}
    for row in rows:
        if row.account_id is not None:
            if row.disabled_at is None:
                found[row.digest] = _of_account(row, courses.get(row.account_id, frozenset()))
        elif row.token_digest == admin_digest:
            found[row.digest] = administrator(row.ends_at)
        elif row.token_digest in by_token:
            caller = by_token[row.token_digest]
            until = row.ends_at if caller.until is None else min(row.ends_at, caller.until)
            found[row.digest] = replace(caller, until=until)
    return found


def _of_account(row: Any, courses: frozenset[int]) -> Caller:  # noqa: ANN401 - a row, whose columns are not typed
    return Caller(
        None if row.administrator else courses,
        name=row.name,
        language=language_named(row.language or ""),
        account_id=row.account_id,
        until=row.ends_at,
    )


def _courses_of(connection: Connection, ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """The courses of accounts, by the accounts' ids."""
    if not ids:
        return {}
    query = select(account_courses).where(account_courses.c.account_id.in_(set(ids)))
    found: dict[int, frozenset[int]] = {}
    for row in connection.execute(query):
        found[row.account_id] = found.get(row.account_id, frozenset()) | {row.course_id}
    return found


def set_language(connection: Connection, caller: Caller, language: Language | None) -> None:
    """Keep what somebody reads, or None for what their requests ask for.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    caller : Caller
        A learner, for all of whose tokens it is kept, or staff, whose setting belongs to the token or the account.
    language : Language or None
    """
    for table, number in (
        (learners, caller.learner_id),
        (accounts, caller.account_id),
        (tokens, caller.token_id),
    ):
        if number is not None:
            connection.execute(update(table).where(table.c.id == number).values(language=language))
            return
