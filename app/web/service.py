"""What the routes do, without HTTP: answers read, graded and kept; reports, standings and assignments looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from app.answers import read_answers, read_envelope, read_json
from app.assignments import Assignment, Policy
from app.checking import Report, Submission, check_many
from app.errors import Closed, Forbidden, NotFound, Problem, Unprocessable
from app.language import text
from app.storage import (
    Caller,
    Course,
    Database,
    Filters,
    Running,
    Stored,
    add_submission,
    ensure_learner,
    find_learner,
    find_submission,
    list_submissions,
    submissions_of,
)
from app.web.lookup import authenticate, choose_course, choose_running, choose_student

__all__ = ["Clock", "Read", "Service"]

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Read:
    """A submission that was read: who sent it, whose it is, to what, and its answers."""

    caller: Caller
    course: Course
    running: Running
    student: str | None
    submission: Submission


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
    """

    database: Database
    admin_digest: str
    clock: Clock

    def caller(self, token: str | None) -> Caller:
        """Who a token is."""
        with self.database.reading() as connection:
            return authenticate(connection, self.admin_digest, token)

    def read(self, caller: Caller, body: bytes) -> Read:
        """Read a submission's body.

        Raises
        ------
        Refusal
            As the contract says for what cannot be read.
        """
        envelope = read_envelope(read_json(body))
        student = choose_student(caller, envelope.student)
        with self.database.reading() as connection:
            course = choose_course(connection, caller, envelope.course)
            running = choose_running(connection, course, str(envelope.assignment))
        answers = read_answers(envelope.answers, running.assignment.answer_fields)
        return Read(caller, course, running, student, Submission(answers, student))

    def check(self, read: Read) -> Report:
        """Grade and keep nothing; for staff.

        Raises
        ------
        Forbidden
            For learners.
        """
        require_staff(read.caller)
        return check_many(read.running.assignment, [read.submission])[0]

    def submit(self, read: Read, body: bytes, received_at: datetime) -> Stored:
        """Grade a submission and keep it. When this returns it is durable.

        Raises
        ------
        Refusal
            Where it cannot be accepted; then nothing is kept and no attempt is spent.
        """
        if read.student is None:
            message = text("Say whose submission this is, such as {example}.", example='"student": "b12901001"')
            raise Unprocessable(text("The student is missing."), [Problem("/student", message)])
        check_open(read.running.assignment.policy, received_at)
        report = check_many(read.running.assignment, [read.submission])[0]
        with self.database.writing() as connection:
            learner = read.caller.learner_id
            if learner is None:
                learner = ensure_learner(connection, read.course, read.student, received_at)
            return add_submission(
                connection,
                read.running,
                learner,
                submitted_at=received_at,
                body=body,
                report=cast(dict[str, Any], report),
                names=(read.course.slug, read.student),
            )

    def report(self, token: str | None, submission_id: str) -> tuple[Caller, Stored, Assignment]:
        """A stored submission, its reader, and the assignment as it runs now.

        Raises
        ------
        NotFound
            Where there is none, or it is not the caller's to see.
        """
        with self.database.reading() as connection:
            caller = authenticate(connection, self.admin_digest, token)
            stored = find_submission(connection, caller, submission_id)
            if stored is None:
                raise NotFound(text("There is no submission {id}.", id=submission_id[:40]))
            course = choose_course(connection, caller, stored.course)
            assignment = choose_running(connection, course, stored.assignment).assignment
        return caller, stored, assignment

    def listing(self, token: str | None, course: str | None, filters: Filters, limit: int) -> Sequence[Stored]:
        """Submissions, newest first; one more than the limit where there are more."""
        with self.database.reading() as connection:
            caller = authenticate(connection, self.admin_digest, token)
            choose_student(caller, filters.student)
            chosen = choose_course(connection, caller, course, "/query/course")
            return list_submissions(connection, caller, chosen.id, filters, limit)

    def assignment(self, token: str | None, course: str, slug: str) -> Running:
        """The running version of an assignment."""
        with self.database.reading() as connection:
            caller = authenticate(connection, self.admin_digest, token)
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
            caller = authenticate(connection, self.admin_digest, token)
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


def check_open(policy: Policy, now: datetime) -> None:
    """Refuse what comes before the opening or after the closing.

    Raises
    ------
    Closed
        With the time that was missed.
    """
    if policy.opens_at is not None and now < policy.opens_at:
        raise Closed(text("The assignment opens at {moment}.", moment=policy.opens_at.isoformat()))
    if policy.closes_at is not None and now > policy.closes_at:
        raise Closed(text("The assignment closed at {moment}.", moment=policy.closes_at.isoformat()))
