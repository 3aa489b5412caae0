"""Who is calling, and which course and assignment they mean."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from app.assignments import Everybody, Terms
from app.errors import Forbidden, NotFound, Problem, Unauthenticated, Unprocessable
from app.language import text
from app.storage import (
    Caller,
    Course,
    Credential,
    Running,
    administrator,
    find_callers,
    find_course,
    find_everybodys,
    find_running,
    list_courses,
)
from app.watching import note_caller, note_course

__all__ = ["Directory", "authenticate", "choose_course", "choose_running", "choose_student", "find_and_authenticate"]


def authenticate(
    callers: Mapping[Credential, Caller], admin_digest: str, credential: Credential | None, now: datetime
) -> Caller:
    """Who comes with a credential.

    Parameters
    ----------
    callers : mapping of Credential to Caller
        Those that the database knows.
    admin_digest : str
        Of the token that is staff of every course.
    credential : Credential or None
        What they came with.
    now : datetime
        When they came.

    Raises
    ------
    Unauthenticated
        Where there is none, nobody has it, or it is over.
    """
    if credential is None:
        raise Unauthenticated(text("Send your token in the header “Authorization: Bearer TOKEN”."))
    if credential.kind == "token" and hmac.compare_digest(credential.digest, admin_digest):
        return administrator()
    caller = callers.get(credential)
    if credential.kind == "session" and (caller is None or caller.over_at(now)):
        raise Unauthenticated(text("Your session is over. Please log in again."))
    if caller is None:
        raise Unauthenticated(text("This token is unknown or was revoked. Ask the teaching staff for a new one."))
    if caller.over_at(now):
        raise Unauthenticated(
            text(
                "This token expired at {moment}. Ask the teaching staff for a new one.",
                moment=f"{caller.until:%Y-%m-%dT%H:%M:%SZ}",
            )
        )
    return caller


def find_and_authenticate(
    connection: Connection, admin_digest: str, credential: Credential | None, now: datetime
) -> Caller:
    """Who comes with a credential, looked up by itself; see `authenticate`."""
    callers = {} if credential is None else find_callers(connection, [credential], admin_digest)
    caller = authenticate(callers, admin_digest, credential, now)
    note_caller(staff=caller.staff)
    return caller


def choose_course(connection: Connection, caller: Caller, slug: str | None, at: str = "/course") -> Course:
    """The course that is meant: the one named, or the one that the caller knows.

    Raises
    ------
    NotFound
        Where there is none of that name that the caller may use.
    Unprocessable
        Where none is named and the caller does not know exactly one; `at` points to where it is missing.
    """
    if slug is not None:
        found = find_course(connection, slug)
        if found is None or not caller.may_use(found.id):
            raise NotFound(text("There is no course {course} that this token may use.", course=slug))
        note_course(found.slug)
        return found
    known = list_courses(connection, caller)
    if len(known) != 1:
        message = text("Say which course. This token may use: {courses}.", courses=", ".join(one.slug for one in known))
        raise Unprocessable(text("The course is missing."), [Problem(at, message)])
    note_course(known[0].slug)
    return known[0]


def choose_running(connection: Connection, course: Course, slug: str) -> Running:
    """The running version of an assignment.

    Raises
    ------
    NotFound
        Where there is none.
    """
    found = find_running(connection, course, slug)
    if found is None:
        raise NotFound(text("The course {course} has no assignment {assignment}.", course=course.slug, assignment=slug))
    return found


def choose_student(caller: Caller, named: str | None) -> str | None:
    """Whose work is meant: a learner's own, whoever staff name.

    Raises
    ------
    Forbidden
        Where a learner names another.
    """
    if caller.staff:
        return named
    if named not in (None, caller.student):
        raise Forbidden(text("This token is {student}’s and may not name another learner.", student=caller.student))
    return caller.student


class Directory:
    """Courses and running versions, each looked up once for all the submissions of a group.

    Parameters
    ----------
    connection : Connection
        What is found is as true as its transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._courses: dict[tuple[frozenset[int] | None, str | None], Course] = {}
        self._running: dict[tuple[int, str], Running] = {}
        self._everybodys: dict[int, Everybody] = {}

    def course(self, caller: Caller, slug: str | None) -> Course:
        """The course that is meant; see `choose_course`."""
        asked = caller.courses, slug
        if asked not in self._courses:
            self._courses[asked] = choose_course(self._connection, caller, slug)
        return self._courses[asked]

    def running(self, course: Course, slug: str) -> Running:
        """The running version of an assignment; see `choose_running`."""
        asked = course.id, slug
        if asked not in self._running:
            self._running[asked] = choose_running(self._connection, course, slug)
        return self._running[asked]

    def terms(self, running: Running, student: str | None) -> Terms:
        """What holds for a student."""
        if running.version_id not in self._everybodys:
            self._everybodys[running.version_id] = find_everybodys(self._connection, running)
        return self._everybodys[running.version_id].of(student)
