"""An assignment prepared for checking: names resolved to solvers and symmetries, truths computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

import graders
import reference
from app.assignments import Assignment, Drawn, Input, Mistake, Node, Question, ToleranceSpec, Values
from app.checking.figures import as_input, figure, replaced, transformed, written
from app.checking.questions import NOTHING, Array, Candidate, OwnValues, QuestionPlan, plan_question, tolerance_of
from app.errors import Problem, Unprocessable, pointer
from app.language import text

__all__ = ["NearEqual", "Plan", "prepare"]


@dataclass(frozen=True, eq=False)
class NearEqual:
    """What certifies eigenvectors that are ill-determined: the truth with eigenvalues merged, and the matrix."""

    target: graders.Target
    matrix: Array
    vectors: str
    tolerance: float


@dataclass(frozen=True)
class Plan:
    """A whole assignment prepared; truths are computed when first asked for, and kept."""

    assignment: Assignment
    questions: Mapping[str, QuestionPlan]
    _targets: dict[tuple[str, str, str], graders.Target] = field(default_factory=dict)
    _kept: set[int] = field(default_factory=set)
    _stacks: dict[tuple[int, ...], graders.Target] = field(default_factory=dict)
    _data: dict[str, object] = field(default_factory=dict)
    _near_equal: dict[str, NearEqual | None] = field(default_factory=dict)
    _changed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def on(self, drawn: Drawn) -> Plan:
        """The plan on one learner's data: with truths of its own, and everything else as it is for all."""
        return Plan(self.assignment.with_data(drawn), self.questions)

    def target(self, question_id: str, candidate: Candidate) -> graders.Target:
        """The truth of a question under a candidate that depends on no learner's answers.

        Raises
        ------
        Exception
            Whatever the solver raises: our failure, or the assignment author's.
        """
        layout = candidate.convention.id if candidate.mistake and candidate.convention else ""
        key = (question_id, candidate.id, layout)
        if key not in self._targets:
            # Several threads may solve it at once; the first to finish is kept, and no other is known by its identity.
            kept = self._targets.setdefault(key, self.solve(self.questions[question_id], candidate, NOTHING))
            self._kept.add(id(kept))
        return self._targets[key]

    def stacked(self, targets: Sequence[graders.Target]) -> graders.Target:
        """Targets of one question in one; what is the same for everybody is stacked once."""
        if not all(id(target) in self._kept for target in targets):
            return graders.Target.stacked(targets)
        key = tuple(map(id, targets))
        if key not in self._stacks:
            self._stacks.setdefault(key, graders.Target.stacked(targets))
        return self._stacks[key]

    def near_equal(self, plan: QuestionPlan) -> NearEqual | None:
        """The truth with eigenvalues merged that are too close to compare eigenvectors; None where none are."""
        if plan.question.id not in self._near_equal:
            self._near_equal[plan.question.id] = self._merged(plan)
        return self._near_equal[plan.question.id]

    def _merged(self, plan: QuestionPlan) -> NearEqual | None:
        spec = plan.question.symmetry
        if spec is None or spec.matrix is None:
            return None
        target = self.target(plan.question.id, plan.candidates[0])
        vectors = next(name for name, move in plan.moves.items() if move.kind == "linear")
        tolerance = plan.tolerances[vectors].atol
        record = self.run(plan.node(None))
        spectrum = graders.merged_spectrum(np.asarray(getattr(record, str(spec.spectrum)), dtype=float), tolerance)
        if spectrum is None:
            return None
        group = graders.Eigenbasis if spec.group == "eigenbasis" else graders.SignedOrder
        merged = graders.Target(target.truths, target.tolerances, group(spectrum, _width(plan.question)), target.moves)
        return NearEqual(merged, np.asarray(getattr(record, spec.matrix), dtype=float), vectors, tolerance)

    def changed(self, plan: QuestionPlan, mistake: Mistake) -> frozenset[str]:
        """The fields that a mistake changes beyond their tolerance."""
        key = (plan.question.id, mistake.id)
        if key not in self._changed:
            slipped = self.target(plan.question.id, Candidate(mistake.id, "mistake", mistake=mistake))
            width = plan.question.fields
            answer = {name: _cut(value, width[name].compared) for name, value in slipped.truths.items()}
            found = self.target(plan.question.id, plan.candidates[0]).compare(answer)
            self._changed[key] = frozenset(name for name, one in found.fields.items() if not one.correct[0])
        return self._changed[key]

    def solve(
        self,
        plan: QuestionPlan,
        candidate: Candidate,
        own: OwnValues,
        *,
        aligned: bool = False,
        given: Mapping[str, object] | None = None,
    ) -> graders.Target:
        """Compute what a candidate says is right.

        Parameters
        ----------
        plan : QuestionPlan
        candidate : Candidate
        own : OwnValues
            The learner's own answers, in the declared layout, in the place of other questions' truths.
        aligned : bool
            Whether the result is in the learner's own frame, so that a symmetry shared with another question is taken
            with as many columns as are asked for.
        given : mapping of str to object, optional
            Arguments of the solver in the place of its inputs.

        Returns
        -------
        Target
            With a batch of one.
        """
        node = plan.node(candidate.mistake, candidate.convention)
        if given is not None or own is NOTHING:
            record = self.run(node, own, given=given)
        else:
            record = own.records.get(id(node)) or own.records.setdefault(id(node), self.run(node, own))
        slip = candidate.mistake
        if slip is not None and slip.values is not None:
            record = replaced(record, slip.values)
        fields, room = {}, {}
        for name, spec in plan.question.fields.items():
            value = figure(record, name, spec, None if slip is None else slip.apply.get(name))
            if not _extends(value.shape, spec.compared, spec.moved.axes if spec.moved else ()):
                raise ValueError(f"the solver's {name} has shape {value.shape}, not {spec.shape}")
            fields[name] = (_cut(value, spec.compared, leading=0) if aligned else value)[None]
            if (errors := plan.question.standard_errors(name, self.assignment.tolerance)) is not None:
                room[name] = errors * np.asarray(getattr(record, str(spec.standard_error)), dtype=float)[None]
        tolerances = plan.tolerances
        if slip is not None and slip.tolerance is not None:
            tolerances = self._widened(plan, slip.tolerance, fields)
        labels = tuple(name for name, spec in plan.question.fields.items() if spec.kind == "labels")
        return graders.Target(fields, tolerances, self._symmetry(plan, record), plan.moves, room, labels)

    def _widened(
        self, plan: QuestionPlan, asked: ToleranceSpec, fields: Mapping[str, Array]
    ) -> dict[str, graders.Tolerance]:
        """A mistake's own tolerance, for the fields that it changes."""
        truth = self.target(plan.question.id, plan.candidates[0])
        wider = tolerance_of(asked)
        return {
            name: kept if name not in plan.moves and kept.accepts(fields[name], truth.truths[name]).all() else wider
            for name, kept in plan.tolerances.items()
        }

    def run(
        self,
        node: Node | Values,
        own: OwnValues = NOTHING,
        fields: Mapping[str, Array] | None = None,
        given: Mapping[str, object] | None = None,
    ) -> object:
        """Run a solver on its inputs; `fields` are those of the answer itself, `given` replaces all inputs."""
        if isinstance(node, Values):
            return written(node.values)
        inputs = given or {name: self.input_value(source, own, fields) for name, source in node.inputs.items()}
        return reference.SOLVERS[node.solver](**inputs, **node.options)

    def input_value(self, source: Input, own: OwnValues = NOTHING, fields: Mapping[str, Array] | None = None) -> object:
        """What a solver's argument is; `own` answers go before other questions' truths."""
        if source.data is not None:
            value = self._datum(source.data)
            return value if source.apply is None else transformed(value, source.apply)
        if source.field is None:
            return source.value
        if source.question is None:
            return (fields or {})[source.field]
        other = self.questions[source.question]
        asked = other.question.fields[source.field]
        if (value := own.get(source)) is not None:
            return as_input(value, asked)
        candidate = other.candidates[0]
        if source.under is not None:
            candidate = next(one for one in other.mistakes if one.id == source.under and one.convention is None)
        value = self.target(source.question, candidate).truths[source.field]
        return as_input(_cut(value, asked.compared)[0], asked)

    def _datum(self, path: str) -> object:
        """A value of the data; numbers in rows as an array."""
        if path not in self._data:
            value = self.assignment.datum(path)
            try:
                self._data[path] = np.asarray(value) if isinstance(value, list) else value
            except ValueError:  # ragged: the solver says so
                self._data[path] = value
        return self._data[path]

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


def _cut(value: Array, shape: tuple[int, ...], leading: int = 1) -> Array:
    """The first columns of a truth that holds all of an eigenspace, as many as an answer has."""
    return value[(*(slice(None),) * leading, *(slice(0, size) for size in shape))]


def _width(question: Question) -> int:
    """How many columns (or components) are asked for."""
    return next(spec.compared[spec.moved.axes[0]] for spec in question.fields.values() if spec.moved)


def _extends(shape: tuple[int, ...], wanted: tuple[int, ...], moved: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        (have >= want) if axis in moved else (have == want)
        for axis, (have, want) in enumerate(zip(shape, wanted, strict=True))
    )


def prepare(assignment: Assignment, drawn: Drawn | None = None) -> Plan:
    """Resolve an assignment's names.

    Parameters
    ----------
    assignment : Assignment
        Equal versions are prepared once.
    drawn : Drawn, optional
        One learner's data. The truths of so many learners are kept as were asked for last.

    Returns
    -------
    Plan

    Raises
    ------
    Unprocessable
        Where a solver is unknown; every problem points into the assignment file.
    """
    return _prepared(assignment) if drawn is None else _varied(assignment, drawn)


@lru_cache(maxsize=64)
def _prepared(assignment: Assignment) -> Plan:
    unknown = [
        Problem(
            pointer("questions", index),
            text(
                "There is no solver {name}. There are: {known}.",
                name=name,
                known=", ".join(sorted(reference.SOLVERS)),
            ),
        )
        for index, question in enumerate(assignment.questions)
        for name in question.solvers
        if name not in reference.SOLVERS
    ]
    if unknown:
        raise Unprocessable(text("The assignment names solvers that do not exist."), unknown)
    return Plan(assignment, {question.id: plan_question(assignment, question) for question in assignment.questions})


@lru_cache(maxsize=512)
def _varied(assignment: Assignment, drawn: Drawn) -> Plan:
    return prepare(assignment).on(drawn)
