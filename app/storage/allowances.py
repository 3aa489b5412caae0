"""What learners are allowed beside an assignment's policy: kept as a list, of which each learner's last counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from app.assignments import Everybody, Overrides, Terms, after_loss, everybodys
from app.storage.homework import Running
from app.storage.tables import allowances, learners, submissions

__all__ = ["Allowance", "add_allowance", "find_allowances", "find_everybodys", "reassess"]

_CURRENT = (
    select(allowances, learners.c.student)
    .join(learners, allowances.c.learner_id == learners.c.id)
    .where(
        allowances.c.overrides.is_not(None),
        allowances.c.id.in_(
            select(func.max(allowances.c.id))
            .where(allowances.c.assignment_id == bindparam("assignment"))
            .group_by(allowances.c.learner_id)
        ),
    )
    .order_by(allowances.c.id.desc())
)


@dataclass(frozen=True)
class Allowance:
    """What a learner is allowed, by whom, since when and why."""

    id: int
    student: str
    overrides: Overrides
    granted_at: datetime
    granted_by: str
    reason: str | None


def find_allowances(connection: Connection, running: Running) -> dict[str, Allowance]:
    """What holds now, by student, the newest first; nothing is asked where nobody was ever allowed anything."""
    if not running.allows:
        return {}
    rows = connection.execute(_CURRENT, {"assignment": running.assignment_id})
    return {row.student: _allowance(row) for row in rows}


def _allowance(row: Row[tuple[object, ...]]) -> Allowance:
    overrides = Overrides.model_validate_json(row.overrides)
    return Allowance(row.id, row.student, overrides, row.granted_at, row.granted_by, row.reason)


def find_everybodys(connection: Connection, running: Running) -> Everybody:
    """What holds for the learners of an assignment."""
    allowed = find_allowances(connection, running)
    return everybodys(running.assignment.policy, {student: one.overrides for student, one in allowed.items()})


def add_allowance(
    connection: Connection,
    running: Running,
    learner_id: int,
    overrides: Overrides | None,
    *,
    by: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Keep what a learner is allowed from now on; None: what everybody is.

    Parameters
    ----------
    connection : Connection
        In a writing transaction that holds the learner.
    running : Running
    learner_id : int
    overrides : Overrides or None
    by, reason
        Who allows it, and why.
    now : datetime
    """
    said = None if overrides is None else overrides.model_dump_json(exclude_unset=True)
    row = {"assignment_id": running.assignment_id, "learner_id": learner_id, "overrides": said}
    connection.execute(insert(allowances).values(**row, granted_by=by, reason=reason, granted_at=now))


def reassess(connection: Connection, running: Running, learner_id: int, terms: Terms) -> None:
    """Let what a learner sent before be late, or not, as the terms say that hold now.

    Parameters
    ----------
    connection : Connection
        In a writing transaction that holds the learner.
    running : Running
    learner_id : int
    terms : Terms
        What holds for the learner.
    """
    sent = select(submissions.c.number, submissions.c.submitted_at, submissions.c.report).where(
        submissions.c.assignment_id == running.assignment_id, submissions.c.learner_id == learner_id
    )
    for row in connection.execute(sent).all():
        timing, report = terms.timing(row.submitted_at), json.loads(row.report)
        connection.execute(
            update(submissions)
            .where(submissions.c.number == row.number)
            .values(
                late=timing.late,
                late_factor=timing.late_factor,
                after_release=timing.after_release,
                **{name: after_loss(report[name], timing.late_factor) for name in ("score", "pending")},
            )
        )
