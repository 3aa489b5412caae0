"""What the routes do, without HTTP: answers read, graded and kept; reports, standings and assignments looked up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from starlette.concurrency import run_in_threadpool

from app.assignments import Terms
from app.checking import Report, check_many
from app.errors import Forbidden, NotFound, Problem, Unprocessable
from app.intake import (
    Accepted,
    Arrival,
    Desk,
    Directory,
    GroupWorker,
    Read,
    Respond,
    choose_course,
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

__all__ = ["Attempts", "Clock", "Service", "require_staff"]

Clock = Callable[[], datetime]

_ADMITTED = 10_000  # tokens that are remembered as valid at most
_ADMITTED_SECONDS = 60.0


@dataclass(frozen=True)
class Attempts:
    """Every attempt of a learner, first to last, what holds for them, and who asks."""

    caller: Caller
    student: str
    running: Running
    terms: Terms
    sent: Sequence[Stored]


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
    body_seconds : float
        How long a body may take to arrive.
    admitted : dict
        Digests of tokens that were valid a moment ago, and until when that is believed.
    """

    database: Database
    admin_digest: str
    clock: Clock
    desk: Desk
    worker: GroupWorker[Arrival, Accepted]
    body_seconds: float
    admitted: dict[str, float] = field(default_factory=dict)

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
        if self.admitted.get(digest, 0.0) < time.monotonic():
            await run_in_threadpool(self.caller, token)
            if len(self.admitted) >= _ADMITTED:
                self.admitted.clear()
            self.admitted[digest] = time.monotonic() + _ADMITTED_SECONDS

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
        return check_many(read.running.assignment, [read.submission])[0]

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
        arrival = Arrival(token, whole, refused.sent_at, respond, sent=sent, refusal_id=refused.id)
        (outcome,) = self.desk.take([arrival])
        if not isinstance(outcome, Accepted):
            raise outcome
        return outcome

    def report(self, token: str | None, submission_id: str) -> tuple[Caller, Stored, Terms]:
        """A stored submission, its reader, and what holds for its learner now.

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
            directory = Directory(connection)
            terms = directory.terms(directory.running(course, stored.assignment), stored.student)
        return caller, stored, terms

    def listing(self, token: str | None, course: str | None, filters: Filters, limit: int) -> Sequence[Stored]:
        """Submissions, newest first; one more than the limit where there are more."""
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            choose_student(caller, filters.student)
            chosen = choose_course(connection, caller, course, "/query/course")
            return list_submissions(connection, caller, chosen.id, filters, limit)

    def assignment(self, token: str | None, course: str, slug: str) -> tuple[Running, Terms]:
        """The running version of an assignment, and what holds for the caller."""
        with self.database.reading() as connection:
            caller = find_and_authenticate(connection, self.admin_digest, token)
            directory = Directory(connection)
            running = directory.running(choose_course(connection, caller, course), slug)
            return running, directory.terms(running, caller.student)

    def attempts(self, token: str | None, course: str, slug: str, student: str | None) -> Attempts:
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
            directory = Directory(connection)
            running = directory.running(chosen, slug)
            if whose is None:
                message = text("Say whose standing you want, such as {example}.", example="?student=b12901001")
                raise Unprocessable(text("The student is missing."), [Problem("/query/student", message)])
            learner = find_learner(connection, chosen, whose)
            if learner is None:
                raise NotFound(text("The course {course} has no learner {student}.", course=course, student=whose[:64]))
            sent = submissions_of(connection, running.assignment_id, learner)
            return Attempts(caller, whose, running, directory.terms(running, whose), sent)


def require_staff(caller: Caller) -> None:
    """Let only staff through.

    Raises
    ------
    Forbidden
        For learners.
    """
    if not caller.staff:
        raise Forbidden(text("Only the teaching staff may do this."))
