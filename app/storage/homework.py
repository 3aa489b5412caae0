"""Assignments and their versions: uploaded, published, read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import Connection, bindparam, exists, func, insert, select

from app.assignments import Assignment, parse_assignment, version_of
from app.storage.database import insert_new
from app.storage.people import Course
from app.storage.tables import allowances, assignment_versions, assignments, courses, publications, submissions

__all__ = [
    "Running",
    "State",
    "Version",
    "add_version",
    "all_running",
    "ensure_shipped",
    "find_running",
    "find_version",
    "list_versions",
    "publish",
]

State: TypeAlias = Literal["draft", "published", "superseded"]
"""Never published; what new submissions are graded with; published before that."""

SERVICE = "service"
"""Who uploads and publishes what comes with the service."""


@dataclass(frozen=True)
class Running:
    """The version of an assignment that new submissions are graded with.

    Parameters
    ----------
    assignment_id, version_id : int
    assignment : Assignment
    allows : bool
        Whether any learner was ever allowed something else than its policy says.
    """

    assignment_id: int
    version_id: int
    assignment: Assignment
    allows: bool = False


@dataclass(frozen=True)
class Version:
    """A version of an assignment: what was uploaded, by whom and why, and when it was published last."""

    id: int
    version: str
    state: State
    created_at: datetime
    created_by: str
    reason: str | None
    published_at: datetime | None
    published_by: str | None
    source: bytes


_RUNNING = (
    select(
        assignment_versions.c.id,
        assignment_versions.c.assignment_id,
        assignment_versions.c.version,
        exists().where(allowances.c.assignment_id == assignments.c.id).label("allows"),
    )
    .join(publications, publications.c.version_id == assignment_versions.c.id)
    .join(assignments, publications.c.assignment_id == assignments.c.id)
    .where(assignments.c.course_id == bindparam("course"), assignments.c.slug == bindparam("slug"))
    .order_by(publications.c.id.desc())  # in the order in which they came, whatever the clock said
    .limit(1)
)

_parsed: dict[str, Assignment] = {}
"""Versions by name. A version's name is a digest of its file, so that it means the same in every database."""


def find_running(connection: Connection, course: Course, slug: str) -> Running | None:
    """The version of the course's assignment that was published last; None where there is none."""
    row = connection.execute(_RUNNING, {"course": course.id, "slug": slug}).first()
    if row is None:
        return None
    if row.version not in _parsed:
        source = select(assignment_versions.c.source).where(assignment_versions.c.id == row.id)
        _parsed[row.version] = parse_assignment(bytes(connection.execute(source).scalar_one()))
    return Running(row.assignment_id, row.id, _parsed[row.version], bool(row.allows))


def all_running(connection: Connection) -> list[Running]:
    """The running version of every assignment of every course."""
    query = select(courses.c.id, courses.c.slug.label("course"), assignments.c.slug).join(
        assignments, assignments.c.course_id == courses.c.id
    )
    found = [find_running(connection, Course(row.id, row.course), row.slug) for row in connection.execute(query).all()]
    return [running for running in found if running is not None]


def list_versions(connection: Connection, course: Course, slug: str) -> list[Version]:
    """Every version of an assignment, the newest first; empty where there is no such assignment."""
    return _versions(connection, course, slug, None)


def find_version(connection: Connection, course: Course, slug: str, version: str) -> Version | None:
    """A version of an assignment by its name."""
    return next(iter(_versions(connection, course, slug, version)), None)


def _versions(connection: Connection, course: Course, slug: str, version: str | None) -> list[Version]:
    last = (
        select(publications.c.version_id, func.max(publications.c.id).label("id"))
        .group_by(publications.c.version_id)
        .subquery()
    )
    running = connection.execute(_RUNNING, {"course": course.id, "slug": slug}).first()
    query = (
        select(assignment_versions, publications.c.published_at, publications.c.published_by)
        .join(assignments, assignment_versions.c.assignment_id == assignments.c.id)
        .join(last, last.c.version_id == assignment_versions.c.id, isouter=True)
        .join(publications, publications.c.id == last.c.id, isouter=True)
        .where(assignments.c.course_id == course.id, assignments.c.slug == slug)
        .order_by(assignment_versions.c.id.desc())
    )
    if version is not None:
        query = query.where(assignment_versions.c.version == version)

    def state(number: int, published_at: datetime | None) -> State:
        if running is not None and number == running.id:
            return "published"
        return "draft" if published_at is None else "superseded"

    return [
        Version(
            row.id,
            row.version,
            state(row.id, row.published_at),
            row.created_at,
            row.created_by,
            row.reason,
            row.published_at,
            row.published_by,
            bytes(row.source),
        )
        for row in connection.execute(query)
    ]


def add_version(
    connection: Connection, course: Course, slug: str, source: bytes, *, by: str, reason: str | None, now: datetime
) -> Version:
    """Keep a version of an assignment; the first one of an assignment publishes itself.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    course : Course
    slug : str
        The assignment that the file is of.
    source : bytes
        The file, known to be valid. Where this very file is there already, nothing changes.
    by, reason
        Who uploads it, and why.
    now : datetime

    Returns
    -------
    Version
    """
    connection.execute(insert_new(connection, assignments).values(course_id=course.id, slug=slug))
    found = select(assignments.c.id).where(assignments.c.course_id == course.id, assignments.c.slug == slug)
    assignment_id = connection.execute(found.with_for_update()).scalar_one()
    known = {one.version for one in list_versions(connection, course, slug)}
    name = version_of(source)
    if name not in known:
        row = {"assignment_id": assignment_id, "version": name, "source": source, "created_at": now}
        connection.execute(insert(assignment_versions).values(**row, created_by=by, reason=reason))
    if not known:
        publish(connection, course, slug, name, by=by, reason=reason, now=now)
    return _require(find_version(connection, course, slug, name))


def publish(
    connection: Connection, course: Course, slug: str, version: str, *, by: str, reason: str | None, now: datetime
) -> Version | None:
    """Let new submissions be graded with a version; what was graded before stays as it is.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    course, slug, version
        Which version, which may be an earlier one.
    by, reason
        Who publishes it, and why.
    now : datetime

    Returns
    -------
    Version or None
        None where there is no such version. Publishing what is published changes nothing.
    """
    found = find_version(connection, course, slug, version)
    if found is None or found.state == "published":
        return found
    holder = select(assignment_versions.c.assignment_id).where(assignment_versions.c.id == found.id)
    row = {"assignment_id": connection.execute(holder).scalar_one(), "version_id": found.id, "published_at": now}
    connection.execute(insert(publications).values(**row, published_by=by, reason=reason))
    return find_version(connection, course, slug, version)


def ensure_shipped(connection: Connection, course: Course, slug: str, source: bytes, now: datetime) -> Version:
    """Keep what comes with the service, and publish it unless that could disturb anybody.

    It is published where the version that runs came with the service too and nobody has handed anything in yet.
    Otherwise a new one is a draft, for staff to publish.
    """
    versions = list_versions(connection, course, slug)
    name = version_of(source)
    known = next((one for one in versions if one.version == name), None)
    if known is not None:
        return known
    running = next((one for one in versions if one.state == "published"), None)
    made = add_version(connection, course, slug, source, by=SERVICE, reason=None, now=now)
    if running is not None and running.created_by == SERVICE and not _used(connection, versions):
        made = _require(publish(connection, course, slug, name, by=SERVICE, reason=None, now=now))
    return made


def _used(connection: Connection, versions: Sequence[Version]) -> bool:
    query = select(submissions.c.number).where(submissions.c.version_id.in_([one.id for one in versions])).limit(1)
    return connection.execute(query).first() is not None


def _require(version: Version | None) -> Version:
    if version is None:
        raise LookupError("a version was kept and is not there")
    return version
