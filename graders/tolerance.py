"""How far an entry may lie from the truth and still be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["EDGE", "EXACT", "WHOLE", "Array", "Tolerance", "entry_errors"]

Array: TypeAlias = NDArray[Any]

_EPS = float(np.finfo(np.float64).eps)
EDGE = 4.0 * _EPS  # representing the answer and the truth, subtracting them, and the bound itself
_LARGEST = float(np.finfo(np.float64).max) / 4  # what a bound may be: more would leave nothing to refuse
_ZERO_ULPS = 64.0  # what a solver leaves of an entry that is zero in exact arithmetic


def entry_errors(answer: Array, expected: Array) -> Array:
    """How far every entry is from the truth; of a complex one, the part that is further.

    A number that was rounded to three decimals has both its parts rounded, so that it is its parts that are compared.

    Examples
    --------
    >>> entry_errors(np.array([3.0 + 4.0j]), np.array([0.0j]))
    array([4.])
    """
    if answer.dtype.kind in "iub":  # whole numbers would wrap around
        answer = answer.astype(np.float64)
    difference = answer - expected
    if difference.dtype.kind != "c":
        return np.asarray(np.abs(difference))
    return np.asarray(np.maximum(np.abs(difference.real), np.abs(difference.imag)))


@dataclass(frozen=True)
class Tolerance:
    """The largest error that an entry of a field may have.

    An entry is right when ``|answer - truth| <= max(atol, rtol |truth|, significant digits)``, plus a few
    units in the last place, so that the edge itself is right whatever way the floats fall.

    Parameters
    ----------
    atol : float
        Absolute tolerance, in the field's own unit.
    rtol : float
        Relative tolerance, as a fraction of the true entry.
    significant : int, optional
        The number of significant digits that have to be right.
    factor : float
        What half a unit of the last significant digit is multiplied by.
    whole : bool
        Whether entries are whole numbers, which doubles hold exactly: nothing is added for rounding.

    Notes
    -----
    Relative tolerances have no meaning at zero: there an entry may miss by 64 units in the last place of
    the field's largest entry (of 1 where the whole field is zero), and by no more. A true 0 is met by 1e-17;
    a true 5e-9 is not met by 1e-9.

    Examples
    --------
    >>> bool(Tolerance.decimals(3).accepts(5.4725, 5.472))
    True
    >>> bool(Tolerance.decimals(3).accepts(5.4726, 5.472))
    False
    """

    atol: float = 0.0
    rtol: float = 0.0
    significant: int | None = None
    factor: float = 1.0
    whole: bool = False

    def __post_init__(self) -> None:
        if not (0.0 <= self.atol < np.inf and 0.0 <= self.rtol < np.inf):
            raise ValueError(f"a tolerance is finite and not negative; got atol={self.atol}, rtol={self.rtol}")
        if self.significant is not None and self.significant < 1:
            raise ValueError(f"significant digits are counted from 1; got {self.significant}")

    @classmethod
    def decimals(cls, count: int) -> Tolerance:
        """Right to `count` decimals: an absolute error of half a unit of the last one."""
        return cls(atol=0.5 * 10.0**-count)

    @classmethod
    def digits(cls, count: int) -> Tolerance:
        """Right to `count` significant digits of the true entry."""
        return cls(significant=count)

    def widened(self, factor: float) -> Tolerance:
        """A tolerance so many times as wide; of significant digits, relative to the entry's leading digit."""
        return Tolerance(self.atol * factor, self.rtol * factor, self.significant, self.factor * factor, self.whole)

    @property
    def edge(self) -> float:
        """The share of an entry by which it may miss for rounding alone."""
        return 0.0 if self.whole else EDGE

    @property
    def absolute(self) -> bool:
        """Whether the bound is the same for every entry."""
        return not self.rtol and self.significant is None

    def nominal(self, expected: Array) -> Array:
        """The bound as its author wrote it, entry by entry.

        Parameters
        ----------
        expected : ndarray of shape (batch, ...)
            The truth.

        Returns
        -------
        ndarray
            Of the same shape, or a scalar where the bound is the same everywhere.
        """
        if self.absolute:
            return np.asarray(self.atol)
        size = np.abs(expected)
        with np.errstate(over="ignore"):
            bound = np.maximum(self.atol, np.minimum(self.rtol * size, _LARGEST))
        if self.significant is not None:
            with np.errstate(divide="ignore"):
                exponent = np.floor(np.log10(size))
            unit = np.where(size > 0, 10.0 ** np.where(size > 0, exponent - self.significant + 1, 0.0), 0.0)
            bound = np.maximum(bound, 0.5 * self.factor * unit)
        axes = tuple(range(1, size.ndim))
        scale = size.max(axis=axes, keepdims=True, initial=0.0) if axes else size
        floor: Array = _ZERO_ULPS * _EPS * np.where(scale > 0, scale, 1.0)
        return np.maximum(bound, floor)

    def slack(self, expected: Array) -> Array:
        """What floating point may add at the very edge: a few units in the last place."""
        return np.asarray(self.edge * np.abs(expected) + EDGE * self.nominal(expected))

    def allowed(self, expected: Array) -> Array:
        """The bound that decides: the nominal one and its slack."""
        return np.asarray(self.nominal(expected) + self.slack(expected))

    def accepts(self, answer: Array | float, expected: Array | float) -> Array:
        """Say entry by entry whether an answer without symmetry is right; NaN never is."""
        truth = np.asarray(expected)
        result: Array = entry_errors(np.asarray(answer), truth) <= self.allowed(truth)
        return result


EXACT = Tolerance(atol=1e-9)
"""For adjacency matrices and other quantities that everybody can write down exactly."""

WHOLE = Tolerance(atol=1e-9, whole=True)
"""For whole numbers of any size up to 2**53: off by one is wrong."""
