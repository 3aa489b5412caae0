"""Submissions a line each, graded in batches; a line that cannot be read is answered and the rest go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from app.answers import MAX_BODY, read_answers, read_envelope, read_json
from app.assignments import Assignment, Drawn
from app.checking.check import Submission, check_many
from app.checking.views import view
from app.errors import Problem, TooLarge, Unprocessable, UptoError, problem_document
from app.language import Language, text

__all__ = ["answer_lines", "grade_lines"]

T = TypeVar("T")
Document = Mapping[str, object]


def answer_lines(
    lines: Sequence[bytes | None],
    read: Callable[[bytes], T],
    grade: Callable[[list[T]], Sequence[Document]],
    language: Language,
) -> bytes:
    """Answer every line: with what grading the lines that could be read gives, or with a problem document.

    Parameters
    ----------
    lines : sequence of bytes or None
        None is a line over the limit.
    read : callable
        Reads a line; an `UptoError` is answered on its line.
    grade : callable
        Grades what was read, together.
    language : Language
        Of the problem documents.

    Returns
    -------
    bytes
        One line of JSON each, in order.
    """
    answers: list[Document | None] = [None] * len(lines)
    good: list[tuple[int, T]] = []
    for index, line in enumerate(lines):
        try:
            if line is None or len(line) > MAX_BODY:
                raise TooLarge(text("The line is longer than {limit} bytes, the most that is read.", limit=MAX_BODY))
            good.append((index, read(line)))
        except UptoError as error:
            answers[index] = problem_document(error, language)
    for (index, _), document in zip(good, grade([one for _, one in good]), strict=True):
        answers[index] = document
    return b"".join(
        json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        for answer in answers
    )


def grade_lines(
    assignment: Assignment,
    lines: Sequence[bytes],
    language: Language,
    data_of: Callable[[str], Drawn] | None = None,
) -> bytes:
    """Grade lines of ``{"student", "answers"}`` against one assignment, for staff: every certificate is whole.

    Parameters
    ----------
    assignment : Assignment
    lines : sequence of bytes
    language : Language
    data_of : callable, optional
        Gives a student's own data, where the assignment has them drawn.

    Returns
    -------
    bytes
        A line for each.
    """

    def read(line: bytes) -> Submission:
        envelope = read_envelope(read_json(line), assignment_required=False)
        if envelope.assignment not in (None, assignment.slug):
            message = text("These are graded as {slug}; leave the assignment out or say that.", slug=assignment.slug)
            raise Unprocessable(text("The line is for another assignment."), [Problem("/assignment", message)])
        answers = read_answers(envelope.answers, assignment.answer_fields)
        drawn = None if data_of is None or envelope.student is None else data_of(envelope.student)
        return Submission(answers, envelope.student, drawn)

    def grade(submissions: list[Submission]) -> list[Document]:
        reports = check_many(assignment, submissions)
        return [
            {
                "assignment": assignment.slug,
                "assignment_version": assignment.version,
                "student": submission.learner,
                **view(report, language, "staff"),
            }
            for submission, report in zip(submissions, reports, strict=True)
        ]

    return answer_lines(lines, read, grade, language)
