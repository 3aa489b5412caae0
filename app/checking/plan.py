"""An assignment prepared for checking: names resolved to solvers and symmetries, truths computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import graders
import reference
from app.assignments import Assignment, Convention, Question, ToleranceSpec, laid_out
from app.errors import Problem, Unprocessable, pointer
from app.language import text

__all__ = ["Candidate", "Plan", "QuestionPlan", "prepare"]

Array = NDArray[Any]


@dataclass(frozen=True)
class Candidate:
    """One way in which an answer may be right.

    Parameters
    ----------
    id : str
        ``truth``, or the id of the convention.
    credit : float
        The share of the points that it earns.
    convention : Convention or None
        None for the truth.
    """

    id: str
    credit: float = 1.0
    convention: Convention | None = None

    def layout(self, name: str) -> str | None:
        """How the field is written: None as declared, or ``transposed`` or ``diagonal``."""
        return None if self.convention is None else self.convention.layout.get(name)


@dataclass(frozen=True, eq=False)
class QuestionPlan:
    """One question with its names resolved."""

    question: Question
    group: str
    solver: Callable[..., object] | None
    tolerances: Mapping[str, graders.Tolerance]
    moves: Mapping[str, graders.Move]
    candidates: tuple[Candidate, ...]
    required: tuple[str, ...]

    def fits(self, candidate: Candidate, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a field of that shape can be written in the candidate's layout."""
        layout = None if candidate.convention is None else candidate.convention.layout.get(name)
        return shape == laid_out(self.question.fields[name].shape, layout)


@dataclass(frozen=True)
class Plan:
    """A whole assignment prepared; truths are computed when first asked for, and kept."""

    assignment: Assignment
    questions: Mapping[str, QuestionPlan]
    _targets: dict[tuple[str, str], graders.Target] = field(default_factory=dict)

    def target(self, question_id: str, candidate: Candidate) -> graders.Target:
        """The truth of a question under a candidate.

        Raises
        ------
        Exception
            Whatever the solver raises: our failure, or the assignment author's.
        """
        key = (question_id, candidate.id)
        if key not in self._targets:
            self._targets[key] = self._solve(self.questions[question_id], candidate)
        return self._targets[key]

    def _solve(self, plan: QuestionPlan, candidate: Candidate) -> graders.Target:
        truth = plan.question.truth
        if truth is None or plan.solver is None:
            raise LookupError(f"question {plan.question.id} is graded by hand")
        inputs = {name: self._input(source) for name, source in truth.inputs.items()}
        options = truth.options | (candidate.convention.options if candidate.convention else {})
        record = plan.solver(**inputs, **options)
        fields = {}
        for name, spec in plan.question.fields.items():
            value = np.asarray(getattr(record, spec.output or name), dtype=float)
            if not _extends(value.shape, spec.shape, spec.moves.axes if spec.moves else ()):
                raise ValueError(f"the solver's {name} has shape {value.shape}, not {spec.shape}")
            if not np.isfinite(value).all():
                raise ValueError(f"the solver's {name} is not finite")
            fields[name] = value[None]
        return graders.Target(fields, plan.tolerances, self._symmetry(plan, record), plan.moves)

    def _input(self, source: Any) -> object:  # noqa: ANN401 - an assignments.Input
        if source.data is not None:
            return self.assignment.datum(source.data)
        if source.question is not None:
            other = self.questions[source.question]
            value = self.target(source.question, other.candidates[0]).truths[source.field][0]
            return value[tuple(slice(0, size) for size in other.question.fields[source.field].shape)]
        return source.value

    def _symmetry(self, plan: QuestionPlan, record: object) -> graders.Symmetry:
        spec = plan.question.symmetry
        if spec is None:
            return graders.Identity()
        if spec.same_as is not None:
            return self.target(spec.same_as, self.questions[spec.same_as].candidates[0]).symmetry
        spectrum = () if spec.spectrum is None else np.asarray(getattr(record, spec.spectrum), dtype=float)
        width = _width(plan.question)
        if spec.group == "eigenbasis":
            return graders.Eigenbasis(tuple(map(float, spectrum)), width)
        if spec.group == "signed_order":
            return graders.SignedOrder(tuple(map(float, spectrum)), width)
        if spec.group in ("rotation", "span"):
            last = graders.runs(spectrum)[-1] if len(spectrum) > width else slice(0, 0)
            kind = graders.Rotation if spec.group == "rotation" else graders.Span
            return kind(int(last.stop - last.start), width)
        if spec.group == "relabelling":
            return graders.Relabelling(spec.pinned)
        return graders.Signs() if spec.group == "signs" else graders.Phase()


def _width(question: Question) -> int:
    """How many columns (or components) are asked for."""
    return next(spec.shape[spec.moves.axes[0]] for spec in question.fields.values() if spec.moves)


def _extends(shape: tuple[int, ...], wanted: tuple[int, ...], moved: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        (have >= want) if axis in moved else (have == want)
        for axis, (have, want) in enumerate(zip(shape, wanted, strict=True))
    )


def _tolerance(spec: ToleranceSpec) -> graders.Tolerance:
    if spec.exact:
        return graders.EXACT
    if spec.decimals is not None:
        return graders.Tolerance.decimals(spec.decimals)
    if spec.significant is not None:
        return graders.Tolerance.digits(spec.significant)
    return graders.Tolerance(atol=spec.atol or 0.0, rtol=spec.rtol or 0.0)


def _plan_question(assignment: Assignment, question: Question) -> QuestionPlan:
    numeric = {name: spec for name, spec in question.fields.items() if spec.kind == "numeric"}
    spec = question.symmetry
    own = assignment.question(spec.same_as).symmetry if spec and spec.same_as else spec
    return QuestionPlan(
        question=question,
        group=(own.group if own else None) or "identity",
        solver=reference.SOLVERS[question.truth.solver] if question.truth else None,
        tolerances={
            name: _tolerance(spec.tolerance or question.tolerance or assignment.tolerance)
            for name, spec in numeric.items()
        },
        moves={
            name: graders.Move(spec.moves.axes, magnitude=spec.moves.magnitude)
            for name, spec in numeric.items()
            if spec.moves is not None
        },
        candidates=(Candidate("truth"), *(Candidate(one.id, convention=one) for one in question.conventions)),
        required=tuple(name for name, spec in question.fields.items() if spec.required),
    )


@lru_cache(maxsize=64)
def prepare(assignment: Assignment) -> Plan:
    """Resolve an assignment's names.

    Parameters
    ----------
    assignment : Assignment
        Equal versions are prepared once.

    Returns
    -------
    Plan

    Raises
    ------
    Unprocessable
        Where a solver is unknown; every problem points into the assignment file.
    """
    unknown = [
        Problem(
            pointer("questions", index, "truth", "solver"),
            text(
                "There is no solver {name}. There are: {known}.",
                name=question.truth.solver,
                known=", ".join(sorted(reference.SOLVERS)),
            ),
        )
        for index, question in enumerate(assignment.questions)
        if question.truth and question.truth.solver not in reference.SOLVERS
    ]
    if unknown:
        raise Unprocessable(text("The assignment names solvers that do not exist."), unknown)
    return Plan(assignment, {question.id: _plan_question(assignment, question) for question in assignment.questions})
