"""What the routes do, without HTTP: answers read, graded and kept; reports, standings and assignments looked up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from starlette.concurrency import run_in_threadpool

from app.assignments import Assignment
from app.checking import Report, Watcher, check_many
from app.errors import Forbidden, NotFound, Problem, Unprocessable, UptoError, our_failure
from app.intake import (
    Accepted,
    Arrival,
    Desk,
    Directory,
    GroupWorker,
    Note,
    Noting,
    Read,
    Respond,
    choose_course,
    choose_running,
    choose_student,
    corrected,
    find_and_authenticate,
    read_submission,
)
from app.language import text
from app.storage import (
    Caller,
    Database,
    Filters,
    KeptRefusal,
    Running,
    Stored,
    find_learner,
    find_refusal,
    find_submission,
    list_refusals,
    list_submissions,
    submissions_of,
    token_digest,
)
from app.watching import current_request_id, note_caller, note_course
from app.watching.metrics import Metrics
from app.web.readiness import Readiness

__all__ = ["Clock", "Service", "require_staff"]

Clock = Callable[[], datetime]

_ADMITTED = 10_000  # tokens that are remembered as valid at most
_ADMITTED_SECONDS = 60.0


@dataclass(frozen=True)
class Service:
    """The parts that routes share.

    Parameters
    ----------
    database : Database
        Where everything is kept.
    admin_digest : str
        SHA-256 of the token that is staff of every course.
    clock : callable
        Tells the time, in UTC.
    desk : Desk
        Takes submissions in.
    worker : GroupWorker
        Hands the desk what waits, as groups.
    metrics : Metrics
        Where everything is counted.
    metrics_for : {"open", "staff", "off"}
        Who may read it.
    note : callable
        Takes what grading tells of itself.
    readiness : Readiness
        Knows whether it all works.
    body_seconds : float
        How long a body may take to arrive.
    admitted : dict
        By the digests of tokens that were valid a moment ago: until when that is believed, and whether they are
        staff's.
    """

    database: Database
    admin_digest: str
    clock: Clock
    desk: Desk
    worker: GroupWorker[Arrival, Accepted]
    metrics: Metrics
    metrics_for: Literal["open", "staff", "off"]
    note: Note
    readiness: Readiness
    body_seconds: float
    admitted: dict[str, tuple[float, bool]] = field(default_factory=dict)

    def caller(self, token: str | None) -> Caller:
        """Who a token is."""
        with self.database.reading() as connection:
            return find_and_authenticate(connection, self.admin_digest, token)

    async def admit(self, token: str | None) -> None:
        """Let through to the desk who had a valid token a moment ago; the desk itself asks the database.

        Raises
        ------
        Unauthenticated
            So that a stranger's body is not read.
        """
        digest = token_digest(token or "")
        until, staff = self.admitted.get(digest, (0.0, False))
        if until < time.monotonic():
            staff = (await run_in_threadpool(self.caller, token)).staff
            if len(self.admitted) >= _ADMITTED:
                self.admitted.clear()
            self.admitted[digest] = time.monotonic() + _ADMITTED_SECONDS, staff
        note_caller(staff=staff)

    def read(self, caller: Caller, body: bytes) -> Read:
        """Read a submission's body; see `app.intake.read_submission`."""
        with self.database.reading() as connection:
            return read_submission(Directory(connection), caller, body)

    def check(self, read: Read) -> Report:
        """Grade and keep nothing; for staff.

        Raises
        ------
        Forbidden
            For learners.
        """
        require_staff(read.caller)
        return check_many(read.running.assignment, [read.submission], self.watcher(read.running.assignment))[0]

    def watcher(self, assignment: Assignment) -> Watcher:
        """Whom grading for the current request is told to."""
        return Noting(assignment.slug, self.note)

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count a submission that is not accepted, by what is raised inside; see `accepted`."""
        try:
            yield
        except Exception as error:
            self.metrics.submission((error if isinstance(error, UptoError) else our_failure()).name)
            raise

    def accepted(self, accepted: Accepted) -> Accepted:
        """Count a submission that is accepted."""
        self.metrics.submission("replayed" if accepted.replayed else "accepted")
        note_course(accepted.course)
        return accepted

    def refused(self, token: str | None, course: str | None, filters: Filters, limit: int) -> Sequence[KeptRefusal]:
        """What was refused, newest first, for staff; one more than the limit where there is more."""
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            require_staff(caller)
            chosen = None if course is None else choose_course(connection, caller, course, "/query/course")
            return list_refusals(connection, caller, chosen.id if chosen else None, filters, limit)

    def grade_refused(self, token: str | None, refusal_id: str, body: bytes, respond: Respond) -> Accepted:
        """Grade what was refused after all, as of the time when it was sent; for staff.

        Parameters
        ----------
        token : str or None
        refusal_id : str
        body : bytes
            Empty, or a JSON object whose keys take the place of those that were sent.
        respond : callable
            Writes the answer.

        Raises
        ------
        Refusal
            Where it cannot be graded.
        """
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            require_staff(caller)
            refused = find_refusal(connection, caller, refusal_id)
        if refused is None:
            raise NotFound(text("There is no refused submission {id}.", id=refusal_id[:40]))
        sent = None if body.strip() else refused.body
        whole = corrected(refused, body)
        named = current_request_id()
        arrival = Arrival(token, whole, refused.sent_at, respond, sent=sent, refusal_id=refused.id, request_id=named)
        (outcome,) = self.desk.take([arrival])
        if not isinstance(outcome, Accepted):
            raise outcome
        return outcome

    def report(self, token: str | None, submission_id: str) -> tuple[Caller, Stored, Assignment]:
        """A stored submission, its reader, and the assignment as it runs now.

        Raises
        ------
        NotFound
            Where there is none, or it is not the caller's to see.
        """
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            stored = find_submission(connection, caller, submission_id)
            if stored is None:
                raise NotFound(text("There is no submission {id}.", id=submission_id[:40]))
            course = choose_course(connection, caller, stored.course)
            assignment = choose_running(connection, course, stored.assignment).assignment
        return caller, stored, assignment

    def listing(self, token: str | None, course: str | None, filters: Filters, limit: int) -> Sequence[Stored]:
        """Submissions, newest first; one more than the limit where there are more."""
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            choose_student(caller, filters.student)
            chosen = choose_course(connection, caller, course, "/query/course")
            return list_submissions(connection, caller, chosen.id, filters, limit)

    def assignment(self, token: str | None, course: str, slug: str) -> Running:
        """The running version of an assignment."""
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            return choose_running(connection, choose_course(connection, caller, course), slug)

    def attempts(
        self, token: str | None, course: str, slug: str, student: str | None
    ) -> tuple[str, Running, Sequence[Stored]]:
        """Every attempt of a learner on an assignment.

        Raises
        ------
        NotFound
            Where there is no such learner.
        """
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            whose = choose_student(caller, student.lower() if student else None)
            chosen = choose_course(connection, caller, course)
            running = choose_running(connection, chosen, slug)
            if whose is None:
                message = text("Say whose standing you want, such as {example}.", example="?student=b12901001")
                raise Unprocessable(text("The student is missing."), [Problem("/query/student", message)])
            learner = find_learner(connection, chosen, whose)
            if learner is None:
                raise NotFound(text("The course {course} has no learner {student}.", course=course, student=whose[:64]))
            return whose, running, submissions_of(connection, running.assignment_id, learner)


def require_staff(caller: Caller) -> None:
    """Let only staff through.

    Raises
    ------
    Forbidden
        For learners.
    """
    if not caller.staff:
        raise Forbidden(text("Only the teaching staff may do this."))
