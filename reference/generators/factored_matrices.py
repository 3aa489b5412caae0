"""Matrices made of factors of whole numbers, so that their rank or their eigenvalues are exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.arrays import Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import whole_range
from reference.generators.matrices import Matrix

__all__ = ["Eigenvalues", "matrix_of_rank", "matrix_with_eigenvalues", "spaced"]

_MAX_SIDE = 100
_MAX_SIMILAR = 6


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
