"""Truths that are not determined to the digits asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from app.assignments import Node, Path, Values
from app.checking.finding import Finding, found
from app.checking.lint_apart import as_sent
from app.checking.plan import Plan
from app.checking.questions import OwnValues, QuestionPlan
from app.language import text
from reference.errors import SolverError

__all__ = ["SHAKES", "ill_conditioned"]

_PERTURBATION = 1e-12  # of every input, relatively: what another algorithm in double precision may amount to
SHAKES = 4
_STEADY = 0.1  # tolerances that such a perturbation may move a truth by


def ill_conditioned(plan: Plan, question: QuestionPlan) -> Iterator[Finding]:
    """Find fields whose truth moves by more than a tenth of a tolerance when the inputs move by 1e-12 of themselves.

    Parameters
    ----------
    plan : Plan
    question : QuestionPlan

    Yields
    ------
    Finding
        One for each place where a tolerance is said.
    """
    unsteady = _unsteady(plan, question)
    places: dict[Path, list[str]] = defaultdict(list)
    for name in question.question.fields:
        if name in unsteady:
            places[_tolerance_place(question, name)].append(name)
    for place, names in places.items():
        message = text(
            "{field} is not determined to the digits asked: its inputs off by 1e-12 of themselves move it by more "
            "than a tenth of the tolerance. Ask for fewer digits, or change the data.",
            field=", ".join(names),
        )
        yield found("ill_conditioned", message, question.question.id, *place, ids=tuple(names))


def _tolerance_place(question: QuestionPlan, name: str) -> Path:
    """Where a field's tolerance is said, as far as that is in the question."""
    if question.question.fields[name].tolerance is not None:
        return "fields", name, "tolerance"
    return ("tolerance",) if question.question.tolerance is not None else ("fields", name)


def _unsteady(plan: Plan, question: QuestionPlan) -> set[str]:
    rng = np.random.default_rng(0)
    target = plan.target(question.question.id, question.candidates[0])
    fields = question.question.fields
    steady = {name: tolerance.widened(_STEADY) for name, tolerance in target.tolerances.items()}
    strict = replace(target, tolerances=steady, _prepared={})
    node = question.node(None)
    inputs = {name: plan.input_value(source) for name, source in node.inputs.items()}
    movable = [name for name in inputs if _may_move(plan, node, inputs, name, rng)]
    unsteady: set[str] = set()
    for _ in range(SHAKES):
        moved = {name: _shaken(value, rng) if name in movable else value for name, value in inputs.items()}
        try:
            shaken = plan.solve(question, question.candidates[0], OwnValues({}, {}), given=moved)
        except (SolverError, ValueError):
            continue
        answer = {name: as_sent(value, fields[name].compared) for name, value in shaken.truths.items()}
        if any(answer[name].shape[1:] != fields[name].compared for name in answer):
            unsteady |= set(answer)
            continue
        compared = strict.compare(answer).fields
        unsteady |= {name for name, one in compared.items() if not one.correct[0]}
    return unsteady


def _shaken(value: object, rng: np.random.Generator) -> object:
    array = np.asarray(value)
    return array * (1.0 + _PERTURBATION * rng.uniform(-1.0, 1.0, array.shape))


def _may_move(
    plan: Plan, node: Node | Values, inputs: Mapping[str, object], name: str, rng: np.random.Generator
) -> bool:
    """Whether an input may be off by a little; some have to be exact, such as whole numbers or a graph's weights."""
    if np.asarray(inputs[name]).dtype.kind not in "iufc":
        return False
    try:
        plan.run(node, given={**inputs, name: _shaken(inputs[name], rng)})
    except (SolverError, TypeError):
        return False
    return True
