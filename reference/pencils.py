"""The eigenproblems of a graph Laplacian L and its degrees D, their trivial part written down."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.csgraph import connected_components

from reference.arrays import Array, as_array, as_square, working_precision
from reference.errors import InvalidInputError, IsolatedVertexError, NotLaplacianError

__all__ = ["check_degrees", "eigenpairs", "end_of_eigenspace", "forms", "read_pencil", "unit_columns"]

_EQUAL = 1e-8  # eigenvalues closer than this share of the largest span one eigenspace; graders.spectra agrees
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


def eigenpairs(
    quadratic: Array,
    degrees: Array,
    *,
    problem: Literal["generalised", "standard", "symmetric"],
    drop_trivial: bool,
) -> tuple[Array, Array, int]:
    """Solve L psi = lambda D psi, L v = lambda v, or D^-1/2 L D^-1/2 v = lambda v.

    Returns
    -------
    spectrum : ndarray of shape (m,)
        Ascending eigenvalues.
    vectors : ndarray of shape (n, m)
        Their eigenvectors as columns, D-orthonormal for the first problem and orthonormal for the others.
    n_trivial : int
        How many trivial eigenvectors there are, dropped or not.
    """
    constraint = np.ones_like(degrees) if problem == "standard" else degrees
    trivial = _trivial_eigenvectors(quadratic, constraint)
    spectrum, vectors = _solve(quadratic, constraint, trivial, drop_trivial=drop_trivial)
    if problem == "symmetric":
        vectors = np.sqrt(degrees)[:, None] * vectors
    return spectrum, vectors, trivial.shape[1]


def _trivial_eigenvectors(quadratic: Array, degrees: Array) -> Array:
    """Take one D-normalised indicator a connected component of the pattern of L, together of shape (n, c)."""
    pattern = quadratic != 0
    if _is_connected(pattern):  # nearly always, and told at a tenth of the cost
        return np.full((len(degrees), 1), 1.0 / np.sqrt(degrees.sum()))
    count, membership = connected_components(pattern, directed=False)
    indicators = (membership[:, None] == np.arange(count)).astype(np.float64)
    return np.asarray(indicators / np.sqrt(degrees @ indicators))


def _is_connected(pattern: NDArray[np.bool_]) -> bool:
    """Whether every vertex is reached from the first; the pattern is symmetric."""
    reached = pattern[0].copy()
    reached[0] = True
    count = 0
    while count < (count := int(reached.sum())) < len(reached):
        reached |= pattern[reached].any(axis=0)
    return count == len(reached)


def _solve(quadratic: Array, degrees: Array, trivial: Array, *, drop_trivial: bool) -> tuple[Array, Array]:
    """Solve in the D-complement of the trivial eigenvectors, and merge those back unless dropped."""
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

    Neighbours of the ascending `spectrum` of shape (n,) are equal where they differ by at most 1e-8 of its largest
    magnitude.

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


def unit_columns(vectors: Array) -> Array:
    """Rescale columns of any size to the Euclidean length 1.

    Examples
    --------
    >>> unit_columns(np.array([[3e200], [4e200]])).round(6).tolist()
    [[0.6], [0.8]]
    """
    scaled = vectors / np.abs(vectors).max(axis=0)
    return np.asarray(scaled / np.linalg.norm(scaled, axis=0))


def forms(Psi: Array, quadratic: Array, degrees: Array) -> tuple[float, Array]:
    """Evaluate trace(Psi' L Psi), and Psi' D Psi of shape (k, k), of an embedding of shape (n, k)."""
    return float(np.trace(Psi.T @ quadratic @ Psi)), Psi.T @ (degrees[:, None] * Psi)
