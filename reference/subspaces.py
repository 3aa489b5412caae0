"""Fundamental subspaces of a matrix, and orthogonal projections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, Record, as_array, check_choice, thin_svd, working_precision
from reference.errors import RankDeficientError, TooFewEigenvectorsError
from reference.ranks import numerical_rank

__all__ = ["Basis", "Projector", "null_space", "projector"]


@dataclass(frozen=True, eq=False)
class Basis(Record):
    """An orthonormal basis of a subspace.

    Parameters
    ----------
    basis : ndarray of shape (m, k)
        One column a vector.
    """

    basis: Array


@dataclass(frozen=True, eq=False)
class Projector(Record):
    """The orthogonal projection on a subspace.

    Parameters
    ----------
    P : ndarray of shape (m, m)
        Symmetric, with P P = P.
    """

    P: Array


def null_space(A: ArrayLike, *, space: Literal["null", "left_null", "row", "column"] = "null") -> Basis:
    """Find an orthonormal basis of the null space of a matrix.

    Parameters
    ----------
    A : array_like of shape (n, p)
        Matrix.
    space : {"null", "left_null", "row", "column"}
        Which fundamental subspace: all x with A x = 0, all x with A'x = 0, or the span of the rows or columns.

    Returns
    -------
    Basis
        With p - r columns for the null space of a matrix of rank r.

    Raises
    ------
    InvalidInputError
        Where A is no finite matrix, or the subspace unknown.
    TooFewEigenvectorsError
        Where the subspace holds zero alone.

    Notes
    -----
    Singular vectors of the singular values that are zero to working precision, at most max(n, p) eps s_1. Only the
    subspace is identifiable: every other basis is B G with G invertible. The smallest positive singular value
    conditions it.

    References
    ----------
    .. [1] G. Strang, "The fundamental theorem of linear algebra", Am. Math. Mon. 100 (1993) 848-855.
       https://doi.org/10.1080/00029890.1993.11990500

    Examples
    --------
    >>> abs(null_space([[1.0, 1.0], [2.0, 2.0]]).basis).round(6).tolist()
    [[0.707107], [0.707107]]
    """
    check_choice("space", space, ("null", "left_null", "row", "column"))
    matrix = as_array("A", A, "n", "p")
    with working_precision():
        turned = matrix if space in ("null", "row") else matrix.T
        wide = np.vstack([turned, np.zeros((max(0, turned.shape[1] - len(turned)), turned.shape[1]))])
        _, s, Vt = thin_svd(wide)
        rank = numerical_rank(s, max(matrix.shape))
        basis = Vt[:rank].T if space in ("row", "column") else Vt[rank:].T
    if basis.shape[1] == 0:
        raise TooFewEigenvectorsError(f"A has shape {matrix.shape} and rank {rank}: its {space} space is zero alone")
    return Basis(basis)


def projector(basis: ArrayLike, *, onto: Literal["span", "complement"] = "span") -> Projector:
    """Form the orthogonal projection on the span of given vectors.

    Parameters
    ----------
    basis : array_like of shape (m, k)
        Linearly independent vectors as columns, of any lengths.
    onto : {"span", "complement"}
        Whether to project on their span or on its orthogonal complement.

    Returns
    -------
    Projector

    Raises
    ------
    InvalidInputError
        Where the basis is no finite matrix, or the option unknown.
    RankDeficientError
        Where the vectors are linearly dependent.

    Notes
    -----
    B (B'B)^-1 B', by an orthonormal basis of the columns, each scaled to length 1. It is the same for every basis of
    the subspace, and so identifiable where that is; the condition number of the basis amplifies its errors.

    References
    ----------
    .. [1] G. W. Stewart, "On the perturbation of pseudo-inverses, projections and linear least squares problems",
       SIAM Rev. 19 (1977) 634-662. https://doi.org/10.1137/1019104

    Examples
    --------
    >>> projector([[2.0], [0.0]]).P.tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    check_choice("onto", onto, ("span", "complement"))
    columns = as_array("basis", basis, "m", "k")
    with working_precision():
        sizes = np.abs(columns).max(axis=0)
        scaled = columns / np.where(sizes > 0, sizes, 1.0)
        scaled = scaled / np.maximum(np.linalg.norm(scaled, axis=0), 0.5)
        U, s, _ = thin_svd(scaled)
        rank = numerical_rank(s, max(columns.shape))
        if rank < columns.shape[1]:
            raise RankDeficientError(
                f"the basis has {columns.shape[1]} vectors of rank {rank}; wanted independent ones"
            )
        P = U @ U.T
        return Projector(P if onto == "span" else np.eye(len(P)) - P)
