"""The generalised eigenproblem L psi = lambda D psi of a graph Laplacian, its trivial part written down."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.csgraph import connected_components

from reference.arrays import Array, as_array, as_square, working_precision
from reference.errors import InvalidInputError, IsolatedVertexError, NotLaplacianError

__all__ = ["check_degrees", "end_of_eigenspace", "read_pencil", "solve", "trivial_eigenvectors"]

_EQUAL = 1e-10  # eigenvalues closer than this share of the largest span one eigenspace
_ROW_SUM = 1e-6  # rows of a Laplacian sum to zero to this share of the largest entry


def check_degrees(degrees: Array) -> None:
    """Refuse degrees that one cannot divide by.

    Raises
    ------
    IsolatedVertexError
        Where a degree is not positive.
    """
    isolated = np.flatnonzero(~(degrees > 0))
    if isolated.size:
        raise IsolatedVertexError(
            f"rows {isolated.tolist()} have the degrees {degrees[isolated].tolist()}; wanted positive ones, "
            "so leave isolated vertices out"
        )


def read_pencil(L: ArrayLike, D: ArrayLike) -> tuple[Array, Array]:
    """Read the symmetric part of L, of shape (n, n), and the degrees on the diagonal of D, of shape (n,).

    Raises
    ------
    InvalidInputError
        Where they are no finite square matrices of one size, or D is not diagonal.
    NotLaplacianError
        Where a row of the symmetric part of L does not sum to zero.
    IsolatedVertexError
        Where a degree is not positive.
    """
    given = as_square("L", L)
    constraint = as_array("D", D, len(given), len(given))
    degrees = np.diag(constraint).copy()
    if np.any(constraint != np.diag(degrees)):
        raise InvalidInputError("D has entries off its diagonal; wanted a diagonal matrix of degrees")
    check_degrees(degrees)
    with working_precision():
        quadratic = given / 2 + given.T / 2
        sums = np.abs(quadratic.sum(axis=1))
        if not np.all(sums <= _ROW_SUM * np.abs(quadratic).max()):
            raise NotLaplacianError(
                f"row {int(sums.argmax())} of L sums to {sums.max():.3g}; wanted rows that sum to 0"
            )
    return quadratic, degrees


def trivial_eigenvectors(quadratic: Array, degrees: Array) -> Array:
    """Take one D-normalised indicator a connected component of the pattern of L.

    Returns
    -------
    ndarray of shape (n, c)
    """
    count, membership = connected_components(quadratic != 0, directed=False)
    indicators = (membership[:, None] == np.arange(count)).astype(np.float64)
    return np.asarray(indicators / np.sqrt(degrees @ indicators))


def solve(quadratic: Array, degrees: Array, trivial: Array, *, drop_trivial: bool) -> tuple[Array, Array]:
    """Solve in the D-complement of the trivial eigenvectors, and merge those back unless dropped.

    Returns
    -------
    spectrum : ndarray of shape (m,)
        Ascending eigenvalues.
    vectors : ndarray of shape (n, m)
        Their D-orthonormal eigenvectors as columns.
    """
    root = np.sqrt(degrees)
    standard = quadratic / root[:, None] / root
    count = trivial.shape[1]
    complement = np.linalg.qr(root[:, None] * trivial, mode="complete").Q[:, count:]
    values, vectors = np.linalg.eigh(complement.T @ standard @ complement)
    others = (complement @ vectors) / root[:, None]
    if drop_trivial:
        return values, others
    values = np.concatenate([np.zeros(count), values])
    order = np.argsort(values, kind="stable")
    return values[order], np.hstack([trivial, others])[:, order]


def end_of_eigenspace(spectrum: Array, cut: int) -> int:
    """Count the columns up to the end of the eigenspace that column `cut` belongs to.

    Examples
    --------
    >>> end_of_eigenspace(np.array([0.0, 1.0, 1.0, 2.0]), 2)
    3
    """
    near = _EQUAL * np.abs(spectrum).max()
    end = cut
    while end < len(spectrum) and spectrum[end] - spectrum[end - 1] <= near:
        end += 1
    return end
