"""EM for a mixture of Gaussians of which some samples are labelled with their component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import EPS, Array, Record, as_array, check_choice, working_precision
from reference.gaussians import cholesky, log_joint, scatter
from reference.labels import Labels, PiOver, label_weights, mixing_weights, read_labels, seen, sum_to_one
from reference.mixtures import (
    Assignment,
    Likelihood,
    Responsibilities,
    check_delta,
    check_mass,
    fixed_point,
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
        Mixing weights of the unlabelled samples; the sum is 1 unless they were divided by more than those.
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
        At these parameters, in nats; of the samples as the fit treats their labels.
    n_iter : int
        EM steps taken.
    """

    pi: Array
    mu: Array
    Sigma: Array
    log_likelihood: float
    n_iter: int


def responsibilities(
    x: ArrayLike,
    y: ArrayLike,
    pi: ArrayLike,
    mu: ArrayLike,
    Sigma: ArrayLike,
    *,
    labels: Literal["used", "ignored"] = "used",
    assignment: Assignment = "soft",
) -> Responsibilities:
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
    labels : {"used", "ignored"}
        Whether a label decides its sample, or every sample counts as unlabelled.
    assignment : {"soft", "hard"}
        Whether delta holds the probabilities, or is one-hot by the largest (the first of equals).

    Returns
    -------
    Responsibilities

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, or labels, weights, symmetry or options are not as above.
    SingularCovarianceError
        Where a covariance matrix is not positive definite to working precision.
    NumericalRangeError
        Where a sample's log-density overflows under every component, or its rounding hides the odds between them.

    Notes
    -----
    delta_ik = pi_k N(x_i; mu_k, Sigma_k) / sum_j pi_j N(x_i; mu_j, Sigma_j) for unlabelled samples, through
    Cholesky factors and log-sum-exp, so that samples far from every component still get theirs; one-hot for
    labelled ones. The log-likelihood has no factor pi for labelled samples. Components are identifiable up to
    a relabelling of those that no label pins. Errors grow with the condition numbers of the Sigma_k; a hard
    assignment jumps where two components tie.

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
    check_choice("labels", labels, ("used", "ignored"))
    with working_precision():
        return posterior(log_joint(x, y, pi, mu, Sigma, ignored=labels == "ignored"), assignment=assignment)


def m_step(
    x: ArrayLike,
    y: ArrayLike,
    delta: ArrayLike,
    *,
    labels: Labels = "used",
    pi_over: PiOver = "unlabelled",
    about: ArrayLike | None = None,
) -> GaussianMixture:
    """Take the M-step: the parameters that maximise the expected complete log-likelihood.

    Parameters
    ----------
    x, y : array_like of shape (n, m) and (n,)
        As for `responsibilities`.
    delta : array_like of shape (n, K)
        Responsibilities. Rows of labelled samples do not count: those are one-hot by y.
    labels : {"used", "ignored", "left_out"}
        Whether labelled samples are one-hot by y, or count as unlabelled, or take no part in any sum.
    pi_over : {"unlabelled", "all", "all_with_labels"}
        Whether pi is the mean of delta over the unlabelled samples, or its sum over those divided by the number of
        all samples, or that mean over all samples, labelled ones being one-hot (zero where left out).
    about : array_like of shape (K, m), optional
        The means about which Sigma is taken; the new ones unless given.

    Returns
    -------
    GaussianMixture

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, labels are out of range, rows of delta that count are
        negative or miss the sum 1 by more than 0.05, or an option is unknown.
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
    check_choice("labels", labels, ("used", "ignored", "left_out"))
    check_choice("pi_over", pi_over, ("unlabelled", "all", "all_with_labels"))
    samples = as_array("x", x, "n", "m")
    n_components = as_array("delta", delta, len(samples), "K").shape[1]
    known = read_labels(y, len(samples), n_components, ignored=labels == "ignored")
    unlabelled = known == 0
    weights = check_delta(delta, len(samples), unlabelled)
    centres = None if about is None else as_array("about", about, n_components, samples.shape[1])
    with working_precision():
        weights = label_weights(weights, known, left_out=labels == "left_out")
        mass = weights.sum(axis=0)
        check_mass(mass)
        shares = (weights / mass).T
        mu = shares @ samples
        centres = mu if centres is None else centres
        Sigma = np.stack([scatter(samples - centre, share) for centre, share in zip(centres, shares, strict=True)])
        found = GaussianMixture(mixing_weights(weights, unlabelled, pi_over), mu, Sigma)
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
        return Likelihood(total(log_joint(x, y, pi, mu, Sigma)))


def em_step(
    x: ArrayLike,
    y: ArrayLike,
    pi: ArrayLike,
    mu: ArrayLike,
    Sigma: ArrayLike,
    *,
    labels: Labels = "used",
    pi_over: PiOver = "unlabelled",
    assignment: Assignment = "soft",
) -> GaussianMixture:
    """Take one step of EM: the E-step, then the M-step.

    Parameters
    ----------
    x, y, pi, mu, Sigma : array_like
        As for `responsibilities`.
    labels, pi_over, assignment : str
        As for `m_step` and `responsibilities`.

    Returns
    -------
    GaussianMixture

    Raises
    ------
    InvalidInputError, EmptyComponentError, SingularCovarianceError, NumericalRangeError
        As `responsibilities` and `m_step`.

    Notes
    -----
    With the default options the log-likelihood never falls (monotone ascent). Identifiable up to a relabelling of
    unpinned components: the one going in comes out. Components that start equal, with no label between, stay equal.

    References
    ----------
    .. [1] C. F. J. Wu, "On the convergence properties of the EM algorithm", Ann. Stat. 11 (1983) 95-103.
       https://doi.org/10.1214/aos/1176346060

    Examples
    --------
    >>> em_step([[0.0], [2.0]], [0, 0], [1.0], [[7.0]], [[[1.0]]]).mu.tolist()
    [[1.0]]
    """
    deciding: Literal["used", "ignored"] = "ignored" if labels == "ignored" else "used"
    delta = responsibilities(x, y, pi, mu, Sigma, labels=deciding, assignment=assignment).delta
    return m_step(x, y, delta, labels=labels, pi_over=pi_over)


def fit(
    x: ArrayLike,
    y: ArrayLike,
    pi: ArrayLike,
    mu: ArrayLike,
    Sigma: ArrayLike,
    *,
    tol: float = 1e-12,
    max_iter: int = 10_000,
    labels: Labels = "used",
    pi_over: PiOver = "unlabelled",
    assignment: Assignment = "soft",
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
    labels, pi_over, assignment : str
        As for `em_step`. Where pi misses the sum 1, an E-step and the log-likelihood see it divided by its sum; what
        is returned is the last M-step's.

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
    parameters are right to about tol r / (1 - r). Identifiable up to a relabelling of unpinned components. Other
    options have fixed points of their own, where they have any; the log-likelihood returned then takes all samples
    for unlabelled ("ignored") or is that of the unlabelled alone ("left_out").

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

    def step(old: GaussianMixture) -> GaussianMixture:
        weights = sum_to_one(old.pi, pi_over)
        return em_step(x, y, weights, old.mu, old.Sigma, labels=labels, pi_over=pi_over, assignment=assignment)

    start = GaussianMixture(np.array(pi), np.array(mu), np.array(Sigma))
    end, n_iter = fixed_point(step, start, tol=tol, max_iter=max_iter)
    reached = log_likelihood(*seen(x, y, labels), sum_to_one(end.pi, pi_over), end.mu, end.Sigma)
    return FittedMixture(end.pi, end.mu, end.Sigma, reached.log_likelihood, n_iter)
