"""Groups that act column by column: signs, phases and relabellings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.errors import SymmetryError
from graders.linked import Move, Part, gram
from graders.matching import assign, column_distances
from graders.symmetries.base import Symmetry, linear_parts
from graders.tolerance import Array

__all__ = ["Phase", "Relabelling", "Signs", "better_sign"]


def better_sign(parts: Sequence[Part], sign: Array) -> Array:
    """Keep each column's sign unless the other one brings more of its fields within tolerance.

    A column may be so small that rounding turns its inner product with the truth.
    """
    right, _ = column_distances([part for part in parts if not part.quadratic], (1.0, -1.0))
    plus, minus = np.diagonal(right, axis1=2, axis2=3)
    return np.where(plus == minus, sign, np.where(plus > minus, 1.0, -1.0))


def _scale_columns(truth: Array, factor: Array, move: Move) -> Array:
    """Multiply the moved axes by a factor for each column (its conjugate on the first of two axes)."""
    scaled = truth
    for place, axis in enumerate(move.axes):
        shape = [len(factor)] + [1] * (truth.ndim - 1)
        shape[axis + 1] = factor.shape[1]
        conjugated = len(move.axes) == 2 and place == 0
        scaled = scaled * (factor.conj() if conjugated else factor).reshape(shape)
    return scaled


class Signs(Symmetry):
    """diag(+-1): eigenvectors of a simple spectrum, in its order.

    Notes
    -----
    The start is the sign of the inner product with the true column, +1 where that is zero.

    Examples
    --------
    >>> from graders.tolerance import Tolerance
    >>> from graders.linked import link
    >>> truth = np.array([[[0.6, -0.8], [0.8, 0.6]]])
    >>> parts = link({"V": -truth}, {"V": truth}, {"V": Move((1,))}, {"V": Tolerance.decimals(3)})
    >>> Signs().align(parts)
    array([[-1., -1.]])
    """

    group = "signs"

    def align(self, parts: Sequence[Part]) -> Array:
        """Signs of shape (batch, k)."""
        diagonal = np.diagonal(gram(linear_parts(parts, self.group)), axis1=1, axis2=2)
        return better_sign(parts, np.where(diagonal.real >= 0, 1.0, -1.0))

    def act(self, element: Array | None, truth: Array, move: Move) -> Array:
        """Multiply every column by its sign."""
        return truth if element is None or move.magnitude else _scale_columns(truth, element, move)

    def show(self, element: Array) -> list[object]:
        """Signs as whole numbers."""
        return [int(sign) for sign in element]


class Phase(Symmetry):
    """U(1) on each column: complex eigenvectors.

    Notes
    -----
    The start is the phase of the complex inner product. An entry is within its tolerance for the angles of one
    arc, ``4 |a| |t| sin(angle / 2)^2 <= allowed^2 - (|a| - |t|)^2``. Where the arcs of a column have an angle in
    common the middle of it is taken, so that no phase that would do is missed.
    """

    group = "phase"

    def align(self, parts: Sequence[Part]) -> Array:
        """Unit complex numbers of shape (batch, k)."""
        linear = linear_parts(parts, self.group)
        inner = np.diagonal(gram(linear), axis1=1, axis2=2).astype(complex)
        size = np.abs(inner)
        start = np.where(size > 0, inner / np.where(size > 0, size, 1.0), 1.0)
        low, high = np.full(start.shape, -np.pi), np.full(start.shape, np.pi)
        for part in linear:
            lower, upper = _arcs(part, part.truth * start[:, None])
            low, high = np.maximum(low, lower.max(axis=1)), np.minimum(high, upper.min(axis=1))
        turn = np.where((low <= high) & ((low > 0) | (high < 0)), (low + high) / 2.0, 0.0)
        return np.asarray(start * np.exp(1j * turn))

    def act(self, element: Array | None, truth: Array, move: Move) -> Array:
        """Multiply every column by its phase."""
        return truth if element is None or move.magnitude else _scale_columns(truth, element, move)

    def show(self, element: Array) -> list[object]:
        """Real and imaginary parts."""
        return [{"re": float(phase.real), "im": float(phase.imag)} for phase in element]


def _arcs(part: Part, truth: Array) -> tuple[Array, Array]:
    """The angles by which each true entry may still be turned; an empty arc has its ends at the middle."""
    answer = part.answer
    centre = np.angle(answer * truth.conj())
    room = part.tolerance.allowed(truth) ** 2 - (np.abs(answer) - np.abs(truth)) ** 2
    spread = 4.0 * np.abs(answer) * np.abs(truth)
    share = np.clip(room, 0.0, None) / np.where(spread > 0, spread, 1.0)
    half = np.where((spread == 0) | (share >= 1.0), 2.0 * np.pi, 2.0 * np.arcsin(np.sqrt(np.minimum(share, 1.0))))
    return centre - half, centre + half


@dataclass(frozen=True)
class Relabelling(Symmetry):
    """Permutations of the components that no label pins: mixtures and clusters.

    Parameters
    ----------
    pinned : tuple of int
        Components, counted from 0, that the data's labels identify.

    Notes
    -----
    One linear assignment over all linked fields. The pairing that brings most fields of most components within
    tolerance wins; among equals the one of least squared distance, in tolerances and clipped entry by entry.
    """

    pinned: tuple[int, ...] = ()
    group: ClassVar[str] = "relabelling"

    def align(self, parts: Sequence[Part]) -> Array:
        """Permutations of shape (batch, k): the student's component j is the truth's component p[j]."""
        matched = [part for part in parts if not part.quadratic]
        if not matched:
            raise SymmetryError("relabelling needs a field that it moves on one axis")
        (right,), (distance,) = column_distances(matched)
        size = distance.shape[1]
        step = 1.0 + size * float(distance.max(initial=0.0))
        cost = distance - step * right
        if self.pinned:
            pins = list(self.pinned)
            held = np.zeros((size, size), dtype=bool)
            held[pins, :] = held[:, pins] = True
            held[pins, pins] = False
            cost = np.where(held, 2.0 * size * step * (1 + len(matched)), cost)
        return assign(cost)

    def act(self, element: Array | None, truth: Array, move: Move) -> Array:
        """Reorder the components."""
        if element is None:
            return truth
        moved = truth
        for axis in move.axes:
            shape = [len(element)] + [1] * (truth.ndim - 1)
            shape[axis + 1] = element.shape[1]
            full = np.broadcast_to(moved, (len(element), *moved.shape[1:]))
            moved = np.take_along_axis(full, element.reshape(shape), axis=axis + 1)
        return moved
