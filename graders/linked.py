"""The fields that one symmetry element moves together, brought into one form.

A symmetry acts on one axis of each field that it moves. Bring that axis last and flatten the rest: every
field is then a matrix of rows by components, and all that an alignment needs is a few such matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graders.errors import ShapeMismatchError, SymmetryError
from graders.tolerance import Array, Tolerance

__all__ = ["Move", "Part", "as_columns", "gram", "link", "stack", "tame"]

_WILD = 1e100  # no true entry is near it, and its square times a million rows is still finite


@dataclass(frozen=True)
class Move:
    """How a symmetry element g moves a field.

    Parameters
    ----------
    axes : tuple of int
        The axis of the field (the batch axis not counted) that g acts on from the right; two axes for a
        quadratic form such as Sigma under a rotation, which becomes g' Sigma g.
    magnitude : bool
        Move by the entrywise squares of g instead: order without sign, as eigenvalues do. For a signed
        permutation these are |g|; inside a block of equal eigenvalues they still average equal numbers.

    Examples
    --------
    >>> Move((1,))
    Move(axes=(1,), magnitude=False)
    """

    axes: tuple[int, ...]
    magnitude: bool = False

    def __post_init__(self) -> None:
        if len(self.axes) not in (1, 2) or len(set(self.axes)) != len(self.axes):
            raise SymmetryError(f"a field is moved on one axis or on two different ones; got {self.axes}")
        if self.magnitude and len(self.axes) == 2:
            raise SymmetryError("a field moved on two axes cannot move by magnitude")


@dataclass(frozen=True)
class Part:
    """One moved field in the common form.

    Parameters
    ----------
    answer : ndarray of shape (batch, rows, k)
        The student's field, finite: wild and missing numbers are tamed for the alignment only.
    truth : ndarray of shape (batch or 1, rows, kt)
        The true field, with kt >= k columns where the spectrum is cut inside a multiplicity.
    tolerance : Tolerance
        What an entry may miss by.
    move : Move
        How the symmetry element moves it.
    """

    answer: Array
    truth: Array
    tolerance: Tolerance
    move: Move

    @property
    def linear(self) -> bool:
        """Whether the field depends linearly on g, so that it helps to find g."""
        return len(self.move.axes) == 1 and not self.move.magnitude

    @property
    def quadratic(self) -> bool:
        """Whether g acts on two axes of the field."""
        return len(self.move.axes) == 2

    def take(self, rows: Array) -> Part:
        """Keep some submissions of the batch."""
        truth = self.truth if len(self.truth) == 1 else self.truth[rows]
        return Part(self.answer[rows], truth, self.tolerance, self.move)


def tame(answer: Array) -> Array:
    """Make every entry finite and no larger than 1e100, so that sums of squares stay finite.

    Only alignments see the result; verdicts compare the answer itself.
    """
    if answer.size and float(np.abs(answer).max()) <= _WILD:  # false for NaN
        return answer
    if answer.dtype.kind == "c":
        tamed: Array = tame(answer.real) + 1j * tame(answer.imag)
        return tamed
    return np.asarray(np.clip(np.nan_to_num(answer, nan=0.0), -_WILD, _WILD))


def as_columns(array: Array, axis: int) -> Array:
    """Bring one axis (the batch axis not counted) last and flatten the others.

    Examples
    --------
    >>> as_columns(np.zeros((5, 4, 2, 2)), 0).shape
    (5, 4, 4)
    """
    order = (*(place for place in range(array.ndim) if place != axis + 1), axis + 1)
    moved = array.transpose(order)
    return moved.reshape(len(array), -1, moved.shape[-1])


def link(
    answers: Mapping[str, Array],
    truths: Mapping[str, Array],
    moves: Mapping[str, Move],
    tolerances: Mapping[str, Tolerance],
) -> list[Part]:
    """Collect the moved fields that were answered.

    Raises
    ------
    ShapeMismatchError
        Where an answer's shape is not the truth's (other than in the number of columns of a cut spectrum).
    SymmetryError
        Where a field has fewer axes than the move names.
    """
    parts = []
    for name, move in moves.items():
        if name not in answers:
            continue
        answer, truth = answers[name], truths[name]
        if max(move.axes) >= truth.ndim - 1:
            raise SymmetryError(f"field {name!r} has {truth.ndim - 1} axes and cannot be moved on {move.axes}")
        _check_shape(name, answer, truth, move)
        if len(move.axes) == 1:
            answer, truth = as_columns(answer, move.axes[0]), as_columns(truth, move.axes[0])
        parts.append(Part(tame(answer), truth, tolerances[name], move))
    return parts


def _check_shape(name: str, answer: Array, truth: Array, move: Move) -> None:
    wanted, arrived = truth.shape[1:], answer.shape[1:]
    fits = len(wanted) == len(arrived) and all(
        (a <= w) if axis in move.axes else (a == w) for axis, (a, w) in enumerate(zip(arrived, wanted, strict=True))
    )
    if not fits or len({answer.shape[1 + axis] for axis in move.axes}) != 1:
        raise ShapeMismatchError(f"field {name!r} has shape {arrived}; the truth has {wanted}")
    if len(truth) not in (1, len(answer)):
        raise ShapeMismatchError(f"field {name!r} has {len(answer)} answers and {len(truth)} truths")


def stack(parts: Sequence[Part]) -> tuple[Array, Array]:
    """Write the rows of all fields below each other, each field in units of its own tolerance.

    What is asked more sharply counts more in a least-squares alignment.

    Returns
    -------
    truth : ndarray of shape (batch or 1, rows, kt)
    answer : ndarray of shape (batch, rows, k)
    """
    if len(parts) == 1:
        return parts[0].truth, parts[0].answer
    tiny = np.finfo(np.float64).tiny
    scales = [max(float(np.mean(part.tolerance.nominal(part.truth))), tiny) for part in parts]
    weights = [min(scales) / scale for scale in scales]
    batch = max(len(part.truth) for part in parts)
    truths = [np.broadcast_to(p.truth * w, (batch, *p.truth.shape[1:])) for p, w in zip(parts, weights, strict=True)]
    return (
        np.concatenate(truths, axis=1),
        np.concatenate([p.answer * w for p, w in zip(parts, weights, strict=True)], axis=1),
    )


def gram(parts: Sequence[Part]) -> Array:
    """The small matrix M = sum_f w_f T_f^H A_f that most alignments start from; shape (batch, kt, k)."""
    truth, answer = stack(parts)
    return np.asarray(truth.conj().swapaxes(1, 2) @ answer)
