"""Submissions as they are read: what was sent, when, and the report on it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from app.assignments import Timing
from app.storage.callers import Caller
from app.storage.tables import assignment_versions, assignments, courses, learners, submissions

__all__ = ["Filters", "Stored", "find_submission", "list_submissions", "submissions_of"]


@dataclass(frozen=True)
class Stored:
    """A submission as it is kept, with the report as plain data (complete: `app.checking.view` shows it).

    The report holds what the answers earned; `timing` says what their time makes of it.
    """

    number: int
    id: str
    course: str
    assignment: str
    version: str
    student: str
    attempt: int
    submitted_at: datetime
    timing: Timing
    report: dict[str, Any]


@dataclass(frozen=True)
class Filters:
    """Which submissions are listed."""

    assignment: str | None = None
    student: str | None = None
    before: int | None = None


def _query() -> Select[Any]:
    return (
        select(
            submissions.c.number,
            submissions.c.id,
            courses.c.slug.label("course"),
            assignments.c.slug.label("assignment"),
            assignment_versions.c.version,
            learners.c.student,
            submissions.c.attempt,
            submissions.c.submitted_at,
            submissions.c.late,
            submissions.c.late_factor,
            submissions.c.after_release,
            submissions.c.report,
        )
        .join(assignments, submissions.c.assignment_id == assignments.c.id)
        .join(courses, assignments.c.course_id == courses.c.id)
        .join(assignment_versions, submissions.c.version_id == assignment_versions.c.id)
        .join(learners, submissions.c.learner_id == learners.c.id)
    )


def _visible(query: Select[Any], caller: Caller) -> Select[Any]:
    """Keep what the caller may see: their courses, and for a learner their own."""
    if caller.courses is not None:
        query = query.where(assignments.c.course_id.in_(caller.courses))
    if caller.learner_id is not None:
        query = query.where(submissions.c.learner_id == caller.learner_id)
    return query


def _stored(row: Row[Any]) -> Stored:
    found = dict(row._mapping)
    timing = Timing(*(found.pop(name) for name in ("late", "late_factor", "after_release")))
    return Stored(**{**found, "report": json.loads(row.report), "timing": timing})


def find_submission(connection: Connection, caller: Caller, submission_id: str) -> Stored | None:
    """A submission, if there is one and the caller may see it."""
    query = _visible(_query().where(submissions.c.id == submission_id), caller)
    row = connection.execute(query).one_or_none()
    return None if row is None else _stored(row)


def list_submissions(
    connection: Connection, caller: Caller, course_id: int, filters: Filters, limit: int
) -> Sequence[Stored]:
    """Submissions that the caller may see, newest first; one more than the limit where there are more."""
    query = _visible(_query().where(assignments.c.course_id == course_id), caller)
    if filters.assignment is not None:
        query = query.where(assignments.c.slug == filters.assignment)
    if filters.student is not None:
        query = query.where(learners.c.student == filters.student)
    if filters.before is not None:
        query = query.where(submissions.c.number < filters.before)
    return [_stored(row) for row in connection.execute(query.order_by(submissions.c.number.desc()).limit(limit + 1))]


def submissions_of(connection: Connection, assignment_id: int, learner_id: int) -> Sequence[Stored]:
    """Every attempt of a learner on an assignment, first to last."""
    query = _query().where(submissions.c.assignment_id == assignment_id, submissions.c.learner_id == learner_id)
    return [_stored(row) for row in connection.execute(query.order_by(submissions.c.attempt))]
