"""Square matrices: condition numbers and complex eigenvectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.arrays import EPS, Array, Record, as_square, check_choice, thin_svd, working_precision
from reference.errors import RankDeficientError, TooFewEigenvectorsError
from reference.ranks import numerical_rank

__all__ = ["ComplexEigenvectors", "ConditionNumber", "condition_number", "eigenvectors"]


@dataclass(frozen=True, eq=False)
class ConditionNumber(Record):
    """How far a matrix amplifies relative errors.

    Parameters
    ----------
    kappa : float
        ||A|| ||A^-1||, at least 1.
    """

    kappa: float


@dataclass(frozen=True, eq=False)
class ComplexEigenvectors(Record):
    """Eigenvalues and eigenvectors of a square matrix, real or not.

    Parameters
    ----------
    eigenvalues : ndarray of complex, shape (n,)
        By descending modulus, then by descending real and imaginary part.
    vectors : ndarray of complex, shape (n, n)
        Columns of length 1: A v = lambda v.
    """

    eigenvalues: NDArray[np.complex128]
    vectors: NDArray[np.complex128]


def condition_number(
    A: ArrayLike, *, norm: Literal["spectral", "one", "infinity", "frobenius", "eigenvalues"] = "spectral"
) -> ConditionNumber:
    """Find the condition number of an invertible matrix.

    Parameters
    ----------
    A : array_like of shape (n, n)
        Matrix.
    norm : {"spectral", "one", "infinity", "frobenius", "eigenvalues"}
        The matrix norm; "eigenvalues" gives |lambda|_max / |lambda|_min instead, which is a condition number of
        normal matrices only.

    Returns
    -------
    ConditionNumber

    Raises
    ------
    InvalidInputError
        Where A is no finite square matrix, or the norm unknown.
    RankDeficientError
        Where A is singular to working precision.
    NumericalRangeError
        Where A or its inverse is too large.

    Notes
    -----
    For the spectral norm, s_1 / s_n. Identifiable; a condition number is itself conditioned by its own size, so that
    about kappa eps of it is lost.

    References
    ----------
    .. [1] J. R. Rice, "A theory of condition", SIAM J. Numer. Anal. 3 (1966) 287-310.
       https://doi.org/10.1137/0703023

    Examples
    --------
    >>> condition_number([[4.0, 0.0], [0.0, 0.5]]).kappa
    8.0
    """
    check_choice("norm", norm, ("spectral", "one", "infinity", "frobenius", "eigenvalues"))
    matrix = as_square("A", A)
    with working_precision():
        _, s, _ = thin_svd(matrix)
        rank = numerical_rank(s, len(matrix))
        if rank < len(matrix):
            raise RankDeficientError(f"A has the numerical rank {rank}; wanted {len(matrix)}")
        if norm == "spectral":
            return ConditionNumber(float(s[0] / s[-1]))
        if norm == "eigenvalues":
            sizes = np.abs(np.linalg.eigvals(matrix))
            return ConditionNumber(float(sizes.max() / sizes.min()))
        scaled = matrix / s[0]
        return ConditionNumber(_size(scaled, norm) * _size(np.linalg.inv(scaled), norm))


def _size(matrix: Array, norm: str) -> float:
    """The largest sum of a column or of a row, or the root of all squares."""
    if norm == "frobenius":
        return float(np.linalg.norm(matrix))
    return float(np.abs(matrix).sum(axis=0 if norm == "one" else 1).max())


def eigenvectors(A: ArrayLike, *, side: Literal["right", "left"] = "right") -> ComplexEigenvectors:
    """Find all eigenvalues and eigenvectors of a square matrix.

    Parameters
    ----------
    A : array_like of shape (n, n)
        Real matrix, symmetric or not.
    side : {"right", "left"}
        Whether A v = lambda v, or v' A = lambda v' (transposed, not conjugated): the eigenvectors of A or of A'.

    Returns
    -------
    ComplexEigenvectors

    Raises
    ------
    InvalidInputError
        Where A is no finite square matrix, or the side unknown.
    TooFewEigenvectorsError
        Where A has no basis of eigenvectors, to working precision.
    NumericalRangeError
        Where eigenvalues overflow.

    Notes
    -----
    Each vector is identifiable up to a phase, exp(i t), where its eigenvalue is simple; those of a conjugate pair are
    conjugates of each other, up to phases. An eigenvalue moves by about eps ||A|| over the cosine between its left and
    right eigenvectors; where two merge in one vector there is no basis, and the matrix is defective.

    References
    ----------
    .. [1] G. H. Golub, J. H. Wilkinson, "Ill-conditioned eigensystems and the computation of the Jordan canonical
       form", SIAM Rev. 18 (1976) 578-619. https://doi.org/10.1137/1018113

    Examples
    --------
    >>> eigenvectors([[0.0, -2.0], [2.0, 0.0]]).eigenvalues.tolist()
    [2j, -2j]
    """
    check_choice("side", side, ("right", "left"))
    matrix = as_square("A", A) if side == "right" else as_square("A", A).T
    with working_precision():
        size = float(np.abs(matrix).max()) or 1.0
        found, columns = np.linalg.eig(matrix / size)
        values, vectors = found.astype(np.complex128), columns.astype(np.complex128)
        if float(np.linalg.svd(vectors, compute_uv=False)[-1]) <= np.sqrt(EPS):
            raise TooFewEigenvectorsError("A is defective to working precision: its eigenvectors are no basis")
        digits = np.round(np.stack([-values.imag, -values.real, -np.abs(values)]), 10)
        order = np.lexsort(digits)
        return ComplexEigenvectors(values[order] * size, vectors[:, order])
