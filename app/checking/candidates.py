"""The order in which candidates are tried, each only for the answers that it may still do better for."""

from __future__ import annotations

from app.checking.fallbacks import try_eigenpairs, try_short_of_digits, try_stationary
from app.checking.follow_through import follow
from app.checking.outcome import Outcome
from app.checking.plan import Plan
from app.checking.questions import QuestionPlan
from app.checking.trial import Group, Trial

__all__ = ["try_candidates"]


def try_candidates(plan: Plan, question: QuestionPlan, group: Group) -> list[Outcome]:
    """Grade a group: the candidate that gives most credit wins, and the earlier among equals.

    The truth and its conventions come first, then what follows from the learner's own earlier answers, then known
    mistakes, properties, and last the truth with fewer digits than asked.

    Returns
    -------
    list of Outcome
        One an answer.
    """
    trial = Trial(plan, question, group)
    trial.plainly(question.candidates)
    if question.follow_through and trial.open().size:
        follow(trial, question.follow_through)
    if plan.near_equal(question) is not None:
        for index in trial.open(below=1.0).tolist():
            try_eigenpairs(trial, index)
    if question.mistakes and trial.open(below=1.0).size:
        trial.plainly(question.mistakes)
        if question.followed_mistakes:
            follow(trial, question.followed_mistakes)
    for point in question.question.properties:
        for index in trial.open(below=point.credit).tolist():
            try_stationary(trial, point, index)
    if question.decimals and question.rounded:
        for index in trial.open(below=1.0).tolist():
            try_short_of_digits(trial, index)
    return trial.outcomes()
