"""What is true of an assignment's questions, solved here anew: nothing of `app.checking` is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

import reference
from app.assignments import Assignment, Convention
from tests.accuracy.asked import Array, asked_of, figure
from tests.accuracy.known import Known

__all__ = ["Work", "runs_of"]

_EQUAL = 1e-7
_APPLY: Mapping[str, Any] = {
    "sqrt": lambda value: value**0.5,
    "square": lambda value: value * value,
    "negate": lambda value: -value,
    "halve": lambda value: 0.5 * value,
    "double": lambda value: 2.0 * value,
    "exp": np.exp,
    "log": np.log,
}


class Work:
    """An assignment with everything that generators ask of it, computed when first asked for.

    Parameters
    ----------
    assignment : Assignment
    data : mapping, optional
        Other data in the place of the assignment's.
    """

    def __init__(self, assignment: Assignment, data: Mapping[str, Any] | None = None) -> None:
        self.assignment = assignment
        self.data = assignment.data if data is None else data
        self._records: dict[tuple[str, str], object] = {}
        self._known: dict[tuple[str, str], Known] = {}

    @cached_property
    def numeric(self) -> list[str]:
        """The questions that a machine grades."""
        return [question.id for question in self.assignment.questions if question.truth]

    def owner(self, question_id: str) -> str:
        """The question whose element moves this one: itself, or the one it is the `same_as` of."""
        symmetry = self.assignment.question(question_id).symmetry
        return (symmetry and symmetry.same_as) or question_id

    def linked(self, question_id: str) -> list[str]:
        """All questions that move by this question's element, the owner first."""
        owner = self.owner(question_id)
        return [owner, *(name for name in self.numeric if name != owner and self.owner(name) == owner)]

    def datum(self, path: str) -> Any:  # noqa: ANN401 - data are whatever the file holds
        """Look up a dotted name in the data."""
        found: Any = self.data
        for step in path.split("."):
            found = found[step]
        return found

    def inputs(self, question_id: str) -> dict[str, Any]:
        """What the question's solver takes."""
        truth = self.assignment.question(question_id).truth
        if truth is None:
            raise LookupError(f"question {question_id} is graded by hand")
        return {name: self._input(source) for name, source in truth.inputs.items()}

    def _input(self, source: Any) -> Any:  # noqa: ANN401 - an assignments.Input, and whatever it names
        if source.data is not None:
            return self.source(source)
        if source.question is not None:
            other = self.known(source.question)
            return other.fields[source.field][tuple(slice(0, size) for size in other.shape(source.field))]
        return source.value

    def source(self, source: Any) -> Any:  # noqa: ANN401 - an assignments.Input of data, and whatever it names
        """What is done to a value of the data, and the value."""
        value = self.datum(source.data)
        return value if source.apply is None else _APPLY[source.apply](np.asarray(value, dtype=float))

    def record(self, question_id: str, convention: Convention | None = None) -> Any:  # noqa: ANN401 - a solver's record
        """What the solver gives."""
        options = convention.options if convention else {}
        key = question_id, convention.id if options and convention else "truth"
        if key not in self._records:
            truth = self.assignment.question(question_id).truth
            if truth is None:
                raise LookupError(f"question {question_id} is graded by hand")
            solver = reference.SOLVERS[truth.solver]
            self._records[key] = solver(**self.inputs(question_id), **(truth.options | options))
        return self._records[key]

    def known(self, question_id: str, convention: Convention | None = None) -> Known:
        """The truth of a question under a convention."""
        key = question_id, convention.id if convention else "truth"
        if key not in self._known:
            self._known[key] = self._solve(question_id, convention)
        return self._known[key]

    def every_known(self, question_id: str) -> list[Known]:
        """The truth under every convention, that of none first."""
        conventions = self.assignment.question(question_id).conventions
        return [self.known(question_id), *(self.known(question_id, one) for one in conventions)]

    def _solve(self, question_id: str, convention: Convention | None) -> Known:
        question = self.assignment.question(question_id)
        record = self.record(question_id, convention)
        fields = {name: figure(record, name, spec) for name, spec in question.fields.items()}
        specs = {name: asked_of(question, name, self.assignment.tolerance) for name in question.fields}
        known = Known(question, fields, specs, "identity", convention=convention)
        if question.symmetry is None:
            return known
        owner = self.owner(question_id)
        name, moves = next((name, moves) for name in question.fields if (moves := known.moves(name)))
        total, width = fields[name].shape[moves.axes[0]], known.shape(name)[moves.axes[0]]
        symmetry = self.assignment.question(owner).symmetry
        if symmetry is None or symmetry.group is None:
            raise LookupError(f"question {owner} has no group")
        spectrum = np.arange(float(total))
        if symmetry.spectrum is not None:
            spectrum = np.asarray(getattr(self.record(owner), symmetry.spectrum), dtype=float)
        blocks = runs_of(spectrum)
        return replace(known, group=symmetry.group, blocks=blocks, total=total, width=width, pinned=symmetry.pinned)


def runs_of(spectrum: Array) -> tuple[slice, ...]:
    """The runs of equal eigenvalues."""
    jumps = np.flatnonzero(np.abs(np.diff(spectrum)) > _EQUAL * np.abs(spectrum).max())
    return tuple(slice(*pair) for pair in pairwise([0, *(jumps + 1).tolist(), len(spectrum)]))
