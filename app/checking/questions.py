"""One question with its names resolved, and the candidates that an answer may be graded by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from numpy.typing import NDArray

import graders
from app.assignments import (
    Assignment,
    Convention,
    FieldSpec,
    Input,
    Kind,
    Mistake,
    Node,
    Question,
    ToleranceSpec,
    Values,
    laid_out,
)

__all__ = ["EIGENPAIRS", "NOTHING", "Array", "Candidate", "OwnValues", "QuestionPlan", "plan_question", "tolerance_of"]

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


NOTHING = OwnValues()
"""Nothing of the learner's own: the truth."""


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
    _nodes: dict[tuple[str, str], Node | Values] = field(default_factory=dict)

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

    def node(self, mistake: Mistake | None, convention: Convention | None = None) -> Node | Values:
        """The solver, its inputs and its options, under a mistake or a convention; or figures that are written down.

        Figures that a mistake itself writes down are not in it.
        """
        key = (mistake.id if mistake else "", convention.id if convention else "")
        if key not in self._nodes:
            node = self._node(mistake, convention)
            same = next((known for known in list(self._nodes.values()) if known == node), node)
            self._nodes.setdefault(key, same)  # never replaced: results are remembered by a node's identity
        return self._nodes[key]

    def _node(self, mistake: Mistake | None, convention: Convention | None) -> Node | Values:
        truth = self.question.truth
        if truth is None:
            raise LookupError(f"question {self.question.id} is graded by hand")
        if isinstance(truth, Values):
            if mistake is None or mistake.solver is None:
                return truth
            return Node(solver=mistake.solver, inputs=mistake.inputs, options=mistake.options)
        options = truth.options | (convention.options if convention else {})
        if mistake is None:
            return truth if options == truth.options else truth.model_copy(update={"options": options})
        if mistake.solver is not None:
            return Node(solver=mistake.solver, inputs=mistake.inputs, options=mistake.options)
        return Node(solver=truth.solver, inputs=truth.inputs | mistake.inputs, options=options | mistake.options)

    def fits(self, candidate: Candidate, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a field of that shape can be written in the candidate's layout."""
        return shape == laid_out(self.question.fields[name].compared, candidate.layout(name))


def tolerance_of(spec: ToleranceSpec, kind: Kind = "numeric") -> graders.Tolerance:
    """The tolerance that an assignment asks for; whole numbers are right or wrong without any rounding."""
    if kind == "integer":
        return replace(_tolerance(spec), whole=True)
    return _tolerance(spec)


def _tolerance(spec: ToleranceSpec) -> graders.Tolerance:
    if spec.exact:
        return graders.EXACT
    if spec.decimals is not None:
        return graders.Tolerance.decimals(spec.decimals)
    if spec.significant is not None:
        return graders.Tolerance.digits(spec.significant)
    return graders.Tolerance(atol=spec.atol or 0.0, rtol=spec.rtol or 0.0)


def plan_question(assignment: Assignment, question: Question) -> QuestionPlan:
    """Resolve one question's names."""
    numeric = {name: spec for name, spec in question.fields.items() if spec.graded}
    asked = {name: question.asked(name, assignment.tolerance) for name in numeric}
    spec = question.symmetry
    own = assignment.question(spec.same_as).symmetry if spec and spec.same_as else spec
    sources = question.truth.inputs.values() if question.truth else ()
    followed = dict.fromkeys((one.question, one.field) for one in sources if one.question and one.field)
    return QuestionPlan(
        question=question,
        group=(own.group if own else None) or "identity",
        tolerances={name: tolerance_of(one, numeric[name].kind) for name, one in asked.items()},
        decimals={name: one.decimals for name, one in asked.items() if one.decimals is not None},
        moves={name: _move(spec) for name, spec in numeric.items() if spec.moved is not None},
        required=tuple(name for name, spec in question.fields.items() if spec.required),
        rounded=assignment.rounded if question.rounded is None else question.rounded,
        followed=tuple(followed),
    )


def _move(spec: FieldSpec) -> graders.Move:
    if spec.moved is None:
        raise LookupError("the field is not moved")
    return graders.Move(spec.moved.axes, magnitude=spec.moved.magnitude)
