"""What the routes of policies do, without HTTP: staff allow a learner something else than everybody."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import Connection

from app.answers import Json, NumberText, is_student, read_json
from app.answers.kinds import kind_of
from app.assignments import Everybody, Overrides, Terms, effective, everybodys, faults_of
from app.errors import NotFound, Problem, Unprocessable, pointer
from app.intake import choose_course, choose_running, choose_student
from app.language import Message, text
from app.storage import (
    Allowance,
    Caller,
    Course,
    Credential,
    Entry,
    Running,
    add_allowance,
    ensure_learners,
    entry_by,
    find_allowances,
    find_learner,
    reassess,
    write_log,
)
from app.web.service import Service, require_staff

__all__ = ["Allowed", "allow", "read_all_allowed", "read_allowed", "take_back"]

_LONGEST_REASON = 500
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_TIMED = frozenset({"due_at", "closes_at", "late"})
"""What decides whether something that was sent is late."""


@dataclass(frozen=True)
class Allowed:
    """What holds for a learner, what they are allowed beside the policy, and who asks."""

    caller: Caller
    course: Course
    running: Running
    student: str
    terms: Terms
    allowance: Allowance | None


@dataclass(frozen=True)
class _Wanted:
    overrides: Overrides
    reason: str | None


def read_allowed(service: Service, credential: Credential | None, course: str, slug: str, student: str) -> Allowed:
    """What holds for a learner; they may ask for themselves.

    Raises
    ------
    NotFound
        Where there is no such learner.
    """
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        whose = choose_student(caller, student.lower()) or ""
        chosen = choose_course(connection, caller, course)
        running = choose_running(connection, chosen, slug)
        if find_learner(connection, chosen, whose) is None:
            raise NotFound(text("The course {course} has no learner {student}.", course=course, student=whose[:64]))
        return _found(connection, caller, chosen, running, whose)


def read_all_allowed(service: Service, credential: Credential | None, course: str, slug: str) -> Sequence[Allowed]:
    """Every learner who is allowed something else, the newest first; for staff."""
    with service.database.reading() as connection:
        caller, chosen = _staff(service, connection, credential, course)
        running = choose_running(connection, chosen, slug)
        found = find_allowances(connection, running)
    everybody = _everybody(running, found)
    return [
        Allowed(caller, chosen, running, student, everybody.of(student), allowance)
        for student, allowance in found.items()
    ]


def allow(
    service: Service, credential: Credential | None, course: str, slug: str, student: str, body: bytes
) -> Allowed:
    """Let something else hold for a learner, also for what they sent already; for staff.

    Raises
    ------
    Unprocessable
        Where it cannot be read, or contradicts itself.
    """
    whose = student.lower()
    if not is_student(whose):
        message = text("A student id has 1 to 64 characters: letters A to Z, digits and . _ @ -")
        raise Unprocessable(text("The student is not valid."), [Problem("/path/student", message)])
    with service.database.reading() as connection:
        caller, chosen = _staff(service, connection, credential, course)
        wanted = _read(body, choose_running(connection, chosen, slug))
    return _keep(service, caller, chosen, slug, whose, wanted)


def take_back(
    service: Service, credential: Credential | None, course: str, slug: str, student: str, reason: str | None
) -> Allowed:
    """Let hold for a learner what holds for everybody; for staff.

    Raises
    ------
    NotFound
        Where there is no such learner.
    """
    found = read_allowed(service, credential, course, slug, student)
    require_staff(found.caller)
    if found.allowance is None:
        return found
    return _keep(service, found.caller, found.course, slug, found.student, _Wanted(Overrides(), reason))


def _staff(
    service: Service, connection: Connection, credential: Credential | None, course: str
) -> tuple[Caller, Course]:
    caller = service.authenticate(connection, credential)
    chosen = choose_course(connection, caller, course)
    require_staff(caller)
    return caller, chosen


def _everybody(running: Running, found: dict[str, Allowance]) -> Everybody:
    return everybodys(running.assignment.policy, {student: one.overrides for student, one in found.items()})


def _found(connection: Connection, caller: Caller, course: Course, running: Running, student: str) -> Allowed:
    found = find_allowances(connection, running)
    return Allowed(caller, course, running, student, _everybody(running, found).of(student), found.get(student))


def _keep(service: Service, caller: Caller, course: Course, slug: str, student: str, wanted: _Wanted) -> Allowed:
    """Write it down, and let what the learner sent before be timed by it."""
    now = service.clock()
    with service.database.writing() as connection:
        learner = ensure_learners(connection, [(course.id, student)], now)[course.id, student]
        running = choose_running(connection, course, slug)
        before = _found(connection, caller, course, running, student).allowance
        overrides = wanted.overrides if wanted.overrides.model_fields_set else None
        add_allowance(connection, running, learner, overrides, by=caller.name, reason=wanted.reason, now=now)
        after = _found(connection, caller, course, choose_running(connection, course, slug), student)
        changed = wanted.overrides.model_fields_set | (before.overrides.model_fields_set if before else set())
        if changed & _TIMED:
            reassess(connection, running, learner, after.terms)
        write_log(connection, [_entry(caller, after, before, wanted, now)])
    return after


def _entry(caller: Caller, after: Allowed, before: Allowance | None, wanted: _Wanted, now: datetime) -> Entry:
    """What the audit log says of it: what was allowed before and from now on, and why."""

    def said(overrides: Overrides | None) -> object:
        return None if overrides is None else overrides.model_dump(mode="json", exclude_unset=True)

    return entry_by(
        caller,
        "allowance.granted" if after.allowance else "allowance.withdrawn",
        after.course.id,
        now,
        assignment=after.running.assignment.slug,
        student=after.student,
        details={
            "before": said(before.overrides if before else None),
            "after": said(after.allowance.overrides if after.allowance else None),
            "reason": wanted.reason,
        },
    )


def _read(body: bytes, running: Running) -> _Wanted:
    document = read_json(body)
    if not isinstance(document, dict):
        message = text("A JSON object is wanted; {kind} arrived.", kind=kind_of(document))
        raise _refused([Problem("", message)])
    plain = {key: _plain(value) for key, value in document.items()}
    reason = plain.pop("reason", None)
    problems = [] if _is_reason(reason) else [Problem("/reason", _no_reason())]
    policy = running.assignment.policy
    try:
        overrides = Overrides.model_validate(plain, context={"time_zone": policy.time_zone})
    except ValidationError as error:
        problems += [Problem(pointer(*fault.path), fault.message) for fault in faults_of(error, plain, Overrides)]
        raise _refused(problems) from error
    if not overrides.model_fields_set:
        known = ", ".join(Overrides.model_fields)
        problems.append(Problem("", text("Say what is to hold for this learner: {known}.", known=known)))
    elif not effective(policy, overrides).in_order:
        message = text("opens_at, due_at with its grace, and closes_at have to come in this order.")
        problems.append(Problem("", message))
    if problems:
        raise _refused(problems)
    return _Wanted(overrides, reason if isinstance(reason, str) else None)


def _refused(problems: Sequence[Problem]) -> Unprocessable:
    return Unprocessable(text("The policy for this learner could not be understood."), problems)


def _is_reason(reason: object) -> bool:
    if reason is None:
        return True
    return isinstance(reason, str) and len(reason) <= _LONGEST_REASON and not re.search("[\0\ud800-\udfff]", reason)


def _no_reason() -> Message:
    return text("A text of at most {limit} characters is wanted.", limit=_LONGEST_REASON)


def _plain(value: Json) -> object:
    """A JSON value with its numbers as numbers."""
    if isinstance(value, NumberText):
        return int(value) if _WHOLE.fullmatch(value) else float(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
