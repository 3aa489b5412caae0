"""Eigenvalues that count as equal, and eigenvectors that are right although none is unique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from graders.errors import ShapeMismatchError
from graders.tolerance import Array

__all__ = ["EigenpairCertificate", "certify_eigenpairs", "merged_spectrum", "runs"]

_BACKWARD = 1e-12  # of the largest eigenvalue: what an algorithm in double precision perturbs a matrix by
_EQUAL = 1e-8  # eigenvalues closer than this, relative to the largest, are one repeated eigenvalue


def runs(spectrum: Sequence[float] | Array) -> tuple[slice, ...]:
    """Group an ordered spectrum into runs of equal eigenvalues.

    Parameters
    ----------
    spectrum : sequence of float
        Eigenvalues, ascending or descending.

    Returns
    -------
    tuple of slice
        One a run; a simple spectrum gives slices of length 1.

    Notes
    -----
    Two neighbours are equal when they differ by at most 1e-8 of the largest magnitude: what a solver leaves of a
    repeated eigenvalue is 1e-15 of it, and eigenvectors of a gap of 1e-8 are still right to seven digits. Between
    that and a gap that three decimals can resolve, use `certify_eigenpairs`.

    Examples
    --------
    >>> runs([3.0, 3.0, 1.0])
    (slice(0, 2, None), slice(2, 3, None))
    """
    values = np.asarray(spectrum, dtype=float)
    gaps = np.abs(np.diff(values)) > _EQUAL * np.abs(values).max(initial=0.0)
    edges = [0, *(np.flatnonzero(gaps) + 1).tolist(), len(values)]
    return tuple(slice(start, stop) for start, stop in pairwise(edges))


def merged_spectrum(spectrum: Sequence[float] | Array, tolerance: float) -> tuple[float, ...] | None:
    """Make eigenvalues equal that are too close for their eigenvectors to be determined to a tolerance.

    Parameters
    ----------
    spectrum : sequence of float
        Eigenvalues, ascending or descending.
    tolerance : float
        The largest error of an entry of an eigenvector of length 1.

    Returns
    -------
    tuple of float or None
        None where no two are that close without counting as equal already.

    Notes
    -----
    Another algorithm in double precision amounts to a perturbation of about 1e-12 of the largest eigenvalue, which
    turns eigenvectors by up to that over their gap (Davis and Kahan [1]_). Where this is more than a tenth of the
    tolerance, eigenvectors are not compared but certified by their equation.

    References
    ----------
    .. [1] C. Davis and W. M. Kahan, "The rotation of eigenvectors by a perturbation III", SIAM J. Numer. Anal. 7
       (1970), doi:10.1137/0707001.

    Examples
    --------
    >>> merged_spectrum([9.0, 4.000001, 4.0], 5e-9)
    (9.0, 4.000001, 4.000001)
    >>> merged_spectrum([9.0, 4.04, 4.0], 5e-4) is None
    True
    """
    values = np.asarray(spectrum, dtype=float)
    if tolerance <= 0:
        return None
    near = 10.0 * _BACKWARD * np.abs(values).max(initial=0.0) / tolerance
    merged = values.copy()
    for index in range(1, len(values)):
        if abs(values[index] - values[index - 1]) <= near:
            merged[index] = merged[index - 1]
    return tuple(map(float, merged)) if len(runs(merged)) < len(runs(values)) else None


@dataclass(frozen=True)
class EigenpairCertificate:
    """Whether vectors are orthonormal eigenvectors for the values beside them, and what was measured.

    Parameters
    ----------
    correct : ndarray of bool, shape (batch,)
        Whether every residual and every inner product is within its bound.
    residual, residual_allowed : ndarray of shape (batch, k)
        max-norm of A v - lambda B v, and its bound.
    overlap, overlap_allowed : ndarray of shape (batch,)
        The largest entry of V' B V - I in units of its own bound, and 1.
    """

    correct: Array
    residual: Array
    residual_allowed: Array
    overlap: Array
    overlap_allowed: Array


def certify_eigenpairs(
    matrix: Array, values: Array, vectors: Array, *, tolerance: float, metric: Array | None = None
) -> EigenpairCertificate:
    """Certify eigenvectors by their equation, where near-equal eigenvalues leave them ill-determined.

    Parameters
    ----------
    matrix : ndarray of shape (n, n)
        A, symmetric.
    values : ndarray of shape (batch, k)
        Eigenvalues as sent.
    vectors : ndarray of shape (batch, n, k)
        Eigenvectors as sent, in columns.
    tolerance : float
        The largest error of an entry of a vector or of a value; half a unit of the last digit asked.
    metric : ndarray of shape (n, n), optional
        B of the generalised problem A v = lambda B v; the identity otherwise.

    Returns
    -------
    EigenpairCertificate

    Raises
    ------
    ShapeMismatchError
        Where the arrays do not fit each other.

    Notes
    -----
    In the maximum norm, a vector and a value that were correctly rounded leave a residual of at most
    ``tolerance (||A|| + |lambda| ||B|| + ||B v||)``, whatever the eigengap; inner products move by at most
    ``tolerance (||B v_i||_1 + ||B v_j||_1) + tolerance^2 ||B||_1``, the norm there summing all entries. Both are
    bounds, not estimates: no rounded eigenvector is refused. Which part of the spectrum was asked for is for
    the caller to compare, by the values.

    References
    ----------
    .. [1] G. W. Stewart and J. Sun, Matrix Perturbation Theory, Academic Press (1990), chapter V.

    Examples
    --------
    >>> pairs = certify_eigenpairs(np.eye(2), np.ones((1, 2)), np.array([[[0.6, -0.8], [0.8, 0.6]]]), tolerance=1e-3)
    >>> bool(pairs.correct[0])
    True
    """
    n = len(matrix)
    if matrix.shape != (n, n) or vectors.shape != (len(values), n, values.shape[1]):
        raise ShapeMismatchError(
            f"a matrix {matrix.shape}, values {values.shape} and vectors {vectors.shape} do not fit"
        )
    weight = np.eye(n) if metric is None else metric
    with np.errstate(over="ignore", invalid="ignore"):
        weighted = weight @ vectors
        residual = np.abs(matrix @ vectors - values[:, None] * weighted).max(axis=1)
        norm, weight_norm = (np.abs(array).sum(axis=1).max() for array in (matrix, weight))
        room = tolerance * (
            norm + np.abs(values) * weight_norm + np.abs(weighted).max(axis=1) + tolerance * weight_norm
        )
        overlap = np.abs(vectors.swapaxes(1, 2) @ weighted - np.eye(values.shape[1]))
        length = np.abs(weighted).sum(axis=1)
        bound = tolerance * (length[:, :, None] + length[:, None]) + tolerance**2 * np.abs(weight).sum()
        share = (overlap / bound).max(axis=(1, 2))
        correct = (residual <= room).all(axis=1) & (share <= 1.0)
    return EigenpairCertificate(correct, residual, room, share, np.ones_like(share))
