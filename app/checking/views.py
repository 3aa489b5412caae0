"""What a reader sees of a report: everything for staff, what the policy allows for a learner, in their language."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, TypeAlias

from app.assignments import Level
from app.checking.report import Feedback, FieldReport, QuestionReport, Report
from app.language import Language, Message, render, text

__all__ = ["FEEDBACK", "Reach", "view", "view_question"]

Reach: TypeAlias = Level | Literal["staff"]
"""How far a reader sees: staff see what failed on our side and how an answer was taken, besides everything."""

FEEDBACK: Mapping[str, Message] = {
    "correct_identity": text("Right, entry by entry."),
    "correct_signs": text("Right, up to the signs of the columns, which are free."),
    "correct_eigenbasis": text("Right, up to the choice of basis in each eigenspace, which is free."),
    "correct_signed_order": text("Right, up to the signs and the order of the columns, which are free."),
    "correct_rotation": text("Right, up to an orthogonal transformation, which is free."),
    "correct_span": text("Right: your columns span the right subspace, and any basis of it will do."),
    "correct_relabelling": text("Right, up to the numbering of the components, which is free."),
    "correct_phase": text("Right, up to a phase of each column, which is free."),
    "convention": text("Accepted in this convention: {convention}."),
    "follow_through": text("Right for your own answer to {questions}: what went wrong there is not counted again."),
    "follow_through_capped": text(
        "Your earlier answer differs from ours in more than a tenth of its entries and is no mistake that we know, so "
        "what follows from it earns half at most."
    ),
    "mistake": text("This is what comes out with a known slip: {hint}"),
    "property": text("Named, and credited in part: {property}."),
    "eigenpairs": text(
        "Right: your columns satisfy the eigenvalue equation, and some of these eigenvalues are too close to each "
        "other for single columns to be told apart."
    ),
    "rounded": text("{field} is right, but rounded to {decimals} decimals; {asked} are asked."),
    "cut_off": text("{field} is cut off after {decimals} decimals instead of rounded; {asked} are asked."),
    "sum_differs": text("{total} differs from {parts} by more than {within}, although they have to agree."),
    "own_value_differs": text("{field} is not what your own {sources} gives."),
    "rows_not_one": text("Rows of {field} do not sum to 1: {rows} (counted from 1)."),
    "embedding_constraint": text("{field} fulfils the constraint: its columns are D-orthonormal."),
    "embedding_constraint_not": text("{field} does not fulfil the constraint: its columns are not D-orthonormal."),
    "embedding_span": text("The columns of {field} span the right space."),
    "embedding_span_not": text("The columns of {field} do not span the right space."),
    "embedding_span_only": text("The columns of {field} span the right space, but they are not D-orthonormal."),
    "embedding_trace": text("The trace of {field} is the optimal one."),
    "embedding_trace_not": text("The trace of {field} is not the optimal one."),
    "linked": text("The signs, order or numbering were taken from your own answer to {question}."),
    "field_missing": text("{field} was not sent; it is required and earns nothing."),
    "field_incorrect": text("{field} is not right: an entry misses by more than the tolerance."),
    "optional_incorrect": text("{field} is not right; it is optional and costs nothing."),
    "not_sent": text("This question was not answered."),
    "manual": text("A person grades this question; its points are still open."),
    "manual_not_sent": text(
        "A person grades this question; nothing was sent for it here. It may also be handed in on paper."
    ),
    "our_failure": text(
        "We could not grade this question, and that is our fault. Your answer is stored, its points are still open, "
        "and the teaching staff can see it."
    ),
}
"""What is said to a reader, by code."""


def view(report: Report, language: Language, level: Reach) -> dict[str, object]:
    """Show a report.

    Parameters
    ----------
    report : Report
        As stored.
    language : Language
        Of the feedback.
    level : {"score", "questions", "hints", "everything", "staff"}
        "everything" is for learners once the truth is released; staff also see what failed on our side.
        With "hints" a certificate is cut down to what gives no entry away: no element, no worst entry, the bound only
        as the assignment states it, and what was measured only where it is right, to the bound's first digit. With
        "questions" each has its verdict and score, and with "score" there are only the totals.

    Returns
    -------
    dict
        The report as JSON.
    """
    shown = {} if level == "score" else report["questions"]
    return {**report, "questions": {name: view_question(one, language, level) for name, one in shown.items()}}


def view_question(question: QuestionReport, language: Language, level: Reach) -> dict[str, object]:
    """Show the report on one question; see `view`."""
    if level in ("score", "questions"):
        return {
            "verdict": question["verdict"],
            "score": question["score"],
            "max_score": question["max_score"],
            "matched": None,
            "feedback": [],
            "fields": {},
        }
    everything = level in ("everything", "staff")
    shown: dict[str, object] = {
        **question,
        "feedback": [_say(one, language) for one in question["feedback"]],
        "fields": {
            name: _whole(field) if everything else _guarded(field) for name, field in question["fields"].items()
        },
    }
    if level != "staff":
        shown.pop("failure", None)
        shown.pop("basis", None)
    return shown


def _say(feedback: Feedback, language: Language) -> dict[str, str]:
    """Fill a message in; a parameter may itself be a text in both languages."""
    filled = {
        name: value.get(language, "") if isinstance(value, Mapping) else value
        for name, value in feedback["parameters"].items()
    }
    template = FEEDBACK[feedback["code"]].template
    return {"code": feedback["code"], "message": render(Message(template, filled), language)}


def _whole(field: FieldReport) -> dict[str, object]:
    return {name: value for name, value in field.items() if name != "stated"} if "stated" in field else {**field}


def _guarded(field: FieldReport) -> dict[str, object]:
    symmetry = field["symmetry"]
    return {
        **_whole(field),
        "measured": _coarse(field["measured"], field["allowed"]) if field["verdict"] == "correct" else None,
        "allowed": field.get("stated", field["allowed"]),
        "worst": None,
        "symmetry": None if symmetry is None else {"group": symmetry["group"], "element": None},
    }


def _coarse(measured: float | None, allowed: float | None) -> float | None:
    """What was measured, in whole units of the first digit of what is allowed.

    One significant digit of the error itself would give away a further digit of the truth with every attempt: the
    nearer an answer comes, the finer it would be told.
    """
    if measured is None or not allowed:
        return measured
    unit = 10.0 ** math.floor(math.log10(allowed))
    return float(f"{round(measured / unit) * unit:.0e}")
