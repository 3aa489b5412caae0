"""The linear-Gaussian model against SciPy's densities, Gauss-Hermite quadrature and finite differences."""

from __future__ import annotations

from itertools import product
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.stats import multivariate_normal

from reference import linear_gaussian_vae as vae
from reference.arrays import Array
from reference.errors import InvalidInputError, NumericalRangeError

modest = settings(max_examples=25, deadline=None)
Estimator = Literal["total", "closed_form_kl", "fixed_density"]
Parameters = tuple[Array, Array]
seeds = st.integers(0, 2**32 - 1)
shapes = st.sampled_from([(1, 1), (2, 2), (3, 2), (2, 3)])


def problem(seed: int, p: int = 3, d: int = 2) -> tuple[Array, Array, float, Array, Array, Array]:
    rng = np.random.default_rng(seed)
    A, b, x = rng.normal(size=(p, d)), rng.normal(size=p), rng.normal(size=p)
    return A, b, float(rng.uniform(0.2, 2.0)), x, rng.normal(size=d), rng.normal(scale=0.4, size=d)


def log_joint(A: Array, b: Array, s2: float, x: Array, z: Array) -> float:
    likelihood = multivariate_normal.logpdf(x, A @ z + b, s2 * np.eye(len(b)))
    return float(likelihood + multivariate_normal.logpdf(z, np.zeros(len(z)), np.eye(len(z))))


def log_encoder(z: Array, m: Array, log_std: Array) -> float:
    return float(multivariate_normal.logpdf(z, m, np.diag(np.exp(2 * log_std))))


def nodes(d: int, order: int = 5) -> list[tuple[float, Array]]:
    """Give weights and noises whose weighted mean is the Gaussian one, exact to degree 2 * order - 1."""
    points, weights = np.polynomial.hermite_e.hermegauss(order)
    weights = weights / weights.sum()
    return [(float(np.prod(weights[list(index)])), points[list(index)]) for index in product(range(order), repeat=d)]


def halves(theta: Array) -> Parameters:
    m, log_std = np.split(theta, 2)
    return m, log_std


def posterior(A: Array, b: Array, s2: float, x: Array) -> tuple[Array, Array]:
    covariance: Array = np.linalg.inv(np.eye(A.shape[1]) + A.T @ A / s2).astype(np.float64)
    return covariance @ A.T @ (x - b) / s2, covariance


@modest
@given(seeds, shapes)
def test_log_evidence_is_the_marginal_density(seed: int, shape: tuple[int, int]) -> None:
    A, b, s2, x, m, log_std = problem(seed, *shape)
    expected = multivariate_normal.logpdf(x, b, A @ A.T + s2 * np.eye(len(b)))
    assert vae.evidence(A, b, s2, x, m, log_std).log_evidence == pytest.approx(expected, rel=1e-10, abs=1e-10)


@modest
@given(seeds, shapes)
def test_elbo_is_the_expectation_under_the_encoder(seed: int, shape: tuple[int, int]) -> None:
    A, b, s2, x, m, log_std = problem(seed, *shape)
    expected = 0.0
    for weight, noise in nodes(len(m)):
        z = m + np.exp(log_std) * noise
        expected += weight * (log_joint(A, b, s2, x, z) - log_encoder(z, m, log_std))
    assert vae.evidence(A, b, s2, x, m, log_std).elbo == pytest.approx(expected, rel=1e-10, abs=1e-10)


@modest
@given(seeds, shapes)
def test_kl_is_the_expected_log_ratio_to_the_posterior(seed: int, shape: tuple[int, int]) -> None:
    A, b, s2, x, m, log_std = problem(seed, *shape)
    mean, covariance = posterior(A, b, s2, x)
    expected = 0.0
    for weight, noise in nodes(len(m)):
        z = m + np.exp(log_std) * noise
        to_posterior = float(multivariate_normal.logpdf(z, mean, covariance))
        expected += weight * (log_encoder(z, m, log_std) - to_posterior)
    assert vae.evidence(A, b, s2, x, m, log_std).kl == pytest.approx(expected, rel=1e-9, abs=1e-9)


@modest
@given(seeds, shapes)
def test_log_evidence_is_elbo_plus_kl_and_kl_is_not_negative(seed: int, shape: tuple[int, int]) -> None:
    found = vae.evidence(*problem(seed, *shape))
    assert found.kl >= 0
    assert found.log_evidence == pytest.approx(found.elbo + found.kl, rel=1e-11, abs=1e-11)


def test_kl_is_zero_exactly_where_the_encoder_is_the_posterior() -> None:
    A, b, s2, x = np.diag([2.0, 0.5]), np.array([0.1, 0.2]), 0.7, np.array([1.0, -3.0])
    mean, covariance = posterior(A, b, s2, x)
    log_std = np.log(np.diag(covariance)) / 2
    assert vae.evidence(A, b, s2, x, mean, log_std).kl == pytest.approx(0, abs=1e-14)
    assert vae.evidence(A, b, s2, x, mean, log_std + 0.1).kl > 0.005


def test_small_noise_variance_keeps_the_decomposition() -> None:
    A, b, _, _, m, log_std = problem(1, p=4)
    x = A @ m + b + 1e-7
    found = vae.evidence(A, b, 1e-14, x, m, log_std - 16)
    assert found.log_evidence == pytest.approx(found.elbo + found.kl, rel=1e-6)


def sampled_bound(
    model: tuple[Array, Array, float, Array], theta: Array, noise: Array, estimator: Estimator, fixed: Array
) -> float:
    """Evaluate what the estimator differentiates at theta; log q may keep its parameters `fixed`."""
    (A, b, s2, x), (m, log_std) = model, halves(theta)
    z = m + np.exp(log_std) * noise
    if estimator == "closed_form_kl":
        likelihood = float(multivariate_normal.logpdf(x, A @ z + b, s2 * np.eye(len(b))))
        return likelihood - float(0.5 * np.sum(np.exp(2 * log_std) + m**2 - 1 - 2 * log_std))
    inside = halves(fixed if estimator == "fixed_density" else theta)
    return log_joint(A, b, s2, x, z) - log_encoder(z, *inside)


@pytest.mark.parametrize("estimator", ["total", "closed_form_kl", "fixed_density"])
@modest
@given(seed=seeds, shape=shapes)
def test_gradient_is_the_finite_difference_of_what_it_differentiates(
    estimator: Estimator, seed: int, shape: tuple[int, int]
) -> None:
    A, b, s2, x, m, log_std = problem(seed, *shape)
    noise, at, h = np.random.default_rng(seed).normal(size=len(m)), np.concatenate([m, log_std]), 1e-5
    expected = []
    for step in h * np.eye(len(at)):
        up = sampled_bound((A, b, s2, x), at + step, noise, estimator, at)
        down = sampled_bound((A, b, s2, x), at - step, noise, estimator, at)
        expected.append((up - down) / (2 * h))
    found = vae.pathwise_gradients(A, b, s2, x, m, log_std, noise, estimator=estimator)
    np.testing.assert_allclose(np.concatenate([found.grad_m, found.grad_log_std]), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("estimator", ["total", "closed_form_kl", "fixed_density"])
@modest
@given(seed=seeds, shape=shapes)
def test_expectation_is_the_mean_of_every_estimator(estimator: Estimator, seed: int, shape: tuple[int, int]) -> None:
    arguments = problem(seed, *shape)
    by_m = by_log_std = np.zeros(shape[1])
    for weight, noise in nodes(shape[1], order=3):
        draw = vae.pathwise_gradients(*arguments, noise, estimator=estimator)
        by_m, by_log_std = by_m + weight * draw.grad_m, by_log_std + weight * draw.grad_log_std
    found = vae.pathwise_gradients(*arguments, np.zeros(shape[1]), estimator=estimator)
    np.testing.assert_allclose(found.expected_grad_m, by_m, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.expected_grad_log_std, by_log_std, rtol=1e-9, atol=1e-9)


@modest
@given(seeds)
def test_expectation_is_the_gradient_of_the_elbo(seed: int) -> None:
    A, b, s2, x, m, log_std = problem(seed)
    found = vae.pathwise_gradients(A, b, s2, x, m, log_std, [0.0, 0.0])
    at, h = np.concatenate([m, log_std]), 1e-5

    def elbo(theta: Array) -> float:
        return vae.evidence(A, b, s2, x, *halves(theta)).elbo

    expected = [(elbo(at + step) - elbo(at - step)) / (2 * h) for step in h * np.eye(4)]
    gradient = np.concatenate([found.expected_grad_m, found.expected_grad_log_std])
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-5)


def test_estimators_differ_at_one_draw() -> None:
    arguments = (*problem(2), [0.7, -1.1])
    total = vae.pathwise_gradients(*arguments)
    others: tuple[Estimator, ...] = ("closed_form_kl", "fixed_density")
    for other in others:
        assert np.abs(vae.pathwise_gradients(*arguments, estimator=other).grad_m - total.grad_m).max() > 0.01


@pytest.mark.parametrize(
    ("position", "wrong", "message"),
    [
        (0, [1.0, 2.0], r"A has shape \(2,\); wanted \(p, d\)"),
        (1, [1.0], r"b has shape \(1,\); wanted \(3,\)"),
        (2, 0.0, "s2 is 0.0; wanted a number above 0.0"),
        (2, -1.0, "s2 is -1.0"),
        (2, [1.0], r"s2 has shape \(1,\); wanted \(\)"),
        (3, [np.nan, 0.0, 0.0], "x holds nan"),
        (4, [0.0] * 3, r"m has shape \(3,\); wanted \(2,\)"),
        (5, [np.inf, 0.0], "log_std holds inf"),
    ],
)
def test_argument_that_does_not_fit_is_refused(position: int, wrong: ArrayLike, message: str) -> None:
    names = ("A", "b", "s2", "x", "m", "log_std")
    arguments: dict[str, Any] = dict(zip(names, problem(3), strict=True))
    vae.evidence(**arguments)
    arguments[names[position]] = wrong
    with pytest.raises(InvalidInputError, match=message):
        vae.evidence(**arguments)
    with pytest.raises(InvalidInputError, match=message):
        vae.pathwise_gradients(**arguments, epsilon=[0.0, 0.0])


def test_noise_and_estimator_are_checked() -> None:
    with pytest.raises(InvalidInputError, match=r"epsilon has shape \(1,\); wanted \(2,\)"):
        vae.pathwise_gradients(*problem(4), [0.0])
    with pytest.raises(InvalidInputError, match="estimator is 'score'"):
        vae.pathwise_gradients(*problem(4), [0.0, 0.0], estimator="score")  # type: ignore[arg-type]


def test_standard_deviation_beyond_double_precision_is_named() -> None:
    A, b, s2, x, m, _ = problem(5)
    assert vae.evidence(A, b, s2, x, m, [-600.0, 300.0]).elbo < -1e200
    for log_std in ([800.0, 0.0], [400.0, 0.0]):
        with pytest.raises(NumericalRangeError):
            vae.evidence(A, b, s2, x, m, log_std)
    with pytest.raises(NumericalRangeError):
        vae.evidence(A, b, s2, 1.7e308 * np.ones(3), m, [0.0, 0.0])
