"""What became of one learner's answer to one question, as later questions and the report see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

import graders
from app.answers import Answer
from app.checking.figures import sent_values
from app.checking.questions import EIGENPAIRS, Array, Candidate, QuestionPlan

__all__ = ["Inputs", "Offer", "Outcome", "Shortfall", "canonical"]

Inputs = Literal["as sent", "as matched"]
Shortfall = Literal["rounded", "cut_off"]
Layout: TypeAlias = Literal["transposed", "diagonal"]


@dataclass(frozen=True, eq=False)
class Offer:
    """A candidate with what a batch of answers measured against it.

    Parameters
    ----------
    candidate : Candidate
    target : Target
        What it says is right.
    comparison : Comparison
        One row for each submission that it was compared with.
    weights : mapping of str to float
        The share of its points that each field earns where it is right.
    imposed : str or None
        The question whose element was imposed.
    inputs : {"as sent", "as matched"} or None
        How the learner's own earlier answers were taken, where they were.
    capped : bool
        Whether the credit is capped because an earlier answer is too far from any that is known.
    grown : bool
        Whether tolerances grew by what rounding the earlier answers may have done.
    shown : mapping of str to int
        Fields that show fewer decimals than asked, and how many.
    shortfall : {"rounded", "cut_off"} or None
        What was done to those.
    """

    candidate: Candidate
    target: graders.Target
    comparison: graders.Comparison
    weights: Mapping[str, float]
    imposed: str | None = None
    inputs: Inputs | None = None
    capped: bool = False
    grown: bool = False
    shown: Mapping[str, int] = field(default_factory=dict)
    shortfall: Shortfall | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The offer that one answer was graded by, and what it earned.

    Parameters
    ----------
    question : QuestionPlan
    answer : mapping of str to Answer
        The fields as sent.
    offer : Offer
    row : int
        The answer's row in the offer's comparison.
    share : float
        The share of the points that was earned.
    """

    question: QuestionPlan
    answer: Mapping[str, Answer]
    offer: Offer
    row: int
    share: float

    @property
    def earned(self) -> bool:
        """Whether it was matched: it earned something."""
        return self.question.question.points * self.share >= 5e-7

    @property
    def frame(self) -> str | None:
        """The truth, or the mistake, in whose frame the element is; None where later questions align freely."""
        candidate = self.offer.candidate
        if not self.earned or candidate.own_inputs or self.offer.comparison.element is None:
            return None
        if candidate.kind == "property":
            return "truth" if candidate.id == EIGENPAIRS else None
        return candidate.id if candidate.kind == "mistake" else "truth"

    @property
    def element(self) -> Array | None:
        """The symmetry element by which it was matched."""
        element = self.offer.comparison.element
        return None if element is None else element[self.row]

    def right(self, name: str) -> bool:
        """Whether a field was matched."""
        found = self.offer.comparison.fields.get(name)
        return self.earned and found is not None and bool(found.correct[self.row])

    def sent(self, name: str) -> Array:
        """A field as sent, in the form in which it is compared."""
        return sent_values(self.answer[name], self.question.question.fields[name])

    def canonical(self, name: str, layout: Layout | None) -> Array:
        """The same in the declared layout, as a batch of one."""
        return canonical(self.sent(name)[None], layout)


def canonical(values: Array, layout: str | None) -> Array:
    """Bring a batch of fields from the layout that was sent into the declared one."""
    if layout is None:
        return values
    if layout == "transposed":
        return values.swapaxes(1, 2)
    square = np.zeros((*values.shape, values.shape[1]), dtype=values.dtype)
    index = np.arange(values.shape[1])
    square[:, index, index] = values
    return square
