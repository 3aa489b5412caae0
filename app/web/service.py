"""What the routes do, without HTTP: answers read, graded and kept; reports, standings and assignments looked up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from app.assignments import Assignment, Terms
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
    Variants,
    Wanted,
    attach,
    choose_course,
    choose_student,
    find_and_authenticate,
    not_open_yet,
    read_submission,
)
from app.language import Language, text
from app.storage import (
    Caller,
    Credential,
    Database,
    Filters,
    Running,
    Stored,
    find_callers,
    find_learner,
    find_submission,
    list_submissions,
    submissions_of,
)
from app.watching import note_caller, note_course
from app.watching.metrics import Metrics
from app.web.admitted import Admitted
from app.web.guard import Guard
from app.web.readiness import Readiness

__all__ = ["Attempts", "Clock", "FileRules", "Seen", "Service", "require_staff"]

Clock = Callable[[], datetime]
Result = TypeVar("Result")

_DRAWING = 4


@dataclass(frozen=True)
class FileRules:
    """How files are taken.

    Parameters
    ----------
    each : int
        Bytes of one at most.
    per_learner : int
        Bytes of all that a learner uploads for an assignment at most.
    folder : Path
        Where they are put while they arrive.
    """

    each: int
    per_learner: int
    folder: Path


@dataclass(frozen=True)
class Seen:
    """An assignment as somebody sees it: on whose data (nobody's: those of the file), and what holds for them.

    Where it is not `opened`, it is covered: its reader is told when it opens, and nothing of what is asked.
    """

    assignment: Assignment
    student: str | None
    terms: Terms
    opened: bool = True


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
    variants : Variants
        Finds and draws learners' own data.
    files : FileRules
        How files are taken.
    guard : Guard
        Keeps the doors.
    admitted : Admitted
        Who was known a moment ago.
    drawing : CapacityLimiter
        The threads that may draw somebody's data at once.
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
    variants: Variants
    files: FileRules
    guard: Guard
    admitted: Admitted = field(default_factory=Admitted)
    drawing: CapacityLimiter = field(default_factory=partial(CapacityLimiter, _DRAWING))

    async def draw_aside(self, work: Callable[[], Result]) -> Result:
        """Do in a thread what may have to draw somebody's data; only so many at once, so that others find threads."""
        return await to_thread.run_sync(work, limiter=self.drawing)

    def caller(self, credential: Credential | None) -> Caller:
        """Who comes with a credential."""
        with self.database.reading() as connection:
            return self.authenticate(connection, credential)

    def authenticate(self, connection: Connection, credential: Credential | None) -> Caller:
        """Who comes with a credential now; everything but the desk, which has its own view of the data, asks here.

        Raises
        ------
        Unauthenticated
            Where it is nobody.
        """
        now = self.clock()
        caller = find_and_authenticate(connection, self.admin_digest, credential, now)
        self._note(credential, caller, now)
        return caller

    def _note(self, credential: Credential | None, caller: Caller, now: datetime) -> None:
        if credential is not None and (caller.token_id is not None or credential.kind == "session"):
            self.guard.uses.note(credential, now)

    def setting(self, credential: Credential) -> Language | None:
        """The language that somebody has set; None where there is none, or it is nobody."""
        with self.database.reading() as connection:
            caller = find_callers(connection, [credential]).get(credential)
        return caller.language if caller else None

    async def admit(self, credential: Credential | None) -> Caller:
        """Let through to the desk who was known a moment ago; the desk itself asks the database.

        Returns
        -------
        Caller
            As of that moment.

        Raises
        ------
        Unauthenticated
            So that a stranger's body is not read.
        """
        now = self.clock()
        caller = self.admitted.find(credential, now)
        if caller is None:
            changes = self.admitted.changes
            caller = await run_in_threadpool(self.caller, credential)
            self.admitted.remember(credential, caller, changes)
        else:
            self._note(credential, caller, now)
        note_caller(staff=caller.staff)
        return caller

    def read(self, caller: Caller, body: bytes) -> Read:
        """Read a submission's body; see `app.intake.read_submission`."""
        now = self.clock()
        with self.database.reading() as connection:
            return attach(connection, read_submission(Directory(connection), caller, body, now), now)

    def check(self, read: Read) -> Report:
        """Grade and keep nothing; for staff.

        Raises
        ------
        Forbidden
            For learners.
        """
        require_staff(read.caller)
        (ready,) = self.with_data([read])
        if not isinstance(ready, Read):
            raise ready
        return check_many(ready.running.assignment, [ready.submission], self.watcher(ready.running.assignment))[0]

    def with_data(self, reads: Sequence[Read]) -> list[Read | UptoError]:
        """Give submissions their learners' own data, where the assignment has them drawn and says whose it is."""
        wanted = {
            index: Wanted(read.course, read.running, read.student)
            for index, read in enumerate(reads)
            if read.running.assignment.variants is not None and read.student is not None
        }
        found = self.variants.of_all(wanted.values(), self.clock(), make=False) if wanted else {}
        ready: list[Read | UptoError] = list(reads)
        for index, one in wanted.items():
            drawn = found[one]
            if isinstance(drawn, UptoError):
                ready[index] = drawn
            else:
                ready[index] = replace(reads[index], submission=replace(reads[index].submission, drawn=drawn))
        return ready

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

    def report(self, credential: Credential | None, submission_id: str) -> tuple[Caller, Stored, Terms]:
        """A stored submission, its reader, and what holds for its learner now.

        Raises
        ------
        NotFound
            Where there is none, or it is not the caller's to see.
        """
        with self.database.reading() as connection:
            caller = self.authenticate(connection, credential)
            stored = find_submission(connection, caller, submission_id)
            if stored is None:
                raise NotFound(text("There is no submission {id}.", id=submission_id[:40]))
            course = choose_course(connection, caller, stored.course)
            directory = Directory(connection)
            terms = directory.terms(directory.running(course, stored.assignment), stored.student)
        return caller, stored, terms

    def listing(
        self, credential: Credential | None, course: str | None, filters: Filters, limit: int
    ) -> Sequence[Stored]:
        """Submissions, newest first; one more than the limit where there are more."""
        with self.database.reading() as connection:
            caller = self.authenticate(connection, credential)
            choose_student(caller, filters.student)
            chosen = choose_course(connection, caller, course, "/query/course")
            return list_submissions(connection, caller, chosen.id, filters, limit)

    def assignment(self, credential: Credential | None, course: str, slug: str, student: str | None = None) -> Seen:
        """The running version of an assignment as a learner sees it.

        Parameters
        ----------
        credential, course, slug
        student : str, optional
            Whose data and times staff want to see; by default those of the file. Before the opening learners see none,
            and none are drawn for them.
        """
        with self.database.reading() as connection:
            caller = self.authenticate(connection, credential)
            whose = choose_student(caller, student.lower() if student else None)
            directory = Directory(connection)
            chosen = choose_course(connection, caller, course)
            running = directory.running(chosen, slug)
            terms = directory.terms(running, whose)
        if not caller.staff and not terms.opened(self.clock()):
            return Seen(running.assignment.covered(), None, terms, opened=False)
        if running.assignment.variants is None or whose is None:
            return Seen(running.assignment, None, terms)
        drawn = self.variants.of(Wanted(chosen, running, whose), self.clock())
        return Seen(running.assignment.with_data(drawn), whose, terms)

    def data(self, credential: Credential | None, course: str, slug: str, student: str | None = None) -> Seen:
        """The same, for whoever wants nothing but the data.

        Raises
        ------
        Closed
            For a learner before the opening.
        """
        seen = self.assignment(credential, course, slug, student)
        if not seen.opened:
            raise not_open_yet(seen.terms.policy)
        return seen

    def attempts(self, credential: Credential | None, course: str, slug: str, student: str | None) -> Attempts:
        """Every attempt of a learner on an assignment.

        Raises
        ------
        NotFound
            Where there is no such learner.
        """
        with self.database.reading() as connection:
            caller = self.authenticate(connection, credential)
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
