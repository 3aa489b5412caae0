"""Spectral clustering: the Fiedler vector of a graph, and several clusters by k-means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference import graphs, k_means
from reference.arrays import Array, Record, check_choice, check_whole
from reference.errors import EmptyComponentError, InvalidInputError
from reference.graph_cuts import Partition
from reference.weights import read_weights

__all__ = ["Fiedler", "cluster", "fiedler"]

_MOST_STARTS = 500


@dataclass(frozen=True, eq=False)
class Fiedler(Record):
    """The second eigenpair of a graph Laplacian.

    Parameters
    ----------
    value : float
        The algebraic connectivity: the second smallest eigenvalue.
    vector : ndarray of shape (n, 1)
        Its eigenvector, of Euclidean length 1.
    all_eigenvalues : ndarray of shape (n - 1,)
        The second smallest and all larger ones: how far it is to the next one conditions the vector.
    """

    value: float
    vector: Array
    all_eigenvalues: Array


def fiedler(W: ArrayLike, *, problem: Literal["standard", "generalised", "symmetric"] = "standard") -> Fiedler:
    """Find the Fiedler vector of a connected graph.

    Parameters
    ----------
    W : array_like of shape (n, n)
        Symmetric weights, at least 0.
    problem : {"standard", "generalised", "symmetric"}
        L v = lambda v; or L v = lambda D v; or D^-1/2 L D^-1/2 v = lambda v.

    Returns
    -------
    Fiedler

    Raises
    ------
    InvalidInputError
        Where W is no symmetric matrix of weights, or the graph is not connected.
    IsolatedVertexError
        Where a vertex has no edge.
    TooFewEigenvectorsError
        Where there is only one vertex.
    NotLaplacianError
        Where weights are so far apart that degrees are lost in rounding.
    NumericalRangeError
        Where degrees overflow.

    Notes
    -----
    The trivial eigenvector is written down and the others are computed in its complement, so that a weakly connected
    graph is no trouble. The vector is identifiable up to its sign where the second eigenvalue is simple; the gap to
    the third one conditions it.

    References
    ----------
    .. [1] M. Fiedler, "Algebraic connectivity of graphs", Czechoslov. Math. J. 23 (1973) 298-305.
       https://doi.org/10.21136/CMJ.1973.101168

    Examples
    --------
    >>> found = fiedler([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> round(found.value, 6), abs(found.vector).round(6).tolist()
    (1.0, [[0.707107], [0.0], [0.707107]])
    """
    check_choice("problem", problem, ("standard", "generalised", "symmetric"))
    graph = graphs.laplacian(read_weights(W))
    found = graphs.laplacian_eigenmaps(
        graph.L, graph.D, n_components=1, drop_trivial=True, problem=problem, normalisation="I"
    )
    if found.n_trivial > 1:
        raise InvalidInputError(f"the graph of W falls into {found.n_trivial} parts; wanted a connected one")
    return Fiedler(float(found.eigenvalues[0]), found.Psi, found.all_eigenvalues)


def cluster(W: ArrayLike, *, n_clusters: int, which: Literal["smallest", "largest"] = "smallest") -> Partition:
    """Cluster the vertices of a graph by normalised spectral clustering.

    Parameters
    ----------
    W : array_like of shape (n, n)
        Symmetric weights, at least 0.
    n_clusters : int
        Number K of clusters, from 2 to n.
    which : {"smallest", "largest"}
        Which K eigenvalues of L psi = lambda D psi the vertices are embedded by.

    Returns
    -------
    Partition

    Raises
    ------
    InvalidInputError
        Where W is no symmetric matrix of weights, or an option is out of range.
    IsolatedVertexError
        Where a vertex has no edge.
    EmptyComponentError
        Where fewer than n_clusters vertices differ in the embedding.
    NotLaplacianError
        Where weights are so far apart that degrees are lost in rounding.
    NotConvergedError
        Where k-means does not come to an end.
    NumericalRangeError
        Where degrees overflow.

    Notes
    -----
    Rows of the generalised eigenvectors are clustered by k-means. It is started from every choice of n_clusters rows,
    or from 500 of them where there are more, and the run of least inertia is kept. Distances between rows do not see a
    rotation of the embedding, so that a repeated eigenvalue below the cut does no harm; clusters are identifiable up
    to a relabelling where they are clear.

    References
    ----------
    .. [1] J. Shi, J. Malik, "Normalized cuts and image segmentation", IEEE Trans. Pattern Anal. Mach. Intell. 22
       (2000) 888-905. https://doi.org/10.1109/34.868688

    Examples
    --------
    >>> W = [[0, 9, 1, 0], [9, 0, 0, 0], [1, 0, 0, 9], [0, 0, 9, 0]]
    >>> sorted(cluster(W, n_clusters=2).membership.T.tolist())
    [[0.0, 0.0, 1.0, 1.0], [1.0, 1.0, 0.0, 0.0]]
    """
    check_choice("which", which, ("smallest", "largest"))
    weights = read_weights(W)
    check_whole("n_clusters", n_clusters, 2, len(weights))
    graph = graphs.laplacian(weights)
    vectors = graphs.laplacian_eigenmaps(graph.L, graph.D, n_components=len(weights)).Psi
    rows = vectors[:, :n_clusters] if which == "smallest" else vectors[:, -n_clusters:]
    runs = [run for start in _starts(len(rows), n_clusters) if (run := _clustered(rows, start)) is not None]
    if not runs:
        raise EmptyComponentError(f"fewer than {n_clusters} vertices differ in the embedding")
    best = min(runs, key=lambda run: run.inertia)
    return Partition(best.membership, best.labels)


def _starts(n: int, count: int) -> Iterable[Sequence[int]]:
    """Choose rows to start from: every choice where there are few, or else as many at random, the same every time."""
    if comb(n, count) <= _MOST_STARTS:
        return combinations(range(n), count)
    rng = np.random.default_rng(0)
    return [rng.choice(n, count, replace=False).tolist() for _ in range(_MOST_STARTS)]


def _clustered(rows: Array, start: Sequence[int]) -> k_means.FittedClusters | None:
    try:
        return k_means.fit(rows, rows[list(start)])
    except EmptyComponentError:
        return None
