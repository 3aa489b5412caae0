"""Principal components against scikit-learn, covariance eigenvalues, and their own definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from reference import pca
from reference.arrays import Array
from reference.errors import (
    ConstantColumnError,
    InvalidInputError,
    NotOrthonormalError,
    NumericalRangeError,
)

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def sample(seed: int, n: int = 12, p: int = 4) -> Array:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)) @ np.diag(np.arange(1.0, p + 1)) + rng.normal(scale=5, size=p)


def same_up_to_sign(found: Array, expected: Array, atol: float = 1e-8) -> None:
    signs = np.sign(np.sum(found * expected, axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=atol, rtol=0)


@modest
@given(seeds)
def test_axes_variances_and_components_are_those_of_scikit_learn(seed: int) -> None:
    X = sample(seed)
    oracle = PCA(svd_solver="full").fit(X)
    found = pca.principal_components(X)
    np.testing.assert_allclose(found.mean, oracle.mean_)
    np.testing.assert_allclose(found.explained_variance, oracle.explained_variance_)
    same_up_to_sign(found.axes, oracle.components_.T)
    same_up_to_sign(found.components, oracle.transform(X), atol=1e-7)


@pytest.mark.parametrize("ddof", [0, 1, 2])
def test_variances_are_eigenvalues_of_the_covariance_with_the_same_ddof(ddof: int) -> None:
    X = sample(1)
    expected = np.linalg.eigvalsh(np.cov(X.T, ddof=ddof))[::-1]
    np.testing.assert_allclose(pca.principal_components(X, ddof=ddof).explained_variance, expected)


@modest
@given(seeds)
def test_axes_are_orthonormal_and_components_rebuild_the_sample(seed: int) -> None:
    X = sample(seed)
    for center in (True, False):
        for scale in (True, False):
            found = pca.principal_components(X, center=center, scale=scale)
            np.testing.assert_allclose(found.axes.T @ found.axes, np.eye(4), atol=1e-12)
            np.testing.assert_allclose(found.components @ found.axes.T * found.scale + found.mean, X, atol=1e-10)


@pytest.mark.parametrize("ddof", [0, 1])
def test_standardised_variances_are_eigenvalues_of_the_correlations_for_every_ddof(ddof: int) -> None:
    X = sample(2)
    found = pca.principal_components(X, scale=True, ddof=ddof)
    np.testing.assert_allclose(found.explained_variance, np.linalg.eigvalsh(np.corrcoef(X.T))[::-1])
    assert found.explained_variance.sum() == pytest.approx(4)
    np.testing.assert_allclose(found.scale, X.std(axis=0, ddof=ddof))


def test_standardised_components_with_ddof_0_are_those_of_scikit_learn() -> None:
    X = sample(3)
    oracle = PCA(svd_solver="full").fit_transform(StandardScaler().fit_transform(X))
    same_up_to_sign(pca.principal_components(X, scale=True, ddof=0).components, oracle)


def test_without_centring_variances_are_second_moments() -> None:
    X = sample(4)
    found = pca.principal_components(X, center=False, ddof=0)
    assert found.mean.tolist() == [0.0] * 4
    np.testing.assert_allclose(found.explained_variance, np.linalg.eigvalsh(X.T @ X / len(X))[::-1])


def test_more_columns_than_samples_give_as_many_axes_as_samples() -> None:
    found = pca.principal_components(sample(5, n=3, p=6))
    assert (found.axes.shape, found.components.shape) == ((6, 3), (3, 3))
    assert found.explained_variance[2] == pytest.approx(0, abs=1e-12)


def test_one_sample_has_no_variance_with_ddof_0_and_none_defined_with_1() -> None:
    assert pca.principal_components([[1.0, 2.0]], ddof=0).explained_variance.tolist() == [0.0]
    with pytest.raises(InvalidInputError, match="ddof is 1; wanted a whole number from 0 to 0"):
        pca.principal_components([[1.0, 2.0]])


def test_constant_column_is_refused_only_when_standardising() -> None:
    X = np.column_stack([sample(6), np.full(12, 0.1)])
    assert pca.principal_components(X).explained_variance[-1] == pytest.approx(0, abs=1e-12)
    with pytest.raises(ConstantColumnError, match=r"columns \[4\]"):
        pca.principal_components(X, scale=True)


def test_entries_whose_squares_overflow_are_named() -> None:
    assert pca.principal_components([[1e150], [-1e150]]).explained_variance[0] == pytest.approx(2e300)
    for huge in (1e200, 1.5e308):
        with pytest.raises(NumericalRangeError):
            pca.principal_components([[huge, 1.0], [-huge, 2.0], [huge, 0.0]])
        with pytest.raises(NumericalRangeError):
            pca.reconstruction_error([[huge, 1.0], [-huge, 2.0]], [[0.0], [1.0]], n_components=1)
    with pytest.raises(NumericalRangeError):
        pca.project([[1.5e308], [1.5e308]], [[1.0]])


@modest
@given(seeds)
def test_projection_on_the_principal_axes_gives_the_components(seed: int) -> None:
    X = sample(seed)
    for center in (True, False):
        found = pca.principal_components(X, center=center)
        again = pca.project(X, found.axes, center=center)
        np.testing.assert_allclose(again.components, found.components, atol=1e-10)


def test_projection_takes_axes_as_they_are_given() -> None:
    X, axes = sample(7), sample(8, n=4, p=2)
    np.testing.assert_allclose(pca.project(X, axes).components, (X - X.mean(axis=0)) @ axes)
    with pytest.raises(InvalidInputError, match=r"axes has shape \(3, 2\); wanted \(4, k\)"):
        pca.project(X, axes[:3])


@modest
@given(seeds, st.integers(1, 4))
def test_error_is_that_of_scikit_learn_in_any_order_and_sign_of_the_axes(seed: int, k: int) -> None:
    X = sample(seed)
    oracle = PCA(n_components=k, svd_solver="full").fit(X)
    expected = np.sum((X - oracle.inverse_transform(oracle.transform(X))) ** 2)
    rng = np.random.default_rng(seed)
    order = rng.permutation(4)
    axes = (pca.principal_components(X).axes * rng.choice([-1.0, 1.0], 4))[:, order]
    for ddof in (0, 1):
        found = pca.reconstruction_error(X, axes, n_components=k, ddof=ddof)
        assert found.error == pytest.approx(expected / (12 - ddof), rel=1e-9, abs=1e-9)
        assert found.dropped.tolist() == sorted(np.flatnonzero(order >= k).tolist())


def test_error_is_the_variance_along_the_axes_dropped() -> None:
    X = sample(9)
    found = pca.principal_components(X, ddof=0)
    error = pca.reconstruction_error(X, found.axes, n_components=2).error
    assert error == pytest.approx(found.explained_variance[2:].sum())


def test_error_without_centring_keeps_the_axes_of_largest_second_moment() -> None:
    X = [[10.0, 1.0], [10.0, -1.0]]
    assert pca.reconstruction_error(X, np.eye(2), n_components=1, center=False).dropped.tolist() == [1]
    assert pca.reconstruction_error(X, np.eye(2), n_components=1).dropped.tolist() == [0]


def test_axes_rounded_to_two_decimals_pass_and_axes_of_another_length_do_not() -> None:
    X = sample(10)
    axes = pca.principal_components(X).axes
    exact = pca.reconstruction_error(X, axes, n_components=3).error
    assert pca.reconstruction_error(X, axes.round(2), n_components=3).error == pytest.approx(exact, rel=0.05)
    with pytest.raises(NotOrthonormalError, match=r"wanted at most 0.05"):
        pca.reconstruction_error(X, 2 * axes, n_components=3)


@pytest.mark.parametrize("options", [{"n_components": 0}, {"n_components": 5}, {"n_components": 1, "ddof": 12}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        pca.reconstruction_error(sample(11), np.eye(4), **options)
