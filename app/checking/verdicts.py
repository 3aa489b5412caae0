"""Write down what was found of one question: its verdict, the certificates of its fields, and what there is to say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, cast

import numpy as np

import graders
from app.assignments import Bilingual
from app.checking.outcome import Outcome
from app.checking.plan import Plan
from app.checking.questions import EIGENPAIRS, QuestionPlan
from app.checking.remarks import remarks
from app.checking.report import (
    Basis,
    Constant,
    Feedback,
    FieldReport,
    QuestionReport,
    SymmetryReport,
    Verdict,
    WorstEntry,
)

__all__ = ["Ungraded", "graded", "ungraded"]

Ungraded = Literal["not_sent", "manual", "manual_not_sent", "our_failure"]

_UNGRADED: Mapping[Ungraded, Verdict] = {
    "not_sent": "missing",
    "manual": "manual",
    "manual_not_sent": "manual",
    "our_failure": "pending",
}
_LARGEST = float(np.finfo(np.float64).max)
_WHOLE = 1.0 - 1e-12  # a sum of equal shares may miss 1 by rounding


def graded(plan: Plan, outcome: Outcome) -> QuestionReport:
    """The report of an answer that was compared."""
    question, matched = outcome.question, outcome.offer.candidate
    element = _shown_element(outcome)
    fields: dict[str, FieldReport] = {}
    for name in question.question.fields:
        if name in outcome.answer:
            fields[name] = _certificate(outcome, name, element)
        elif name in question.required:
            fields[name] = _blank("missing", _group(question, name))
    points = question.question.points
    earned = round(points * outcome.share, 6)
    report: QuestionReport = {
        "verdict": "correct" if outcome.share >= _WHOLE else "partial" if earned > 0 else "incorrect",
        "score": earned,
        "max_score": points,
        "matched": matched.id if earned > 0 else None,
        "feedback": [*_feedback(outcome, fields), *remarks(plan, outcome)],
        "fields": fields,
    }
    if matched.kind in ("follow_through", "mistake"):
        report["basis"] = _basis(outcome)
    return report


def _basis(outcome: Outcome) -> Basis:
    offer = outcome.offer
    convention = offer.candidate.convention
    return {
        "convention": None if convention is None else convention.id,
        "inputs": offer.inputs,
        "grown": offer.grown,
    }


def _shown_element(outcome: Outcome) -> list[object] | None:
    """The element by which the answer was compared, as plain lists."""
    comparison = outcome.offer.comparison
    if comparison.element is None or outcome.question.moves.keys().isdisjoint(outcome.answer):
        return None
    return comparison.symmetry.show(comparison.element[outcome.row])


@lru_cache(maxsize=4096)
def ungraded(question: QuestionPlan, kind: Ungraded) -> QuestionReport:
    """The report of a question that was not compared: not sent, for a person, or failed on our side.

    It is the same for everybody, made once, and not to be changed.
    """
    spec = question.question
    verdict = _UNGRADED[kind]
    report: QuestionReport = {
        "verdict": verdict,
        "score": 0.0,
        "max_score": spec.points,
        "matched": None,
        "feedback": [{"code": kind, "parameters": {}}],
        "fields": {
            name: _blank(verdict, None if spec.manual else _group(question, name)) for name in question.required
        },
    }
    return cast(QuestionReport, Constant(report))


def _certificate(outcome: Outcome, name: str, element: list[object] | None) -> FieldReport:
    """The verdict on one field, with what proves it."""
    question, row = outcome.question, outcome.row
    field = outcome.offer.comparison.fields.get(name)
    if field is None:  # sent in a layout that this candidate does not take
        return _blank("incorrect", _group(question, name))
    weight = outcome.offer.weights[name] if field.correct[row] else 0.0
    verdict: Verdict = "correct" if weight >= _WHOLE else "partial" if weight > 0 else "incorrect"
    allowed = float(field.allowed[row])
    report: FieldReport = {
        "verdict": verdict,
        "measured": min(float(field.measured[row]), _LARGEST),
        "allowed": allowed,
        "unit": field.unit,
        "worst": None if verdict == "correct" else _worst(field, row, outcome.offer.candidate.layout(name)),
        "symmetry": {"group": _group(question, name), "element": element if name in question.moves else None},
    }
    stated = _stated(outcome, name, allowed)
    if stated != allowed:
        report["stated"] = stated
    return report


def _stated(outcome: Outcome, name: str, allowed: float) -> float | None:
    """The bound as the question states it; None where it depends on the truth, so that it would give it away.

    A share of the truth does, and so do significant digits and standard errors, room that was made for rounding, and
    the last few units that are added at the very edge. A tolerance of a slip's own is for staff.
    """
    target = outcome.offer.target
    if name in target.labels:
        return allowed
    tolerance = outcome.question.tolerances[name]
    plain = tolerance.absolute and tolerance == target.tolerances[name] and name not in target.room
    return tolerance.atol if plain else None


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


def _feedback(outcome: Outcome, fields: Mapping[str, FieldReport]) -> list[Feedback]:
    """What there is to say beside the verdict, without giving anything away."""
    question, offer = outcome.question, outcome.offer
    candidate = offer.candidate
    said: list[Feedback] = []
    if outcome.share >= _WHOLE and candidate.kind in ("truth", "convention"):
        said.append({"code": f"correct_{question.group}", "parameters": {}})
    if outcome.earned:
        said += _explained(outcome)
    for name, report in fields.items():
        if report["verdict"] == "missing":
            said.append({"code": "field_missing", "parameters": {"field": name}})
        elif report["verdict"] == "incorrect":
            code = "field_incorrect" if name in question.required else "optional_incorrect"
            said.append({"code": code, "parameters": {"field": name}})
    if offer.imposed is not None:
        said.append({"code": "linked", "parameters": {"question": offer.imposed}})
    return said


def _explained(outcome: Outcome) -> list[Feedback]:
    """What matched, where it is not simply the truth."""
    question, offer = outcome.question, outcome.offer
    candidate = offer.candidate
    said: list[Feedback] = []
    if candidate.kind == "follow_through":
        questions = ", ".join(dict.fromkeys(earlier for earlier, _ in question.followed))
        said.append({"code": "follow_through", "parameters": {"questions": questions}})
    if offer.capped:
        said.append({"code": "follow_through_capped", "parameters": {}})
    if candidate.mistake is not None and _slipped(outcome):
        said.append({"code": "mistake", "parameters": {"hint": _both(candidate.mistake.hint)}})
    if candidate.id == EIGENPAIRS:
        said.append({"code": "eigenpairs", "parameters": {}})
    elif candidate.kind == "property":
        point = next(one for one in question.question.properties if one.id == candidate.id)
        said.append({"code": "property", "parameters": {"property": _both(point.title)}})
    if candidate.convention is not None:
        said.append({"code": "convention", "parameters": {"convention": _both(candidate.convention.title)}})
    if offer.shortfall is not None:
        for name, shown in offer.shown.items():
            if outcome.right(name):
                numbers = {"field": name, "decimals": str(shown), "asked": str(question.decimals[name])}
                said.append({"code": offer.shortfall, "parameters": numbers})
    return said


def _slipped(outcome: Outcome) -> bool:
    """Whether a field that the mistake changes was matched with it."""
    return any(outcome.right(name) and weight < _WHOLE for name, weight in outcome.offer.weights.items())


def _both(said: Bilingual) -> dict[str, str]:
    return said.model_dump(by_alias=True)
