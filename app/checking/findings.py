"""What an assignment's author has to know before a student sees it: slips and truths that cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

import graders
from app.assignments import Assignment, Node
from app.checking.outcome import canonical
from app.checking.plan import Plan, prepare
from app.checking.questions import Array, Candidate, OwnValues, QuestionPlan
from app.language import Message, text
from reference.errors import SolverError

__all__ = ["Finding", "findings"]

_APART = 4.0  # tolerances between a slip and whatever else it could be taken for
_PERTURBATION = 1e-12  # of every input, relatively: what another algorithm in double precision may amount to
_SHAKES = 4
_STEADY = 0.1  # tolerances that such a perturbation may move a truth by


@dataclass(frozen=True)
class Finding:
    """Something wrong with a question, that its author can mend.

    Parameters
    ----------
    question : str
    kind : {"like_truth", "alike", "changes_nothing", "ill_conditioned", "unsolvable"}
        A mistake within four tolerances of the truth or of a convention; two mistakes within four tolerances of each
        other; a mistake that changes no required field; a truth that is not determined to the digits asked; a
        candidate that its solver refuses to compute.
    ids : tuple of str
        The candidates or fields that it concerns.
    message : Message
        What it is and what to do, in both languages.
    """

    question: str
    kind: Literal["like_truth", "alike", "changes_nothing", "ill_conditioned", "unsolvable"]
    ids: tuple[str, ...]
    message: Message


def findings(assignment: Assignment) -> list[Finding]:
    """Look for what would make verdicts wrong, on the assignment's own data.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    list of Finding
        In the order of the questions; empty where all is well.
    """
    plan = prepare(assignment)
    return [one for question in assignment.questions if not question.manual for one in _look(plan, question.id)]


def _look(plan: Plan, question_id: str) -> Iterator[Finding]:
    question = plan.questions[question_id]
    solved: dict[Candidate, graders.Target] = {}
    plain = [one for one in question.mistakes if one.convention is None]
    for candidate in (*question.candidates, *plain):
        try:
            solved[candidate] = plan.target(question_id, candidate)
        except Exception as error:  # noqa: BLE001 - whatever a solver says to the author's inputs
            message = text("{id} cannot be computed: {what}", id=candidate.id, what=str(error))
            yield Finding(question_id, "unsolvable", (candidate.id,), message)
    if question.candidates[0] not in solved:
        return
    slips = [one for one in plain if one in solved]
    yield from _confusable(question, solved, slips)
    for slip in slips:
        if slip.mistake and not plan.changed(question, slip.mistake) & set(question.required):
            message = text("The mistake {id} changes no required field beyond its tolerance; take it out.", id=slip.id)
            yield Finding(question_id, "changes_nothing", (slip.id,), message)
    yield from _ill_conditioned(plan, question)


def _confusable(
    question: QuestionPlan, solved: Mapping[Candidate, graders.Target], slips: list[Candidate]
) -> Iterator[Finding]:
    """Mistakes within four tolerances of a right answer, or of each other."""
    for slip in slips:
        near = [one.id for one in question.candidates if one in solved and _near(question, solved, slip, one)]
        if near:
            message = text(
                "The mistake {id} is within four tolerances of {other}: right answers could be taken for it.",
                id=slip.id,
                other=near[0],
            )
            yield Finding(question.question.id, "like_truth", (slip.id, near[0]), message)
    for one, other in combinations(slips, 2):
        if _near(question, solved, one, other):
            message = text(
                "The mistakes {id} and {other} are within four tolerances of each other on these data. Keep one.",
                id=one.id,
                other=other.id,
            )
            yield Finding(question.question.id, "alike", (one.id, other.id), message)


def _near(
    question: QuestionPlan, solved: Mapping[Candidate, graders.Target], sent: Candidate, candidate: Candidate
) -> bool:
    """Whether some element brings what a candidate gives within four tolerances of another one, in any layout."""
    target = solved[candidate]
    wide = {name: tolerance.widened(_APART) for name, tolerance in target.tolerances.items()}
    loose = graders.Target(target.truths, wide, target.symmetry, target.moves)
    fields = question.question.fields
    answer = {name: _as_sent(solved[sent].truths[name], fields[name].shape) for name in question.required}
    for layout in {tuple(one.layout(name) for name in question.required) for one in question.candidates}:
        written = {
            name: canonical(value, how) if how == "transposed" and value.shape[1] == value.shape[2] else value
            for (name, value), how in zip(answer.items(), layout, strict=True)
        }
        if all(found.correct[0] for found in loose.compare(written).fields.values()):
            return True
    return False


def _as_sent(value: Array, shape: tuple[int, ...]) -> Array:
    return value[(slice(None), *(slice(0, size) for size in shape))]


def _ill_conditioned(plan: Plan, question: QuestionPlan) -> Iterator[Finding]:
    """Fields whose truth moves by more than a tenth of a tolerance when the inputs move by 1e-12 of themselves."""
    rng = np.random.default_rng(0)
    target = plan.target(question.question.id, question.candidates[0])
    fields = question.question.fields
    steady = {name: tolerance.widened(_STEADY) for name, tolerance in target.tolerances.items()}
    strict = replace(target, tolerances=steady, _prepared={})
    unsteady: set[str] = set()
    for _ in range(_SHAKES):
        shaken = _shaken(plan, question, rng)
        if shaken is None:
            continue
        answer = {name: _as_sent(value, fields[name].shape) for name, value in shaken.truths.items()}
        if any(answer[name].shape[1:] != fields[name].shape for name in answer):
            unsteady |= set(answer)
            continue
        found = strict.compare(answer).fields
        unsteady |= {name for name, one in found.items() if not one.correct[0]}
    for name in fields:
        if name in unsteady:
            message = text(
                "{field} is not determined to the digits asked: its inputs off by 1e-12 of themselves move it by more "
                "than a tenth of the tolerance. Ask for fewer digits, or change the data.",
                field=name,
            )
            yield Finding(question.question.id, "ill_conditioned", (name,), message)


def _shaken(plan: Plan, question: QuestionPlan, rng: np.random.Generator) -> graders.Target | None:
    """The truth of inputs that are off by a little; inputs that have to be exact stay as they are."""
    node = question.node(None)
    inputs = {name: plan.input_value(source) for name, source in node.inputs.items()}
    moved = dict(inputs)
    for name, value in inputs.items():
        array = np.asarray(value)
        if array.dtype.kind not in "iuf":
            continue
        trial = array * (1.0 + _PERTURBATION * rng.uniform(-1.0, 1.0, array.shape))
        if _runs(plan, node, {**moved, name: trial}):
            moved[name] = trial
    values = OwnValues({}, {})
    try:
        return plan.solve(question, question.candidates[0], values, given=moved)
    except (SolverError, ValueError):
        return None


def _runs(plan: Plan, node: Node, inputs: Mapping[str, object]) -> bool:
    try:
        plan.run(node, given=inputs)
    except (SolverError, TypeError):
        return False
    return True
