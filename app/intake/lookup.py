"""Who is calling, and which course and assignment they mean."""

from __future__ import annotations

import hmac
from collections.abc import Mapping

from sqlalchemy import Connection

from app.assignments import Everybody, Terms
from app.errors import Forbidden, NotFound, Problem, Unauthenticated, Unprocessable
from app.language import text
from app.storage import (
    Caller,
    Course,
    Running,
    find_callers,
    find_course,
    find_everybodys,
    find_running,
    list_courses,
    token_digest,
)
from app.watching import note_caller, note_course

__all__ = ["Directory", "authenticate", "choose_course", "choose_running", "choose_student", "find_and_authenticate"]


def authenticate(callers: Mapping[str, Caller], admin_digest: str, token: str | None) -> Caller:
    """Who a bearer token is.

    Parameters
    ----------
    callers : mapping of str to Caller
        Those that the database knows, by the digests of their tokens.
    admin_digest : str
        Of the token that is staff of every course.
    token : str or None
        As it was sent.

    Raises
    ------
    Unauthenticated
        Where there is none, or nobody has it.
    """
    if token is None:
        raise Unauthenticated(text("Send your token in the header “Authorization: Bearer TOKEN”."))
    digest = token_digest(token)
    if hmac.compare_digest(digest, admin_digest):
        return Caller(course_id=None, name="administrator")
    if digest not in callers:
        raise Unauthenticated(text("This token is unknown or was revoked. Ask the teaching staff for a new one."))
    return callers[digest]


def find_and_authenticate(connection: Connection, admin_digest: str, token: str | None) -> Caller:
    """Who a bearer token is, looked up by itself; see `authenticate`."""
    callers = {} if token is None else find_callers(connection, [token_digest(token)])
    caller = authenticate(callers, admin_digest, token)
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
        if found is None or caller.course_id not in (None, found.id):
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
        self._courses: dict[tuple[int | None, str | None], Course] = {}
        self._running: dict[tuple[int, str], Running] = {}
        self._everybodys: dict[int, Everybody] = {}

    def course(self, caller: Caller, slug: str | None) -> Course:
        """The course that is meant; see `choose_course`."""
        asked = caller.course_id, slug
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
