"""An assignment prepared for checking: names resolved to solvers and symmetries, truths computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import graders
import reference
from app.assignments import Assignment, Convention, FieldSpec, Input, Mistake, Node, Question, ToleranceSpec, laid_out
from app.errors import Problem, Unprocessable, pointer
from app.language import text

__all__ = ["EIGENPAIRS", "Candidate", "OwnValues", "Plan", "QuestionPlan", "prepare"]

Array = NDArray[Any]

EIGENPAIRS = "eigenpairs"
"""What matched, where near-equal eigenvalues were certified by their equation."""


@dataclass(frozen=True, eq=False)
class OwnValues:
    """A learner's own answers that take the place of the truth.

    Parameters
    ----------
    values : mapping of (question, field) to ndarray
    frames : mapping of str to str or None
        What each question was matched with: the truth or a mistake.
    """

    values: Mapping[tuple[str, str], Array] = field(default_factory=dict)
    frames: Mapping[str, str | None] = field(default_factory=dict)
    records: dict[int, object] = field(default_factory=dict)
    """What nodes gave on them, by the node's identity; nodes that are the same are one object."""

    def get(self, source: Input) -> Array | None:
        """The value of an input; None where it is not the learner's own."""
        if source.question is None or source.field is None:
            return None
        if source.under is not None and self.frames.get(source.question) != source.under:
            return None
        return self.values.get((source.question, source.field))


_NOTHING = OwnValues()


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way in which an answer may be right, or wrong in a known way.

    Parameters
    ----------
    id : str
        What a report says matched.
    kind : {"truth", "convention", "follow_through", "mistake", "property"}
    credit : float
        The share of the points that it earns; of a mistake, of each field that it changes.
    convention : Convention or None
        How it is written, and with what options.
    mistake : Mistake or None
    own_inputs : bool
        Whether it is computed from the learner's own earlier answers.
    """

    id: str
    kind: Literal["truth", "convention", "follow_through", "mistake", "property"] = "truth"
    credit: float = 1.0
    convention: Convention | None = None
    mistake: Mistake | None = None
    own_inputs: bool = False

    def layout(self, name: str) -> Literal["transposed", "diagonal"] | None:
        """How the field is written: None as declared, or ``transposed`` or ``diagonal``."""
        return None if self.convention is None else self.convention.layout.get(name)

    @property
    def own_values(self) -> bool:
        """Whether fields may also be those that the answer's other fields give."""
        return self.mistake is None or self.mistake.own_values


@dataclass(frozen=True, eq=False)
class QuestionPlan:
    """One question with its names resolved."""

    question: Question
    group: str
    tolerances: Mapping[str, graders.Tolerance]
    decimals: Mapping[str, int]
    """The decimals asked of the fields that ask for decimals."""
    moves: Mapping[str, graders.Move]
    required: tuple[str, ...]
    rounded: float
    followed: tuple[tuple[str, str], ...]
    """The fields of other questions that its truth is computed from."""
    _nodes: dict[tuple[str, str], Node] = field(default_factory=dict)

    @cached_property
    def conventions(self) -> tuple[Convention | None, ...]:
        """None for the question as declared, and every convention."""
        return (None, *self.question.conventions)

    @cached_property
    def steps(self) -> Mapping[str, tuple[Node, Node]]:
        """By property: one step of EM and the log-likelihood, as nodes of the answer's own parameters."""
        own = {name: Input(field=name) for name in self.required}
        return {
            point.id: (
                Node(solver=point.step, inputs=point.inputs | own),
                Node(solver=point.log_likelihood, inputs=point.inputs | own),
            )
            for point in self.question.properties
        }

    @cached_property
    def candidates(self) -> tuple[Candidate, ...]:
        """The truth and its conventions."""
        return tuple(
            Candidate("truth") if one is None else Candidate(one.id, "convention", convention=one)
            for one in self.conventions
        )

    @cached_property
    def follow_through(self) -> tuple[Candidate, ...]:
        """The same, computed from the learner's own earlier answers."""
        if not self.followed or not self.question.follow_through:
            return ()
        credit = self.question.follow_through
        return tuple(
            Candidate("follow_through", "follow_through", credit, one, own_inputs=True) for one in self.conventions
        )

    @cached_property
    def mistakes(self) -> tuple[Candidate, ...]:
        """Every declared mistake in every layout."""
        return tuple(self._mistakes(own_inputs=False))

    @cached_property
    def followed_mistakes(self) -> tuple[Candidate, ...]:
        """Every mistake on the learner's own earlier answers, where it takes any."""
        if not self.followed or not self.question.follow_through:
            return ()
        return tuple(one for one in self._mistakes(own_inputs=True) if one.mistake and self.takes(one.mistake))

    def _mistakes(self, *, own_inputs: bool) -> Iterator[Candidate]:
        layouts = [one for one in self.conventions if one is None or (one.layout and not one.options)]
        share = self.question.follow_through if own_inputs else 1.0
        for mistake in self.question.mistakes:
            for layout in layouts:
                yield Candidate(mistake.id, "mistake", share * mistake.credit, layout, mistake, own_inputs)

    def takes(self, mistake: Mistake) -> bool:
        """Whether a mistake is computed from another question's answer as it stands."""
        return any(source.question is not None for source in self.node(mistake).inputs.values())

    def node(self, mistake: Mistake | None, convention: Convention | None = None) -> Node:
        """The solver, its inputs and its options, under a mistake or a convention."""
        key = (mistake.id if mistake else "", convention.id if convention else "")
        if key not in self._nodes:
            node = self._node(mistake, convention)
            self._nodes[key] = next((known for known in self._nodes.values() if known == node), node)
        return self._nodes[key]

    def _node(self, mistake: Mistake | None, convention: Convention | None) -> Node:
        truth = self.question.truth
        if truth is None:
            raise LookupError(f"question {self.question.id} is graded by hand")
        options = truth.options | (convention.options if convention else {})
        if mistake is None:
            return truth if options == truth.options else truth.model_copy(update={"options": options})
        if mistake.solver is not None:
            return Node(solver=mistake.solver, inputs=mistake.inputs, options=mistake.options)
        return Node(solver=truth.solver, inputs=truth.inputs | mistake.inputs, options=options | mistake.options)

    def fits(self, candidate: Candidate, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a field of that shape can be written in the candidate's layout."""
        return shape == laid_out(self.question.fields[name].shape, candidate.layout(name))


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
            self._targets[key] = self.solve(self.questions[question_id], candidate, _NOTHING)
            self._kept.add(id(self._targets[key]))
        return self._targets[key]

    def stacked(self, targets: Sequence[graders.Target]) -> graders.Target:
        """Targets of one question in one; what is the same for everybody is stacked once."""
        if not all(id(target) in self._kept for target in targets):
            return graders.Target.stacked(targets)
        key = tuple(map(id, targets))
        if key not in self._stacks:
            self._stacks[key] = graders.Target.stacked(targets)
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
            answer = {name: _cut(value, width[name].shape) for name, value in slipped.truths.items()}
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
        if given is not None or own is _NOTHING:
            record = self.run(node, own, given=given)
        else:
            record = own.records.get(id(node)) or own.records.setdefault(id(node), self.run(node, own))
        fields, room = {}, {}
        for name, spec in plan.question.fields.items():
            value = np.asarray(getattr(record, spec.output or name), dtype=float)
            if candidate.mistake is not None and name in candidate.mistake.apply:
                value = _APPLY[candidate.mistake.apply[name]](value)
            if not _extends(value.shape, spec.shape, spec.moves.axes if spec.moves else ()):
                raise ValueError(f"the solver's {name} has shape {value.shape}, not {spec.shape}")
            if not np.isfinite(value).all():
                raise ValueError(f"the solver's {name} is not finite")
            fields[name] = (_cut(value, spec.shape, leading=0) if aligned else value)[None]
            if (errors := plan.question.standard_errors(name, self.assignment.tolerance)) is not None:
                room[name] = errors * np.asarray(getattr(record, str(spec.standard_error)), dtype=float)[None]
        tolerances = plan.tolerances
        if candidate.mistake is not None and candidate.mistake.tolerance is not None:
            tolerances = dict.fromkeys(tolerances, _tolerance(candidate.mistake.tolerance))
        return graders.Target(fields, tolerances, self._symmetry(plan, record), plan.moves, room)

    def run(
        self,
        node: Node,
        own: OwnValues = _NOTHING,
        fields: Mapping[str, Array] | None = None,
        given: Mapping[str, object] | None = None,
    ) -> object:
        """Run a solver on its inputs; `fields` are those of the answer itself, `given` replaces all inputs."""
        inputs = given or {name: self.input_value(source, own, fields) for name, source in node.inputs.items()}
        return reference.SOLVERS[node.solver](**inputs, **node.options)

    def input_value(
        self, source: Input, own: OwnValues = _NOTHING, fields: Mapping[str, Array] | None = None
    ) -> object:
        """What a solver's argument is; `own` answers go before other questions' truths."""
        if source.data is not None:
            return self._datum(source.data)
        if source.field is None:
            return source.value
        if source.question is None:
            return (fields or {})[source.field]
        if (value := own.get(source)) is not None:
            return value
        other = self.questions[source.question]
        candidate = other.candidates[0]
        if source.under is not None:
            candidate = next(one for one in other.mistakes if one.id == source.under and one.convention is None)
        value = self.target(source.question, candidate).truths[source.field]
        return _cut(value, other.question.fields[source.field].shape)[0]

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


_APPLY: Mapping[str, Callable[[Array], Array]] = {"sqrt": np.sqrt, "square": np.square, "negate": np.negative}


def _cut(value: Array, shape: tuple[int, ...], leading: int = 1) -> Array:
    """The first columns of a truth that holds all of an eigenspace, as many as an answer has."""
    return value[(*(slice(None),) * leading, *(slice(0, size) for size in shape))]


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
    asked = {name: question.asked(name, assignment.tolerance) for name in numeric}
    spec = question.symmetry
    own = assignment.question(spec.same_as).symmetry if spec and spec.same_as else spec
    sources = question.truth.inputs.values() if question.truth else ()
    followed = dict.fromkeys((one.question, one.field) for one in sources if one.question and one.field)
    return QuestionPlan(
        question=question,
        group=(own.group if own else None) or "identity",
        tolerances={name: _tolerance(one) for name, one in asked.items()},
        decimals={name: one.decimals for name, one in asked.items() if one.decimals is not None},
        moves={name: _move(spec) for name, spec in numeric.items() if spec.moves is not None},
        required=tuple(name for name, spec in question.fields.items() if spec.required),
        rounded=assignment.rounded if question.rounded is None else question.rounded,
        followed=tuple(followed),
    )


def _move(spec: FieldSpec) -> graders.Move:
    if spec.moves is None:
        raise LookupError("the field is not moved")
    return graders.Move(spec.moves.axes, magnitude=spec.moves.magnitude)


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
    return Plan(assignment, {question.id: _plan_question(assignment, question) for question in assignment.questions})
