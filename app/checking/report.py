"""The report of a submission: plain data, complete, as staff may see it and as it is stored.

What a reader is shown of it, in which language, is decided by `app.checking.views`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NotRequired, TypedDict

from app.assignments import after_loss

__all__ = [
    "Basis",
    "Constant",
    "Feedback",
    "FieldReport",
    "QuestionReport",
    "Report",
    "Status",
    "SymmetryReport",
    "Verdict",
    "WorstEntry",
    "discounted",
    "summarise",
]

Verdict = Literal["correct", "partial", "incorrect", "missing", "manual", "pending"]
Status = Literal["graded", "pending_manual", "pending_review"]


class SymmetryReport(TypedDict):
    """The group, and its element g with *student = truth g*."""

    group: str
    element: list[object] | None


class WorstEntry(TypedDict):
    """The entry that misses by most, by its index in the student's own layout."""

    index: list[int]
    error: float
    indicative: NotRequired[bool]


class FieldReport(TypedDict):
    """The verdict on one field and its certificate."""

    verdict: Verdict
    measured: float | None
    allowed: float | None
    unit: str | None
    worst: WorstEntry | None
    symmetry: SymmetryReport | None
    stated: NotRequired[float | None]
    """What may be said of `allowed` before the truth is released: what the assignment states; null where the bound
    depends on the truth. Left out where that is `allowed` itself."""


class Feedback(TypedDict):
    """Something to say, by code; the parameters fill in its message."""

    code: str
    parameters: Mapping[str, object]


class Basis(TypedDict):
    """How the figures came about that an answer was matched with, where they are not simply the question's."""

    convention: str | None
    inputs: Literal["as sent", "as matched"] | None
    grown: bool


class QuestionReport(TypedDict):
    """The verdict on one question."""

    verdict: Verdict
    score: float
    max_score: float
    matched: str | None
    feedback: list[Feedback]
    fields: dict[str, FieldReport]
    basis: NotRequired[Basis]
    """For staff: the convention, and how the learner's own earlier answers were taken."""
    failure: NotRequired[str]
    """What went wrong on our side; for staff."""


class Constant(dict[str, object]):
    """The report on a question that is the same for everybody, and what it looks like in JSON, by reader."""

    __slots__ = ("written",)

    def __init__(self, report: QuestionReport) -> None:
        super().__init__(report)
        self.written: dict[object, bytes] = {}


class Report(TypedDict):
    """The verdict on a whole submission."""

    assignment_version: str
    variant: NotRequired[str]
    """Names the learner's own data, where these are drawn."""
    status: Status
    score: float
    max_score: float
    pending: float
    questions: dict[str, QuestionReport]


def summarise(version: str, questions: Mapping[str, QuestionReport], variant: str | None = None) -> Report:
    """Add the questions up; scores are rounded to 1e-6."""
    reports = list(questions.values())
    waiting = [report for report in reports if report["verdict"] in ("manual", "pending")]
    ours = any(report["verdict"] == "pending" for report in waiting)
    report: Report = {
        "assignment_version": version,
        "status": "pending_review" if ours else "pending_manual" if waiting else "graded",
        "score": round(sum([report["score"] for report in reports]), 6),
        "max_score": round(sum([report["max_score"] for report in reports]), 6),
        "pending": round(sum([report["max_score"] for report in waiting]), 6),
        "questions": dict(questions),
    }
    return report if variant is None else {**report, "variant": variant}


def discounted(report: Report, late_factor: float) -> Report:
    """The report of work that came late: its totals are worth less, its questions say what the answers earned."""
    if late_factor == 1:
        return report
    score, pending = after_loss(report["score"], late_factor), after_loss(report["pending"], late_factor)
    return {**report, "score": score, "pending": pending}
