"""EM for a mixture of linear models: p(y | x) = sum_k pi_k N(y; w_k'x, rho_k)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, Record, as_array, working_precision
from reference.errors import SingularCovarianceError
from reference.mixtures import (
    Assignment,
    Likelihood,
    Responsibilities,
    check_delta,
    check_mass,
    fixed_point,
    log_mixing_weights,
    posterior,
    total,
)
from reference.regressions import check_variances, least_squares

__all__ = ["FittedLinearMixture", "LinearMixture", "em_step", "fit", "log_likelihood", "m_step", "responsibilities"]


@dataclass(frozen=True, eq=False)
class LinearMixture(Record):
    """Parameters of a mixture of K linear models of p regressors.

    Parameters
    ----------
    pi : ndarray of shape (K,)
        Mixing weights.
    w : ndarray of shape (K, p)
        Coefficients; row k is w_k.
    rho : ndarray of shape (K,)
        Variances (not standard deviations) of the residuals.
    """

    pi: Array
    w: Array
    rho: Array


@dataclass(frozen=True, eq=False)
class FittedLinearMixture(Record):
    """A fixed point of EM.

    Parameters
    ----------
    pi, w, rho : ndarray of shape (K,), (K, p) and (K,)
        As in `LinearMixture`.
    log_likelihood : float
        At these parameters, in nats.
    n_iter : int
        EM steps taken.
    """

    pi: Array
    w: Array
    rho: Array
    log_likelihood: float
    n_iter: int


def responsibilities(
    x: ArrayLike, y: ArrayLike, pi: ArrayLike, w: ArrayLike, rho: ArrayLike, *, assignment: Assignment = "soft"
) -> Responsibilities:
    """Take the E-step: the posterior probability of every linear model for every sample.

    Parameters
    ----------
    x : array_like of shape (n, p)
        Regressors as rows, with a column of ones where an intercept is meant.
    y : array_like of shape (n,)
        Responses.
    pi : array_like of shape (K,)
        Mixing weights, at least 0, with the sum 1.
    w : array_like of shape (K, p)
        Coefficients as rows.
    rho : array_like of shape (K,)
        Positive variances of the residuals.
    assignment : {"soft", "hard"}
        Whether delta holds the probabilities, or is one-hot by the largest (the first of equals).

    Returns
    -------
    Responsibilities

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, or weights or the assignment are not as above.
    SingularCovarianceError
        Where a variance is not positive.
    NumericalRangeError
        Where a sample's log-density overflows under every component, or its rounding hides the odds between them.

    Notes
    -----
    delta_ik is proportional to pi_k N(y_i; w_k'x_i, rho_k), by log-sum-exp, so that samples far from every line
    still get theirs. Components are identifiable up to a relabelling. Small rho make delta sensitive: a residual
    r moves the log odds at the rate r / rho. A hard assignment jumps where two components tie.

    References
    ----------
    .. [1] R. D. De Veaux, "Mixtures of linear regressions", Comput. Stat. Data Anal. 8 (1989) 227-245.
       https://doi.org/10.1016/0167-9473(89)90043-1

    Examples
    --------
    >>> responsibilities([[1.0], [0.0]], [9.0, 1.0], [0.5, 0.5], [[9.0], [-9.0]], [1.0, 1.0]).delta.round(6).tolist()
    [[1.0, 0.0], [0.5, 0.5]]
    """
    with working_precision():
        return posterior(_log_joint(x, y, pi, w, rho), assignment=assignment)


def _log_joint(x: ArrayLike, y: ArrayLike, pi: ArrayLike, w: ArrayLike, rho: ArrayLike) -> Array:
    """Evaluate log p(y_i, component k | x_i), of shape (n, K)."""
    regressors = as_array("x", x, "n", "p")
    response = as_array("y", y, len(regressors))
    log_pi = log_mixing_weights(pi)
    coefficients = as_array("w", w, len(log_pi), regressors.shape[1])
    variances = as_array("rho", rho, len(log_pi))
    if not (variances > 0).all():
        raise SingularCovarianceError(f"rho is {variances.tolist()}; wanted positive variances")
    deviations = np.sqrt(variances)
    standard = (response[:, None] - regressors @ coefficients.T) / deviations
    return np.asarray(log_pi - 0.5 * standard**2 - np.log(deviations) - 0.5 * np.log(2 * np.pi))


def m_step(x: ArrayLike, y: ArrayLike, delta: ArrayLike, *, about: ArrayLike | None = None) -> LinearMixture:
    """Take the M-step: a weighted least-squares fit for every component.

    Parameters
    ----------
    x : array_like of shape (n, p)
        Regressors as rows.
    y : array_like of shape (n,)
        Responses.
    delta : array_like of shape (n, K)
        Responsibilities.
    about : array_like of shape (K, p), optional
        The coefficients w about which rho is taken; the new ones unless given.

    Returns
    -------
    LinearMixture

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, or rows of delta are negative or miss the sum 1 by more
        than 0.05.
    EmptyComponentError
        Where no sample belongs to a component.
    RankDeficientError
        Where the weighted regressors of a component are linearly dependent to working precision.
    SingularCovarianceError
        Where a component fits its samples exactly: rho collapses to 0 and the likelihood has no maximum.
    NumericalRangeError
        Where squares of the residuals overflow.

    Notes
    -----
    w_k minimises sum_i delta_ik (y_i - w_k'x_i)^2, by an SVD of the regressors scaled to columns of length 1;
    rho_k is the weighted mean of the squared residuals about this *new* w_k, and pi_k the mean of delta_ik. The
    errors of w_k grow with the condition number of the weighted regressors; at deficient rank w_k is not
    identifiable. The components are numbered as the columns of delta.

    References
    ----------
    .. [1] R. D. De Veaux, "Mixtures of linear regressions", Comput. Stat. Data Anal. 8 (1989) 227-245.
       https://doi.org/10.1016/0167-9473(89)90043-1

    Examples
    --------
    >>> found = m_step([[1.0], [1.0]], [0.0, 2.0], [[1.0], [1.0]])
    >>> found.w.round(6).tolist(), found.rho.round(6).tolist()
    ([[1.0]], [1.0])
    """
    regressors = as_array("x", x, "n", "p")
    response = as_array("y", y, len(regressors))
    weights = check_delta(delta, len(regressors))
    given = None if about is None else as_array("about", about, weights.shape[1], regressors.shape[1])
    with working_precision():
        mass = weights.sum(axis=0)
        check_mass(mass)
        shares = (weights / mass).T
        w = np.stack([least_squares(k, regressors, response, share) for k, share in enumerate(shares)])
        lines = w if given is None else given
        rho = np.sum(shares * (response - lines @ regressors.T) ** 2, axis=1)
        found = LinearMixture(weights.mean(axis=0), w, rho)
        check_variances(rho, lines, regressors, response)
        return found


def log_likelihood(x: ArrayLike, y: ArrayLike, pi: ArrayLike, w: ArrayLike, rho: ArrayLike) -> Likelihood:
    """Evaluate the conditional log-likelihood of the responses.

    Parameters
    ----------
    x, y, pi, w, rho : array_like
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
    sum_i log sum_k pi_k N(y_i; w_k'x_i, rho_k), in nats. It does not see a relabelling, up to which alone
    the components are identifiable, and is unbounded above: a line through p samples with rho_k towards 0 sends
    it to infinity.

    References
    ----------
    .. [1] R. E. Quandt, J. B. Ramsey, "Estimating mixtures of normal distributions and switching regressions",
       J. Am. Stat. Assoc. 73 (1978) 730-738. https://doi.org/10.1080/01621459.1978.10480085

    Examples
    --------
    >>> round(log_likelihood([[1.0]], [2.0], [1.0], [[2.0]], [1.0]).log_likelihood, 6)
    -0.918939
    """
    with working_precision():
        return Likelihood(total(_log_joint(x, y, pi, w, rho)))


def em_step(
    x: ArrayLike, y: ArrayLike, pi: ArrayLike, w: ArrayLike, rho: ArrayLike, *, assignment: Assignment = "soft"
) -> LinearMixture:
    """Take one step of EM: the E-step, then the M-step.

    Parameters
    ----------
    x, y, pi, w, rho, assignment
        As for `responsibilities`.

    Returns
    -------
    LinearMixture

    Raises
    ------
    InvalidInputError, EmptyComponentError, RankDeficientError, SingularCovarianceError, NumericalRangeError
        As `responsibilities` and `m_step`.

    Notes
    -----
    With the soft assignment the log-likelihood never falls (monotone ascent). Identifiable up to a relabelling: the
    one going in comes out. Components that start equal stay equal.

    References
    ----------
    .. [1] C. F. J. Wu, "On the convergence properties of the EM algorithm", Ann. Stat. 11 (1983) 95-103.
       https://doi.org/10.1214/aos/1176346060

    Examples
    --------
    >>> em_step([[1.0], [1.0]], [0.0, 2.0], [1.0], [[7.0]], [1.0]).w.round(6).tolist()
    [[1.0]]
    """
    return m_step(x, y, responsibilities(x, y, pi, w, rho, assignment=assignment).delta)


def fit(
    x: ArrayLike,
    y: ArrayLike,
    pi: ArrayLike,
    w: ArrayLike,
    rho: ArrayLike,
    *,
    tol: float = 1e-12,
    max_iter: int = 10_000,
    assignment: Assignment = "soft",
) -> FittedLinearMixture:
    """Run EM from given parameters until none of them moves any more.

    Parameters
    ----------
    x, y, pi, w, rho : array_like
        As for `responsibilities`; the parameters are the start.
    tol : float
        The largest |new - old| / max(1, |new|) of any entry of pi, w and rho at which to stop.
    max_iter : int
        The most EM steps to take.
    assignment : {"soft", "hard"}
        As for `em_step`.

    Returns
    -------
    FittedLinearMixture

    Raises
    ------
    InvalidInputError, EmptyComponentError, RankDeficientError, SingularCovarianceError, NumericalRangeError
        As `em_step`, at any step, and for options out of range.
    NotConvergedError
        Where max_iter steps are not enough.

    Notes
    -----
    Finds a stationary point of the log-likelihood, usually the local maximum uphill of the start; which one is
    the start's doing. EM converges linearly at a rate r (the share of missing information), so that the
    parameters are right to about tol r / (1 - r). Identifiable up to a relabelling. The hard assignment has fixed
    points of its own.

    References
    ----------
    .. [1] C. F. J. Wu, "On the convergence properties of the EM algorithm", Ann. Stat. 11 (1983) 95-103.
       https://doi.org/10.1214/aos/1176346060

    Examples
    --------
    >>> x, y = [[1.0]] * 4, [0.0, 1.0, 8.0, 9.0]
    >>> fit(x, y, [0.5, 0.5], [[0.0], [9.0]], [1.0, 1.0]).w.round(6).tolist()
    [[0.5], [8.5]]
    """
    log_likelihood(x, y, pi, w, rho)
    start = LinearMixture(np.array(pi), np.array(w), np.array(rho))

    def step(old: LinearMixture) -> LinearMixture:
        return em_step(x, y, old.pi, old.w, old.rho, assignment=assignment)

    end, n_iter = fixed_point(step, start, tol=tol, max_iter=max_iter)
    reached = log_likelihood(x, y, end.pi, end.w, end.rho).log_likelihood
    return FittedLinearMixture(end.pi, end.w, end.rho, reached, n_iter)
