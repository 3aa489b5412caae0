"""Matrices of whole numbers with a property that holds exactly: rank, inverse, shape of the zeros, eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reference.arrays import Integers, Record, check_choice, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import whole_range

__all__ = [
    "Eigenvalues",
    "Matrix",
    "invertible_matrix",
    "matrix_of_rank",
    "matrix_with_eigenvalues",
    "symmetric_matrix",
    "triangular_matrix",
]

_MAX_SIDE = 100
_MAX_INVERTIBLE = 20  # whose determinants are computed in whole numbers of any size
_MAX_SIMILAR = 6


@dataclass(frozen=True, eq=False)
class Matrix(Record):
    """A matrix.

    Parameters
    ----------
    A : ndarray of shape (m, n)
        Whole numbers.
    """

    A: Integers


@dataclass(frozen=True, eq=False)
class Eigenvalues(Record):
    """A diagonalisable matrix and its eigenvalues.

    Parameters
    ----------
    A : ndarray of shape (n, n)
        Whole numbers.
    eigenvalues : ndarray of shape (n,)
        Distinct whole numbers, in ascending order.
    """

    A: Integers
    eigenvalues: Integers


def matrix_of_rank(
    rng: np.random.Generator,
    /,
    *,
    n_rows: int = 4,
    n_columns: int = 4,
    rank: int = 2,
    low: int = -2,
    high: int = 2,
) -> Matrix:
    """Draw a matrix whose rank is exactly a given one.

    Parameters
    ----------
    rng : Generator
    n_rows, n_columns : int
        From 1 to 100.
    rank : int
        From 1 to the smaller of them.
    low, high : int
        Bounds of the entries of its factors, both included. Its own are larger by up to `rank` times their squares.

    Returns
    -------
    Matrix

    Raises
    ------
    InvalidInputError
        Where there is no such matrix, or it is too large.

    Notes
    -----
    A product B C of whole numbers. B, of shape (n_rows, rank), has as many rows as its rank with 1 on the diagonal
    and 0 above it; its other entries are independent and uniform, its rows in uniform order. C is the transpose of
    such a matrix. So the rank needs no tolerance.

    Examples
    --------
    >>> matrix_of_rank(np.random.default_rng(0), n_rows=3, n_columns=3, rank=1).A.tolist()
    [[-2, -2, 1], [0, 0, 0], [-2, -2, 1]]
    """
    check_whole("n_rows", n_rows, 1, _MAX_SIDE)
    check_whole("n_columns", n_columns, 1, _MAX_SIDE)
    check_whole(f"the rank of {n_rows} rows and {n_columns} columns", rank, 1, min(n_rows, n_columns))
    whole_range(low, high)
    left = _independent_columns(rng, n_rows, rank, low, high)
    return Matrix(left @ _independent_columns(rng, n_columns, rank, low, high).T)


def _independent_columns(rng: np.random.Generator, rows: int, columns: int, low: int, high: int) -> Integers:
    """A matrix that contains a unit lower triangle, its rows in any order."""
    drawn = np.tril(rng.integers(low, high + 1, size=(rows, columns)), -1) + np.eye(rows, columns, dtype=np.intp)
    return np.asarray(drawn[rng.permutation(rows)])


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
    """Whether the determinant is not 0, by elimination without fractions."""
    size = len(rows)
    for step in range(size):
        pivot = next((row for row in range(step, size) if rows[row][step]), None)
        if pivot is None:
            return False
        rows[step], rows[pivot] = rows[pivot], rows[step]
        for row in range(step + 1, size):
            first, top = rows[row][step], rows[step]
            rows[row] = [top[step] * entry - first * above for entry, above in zip(rows[row], top, strict=True)]
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


def matrix_with_eigenvalues(
    rng: np.random.Generator, /, *, size: int = 3, low: int = 1, high: int = 6, separation: int = 1
) -> Eigenvalues:
    """Draw a square matrix whose eigenvalues are distinct whole numbers.

    Parameters
    ----------
    rng : Generator
    size : int
        From 1 to 6.
    low, high : int
        Bounds of the eigenvalues, both included.
    separation : int
        The least that two eigenvalues are apart.

    Returns
    -------
    Eigenvalues

    Raises
    ------
    InvalidInputError
        Where an option is out of range, or so many eigenvalues do not fit between the bounds.

    Notes
    -----
    P diag(eigenvalues) P^{-1} with P = L U, where L and U have 1 on the diagonal and -1, 0 or 1, uniformly, below and
    above it: all in whole numbers, since P has an inverse in them. The eigenvalues are uniform among the sets with that
    separation, in uniform order on the diagonal.

    Examples
    --------
    >>> found = matrix_with_eigenvalues(np.random.default_rng(0), size=2)
    >>> found.A.tolist(), found.eigenvalues.tolist()
    ([[3, 0], [-1, 4]], [3, 4])
    """
    check_whole("size", size, 1, _MAX_SIMILAR)
    whole_range(low, high)
    chosen = spaced(rng, size, low, high, separation)
    lower, upper = (np.tril(rng.integers(-1, 2, size=(size, size)), -1) + np.eye(size, dtype=np.intp) for _ in "LU")
    P = lower @ upper.T
    inverse = _unit_inverse(upper).T @ _unit_inverse(lower)
    return Eigenvalues(P @ np.diag(chosen[rng.permutation(size)]) @ inverse, chosen)


def spaced(rng: np.random.Generator, count: int, low: int, high: int, separation: int) -> Integers:
    """Draw whole numbers in ascending order, uniformly among the sets whose members are far enough apart.

    Raises
    ------
    InvalidInputError
        Where so many do not fit, or the separation is no whole number of at least 1.
    """
    check_whole("separation", separation, 1)
    room = high - low + 1 - (count - 1) * (separation - 1)
    if room < count:
        raise InvalidInputError(
            f"{count} numbers from {low} to {high} cannot be {separation} apart; wanted a wider range or fewer of them"
        )
    positions = np.sort(rng.permutation(room)[:count])
    return np.asarray(low + positions + (separation - 1) * np.arange(count))


def _unit_inverse(lower: Integers) -> Integers:
    """The inverse of a unit lower triangle, in whole numbers: (I + N)^{-1} = I - N + N^2 - ..., which ends."""
    size = len(lower)
    nilpotent = np.eye(size, dtype=np.intp) - lower
    inverse = np.eye(size, dtype=np.intp)
    for _ in range(size - 1):
        inverse = np.eye(size, dtype=np.intp) + nilpotent @ inverse
    return inverse
