"""Graphs: connected, with exactly the edges asked for, and trees without preference."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.stats import chisquare

from reference.errors import InvalidInputError
from reference.generators.graphs import connected_graph, weighted_graph


def adjacency(edges: NDArray[np.intp], n: int) -> NDArray[np.float64]:
    W = np.zeros((n, n))
    for i, j in edges:
        W[i - 1, j - 1] = W[j - 1, i - 1] = 1
    return W


@pytest.mark.parametrize(("n", "m"), [(2, 1), (4, 3), (4, 6), (10, 9), (10, 11), (10, 45), (60, 90), (100, 500)])
def test_a_graph_is_simple_connected_and_has_the_edges_asked_for(n: int, m: int) -> None:
    for seed in range(20):
        found = connected_graph(np.random.default_rng(seed), n_vertices=n, n_edges=m)
        edges = found.edges.tolist()
        assert found.n_vertices == n
        assert len(edges) == m == len({tuple(edge) for edge in edges})
        assert all(1 <= i < j <= n for i, j in edges)
        assert edges == sorted(edges)
        assert connected_components(adjacency(found.edges, n))[0] == 1


def test_without_one_edge_a_tree_is_not_connected() -> None:
    found = connected_graph(np.random.default_rng(0), n_vertices=6, n_edges=5)
    assert connected_components(adjacency(found.edges[1:], 6))[0] == 2


def test_all_16_trees_on_4_vertices_are_equally_likely() -> None:
    rng = np.random.default_rng(0)
    trees = [connected_graph(rng, n_vertices=4, n_edges=3).edges.ravel().tolist() for _ in range(3200)]
    _, counts = np.unique(trees, axis=0, return_counts=True)
    assert len(counts) == 16
    assert chisquare(counts).pvalue > 1e-3


def test_a_graph_is_as_likely_as_it_has_spanning_trees() -> None:
    rng = np.random.default_rng(0)
    drawn = [connected_graph(rng, n_vertices=4, n_edges=4).edges.ravel().tolist() for _ in range(3000)]
    graphs, counts = np.unique(drawn, axis=0, return_counts=True)
    trees = []
    for graph in graphs:  # Kirchhoff's theorem
        W = adjacency(graph.reshape(-1, 2), 4)
        trees.append(np.linalg.det((np.diag(W.sum(axis=0)) - W)[1:, 1:]))
    assert len(graphs) == 15
    assert chisquare(counts, np.array(trees) / sum(trees) * len(drawn)).pvalue > 1e-3
    assert chisquare(counts).pvalue < 1e-3  # they are not equally likely


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_vertices": 10, "n_edges": 8}, "8; wanted a whole number from 9 to 45"),
        ({"n_vertices": 10, "n_edges": 46}, "46; wanted a whole number from 9 to 45"),
        ({"n_vertices": 1, "n_edges": 0}, "n_vertices is 1"),
        ({"n_vertices": 101, "n_edges": 101}, "n_vertices is 101"),
        ({"n_vertices": 100, "n_edges": 501}, "from 99 to 500"),
    ],
)
def test_a_graph_that_there_is_not_is_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        connected_graph(np.random.default_rng(0), **options)


@pytest.mark.parametrize("shuffled", [False, True])
def test_blocks_are_complete_and_joined_by_the_edges_asked_for(shuffled: bool) -> None:
    for seed in range(20):
        found = weighted_graph(np.random.default_rng(seed), sizes=[3, 1, 4], n_between=3, shuffled=shuffled)
        W, same = found.W, found.block[:, None] == found.block
        assert np.array_equal(W, W.T)
        assert not np.diag(W).any()
        assert np.bincount(found.block).tolist() == [0, 3, 1, 4]
        inside = W[same & ~np.eye(8, dtype=bool)]
        between = W[~same & (W > 0)]
        assert len(between) == 2 * 3
        assert inside.min() >= 2.0
        assert inside.max() <= 4.0
        assert between.min() >= 0.2
        assert between.max() <= 1.0
        assert connected_components(W)[0] == 1


def test_shuffled_vertices_are_not_block_by_block() -> None:
    plain = weighted_graph(np.random.default_rng(0), sizes=[4, 4], n_between=1)
    shuffled = weighted_graph(np.random.default_rng(0), sizes=[4, 4], n_between=1, shuffled=True)
    assert plain.block.tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert shuffled.block.tolist() != plain.block.tolist()
    assert sorted(shuffled.W.ravel()) == sorted(plain.W.ravel())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_between": 1}, "n_between of 3 blocks is 1; wanted a whole number from 2 to 27"),
        ({"n_between": 28}, "from 2 to 27"),
        ({"sizes": [3, 0]}, r"sizes\[1\] is 0"),
        ({"sizes": [60, 60]}, "the sum of sizes is 120"),
        ({"sizes": [1], "n_between": 0}, "the sum of sizes is 1"),
        ({"between_low": 0.04}, "wanted weights of at least 0.1"),
        ({"inside_low": 5}, "inside_low is 5 and inside_high is 4.0"),
    ],
)
def test_blocks_that_cannot_be_drawn_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        weighted_graph(np.random.default_rng(0), **options)  # type: ignore[arg-type]
