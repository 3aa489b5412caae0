"""Weighted least squares for the components of a mixture of linear models."""

from __future__ import annotations

import numpy as np

from reference.arrays import EPS, Array, thin_svd
from reference.errors import RankDeficientError, SingularCovarianceError

__all__ = ["check_variances", "least_squares"]


def least_squares(k: int, regressors: Array, response: Array, weights: Array) -> Array:
    """Fit component k, counted from 0: the w of shape (p,) that minimises sum_i weights_i (y_i - w'x_i)^2.

    Raises
    ------
    RankDeficientError
        Where the weighted regressors, of shape (n, p), are linearly dependent to working precision.
    """
    root = np.sqrt(weights)
    weighted = root[:, None] * regressors
    lengths = np.sqrt(np.sum(weighted**2, axis=0))
    if not (lengths > 0).all():
        raise RankDeficientError(f"component {k + 1} has a regressor that is zero on all its samples")
    U, s, Vt = thin_svd(weighted / lengths)
    n, p = regressors.shape
    rank = int(np.sum(s > max(n, p) * EPS * s[0]))
    if rank < p:
        raise RankDeficientError(f"component {k + 1} has regressors of rank {rank}; wanted {p}")
    return np.asarray(Vt.T @ ((U.T @ (root * response)) / s) / lengths)


def check_variances(rho: Array, w: Array, regressors: Array, response: Array) -> None:
    """Refuse variances that are nothing but rounding: residuals of a few eps of what they are differences of.

    Parameters
    ----------
    rho : ndarray of shape (K,)
        Variances of the residuals about w.
    w : ndarray of shape (K, p)
        Coefficients as rows.
    regressors, response : ndarray of shape (n, p) and (n,)
        The samples.

    Raises
    ------
    SingularCovarianceError
        Where a component fits its samples exactly.
    """
    size = np.abs(response) + np.abs(w) @ np.abs(regressors).T
    floor = (16 * regressors.shape[1] * EPS * size.max(axis=1)) ** 2
    collapsed = np.flatnonzero(~(rho > floor))
    if collapsed.size:
        raise SingularCovarianceError(
            f"rho of components {(collapsed + 1).tolist()} collapses to 0: they fit their samples exactly"
        )
