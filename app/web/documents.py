"""The JSON documents of the API, put together from what is stored and what is computed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from pydantic_core import to_json

from app.assignments import FieldSpec, Question, Terms, Timing, answer_schema
from app.checking import Reach, Report, discounted, encode_view, view
from app.errors import Problem, Unprocessable
from app.intake import Read
from app.language import Language, text
from app.storage import Caller, KeptRefusal, Stored
from app.web.service import Seen

__all__ = [
    "accepted_document",
    "assignment_document",
    "checked",
    "cursor_of",
    "dump",
    "level_of",
    "number_of",
    "optional",
    "refusal_document",
    "stored_document",
    "stored_summary",
    "timestamp",
]

_KINDS = ("number", "vector", "matrix")


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def optional(moment: datetime | None) -> str | None:
    """The same, or null."""
    return None if moment is None else timestamp(moment)


def _head(stored: Stored) -> dict[str, object]:
    return {
        "id": stored.id,
        "course": stored.course,
        "assignment": stored.assignment,
        "assignment_version": stored.version,
        "student": stored.student,
        "attempt": stored.attempt,
        "submitted_at": timestamp(stored.submitted_at),
        **_timing(stored.timing),
    }


def _timing(timing: Timing) -> dict[str, object]:
    """What the time of a submission means for it; what is usual is left out."""
    return {
        "late": timing.late,
        **({"late_factor": timing.late_factor} if timing.late_factor != 1 else {}),
        **({"after_release": True} if timing.after_release else {}),
    }


def _report(stored: Stored) -> Report:
    return discounted(cast(Report, stored.report), stored.timing.late_factor)


def level_of(caller: Caller, terms: Terms, now: datetime) -> Reach:
    """What the caller may see of the reports of a learner for whom these terms hold."""
    return "staff" if caller.staff else terms.level(now)


def stored_document(
    stored: Stored, caller: Caller, terms: Terms, now: datetime, language: Language
) -> dict[str, object]:
    """A stored submission as its reader may see it; the running version's policy decides what that is."""
    return _head(stored) | view(_report(stored), language, level_of(caller, terms, now))


def accepted_document(stored: Stored, caller: Caller, terms: Terms, now: datetime, language: Language) -> bytes:
    """The same as JSON, of a submission that was just graded: what is the same for everybody is not written anew."""
    shown = encode_view(_report(stored), language, level_of(caller, terms, now))
    head = {name: value for name, value in _head(stored).items() if name not in stored.report}
    return dump(head)[:-1] + b"," + shown[1:]


def stored_summary(stored: Stored) -> dict[str, object]:
    """A stored submission in a list: the report less its questions."""
    return _head(stored) | {name: value for name, value in _report(stored).items() if name != "questions"}


def checked(read: Read, now: datetime, report: Report, language: Language) -> dict[str, object]:
    """A report that is stored nowhere, for staff."""
    timing = read.terms.timing(now)
    head = {
        "course": read.course.slug,
        "assignment": read.running.assignment.slug,
        "assignment_version": read.running.assignment.version,
        "student": read.student,
        "submitted_at": timestamp(now),
        **_timing(timing),
    }
    return head | view(discounted(report, timing.late_factor), language, "staff")


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


def assignment_document(course: str, seen: Seen, language: Language, file_bytes: int) -> dict[str, object]:
    """An assignment as a learner sees it: texts, data, fields, the times that hold for them, and an answer's schema.

    Where data are drawn for each learner, it says whose these are (nobody's: those of the file), and their name.
    """
    assignment, policy, drawn = seen.assignment, seen.terms.policy, seen.assignment.drawn
    varied = assignment.variants is not None
    whose = {"variant": {"student": seen.student, "name": drawn.name if drawn else None}} if varied else {}
    return {
        "course": course,
        "assignment": assignment.slug,
        "version": assignment.version,
        "title": assignment.title.render(language),
        "opens_at": optional(policy.opens_at),
        "due_at": optional(policy.due_at),
        "max_score": assignment.points,
        "data": assignment.data,
        **whose,
        "questions": [_question(question, language, file_bytes) for question in assignment.questions],
        "answer_schema": answer_schema(assignment),
    }


def _question(question: Question, language: Language, file_bytes: int) -> dict[str, object]:
    return {
        "id": question.id,
        "title": question.title.render(language),
        "prompt": question.prompt.render(language),
        "max_score": question.points,
        "fields": [
            {"name": name, "shape": list(spec.shape), "required": spec.required, "kind": _kind(spec)}
            | _file(spec, file_bytes)
            for name, spec in question.fields.items()
        ],
    }


def _file(spec: FieldSpec, file_bytes: int) -> dict[str, object]:
    if spec.kind != "file":
        return {}
    return {"accept": list(spec.accept), "max_bytes": min(file_bytes, spec.max_bytes or file_bytes)}


def _kind(spec: FieldSpec) -> str:
    match spec.kind:
        case "numeric":
            return _KINDS[len(spec.shape)] if len(spec.shape) < len(_KINDS) else "tensor"
        case kind:
            return kind


def dump(document: Mapping[str, object]) -> bytes:
    """Write a document as JSON in UTF-8."""
    return to_json(document)
