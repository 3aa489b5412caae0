"""The data that were drawn for each learner: kept once drawn, so that nobody's ever change."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, and_, select

from app.assignments import Drawn
from app.storage.database import insert_new
from app.storage.people import Course
from app.storage.tables import assignments, courses, learners, variants

__all__ = ["Whose", "find_variants", "keep_variants", "learners_without"]

Whose = tuple[int, str, str]
"""The assignment's id, what names its draws, and the student."""


def find_variants(connection: Connection, asked: Iterable[Whose]) -> dict[Whose, Drawn]:
    """The data that were drawn already, of those that are asked for."""
    wanted = set(asked)
    if not wanted:
        return {}
    query = (
        select(variants.c.assignment_id, variants.c.draws, learners.c.student, variants.c.data)
        .join(learners, variants.c.learner_id == learners.c.id)
        .where(
            variants.c.assignment_id.in_({assignment for assignment, _, _ in wanted}),
            variants.c.draws.in_({draws for _, draws, _ in wanted}),
            learners.c.student.in_({student for _, _, student in wanted}),
        )
    )
    found = {
        (row.assignment_id, row.draws, row.student): Drawn.of(json.loads(row.data)) for row in connection.execute(query)
    }
    return {whose: drawn for whose, drawn in found.items() if whose in wanted}


def keep_variants(
    connection: Connection, drawn: Mapping[Whose, Drawn], learner_ids: Mapping[Whose, int], now: datetime
) -> dict[Whose, Drawn]:
    """Keep what was drawn, unless somebody drew first.

    Parameters
    ----------
    connection : Connection
        In a writing transaction.
    drawn : mapping of Whose to Drawn
    learner_ids : mapping of Whose to int
    now : datetime

    Returns
    -------
    dict
        What is kept.
    """
    rows = [
        {
            "assignment_id": whose[0],
            "learner_id": learner_ids[whose],
            "draws": whose[1],
            "data": json.dumps(dict(one.values), allow_nan=False),
            "created_at": now,
        }
        for whose, one in sorted(drawn.items(), key=lambda item: item[0])  # two transactions wait in one order
    ]
    if rows:
        connection.execute(insert_new(connection, variants), rows)
    return find_variants(connection, drawn)


def learners_without(connection: Connection, assignment_id: int, draws: str) -> list[tuple[Course, str]]:
    """The learners of an assignment's course for whom nothing was drawn yet, and the course."""
    query = (
        select(courses.c.id, courses.c.slug, learners.c.student)
        .join(assignments, assignments.c.course_id == courses.c.id)
        .join(learners, learners.c.course_id == courses.c.id)
        .join(
            variants,
            and_(
                variants.c.learner_id == learners.c.id,
                variants.c.assignment_id == assignments.c.id,
                variants.c.draws == draws,
            ),
            isouter=True,
        )
        .where(assignments.c.id == assignment_id, variants.c.id.is_(None))
        .order_by(learners.c.id)
    )
    return [(Course(row.id, row.slug), row.student) for row in connection.execute(query)]
