"""From the bytes of a submission to answers that can be graded: whose they are, and to what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.answers import Answer, Envelope, Json, read_answers, read_envelope, read_json
from app.assignments import Assignment, Policy, Terms
from app.checking import Submission
from app.errors import Closed, Problem, Unprocessable
from app.intake.lookup import Directory, choose_student
from app.language import text
from app.storage import Caller, Course, Running

__all__ = [
    "Read",
    "check_key",
    "check_open",
    "check_opened",
    "not_open_yet",
    "read_known",
    "read_submission",
    "require_student",
]

_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True)
class Read:
    """A submission that was read: who sent it, whose it is, to what, what holds for them, and the answers."""

    caller: Caller
    course: Course
    running: Running
    student: str | None
    submission: Submission
    terms: Terms


def read_submission(
    directory: Directory, caller: Caller, body: bytes, moment: datetime, *, leniently: bool = False
) -> Read:
    """Read a submission's body.

    Parameters
    ----------
    directory : Directory
        Knows the courses and their assignments.
    caller : Caller
        Who sent it.
    body : bytes
    moment : datetime
        When it arrived: before the opening a learner is not even told what is asked.
    leniently : bool, optional
        Whether questions whose answers cannot be read count as not sent.

    Raises
    ------
    Refusal
        As the contract says for what cannot be read.
    """
    return read_known(directory, caller, read_envelope(read_json(body)), moment, leniently=leniently)


def read_known(
    directory: Directory, caller: Caller, envelope: Envelope, moment: datetime, *, leniently: bool = False
) -> Read:
    """Read the answers inside an envelope; see `read_submission`."""
    student = choose_student(caller, envelope.student)
    course = directory.course(caller, envelope.course)
    running = directory.running(course, str(envelope.assignment))
    terms = directory.terms(running, student)
    check_opened(caller, terms, moment)
    read = _read_what_can_be if leniently else _read_all
    answers = read(envelope.answers, running.assignment)
    return Read(caller, course, running, student, Submission(answers, student), terms)


def _read_all(answers: dict[str, Json], assignment: Assignment) -> dict[str, dict[str, Answer]]:
    return read_answers(answers, assignment.answer_fields)


def _read_what_can_be(answers: dict[str, Json], assignment: Assignment) -> dict[str, dict[str, Answer]]:
    """Read each question by itself, and leave out those that are unknown or cannot be read."""
    read: dict[str, dict[str, Answer]] = {}
    for question, fields in assignment.answer_fields.items():
        if question in answers:
            with suppress(Unprocessable):
                read |= read_answers({question: answers[question]}, {question: fields})
    return read


def require_student(student: str | None) -> str:
    """The student whose submission this is.

    Raises
    ------
    Unprocessable
        Where nobody was named.
    """
    if student is None:
        message = text("Say whose submission this is, such as {example}.", example='"student": "b12901001"')
        raise Unprocessable(text("The student is missing."), [Problem("/student", message)])
    return student


def check_opened(caller: Caller, terms: Terms, now: datetime) -> None:
    """Tell a learner nothing of what is asked before the opening; what they send is not even read.

    Raises
    ------
    Closed
        With the time to wait for.
    """
    if not caller.staff and not terms.opened(now):
        raise not_open_yet(terms.policy)


def not_open_yet(policy: Policy) -> Closed:
    """What is said before the opening."""
    return Closed(text("The assignment opens at {moment}.", moment=_local(policy, policy.opens_at)))


def check_open(terms: Terms, now: datetime) -> None:
    """Refuse what comes before the opening or after the closing.

    Raises
    ------
    Closed
        With the time that was missed.
    """
    policy = terms.policy
    if not terms.opened(now):
        raise not_open_yet(policy)
    if terms.takes_until is None or now < terms.takes_until:
        return
    if policy.late.rule == "cut_off" and policy.due_at is not None:
        due = _local(policy, policy.due_at)
        raise Closed(text("The deadline was {moment}, and nothing is taken after it.", moment=due))
    raise Closed(text("The assignment closed at {moment}.", moment=_local(policy, policy.closes_at)))


def _local(policy: Policy, moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(ZoneInfo(policy.time_zone)).isoformat()


def check_key(keys: Sequence[str]) -> str | None:
    """The idempotency key among the header's values.

    Raises
    ------
    Unprocessable
        Where it is no key, or there are several.
    """
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        message = text("One key of 1 to 255 visible ASCII characters is wanted, the same for each try.")
        raise Unprocessable(
            text("The header Idempotency-Key is not valid."), [Problem("/header/idempotency-key", message)]
        )
    return keys[0]
