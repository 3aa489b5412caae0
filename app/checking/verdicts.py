"""Write down what was found of one question: its verdict, the certificates of its fields, and what there is to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

import graders
from app.checking.plan import Candidate, QuestionPlan
from app.checking.report import Feedback, FieldReport, QuestionReport, SymmetryReport, Verdict, WorstEntry

__all__ = ["Found", "Ungraded", "graded", "ungraded"]

Found = tuple[Candidate, graders.Comparison, int]
"""The candidate that an answer is graded by, its comparison, and the answer's row there."""

Ungraded = Literal["not_sent", "manual", "manual_not_sent", "our_failure"]

_UNGRADED: Mapping[Ungraded, Verdict] = {
    "not_sent": "missing",
    "manual": "manual",
    "manual_not_sent": "manual",
    "our_failure": "pending",
}
_LARGEST = float(np.finfo(np.float64).max)


def graded(question: QuestionPlan, names: Sequence[str], found: Found, share: float, *, linked: bool) -> QuestionReport:
    """The report of an answer that was compared.

    Parameters
    ----------
    question : QuestionPlan
    names : sequence of str
        The fields that were sent.
    found : Found
        The candidate it is graded by.
    share : float
        The share of the points that this earns.
    linked : bool
        Whether the symmetry element was taken from another question's answer.
    """
    candidate, comparison, row = found
    moved = comparison.element is not None and not question.moves.keys().isdisjoint(names)
    element = comparison.symmetry.show(comparison.element[row]) if moved and comparison.element is not None else None
    fields: dict[str, FieldReport] = {}
    for name in question.question.fields:
        if name in names:
            fields[name] = _certificate(question, name, found, element)
        elif name in question.required:
            fields[name] = _blank("missing", _group(question, name))
    points = question.question.points
    earned = round(points * share, 6)
    return {
        "verdict": "correct" if share >= 1.0 else "partial" if earned > 0 else "incorrect",
        "score": earned,
        "max_score": points,
        "matched": candidate.id if earned > 0 else None,
        "feedback": _feedback(question, candidate, fields, linked=linked),
        "fields": fields,
    }


@lru_cache(maxsize=4096)
def ungraded(question: QuestionPlan, kind: Ungraded) -> QuestionReport:
    """The report of a question that was not compared: not sent, for a person, or failed on our side.

    It is the same for everybody, made once, and not to be changed.
    """
    spec = question.question
    verdict = _UNGRADED[kind]
    return {
        "verdict": verdict,
        "score": 0.0,
        "max_score": spec.points,
        "matched": None,
        "feedback": [{"code": kind, "parameters": {}}],
        "fields": {
            name: _blank(verdict, None if spec.manual else _group(question, name)) for name in question.required
        },
    }


def _certificate(question: QuestionPlan, name: str, found: Found, element: list[object] | None) -> FieldReport:
    """The verdict on one field, with what proves it."""
    candidate, comparison, row = found
    field = comparison.fields.get(name)
    if field is None:  # sent in a layout that this candidate does not take
        return _blank("incorrect", _group(question, name))
    correct = bool(field.correct[row])
    return {
        "verdict": "correct" if correct else "incorrect",
        "measured": min(float(field.measured[row]), _LARGEST),
        "allowed": float(field.allowed[row]),
        "unit": field.unit,
        "worst": None if correct else _worst(field, row, candidate.layout(name)),
        "symmetry": {"group": _group(question, name), "element": element if name in question.moves else None},
    }


def _worst(found: graders.FieldComparison, row: int, layout: str | None) -> WorstEntry:
    """The worst entry, by its index in the layout that was sent."""
    index, error = found.worst(row)
    if layout is not None:
        index = index[::-1] if layout == "transposed" else index[:1]
    worst: WorstEntry = {"index": index, "error": min(error, _LARGEST)}
    if found.indicative:
        worst["indicative"] = True
    return worst


def _group(question: QuestionPlan, name: str) -> str:
    return question.group if name in question.moves else "identity"


def _blank(verdict: Verdict, group: str | None) -> FieldReport:
    symmetry: SymmetryReport | None = None if group is None else {"group": group, "element": None}
    return {
        "verdict": verdict,
        "measured": None,
        "allowed": None,
        "unit": None,
        "worst": None,
        "symmetry": symmetry,
    }


def _feedback(
    question: QuestionPlan, candidate: Candidate, fields: Mapping[str, FieldReport], *, linked: bool
) -> list[Feedback]:
    """What there is to say beside the verdict, without giving anything away."""
    said: list[Feedback] = []
    if all(fields[name]["verdict"] == "correct" for name in question.required):
        said.append({"code": f"correct_{question.group}", "parameters": {}})
    if candidate.convention is not None:
        title = candidate.convention.title.model_dump(by_alias=True)
        said.append({"code": "convention", "parameters": {"convention": title}})
    for name, report in fields.items():
        if report["verdict"] == "missing":
            said.append({"code": "field_missing", "parameters": {"field": name}})
        elif report["verdict"] == "incorrect":
            code = "field_incorrect" if name in question.required else "optional_incorrect"
            said.append({"code": code, "parameters": {"field": name}})
    if linked and question.question.symmetry is not None:
        said.append({"code": "linked", "parameters": {"question": str(question.question.symmetry.same_as)}})
    return said
