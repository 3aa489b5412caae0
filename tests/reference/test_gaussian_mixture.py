"""Semi-supervised EM against brute force, scikit-learn's internals and a general-purpose optimiser."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, minimize
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture as ScikitMixture

from reference import gaussian_mixture as gm
from reference.arrays import Array
from reference.errors import (
    EmptyComponentError,
    InvalidInputError,
    NotConvergedError,
    NumericalRangeError,
    SingularCovarianceError,
)

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)
Labels = NDArray[np.int64]


def parameters(seed: int, K: int = 3, m: int = 2) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(K, m, m)) + 2 * np.eye(m)
    return rng.dirichlet(np.full(K, 3.0)), rng.normal(scale=2, size=(K, m)), roots @ roots.swapaxes(1, 2)


def sample(seed: int, n: int = 30, K: int = 3, m: int = 2, labelled: float = 0.3) -> tuple[Array, Labels]:
    rng = np.random.default_rng(seed + 1)
    component = rng.integers(K, size=n)
    x = rng.normal(size=(n, m)) + 4 * rng.normal(size=(K, m))[component]
    return x, np.where(rng.random(n) < labelled, component + 1, 0)


def packed(pi: Array, mu: Array, Sigma: Array) -> Array:
    """Write the parameters without constraints: log odds, means, and Cholesky factors with log diagonals."""
    m = mu.shape[1]
    below = np.tril_indices(m, -1)
    rows = [np.append(np.log(np.diag(factor)), factor[below]) for factor in np.linalg.cholesky(Sigma)]
    return np.concatenate([np.log(pi[1:] / pi[0]), mu.ravel(), np.ravel(rows)])


def unpacked(theta: Array, K: int, m: int) -> tuple[Array, Array, Array]:
    odds, mu, rest = np.split(theta, [K - 1, K - 1 + K * m])
    pi = np.exp(np.append(0.0, odds))
    Sigma = np.empty((K, m, m))
    for k, row in enumerate(rest.reshape(K, -1)):
        factor = np.diag(np.exp(row[:m]))
        factor[np.tril_indices(m, -1)] = row[m:]
        Sigma[k] = factor @ factor.T
    return pi / pi.sum(), mu.reshape(K, m), Sigma


# E-step and log-likelihood


@modest
@given(seeds)
def test_likelihood_is_the_sum_over_all_assignments_of_the_unlabelled(seed: int) -> None:
    (pi, mu, Sigma), (x, y) = parameters(seed, K=2), sample(seed, n=6, K=2)
    assignments = list(product(*[[0, 1] if label == 0 else [label - 1] for label in y]))
    logs = np.zeros(len(assignments))
    for row, assignment in enumerate(assignments):
        for i, k in enumerate(assignment):
            logs[row] += multivariate_normal.logpdf(x[i], mu[k], Sigma[k]) + (np.log(pi[k]) if y[i] == 0 else 0.0)
    joint = np.zeros((6, 2))
    for share, assignment in zip(np.exp(logs - logsumexp(logs)), assignments, strict=True):
        joint[np.arange(6), assignment] += share
    assert gm.log_likelihood(x, y, pi, mu, Sigma).log_likelihood == pytest.approx(logsumexp(logs))
    np.testing.assert_allclose(gm.responsibilities(x, y, pi, mu, Sigma).delta, joint, atol=1e-10)


@modest
@given(seeds)
def test_unlabelled_responsibilities_are_those_of_scikit_learn(seed: int) -> None:
    (pi, mu, Sigma), (x, _) = parameters(seed), sample(seed)
    oracle = ScikitMixture(3)
    oracle.weights_, oracle.means_, oracle.covariances_ = pi, mu, Sigma
    oracle.precisions_cholesky_ = np.linalg.inv(np.linalg.cholesky(Sigma)).swapaxes(1, 2)
    found = gm.responsibilities(x, np.zeros(30), pi, mu, Sigma)
    np.testing.assert_allclose(found.delta, oracle.predict_proba(x), atol=1e-10)
    assert found.log_likelihood == pytest.approx(oracle.score_samples(x).sum())


def test_labelled_rows_are_exactly_one_hot_and_pay_no_mixing_weight() -> None:
    pi, mu, Sigma = parameters(1)
    found = gm.responsibilities([[0.0, 0.0], [50.0, 1.0]], [3, 1], pi, mu, Sigma)
    assert found.delta.tolist() == [[0, 0, 1], [1, 0, 0]]
    expected = multivariate_normal.logpdf([0, 0], mu[2], Sigma[2]) + multivariate_normal.logpdf(
        [50, 1], mu[0], Sigma[0]
    )
    assert found.log_likelihood == pytest.approx(expected)


def test_samples_where_every_density_underflows_still_get_responsibilities() -> None:
    for far, expected in [(1e3, [0.0, 1.0]), (-1e3, [1.0, 0.0]), (1e8, [0.0, 1.0])]:
        found = gm.responsibilities([[far]], [0], [0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]])
        assert found.delta.tolist() == [expected]
        assert found.log_likelihood == pytest.approx(-(far**2) / 2, rel=1e-2)
    middle = gm.responsibilities([[1e3]], [0], [0.5, 0.5], [[0.0], [2e3]], [[[1.0]], [[1.0]]])
    assert middle.delta.tolist() == [[0.5, 0.5]]


def test_sample_so_far_that_rounding_hides_the_odds_is_named() -> None:
    model: tuple[Any, ...] = ([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]])
    for far in (1e17, 1e150):  # far - 1 is far: the odds of e**far to 1 would come out even
        with pytest.raises(NumericalRangeError, match="rounding hides the odds"):
            gm.responsibilities([[far]], [0], *model)
        assert gm.responsibilities([[far]], [1], *model).delta.tolist() == [[1.0, 0.0]]
        assert gm.log_likelihood([[far]], [0], *model).log_likelihood == pytest.approx(-(far**2) / 2)


def test_sample_whose_log_density_overflows_is_named() -> None:
    arguments: tuple[Any, ...] = ([0.5, 0.5], [[0.0], [1.0]], [[[1.0]], [[1.0]]])
    for label in (0, 1):
        with pytest.raises(NumericalRangeError):
            gm.responsibilities([[1e200]], [label], *arguments)
    one_side = gm.responsibilities([[1e200]], [0], [0.5, 0.5], [[1e200], [0.0]], [[[1.0]], [[1.0]]])
    assert one_side.delta.tolist() == [[1.0, 0.0]]


def test_component_of_weight_zero_takes_no_unlabelled_sample_but_its_labelled_ones() -> None:
    _, mu, Sigma = parameters(2, K=2)
    found = gm.responsibilities(mu, [0, 2], [1.0, 0.0], mu, Sigma)
    assert found.delta.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert np.isfinite(found.log_likelihood)


def test_covariance_of_very_different_units_is_not_singular() -> None:
    Sigma = [[[1e-200, 0.0], [0.0, 1e200]]]
    found = gm.log_likelihood([[1e-100, 0.0]], [0], [1.0], [[0.0, 0.0]], Sigma)
    assert found.log_likelihood == pytest.approx(-0.5 - np.log(2 * np.pi))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"x": [0.0, 1.0]}, InvalidInputError, r"x has shape \(2,\); wanted \(n, m\)"),
        ({"y": [0]}, InvalidInputError, r"y has shape \(1,\); wanted \(2,\)"),
        ({"y": [0, 3]}, InvalidInputError, r"y\[1\] is 3; wanted a label from 0 to 2"),
        ({"y": [-1, 0]}, InvalidInputError, r"y\[0\] is -1"),
        ({"y": [0.5, 0]}, InvalidInputError, "whole numbers"),
        ({"pi": [0.5, 0.4]}, InvalidInputError, "pi is .* wanted weights of at least 0 that sum to 1"),
        ({"pi": [1.5, -0.5]}, InvalidInputError, "at least 0"),
        ({"mu": [[0.0, 0.0]]}, InvalidInputError, r"mu has shape \(1, 2\); wanted \(2, 2\)"),
        ({"Sigma": [np.eye(2)]}, InvalidInputError, r"Sigma has shape \(1, 2, 2\)"),
        ({"Sigma": [np.eye(2), [[1, 0.5], [0, 1]]]}, InvalidInputError, "not symmetric"),
        ({"Sigma": [np.eye(2), [[1, 1], [1, 1]]]}, SingularCovarianceError, r"components \[2\]"),
        ({"Sigma": [[[1, 2], [2, 1]], np.eye(2)]}, SingularCovarianceError, r"components \[1\]"),
        ({"Sigma": [np.eye(2), [[0, 0], [0, 1]]]}, SingularCovarianceError, "component 2 has a variance"),
        ({"Sigma": [np.eye(2), [[-1, 0], [0, 1]]]}, SingularCovarianceError, "component 2 has a variance"),
    ],
)
def test_argument_that_does_not_fit_is_refused(changed: dict[str, Any], error: type[ValueError], message: str) -> None:
    right: dict[str, Any] = {
        "x": [[0.0, 0.0], [1.0, 2.0]],
        "y": [0, 2],
        "pi": [0.5, 0.5],
        "mu": [[0.0, 0.0], [1.0, 1.0]],
        "Sigma": [np.eye(2), np.eye(2)],
    }
    gm.responsibilities(**right)
    for solver in (gm.responsibilities, gm.log_likelihood, gm.em_step, gm.fit):
        with pytest.raises(error, match=message):
            solver(**{**right, **changed})


# M-step


@modest
@given(seeds)
def test_unlabelled_m_step_is_that_of_scikit_learn(seed: int) -> None:
    (pi, mu, Sigma), (x, _) = parameters(seed), sample(seed)
    delta = gm.responsibilities(x, np.zeros(30), pi, mu, Sigma).delta * 0.9 + 0.1 / 3
    oracle = ScikitMixture(3, reg_covar=0.0)
    oracle._initialize(x, delta)
    found = gm.m_step(x, np.zeros(30), delta)
    np.testing.assert_allclose(found.pi, oracle.weights_)
    np.testing.assert_allclose(found.mu, oracle.means_, atol=1e-10)
    np.testing.assert_allclose(found.Sigma, oracle.covariances_, atol=1e-9)


@modest
@given(seeds)
def test_m_step_is_the_weighted_average_written_out(seed: int) -> None:
    x, y = sample(seed)
    delta = np.random.default_rng(seed).dirichlet(np.ones(3), size=30)
    found = gm.m_step(x, y, delta)
    for k in range(3):
        weight = [float(y[i] == k + 1) if y[i] else delta[i, k] for i in range(30)]
        mu = sum(weight[i] * x[i] for i in range(30)) / sum(weight)
        Sigma = sum(weight[i] * np.outer(x[i] - mu, x[i] - mu) for i in range(30)) / sum(weight)
        np.testing.assert_allclose(found.mu[k], mu, atol=1e-12)
        np.testing.assert_allclose(found.Sigma[k], Sigma, atol=1e-12)
        assert found.pi[k] == pytest.approx(sum(delta[i, k] for i in range(30) if y[i] == 0) / np.sum(y == 0))


@pytest.mark.parametrize("seed", [0, 1])
def test_optimiser_finds_the_m_step_as_maximum_of_the_expected_log_likelihood(seed: int) -> None:
    x, y = sample(seed, K=2)
    delta = np.random.default_rng(seed).dirichlet(np.ones(2), size=30)
    weights = np.where(y[:, None] == 0, delta, y[:, None] == [1, 2])

    def negative(theta: Array) -> float:
        pi, mu, Sigma = unpacked(theta, 2, 2)
        logs = np.column_stack([multivariate_normal.logpdf(x, mu[k], Sigma[k]) for k in range(2)])
        return -float(np.sum(weights * (logs + np.log(pi) * (y == 0)[:, None])))

    found = gm.m_step(x, y, delta)
    best = packed(found.pi, found.mu, found.Sigma)
    start = best + np.random.default_rng(seed).normal(scale=0.2, size=best.size)
    optimum = minimize(negative, start, method="BFGS")
    assert negative(best) <= optimum.fun + 1e-9
    np.testing.assert_allclose(best, optimum.x, atol=1e-4)


def test_rows_of_delta_for_labelled_samples_do_not_count() -> None:
    x, y = sample(3)
    delta = np.random.default_rng(3).dirichlet(np.ones(3), size=30)
    nonsense = np.where(y[:, None] == 0, delta, -7.0)
    np.testing.assert_array_equal(gm.m_step(x, y, nonsense).Sigma, gm.m_step(x, y, delta).Sigma)


def test_delta_rounded_to_two_decimals_is_used_as_sent_and_no_probabilities_are_refused() -> None:
    x, y = sample(4)
    delta = np.random.default_rng(4).dirichlet(np.ones(3), size=30)
    np.testing.assert_allclose(gm.m_step(x, y, delta.round(2)).mu, gm.m_step(x, y, delta).mu, atol=0.1)
    for wrong in (2 * delta, delta - 0.5):
        with pytest.raises(InvalidInputError, match="delta has rows that are no probabilities"):
            gm.m_step(x, y, wrong)


def test_component_without_samples_is_named() -> None:
    x, y = sample(5, K=2)
    delta = np.tile([0.5, 0.5, 0.0], (30, 1))
    with pytest.raises(EmptyComponentError, match=r"components \[3\] have no samples"):
        gm.m_step(x, y, delta)
    y[:3] = 3
    assert gm.m_step(x, y, delta).pi[2] == 0.0


@pytest.mark.parametrize(
    "x",
    [
        [[0.1, 0.2]] * 4,
        [[0.1, 0.3], [0.2, 0.6], [0.7, 2.1], [1.1, 3.3]],
        [[1e8 + 0.1, 1.0], [1e8 + 0.1, 2.0], [1e8 + 0.1, 4.0], [1e8 + 0.1, 3.0]],
    ],
)
def test_component_whose_samples_do_not_span_the_space_is_named(x: list[list[float]]) -> None:
    delta = np.ones((4, 1))
    with pytest.raises(SingularCovarianceError):
        gm.m_step(x, [0] * 4, delta)
    moved = np.add(x, [[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.2, 0.1]])
    assert np.linalg.eigvalsh(gm.m_step(moved, [0] * 4, delta).Sigma[0])[0] > 1e-3


def test_samples_whose_squares_overflow_are_named() -> None:
    with pytest.raises(NumericalRangeError):
        gm.m_step([[1e200], [-1e200], [0.0]], [0, 0, 0], np.ones((3, 1)))


def test_shape_of_delta_is_checked() -> None:
    with pytest.raises(InvalidInputError, match=r"delta has shape \(2, 1\); wanted \(3, K\)"):
        gm.m_step([[0.0], [1.0], [2.0]], [0, 0, 0], np.ones((2, 1)))
    with pytest.raises(InvalidInputError, match="wanted a label from 0 to 1"):
        gm.m_step([[0.0], [1.0], [2.0]], [0, 0, 2], np.ones((3, 1)))


# EM step and fit


@modest
@given(seeds)
def test_step_is_e_then_m_and_never_lowers_the_log_likelihood(seed: int) -> None:
    (pi, mu, Sigma), (x, y) = parameters(seed), sample(seed)
    try:
        found = gm.em_step(x, y, pi, mu, Sigma)
        expected = gm.m_step(x, y, gm.responsibilities(x, y, pi, mu, Sigma).delta)
        after = gm.log_likelihood(x, y, found.pi / found.pi.sum(), found.mu, found.Sigma).log_likelihood
    except (EmptyComponentError, SingularCovarianceError):
        return  # a component without enough samples: named, and tested above
    np.testing.assert_array_equal(found.Sigma, expected.Sigma)
    before = gm.log_likelihood(x, y, pi, mu, Sigma).log_likelihood
    assert after >= before - 1e-9 * abs(before)


@modest
@given(seeds)
def test_relabelling_going_in_comes_out(seed: int) -> None:
    (pi, mu, Sigma), (x, _) = parameters(seed), sample(seed)
    order = np.random.default_rng(seed).permutation(3)
    try:
        found = gm.em_step(x, np.zeros(30), pi, mu, Sigma)
    except (EmptyComponentError, SingularCovarianceError):
        return
    moved = gm.em_step(x, np.zeros(30), pi[order], mu[order], Sigma[order])
    np.testing.assert_allclose(moved.pi, found.pi[order], atol=1e-10)
    np.testing.assert_allclose(moved.mu, found.mu[order], atol=1e-8)
    np.testing.assert_allclose(moved.Sigma, found.Sigma[order], atol=1e-8)


def blobs(labelled: float = 0.3) -> tuple[Array, Labels, Array, Array, Array]:
    rng = np.random.default_rng(11)
    component = np.repeat([0, 1], 20)
    x = rng.normal(size=(40, 2)) + np.array([[0.0, 0.0], [2.5, 2.0]])[component]
    y = np.where(rng.random(40) < labelled, component + 1, 0)
    return x, y, np.array([0.5, 0.5]), np.array([[0.0, 0.0], [2.0, 2.0]]), np.array([np.eye(2)] * 2)


@pytest.mark.parametrize("labelled", [0.0, 0.3])
def test_fit_is_a_stationary_point_of_the_log_likelihood(labelled: float) -> None:
    x, y, *start = blobs(labelled)
    found = gm.fit(x, y, *start)
    again = gm.em_step(x, y, found.pi, found.mu, found.Sigma)
    np.testing.assert_allclose(again.Sigma, found.Sigma, atol=1e-11)

    def climb(theta: Array) -> float:
        return gm.log_likelihood(x, y, *unpacked(theta, 2, 2)).log_likelihood

    theta = packed(found.pi, found.mu, found.Sigma)
    np.testing.assert_allclose(approx_fprime(theta, climb, 1e-6), 0, atol=1e-3)
    assert climb(theta) == pytest.approx(found.log_likelihood)
    assert found.log_likelihood > gm.log_likelihood(x, y, *start).log_likelihood


def test_fit_without_labels_is_that_of_scikit_learn() -> None:
    x, y, pi, mu, Sigma = blobs(0.0)
    oracle = ScikitMixture(
        2, tol=1e-14, reg_covar=0.0, max_iter=10_000, weights_init=pi, means_init=mu, precisions_init=Sigma
    ).fit(x)
    found = gm.fit(x, y, pi, mu, Sigma)
    np.testing.assert_allclose(found.pi, oracle.weights_, atol=1e-5)
    np.testing.assert_allclose(found.mu, oracle.means_, atol=1e-5)
    np.testing.assert_allclose(found.Sigma, oracle.covariances_, atol=1e-5)


def test_without_unlabelled_samples_the_fit_is_one_gaussian_a_label_and_uniform_weights() -> None:
    x, y, *start = blobs(1.1)
    found = gm.fit(x, y, *start)
    assert found.pi.tolist() == [0.5, 0.5]
    for k in (1, 2):
        np.testing.assert_allclose(found.mu[k - 1], x[y == k].mean(axis=0))
        np.testing.assert_allclose(found.Sigma[k - 1], np.cov(x[y == k].T, ddof=0))
    assert found.n_iter == 2


@pytest.mark.parametrize("labels", [0, 1])
def test_one_component_is_the_sample_mean_and_covariance(labels: int) -> None:
    x = sample(6)[0]
    found = gm.fit(x, np.full(30, labels), [1.0], [[5.0, 5.0]], [np.eye(2)])
    np.testing.assert_allclose(found.mu[0], x.mean(axis=0))
    np.testing.assert_allclose(found.Sigma[0], np.cov(x.T, ddof=0))
    assert found.log_likelihood == pytest.approx(multivariate_normal.logpdf(x, found.mu[0], found.Sigma[0]).sum())


def test_components_that_start_equal_stay_equal() -> None:
    x, y, pi, mu, Sigma = blobs(0.0)
    found = gm.fit(x, y, pi, mu[[0, 0]], Sigma)
    np.testing.assert_allclose(found.mu[0], found.mu[1])


def test_fit_that_runs_out_of_steps_is_named() -> None:
    x, y, *start = blobs()
    with pytest.raises(NotConvergedError, match="after 2 steps a parameter still moves by"):
        gm.fit(x, y, *start, max_iter=2)
    assert gm.fit(x, y, *start, tol=0.5, max_iter=3).n_iter <= 3


@pytest.mark.parametrize("options", [{"tol": -1.0}, {"tol": float("nan")}, {"max_iter": 0}, {"max_iter": 2.5}])
def test_fit_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    x, y, *start = blobs()
    with pytest.raises(InvalidInputError):
        gm.fit(x, y, *start, **options)


def test_fit_that_collapses_is_named() -> None:
    x = [[0.0], [0.1], [0.2], [9.0]]
    with pytest.raises(SingularCovarianceError, match="component 2 has a variance that is not positive"):
        gm.fit(x, [0] * 4, [0.5, 0.5], [[0.0], [9.0]], [[[1.0]], [[0.01]]])
