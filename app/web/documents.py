"""The JSON documents of the API, put together from what is stored and what is computed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from pydantic_core import to_json

from app.assignments import Assignment, FieldSpec, Question, answer_schema
from app.checking import Report, encode_view, released, view
from app.errors import Problem, Unprocessable
from app.language import Language, text
from app.storage import Caller, KeptRefusal, Stored

__all__ = [
    "accepted_document",
    "assignment_document",
    "checked",
    "cursor_of",
    "dump",
    "number_of",
    "refusal_document",
    "stored_document",
    "stored_summary",
    "timestamp",
]

_KINDS = ("number", "vector", "matrix")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _head(stored: Stored) -> dict[str, object]:
    return {
        "id": stored.id,
        "course": stored.course,
        "assignment": stored.assignment,
        "assignment_version": stored.version,
        "student": stored.student,
        "attempt": stored.attempt,
        "submitted_at": timestamp(stored.submitted_at),
        "late": stored.late,
    }


def stored_document(
    stored: Stored, caller: Caller, assignment: Assignment, now: datetime, language: Language
) -> dict[str, object]:
    """A stored submission as its reader may see it; the running version's policy decides what that is."""
    everything = caller.staff or released(assignment.policy, now)
    return _head(stored) | view(cast(Report, stored.report), language, everything=everything)


def accepted_document(
    stored: Stored, caller: Caller, assignment: Assignment, now: datetime, language: Language
) -> bytes:
    """The same as JSON, of a submission that was just graded: what is the same for everybody is not written anew."""
    everything = caller.staff or released(assignment.policy, now)
    shown = encode_view(cast(Report, stored.report), language, everything=everything)
    head = {name: value for name, value in _head(stored).items() if name not in stored.report}
    return dump(head)[:-1] + b"," + shown[1:]


def stored_summary(stored: Stored) -> dict[str, object]:
    """A stored submission in a list: the report less its questions."""
    return _head(stored) | {name: value for name, value in stored.report.items() if name != "questions"}


def checked(
    course: str, assignment: Assignment, student: str | None, now: datetime, report: Report, language: Language
) -> dict[str, object]:
    """A report that is stored nowhere, for staff."""
    due = assignment.policy.due_at
    head = {
        "course": course,
        "assignment": assignment.slug,
        "assignment_version": assignment.version,
        "student": student,
        "submitted_at": timestamp(now),
        "late": due is not None and now > due,
    }
    return head | view(report, language, everything=True)


def refusal_document(refused: KeptRefusal, language: Language) -> dict[str, object]:
    """What was refused, and why, in the reader's language."""
    return {
        "id": refused.id,
        "course": refused.course,
        "assignment": refused.assignment,
        "student": refused.student,
        "sent_at": timestamp(refused.sent_at),
        "sent_by": refused.sent_by,
        "detail": refused.detail[language],
        "errors": [{**problem, "message": problem["message"][language]} for problem in refused.problems],
        "body": refused.body.decode("utf-8", "replace"),
        "submission": refused.submission_id,
    }


def cursor_of(number: int) -> str:
    """The opaque cursor of the page after a submission."""
    return base64.urlsafe_b64encode(f"before:{number}".encode()).decode().rstrip("=")


def number_of(cursor: str) -> int:
    """Read a cursor.

    Raises
    ------
    Unprocessable
        Where it is not one of ours.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        number = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
        return int(number.removeprefix("before:")[:18])
    except ValueError as error:
        message = text("This is not a cursor of ours; take it from the Link header as it is.")
        raise Unprocessable(text("The cursor is not valid."), [Problem("/query/cursor", message)]) from error


def assignment_document(course: str, assignment: Assignment, language: Language) -> dict[str, object]:
    """An assignment as learners see it: texts, data, fields, and the JSON Schema of an answer."""
    policy = assignment.policy
    return {
        "course": course,
        "assignment": assignment.slug,
        "version": assignment.version,
        "title": assignment.title.render(language),
        "opens_at": timestamp(policy.opens_at) if policy.opens_at else None,
        "due_at": timestamp(policy.due_at) if policy.due_at else None,
        "max_score": assignment.points,
        "data": assignment.data,
        "questions": [_question(question, language) for question in assignment.questions],
        "answer_schema": answer_schema(assignment),
    }


def _question(question: Question, language: Language) -> dict[str, object]:
    return {
        "id": question.id,
        "title": question.title.render(language),
        "prompt": question.prompt.render(language),
        "max_score": question.points,
        "fields": [
            {"name": name, "shape": list(spec.shape), "required": spec.required, "kind": _kind(spec)}
            for name, spec in question.fields.items()
        ],
    }


def _kind(spec: FieldSpec) -> str:
    match spec.kind:
        case "numeric":
            return _KINDS[len(spec.shape)] if len(spec.shape) < len(_KINDS) else "tensor"
        case kind:
            return kind


def dump(document: Mapping[str, object]) -> bytes:
    """Write a document as JSON in UTF-8."""
    return to_json(document)
