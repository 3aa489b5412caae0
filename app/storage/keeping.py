"""Submissions as they are kept: attempts counted one after the other, rows written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from app.assignments import Policy
from app.errors import AttemptsUsed, Refusal, TooManyRequests
from app.language import text
from app.storage.files import link_files
from app.storage.homework import Running
from app.storage.people import Course
from app.storage.submissions import Stored
from app.storage.tables import submissions

__all__ = ["Draft", "count_attempts", "insert_submissions", "kept_attempts"]


_earlier = submissions.alias("earlier")
_LATEST = select(
    submissions.c.assignment_id, submissions.c.learner_id, submissions.c.attempt, submissions.c.submitted_at
).where(
    submissions.c.learner_id.in_(bindparam("learners", expanding=True)),
    submissions.c.assignment_id.in_(bindparam("assignments", expanding=True)),
    submissions.c.attempt
    == select(func.max(_earlier.c.attempt))
    .where(_earlier.c.learner_id == submissions.c.learner_id, _earlier.c.assignment_id == submissions.c.assignment_id)
    .scalar_subquery(),
)


@dataclass(frozen=True)
class Draft:
    """A submission that was graded and is to be kept.

    Parameters
    ----------
    id : str
        Chosen before anything is written, so that a second try can see what the first one did.
    course, running, student, learner_id
        Whose it is, to what, and the version that it was graded with.
    submitted_at : datetime
        When it arrived.
    body : bytes
        What was sent, byte for byte.
    report : dict
        As `app.checking` made it.
    encoded : str
        The same as JSON.
    files : sequence of str, optional
        The ids of the files that it names.
    paced : bool, optional
        False where the pause between two attempts does not matter.
    """

    id: str
    course: Course
    running: Running
    student: str
    learner_id: int
    submitted_at: datetime
    body: bytes
    report: dict[str, Any]
    encoded: str
    files: Sequence[str] = ()
    paced: bool = True

    def stored(self, attempt: int) -> Stored:
        """The submission as it is kept, as the learner's attempt of that number."""
        due = self.running.assignment.policy.due_at
        return Stored(
            number=0,
            id=self.id,
            course=self.course.slug,
            assignment=self.running.assignment.slug,
            version=self.running.assignment.version,
            student=self.student,
            attempt=attempt,
            submitted_at=self.submitted_at,
            late=due is not None and self.submitted_at > due,
            report=self.report,
        )


def count_attempts(connection: Connection, drafts: Sequence[Draft]) -> list[Stored | Refusal]:
    """Give each submission the number of its learner's next attempt, or say why there is none.

    Parameters
    ----------
    connection : Connection
        In a writing transaction that holds the learners, so that nobody else counts their attempts.
    drafts : sequence of Draft
        In the order of their arrival.

    Returns
    -------
    list of Stored or Refusal
        `AttemptsUsed` or `TooManyRequests` where the policy says so; such a submission is not to be kept.
    """
    latest = _latest_attempts(connection, drafts)
    counted: list[Stored | Refusal] = []
    for draft in drafts:
        pair = draft.running.assignment_id, draft.learner_id
        used, moment = latest.get(pair, (0, None))
        try:
            _check_attempts(draft.running.assignment.policy, used, moment if draft.paced else None, draft.submitted_at)
        except Refusal as refusal:
            counted.append(refusal)
        else:
            latest[pair] = used + 1, draft.submitted_at
            counted.append(draft.stored(used + 1))
    return counted


def _latest_attempts(
    connection: Connection, drafts: Sequence[Draft]
) -> dict[tuple[int, int], tuple[int, datetime | None]]:
    named = {
        "learners": list({draft.learner_id for draft in drafts}),
        "assignments": list({draft.running.assignment_id for draft in drafts}),
    }
    rows = connection.execute(_LATEST, named)
    return {(row.assignment_id, row.learner_id): (row.attempt, row.submitted_at) for row in rows}


def _check_attempts(policy: Policy, used: int, latest: datetime | None, now: datetime) -> None:
    if policy.attempts is not None and used >= policy.attempts:
        raise AttemptsUsed(text("All {count} attempts are used up.", count=policy.attempts))
    if latest is None or not policy.cooldown_seconds:
        return
    pause = timedelta(seconds=policy.cooldown_seconds)
    ahead = latest + pause - now
    # An attempt further in the future than the pause is long was made before the clock was set back.
    if timedelta(0) < ahead <= 2 * pause:
        seconds = -(-ahead // timedelta(seconds=1))
        raise TooManyRequests(
            text(
                "Between two attempts {pause} seconds have to pass; try again in {seconds} seconds.",
                pause=policy.cooldown_seconds,
                seconds=seconds,
            ),
            retry_after=seconds,
        )


def insert_submissions(connection: Connection, kept: Iterable[tuple[Draft, Stored]]) -> None:
    """Write submissions as the attempts that `count_attempts` gave them, and which files they name."""
    written = list(kept)
    rows = [
        {
            "id": stored.id,
            "attempt": stored.attempt,
            "submitted_at": stored.submitted_at,
            "late": stored.late,
            "assignment_id": draft.running.assignment_id,
            "version_id": draft.running.version_id,
            "learner_id": draft.learner_id,
            "body": draft.body,
            "report": draft.encoded,
            **{name: stored.report[name] for name in ("status", "score", "max_score", "pending")},
        }
        for draft, stored in written
    ]
    if rows:
        connection.execute(insert(submissions), rows)
        link_files(connection, [(stored.id, file) for draft, stored in written for file in draft.files])


def kept_attempts(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Which of these submissions are kept already, and as which attempt."""
    query = select(submissions.c.id, submissions.c.attempt).where(submissions.c.id.in_(set(ids)))
    return {row.id: row.attempt for row in connection.execute(query)}
