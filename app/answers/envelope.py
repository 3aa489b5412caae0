"""What surrounds the answers of a submission: which course, which assignment, which student."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.answers.document import Json
from app.answers.kinds import kind_of
from app.answers.problems import Problems, quote
from app.language import text

__all__ = ["Envelope", "is_student", "read_envelope"]

_KNOWN = ("course", "assignment", "student", "answers")
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_STUDENT = re.compile(r"[A-Za-z0-9._@-]{1,64}")


@dataclass(frozen=True)
class Envelope:
    """A submission before its answers are read; None where something was left out."""

    course: str | None
    assignment: str | None
    student: str | None
    answers: dict[str, Json]


def is_student(name: str) -> bool:
    """Whether a name can be a student's id."""
    return _STUDENT.fullmatch(name) is not None


def read_envelope(document: Json, *, assignment_required: bool = True) -> Envelope:
    """Read the top level of a submission strictly.

    Parameters
    ----------
    document : Json
        As `read_json` gives it.
    assignment_required : bool, optional
        False where the assignment is known from elsewhere.

    Returns
    -------
    Envelope
        The student's id in lower case.

    Raises
    ------
    Unprocessable
        With one problem for each place at fault.

    Examples
    --------
    >>> read_envelope({"assignment": "hw3", "student": "B12901001", "answers": {}}).student
    'b12901001'
    """
    problems = Problems()
    if not isinstance(document, dict):
        problems.add((), text("A JSON object is wanted; {kind} arrived.", kind=kind_of(document)))
        problems.raise_any()
        document = {}
    found: dict[str, str] = {}
    answers: dict[str, Json] = {}
    for key, value in document.items():
        if key not in _KNOWN:
            problems.add(
                (key,),
                text("There is no key “{sent}”. The keys are {known}.", sent=quote(key), known=", ".join(_KNOWN)),
            )
        elif key == "answers":
            if isinstance(value, dict):
                answers = value
            else:
                problems.add(
                    (key,),
                    text("An object {{question: answer}} is wanted here; {kind} arrived.", kind=kind_of(value)),
                )
        elif value is not None:
            found[key] = _name(key, value, problems)
    if "answers" not in document:
        problems.add((), text("The key “answers” is missing."))
    if assignment_required and "assignment" not in found:
        problems.add((), text("The key “assignment” is missing."))
    problems.raise_any()
    student = found.get("student")
    return Envelope(found.get("course"), found.get("assignment"), student and student.lower(), answers)


def _name(key: str, value: Json, problems: Problems) -> str:
    """Return a course, an assignment or a student as sent; note where it cannot be one."""
    if type(value) is not str:  # a number's text is a str too
        problems.add((key,), text("A string is wanted here; {kind} arrived.", kind=kind_of(value)))
        return ""
    if key == "student" and not is_student(value):
        problems.add(
            (key,),
            text(
                "“{sent}” is no student id. It has 1 to 64 characters: letters A to Z, digits and . _ @ -",
                sent=quote(value),
            ),
        )
    elif key != "student" and not _SLUG.fullmatch(value):
        problems.add(
            (key,),
            text(
                "“{sent}” is no name of a course or an assignment. It has 1 to 64 characters: small letters a to"
                " z, digits, _ and -",
                sent=quote(value),
            ),
        )
    return value
