"""Linear and logistic regression against scikit-learn, finite differences, and what minimises a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from reference import linear_regression as linear
from reference import logistic_regression as logistic
from reference.arrays import Array
from reference.errors import InvalidInputError, NumericalRangeError, RankDeficientError

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def sample(seed: int, n: int = 14, p: int = 3) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * np.arange(1.0, p + 1) + rng.normal(scale=4, size=p)
    return X, X @ rng.normal(size=p) + rng.normal(size=n) + 2.0


# Linear regression


@modest
@given(seeds, st.booleans())
def test_least_squares_is_that_of_scikit_learn(seed: int, intercept: bool) -> None:
    X, y = sample(seed)
    oracle = LinearRegression(fit_intercept=intercept).fit(X, y)
    found = linear.least_squares(X, y, intercept=intercept)
    np.testing.assert_allclose(found.coefficients, [oracle.intercept_, *oracle.coef_], atol=1e-8)
    assert found.residual_sum == pytest.approx(np.sum((y - oracle.predict(X)) ** 2))


@modest
@given(seeds, st.floats(0.01, 100.0), st.booleans())
def test_ridge_is_that_of_scikit_learn(seed: int, penalty: float, intercept: bool) -> None:
    X, y = sample(seed)
    for loss, factor in (("sum", 1), ("mean", len(y))):
        oracle = Ridge(alpha=factor * penalty, fit_intercept=intercept, solver="svd").fit(X, y)
        options: dict[str, Any] = {"penalty": penalty, "intercept": intercept, "loss": loss}
        found = linear.ridge(X, y, **options)
        np.testing.assert_allclose(found.coefficients, [oracle.intercept_, *oracle.coef_], atol=1e-8)


def test_a_penalised_intercept_is_one_more_penalised_coefficient() -> None:
    X, y = sample(1)
    oracle = Ridge(alpha=3.0, fit_intercept=False, solver="svd").fit(np.column_stack([np.ones(len(y)), X]), y)
    found = linear.ridge(X, y, penalty=3.0, penalise_intercept=True)
    np.testing.assert_allclose(found.coefficients, oracle.coef_, atol=1e-10)
    assert np.abs(found.coefficients - linear.ridge(X, y, penalty=3.0).coefficients).max() > 1e-2


def test_ridge_tends_to_least_squares_and_to_the_mean() -> None:
    X, y = sample(2)
    near = linear.ridge(X, y, penalty=1e-9).coefficients
    np.testing.assert_allclose(near, linear.least_squares(X, y).coefficients, atol=1e-7)
    np.testing.assert_allclose(linear.ridge(X, y, penalty=1e12).coefficients, [y.mean(), 0, 0, 0], atol=1e-8)


@modest
@given(seeds)
def test_no_other_coefficients_have_a_smaller_loss(seed: int) -> None:
    X, y = sample(seed)
    rng = np.random.default_rng(seed)

    def loss(coefficients: Array) -> float:
        residual = y - coefficients[0] - X @ coefficients[1:]
        return float(residual @ residual + 2.5 * coefficients[1:] @ coefficients[1:])

    best = linear.ridge(X, y, penalty=2.5).coefficients
    assert all(loss(best) < loss(best + rng.normal(scale=1e-3, size=4)) for _ in range(10))


def test_predictions_are_those_of_scikit_learn() -> None:
    X, y = sample(3)
    new = sample(4)[0]
    oracle = LinearRegression().fit(X, y)
    coefficients = [oracle.intercept_, *oracle.coef_]
    np.testing.assert_allclose(linear.predict(new, coefficients).y, oracle.predict(new))
    without = linear.predict(new, coefficients, constant=False).y
    np.testing.assert_allclose(without, oracle.predict(new) - oracle.intercept_, atol=1e-10)


def test_dependent_regressors_are_refused_by_least_squares_and_not_by_ridge() -> None:
    X, y = sample(5)
    for dependent in (np.column_stack([X, X[:, 0] + X[:, 1]]), np.column_stack([X, np.full(14, 7.0)]), X[:3]):
        with pytest.raises(RankDeficientError, match="linearly dependent"):
            linear.least_squares(dependent, y[: len(dependent)])
        assert np.isfinite(linear.ridge(dependent, y[: len(dependent)], penalty=1.0).coefficients).all()


def test_inputs_that_do_not_fit_are_refused() -> None:
    X, y = sample(6)
    with pytest.raises(InvalidInputError, match=r"y has shape \(13,\); wanted \(14,\)"):
        linear.least_squares(X, y[:13])
    for penalty in (0.0, -1.0):
        with pytest.raises(InvalidInputError, match="wanted a number above 0"):
            linear.ridge(X, y, penalty=penalty)
    with pytest.raises(InvalidInputError, match="loss is 'max'"):
        linear.ridge(X, y, penalty=1.0, loss="max")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match=r"coefficients has shape \(3,\); wanted \(4,\)"):
        linear.predict(X, [1.0, 2.0, 3.0])
    with pytest.raises(NumericalRangeError):
        linear.predict([[1e200]], [0.0, 1e200])


# Logistic regression


def classes(seed: int, n: int = 20) -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    return X, (rng.random(n) < 0.5).astype(float), rng.normal(size=3)


def negative_log_likelihood(X: Array, y: Array, w: Array) -> float:
    p = 1 / (1 + np.exp(-X @ w))
    return -float(np.sum(np.where(y == 1, np.log(p), np.log(1 - p))))


def differences(function: Callable[[Array], Any], w: Array) -> Array:
    """Central differences along every coordinate."""
    return np.stack([(function(w + h) - function(w - h)) / 2e-5 for h in 1e-5 * np.eye(len(w))])


@modest
@given(seeds)
def test_gradient_and_hessian_are_finite_differences(seed: int) -> None:
    X, y, w = classes(seed)
    found = logistic.gradient(X, y, w)
    assert found.loss == pytest.approx(negative_log_likelihood(X, y, w))
    numeric = differences(lambda v: negative_log_likelihood(X, y, v), w)
    np.testing.assert_allclose(found.gradient, numeric, atol=1e-6)
    hessian = differences(lambda v: logistic.gradient(X, y, v).gradient, w)
    step = logistic.newton_step(X, w, found.gradient)
    np.testing.assert_allclose(step.hessian, hessian, atol=1e-6)
    np.testing.assert_allclose(hessian @ (w - step.w), found.gradient, atol=1e-5)


@modest
@given(seeds)
def test_probabilities_are_those_of_scikit_learn_at_the_same_weights(seed: int) -> None:
    X, y, w = classes(seed)
    model = LogisticRegression(fit_intercept=False)
    model.classes_, model.coef_, model.intercept_ = np.array([0, 1]), w[None], np.zeros(1)
    np.testing.assert_allclose(logistic.gradient(X, y, w).probabilities, model.predict_proba(X)[:, 1])


def test_repeated_newton_steps_end_at_the_minimum_that_scipy_finds() -> None:
    X, y, _ = classes(3)
    w = np.zeros(3)
    for _ in range(12):
        w = logistic.newton_step(X, w, logistic.gradient(X, y, w).gradient).w

    def loss(v: Array) -> float:
        return negative_log_likelihood(X, y, v)

    oracle = minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    np.testing.assert_allclose(w, oracle.x, atol=1e-4)
    assert np.abs(logistic.gradient(X, y, w).gradient).max() < 1e-10


def test_slips_are_what_they_are_called() -> None:
    X, y, w = classes(4)
    right = logistic.gradient(X, y, w)
    mean = logistic.gradient(X, y, w, average="mean")
    np.testing.assert_allclose(20 * mean.gradient, right.gradient)
    assert 20 * mean.loss == pytest.approx(right.loss)
    squares = differences(lambda v: float(np.sum((X @ v - y) ** 2) / 2), w)
    np.testing.assert_allclose(logistic.gradient(X, y, w, link="linear").gradient, squares, atol=1e-6)
    slope = right.gradient
    step = logistic.newton_step(X, w, slope).w - w
    np.testing.assert_allclose(logistic.newton_step(X, w, slope, direction="ascent").w, w - step)
    np.testing.assert_allclose(logistic.newton_step(X, w, slope, curvature="identity").w, w - slope)
    gram = np.linalg.lstsq(X.T @ X, slope, rcond=None)[0]
    np.testing.assert_allclose(logistic.newton_step(X, w, slope, curvature="gram").w, w - gram)


def test_scores_of_any_size_give_a_finite_loss() -> None:
    found = logistic.gradient([[1e4], [-1e4]], [0, 0], [1.0])
    assert found.loss == pytest.approx(1e4)
    assert found.gradient.tolist() == [1e4]


def test_a_hand_computed_case() -> None:
    found = logistic.gradient([[1.0, 2.0], [1.0, -2.0]], [1, 0], [0.0, 0.0])
    assert found.gradient.tolist() == [0.0, -2.0]
    assert found.loss == pytest.approx(2 * np.log(2))
    step = logistic.newton_step([[1.0, 2.0], [1.0, -2.0]], [0.0, 0.0], found.gradient)
    np.testing.assert_allclose(step.w, [0.0, 1.0], atol=1e-15)


def test_degenerate_steps_and_classes_are_refused() -> None:
    X, y, w = classes(5)
    with pytest.raises(InvalidInputError, match=r"y\[3\] is 2; wanted 0 or 1"):
        logistic.gradient(X, np.where(np.arange(20) == 3, 2, y), w)
    with pytest.raises(RankDeficientError, match="rank 3; wanted 4"):
        logistic.newton_step(np.column_stack([X, X[:, 1]]), [*w, 0.0], np.ones(4))
    with pytest.raises(RankDeficientError, match="rank 0; wanted 1"):
        logistic.newton_step([[1e4]], [1.0], [1.0])
