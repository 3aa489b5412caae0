"""What students might send: answers made from the truth, and from each mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

import graders
from app.assignments import ToleranceSpec
from app.checking.lint_apart import as_sent
from app.checking.lint_elements import draw, moved
from app.checking.plan import Plan
from app.checking.questions import Array, Candidate, QuestionPlan

__all__ = ["Sample", "perfect", "rounded_as_asked", "samples"]

_DRAWS = 3
_OFF = 20.0  # tolerances that a wrong answer is off by

Answer = Mapping[str, Array]


@dataclass(frozen=True, eq=False)
class Sample:
    """An answer to one question, and what it is.

    Parameters
    ----------
    kind : str
        What was done; all but zeros, perturbed and mistake are right.
    id : str
        The candidate, or the field that is wrong.
    answer : mapping of str to ndarray
    """

    kind: Literal["as it is", "rounded", "moved", "convention", "zeros", "perturbed", "mistake"]
    id: str
    answer: Answer


def samples(plan: Plan, question: QuestionPlan, rng: np.random.Generator) -> Iterator[Sample]:
    """Make everything that one question is tried with.

    Parameters
    ----------
    plan : Plan
    question : QuestionPlan
    rng : Generator
        Of random elements and of errors.

    Yields
    ------
    Sample
        Candidates that cannot be computed are left out.
    """
    target = plan.target(question.question.id, question.candidates[0])
    truth = _fields(question, target)
    yield Sample("as it is", "truth", truth)
    yield Sample("rounded", "truth", rounded_as_asked(plan, question, truth))
    for _ in range(_DRAWS if question.moves else 0):
        turned = moved(question, target, draw(target, _width(question), rng), rng)
        yield Sample("moved", "truth", turned)
        yield Sample("moved", "truth", rounded_as_asked(plan, question, turned))
    for candidate in question.candidates[1:]:
        if (fields := _solved(plan, question, candidate)) is not None:
            yield Sample("convention", candidate.id, _laid_out(candidate, fields))
    yield Sample("zeros", "truth", {name: np.zeros_like(value) for name, value in truth.items()})
    for name in question.required:
        for _ in range(_DRAWS):
            yield Sample("perturbed", name, {**truth, name: _wrong(question, target, name, truth[name], rng)})
    for candidate in question.mistakes:
        if candidate.convention is None and (fields := _solved(plan, question, candidate)) is not None:
            own = candidate.mistake.tolerance if candidate.mistake else None
            yield Sample("mistake", candidate.id, rounded_as_asked(plan, question, fields, own))


def perfect(
    plan: Plan, questions: Sequence[str], rng: np.random.Generator, *, rounded: bool, move: bool
) -> dict[str, Answer]:
    """Make right answers to several questions.

    Parameters
    ----------
    plan : Plan
    questions : sequence of str
        Their ids.
    rng : Generator
    rounded : bool
        Whether to the digits asked.
    move : bool
        Whether by random elements of their symmetries, which questions share as declared.

    Returns
    -------
    dict
        Fields by question.
    """
    elements: dict[str, Array | None] = {}
    answers: dict[str, Answer] = {}
    for id_ in questions:
        question = plan.questions[id_]
        target = plan.target(id_, question.candidates[0])
        fields = _fields(question, target)
        if move and question.moves:
            shared = question.question.symmetry.same_as if question.question.symmetry else None
            owner = shared or id_
            if owner not in elements:
                elements[owner] = draw(target, _width(question), rng)
            fields = moved(question, target, elements[owner], rng)
        answers[id_] = rounded_as_asked(plan, question, fields) if rounded else fields
    return answers


def rounded_as_asked(
    plan: Plan, question: QuestionPlan, answer: Mapping[str, Array], own: ToleranceSpec | None = None
) -> dict[str, Array]:
    """Round an answer to the digits asked.

    Parameters
    ----------
    plan : Plan
    question : QuestionPlan
    answer : mapping of str to ndarray
    own : ToleranceSpec, optional
        A mistake's own tolerance, for fields that ask for no digits.

    Returns
    -------
    dict
    """
    written = {}
    for name, value in answer.items():
        asked = question.question.asked(name, plan.assignment.tolerance)
        if own is not None and asked.decimals is None and asked.significant is None:
            asked = own
        written[name] = _rounded(value, asked)
    return written


def _rounded(value: Array, asked: ToleranceSpec) -> Array:
    if asked.decimals is not None:
        return np.asarray(np.round(value, asked.decimals))
    if asked.significant is not None:
        if np.iscomplexobj(value):
            return np.asarray(_rounded(value.real, asked) + 1j * _rounded(value.imag, asked))
        digits = asked.significant
        rounded: Array = np.vectorize(lambda one: float(f"{one:.{digits - 1}e}"), otypes=[float])(value)
        return rounded
    return value


def _fields(question: QuestionPlan, target: graders.Target) -> dict[str, Array]:
    """A candidate's fields, with as many columns as are asked for."""
    fields = question.question.fields
    return {name: as_sent(value, fields[name].compared)[0] for name, value in target.truths.items()}


def _solved(plan: Plan, question: QuestionPlan, candidate: Candidate) -> dict[str, Array] | None:
    try:
        return _fields(question, plan.target(question.question.id, candidate))
    except Exception:  # noqa: BLE001 - that it cannot be computed is found elsewhere
        return None


def _laid_out(candidate: Candidate, fields: Mapping[str, Array]) -> dict[str, Array]:
    """Fields as the candidate's convention writes them."""
    written = {}
    for name, value in fields.items():
        layout = candidate.layout(name)
        written[name] = value.T if layout == "transposed" else np.diag(value) if layout == "diagonal" else value
    return written


def _wrong(question: QuestionPlan, target: graders.Target, name: str, value: Array, rng: np.random.Generator) -> Array:
    """A field that is slightly wrong, in every entry; of labels, a sample in another cluster."""
    match question.question.fields[name].kind:
        case "labels":
            moved = value.copy()
            index = rng.integers(len(value))
            moved[index] = np.roll(moved[index], rng.integers(1, len(moved[index])))
            return moved
        case "integer":
            off = _off(target, name, value, rng)
            return np.asarray(value + np.sign(off) * np.ceil(np.abs(off)))
        case "complex":
            return np.asarray(value + _off(target, name, value, rng) + 1j * _off(target, name, value, rng))
        case _:
            return np.asarray(value + _off(target, name, value, rng))


def _off(target: graders.Target, name: str, value: Array, rng: np.random.Generator) -> Array:
    """Errors of about twenty tolerances, in every entry and either direction."""
    room = np.max(target.room[name], initial=0.0) if name in target.room else 0.0
    bound = np.max(target.tolerances[name].nominal(value)) + room
    least = max(float(bound), 1e-9 * float(np.abs(value).max(initial=0.0)), 1e-12)
    return np.asarray(_OFF * least * rng.choice([-1.0, 1.0], value.shape) * rng.uniform(1.0, 2.0, value.shape))


def _width(question: QuestionPlan) -> int:
    """How many columns (or components) are asked for."""
    return next(spec.compared[spec.moved.axes[0]] for spec in question.question.fields.values() if spec.moved)
