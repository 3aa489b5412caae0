"""Submissions that could not be read: kept for a while, so that being on time can be shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Row, Select, delete, func, select, update

from app.storage.callers import Caller
from app.storage.database import insert_new
from app.storage.submissions import Filters
from app.storage.tables import courses, refusals

__all__ = [
    "REFUSAL_DAYS",
    "KeptRefusal",
    "NewRefusal",
    "count_refusals",
    "find_refusal",
    "forget_refusals",
    "insert_refusals",
    "list_refusals",
    "refusal_became",
    "settle_refusal",
]

REFUSAL_DAYS = 30
"""How long what was refused is kept."""

Said = Mapping[str, str]
"""A message by language."""


@dataclass(frozen=True)
class NewRefusal:
    """A submission that was refused, to be kept.

    Parameters
    ----------
    id : str
    course_id, assignment, student
        What could be made out; None for what could not.
    sent_by : str
        The name of the token that sent it.
    by_learner : bool
        Whether that was the learner's own: then it can be nobody else's work.
    sent_at : datetime
        When it arrived.
    body : bytes
        What was sent, byte for byte.
    detail : mapping of str to str
        What was answered, by language.
    problems : sequence of mapping
        Each place at fault: its ``pointer``, and its ``message`` by language.
    """

    id: str
    course_id: int | None
    assignment: str | None
    student: str | None
    sent_by: str
    by_learner: bool
    sent_at: datetime
    body: bytes
    detail: Said
    problems: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class KeptRefusal(NewRefusal):
    """A submission that was refused, as it is kept; with the submission that it became, if staff had it graded."""

    number: int
    course: str | None
    submission_id: str | None


def insert_refusals(connection: Connection, refused: Sequence[NewRefusal]) -> None:
    """Keep submissions that were refused, unless they are there already."""
    rows = [
        {**vars(one), "detail": to_json(one.detail).decode(), "problems": to_json(one.problems).decode()}
        for one in refused
    ]
    if rows:
        connection.execute(insert_new(connection, refusals), rows)


def count_refusals(connection: Connection, senders: Iterable[str], since: datetime) -> dict[str, int]:
    """How many refusals are kept of these senders since a moment."""
    query = (
        select(refusals.c.sent_by, func.count().label("kept"))
        .where(refusals.c.sent_by.in_(set(senders)), refusals.c.sent_at >= since)
        .group_by(refusals.c.sent_by)
    )
    return {row.sent_by: row.kept for row in connection.execute(query)}


def _query(caller: Caller) -> Select[Any]:
    query = select(refusals, courses.c.slug.label("course")).join(
        courses, refusals.c.course_id == courses.c.id, isouter=True
    )
    return query if caller.courses is None else query.where(refusals.c.course_id.in_(caller.courses))


def _kept(row: Row[Any]) -> KeptRefusal:
    return KeptRefusal(**{**row._mapping, "detail": json.loads(row.detail), "problems": json.loads(row.problems)})


def find_refusal(connection: Connection, caller: Caller, refusal_id: str) -> KeptRefusal | None:
    """What was refused under that id, if there is such a thing and the caller may see it."""
    row = connection.execute(_query(caller).where(refusals.c.id == refusal_id)).one_or_none()
    return None if row is None else _kept(row)


def list_refusals(
    connection: Connection, caller: Caller, course_id: int | None, filters: Filters, limit: int
) -> list[KeptRefusal]:
    """What was refused and the caller may see, newest first; one more than the limit where there is more."""
    query = _query(caller)
    if course_id is not None:
        query = query.where(refusals.c.course_id == course_id)
    if filters.assignment is not None:
        query = query.where(refusals.c.assignment == filters.assignment)
    if filters.student is not None:
        query = query.where(refusals.c.student == filters.student)
    if filters.before is not None:
        query = query.where(refusals.c.number < filters.before)
    rows = connection.execute(query.order_by(refusals.c.number.desc()).limit(limit + 1))
    return [_kept(row) for row in rows]


def refusal_became(connection: Connection, refusal_id: str) -> str | None:
    """The submission that a refusal became, if staff had it graded; it is held until the transaction ends."""
    query = select(refusals.c.submission_id).where(refusals.c.id == refusal_id).with_for_update()
    became: str | None = connection.execute(query).scalar_one_or_none()
    return became


def settle_refusal(connection: Connection, refusal_id: str, submission_id: str) -> bool:
    """Note the submission that a refusal became; False where it had become one already."""
    query = (
        update(refusals)
        .where(refusals.c.id == refusal_id, refusals.c.submission_id.is_(None))
        .values(submission_id=submission_id)
    )
    return connection.execute(query).rowcount == 1


def forget_refusals(connection: Connection, now: datetime) -> int:
    """Delete what is older than it is kept, and say how much there was."""
    limit = now - timedelta(days=REFUSAL_DAYS)
    return connection.execute(delete(refusals).where(refusals.c.sent_at < limit)).rowcount
