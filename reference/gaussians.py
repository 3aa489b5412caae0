"""Gaussian densities and covariance matrices for the mixtures."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular

from reference.arrays import EPS, Array, as_array, working_precision
from reference.errors import InvalidInputError, SingularCovarianceError
from reference.labels import read_labels
from reference.mixtures import log_mixing_weights

__all__ = ["cholesky", "log_joint", "log_normal", "read_covariances", "scatter"]


def read_covariances(Sigma: ArrayLike, n_components: int, m: int) -> Array:
    """Read symmetric matrices of shape (K, m, m).

    Raises
    ------
    InvalidInputError
        Where a matrix misses symmetry by more than 1e-8 of its largest entry.
    """
    covariances = as_array("Sigma", Sigma, n_components, m, m)
    with working_precision():
        asymmetry = np.abs(covariances - covariances.swapaxes(1, 2))
        if not (asymmetry <= 1e-8 * np.abs(covariances).max(axis=(1, 2), keepdims=True)).all():
            raise InvalidInputError("Sigma holds matrices that are not symmetric; wanted covariance matrices")
        return covariances / 2 + covariances.swapaxes(1, 2) / 2


def cholesky(covariances: Array, rounding: Array | float = 0.0) -> tuple[Array, Array]:
    """Factor each Sigma_k = diag(s) C C' diag(s), where data are known to `rounding` (m,) only.

    Returns
    -------
    deviations : ndarray of shape (K, m)
        The standard deviations s.
    factors : ndarray of shape (K, m, m)
        The lower triangular C.

    Raises
    ------
    SingularCovarianceError
        Where a matrix is not positive definite, judged on its correlations so that units do not matter.
    """
    deviations = np.sqrt(np.maximum(np.diagonal(covariances, axis1=1, axis2=2), 0.0))
    for k, deviation in enumerate(deviations):
        if not (deviation > rounding).all():
            raise SingularCovarianceError(f"component {k + 1} has a variance that is not positive")
    correlations = covariances / deviations[:, :, None] / deviations[:, None, :]
    least = np.linalg.eigvalsh(correlations)[:, 0]
    noise = 16 * covariances.shape[1] * (EPS + np.max(rounding / deviations, axis=1) ** 2)
    singular = np.flatnonzero(~(least > noise))
    if singular.size:
        raise SingularCovarianceError(
            f"the covariance of components {(singular + 1).tolist()} is not positive definite to working precision"
        )
    return deviations, np.asarray(np.linalg.cholesky(correlations), dtype=np.float64)


def log_normal(samples: Array, means: Array, covariances: Array) -> Array:
    """Evaluate log N(x_i; mu_k, Sigma_k), of shape (n, K)."""
    deviations, factors = cholesky(covariances)
    columns = []
    for mean, deviation, factor in zip(means, deviations, factors, strict=True):
        standard = ((samples - mean) / deviation).T
        white = solve_triangular(factor, standard, lower=True, check_finite=False)
        log_root = np.log(deviation).sum() + np.log(np.diag(factor)).sum()
        columns.append(-0.5 * np.sum(white**2, axis=0) - log_root - 0.5 * len(mean) * np.log(2 * np.pi))
    return np.column_stack(columns)


def log_joint(
    x: ArrayLike, y: ArrayLike, pi: ArrayLike, mu: ArrayLike, Sigma: ArrayLike, *, ignored: bool = False
) -> Array:
    """Evaluate log p(x_i, component k), of shape (n, K); a label rules the other components out unless ignored.

    Raises
    ------
    InvalidInputError, SingularCovarianceError
        As `reference.gaussian_mixture.responsibilities`, whose arguments these are.
    """
    samples = as_array("x", x, "n", "m")
    log_pi = log_mixing_weights(pi)
    labels = read_labels(y, len(samples), len(log_pi), ignored=ignored)
    n_components, m = len(log_pi), samples.shape[1]
    means = as_array("mu", mu, n_components, m)
    covariances = read_covariances(Sigma, n_components, m)
    log_density = log_normal(samples, means, covariances)
    other = labels[:, None] != np.arange(1, n_components + 1)
    labelled = np.where(other, -np.inf, log_density)
    return np.where(labels[:, None] == 0, log_pi + log_density, labelled)


def scatter(deviations: Array, weights: Array) -> Array:
    """Average (x - mu)(x - mu)' with weights of shape (n,), symmetric to the last bit."""
    half = np.sqrt(weights)[:, None] * deviations
    return np.asarray(half.T @ half)
