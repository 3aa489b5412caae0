"""Courses and learners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from app.language import Language
from app.storage.callers import Caller
from app.storage.database import insert_new
from app.storage.tables import courses, learners

__all__ = [
    "Course",
    "ensure_course",
    "ensure_learners",
    "find_course",
    "find_learner",
    "list_courses",
    "set_language_of_learner",
]

# What every submission asks is put together once: that costs more than asking it.
_COURSE = select(courses.c.id, courses.c.slug).where(courses.c.slug == bindparam("slug"))
_HOLD_LEARNERS = (
    select(learners.c.course_id, learners.c.student, learners.c.id)
    .where(learners.c.student.in_(bindparam("students", expanding=True)))
    .where(learners.c.course_id.in_(bindparam("courses", expanding=True)))
    .order_by(learners.c.course_id, learners.c.student)
    .with_for_update(key_share=True)
)


@dataclass(frozen=True)
class Course:
    """A course."""

    id: int
    slug: str


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
    if caller.courses is not None:
        query = query.where(courses.c.id.in_(caller.courses))
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


def set_language_of_learner(connection: Connection, learner: int, language: Language | None) -> None:
    """Keep what a learner reads, for all of their tokens."""
    connection.execute(update(learners).where(learners.c.id == learner).values(language=language))
