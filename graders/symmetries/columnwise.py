"""Groups that act column by column: signs, phases and relabellings."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np

from graders.errors import SymmetryError
from graders.linked import Kind, Part
from graders.matching import assign, column_distances, fields_within
from graders.membership import unit_vectors
from graders.orthogonal import Turns, minimax
from graders.symmetries.base import Symmetry, linear_part
from graders.tolerance import Array

__all__ = ["Phase", "Relabelling", "Signs", "better_sign"]


def better_sign(parts: Sequence[Part], sign: Array) -> Array:
    """Keep each column's sign unless the other one brings more of its fields within tolerance.

    A column may be so small that rounding turns its inner product with the truth.
    """
    right = fields_within([part for part in parts if part.sheet.kind != "form"], (1.0, -1.0))
    plus, minus = np.diagonal(right, axis1=2, axis2=3)
    return np.where(plus == minus, sign, np.where(plus > minus, 1.0, -1.0))


def _scale_columns(element: Array | None, truth: Array, kind: Kind) -> Array:
    """Multiply every column by its factor; of a form, the rows by the conjugate as well."""
    if element is None or kind == "magnitude":
        return truth
    if kind == "linear":
        return np.asarray(truth * element[:, None])
    return np.asarray(truth * element.conj()[:, None, :, None] * element[:, None, None])


class Signs(Symmetry):
    """diag(+-1): eigenvectors of a simple spectrum, in its order.

    Notes
    -----
    The start is the sign of the inner product with the true column, +1 where that is zero.

    Examples
    --------
    >>> from graders import Move, Target, Tolerance
    >>> truth = np.array([[[0.6, -0.8], [0.8, 0.6]]])
    >>> target = Target({"V": truth}, {"V": Tolerance.decimals(3)}, Signs(), {"V": Move((1,))})
    >>> target.compare({"V": -truth}).element
    array([[-1., -1.]])
    """

    group = "signs"

    def start(self, parts: Sequence[Part]) -> Array:
        """Signs of shape (batch, k)."""
        linear = linear_part(parts, self.group)
        diagonal = np.diagonal(linear.sheet.leading @ linear.answer, axis1=1, axis2=2)
        return np.where(diagonal.real >= 0, 1.0, -1.0)

    def refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Turn the signs that bring more fields within tolerance."""
        return better_sign(parts, element)

    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:
        """Multiply every column by its sign."""
        return _scale_columns(element, truth, kind)

    def neutral(self, width: int) -> Array:
        """No sign turned."""
        return np.ones((1, width))

    def inverse(self, element: Array) -> Array:
        """The same signs."""
        return element

    def show(self, element: Array) -> list[object]:
        """Signs as whole numbers."""
        return [int(sign) for sign in element]


class Phase(Symmetry):
    """U(1) on each column: complex eigenvectors.

    Notes
    -----
    The start is the phase of the complex inner product. A phase turns the real and the imaginary part of a column
    like the two columns of a real matrix, so that a column beyond its tolerance is refined as a plane rotation is.
    """

    group = "phase"

    def start(self, parts: Sequence[Part]) -> Array:
        """Unit complex numbers of shape (batch, k)."""
        linear = linear_part(parts, self.group)
        inner = np.diagonal(linear.sheet.leading @ linear.answer, axis1=1, axis2=2).astype(complex)
        unit, shown = unit_vectors(inner.reshape(-1, 1))
        return np.where(shown, unit[:, 0], 1.0).reshape(inner.shape)

    def refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Refine every column by itself."""
        linear = linear_part(parts, self.group)
        phases = element.copy()
        for column in range(phases.shape[1]):
            phase = phases[:, column]
            turn = np.array([[phase.real, phase.imag], [-phase.imag, phase.real]]).transpose(2, 0, 1)
            refined = minimax([_plane(linear, column)], turn, Turns([slice(0, 2)]))
            phases[:, column] = refined[:, 0, 0] + 1j * refined[:, 0, 1]
        return phases

    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:
        """Multiply every column by its phase."""
        return _scale_columns(element, truth, kind)

    def neutral(self, width: int) -> Array:
        """No phase turned."""
        return np.ones((1, width), dtype=complex)

    def inverse(self, element: Array) -> Array:
        """The conjugate phases."""
        return element.conj()

    def show(self, element: Array) -> list[object]:
        """Real and imaginary parts."""
        return [{"re": float(phase.real), "im": float(phase.imag)} for phase in element]


def _plane(part: Part, column: int) -> Part:
    """One complex column as a real matrix of two."""

    def plane(array: Array) -> Array:
        return np.stack([array[:, :, column].real, array[:, :, column].imag], axis=2)

    return Part(replace(part.sheet, truth=plane(part.truth)), plane(part.answer))


@lru_cache(maxsize=256)
def _ruled_out(size: int, pinned: tuple[int, ...]) -> Array:
    """The pairs of components that pinning excludes."""
    pins = list(pinned)
    held = np.zeros((size, size), dtype=bool)
    held[pins, :] = held[:, pins] = True
    held[pins, pins] = False
    return held


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

    @property
    def kin(self) -> Hashable:
        """The same components pinned."""
        return self

    def start(self, parts: Sequence[Part]) -> Array:
        """Permutations of shape (batch, k): the student's component j is the truth's component p[j]."""
        (distance,) = column_distances(self._matched(parts))
        return self._assign(distance, 1.0)

    def refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Take the pairing that brings most fields of most components within tolerance, and then the nearest."""
        matched = self._matched(parts)
        (right,) = fields_within(matched)
        if not right.any():
            return element
        (distance,) = column_distances(matched)
        step = 1.0 + distance.shape[1] * float(distance.max(initial=0.0))
        return self._assign(distance - step * right, step * (1 + float(right.max(initial=0))))

    def neutral(self, width: int) -> Array:
        """Every component keeps its number."""
        return np.arange(width)[None]

    def inverse(self, element: Array) -> Array:
        """The inverse permutations."""
        return element.argsort(axis=1)

    def _matched(self, parts: Sequence[Part]) -> list[Part]:
        matched = [part for part in parts if part.sheet.kind != "form"]
        if not matched:
            raise SymmetryError("relabelling needs a field that it moves on one axis")
        return matched

    def _assign(self, cost: Array, step: float) -> Array:
        """Assign at least cost, without the pairs that the labels rule out."""
        if self.pinned:
            size = cost.shape[1]
            cost = np.where(_ruled_out(size, self.pinned), 2.0 * size * (step + float(cost.max(initial=0.0))), cost)
        return assign(cost)

    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:
        """Reorder the components."""
        if element is None:
            return truth
        if kind != "form":
            if len(truth) == 1:
                return np.asarray(truth[0][:, element].swapaxes(0, 1))
            return np.take_along_axis(truth, element[:, None], axis=2)
        full = np.broadcast_to(truth, (len(element), *truth.shape[1:]))
        rows = np.take_along_axis(full, element[:, None, :, None], axis=2)
        return np.take_along_axis(rows, element[:, None, None], axis=3)
