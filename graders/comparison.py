"""Compare a batch of answers with the truth, up to one symmetry element applied to all linked fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from graders.errors import ShapeMismatchError
from graders.linked import Move, as_columns, link, tame
from graders.symmetries import Identity, Span, Symmetry
from graders.tolerance import Array, Tolerance

__all__ = ["Comparison", "FieldComparison", "compare"]

LARGEST_ERROR = "largest entry error"
LARGEST_SINE = "largest sine of a principal angle"


@dataclass(frozen=True)
class FieldComparison:
    """What was measured on one field, for every submission of the batch.

    Parameters
    ----------
    correct : ndarray of bool, shape (batch,)
        Whether every entry is within its tolerance.
    measured, allowed : ndarray of shape (batch,)
        The deciding quantity and its bound: the error of the entry that misses by most tolerances.
    unit : str
        What is measured.
    flat_worst : ndarray of int, shape (batch,)
        The worst entry, counted row by row; `worst` gives its index.
    worst_error : ndarray of shape (batch,)
        Its error.
    indicative : bool
        Whether the worst entry only points, because columns have no identity under the symmetry.
    errors : ndarray of shape (batch, ...)
        Every entry's error (a residual after projection, for a span).
    """

    correct: Array
    measured: Array
    allowed: Array
    unit: str
    flat_worst: Array
    worst_error: Array
    indicative: bool
    errors: Array

    def worst(self, row: int) -> list[int]:
        """Index of the worst entry of one submission, counted from 0 on every axis."""
        return [int(place) for place in np.unravel_index(self.flat_worst[row], self.errors.shape[1:])]


@dataclass(frozen=True)
class Comparison:
    """A batch of answers compared under one symmetry.

    Parameters
    ----------
    symmetry : Symmetry
        The group.
    element : ndarray of shape (batch, ...) or None
        The elements applied, *student = truth g*.
    fields : mapping of str to FieldComparison
        One a field that was answered.
    """

    symmetry: Symmetry
    element: Array | None
    fields: Mapping[str, FieldComparison] = field(default_factory=dict)


def compare(
    answers: Mapping[str, Array],
    truths: Mapping[str, Array],
    tolerances: Mapping[str, Tolerance],
    *,
    symmetry: Symmetry | None = None,
    moves: Mapping[str, Move] | None = None,
    imposed: Array | None = None,
) -> Comparison:
    """Decide for every submission and field whether the answer is the truth up to the symmetry.

    Parameters
    ----------
    answers : mapping of str to ndarray of shape (batch, ...)
        The fields that were answered, by every submission of the batch.
    truths : mapping of str to ndarray of shape (batch or 1, ...)
        The truth of (at least) these fields. A moved axis may be longer than the answer's where a spectrum is
        cut inside a multiplicity and the symmetry says so.
    tolerances : mapping of str to Tolerance
        What an entry may miss by.
    symmetry : Symmetry, optional
        Identity by default.
    moves : mapping of str to Move, optional
        The fields that the symmetry moves, and how; all by the same element.
    imposed : ndarray of shape (batch, ...), optional
        Elements found elsewhere, on a linked question. They are applied as they are.

    Returns
    -------
    Comparison

    Raises
    ------
    ShapeMismatchError
        Where shapes differ: broadcasting is not equality.
    SymmetryError
        Where the symmetry cannot act on the fields.

    Notes
    -----
    ``error <= allowed`` decides, never ``not error > allowed``: NaN is wrong.

    Examples
    --------
    >>> from graders.symmetries import Signs
    >>> truth = {"v": np.array([[[0.6, -0.8], [0.8, 0.6]]])}
    >>> flipped = {"v": truth["v"] * np.array([1.0, -1.0])}
    >>> three = {"v": Tolerance.decimals(3)}
    >>> bool(compare(flipped, truth, three, symmetry=Signs(), moves={"v": Move((1,))}).fields["v"].correct[0])
    True
    >>> bool(compare(flipped, truth, three).fields["v"].correct[0])
    False
    """
    group = symmetry or Identity()
    moved = {name: move for name, move in (moves or {}).items() if name in answers}
    parts = link(answers, truths, moved, tolerances)
    element = imposed if imposed is not None else group.align(parts) if parts else None
    pointing = element
    fields: dict[str, FieldComparison] = {}
    for name, answer in answers.items():
        truth, tolerance = truths[name], tolerances[name]
        if isinstance(group, Span) and name in moved:
            fields[name] = _subspaces(group, answer, truth, tolerance, moved[name])
            continue
        expected = group.act(element, truth, moved[name]) if name in moved else truth
        if expected.shape[1:] != answer.shape[1:] or len(expected) not in (1, len(answer)):
            raise ShapeMismatchError(f"field {name!r} has shape {answer.shape[1:]}; the truth has {truth.shape[1:]}")
        fields[name] = _entries(answer, expected, tolerance)
        if name in moved and not group.columnwise and not fields[name].correct.all():
            if pointing is element:
                pointing = group.indicative(parts, element)
            robust = _entries(answer, group.act(pointing, truth, moved[name]), tolerance)
            fields[name] = replace(
                fields[name],
                flat_worst=robust.flat_worst,
                worst_error=robust.worst_error,
                errors=robust.errors,
                indicative=True,
            )
    return Comparison(group, element, fields)


def _entries(answer: Array, expected: Array, tolerance: Tolerance) -> FieldComparison:
    """Compare entry by entry."""
    batch = len(answer)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(answer - expected)
        allowed = tolerance.allowed(expected)
        within = errors <= allowed
        worst = (errors if tolerance.absolute else errors / allowed).reshape(batch, -1).argmax(axis=1)
    rows = np.arange(batch)
    measured = errors.reshape(batch, -1)[rows, worst]
    if tolerance.absolute and (measured <= tolerance.atol).all():
        shown = np.full(batch, tolerance.atol)
    else:
        nominal, edge = (
            np.broadcast_to(bound, errors.shape).reshape(batch, -1)[rows, worst]
            for bound in (tolerance.nominal(expected), allowed)
        )
        shown = np.where(measured <= nominal, nominal, edge)
    correct = within.reshape(batch, -1).all(axis=1)
    return FieldComparison(correct, measured, shown, LARGEST_ERROR, worst, measured, indicative=False, errors=errors)


def _subspaces(group: Span, answer: Array, truth: Array, tolerance: Tolerance, move: Move) -> FieldComparison:
    """Compare subspaces by the sines of their principal angles; the tolerance bounds a sine."""
    axis = move.axes[0]
    finite = np.isfinite(answer).reshape(len(answer), -1).all(axis=1)
    sines, residual = group.sines(as_columns(tame(answer), axis), as_columns(truth, axis))
    sines = np.where(finite, sines, 1.0)
    bound = np.full(len(answer), float(tolerance.atol))
    distance = np.moveaxis(np.abs(residual).reshape(_moved_shape(answer.shape, axis)), -1, axis + 1)
    worst = distance.reshape(len(answer), -1).argmax(axis=1)
    error = distance.reshape(len(answer), -1)[np.arange(len(answer)), worst]
    correct = sines <= bound
    return FieldComparison(correct, sines, bound, LARGEST_SINE, worst, error, indicative=True, errors=distance)


def _moved_shape(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """The shape with one axis (the batch axis not counted) brought last."""
    return (*(size for place, size in enumerate(shape) if place != axis + 1), shape[axis + 1])
