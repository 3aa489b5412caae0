"""Tokens: made for a course and a role, shown once, listed without what is secret in them, revoked."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, case, insert, or_, select, update

from app.language import Language, language_named
from app.storage.callers import token_digest
from app.storage.people import Course, ensure_learners, set_language_of_learner
from app.storage.tables import courses, learners, tokens

__all__ = ["TokenRow", "create_token", "find_token", "list_tokens", "note_uses", "revoke_token"]

_PREFIX = "upto_"
_READS = case((tokens.c.learner_id.is_(None), tokens.c.language), else_=learners.c.language).label("reads")


@dataclass(frozen=True)
class TokenRow:
    """A token as it is listed: never the token itself."""

    id: int
    course: str
    name: str
    role: str
    course_id: int
    student: str | None
    language: Language | None
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_token(
    connection: Connection,
    course: Course,
    now: datetime,
    *,
    staff: str | None = None,
    student: str | None = None,
    language: Language | None = None,
    expires_at: datetime | None = None,
    by: str | None = None,
) -> str:
    """Make a token for a member of staff or for a learner (made where unknown); it is returned once.

    Where a language is given it becomes what they read; a learner's other tokens share it.

    Raises
    ------
    ValueError
        Unless exactly one of staff and student is given.
    """
    if (staff is None) == (student is None):
        raise ValueError("a token is for staff or for a student")
    token = _PREFIX + secrets.token_urlsafe(32)
    learner = None
    if student is not None:
        learner = ensure_learners(connection, [(course.id, student)], now)[course.id, student]
        if language is not None:
            set_language_of_learner(connection, learner, language)
    row = {"digest": token_digest(token), "course_id": course.id, "learner_id": learner, "name": staff or student}
    own = language if learner is None else None
    made = {"created_at": now, "created_by": by, "expires_at": expires_at, "language": own}
    connection.execute(insert(tokens).values(**row, **made))
    return token


def _query() -> Select[Any]:
    return (
        select(tokens, courses.c.slug, learners.c.student, _READS)
        .join(courses, tokens.c.course_id == courses.c.id)
        .join(learners, tokens.c.learner_id == learners.c.id, isouter=True)
    )


def _read(row: Row[Any]) -> TokenRow:
    return TokenRow(
        id=row.id,
        course=row.slug,
        name=row.name,
        role="staff" if row.learner_id is None else "learner",
        course_id=row.course_id,
        student=row.student,
        language=language_named(row.reads or ""),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def list_tokens(
    connection: Connection, course: Course | None = None, before: int | None = None, limit: int | None = None
) -> list[TokenRow]:
    """Every token, oldest first; or those of a course, newest first, one more than the limit where there are more.

    Parameters
    ----------
    connection : Connection
    course : Course, optional
    before : int, optional
        Only those with a smaller id.
    limit : int, optional
    """
    query = _query()
    if course is None:
        query = query.order_by(tokens.c.id)
    else:
        query = query.where(tokens.c.course_id == course.id).order_by(tokens.c.id.desc())
    if before is not None:
        query = query.where(tokens.c.id < before)
    if limit is not None:
        query = query.limit(limit + 1)
    return [_read(row) for row in connection.execute(query)]


def find_token(
    connection: Connection, course: Course | None, *, number: int | None = None, digest: str = ""
) -> TokenRow | None:
    """A token, of one course or of any, by its id or else by its digest; None where there is none."""
    query = _query() if course is None else _query().where(tokens.c.course_id == course.id)
    query = query.where(tokens.c.digest == digest) if number is None else query.where(tokens.c.id == number)
    row = connection.execute(query).one_or_none()
    return None if row is None else _read(row)


def revoke_token(connection: Connection, token_id: int, now: datetime) -> bool:
    """Make a token useless, and the sessions that came of it; False where there is no such token, or it was revoked."""
    query = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(query).rowcount == 1


def note_uses(connection: Connection, used: Mapping[str, datetime]) -> None:
    """Note when tokens were last used, by their digests."""
    if used:
        query = update(tokens).where(
            tokens.c.digest == bindparam("whose"),
            or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < bindparam("at")),
        )
        rows = [{"whose": digest, "at": at} for digest, at in used.items()]
        connection.execute(query.values(last_used_at=bindparam("at")), rows)
