"""Where a learner stands on an assignment: question by question, the best or the last of their attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypedDict

from app.assignments import Assignment, after_loss
from app.checking.report import QuestionReport, Report, Status, Verdict

__all__ = ["Attempt", "QuestionStanding", "Standing", "standing"]


class Attempt(NamedTuple):
    """An attempt: its number, the submission's id, the report, and what its scores are multiplied by."""

    number: int
    submission: str
    report: Report
    late_factor: float = 1.0


class _Chosen(NamedTuple):
    attempt: Attempt
    question: QuestionReport

    @property
    def rank(self) -> tuple[float, bool]:
        """Best first: more points, and among equals one whose points are still open by our own failure."""
        return self.worth(self.question["score"]), self.question["verdict"] == "pending"

    def worth(self, points: float) -> float:
        return after_loss(points, self.attempt.late_factor)


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
        Those that count, first to last. Where one came late, its points are multiplied before they are compared and
        added up; a verdict says what the answer is.
    counts : {"best", "last"}
        Which attempt counts, question by question; an attempt that leaves a question out does not count for it.
        Among equally good attempts the first is named.
    """
    questions: dict[str, QuestionStanding] = {}
    pending = 0.0
    for question in assignment.questions:
        manual = question.manual
        chosen: _Chosen | None = None
        for attempt in attempts:
            report = attempt.report["questions"].get(question.id)
            if report is None or not _sent(report):
                continue
            found = _Chosen(attempt, report)
            if chosen is None or counts == "last" or manual or found.rank > chosen.rank:
                chosen = found
        questions[question.id] = {
            "verdict": chosen.question["verdict"] if chosen else "manual" if manual else "missing",
            "score": chosen.worth(chosen.question["score"]) if chosen else 0.0,
            "max_score": question.points,
            "submission": chosen.attempt.submission if chosen else None,
            "attempt": chosen.attempt.number if chosen else None,
        }
        if questions[question.id]["verdict"] in ("manual", "pending"):
            pending += chosen.worth(question.points) if chosen else question.points
    waiting = [one for one in questions.values() if one["verdict"] in ("manual", "pending")]
    ours = any(one["verdict"] == "pending" for one in waiting)
    return {
        "score": round(sum(one["score"] for one in questions.values()), 6),
        "max_score": round(sum(one["max_score"] for one in questions.values()), 6),
        "pending": round(pending, 6),
        "status": "pending_review" if ours else "pending_manual" if waiting else "graded",
        "questions": questions,
    }
