"""Undirected graphs that are connected: edges, and weights with blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reference.arrays import Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import (
    MAX_AXIS,
    Numbers,
    plain,
    read_counts,
    scale,
    to_units,
)

__all__ = ["ConnectedGraph", "WeightedGraph", "connected_graph", "weighted_graph"]

_MAX_VERTICES = 100  # whose matrix has 10,000 entries


@dataclass(frozen=True, eq=False)
class ConnectedGraph(Record):
    """A simple connected graph.

    Parameters
    ----------
    edges : ndarray of shape (m, 2)
        Pairs i < j of vertices, which are counted from 1, in ascending order.
    n_vertices : int
    """

    edges: Integers
    n_vertices: int


@dataclass(frozen=True, eq=False)
class WeightedGraph(Record):
    """A connected graph of blocks.

    Parameters
    ----------
    W : ndarray of shape (n, n)
        Symmetric weights; 0 where no edge is, and on the diagonal.
    block : ndarray of shape (n,)
        The block of each vertex, counted from 1.
    """

    W: Numbers
    block: Integers


def connected_graph(rng: np.random.Generator, /, *, n_vertices: int = 10, n_edges: int = 11) -> ConnectedGraph:
    """Draw a simple connected graph with a given number of edges.

    Parameters
    ----------
    rng : Generator
    n_vertices : int
        From 2 to 100.
    n_edges : int
        At least n_vertices - 1; at most all n_vertices (n_vertices - 1) / 2 pairs, and at most 500.

    Returns
    -------
    ConnectedGraph

    Raises
    ------
    InvalidInputError
        Where no connected graph has so many edges, or it is too large.

    Notes
    -----
    A spanning tree that is uniform among all labelled trees, from a Prüfer sequence [1]_, and then edges that are
    uniform among the sets of pairs left. So a graph is as likely as it has spanning trees, and trees themselves are
    equally likely. No vertex is isolated.

    References
    ----------
    .. [1] H. Prüfer, "Neuer Beweis eines Satzes über Permutationen", Arch. Math. Phys. 27 (1918) 742-744.

    Examples
    --------
    >>> connected_graph(np.random.default_rng(0), n_vertices=4, n_edges=4).edges.tolist()
    [[1, 4], [2, 3], [2, 4], [3, 4]]
    """
    check_whole("n_vertices", n_vertices, 2, _MAX_VERTICES)
    pairs = n_vertices * (n_vertices - 1) // 2
    check_whole(f"n_edges of a connected graph of {n_vertices} vertices", n_edges, n_vertices - 1, min(pairs, MAX_AXIS))
    return ConnectedGraph(_connected(rng, n_vertices, n_edges) + 1, n_vertices)


def _connected(rng: np.random.Generator, n_vertices: int, n_edges: int) -> Integers:
    """Edges i < j in ascending order, vertices counted from 0."""
    joined = np.zeros((n_vertices, n_vertices), dtype=bool)
    for i, j in _tree(rng, n_vertices):
        joined[min(i, j), max(i, j)] = True
    left = np.argwhere(np.triu(~joined, 1))
    more = left[rng.permutation(len(left))[: n_edges - (n_vertices - 1)]]
    joined[more[:, 0], more[:, 1]] = True
    return np.argwhere(joined)


def _tree(rng: np.random.Generator, n_vertices: int) -> list[tuple[int, int]]:
    """A labelled tree, uniformly, vertices counted from 0."""
    if n_vertices < 2:
        return []
    sequence: list[int] = rng.integers(0, n_vertices, size=n_vertices - 2).tolist()
    degree = [1 + sequence.count(vertex) for vertex in range(n_vertices)]
    edges = []
    for vertex in sequence:
        leaf = degree.index(1)
        edges.append((leaf, vertex))
        degree[leaf] -= 1
        degree[vertex] -= 1
    first, last = (vertex for vertex in range(n_vertices) if degree[vertex] == 1)
    return [*edges, (first, last)]


def weighted_graph(
    rng: np.random.Generator,
    /,
    *,
    sizes: Sequence[int] = (3, 3, 3),
    inside_low: float = 2.0,
    inside_high: float = 4.0,
    n_between: int = 4,
    between_low: float = 0.2,
    between_high: float = 1.0,
    decimals: int = 1,
    shuffled: bool = False,
) -> WeightedGraph:
    """Draw a graph of blocks, dense and heavy inside, sparse and light between.

    Parameters
    ----------
    rng : Generator
    sizes : list of int
        Of the blocks, whose vertices are all joined with each other; together at most 100 vertices.
    inside_low, inside_high : float
        Bounds of the weights inside a block.
    n_between : int
        Edges between blocks: at least one less than there are blocks.
    between_low, between_high : float
        Bounds of their weights.
    decimals : int
        Places of the weights, from 0 to 4.
    shuffled : bool
        Whether the vertices are numbered at random, instead of block by block.

    Returns
    -------
    WeightedGraph

    Raises
    ------
    InvalidInputError
        Where sizes, bounds or places are out of range, a weight could be 0, or there cannot be so many edges between
        the blocks.

    Notes
    -----
    The edges between blocks are a uniform tree of the blocks, each of its edges between uniform vertices, and then a
    uniform set of other pairs in different blocks. Weights are independent and uniform.

    Examples
    --------
    >>> found = weighted_graph(np.random.default_rng(0), sizes=[2, 1], n_between=1)
    >>> found.W.tolist(), found.block.tolist()
    ([[0.0, 3.9, 0.0], [3.9, 0.0, 0.2], [0.0, 0.2, 0.0]], [1, 1, 2])
    """
    counts = read_counts("sizes", sizes, least=1)
    n = sum(counts)
    check_whole("the sum of sizes", n, 2, _MAX_VERTICES)
    inside = _weight_bounds("inside", inside_low, inside_high, decimals)
    between = _weight_bounds("between", between_low, between_high, decimals)
    block = np.repeat(np.arange(len(counts)), counts)
    apart = np.triu(block[:, None] != block, 1)
    check_whole(f"n_between of {len(counts)} blocks", n_between, len(counts) - 1, int(apart.sum()))
    chosen = _bridges(rng, block, apart, n_between)
    weights = np.where(
        chosen,
        rng.integers(between[0], between[1] + 1, size=(n, n)),
        rng.integers(inside[0], inside[1] + 1, size=(n, n)) * ~apart,
    )
    units = np.triu(weights, 1)
    order = rng.permutation(n) if shuffled else np.arange(n)
    W = plain(units + units.T, decimals)[np.ix_(order, order)]
    return WeightedGraph(W, block[order] + 1)


def _bridges(rng: np.random.Generator, block: Integers, apart: np.ndarray, count: int) -> np.ndarray:
    """Which of the pairs in different blocks are joined, so that all blocks hang together."""
    chosen = np.zeros_like(apart)
    for one, other in _tree(rng, int(block[-1]) + 1):
        i, j = (rng.choice(np.flatnonzero(block == side)) for side in (one, other))
        chosen[min(i, j), max(i, j)] = True
    left = np.argwhere(apart & ~chosen)
    more = left[rng.permutation(len(left))[: count - int(chosen.sum())]]
    chosen[more[:, 0], more[:, 1]] = True
    return chosen


def _weight_bounds(which: str, low: float, high: float, decimals: int) -> tuple[int, int]:
    least = to_units(f"{which}_low", low, decimals)
    most = to_units(f"{which}_high", high, decimals)
    if not 1 <= least <= most:
        raise InvalidInputError(
            f"{which}_low is {low} and {which}_high is {high}; wanted weights of at least {1 / scale(decimals)}, "
            "the lower one first"
        )
    return least, most
