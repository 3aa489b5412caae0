"""Mixtures of linear models against brute force, scikit-learn's weighted regression and an optimiser."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, minimize
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.linear_model import LinearRegression

from reference import linear_mixture as lm
from reference.arrays import Array
from reference.errors import (
    EmptyComponentError,
    InvalidInputError,
    NotConvergedError,
    NumericalRangeError,
    RankDeficientError,
    SingularCovarianceError,
)

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def parameters(seed: int, K: int = 2, p: int = 2) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(K, 3.0)), rng.normal(scale=2, size=(K, p)), rng.uniform(0.5, 2.0, K)


def sample(seed: int, n: int = 25, K: int = 2) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed + 1)
    x = np.column_stack([np.ones(n), rng.uniform(-2, 2, n)])
    w = rng.normal(scale=2, size=(K, 2))[rng.integers(K, size=n)]
    return x, np.sum(w * x, axis=1) + rng.normal(scale=0.4, size=n)


def shares(seed: int, n: int = 25, K: int = 2) -> Array:
    return np.random.default_rng(seed + 2).dirichlet(np.ones(K), size=n)


def unpacked(theta: Array) -> tuple[Array, Array, Array]:
    pi = np.exp(np.append(0.0, theta[:1]))
    return pi / pi.sum(), theta[1:5].reshape(2, 2), np.exp(theta[5:])


def packed(pi: Array, w: Array, rho: Array) -> Array:
    return np.concatenate([np.log(pi[1:] / pi[0]), w.ravel(), np.log(rho)])


# E-step and log-likelihood


@modest
@given(seeds)
def test_likelihood_is_the_sum_over_all_assignments(seed: int) -> None:
    (pi, w, rho), (x, y) = parameters(seed), sample(seed, n=6)
    assignments = list(product([0, 1], repeat=6))
    logs = np.zeros(len(assignments))
    for row, assignment in enumerate(assignments):
        for i, k in enumerate(assignment):
            logs[row] += np.log(pi[k]) + norm.logpdf(y[i], w[k] @ x[i], np.sqrt(rho[k]))
    joint = np.zeros((6, 2))
    for share, assignment in zip(np.exp(logs - logsumexp(logs)), assignments, strict=True):
        joint[np.arange(6), assignment] += share
    found = lm.responsibilities(x, y, pi, w, rho)
    assert found.log_likelihood == pytest.approx(logsumexp(logs))
    assert lm.log_likelihood(x, y, pi, w, rho).log_likelihood == found.log_likelihood
    np.testing.assert_allclose(found.delta, joint, atol=1e-10)


def test_samples_where_every_density_underflows_still_get_responsibilities() -> None:
    for far, expected in [(1e3, [0.0, 1.0]), (-1e3, [1.0, 0.0]), (1e8, [0.0, 1.0])]:
        found = lm.responsibilities([[1.0]], [far], [0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0])
        assert found.delta.tolist() == [expected]
        assert found.log_likelihood == pytest.approx(-(far**2) / 2, rel=1e-2)
    assert lm.responsibilities([[1.0]], [0.0], [0.5, 0.5], [[1e3], [-1e3]], [1.0, 1.0]).delta.tolist() == [[0.5, 0.5]]


def test_sample_so_far_that_rounding_hides_the_odds_is_named() -> None:
    with pytest.raises(NumericalRangeError, match="rounding hides the odds"):
        lm.responsibilities([[1.0]], [1e17], [0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0])
    assert lm.log_likelihood([[1.0]], [1e17], [0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0]).log_likelihood < -1e33


def test_sample_whose_log_density_overflows_is_named() -> None:
    with pytest.raises(NumericalRangeError):
        lm.responsibilities([[1.0]], [1e200], [0.5, 0.5], [[0.0], [1.0]], [1.0, 1.0])
    with pytest.raises(NumericalRangeError):
        lm.responsibilities([[1e200, 1e200]], [0.0], [1.0], [[1e200, -1e200]], [1.0])


def test_component_of_weight_zero_takes_no_sample() -> None:
    found = lm.responsibilities([[1.0]], [5.0], [1.0, 0.0], [[0.0], [5.0]], [1.0, 1.0])
    assert found.delta.tolist() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"x": [1.0, 2.0]}, InvalidInputError, r"x has shape \(2,\); wanted \(n, p\)"),
        ({"y": [[1.0, 2.0]]}, InvalidInputError, r"y has shape \(1, 2\); wanted \(2,\)"),
        ({"y": [1.0, np.inf]}, InvalidInputError, "y holds inf"),
        ({"pi": [0.7, 0.7]}, InvalidInputError, "sum to 1"),
        ({"w": [[1.0, 2.0]]}, InvalidInputError, r"w has shape \(1, 2\); wanted \(2, 2\)"),
        ({"rho": [1.0]}, InvalidInputError, r"rho has shape \(1,\); wanted \(2,\)"),
        ({"rho": [1.0, 0.0]}, SingularCovarianceError, "wanted positive variances"),
        ({"rho": [-1.0, 1.0]}, SingularCovarianceError, "wanted positive variances"),
    ],
)
def test_argument_that_does_not_fit_is_refused(changed: dict[str, Any], error: type[ValueError], message: str) -> None:
    right: dict[str, Any] = {
        "x": [[1.0, 0.0], [1.0, 1.0]],
        "y": [0.5, 2.0],
        "pi": [0.5, 0.5],
        "w": [[0.0, 1.0], [0.0, -1.0]],
        "rho": [1.0, 1.0],
    }
    lm.responsibilities(**right)
    for solver in (lm.responsibilities, lm.log_likelihood, lm.em_step, lm.fit):
        with pytest.raises(error, match=message):
            solver(**{**right, **changed})


# M-step


@modest
@given(seeds)
def test_m_step_is_the_weighted_regression_of_scikit_learn_with_its_own_residuals(seed: int) -> None:
    (x, y), delta = sample(seed), shares(seed)
    found = lm.m_step(x, y, delta)
    np.testing.assert_allclose(found.pi, delta.mean(axis=0))
    for k in range(2):
        oracle = LinearRegression(fit_intercept=False).fit(x, y, sample_weight=delta[:, k])
        np.testing.assert_allclose(found.w[k], oracle.coef_, atol=1e-9)
        assert found.rho[k] == pytest.approx(np.average((y - oracle.predict(x)) ** 2, weights=delta[:, k]))


@modest
@given(seeds)
def test_coefficients_solve_the_normal_equations(seed: int) -> None:
    (x, y), delta = sample(seed), shares(seed)
    found = lm.m_step(x, y, delta)
    for k in range(2):
        moments = (delta[:, k, None] * x).T
        np.testing.assert_allclose(found.w[k], np.linalg.solve(moments @ x, moments @ y), atol=1e-9)


def test_optimiser_finds_the_m_step_as_maximum_of_the_expected_log_likelihood() -> None:
    (x, y), delta = sample(1), shares(1)

    def negative(theta: Array) -> float:
        pi, w, rho = unpacked(theta)
        return -float(np.sum(delta * (np.log(pi) + norm.logpdf(y[:, None], x @ w.T, np.sqrt(rho)))))

    found = lm.m_step(x, y, delta)
    best = packed(found.pi, found.w, found.rho)
    optimum = minimize(negative, best + np.random.default_rng(1).normal(scale=0.3, size=7), method="BFGS")
    assert negative(best) <= optimum.fun + 1e-9
    np.testing.assert_allclose(best, optimum.x, atol=1e-4)


def test_regressors_of_very_different_units_are_not_rank_deficient() -> None:
    (x, y), delta = sample(2), shares(2)
    found = lm.m_step(x * [1e-12, 1e12], y, delta)
    np.testing.assert_allclose(found.w * [1e-12, 1e12], lm.m_step(x, y, delta).w)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0], [0.1, 0.2]], "component 1 has regressors of rank 1; wanted 2"),
        ([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [4.0, 0.0]], "a regressor that is zero on all its samples"),
    ],
)
def test_linearly_dependent_regressors_are_named(x: list[list[float]], message: str) -> None:
    y, delta = [1.0, 0.0, 2.0, 5.0], np.ones((4, 1))
    with pytest.raises(RankDeficientError, match=message):
        lm.m_step(x, y, delta)
    assert lm.m_step(np.add(x, [[0.0, 0.1], [0.0, 0.0], [0.0, 0.0], [0.0, -0.3]]), y, delta).rho[0] > 0


def test_component_with_fewer_samples_than_regressors_is_rank_deficient() -> None:
    with pytest.raises(RankDeficientError, match="component 2 has regressors of rank 1"):
        lm.m_step([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]], [0, 1, 0, 5], [[1, 0], [1, 0], [1, 0], [0, 1]])


def test_component_without_samples_is_named() -> None:
    x, y = sample(3)
    with pytest.raises(EmptyComponentError, match=r"components \[2\] have no samples"):
        lm.m_step(x, y, np.tile([1.0, 0.0], (25, 1)))
    assert lm.m_step(x, y, np.tile([0.99, 0.01], (25, 1))).pi[1] == pytest.approx(0.01)


@pytest.mark.parametrize("scale", [1.0, 1e-100, 1e100])
def test_exact_fit_collapses_by_name_whatever_the_unit(scale: float) -> None:
    x = np.column_stack([np.ones(5), [0.1, 0.7, 1.3, 2.9, 3.3]])
    y = x @ [0.3, -1.7] * scale
    with pytest.raises(SingularCovarianceError, match=r"rho of components \[1\] collapses to 0"):
        lm.m_step(x, y, np.ones((5, 1)))
    y[2] += 1e-6 * scale
    assert lm.m_step(x, y, np.ones((5, 1))).rho[0] > 0


def test_responses_whose_squares_overflow_are_named() -> None:
    with pytest.raises(NumericalRangeError):
        lm.m_step([[1.0], [1.0]], [1e200, -1e200], [[1.0], [1.0]])
    with pytest.raises(RankDeficientError):
        lm.m_step([[1e-300], [1e-300]], [1.0, 2.0], [[1.0], [1.0]])


def test_delta_that_is_no_probabilities_is_refused() -> None:
    (x, y), delta = sample(4), shares(4)
    np.testing.assert_allclose(lm.m_step(x, y, delta.round(2)).w, lm.m_step(x, y, delta).w, atol=0.1)
    for wrong in (2 * delta, -delta):
        with pytest.raises(InvalidInputError, match="no probabilities"):
            lm.m_step(x, y, wrong)


# EM step and fit


@modest
@given(seeds)
def test_step_is_e_then_m_and_never_lowers_the_log_likelihood(seed: int) -> None:
    (pi, w, rho), (x, y) = parameters(seed), sample(seed)
    try:
        found = lm.em_step(x, y, pi, w, rho)
    except (EmptyComponentError, RankDeficientError, SingularCovarianceError):
        return  # a component without enough samples: named, and tested above
    expected = lm.m_step(x, y, lm.responsibilities(x, y, pi, w, rho).delta)
    np.testing.assert_array_equal(found.w, expected.w)
    before = lm.log_likelihood(x, y, pi, w, rho).log_likelihood
    after = lm.log_likelihood(x, y, found.pi, found.w, found.rho).log_likelihood
    assert after >= before - 1e-9 * abs(before)


@modest
@given(seeds)
def test_relabelling_going_in_comes_out(seed: int) -> None:
    (pi, w, rho), (x, y) = parameters(seed), sample(seed)
    try:
        found = lm.em_step(x, y, pi, w, rho)
    except (EmptyComponentError, RankDeficientError, SingularCovarianceError):
        return
    moved = lm.em_step(x, y, pi[::-1], w[::-1], rho[::-1])
    np.testing.assert_allclose(moved.pi, found.pi[::-1], atol=1e-10)
    np.testing.assert_allclose(moved.w, found.w[::-1], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(moved.rho, found.rho[::-1], rtol=1e-6, atol=1e-8)


def crossing() -> tuple[Array, Array, Array, Array, Array]:
    rng = np.random.default_rng(7)
    x = np.column_stack([np.ones(40), rng.uniform(-2, 2, 40)])
    y = np.where(np.arange(40) < 24, 1 + 2 * x[:, 1], -x[:, 1]) + rng.normal(scale=0.5, size=40)
    return x, y, np.array([0.5, 0.5]), np.array([[0.0, 1.0], [0.0, -1.0]]), np.ones(2)


def test_fit_is_a_stationary_point_that_no_optimiser_improves() -> None:
    x, y, *start = crossing()
    found = lm.fit(x, y, *start)
    again = lm.em_step(x, y, found.pi, found.w, found.rho)
    np.testing.assert_allclose(again.w, found.w, atol=1e-11)

    def negative(theta: Array) -> float:
        return -lm.log_likelihood(x, y, *unpacked(theta)).log_likelihood

    theta = packed(found.pi, found.w, found.rho)
    np.testing.assert_allclose(approx_fprime(theta, negative, 1e-6), 0, atol=1e-3)
    optimum = minimize(negative, theta + 0.05, method="BFGS")
    np.testing.assert_allclose(optimum.x, theta, atol=1e-4)
    assert -found.log_likelihood == pytest.approx(optimum.fun)


def test_one_component_is_ordinary_least_squares() -> None:
    x, y = sample(5)
    found = lm.fit(x, y, [1.0], [[0.0, 0.0]], [1.0])
    coefficients = np.linalg.lstsq(x, y)[0]
    np.testing.assert_allclose(found.w[0], coefficients)
    assert found.rho[0] == pytest.approx(np.mean((y - x @ coefficients) ** 2))
    assert found.pi.tolist() == [1.0]


def test_components_that_start_equal_stay_equal() -> None:
    x, y, pi, w, rho = crossing()
    found = lm.fit(x, y, pi, w[[0, 0]], rho)
    np.testing.assert_allclose(found.w[0], found.w[1])


def test_fit_that_runs_out_of_steps_is_named() -> None:
    x, y, *start = crossing()
    with pytest.raises(NotConvergedError, match="after 3 steps a parameter still moves by"):
        lm.fit(x, y, *start, max_iter=3)
    assert lm.fit(x, y, *start, tol=1e-3).n_iter < lm.fit(x, y, *start).n_iter


@pytest.mark.parametrize("options", [{"tol": -1e-9}, {"max_iter": 0}, {"max_iter": True}])
def test_fit_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    x, y, *start = crossing()
    with pytest.raises(InvalidInputError):
        lm.fit(x, y, *start, **options)
