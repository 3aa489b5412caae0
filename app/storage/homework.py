"""Assignments and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, insert, select

from app.assignments import Assignment, parse_assignment
from app.storage.people import Course
from app.storage.tables import assignment_versions, assignments

__all__ = ["Running", "ensure_version", "find_running"]


@dataclass(frozen=True)
class Running:
    """The version of an assignment that new submissions are graded with."""

    assignment_id: int
    version_id: int
    assignment: Assignment


_RUNNING = (
    select(assignment_versions.c.id, assignment_versions.c.assignment_id, assignment_versions.c.version)
    .join(assignments, assignment_versions.c.assignment_id == assignments.c.id)
    .where(assignments.c.course_id == bindparam("course"), assignments.c.slug == bindparam("slug"))
    .where(assignment_versions.c.published_at.is_not(None))
    .order_by(assignment_versions.c.published_at.desc(), assignment_versions.c.id.desc())
)

_parsed: dict[str, Assignment] = {}
"""Versions by name. A version's name is a digest of its file, so that it means the same in every database."""


def find_running(connection: Connection, course: Course, slug: str) -> Running | None:
    """The newest published version of the course's assignment; None where there is none."""
    row = connection.execute(_RUNNING, {"course": course.id, "slug": slug}).first()
    if row is None:
        return None
    if row.version not in _parsed:
        source = select(assignment_versions.c.source).where(assignment_versions.c.id == row.id)
        _parsed[row.version] = parse_assignment(bytes(connection.execute(source).scalar_one()))
    return Running(row.assignment_id, row.id, _parsed[row.version])


def ensure_version(connection: Connection, course: Course, source: bytes, now: datetime) -> Assignment:
    """Keep a version of an assignment and publish it, unless this very file is there already.

    Raises
    ------
    Unprocessable
        Where the file is not a valid assignment.
    """
    assignment = parse_assignment(source)
    where = (assignments.c.course_id == course.id, assignments.c.slug == assignment.slug)
    assignment_id = connection.execute(select(assignments.c.id).where(*where)).scalar_one_or_none()
    if assignment_id is None:
        connection.execute(insert(assignments).values(course_id=course.id, slug=assignment.slug))
        assignment_id = connection.execute(select(assignments.c.id).where(*where)).scalar_one()
    versions = select(assignment_versions.c.id).where(
        assignment_versions.c.assignment_id == assignment_id, assignment_versions.c.version == assignment.version
    )
    if connection.execute(versions).scalar_one_or_none() is None:
        row = {"assignment_id": assignment_id, "version": assignment.version, "source": source}
        published_at = _after_all_others(connection, assignment_id, now)
        connection.execute(insert(assignment_versions).values(**row, created_at=now, published_at=published_at))
    return assignment


def _after_all_others(connection: Connection, assignment_id: int, now: datetime) -> datetime:
    """When a version is published: what is published last runs, also where the clock was set back meanwhile."""
    query = select(func.max(assignment_versions.c.published_at)).where(
        assignment_versions.c.assignment_id == assignment_id
    )
    latest: datetime | None = connection.execute(query).scalar_one()
    return now if latest is None else max(now, latest + timedelta(microseconds=1))
