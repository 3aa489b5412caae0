"""The singular value decomposition and the best approximation of lower rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, Record, as_array, check_choice, check_whole, thin_svd, working_precision

__all__ = ["Decomposition", "LowRank", "decompose", "low_rank"]


@dataclass(frozen=True, eq=False)
class Decomposition(Record):
    """A thin singular value decomposition A = U diag(s) V', with r = min(n, p).

    Parameters
    ----------
    U : ndarray of shape (n, r)
        Left singular vectors as columns.
    s : ndarray of shape (r,)
        Singular values, descending.
    V : ndarray of shape (p, r)
        Right singular vectors as columns.
    """

    U: Array
    s: Array
    V: Array


@dataclass(frozen=True, eq=False)
class LowRank(Record):
    """An approximation of lower rank.

    Parameters
    ----------
    approximation : ndarray of shape (n, p)
        The sum of the terms s_i u_i v_i' that were kept.
    error : float
        The norm of the sum of the others.
    """

    approximation: Array
    error: float


def decompose(A: ArrayLike, *, center: bool = False) -> Decomposition:
    """Find the singular values and vectors of a matrix.

    Parameters
    ----------
    A : array_like of shape (n, p)
        Matrix.
    center : bool
        Whether the mean of each column is subtracted first.

    Returns
    -------
    Decomposition

    Raises
    ------
    InvalidInputError
        Where A is no finite matrix.
    NumericalRangeError
        Where the means or the singular values overflow.

    Notes
    -----
    The singular values are identifiable, and well conditioned. Vectors of a simple positive singular value are
    identifiable up to one sign for the pair: -u goes with -v. Those of a repeated one are up to one orthogonal
    matrix for both; those of the singular value zero are not linked at all. Pairs move by about eps s_1 over the gap to
    the neighbouring singular value.

    References
    ----------
    .. [1] G. Golub, W. Kahan, "Calculating the singular values and pseudo-inverse of a matrix", SIAM J. Numer. Anal.
       2 (1965) 205-224. https://doi.org/10.1137/0702016

    Examples
    --------
    >>> decompose([[3.0, 0.0], [0.0, -2.0], [0.0, 0.0]]).s.tolist()
    [3.0, 2.0]
    """
    matrix = as_array("A", A, "n", "p")
    with working_precision():
        U, s, Vt = thin_svd(matrix - matrix.mean(axis=0) if center else matrix)
        return Decomposition(U, s, Vt.T)


def low_rank(
    U: ArrayLike,
    s: ArrayLike,
    V: ArrayLike,
    *,
    rank: int,
    keep: Literal["largest", "smallest"] = "largest",
    norm: Literal["frobenius", "spectral"] = "frobenius",
) -> LowRank:
    """Keep the terms of largest singular value of a decomposition.

    Parameters
    ----------
    U : array_like of shape (n, r)
        Left singular vectors as columns; used as given.
    s : array_like of shape (r,)
        Singular values, in the order of the columns.
    V : array_like of shape (p, r)
        Right singular vectors as columns; used as given.
    rank : int
        How many terms to keep, from 1 to r.
    keep : {"largest", "smallest"}
        Which ones.
    norm : {"frobenius", "spectral"}
        The norm of what is left out.

    Returns
    -------
    LowRank

    Raises
    ------
    InvalidInputError
        Where arrays are not finite, their shapes do not fit, or an option is out of range.
    NumericalRangeError
        Where products overflow.

    Notes
    -----
    By the theorem of Eckart and Young no matrix of that rank is nearer, in either norm. The approximation does not
    depend on the signs of the pairs and is identifiable where singular values number `rank` and `rank` + 1 differ;
    their gap conditions it. The error is identifiable always.

    References
    ----------
    .. [1] C. Eckart, G. Young, "The approximation of one matrix by another of lower rank", Psychometrika 1 (1936)
       211-218. https://doi.org/10.1007/BF02288367

    Examples
    --------
    >>> found = low_rank([[1.0, 0.0], [0.0, 1.0]], [3.0, 2.0], [[1.0, 0.0], [0.0, 1.0]], rank=1)
    >>> found.approximation.tolist(), found.error
    ([[3.0, 0.0], [0.0, 0.0]], 2.0)
    """
    left = as_array("U", U, "n", "r")
    values = as_array("s", s, left.shape[1])
    right = as_array("V", V, "p", len(values))
    check_whole("rank", rank, 1, len(values))
    check_choice("keep", keep, ("largest", "smallest"))
    check_choice("norm", norm, ("frobenius", "spectral"))
    with working_precision():
        order = np.argsort(-values if keep == "largest" else values, kind="stable")
        kept, dropped = (left[:, part] * values[part] @ right[:, part].T for part in (order[:rank], order[rank:]))
        lengths = thin_svd(dropped)[1]
        error = float(lengths.max()) if norm == "spectral" else float(np.linalg.norm(lengths))
        return LowRank(kept, error)
