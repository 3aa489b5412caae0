"""Where a learner stands on an assignment: question by question, the best or the last of their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypedDict

from app.assignments import Assignment
from app.checking.report import QuestionReport, Report, Status, Verdict

__all__ = ["Attempt", "QuestionStanding", "Standing", "standing"]

Attempt = tuple[int, str, Report]
"""Its number, the submission's id, and the report."""


class QuestionStanding(TypedDict):
    """What counts on one question, and the submission it comes from."""

    verdict: Verdict
    score: float
    max_score: float
    submission: str | None
    attempt: int | None


class Standing(TypedDict):
    """What counts on the whole assignment."""

    score: float
    max_score: float
    pending: float
    status: Status
    questions: dict[str, QuestionStanding]


def _rank(report: QuestionReport) -> tuple[float, bool]:
    """Best first: more points, and among equals one whose points are still open by our own failure."""
    return report["score"], report["verdict"] == "pending"


def _sent(report: QuestionReport) -> bool:
    """Whether the attempt held anything for the question."""
    return report["verdict"] != "missing" and all(said["code"] != "manual_not_sent" for said in report["feedback"])


def standing(assignment: Assignment, attempts: Sequence[Attempt], counts: Literal["best", "last"]) -> Standing:
    """Add up what counts.

    Parameters
    ----------
    assignment : Assignment
        The running version: its questions are what can be earned.
    attempts : sequence of Attempt
        First to last.
    counts : {"best", "last"}
        Which attempt counts, question by question; an attempt that leaves a question out does not count for it.
        Among equally good attempts the first is named.
    """
    questions: dict[str, QuestionStanding] = {}
    for question in assignment.questions:
        manual = question.manual
        chosen: tuple[int, str, QuestionReport] | None = None
        for number, submission, report in attempts:
            found = report["questions"].get(question.id)
            if found is None or not _sent(found):
                continue
            if chosen is None or counts == "last" or manual or _rank(found) > _rank(chosen[2]):
                chosen = (number, submission, found)
        questions[question.id] = {
            "verdict": chosen[2]["verdict"] if chosen else "manual" if manual else "missing",
            "score": chosen[2]["score"] if chosen else 0.0,
            "max_score": question.points,
            "submission": chosen[1] if chosen else None,
            "attempt": chosen[0] if chosen else None,
        }
    waiting = [one for one in questions.values() if one["verdict"] in ("manual", "pending")]
    ours = any(one["verdict"] == "pending" for one in waiting)
    return {
        "score": round(sum(one["score"] for one in questions.values()), 6),
        "max_score": round(sum(one["max_score"] for one in questions.values()), 6),
        "pending": round(sum(one["max_score"] for one in waiting), 6),
        "status": "pending_review" if ours else "pending_manual" if waiting else "graded",
        "questions": questions,
    }
