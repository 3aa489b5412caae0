"""Who is calling, and which course and assignment they mean."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection

from app.errors import Forbidden, NotFound, Problem, Unauthenticated, Unprocessable
from app.language import text
from app.storage import (
    Caller,
    Course,
    Running,
    find_caller,
    find_course,
    find_running,
    list_courses,
    token_digest,
)

__all__ = ["authenticate", "choose_course", "choose_running", "choose_student"]


def authenticate(connection: Connection, admin_digest: str, token: str | None) -> Caller:
    """Who a bearer token is.

    Raises
    ------
    Unauthenticated
        Where there is none, or nobody has it.
    """
    if token is None:
        raise Unauthenticated(text("Send your token in the header “Authorization: Bearer TOKEN”."))
    if hmac.compare_digest(token_digest(token), admin_digest):
        return Caller(course_id=None)
    found = find_caller(connection, token)
    if found is None:
        raise Unauthenticated(text("This token is unknown or was revoked. Ask the teaching staff for a new one."))
    return found


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
        return found
    known = list_courses(connection, caller)
    if len(known) != 1:
        message = text("Say which course. This token may use: {courses}.", courses=", ".join(one.slug for one in known))
        raise Unprocessable(text("The course is missing."), [Problem(at, message)])
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
