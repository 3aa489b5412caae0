"""k-means and spectral clustering against scikit-learn, brute force, and what a step may not do."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans, SpectralClustering
from sklearn.metrics import adjusted_rand_score

from reference import graph_cuts, graphs, k_means, spectral_clustering
from reference.arrays import Array, Integers
from reference.errors import (
    EmptyComponentError,
    InvalidInputError,
    IsolatedVertexError,
    NotConvergedError,
    NumericalRangeError,
    TooFewEigenvectorsError,
)

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def sample(seed: int, n: int = 30) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 2)) + 3.0 * rng.integers(0, 2, size=(n, 2))
    return X, X[rng.choice(n, 3, replace=False)]


# k-means


@modest
@given(seeds)
def test_convergence_is_that_of_scikit_learn_from_the_same_centres(seed: int) -> None:
    X, centres = sample(seed)
    oracle = KMeans(3, init=centres, n_init=1, tol=0.0, algorithm="lloyd").fit(X)
    found = k_means.fit(X, centres)
    np.testing.assert_array_equal(found.membership.argmax(axis=1), oracle.labels_)
    np.testing.assert_array_equal(found.labels, oracle.labels_)
    np.testing.assert_allclose(found.centres, oracle.cluster_centers_)
    assert found.inertia == pytest.approx(oracle.inertia_)


@modest
@given(seeds)
def test_a_step_never_raises_the_inertia_and_the_last_one_changes_nothing(seed: int) -> None:
    X, centres = sample(seed)
    before = np.inf
    for _ in range(5):
        found = k_means.lloyd_step(X, centres)
        assert found.inertia <= before + 1e-12
        before, centres = found.inertia, found.centres
    end = k_means.fit(X, centres)
    again = k_means.lloyd_step(X, end.centres)
    np.testing.assert_array_equal(again.membership, end.membership)
    np.testing.assert_array_equal(again.centres, end.centres)


@modest
@given(seeds)
def test_a_step_is_its_definition_and_renumbers_with_the_centres(seed: int) -> None:
    X, centres = sample(seed)
    found = k_means.lloyd_step(X, centres)
    nearest = [min(range(3), key=lambda k: float(np.hypot(*(x - centres[k])))) for x in X]
    assert found.membership.argmax(axis=1).tolist() == nearest
    order = [2, 0, 1]
    other = k_means.lloyd_step(X, centres[order])
    np.testing.assert_array_equal(other.membership, found.membership[:, order])
    np.testing.assert_array_equal(other.centres, found.centres[order])


def test_a_hand_computed_step_with_its_slips() -> None:
    X, centres = [[0.0, 0.0], [1.0, 0.0], [5.0, 0.0], [9.0, 3.0]], [[0.0, 0.0], [8.0, 0.0]]
    found = k_means.lloyd_step(X, centres)
    assert found.centres.tolist() == [[0.5, 0.0], [7.0, 1.5]]
    assert found.inertia == 0.5 + 2 * 6.25
    assert k_means.lloyd_step(X, centres, inertia="mean").inertia == found.inertia / 4
    assert k_means.lloyd_step(X, centres, inertia="distances").inertia == 1 + 2 * 2.5
    three = k_means.lloyd_step([[0.0], [1.0], [5.0]], [[1.0]], centre="median")
    assert three.centres.tolist() == [[1.0]]
    near = [[0.0, 0.0], [3.0, 3.0], [5.0, 0.0]]
    assert k_means.lloyd_step([*near, [0.0, 0.0]], [near[1], near[2], near[0]]).membership[3].tolist() == [0, 0, 1]
    for distance, first in (("euclidean", 1.0), ("manhattan", 0.0)):
        options: dict[str, Any] = {"distance": distance}
        found = k_means.lloyd_step([[0.0, 0.0], [3.0, 3.0], [5.0, 0.0]], [[3.0, 3.0], [5.0, 0.0]], **options)
        assert found.membership[0].tolist() == [first, 1 - first]


def test_degenerate_starts_are_refused() -> None:
    with pytest.raises(EmptyComponentError, match=r"clusters \[2\] have no samples"):
        k_means.lloyd_step([[0.0], [1.0]], [[0.0], [50.0]])
    with pytest.raises(EmptyComponentError):
        k_means.fit([[0.0], [1.0]], [[0.0], [0.0]])
    with pytest.raises(NotConvergedError, match="after 1 steps"):
        k_means.fit([[0.0], [1.0]], [[0.0], [1.0]], max_iter=1)
    with pytest.raises(InvalidInputError, match=r"centres has shape \(1, 2\); wanted \(K, 1\)"):
        k_means.fit([[0.0], [1.0]], [[0.0, 1.0]])
    with pytest.raises(NumericalRangeError):
        k_means.fit([[1e200], [-1e200]], [[0.0]])
    assert k_means.fit([[1e-200], [3e-200]], [[0.0], [4e-200]]).membership.tolist() == [[1, 0], [0, 1]]


# Spectral clustering


def blocks(seed: int, sizes: tuple[int, ...] = (4, 3, 3)) -> tuple[Array, Integers]:
    """A connected graph of clear clusters, and its clusters."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(sizes)), sizes)
    weights = np.where(label[:, None] == label, rng.uniform(1, 3, (10, 10)), rng.uniform(0.01, 0.1, (10, 10)))
    weights = np.triu(weights, 1)
    order = rng.permutation(10)
    return np.asarray((weights + weights.T)[np.ix_(order, order)]), label[order]


def cost(rows: Array, label: Integers) -> float:
    return sum(float(np.sum((rows[label == k] - rows[label == k].mean(axis=0)) ** 2)) for k in np.unique(label))


@modest
@given(seeds)
def test_clusters_are_the_ones_put_in_and_those_of_scikit_learn(seed: int) -> None:
    W, label = blocks(seed)
    clustered = spectral_clustering.cluster(W, n_clusters=3)
    found = clustered.membership.argmax(axis=1)
    np.testing.assert_array_equal(clustered.labels, found)
    assert adjusted_rand_score(label, found) == 1.0
    oracle = SpectralClustering(3, affinity="precomputed", random_state=0).fit_predict(W)
    assert adjusted_rand_score(oracle, found) == 1.0


@pytest.mark.parametrize("which", ["smallest", "largest"])
def test_the_partition_has_the_least_inertia_of_all(which: Any) -> None:  # noqa: ANN401 - a literal
    for seed in range(3):
        W = blocks(seed)[0][:7, :7]
        graph = graphs.laplacian(W)
        vectors = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=7).Psi
        rows = vectors[:, :3] if which == "smallest" else vectors[:, -3:]
        found = spectral_clustering.cluster(W, n_clusters=3, which=which).membership.argmax(axis=1)
        best = min(cost(rows, np.array(label)) for label in product(range(3), repeat=7))
        assert cost(rows, found) == pytest.approx(best)


@modest
@given(seeds)
def test_the_fiedler_vector_is_the_second_eigenvector_and_its_signs_separate_two_blocks(seed: int) -> None:
    W, label = blocks(seed, (6, 4))
    found = spectral_clustering.fiedler(W)
    values, vectors = np.linalg.eigh(np.diag(W.sum(axis=0)) - W)
    assert found.value == pytest.approx(values[1])
    assert abs(float(found.vector[:, 0] @ vectors[:, 1])) == pytest.approx(1.0)
    part = graph_cuts.sign_cut(found.vector).membership
    np.testing.assert_array_equal(graph_cuts.sign_cut(found.vector).labels, part.argmax(axis=1))
    assert adjusted_rand_score(label, part.argmax(axis=1)) == 1.0
    np.testing.assert_array_equal(graph_cuts.sign_cut(-found.vector).membership, part[:, ::-1])
    halves = graph_cuts.sign_cut(found.vector, at="median").membership
    assert halves.sum(axis=0).tolist() == [5.0, 5.0]


def test_all_eigenvalues_but_the_trivial_one_are_named() -> None:
    found = spectral_clustering.fiedler([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    assert found.all_eigenvalues.round(12).tolist() == [1.0, 3.0]
    assert found.value == found.all_eigenvalues[0]


def test_other_problems_have_their_own_second_eigenvector() -> None:
    W, _ = blocks(2)
    root = np.sqrt(W.sum(axis=0))
    values, vectors = np.linalg.eigh(np.eye(10) - W / root / root[:, None])
    symmetric = spectral_clustering.fiedler(W, problem="symmetric")
    generalised = spectral_clustering.fiedler(W, problem="generalised")
    assert symmetric.value == pytest.approx(values[1])
    assert generalised.value == pytest.approx(values[1])
    assert abs(float(symmetric.vector[:, 0] @ vectors[:, 1])) == pytest.approx(1.0)
    back = vectors[:, 1] / root
    assert abs(float(generalised.vector[:, 0] @ back / np.linalg.norm(back))) == pytest.approx(1.0)


def test_a_cut_is_the_sum_of_its_edges() -> None:
    W, label = blocks(3)
    membership = np.eye(3)[label]
    expected: dict[Any, float] = {"volume": 0.0, "size": 0.0, "nothing": 0.0}
    for k in range(3):
        inside, outside = np.flatnonzero(label == k), np.flatnonzero(label != k)
        leaving = sum(W[i, j] for i in inside for j in outside)
        expected["volume"] += leaving / sum(W[i, j] for i in inside for j in range(10))
        expected["size"] += leaving / len(inside)
        expected["nothing"] += leaving
    for by, value in expected.items():
        assert graph_cuts.normalised_cut(W, membership, by=by).cut == pytest.approx(value)
        assert graph_cuts.normalised_cut(W, membership[:, [2, 0, 1]], by=by).cut == pytest.approx(value)
        assert graph_cuts.normalised_cut(W, 7 - 3 * np.array(label), by=by).cut == pytest.approx(value)
    with pytest.raises(InvalidInputError, match="whole numbers"):
        graph_cuts.normalised_cut(W, np.array(label) + 0.5)


def test_degenerate_graphs_and_partitions_are_refused() -> None:
    pair = np.kron(np.eye(2), [[0.0, 1.0], [1.0, 0.0]])
    with pytest.raises(InvalidInputError, match="falls into 2 parts"):
        spectral_clustering.fiedler(pair)
    assert adjusted_rand_score([0, 0, 1, 1], spectral_clustering.cluster(pair, n_clusters=2).membership[:, 0]) == 1.0
    with pytest.raises(InvalidInputError, match="not symmetric"):
        spectral_clustering.fiedler([[0.0, 1.0], [2.0, 0.0]])
    with pytest.raises(InvalidInputError, match="negative weight"):
        spectral_clustering.cluster([[0.0, -1.0], [-1.0, 0.0]], n_clusters=2)
    with pytest.raises(IsolatedVertexError):
        spectral_clustering.cluster(np.diag([1.0, 1.0, 0.0]), n_clusters=2)
    with pytest.raises(TooFewEigenvectorsError):
        spectral_clustering.fiedler([[1.0]])
    with pytest.raises(EmptyComponentError, match="one side"):
        graph_cuts.sign_cut([[1.0], [2.0]])
    with pytest.raises(InvalidInputError, match="not one-hot"):
        graph_cuts.normalised_cut(pair, np.full((4, 2), 0.5))
    with pytest.raises(EmptyComponentError, match=r"clusters \[2\]"):
        graph_cuts.normalised_cut(pair, [[1, 0]] * 4)
