"""What is true of an assignment's questions, solved here anew, and what moves it: nothing of `app.checking` is used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference
from app.assignments import Assignment, Convention, Question, ToleranceSpec, laid_out

__all__ = ["Fields", "Known", "Work", "act", "decimals_asked", "haar", "tolerances"]

Array = NDArray[np.float64]
Fields = dict[str, Array]
"""Fields by name, with a leading batch axis or without."""

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


@dataclass(frozen=True)
class Known:
    """The truth of one question under one convention.

    Parameters
    ----------
    question : Question
    fields : dict of str to ndarray
        As declared; a moved axis is longer than asked where a spectrum is cut inside an eigenspace.
    specs : dict of str to ToleranceSpec
    group : str
        ``identity`` where there is none.
    blocks : tuple of slice
        The runs of equal eigenvalues among the truth's columns.
    total, width : int
        Columns of the truth, and of an answer.
    pinned : tuple of int
    convention : Convention, optional
    """

    question: Question
    fields: Fields
    specs: Mapping[str, ToleranceSpec]
    group: str
    blocks: tuple[slice, ...] = ()
    total: int = 0
    width: int = 0
    pinned: tuple[int, ...] = ()
    convention: Convention | None = None

    @property
    def discrete(self) -> bool:
        """Whether the group is finite."""
        if self.group in ("rotation", "span"):
            return False
        return self.group not in ("eigenbasis", "signed_order") or len(self.blocks) == self.total

    @property
    def cut(self) -> int:
        """How many of the truth's last columns are the eigenspace that the answer has a part of."""
        return self.blocks[-1].stop - self.blocks[-1].start if self.total > self.width else 0

    @property
    def moved(self) -> list[str]:
        """The required fields that the group moves."""
        return [name for name in self.required if self.question.fields[name].moves]

    @property
    def required(self) -> list[str]:
        """The fields that have to be right."""
        return [name for name, spec in self.question.fields.items() if spec.required]

    @property
    def entries(self) -> int:
        """How many numbers an answer has."""
        return sum(math.prod(spec.shape) for spec in self.question.fields.values())

    def sent_shape(self, name: str) -> tuple[int, ...]:
        """The shape in which a field is sent."""
        layout = self.convention.layout.get(name) if self.convention else None
        return laid_out(self.question.fields[name].shape, layout)

    def sent(self, fields: Fields) -> Fields:
        """Write a batch of fields as the convention lays them out."""
        layouts = self.convention.layout if self.convention else {}
        laid = dict(fields)
        for name, layout in layouts.items():
            if layout == "transposed":
                laid[name] = np.ascontiguousarray(fields[name].swapaxes(1, 2))
            else:
                laid[name] = np.diagonal(fields[name], axis1=1, axis2=2).copy()
        return laid

    def canonical(self, name: str, values: Array) -> Array:
        """Bring a batch of a field as it was sent back into the declared layout."""
        layout = self.convention.layout.get(name) if self.convention else None
        if layout == "transposed":
            return values.swapaxes(1, 2)
        if layout == "diagonal":
            return np.asarray(values[:, :, None] * np.eye(values.shape[1]))
        return values

    def narrowed(self, fields: Fields) -> Known:
        """The same question with a truth that has as many columns as an answer."""
        blocks = tuple(slice(one.start, min(one.stop, self.width)) for one in self.blocks if one.start < self.width)
        return replace(self, fields=fields, blocks=blocks, total=self.width)

    def identity(self, size: int) -> Array:
        """The neutral element, a batch of it."""
        return np.broadcast_to(np.eye(self.total, self.width), (size, self.total, self.width))

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """Draw elements: matrices of shape (size, total, width) that the truth's columns are multiplied by."""
        if self.group == "identity":
            return self.identity(size)
        if self.group == "relabelling":
            return np.asarray(np.eye(self.total)[self._orders(rng, size)].swapaxes(1, 2))
        if self.group in ("rotation", "span"):
            element = self.identity(size).copy()
            if self.cut:
                last = slice(self.total - self.cut, self.total)
                kept = slice(last.start, self.width)
                element[:, last, kept] = haar(rng, size, self.cut)[:, :, : self.width - last.start]
            turned = haar(rng, size, self.width)
            plain = rng.random(size) < 0.25
            turned[plain] = _signed_orders(rng, int(plain.sum()), self.width)
            if self.group == "span":
                stretch = rng.uniform(0.5, 2.0, size=(size, 1, self.width))
                turned = turned * stretch @ haar(rng, size, self.width)
            return np.asarray(element @ turned)
        element = np.zeros((size, self.total, self.width))
        for block in self.blocks:
            kept = slice(block.start, min(block.stop, self.width))
            element[:, block, kept] = haar(rng, size, block.stop - block.start)[:, :, : kept.stop - kept.start]
        if self.group == "signed_order":
            order = rng.permuted(np.tile(np.arange(self.width), (size, 1)), axis=1)
            element = np.take_along_axis(element, order[:, None], axis=2)
        return element

    def _orders(self, rng: np.random.Generator, size: int) -> NDArray[np.intp]:
        free = np.setdiff1d(np.arange(self.total), self.pinned)
        order = np.tile(np.arange(self.total), (size, 1))
        order[:, free] = rng.permuted(np.tile(free, (size, 1)), axis=1)
        return order

    def acted(self, element: Array, names: Sequence[str] | None = None) -> Fields:
        """The truth under a batch of elements, as declared."""
        found = {}
        for name in self.question.fields if names is None else names:
            moves, value = self.question.fields[name].moves, self.fields[name]
            if moves is None:
                found[name] = np.broadcast_to(value, (len(element), *value.shape)).copy()
            else:
                found[name] = act(element, value, moves.axes, magnitude=moves.magnitude)
        return found


def haar(rng: np.random.Generator, size: int, k: int) -> Array:
    """A batch of Haar-distributed orthogonal matrices."""
    if k == 1:
        return rng.choice([-1.0, 1.0], size=(size, 1, 1))
    q, r = np.linalg.qr(rng.normal(size=(size, k, k)))
    return np.asarray(q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None])


def _signed_orders(rng: np.random.Generator, size: int, k: int) -> Array:
    order = rng.permuted(np.tile(np.arange(k), (size, 1)), axis=1)
    return np.asarray(np.eye(k)[order] * rng.choice([-1.0, 1.0], size=(size, 1, k)))


def act(element: Array, value: Array, axes: Sequence[int], *, magnitude: bool = False) -> Array:
    """Move one field by a batch of elements, on one axis or two."""
    moved = value[None]
    for axis in axes:
        last = np.moveaxis(moved, axis + 1, -1)
        shape = last.shape[1:-1]
        flat = last.reshape(len(last), -1, last.shape[-1]) @ (element**2 if magnitude else element)
        moved = np.moveaxis(flat.reshape(len(element), *shape, element.shape[2]), -1, axis + 1)
    return np.ascontiguousarray(moved)


def tolerances(spec: ToleranceSpec, expected: Array) -> Array:
    """The tolerance of every entry, read from the assignment anew."""
    if spec.exact:
        return np.full(expected.shape, 1e-9)
    if spec.decimals is not None:
        return np.full(expected.shape, 0.5 * 10.0**-spec.decimals)
    size = np.abs(expected)
    if spec.significant is not None:
        exponent = np.floor(np.log10(np.where(size > 0, size, 1.0)))
        return np.asarray(np.where(size > 0, 0.5 * 10.0 ** (exponent - spec.significant + 1), 1e-12))
    return np.asarray(np.maximum(spec.atol or 0.0, (spec.rtol or 0.0) * size))


def decimals_asked(spec: ToleranceSpec, values: Array, *, span: bool = False) -> int | None:
    """To how many decimals values may be rounded and stay right; None where they may not be."""
    if spec.exact:
        return None
    if spec.decimals is not None:
        return spec.decimals
    if span and spec.atol is not None:  # it bounds a sine; such problems are made for three decimals
        return 3
    least = float(tolerances(spec, values).min())
    return None if least <= 0 else math.ceil(-math.log10(2.0 * least))


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
            shape = self.assignment.question(source.question).fields[source.field].shape
            value = self.known(source.question).fields[source.field]
            return value[tuple(slice(0, size) for size in shape)]
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
        fields = {
            name: np.asarray(getattr(record, spec.output or name), dtype=float)
            for name, spec in question.fields.items()
        }
        specs = {
            name: spec.tolerance or question.tolerance or self.assignment.tolerance
            for name, spec in question.fields.items()
        }
        if question.symmetry is None:
            return Known(question, fields, specs, "identity", convention=convention)
        owner = self.owner(question_id)
        moved = next((name, spec) for name, spec in question.fields.items() if spec.moves)
        axis = moved[1].moves.axes[0] if moved[1].moves else 0
        total, width = fields[moved[0]].shape[axis], moved[1].shape[axis]
        symmetry = self.assignment.question(owner).symmetry
        if symmetry is None or symmetry.group is None:
            raise LookupError(f"question {owner} has no group")
        spectrum = np.arange(float(total))
        if symmetry.spectrum is not None:
            spectrum = np.asarray(getattr(self.record(owner), symmetry.spectrum), dtype=float)
        jumps = np.flatnonzero(np.abs(np.diff(spectrum)) > _EQUAL * np.abs(spectrum).max())
        edges = [0, *(jumps + 1).tolist(), len(spectrum)]
        blocks = tuple(slice(*pair) for pair in pairwise(edges))
        return Known(question, fields, specs, symmetry.group, blocks, total, width, symmetry.pinned, convention)
