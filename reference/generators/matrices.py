"""Matrices of whole numbers drawn entry by entry: invertible, triangular or symmetric ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reference.arrays import Integers, Record, check_choice, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import whole_range

__all__ = ["Matrix", "invertible_matrix", "symmetric_matrix", "triangular_matrix"]

_MAX_SIDE = 100
_MAX_INVERTIBLE = 20  # whose determinants are computed in whole numbers of any size


@dataclass(frozen=True, eq=False)
class Matrix(Record):
    """A matrix.

    Parameters
    ----------
    A : ndarray of shape (m, n)
        Whole numbers.
    """

    A: Integers


def invertible_matrix(rng: np.random.Generator, /, *, size: int = 3, low: int = 0, high: int = 4) -> Matrix:
    """Draw a square matrix that has an inverse.

    Parameters
    ----------
    rng : Generator
    size : int
        From 1 to 20.
    low, high : int
        Bounds of the entries, both included.

    Returns
    -------
    Matrix

    Raises
    ------
    InvalidInputError
        Where no matrix with such entries has an inverse, or it is too large.

    Notes
    -----
    Uniform among all matrices with such entries and a determinant, computed in whole numbers, other than 0. Whether the
    matrix is well conditioned is another matter.

    Examples
    --------
    >>> invertible_matrix(np.random.default_rng(0), size=2).A.tolist()
    [[4, 3], [2, 1]]
    """
    check_whole("size", size, 1, _MAX_INVERTIBLE)
    whole_range(low, high)
    if low == high and (size > 1 or low == 0):
        raise InvalidInputError(
            f"low and high are both {low}, and no matrix of {size} rows of them has an inverse; wanted a wider range"
        )
    while True:  # more than a quarter of the matrices with two different entries have an inverse
        drawn = rng.integers(low, high + 1, size=(size, size))
        if _invertible(drawn.tolist()):
            return Matrix(drawn)


def _invertible(rows: list[list[int]]) -> bool:
    """Whether the determinant is not 0, by Bareiss's elimination without fractions, whose divisions are exact."""
    size, before = len(rows), 1
    for step in range(size):
        pivot = next((row for row in range(step, size) if rows[row][step]), None)
        if pivot is None:
            return False
        rows[step], rows[pivot] = rows[pivot], rows[step]
        top = rows[step]
        for row in range(step + 1, size):
            first = rows[row][step]
            rows[row] = [
                (top[step] * entry - first * above) // before for entry, above in zip(rows[row], top, strict=True)
            ]
        before = top[step]
    return True


def triangular_matrix(
    rng: np.random.Generator,
    /,
    *,
    size: int = 3,
    low: int = -4,
    high: int = 4,
    part: Literal["lower", "upper"] = "lower",
    diagonal: Literal["positive", "unit"] = "positive",
) -> Matrix:
    """Draw a triangular matrix that has an inverse.

    Parameters
    ----------
    rng : Generator
    size : int
        From 1 to 100.
    low, high : int
        Bounds of the entries, both included; with a positive diagonal, `high` is at least 1.
    part : {"lower", "upper"}
        Where entries other than 0 are.
    diagonal : {"positive", "unit"}
        Whether the diagonal is drawn from 1 to `high`, or is 1.

    Returns
    -------
    Matrix

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Independent and uniform entries.

    Examples
    --------
    >>> triangular_matrix(np.random.default_rng(0), size=2, diagonal="unit").A.tolist()
    [[1, 0], [0, 1]]
    """
    check_whole("size", size, 1, _MAX_SIDE)
    whole_range(low, high)
    check_choice("part", part, ("lower", "upper"))
    check_choice("diagonal", diagonal, ("positive", "unit"))
    if diagonal == "positive":
        check_whole("high, with a positive diagonal,", high, 1)
    below = np.tril(rng.integers(low, high + 1, size=(size, size)), -1)
    top = rng.integers(1, high + 1, size=size) if diagonal == "positive" else np.ones(size, dtype=np.intp)
    lower = below + np.diag(top)
    return Matrix(lower if part == "lower" else lower.T)


def symmetric_matrix(rng: np.random.Generator, /, *, size: int = 3, low: int = -4, high: int = 4) -> Matrix:
    """Draw a symmetric matrix.

    Parameters
    ----------
    rng : Generator
    size : int
        From 1 to 100.
    low, high : int
        Bounds of the entries, both included.

    Returns
    -------
    Matrix

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    The entries on and below the diagonal are independent and uniform.

    Examples
    --------
    >>> symmetric_matrix(np.random.default_rng(0), size=2).A.tolist()
    [[3, 0], [0, -2]]
    """
    check_whole("size", size, 1, _MAX_SIDE)
    whole_range(low, high)
    lower = np.tril(rng.integers(low, high + 1, size=(size, size)))
    return Matrix(lower + np.tril(lower, -1).T)
