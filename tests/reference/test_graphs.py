"""Graph matrices against brute force, eigenmaps against the generalised eigenproblem of SciPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from reference import graphs
from reference.arrays import Array
from reference.errors import (
    DuplicateEdgeError,
    InvalidInputError,
    IsolatedVertexError,
    LoopError,
    NotLaplacianError,
    NumericalRangeError,
    TooFewEigenvectorsError,
    VertexOutOfRangeError,
)

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def connected_weights(seed: int, n: int = 7) -> Array:
    """Weigh a path through all vertices, and some edges more."""
    rng = np.random.default_rng(seed)
    W = np.triu(rng.uniform(0.5, 2.0, (n, n)) * (rng.random((n, n)) < 0.3), 1)
    W[np.arange(n - 1), np.arange(1, n)] = rng.uniform(0.5, 2.0, n - 1)
    return np.asarray(W + W.T)


def cycle(n: int) -> graphs.Laplacian:
    edges = [*pairwise(range(n)), (n - 1, 0)]
    return graphs.laplacian(graphs.adjacency(edges, n_vertices=n, first_vertex=0).W)


def complete(n: int) -> graphs.Laplacian:
    return graphs.laplacian(np.ones((n, n)) - np.eye(n))


def two_triangles(bridge: float = 0.0) -> graphs.Laplacian:
    W = np.kron(np.eye(2), np.ones((3, 3)) - np.eye(3))
    W[2, 3] = W[3, 2] = bridge
    return graphs.laplacian(W)


# adjacency


@modest
@given(st.sets(st.tuples(st.integers(3, 9), st.integers(3, 9)).filter(lambda edge: edge[0] < edge[1])))
def test_vertices_are_joined_exactly_where_an_edge_is_listed(edges: set[tuple[int, int]]) -> None:
    W = graphs.adjacency(sorted(edges), n_vertices=7, first_vertex=3).W
    for i in range(3, 10):
        for j in range(3, 10):
            assert W[i - 3, j - 3] == float((i, j) in edges or (j, i) in edges)


def test_edges_may_be_listed_in_either_direction() -> None:
    forward, backward = [[1, 2], [2, 3]], [[2, 1], [3, 2]]
    expected = graphs.adjacency(forward, n_vertices=3).W
    np.testing.assert_array_equal(graphs.adjacency(backward, n_vertices=3).W, expected)


@pytest.mark.parametrize(
    ("edges", "error", "message"),
    [
        ([[1, 4]], VertexOutOfRangeError, r"edge \[1, 4\] names a vertex outside 1 to 3"),
        ([[0, 1]], VertexOutOfRangeError, r"edge \[0, 1\]"),
        ([[2, 2]], LoopError, r"edge \[2, 2\] joins a vertex with itself"),
        ([[1, 2], [1, 2]], DuplicateEdgeError, r"edge \[1, 2\] is listed a second time"),
        ([[1, 2], [2, 1]], DuplicateEdgeError, r"edge \[2, 1\]"),
        ([[1, 2, 3]], InvalidInputError, r"edges has shape \(1, 3\); wanted \(m, 2\)"),
        ([[1, 2], [3]], InvalidInputError, "ragged"),
        ([[1.5, 2]], InvalidInputError, "whole numbers"),
        (7, InvalidInputError, r"edges has shape \(\)"),
    ],
)
def test_edge_that_is_none_of_a_simple_graph_is_refused(
    edges: ArrayLike, error: type[InvalidInputError], message: str
) -> None:
    with pytest.raises(error, match=message):
        graphs.adjacency(edges, n_vertices=3)


def test_graph_without_edges_is_zero_and_one_without_vertices_is_refused() -> None:
    assert graphs.adjacency([], n_vertices=2).W.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(InvalidInputError, match="n_vertices is 0"):
        graphs.adjacency([], n_vertices=0)


# laplacian


@modest
@given(seeds)
def test_quadratic_form_is_half_the_weighted_sum_of_squared_differences(seed: int) -> None:
    W = connected_weights(seed)
    f = np.random.default_rng(seed).normal(size=7)
    expected = sum(W[i, j] * (f[i] - f[j]) ** 2 for i in range(7) for j in range(7)) / 2
    assert f @ graphs.laplacian(W).L @ f == pytest.approx(expected)


def test_degrees_of_an_asymmetric_matrix_are_symmetrised_and_its_laplacian_is_not() -> None:
    found = graphs.laplacian([[0, 1, 1], [1, 0, 0], [0, 0, 0]])
    assert found.degrees.tolist() == [1.5, 1.0, 0.5]
    assert found.D.tolist() == np.diag([1.5, 1.0, 0.5]).tolist()
    assert found.L.tolist() == [[1.5, -1.0, -1.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 0.5]]


@modest
@given(seeds)
def test_normalised_laplacians_share_the_spectrum_of_the_generalised_problem(seed: int) -> None:
    W = connected_weights(seed)
    plain = graphs.laplacian(W)
    expected = scipy.linalg.eigh(plain.L, plain.D, eigvals_only=True)
    symmetric = graphs.laplacian(W, normalisation="symmetric").L
    walk = graphs.laplacian(W, normalisation="random_walk").L
    np.testing.assert_allclose(np.linalg.eigvalsh(symmetric), expected, atol=1e-12)
    np.testing.assert_allclose(np.sort(np.linalg.eigvals(walk).real), expected, atol=1e-7)
    np.testing.assert_allclose(np.eye(7) - walk, W / W.sum(axis=1, keepdims=True), atol=1e-15)


def test_isolated_vertex_has_a_zero_row_and_no_normalised_laplacian() -> None:
    W = graphs.adjacency([[1, 2]], n_vertices=3).W
    assert graphs.laplacian(W).L[2].tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(IsolatedVertexError, match=r"rows \[2\] have the degrees \[0.0\]"):
        graphs.laplacian(W, normalisation="symmetric")
    with pytest.raises(IsolatedVertexError):
        graphs.laplacian(W, normalisation="random_walk")


def test_laplacian_of_what_is_no_square_finite_matrix_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="wanted a square matrix"):
        graphs.laplacian(np.ones((2, 3)))
    with pytest.raises(InvalidInputError, match="normalisation is 'both'"):
        graphs.laplacian(np.eye(2), normalisation="both")  # type: ignore[arg-type]
    with pytest.raises(NumericalRangeError):
        graphs.laplacian(np.full((2, 2), 1.7e308))


# laplacian_eigenmaps


@modest
@given(seeds, st.integers(1, 7))
def test_embedding_solves_the_generalised_eigenproblem_of_scipy(seed: int, k: int) -> None:
    graph = graphs.laplacian(connected_weights(seed))
    values, vectors = scipy.linalg.eigh(graph.L, graph.D)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=k)
    np.testing.assert_allclose(found.eigenvalues, values[:k], atol=1e-12)
    np.testing.assert_allclose(graph.L @ found.Psi, graph.D @ found.Psi * found.eigenvalues, atol=1e-11)
    np.testing.assert_allclose(found.gram, np.eye(k), atol=1e-12)
    assert found.trace == pytest.approx(values[:k].sum(), abs=1e-11)
    if found.basis.shape[1] == k and (k == 7 or values[k] - values[k - 1] > 1e-3):
        onto = vectors[:, :k] @ vectors[:, :k].T @ graph.D
        np.testing.assert_allclose(onto @ found.Psi, found.Psi, atol=1e-8)


@modest
@given(seeds)
def test_no_other_embedding_has_a_smaller_trace(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = graphs.laplacian(connected_weights(seed))
    best = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3).trace
    root = np.sqrt(graph.degrees)[:, None]
    other = np.linalg.qr(rng.normal(size=(7, 3))).Q / root
    assert best <= np.trace(other.T @ graph.L @ other) + 1e-12


@modest
@given(seeds)
def test_dropping_the_trivial_eigenvector_leaves_the_others(seed: int) -> None:
    graph = graphs.laplacian(connected_weights(seed))
    kept = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=4)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=3, drop_trivial=True)
    np.testing.assert_allclose(kept.Psi[:, 0], 1 / np.sqrt(graph.degrees.sum()))
    np.testing.assert_allclose(found.Psi.T @ graph.degrees, 0, atol=1e-12)
    np.testing.assert_allclose(found.eigenvalues, kept.eigenvalues[1:], atol=1e-12)
    assert found.n_trivial == kept.n_trivial == 1


def test_identity_as_constraint_gives_the_standard_eigenproblem() -> None:
    graph = graphs.laplacian(connected_weights(3))
    found = graphs.laplacian_eigenmaps(graph.L, np.eye(7), n_components=7)
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(graph.L), atol=1e-12)


def test_every_connected_component_has_a_trivial_eigenvector_and_all_are_dropped() -> None:
    graph = two_triangles()
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=1, drop_trivial=True)
    assert found.n_trivial == 2
    np.testing.assert_allclose(found.spectrum, 1.5)
    kept = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=2)
    np.testing.assert_allclose(np.ptp(kept.Psi[:3], axis=0), 0, atol=1e-15)
    assert kept.eigenvalues.tolist() == [0.0, 0.0]


def test_weak_bridge_connects_however_small_its_eigenvalue() -> None:
    graph = two_triangles(bridge=1e-14)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=1, drop_trivial=True)
    assert found.n_trivial == 1
    assert found.eigenvalues[0] == pytest.approx(0, abs=1e-13)
    sides = np.sign(found.Psi[:, 0])
    assert sides.tolist() in ([1, 1, 1, -1, -1, -1], [-1, -1, -1, 1, 1, 1])


def test_cut_inside_a_repeated_eigenvalue_reports_the_whole_eigenspace() -> None:
    graph = cycle(6)  # eigenvalues 0, 1/2, 1/2, 3/2, 3/2, 2
    for k, m in [(1, 1), (2, 3), (3, 3), (4, 5), (5, 5), (6, 6)]:
        found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=k)
        assert (found.Psi.shape, found.basis.shape, found.spectrum.shape) == ((6, k), (6, m), (m,))
        np.testing.assert_array_equal(found.basis[:, :k], found.Psi)
        np.testing.assert_allclose(found.basis.T @ graph.D @ found.basis, np.eye(m), atol=1e-12)
        np.testing.assert_allclose(graph.L @ found.basis, graph.D @ found.basis * found.spectrum, atol=1e-12)


def test_complete_graph_has_one_eigenspace_besides_the_trivial_one() -> None:
    graph = complete(5)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=2, drop_trivial=True)
    np.testing.assert_allclose(found.spectrum, [5 / 4] * 4)
    assert found.basis.shape == (5, 4)


def test_several_components_make_the_trivial_eigenspace_one_that_a_cut_divides() -> None:
    graph = two_triangles()
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=1)
    assert (found.basis.shape, found.spectrum.tolist()) == ((6, 2), [0.0, 0.0])


def test_quadratic_form_of_an_asymmetric_laplacian_is_that_of_its_symmetric_part() -> None:
    W = connected_weights(4)
    W[0, 1] += 0.5
    one_sided, symmetric = graphs.laplacian(W), graphs.laplacian((W + W.T) / 2)
    found = graphs.laplacian_eigenmaps(one_sided.L, one_sided.D, n_components=3)
    expected = graphs.laplacian_eigenmaps(symmetric.L, symmetric.D, n_components=3)
    np.testing.assert_allclose(found.Psi, expected.Psi, atol=1e-12)
    assert found.trace == pytest.approx(np.trace(found.Psi.T @ one_sided.L @ found.Psi))


def test_single_vertex_with_a_loop_has_the_trivial_eigenvector_alone() -> None:
    found = graphs.laplacian_eigenmaps([[0.0]], [[4.0]], n_components=1)
    assert (found.Psi.tolist(), found.trace, found.n_trivial) == ([[0.5]], 0.0, 1)
    with pytest.raises(TooFewEigenvectorsError, match="1 vertices leave 0 eigenvectors besides 1 trivial ones"):
        graphs.laplacian_eigenmaps([[0.0]], [[4.0]], n_components=1, drop_trivial=True)


def test_more_eigenvectors_than_there_are_is_an_error_of_its_own() -> None:
    graph = two_triangles()
    assert graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=4, drop_trivial=True).Psi.shape == (6, 4)
    with pytest.raises(TooFewEigenvectorsError, match="6 vertices leave 4 eigenvectors besides 2 trivial"):
        graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=5, drop_trivial=True)
    with pytest.raises(TooFewEigenvectorsError):
        graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=7)


def test_isolated_vertex_has_no_embedding() -> None:
    graph = graphs.laplacian(graphs.adjacency([[1, 2]], n_vertices=3).W)
    with pytest.raises(IsolatedVertexError, match=r"rows \[2\]"):
        graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=1)


def test_pencil_that_is_no_laplacian_and_degrees_is_refused() -> None:
    graph = cycle(4)
    with pytest.raises(NotLaplacianError, match="row 0 of L sums to 1"):
        graphs.laplacian_eigenmaps(graph.L + np.diag([1.0, 0, 0, 0]), graph.D, n_components=1)
    with pytest.raises(InvalidInputError, match="wanted a diagonal matrix"):
        graphs.laplacian_eigenmaps(graph.L, graph.D + 0.1, n_components=1)
    with pytest.raises(InvalidInputError, match=r"D has shape \(3, 3\); wanted \(4, 4\)"):
        graphs.laplacian_eigenmaps(graph.L, np.eye(3), n_components=1)
    with pytest.raises(InvalidInputError, match=r"D has shape \(4,\); wanted \(4, 4\)"):
        graphs.laplacian_eigenmaps(graph.L, graph.degrees, n_components=1)
    with pytest.raises(InvalidInputError, match="n_components is 0"):
        graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=0)


def test_degrees_too_small_for_double_precision_are_named() -> None:
    graph = cycle(4)
    with pytest.raises(NumericalRangeError):
        graphs.laplacian_eigenmaps(graph.L, graph.D * 1e-320, n_components=2)


@modest
@given(seeds)
def test_all_eigenvalues_go_on_beyond_the_cut(seed: int) -> None:
    graph = graphs.laplacian(connected_weights(seed))
    expected = scipy.linalg.eigh(graph.L, graph.D, eigvals_only=True)
    found = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=2)
    assert np.allclose(found.all_eigenvalues, expected, atol=1e-10)
    assert np.array_equal(found.all_eigenvalues[:2], found.eigenvalues)
    without = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=2, drop_trivial=True)
    assert np.allclose(without.all_eigenvalues, expected[1:], atol=1e-10)
