"""Submissions as they are kept: attempts counted one after the other, rows written together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from app.assignments import Policy, Terms, after_loss
from app.errors import AttemptsUsed, Refusal, TooManyRequests
from app.language import text
from app.storage.files import link_files
from app.storage.homework import Running
from app.storage.people import Course
from app.storage.submissions import Stored
from app.storage.tables import UtcTime, submissions

__all__ = ["Draft", "count_attempts", "insert_submissions", "kept_attempts"]


_NAMED = (
    submissions.c.learner_id.in_(bindparam("learners", expanding=True)),
    submissions.c.assignment_id.in_(bindparam("assignments", expanding=True)),
)
# What is older has no digest: each counts by itself.
_DIGEST = func.coalesce(submissions.c.answers_digest, submissions.c.id)
_earlier = submissions.alias("earlier")
_LATEST = select(
    submissions.c.assignment_id,
    submissions.c.learner_id,
    submissions.c.attempt,
    submissions.c.submitted_at,
    _DIGEST.label("digest"),
).where(
    *_NAMED,
    submissions.c.attempt
    == select(func.max(_earlier.c.attempt))
    .where(_earlier.c.learner_id == submissions.c.learner_id, _earlier.c.assignment_id == submissions.c.assignment_id)
    .scalar_subquery(),
)
_DISTINCT = (
    select(
        submissions.c.assignment_id,
        submissions.c.learner_id,
        func.max(submissions.c.attempt).label("attempt"),
        func.min(submissions.c.submitted_at, type_=UtcTime).label("submitted_at"),
        _DIGEST.label("digest"),
    )
    .where(*_NAMED)
    .group_by(submissions.c.assignment_id, submissions.c.learner_id, _DIGEST)
    .order_by(func.min(submissions.c.attempt))
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
    terms : Terms
        What holds for the learner.
    digest : str
        Of wrong answers as they were read: whoever sends the same again sends the same digest, and uses up nothing.
        Of others it is unique.
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
    terms: Terms
    digest: str
    files: Sequence[str] = ()
    paced: bool = True

    @property
    def pair(self) -> tuple[int, int]:
        """The assignment and the learner."""
        return self.running.assignment_id, self.learner_id

    def stored(self, attempt: int) -> Stored:
        """The submission as it is kept, as the learner's attempt of that number."""
        return Stored(
            number=0,
            id=self.id,
            course=self.course.slug,
            assignment=self.running.assignment.slug,
            version=self.running.assignment.version,
            student=self.student,
            attempt=attempt,
            submitted_at=self.submitted_at,
            timing=self.terms.timing(self.submitted_at),
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
    histories = _histories(connection, drafts)
    counted: list[Stored | Refusal] = []
    for draft in drafts:
        history = histories[draft.pair]
        try:
            _check_attempts(draft.terms.policy, history, draft.submitted_at, paced=draft.paced)
        except Refusal as refusal:
            counted.append(refusal)
            continue
        history.add(draft.digest, draft.submitted_at, history.attempt + 1)
        counted.append(draft.stored(history.attempt))
    return counted


@dataclass
class _History:
    """A learner's attempts so far: the number of the latest, the answers that used one up, and when the last did."""

    attempt: int = 0
    digests: set[str] = field(default_factory=set)
    latest: datetime | None = None

    def add(self, digest: str, moment: datetime, attempt: int) -> None:
        """Answers that were sent; the number is that of the latest attempt so far."""
        self.attempt = attempt
        if digest not in self.digests:
            self.digests.add(digest)
            self.latest = moment


def _histories(connection: Connection, drafts: Sequence[Draft]) -> dict[tuple[int, int], _History]:
    """What each draft's learner sent before; only where something is limited, what it was."""
    histories = {draft.pair: _History() for draft in drafts}
    limited = {draft.pair for draft in drafts if _is_limited(draft.terms.policy)}
    for pairs, query in ((histories.keys() - limited, _LATEST), (limited, _DISTINCT)):
        if pairs:
            named = {"assignments": list({one for one, _ in pairs}), "learners": list({one for _, one in pairs})}
            for row in connection.execute(query, named):
                history = histories.get((row.assignment_id, row.learner_id))
                if history is not None and (row.assignment_id, row.learner_id) in pairs:
                    history.add(row.digest, row.submitted_at, max(history.attempt, row.attempt))
    return histories


def _is_limited(policy: Policy) -> bool:
    return policy.attempts is not None or policy.cooldown_seconds > 0


def _check_attempts(policy: Policy, history: _History, now: datetime, *, paced: bool) -> None:
    if policy.attempts is not None and len(history.digests) >= policy.attempts:
        raise AttemptsUsed(text("All {count} attempts are used up.", count=policy.attempts))
    if history.latest is None or not policy.cooldown_seconds or not paced:
        return
    pause = timedelta(seconds=policy.cooldown_seconds)
    ahead = history.latest + pause - now
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
            "late": stored.timing.late,
            "late_factor": stored.timing.late_factor,
            "after_release": stored.timing.after_release,
            "answers_digest": draft.digest,
            "assignment_id": draft.running.assignment_id,
            "version_id": draft.running.version_id,
            "learner_id": draft.learner_id,
            "body": draft.body,
            "report": draft.encoded,
            "status": stored.report["status"],
            "max_score": stored.report["max_score"],
            **{name: after_loss(stored.report[name], stored.timing.late_factor) for name in ("score", "pending")},
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
