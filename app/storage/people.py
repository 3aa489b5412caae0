"""Courses, learners and tokens: who may do what."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, bindparam, case, insert, select, update

from app.language import Language, language_named
from app.storage.database import insert_new
from app.storage.tables import courses, learners, tokens

__all__ = [
    "Caller",
    "Course",
    "TokenRow",
    "create_token",
    "ensure_course",
    "ensure_learners",
    "find_caller",
    "find_callers",
    "find_course",
    "find_learner",
    "find_token",
    "list_courses",
    "list_tokens",
    "revoke_token",
    "set_language",
    "token_digest",
]

_PREFIX = "upto_"

_READS = case((tokens.c.learner_id.is_(None), tokens.c.language), else_=learners.c.language).label("reads")

# What every submission asks is put together once: that costs more than asking it.
_COURSE = select(courses.c.id, courses.c.slug).where(courses.c.slug == bindparam("slug"))
_HOLD_LEARNERS = (
    select(learners.c.course_id, learners.c.student, learners.c.id)
    .where(learners.c.student.in_(bindparam("students", expanding=True)))
    .where(learners.c.course_id.in_(bindparam("courses", expanding=True)))
    .order_by(learners.c.course_id, learners.c.student)
    .with_for_update(key_share=True)
)
_CALLERS = (
    select(
        tokens.c.digest,
        tokens.c.id,
        tokens.c.course_id,
        tokens.c.learner_id,
        learners.c.student,
        tokens.c.name,
        _READS,
    )
    .join(learners, tokens.c.learner_id == learners.c.id, isouter=True)
    .where(tokens.c.digest.in_(bindparam("digests", expanding=True)), tokens.c.revoked_at.is_(None))
)


@dataclass(frozen=True)
class Course:
    """A course."""

    id: int
    slug: str


@dataclass(frozen=True)
class Caller:
    """Who a token is.

    Parameters
    ----------
    course_id : int or None
        The one course it may use; None for staff of every course.
    learner_id, student
        The learner that it is; None for staff.
    name : str
        What the token is called: a member of staff, or the student's id.
    language : Language or None
        What they read, where they have said so: a learner for all of their tokens, staff for this one.
    token_id : int or None
        The token; None for that of the settings.
    """

    course_id: int | None
    learner_id: int | None = None
    student: str | None = None
    name: str = ""
    language: Language | None = None
    token_id: int | None = None

    @property
    def staff(self) -> bool:
        """Whether the token is staff (of its course, or of all)."""
        return self.learner_id is None

    @property
    def role(self) -> Literal["administrator", "staff", "learner"]:
        """What the token is in its course."""
        if self.course_id is None:
            return "administrator"
        return "staff" if self.staff else "learner"


@dataclass(frozen=True)
class TokenRow:
    """A token as it is listed: never the token itself."""

    id: int
    course: str
    name: str
    role: str
    language: Language | None
    created_at: datetime
    revoked_at: datetime | None


def token_digest(token: str) -> str:
    """What is stored of a token: 32 random bytes need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def ensure_course(connection: Connection, slug: str, now: datetime) -> Course:
    """The course of that slug, made where there is none."""
    found = find_course(connection, slug)
    if found is None:
        connection.execute(insert_new(connection, courses).values(slug=slug, created_at=now))
        found = find_course(connection, slug)
    if found is None:
        raise LookupError(f"the course {slug!r} was inserted and is not there")
    return found


def find_course(connection: Connection, slug: str) -> Course | None:
    """The course of that slug."""
    row = connection.execute(_COURSE, {"slug": slug}).one_or_none()
    return None if row is None else Course(row.id, row.slug)


def list_courses(connection: Connection, caller: Caller) -> list[Course]:
    """The courses that a caller may use."""
    query = select(courses.c.id, courses.c.slug).order_by(courses.c.slug)
    if caller.course_id is not None:
        query = query.where(courses.c.id == caller.course_id)
    return [Course(row.id, row.slug) for row in connection.execute(query)]


def find_learner(connection: Connection, course: Course, student: str) -> int | None:
    """The id of the learner in the course, if there is one."""
    query = select(learners.c.id).where(learners.c.course_id == course.id, learners.c.student == student)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def ensure_learners(
    connection: Connection, named: Iterable[tuple[int, str]], now: datetime
) -> dict[tuple[int, str], int]:
    """The ids of learners, made where they are unknown, and held until the transaction ends.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    named : iterable of tuple of int and str
        Courses' ids and students' ids.
    now : datetime
        When unknown ones are made.

    Returns
    -------
    dict
        The learner's id for each. No other transaction counts their attempts meanwhile: they are made and held in
        one order everywhere, so that two transactions cannot wait for each other.
    """
    wanted = sorted(set(named))
    found = _hold_learners(connection, wanted)
    unknown = [one for one in wanted if one not in found]
    if unknown:
        rows = [{"course_id": course, "student": student, "created_at": now} for course, student in unknown]
        connection.execute(insert_new(connection, learners), rows)
        found |= _hold_learners(connection, unknown)
    return found


def _hold_learners(connection: Connection, wanted: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    named = {"courses": list({course for course, _ in wanted}), "students": list({student for _, student in wanted})}
    found = {(row.course_id, row.student): row.id for row in connection.execute(_HOLD_LEARNERS, named)}
    return {one: found[one] for one in wanted if one in found}


def find_caller(connection: Connection, token: str) -> Caller | None:
    """Who a token is; None where it is unknown or revoked."""
    digest = token_digest(token)
    return find_callers(connection, [digest]).get(digest)


def find_callers(connection: Connection, digests: Iterable[str]) -> dict[str, Caller]:
    """Who tokens are, by their digests; unknown and revoked ones are left out."""
    rows = connection.execute(_CALLERS, {"digests": list(set(digests))})
    return {
        row.digest: Caller(
            row.course_id, row.learner_id, row.student, row.name, language_named(row.reads or ""), row.id
        )
        for row in rows
    }


def set_language(connection: Connection, caller: Caller, digest: str, language: Language | None) -> None:
    """Keep what somebody reads, or None for what their requests ask for.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    caller : Caller
        A learner, for all of whose tokens it is kept, or staff.
    digest : str
        Of the token that they used: staff's setting belongs to it.
    language : Language or None
    """
    if caller.learner_id is not None:
        _set_language_of_learner(connection, caller.learner_id, language)
    else:
        connection.execute(update(tokens).where(tokens.c.digest == digest).values(language=language))


def _set_language_of_learner(connection: Connection, learner: int, language: Language | None) -> None:
    connection.execute(update(learners).where(learners.c.id == learner).values(language=language))


def create_token(
    connection: Connection,
    course: Course,
    now: datetime,
    *,
    staff: str | None = None,
    student: str | None = None,
    language: Language | None = None,
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
            _set_language_of_learner(connection, learner, language)
    row = {"digest": token_digest(token), "course_id": course.id, "learner_id": learner, "name": staff or student}
    own = language if learner is None else None
    connection.execute(insert(tokens).values(**row, created_at=now, language=own))
    return token


def list_tokens(connection: Connection) -> list[TokenRow]:
    """Every token, oldest first."""
    query = (
        select(tokens, courses.c.slug, _READS)
        .join(courses, tokens.c.course_id == courses.c.id)
        .join(learners, tokens.c.learner_id == learners.c.id, isouter=True)
        .order_by(tokens.c.id)
    )
    return [
        TokenRow(
            id=row.id,
            course=row.slug,
            name=row.name,
            role="staff" if row.learner_id is None else "learner",
            language=language_named(row.reads or ""),
            created_at=row.created_at,
            revoked_at=row.revoked_at,
        )
        for row in connection.execute(query)
    ]


def find_token(connection: Connection, token_id: int) -> tuple[int, str | None] | None:
    """A token's course, and the student whose it is where it is a learner's; None where there is no such token."""
    query = select(tokens.c.course_id, learners.c.student).join(
        learners, tokens.c.learner_id == learners.c.id, isouter=True
    )
    row = connection.execute(query.where(tokens.c.id == token_id)).one_or_none()
    return None if row is None else (row.course_id, row.student)


def revoke_token(connection: Connection, token_id: int, now: datetime) -> bool:
    """Make a token useless; False where there is no such valid one."""
    query = update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(query).rowcount == 1
