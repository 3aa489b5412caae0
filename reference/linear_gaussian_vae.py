"""A variational autoencoder that is linear and Gaussian, so that everything has a closed form.

The model is p(z) = N(0, I), p(x|z) = N(A z + b, s2 I); the encoder gives q(z|x) = N(m, diag(exp(2 log_std))).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, Record, as_array, as_number, check_choice, check_whole, thin_svd, working_precision

__all__ = ["ElboEstimate", "Evidence", "PathwiseGradients", "elbo_estimate", "evidence", "pathwise_gradients"]


@dataclass(frozen=True, eq=False)
class Evidence(Record):
    """The decomposition log p(x) = elbo + kl, all in nats.

    Parameters
    ----------
    log_evidence : float
        log p(x).
    elbo : float
        Evidence lower bound, E_q[log p(x, z) - log q(z|x)].
    kl : float
        KL(q(z|x) || p(z|x)), at least 0; or the reverse divergence, with which the decomposition fails.
    """

    log_evidence: float
    elbo: float
    kl: float


@dataclass(frozen=True, eq=False)
class ElboEstimate(Record):
    """The distribution of a Monte Carlo estimate of the evidence lower bound.

    Parameters
    ----------
    elbo : float
        Its mean, the bound itself, in nats.
    standard_error : float
        Its standard deviation, in nats.
    """

    elbo: float
    standard_error: float


@dataclass(frozen=True, eq=False)
class PathwiseGradients(Record):
    """One-sample reparameterisation gradients of the evidence lower bound, and what they estimate.

    Parameters
    ----------
    grad_m, grad_log_std : ndarray of shape (d,)
        At the given noise, in nats per unit of m and of log_std.
    expected_grad_m, expected_grad_log_std : ndarray of shape (d,)
        Their expectations over the noise: the gradients of the evidence lower bound itself.
    """

    grad_m: Array
    grad_log_std: Array
    expected_grad_m: Array
    expected_grad_log_std: Array


@dataclass(frozen=True, eq=False)
class _Problem(Record):
    """The arguments as arrays, with the residual x - b and the standard deviations of q."""

    A: Array
    s2: float
    residual: Array
    m: Array
    log_std: Array
    std: Array


def _read(A: ArrayLike, b: ArrayLike, s2: float, x: ArrayLike, m: ArrayLike, log_std: ArrayLike) -> _Problem:
    decoder = as_array("A", A, "p", "d")
    p, d = decoder.shape
    variance = as_number("s2", s2, above=0.0)
    residual = as_array("x", x, p) - as_array("b", b, p)
    mean, log_deviations = as_array("m", m, d), as_array("log_std", log_std, d)
    return _Problem(decoder, variance, residual, mean, log_deviations, np.exp(log_deviations))


def evidence(
    A: ArrayLike,
    b: ArrayLike,
    s2: float,
    x: ArrayLike,
    m: ArrayLike,
    log_std: ArrayLike,
    *,
    divergence: Literal["q_to_posterior", "posterior_to_q"] = "q_to_posterior",
    constant: bool = True,
) -> Evidence:
    """Evaluate log p(x), its lower bound, and the divergence between them.

    Parameters
    ----------
    A : array_like of shape (p, d)
        Decoder.
    b : array_like of shape (p,)
        Offset of the decoder.
    s2 : float
        Variance (not standard deviation) of x given z, positive.
    x : array_like of shape (p,)
        The sample.
    m, log_std : array_like of shape (d,)
        Mean of q, and natural logarithms of its standard deviations.
    divergence : {"q_to_posterior", "posterior_to_q"}
        Whether `kl` is KL(q(z|x) || p(z|x)) or KL(p(z|x) || q(z|x)).
    constant : bool
        Whether log_evidence and elbo have their term -(p/2) log 2 pi.

    Returns
    -------
    Evidence

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, s2 is not positive, or the divergence unknown.
    NumericalRangeError
        Where a square or exp(2 log_std) overflows, or a standard deviation of q that is divided by underflows.

    Notes
    -----
    The three are computed separately: log N(x; b, AA' + s2 I) and the posterior N(mu, P^-1), P = I + A'A / s2,
    from an SVD of A, and the lower bound from moments of q. All are invariant under x, b and A turned by one
    rotation; z itself is identifiable up to a rotation only. Small s2 magnifies errors of x by 1 / s2.

    References
    ----------
    .. [1] D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR (2014).
       https://doi.org/10.48550/arXiv.1312.6114

    Examples
    --------
    >>> found = evidence([[1.0]], [0.0], 1.0, [2.0], [1.0], [0.0])
    >>> round(found.log_evidence, 6), round(found.elbo, 6), round(found.kl, 6)
    (-2.265512, -2.418939, 0.153426)
    """
    check_choice("divergence", divergence, ("q_to_posterior", "posterior_to_q"))
    turn = 2 * np.pi if constant else 1.0
    with working_precision():
        problem = _read(A, b, s2, x, m, log_std)
        U, s, Vt = thin_svd(problem.A)
        kl = (_from_q if divergence == "q_to_posterior" else _from_posterior)(problem, U, s, Vt)
        return Evidence(_log_evidence(problem, U, s, turn), _elbo(problem, turn), max(kl, 0.0))  # rounding, at q = p


def _log_evidence(problem: _Problem, U: Array, s: Array, turn: float) -> float:
    along = U.T @ problem.residual
    across = problem.residual - U @ along
    log_determinant = np.sum(np.log(s**2 + problem.s2)) + (len(U) - len(s)) * np.log(problem.s2)
    distance = np.sum(along**2 / (s**2 + problem.s2)) + np.sum(across**2) / problem.s2
    return float(-0.5 * (len(U) * np.log(turn) + log_determinant + distance))


def _elbo(problem: _Problem, turn: float = 2 * np.pi) -> float:
    p, d = problem.A.shape
    misfit = problem.residual - problem.A @ problem.m
    squared = np.sum(misfit**2) + np.sum((problem.A * problem.std) ** 2)
    reconstruction = -0.5 * p * np.log(turn * problem.s2) - 0.5 * squared / problem.s2
    to_prior = 0.5 * np.sum(problem.m**2 + problem.std**2) - 0.5 * d - np.sum(problem.log_std)
    return float(reconstruction - to_prior)


def _from_q(problem: _Problem, U: Array, s: Array, Vt: Array) -> float:
    """KL(q || p): (tr(P S) + (mu - m)'P(mu - m) - d - log det(P S)) / 2, with S the covariance of q."""
    gap = _gap(problem, U, s, Vt)
    trace = np.sum(problem.std**2 * (1 + np.sum(problem.A**2, axis=0) / problem.s2))
    distance = np.sum(gap**2) + np.sum((problem.A @ gap) ** 2) / problem.s2
    log_determinant = 2 * np.sum(problem.log_std) + np.sum(np.log1p(s**2 / problem.s2))
    return float(0.5 * (trace + distance - len(gap) - log_determinant))


def _from_posterior(problem: _Problem, U: Array, s: Array, Vt: Array) -> float:
    """KL(p || q): (tr((P S)^-1) + (mu - m)'S^-1(mu - m) - d + log det(P S)) / 2."""
    gap = _gap(problem, U, s, Vt)
    unseen = np.linalg.qr(Vt.T, mode="complete").Q[:, len(s) :]  # what A takes to zero keeps the variance 1
    variances = Vt.T**2 @ (problem.s2 / (s**2 + problem.s2)) + np.sum(unseen**2, axis=1)
    scaled = np.sum((np.sqrt(variances) / problem.std) ** 2) + np.sum((gap / problem.std) ** 2)
    log_determinant = 2 * np.sum(problem.log_std) + np.sum(np.log1p(s**2 / problem.s2))
    return float(0.5 * (scaled - len(gap) + log_determinant))


def _gap(problem: _Problem, U: Array, s: Array, Vt: Array) -> Array:
    """The posterior mean less that of q, of shape (d,)."""
    return np.asarray(Vt.T @ (s * (U.T @ problem.residual) / (s**2 + problem.s2)) - problem.m)


def elbo_estimate(
    A: ArrayLike, b: ArrayLike, s2: float, x: ArrayLike, m: ArrayLike, log_std: ArrayLike, *, n_draws: int
) -> ElboEstimate:
    """Give mean and standard error of the Monte Carlo estimate of the lower bound, without drawing.

    Parameters
    ----------
    A, b, s2, x, m, log_std
        As for `evidence`.
    n_draws : int
        How many independent draws of z from q the estimate averages log p(x, z) - log q(z|x) over.

    Returns
    -------
    ElboEstimate

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, s2 is not positive, or n_draws below 1.
    NumericalRangeError
        Where a square or exp(2 log_std) overflows.

    Notes
    -----
    With z = m + exp(log_std) * epsilon and epsilon ~ N(0, I), one summand is c + g'epsilon + epsilon'H epsilon,
    where g = std * (A'(x - b - A m) / s2 - m), H = (I - S(I + A'A / s2)S) / 2 and S = diag(std): its variance is
    |g|^2 + 2 tr(H^2), zero where q is the posterior. Both are identifiable; one estimate alone is neither. Small
    s2 magnifies errors of x by 1 / s2.

    References
    ----------
    .. [1] D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR (2014).
       https://doi.org/10.48550/arXiv.1312.6114

    Examples
    --------
    >>> found = elbo_estimate([[1.0]], [0.0], 1.0, [2.0], [0.0], [0.0], n_draws=100)
    >>> round(found.elbo, 6), round(found.standard_error, 6)
    (-3.418939, 0.212132)
    """
    check_whole("n_draws", n_draws, 1)
    with working_precision():
        problem = _read(A, b, s2, x, m, log_std)
        std = problem.std
        slope = problem.A.T @ (problem.residual - problem.A @ problem.m) / problem.s2 - problem.m
        scaled = problem.A * std / np.sqrt(problem.s2)
        H = (np.eye(len(std)) - np.diag(std**2) - scaled.T @ scaled) / 2
        variance = np.sum((std * slope) ** 2) + 2 * np.sum(H**2)
        return ElboEstimate(_elbo(problem), float(np.sqrt(variance / n_draws)))


def pathwise_gradients(
    A: ArrayLike,
    b: ArrayLike,
    s2: float,
    x: ArrayLike,
    m: ArrayLike,
    log_std: ArrayLike,
    epsilon: ArrayLike,
    *,
    estimator: Literal["total", "closed_form_kl", "fixed_density"] = "total",
) -> PathwiseGradients:
    """Differentiate the one-sample lower bound through z = m + exp(log_std) * epsilon.

    Parameters
    ----------
    A, b, s2, x, m, log_std
        As for `evidence`.
    epsilon : array_like of shape (d,)
        The noise.
    estimator : {"total", "closed_form_kl", "fixed_density"}
        "total" differentiates log p(x, z) - log q(z|x) through z and through the parameters of q's own density;
        "closed_form_kl" differentiates log p(x|z) - KL(q || p(z)); "fixed_density" holds the parameters inside
        log q fixed and differentiates through z alone.

    Returns
    -------
    PathwiseGradients

    Raises
    ------
    InvalidInputError
        Where shapes do not fit, numbers are not finite, s2 is not positive, or the estimator unknown.
    NumericalRangeError
        Where a product or exp(2 log_std) overflows.

    Notes
    -----
    With g = A'(x - b - A z) / s2 - z, the total derivative is g for m and g * std * epsilon + 1 for log_std, since
    log q(z|x) = log p(epsilon) - sum(log_std). All three estimators have the same expectation, the gradient of
    the lower bound, but one draw differs: that expectation is not identifiable from it. Small s2 magnifies
    errors of x and z by 1 / s2.

    References
    ----------
    .. [1] D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR (2014).
       https://doi.org/10.48550/arXiv.1312.6114
    .. [2] G. Roeder, Y. Wu, D. Duvenaud, "Sticking the landing: simple, lower-variance gradient estimators for
       variational inference", NeurIPS (2017). https://doi.org/10.48550/arXiv.1703.09194

    Examples
    --------
    >>> found = pathwise_gradients([[1.0]], [0.0], 1.0, [2.0], [0.0], [0.0], [0.5])
    >>> found.grad_m.tolist(), found.grad_log_std.tolist()
    ([1.0], [1.5])
    """
    check_choice("estimator", estimator, ("total", "closed_form_kl", "fixed_density"))
    with working_precision():
        problem = _read(A, b, s2, x, m, log_std)
        std = problem.std
        noise = as_array("epsilon", epsilon, len(std))
        z = problem.m + std * noise
        slope = problem.A.T @ (problem.residual - problem.A @ z) / problem.s2  # of log p(x|z)
        curvature = 1 + np.sum(problem.A**2, axis=0) / problem.s2  # the diagonal of the posterior precision
        by_m, by_log_std = slope - z, (slope - z) * std * noise + 1
        if estimator == "closed_form_kl":
            by_m, by_log_std = slope - problem.m, slope * std * noise - std**2 + 1
        elif estimator == "fixed_density":
            by_m, by_log_std = slope - z + noise / std, (slope - z) * std * noise + noise**2
        return PathwiseGradients(
            grad_m=by_m,
            grad_log_std=by_log_std,
            expected_grad_m=problem.A.T @ (problem.residual - problem.A @ problem.m) / problem.s2 - problem.m,
            expected_grad_log_std=1 - curvature * std**2,
        )
