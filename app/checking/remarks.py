"""Remarks on an answer that cost nothing: parts that contradict each other, and what is right about what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

import graders
from app.assignments import EmbeddingCheck, SumCheck, UnitRowsCheck
from app.checking.figures import as_input, figure
from app.checking.outcome import Outcome
from app.checking.plan import Plan
from app.checking.questions import Array
from app.checking.report import Feedback
from reference.errors import SolverError

__all__ = ["remarks"]


def remarks(plan: Plan, outcome: Outcome) -> list[Feedback]:
    """What the question's checks find in an answer."""
    said: list[Feedback] = list(_own_values(plan, outcome))
    for check in outcome.question.question.checks:
        if isinstance(check, SumCheck):
            said += _sum(check, outcome)
        elif isinstance(check, UnitRowsCheck):
            said += _unit_rows(check, outcome)
        else:
            said += _embedding(plan, check, outcome)
    return said


def _sent(outcome: Outcome, names: Sequence[str]) -> list[Array] | None:
    """The fields as sent, in the declared layout; None unless all of them were."""
    if not all(name in outcome.answer for name in names):
        return None
    layout = outcome.offer.candidate.layout
    return [outcome.canonical(name, layout(name))[0] for name in names]


def _own_values(plan: Plan, outcome: Outcome) -> Iterator[Feedback]:
    """Fields that are neither right nor what the answer's other fields give."""
    for name, spec in outcome.question.question.fields.items():
        if spec.own is None or name not in outcome.answer or outcome.right(name):
            continue
        sources = [one.field for one in spec.own.inputs.values() if one.question is None and one.field is not None]
        sent = _sent(outcome, [name, *sources])
        if sent is None:
            continue
        if not (outcome.offer.candidate.own_values and all(outcome.right(source) for source in sources)):
            try:
                record = plan.run(spec.own, fields=_inputs(outcome, sources, sent[1:]))
            except SolverError:
                continue
            value = figure(record, name, spec)
            if outcome.question.tolerances[name].accepts(sent[0], value).all():
                continue
        yield {"code": "own_value_differs", "parameters": {"field": name, "sources": ", ".join(sources)}}


def _inputs(outcome: Outcome, names: Sequence[str], sent: Sequence[Array]) -> dict[str, Array]:
    """Fields as sent, in the form that solvers take."""
    specs = outcome.question.question.fields
    return {name: as_input(value, specs[name]) for name, value in zip(names, sent, strict=True)}


def _sum(check: SumCheck, outcome: Outcome) -> Iterator[Feedback]:
    sent = _sent(outcome, [check.total, *check.parts])
    if sent is None:
        return
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(sent[0] - np.sum(sent[1:], axis=0))
    if not (gap <= check.within * (1 + 1e-9)).all():
        numbers = {"total": check.total, "parts": " + ".join(check.parts), "within": f"{check.within:g}"}
        yield {"code": "sum_differs", "parameters": numbers}


def _unit_rows(check: UnitRowsCheck, outcome: Outcome) -> Iterator[Feedback]:
    sent = _sent(outcome, [check.field])
    if sent is None:
        return
    with np.errstate(over="ignore", invalid="ignore"):
        gap = np.abs(sent[0].sum(axis=-1) - 1.0)
    wrong = (~(gap <= check.within * (1 + 1e-9))).nonzero()[0]
    if wrong.size:
        numbers = {"field": check.field, "rows": ", ".join(str(row + 1) for row in wrong[:10])}
        yield {"code": "rows_not_one", "parameters": numbers}


def _embedding(plan: Plan, check: EmbeddingCheck, outcome: Outcome) -> Iterator[Feedback]:
    """Constraint, span and trace of an embedding that is not right, each by itself."""
    question = outcome.question
    sent = _sent(outcome, [check.field])
    right = outcome.right(check.field) and outcome.offer.candidate.kind in ("truth", "convention", "follow_through")
    if sent is None or right:
        return
    L, D = (np.asarray(plan.input_value(check.inputs[name]), dtype=float) for name in ("L", "D"))
    basis = plan.target(question.question.id, question.candidates[0]).truths[check.field][0]
    symmetry = plan.target(question.question.id, question.candidates[0]).symmetry
    cut = symmetry.cut if isinstance(symmetry, graders.Rotation) else 0
    least = basis[:, : sent[0].shape[1]]
    found = graders.optimality(
        sent[0],
        L,
        D,
        basis,
        float(np.sum(least * ((L + L.T) @ least / 2))),
        tolerance=question.tolerances[check.field].atol,
        cut=cut,
    )
    said = {
        "embedding_constraint": found.constraint,
        "embedding_span": found.span,
        "embedding_trace": found.trace,
    }
    if found.span and not found.constraint:
        yield {"code": "embedding_span_only", "parameters": {"field": check.field}}
        return
    for code, holds in said.items():
        yield {"code": code if holds else f"{code}_not", "parameters": {"field": check.field}}
