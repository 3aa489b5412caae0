"""EM for a mixture of Gaussians of which some samples are labelled with their component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import EPS, Array, Record, as_array, working_precision
from reference.gaussians import cholesky, log_normal, read_covariances, read_labels, scatter
from reference.mixtures import (
    Likelihood,
    Responsibilities,
    check_delta,
    check_mass,
    fixed_point,
    log_mixing_weights,
    posterior,
    total,
)

__all__ = ["FittedMixture", "GaussianMixture", "em_step", "fit", "log_likelihood", "m_step", "responsibilities"]


@dataclass(frozen=True, eq=False)
class GaussianMixture(Record):
    """Parameters of a mixture of K Gaussians in R^m.

    Parameters
    ----------
    pi : ndarray of shape (K,)
        Mixing weights of the unlabelled samples.
    mu : ndarray of shape (K, m)
        Means.
    Sigma : ndarray of shape (K, m, m)
        Covariance matrices.
    """

    pi: Array
    mu: Array
    Sigma: Array


@dataclass(frozen=True, eq=False)
class FittedMixture(Record):
    """A fixed point of EM.

    Parameters
    ----------
    pi, mu, Sigma : ndarray of shape (K,), (K, m) and (K, m, m)
        As in `GaussianMixture`.
    log_likelihood : float
        At these parameters, in nats.
    n_iter : int
        EM steps taken.
    """

    pi: Array
    mu: Array
    Sigma: Array
    log_likelihood: float
    n_iter: int


def responsibilities(x: ArrayLike, y: ArrayLike, pi: ArrayLike, mu: ArrayLike, Sigma: ArrayLike) -> Responsibilities:
    """Take the E-step: the posterior probability of every component for every sample.

    Parameters
    ----------
    x : array_like of shape (n, m)
        Samples as rows.
    y : array_like of shape (n,)
        Labels from 1 to K; 0 means unlabelled.
    pi : array_like of shape (K,)
        Mixing weights, at least 0, with the sum 1.
    mu : array_like of shape (K, m)
        Means.
    Sigma : array_like of shape (K, m, m)
        Symmetric positive definite covariance matrices.

    Returns
    -------
    Responsibilities

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, or labels, weights or symmetry are not as above.
    SingularCovarianceError
        Where a covariance matrix is not positive definite to working precision.
    NumericalRangeError
        Where a sample's log-density overflows under every component, or its rounding hides the odds between them.

    Notes
    -----
    delta_ik = pi_k N(x_i; mu_k, Sigma_k) / sum_j pi_j N(x_i; mu_j, Sigma_j) for unlabelled samples, through
    Cholesky factors and log-sum-exp, so that samples far from every component still get theirs; one-hot for
    labelled ones. The log-likelihood has no factor pi for labelled samples. Components are identifiable up to
    a relabelling of those that no label pins. Errors grow with the condition numbers of the Sigma_k.

    References
    ----------
    .. [1] A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from incomplete data via the EM
       algorithm", J. R. Stat. Soc. B 39 (1977) 1-22. https://doi.org/10.1111/j.2517-6161.1977.tb01600.x

    Examples
    --------
    >>> found = responsibilities([[0.0], [9.0]], [0, 2], [0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> found.delta.round(6).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    with working_precision():
        return posterior(_log_joint(x, y, pi, mu, Sigma))


def _log_joint(x: ArrayLike, y: ArrayLike, pi: ArrayLike, mu: ArrayLike, Sigma: ArrayLike) -> Array:
    """Evaluate log p(x_i, component k), of shape (n, K); a label rules the other components out."""
    samples = as_array("x", x, "n", "m")
    log_pi = log_mixing_weights(pi)
    labels = read_labels(y, len(samples), len(log_pi))
    n_components, m = len(log_pi), samples.shape[1]
    means = as_array("mu", mu, n_components, m)
    covariances = read_covariances(Sigma, n_components, m)
    log_density = log_normal(samples, means, covariances)
    other = labels[:, None] != np.arange(1, n_components + 1)
    labelled = np.where(other, -np.inf, log_density)
    return np.where(labels[:, None] == 0, log_pi + log_density, labelled)


def m_step(x: ArrayLike, y: ArrayLike, delta: ArrayLike) -> GaussianMixture:
    """Take the M-step: the parameters that maximise the expected complete log-likelihood.

    Parameters
    ----------
    x : array_like of shape (n, m)
        Samples as rows.
    y : array_like of shape (n,)
        Labels from 1 to K; 0 means unlabelled.
    delta : array_like of shape (n, K)
        Responsibilities. Rows of labelled samples do not count: those are one-hot by y.

    Returns
    -------
    GaussianMixture

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, labels are out of range, or rows of delta that count
        are negative or miss the sum 1 by more than 0.05.
    EmptyComponentError
        Where no sample belongs to a component.
    SingularCovarianceError
        Where the samples of a component span less than R^m: the expected log-likelihood has no maximum there.
    NumericalRangeError
        Where squares of the samples overflow.

    Notes
    -----
    pi_k is the mean of delta_ik over the *unlabelled* samples; mu_k and Sigma_k are averages over all, a labelled
    sample having weight 1 in its own component, and Sigma_k is taken about the new mu_k. Without unlabelled
    samples pi is *not* identifiable, and the uniform weights are returned. Rows of delta that miss the sum 1
    by rounding are used as they are.

    References
    ----------
    .. [1] A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from incomplete data via the EM
       algorithm", J. R. Stat. Soc. B 39 (1977) 1-22. https://doi.org/10.1111/j.2517-6161.1977.tb01600.x

    Examples
    --------
    >>> found = m_step([[0.0], [2.0], [4.0]], [0, 0, 1], [[1.0], [1.0], [1.0]])
    >>> found.mu.tolist(), found.Sigma.round(6).tolist()
    ([[2.0]], [[[2.666667]]])
    """
    samples = as_array("x", x, "n", "m")
    n_components = as_array("delta", delta, len(samples), "K").shape[1]
    labels = read_labels(y, len(samples), n_components)
    unlabelled = labels == 0
    weights = check_delta(delta, len(samples), unlabelled)
    with working_precision():
        one_hot = labels[:, None] == np.arange(1, n_components + 1)
        weights = np.where(unlabelled[:, None], weights, one_hot)
        mass = weights.sum(axis=0)
        check_mass(mass)
        mu = (weights / mass).T @ samples
        Sigma = np.stack([scatter(samples - mean, w) for mean, w in zip(mu, (weights / mass).T, strict=True)])
        pi = weights[unlabelled].mean(axis=0) if unlabelled.any() else np.full(n_components, 1 / n_components)
        found = GaussianMixture(pi, mu, Sigma)
        cholesky(Sigma, rounding=4 * EPS * np.abs(samples).max(axis=0))
        return found


def log_likelihood(x: ArrayLike, y: ArrayLike, pi: ArrayLike, mu: ArrayLike, Sigma: ArrayLike) -> Likelihood:
    """Evaluate the log-likelihood of a partly labelled sample.

    Parameters
    ----------
    x, y, pi, mu, Sigma : array_like
        As for `responsibilities`.

    Returns
    -------
    Likelihood

    Raises
    ------
    InvalidInputError, SingularCovarianceError, NumericalRangeError
        As `responsibilities`.

    Notes
    -----
    sum_{y_i=0} log sum_j pi_j N(x_i; mu_j, Sigma_j) + sum_k sum_{y_i=k} log N(x_i; mu_k, Sigma_k), in nats. It
    does not see a relabelling of unpinned components, which are not identifiable beyond that, and is unbounded
    above: a Sigma_k that collapses onto fewer than m + 1 samples sends it to infinity.

    References
    ----------
    .. [1] N. E. Day, "Estimating the components of a mixture of normal distributions", Biometrika 56 (1969)
       463-474. https://doi.org/10.1093/biomet/56.3.463

    Examples
    --------
    >>> round(log_likelihood([[0.0]], [0], [1.0], [[0.0]], [[[1.0]]]).log_likelihood, 6)
    -0.918939
    """
    with working_precision():
        return Likelihood(total(_log_joint(x, y, pi, mu, Sigma)))


def em_step(x: ArrayLike, y: ArrayLike, pi: ArrayLike, mu: ArrayLike, Sigma: ArrayLike) -> GaussianMixture:
    """Take one step of EM: the E-step, then the M-step.

    Parameters
    ----------
    x, y, pi, mu, Sigma : array_like
        As for `responsibilities`.

    Returns
    -------
    GaussianMixture

    Raises
    ------
    InvalidInputError, EmptyComponentError, SingularCovarianceError, NumericalRangeError
        As `responsibilities` and `m_step`.

    Notes
    -----
    The log-likelihood never falls (monotone ascent). Identifiable up to a relabelling of unpinned components:
    the one going in comes out. Components that start equal, with no label between them, stay equal.

    References
    ----------
    .. [1] C. F. J. Wu, "On the convergence properties of the EM algorithm", Ann. Stat. 11 (1983) 95-103.
       https://doi.org/10.1214/aos/1176346060

    Examples
    --------
    >>> em_step([[0.0], [2.0]], [0, 0], [1.0], [[7.0]], [[[1.0]]]).mu.tolist()
    [[1.0]]
    """
    return m_step(x, y, responsibilities(x, y, pi, mu, Sigma).delta)


def fit(
    x: ArrayLike,
    y: ArrayLike,
    pi: ArrayLike,
    mu: ArrayLike,
    Sigma: ArrayLike,
    *,
    tol: float = 1e-12,
    max_iter: int = 10_000,
) -> FittedMixture:
    """Run EM from given parameters until none of them moves any more.

    Parameters
    ----------
    x, y, pi, mu, Sigma : array_like
        As for `responsibilities`; the parameters are the start.
    tol : float
        The largest |new - old| / max(1, |new|) of any entry of pi, mu and Sigma at which to stop.
    max_iter : int
        The most EM steps to take.

    Returns
    -------
    FittedMixture

    Raises
    ------
    InvalidInputError, EmptyComponentError, SingularCovarianceError, NumericalRangeError
        As `em_step`, at any step, and for options out of range.
    NotConvergedError
        Where max_iter steps are not enough.

    Notes
    -----
    Finds a stationary point of the log-likelihood, usually the local maximum uphill of the start; which one is
    the start's doing. EM converges linearly at a rate r (the share of missing information), so that the
    parameters are right to about tol r / (1 - r). Identifiable up to a relabelling of unpinned components.

    References
    ----------
    .. [1] C. F. J. Wu, "On the convergence properties of the EM algorithm", Ann. Stat. 11 (1983) 95-103.
       https://doi.org/10.1214/aos/1176346060

    Examples
    --------
    >>> found = fit([[0.0], [1.0], [8.0], [9.0]], [0] * 4, [0.5, 0.5], [[0.0], [9.0]], [[[1.0]], [[1.0]]])
    >>> found.mu.round(6).tolist()
    [[0.5], [8.5]]
    """
    log_likelihood(x, y, pi, mu, Sigma)
    start = GaussianMixture(np.array(pi), np.array(mu), np.array(Sigma))
    end, n_iter = fixed_point(lambda old: em_step(x, y, old.pi, old.mu, old.Sigma), start, tol=tol, max_iter=max_iter)
    reached = log_likelihood(x, y, end.pi, end.mu, end.Sigma).log_likelihood
    return FittedMixture(end.pi, end.mu, end.Sigma, reached, n_iter)
