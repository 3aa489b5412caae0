"""Singular values, kernel components and discriminants against SciPy, scikit-learn, and their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA, KernelPCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics.pairwise import laplacian_kernel, rbf_kernel
from sklearn.preprocessing import KernelCenterer

from reference import discriminants, kernel_pca, svd
from reference.arrays import Array
from reference.errors import (
    EmptyComponentError,
    InvalidInputError,
    NumericalRangeError,
    SingularCovarianceError,
    TooFewEigenvectorsError,
)

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def matrix(seed: int, n: int = 7, p: int = 4) -> Array:
    return np.asarray(np.random.default_rng(seed).normal(size=(n, p)) * np.arange(1.0, p + 1))


def same_up_to_sign(found: Array, expected: Array, atol: float = 1e-8) -> None:
    signs = np.sign(np.sum(found * expected, axis=0))
    np.testing.assert_allclose(found * signs, expected, atol=atol, rtol=0)


# Singular value decomposition


@modest
@given(seeds, st.sampled_from([(7, 4), (4, 7), (5, 5), (1, 3)]))
def test_singular_values_are_those_of_scipy_and_the_factors_rebuild_the_matrix(
    seed: int, shape: tuple[int, int]
) -> None:
    A = matrix(seed, *shape)
    found = svd.decompose(A)
    np.testing.assert_allclose(found.s, scipy.linalg.svdvals(A, check_finite=False), atol=1e-12)
    np.testing.assert_allclose(found.U * found.s @ found.V.T, A, atol=1e-12)
    np.testing.assert_allclose(found.U.T @ found.U, np.eye(min(shape)), atol=1e-12)
    np.testing.assert_allclose(found.V.T @ found.V, np.eye(min(shape)), atol=1e-12)


@modest
@given(seeds)
def test_vectors_are_eigenvectors_of_the_gram_matrices_with_linked_signs(seed: int) -> None:
    A = matrix(seed)
    found = svd.decompose(A)
    U, _, Vt = scipy.linalg.svd(A, full_matrices=False, lapack_driver="gesvd")
    signs = np.sign(np.sum(found.V * Vt.T, axis=0))
    np.testing.assert_allclose(found.V * signs, Vt.T, atol=1e-8)
    np.testing.assert_allclose(found.U * signs, U, atol=1e-8)
    np.testing.assert_allclose(A.T @ A @ found.V, found.V * found.s**2, atol=1e-9)


def test_a_centred_matrix_has_the_axes_of_its_principal_components() -> None:
    A = matrix(1)
    oracle = PCA(svd_solver="full").fit(A)
    found = svd.decompose(A, center=True)
    np.testing.assert_allclose(found.s, oracle.singular_values_)
    same_up_to_sign(found.V, oracle.components_.T)


@modest
@given(seeds, st.integers(1, 4))
def test_the_approximation_is_that_of_scikit_learn_whatever_the_signs(seed: int, rank: int) -> None:
    A = matrix(seed)
    found = svd.decompose(A)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], 4)
    near = svd.low_rank(found.U * signs, found.s, found.V * signs, rank=rank)
    oracle = TruncatedSVD(rank, algorithm="arpack", random_state=0) if rank < 4 else None
    expected = A if oracle is None else oracle.inverse_transform(oracle.fit_transform(A))
    np.testing.assert_allclose(near.approximation, expected, atol=1e-7)
    assert near.error == pytest.approx(np.sqrt(np.sum((A - expected) ** 2)), abs=1e-7)
    spectral = svd.low_rank(found.U, found.s, found.V, rank=rank, norm="spectral").error
    assert spectral == pytest.approx(np.linalg.norm(A - expected, 2), abs=1e-7)


@modest
@given(seeds)
def test_no_other_matrix_of_that_rank_is_nearer(seed: int) -> None:
    A = matrix(seed)
    rng = np.random.default_rng(seed)
    found = svd.decompose(A)
    near = svd.low_rank(found.U, found.s, found.V, rank=2)
    for _ in range(10):
        rows = near.approximation @ (np.eye(4) + rng.normal(scale=0.01, size=(4, 4)))
        assert np.linalg.norm(A - rows) > near.error


def test_a_hand_computed_decomposition_in_any_order_of_its_terms() -> None:
    found = svd.decompose([[0.0, -3.0], [2.0, 0.0]])
    assert found.s.tolist() == [3.0, 2.0]
    near = svd.low_rank(np.eye(2), [2.0, 3.0], np.eye(2), rank=1)
    assert (near.approximation.tolist(), near.error) == ([[0.0, 0.0], [0.0, 3.0]], 2.0)
    far = svd.low_rank(np.eye(2), [2.0, 3.0], np.eye(2), rank=1, keep="smallest")
    assert (far.approximation.tolist(), far.error) == ([[2.0, 0.0], [0.0, 0.0]], 3.0)
    assert svd.low_rank(np.eye(2), [2.0, 3.0], np.eye(2), rank=2).error == 0.0


def test_what_does_not_fit_is_refused() -> None:
    found = svd.decompose(matrix(2))
    for rank in (0, 5):
        with pytest.raises(InvalidInputError, match="rank"):
            svd.low_rank(found.U, found.s, found.V, rank=rank)
    with pytest.raises(InvalidInputError, match=r"V has shape \(4, 3\); wanted \(p, 4\)"):
        svd.low_rank(found.U, found.s, found.V[:, :3], rank=1)
    assert svd.decompose(np.zeros((3, 2))).s.tolist() == [0.0, 0.0]
    with pytest.raises(NumericalRangeError):
        svd.low_rank([[1e200]], [1e200], [[1.0]], rank=1)


# Kernel principal components


@modest
@given(seeds, st.floats(0.05, 1.0))
def test_gram_matrix_and_its_centre_are_those_of_scikit_learn(seed: int, gamma: float) -> None:
    X = matrix(seed)
    found = kernel_pca.gram(X, gamma=gamma)
    oracle = rbf_kernel(X, gamma=gamma)
    np.testing.assert_allclose(found.K, oracle, atol=1e-12)
    np.testing.assert_allclose(found.centred, KernelCenterer().fit_transform(oracle), atol=1e-12)
    np.testing.assert_allclose(found.centred.sum(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(kernel_pca.gram(X, gamma=gamma, centring="none").centred, found.K)
    rows = kernel_pca.gram(X, gamma=gamma, centring="rows").centred
    np.testing.assert_allclose(rows, oracle @ (np.eye(7) - 1 / 7), atol=1e-12)


def test_a_kernel_of_plain_distances_is_the_laplacian_one_in_one_dimension() -> None:
    X = matrix(3, p=1)
    found = kernel_pca.gram(X, gamma=0.5, distance="plain")
    np.testing.assert_allclose(found.K, laplacian_kernel(X, gamma=0.5), atol=1e-14)


@modest
@given(seeds)
def test_components_are_those_of_scikit_learn(seed: int) -> None:
    X = matrix(seed)
    oracle = KernelPCA(3, kernel="rbf", gamma=0.1, eigen_solver="dense").fit(X)
    K = kernel_pca.gram(X, gamma=0.1).centred
    found = kernel_pca.components(K, n_components=3)
    np.testing.assert_allclose(found.eigenvalues, oracle.eigenvalues_, atol=1e-10)
    same_up_to_sign(found.components, oracle.transform(X), atol=1e-7)
    options: list[tuple[Any, Array]] = [
        ("none", oracle.eigenvectors_),
        ("eigenvalue", oracle.eigenvectors_ * oracle.eigenvalues_),
        ("inverse_root", oracle.eigenvectors_ / np.sqrt(oracle.eigenvalues_)),
    ]
    for scaling, expected in options:
        same_up_to_sign(kernel_pca.components(K, n_components=3, scaling=scaling).components, expected, atol=1e-7)


def test_with_a_linear_kernel_they_are_the_principal_components() -> None:
    X = matrix(4)
    Z = X - X.mean(axis=0)
    found = kernel_pca.components(Z @ Z.T, n_components=4)
    same_up_to_sign(found.components, PCA(svd_solver="full").fit_transform(X))


def test_all_eigenvalues_of_the_gram_matrix_go_on_beyond_the_cut() -> None:
    found = kernel_pca.components([[2.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 1.0]], n_components=1)
    assert found.eigenvalues.tolist() == [5.0]
    assert found.all_eigenvalues.tolist() == [5.0, 2.0, 1.0]


def test_a_kernel_without_enough_directions_is_refused() -> None:
    with pytest.raises(TooFewEigenvectorsError, match="n_components is 1; K has 0 positive eigenvalues"):
        kernel_pca.components(kernel_pca.gram([[1.0], [1.0]], gamma=1.0).centred, n_components=1)
    with pytest.raises(TooFewEigenvectorsError, match="n_components is 2; K has 1"):
        kernel_pca.components([[1.0, -1.0], [-1.0, 1.0]], n_components=2)
    with pytest.raises(InvalidInputError, match="gamma is 0"):
        kernel_pca.gram([[1.0]], gamma=0.0)


# Discriminants


def labelled(seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    y = np.repeat([1, 2, 3], [6, 9, 7])
    means = 4.0 * np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1.5, 0, 0]])
    return means[y - 1] + rng.normal(size=(22, 4)) * [1.0, 2.0, 0.5, 1.5], y


@modest
@given(seeds)
def test_directions_are_those_of_scikit_learn(seed: int) -> None:
    X, y = labelled(seed)
    oracle = LinearDiscriminantAnalysis(solver="eigen").fit(X, y)
    scatter = discriminants.scatter_matrices(X, y)
    found = discriminants.directions(scatter.within, scatter.between, n_components=2)
    scalings = oracle.scalings_[:, :2]
    same_up_to_sign(found.directions, scalings / np.linalg.norm(scalings, axis=0), atol=1e-7)
    np.testing.assert_allclose(found.ratios / found.ratios.sum(), oracle.explained_variance_ratio_, atol=1e-9)
    scaled = discriminants.directions(scatter.within, scatter.between, n_components=2, normalisation="within")
    same_up_to_sign(scaled.directions * np.sqrt(len(y)), scalings, atol=1e-7)


@modest
@given(seeds)
def test_scatter_adds_up_and_no_direction_has_a_larger_ratio(seed: int) -> None:
    X, y = labelled(seed)
    rng = np.random.default_rng(seed)
    found = discriminants.scatter_matrices(X, y)
    np.testing.assert_allclose(found.within + found.between, 21 * np.cov(X.T), atol=1e-9)
    top = discriminants.directions(found.within, found.between, n_components=1)
    for w in rng.normal(size=(30, 4)):
        assert w @ found.between @ w <= top.ratios[0] * (w @ found.within @ w) * (1 + 1e-12)


def test_slips_in_the_scatter_are_what_they_are_called() -> None:
    X, y = labelled(1)
    means = np.stack([X[y == k].mean(axis=0) for k in (1, 2, 3)])
    np.testing.assert_allclose(discriminants.scatter_matrices(X, y).means, means)
    covariances = sum(np.cov(X[y == k].T, ddof=0) for k in (1, 2, 3))
    np.testing.assert_allclose(discriminants.scatter_matrices(X, y, within="covariances").within, covariances)
    once = sum(np.outer(m - X.mean(axis=0), m - X.mean(axis=0)) for m in means)
    np.testing.assert_allclose(discriminants.scatter_matrices(X, y, between="unweighted").between, once)


def test_other_problems_are_ordinary_eigenproblems() -> None:
    X, y = labelled(2)
    found = discriminants.scatter_matrices(X, y)
    axes = PCA(svd_solver="full").fit(X).components_[:2].T
    total = discriminants.directions(found.within, found.between, n_components=2, problem="total")
    same_up_to_sign(total.directions, axes)
    alone = discriminants.directions(found.within, found.between, n_components=2, problem="between")
    np.testing.assert_allclose(found.between @ alone.directions, alone.directions * alone.ratios, atol=1e-9)


def test_two_classes_give_the_closed_form_and_no_second_direction() -> None:
    X, y = labelled(3)
    X, y = X[y < 3], y[y < 3]
    found = discriminants.scatter_matrices(X, y)
    closed = np.linalg.solve(found.within, found.means[1] - found.means[0])
    one = discriminants.directions(found.within, found.between, n_components=1).directions
    same_up_to_sign(one[:, [0]], (closed / np.linalg.norm(closed))[:, None])
    with pytest.raises(TooFewEigenvectorsError, match="n_components is 2; only 1 ratios are positive"):
        discriminants.directions(found.within, found.between, n_components=2)


def test_degenerate_classes_are_refused() -> None:
    X, y = labelled(4)
    with pytest.raises(InvalidInputError, match="y holds the class 0"):
        discriminants.scatter_matrices(X, y - 1)
    with pytest.raises(EmptyComponentError, match="class 2 has no samples"):
        discriminants.scatter_matrices(X, np.where(y == 2, 3, y))
    flat = discriminants.scatter_matrices(X * [1.0, 1.0, 1.0, 0.0], y)
    with pytest.raises(SingularCovarianceError, match="S_W is not positive definite"):
        discriminants.directions(flat.within, flat.between, n_components=1)
