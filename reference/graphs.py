"""Graphs as matrices: adjacency, Laplacians, and the embedding by Laplacian eigenmaps."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import (
    Array,
    Integers,
    Record,
    as_array,
    as_integers,
    as_square,
    check_choice,
    check_whole,
    working_precision,
)
from reference.errors import DuplicateEdgeError, LoopError, TooFewEigenvectorsError, VertexOutOfRangeError
from reference.pencils import check_degrees, eigenpairs, end_of_eigenspace, forms, read_pencil, unit_columns

__all__ = [
    "Adjacency",
    "Eigenmaps",
    "EmbeddingForms",
    "Laplacian",
    "adjacency",
    "embedding_forms",
    "laplacian",
    "laplacian_eigenmaps",
]


@dataclass(frozen=True, eq=False)
class Adjacency(Record):
    """The adjacency matrix of a graph.

    Parameters
    ----------
    W : ndarray of shape (n, n)
        1 where two vertices are joined, 0 elsewhere; symmetric unless directed.
    """

    W: Array


@dataclass(frozen=True, eq=False)
class Laplacian(Record):
    """A graph Laplacian and its degrees.

    Parameters
    ----------
    degrees : ndarray of shape (n,)
        d_i = sum_j (W_ij + W_ji) / 2.
    D : ndarray of shape (n, n)
        diag(degrees).
    L : ndarray of shape (n, n)
        D - W, or its normalised form.
    """

    degrees: Array
    D: Array
    L: Array


@dataclass(frozen=True, eq=False)
class Eigenmaps(Record):
    """An embedding of a graph's vertices, k columns by ascending eigenvalue.

    Parameters
    ----------
    Psi : ndarray of shape (n, k)
        One row a vertex; Psi' D Psi = I, unless another problem or normalisation was asked for.
    eigenvalues : ndarray of shape (k,)
        Of the problem solved; generalised ones of L psi = lambda D psi.
    trace : float
        trace(Psi' L Psi): the sum of the eigenvalues, where Psi is made for it.
    gram : ndarray of shape (k, k)
        Psi' D Psi.
    n_trivial : int
        How many trivial eigenvectors the graph has: one a connected component.
    basis : ndarray of shape (n, m)
        Psi and the other columns of the eigenspace that the cut after k columns divides; m = k where none is.
    spectrum : ndarray of shape (m,)
        The eigenvalues of the basis.
    all_eigenvalues : ndarray of shape (n,), or shorter by n_trivial
        Every eigenvalue of the problem, also those beyond the cut: how far it is to the next one conditions Psi.
    """

    Psi: Array
    eigenvalues: Array
    trace: float
    gram: Array
    n_trivial: int
    basis: Array
    spectrum: Array
    all_eigenvalues: Array


@dataclass(frozen=True, eq=False)
class EmbeddingForms(Record):
    """What an embedding is judged by: the objective and the constraint.

    Parameters
    ----------
    trace : float
        trace(Psi' L Psi).
    gram : ndarray of shape (k, k)
        Psi' D Psi.
    """

    trace: float
    gram: Array


def adjacency(edges: ArrayLike, *, n_vertices: int, first_vertex: int = 1, directed: bool = False) -> Adjacency:
    """Write a graph as a matrix.

    Parameters
    ----------
    edges : array_like of shape (m, 2)
        Pairs of vertices, each edge once and in either direction; an empty list is a graph without edges.
    n_vertices : int
        Number of vertices.
    first_vertex : int
        The number of the first vertex; the others follow it.
    directed : bool
        Whether an edge [i, j] gives W_ij alone, and [j, i] is another edge.

    Returns
    -------
    Adjacency

    Raises
    ------
    InvalidInputError
        Where edges are no pairs of whole numbers, or n_vertices is not at least 1.
    VertexOutOfRangeError, LoopError, DuplicateEdgeError
        Where an edge names no vertex of the graph, joins one with itself, or is listed a second time.

    Notes
    -----
    W_ij = W_ji = 1 for every edge [i, j], W_ij alone where directed; exact, and identifiable, since the vertices
    are numbered. An edge listed twice is refused rather than counted twice or ignored, since a list that has one
    was meant otherwise.

    References
    ----------
    .. [1] F. R. K. Chung, "Spectral Graph Theory", AMS (1997). https://doi.org/10.1090/cbms/092

    Examples
    --------
    >>> adjacency([[1, 2], [3, 2]], n_vertices=3).W.tolist()
    [[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    check_whole("n_vertices", n_vertices, 1)
    check_whole("first_vertex", first_vertex, 0)
    W = np.zeros((n_vertices, n_vertices))
    if not (isinstance(edges, Sized) and len(edges) == 0):
        pairs = as_integers("edges", edges, "m", 2)
        _check_edges(pairs, first_vertex, first_vertex + n_vertices - 1, directed=directed)
        i, j = (pairs - first_vertex).T
        W[i, j] = 1.0
        if not directed:
            W[j, i] = 1.0
    return Adjacency(W)


def _check_edges(pairs: Integers, first: int, last: int, *, directed: bool) -> None:
    seen: set[tuple[int, int]] = set()
    for i, j in pairs.tolist():
        if not (first <= i <= last and first <= j <= last):
            raise VertexOutOfRangeError(f"edge [{i}, {j}] names a vertex outside {first} to {last}")
        if i == j:
            raise LoopError(f"edge [{i}, {j}] joins a vertex with itself")
        edge = (i, j) if directed else (min(i, j), max(i, j))
        if edge in seen:
            raise DuplicateEdgeError(f"edge [{i}, {j}] is listed a second time")
        seen.add(edge)


def laplacian(W: ArrayLike, *, normalisation: Literal["none", "symmetric", "random_walk"] = "none") -> Laplacian:
    """Form the degrees and the Laplacian of a weighted graph.

    Parameters
    ----------
    W : array_like of shape (n, n)
        Weights; used as given, symmetric or not.
    normalisation : {"none", "symmetric", "random_walk"}
        L = D - W, D^-1/2 (D - W) D^-1/2, or D^-1 (D - W).

    Returns
    -------
    Laplacian

    Raises
    ------
    InvalidInputError
        Where W is no finite square matrix, or the normalisation unknown.
    IsolatedVertexError
        Where a normalised Laplacian meets a degree that is not positive.
    NumericalRangeError
        Where degrees overflow.

    Notes
    -----
    Degrees follow the symmetrised rule d_i = sum_j (W_ij + W_ji) / 2, so that the symmetric part of D - W has
    zero row sums for every W. An isolated vertex has degree 0 and, with "none", a row and a column of zeros in
    L. Every entry is identifiable. Exact for integer weights; the smallest degree conditions the normalised
    forms.

    References
    ----------
    .. [1] U. von Luxburg, "A tutorial on spectral clustering", Stat. Comput. 17 (2007) 395-416.
       https://doi.org/10.1007/s11222-007-9033-z

    Examples
    --------
    >>> laplacian([[0, 1], [1, 0]]).L.tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    check_choice("normalisation", normalisation, ("none", "symmetric", "random_walk"))
    weights = as_square("W", W)
    with working_precision():
        degrees = (weights.sum(axis=0) + weights.sum(axis=1)) / 2
        D = np.diag(degrees)
        L = D - weights
        if normalisation != "none":
            check_degrees(degrees)
        if normalisation == "symmetric":
            L = L / np.sqrt(degrees)[:, None] / np.sqrt(degrees)
        elif normalisation == "random_walk":
            L = L / degrees[:, None]
        return Laplacian(degrees, D, L)


def laplacian_eigenmaps(
    L: ArrayLike,
    D: ArrayLike,
    *,
    n_components: int,
    drop_trivial: bool = False,
    problem: Literal["generalised", "standard", "symmetric"] = "generalised",
    normalisation: Literal["D", "I"] = "D",
) -> Eigenmaps:
    """Embed the vertices so that trace(Psi' L Psi) is least subject to Psi' D Psi = I.

    Parameters
    ----------
    L : array_like of shape (n, n)
        Unnormalised graph Laplacian; its symmetric part counts, as it alone enters the trace.
    D : array_like of shape (n, n)
        Diagonal matrix of positive degrees.
    n_components : int
        Number k of columns.
    drop_trivial : bool
        Whether to leave out every trivial eigenvector: one a connected component, constant on it (times D^1/2 for
        "symmetric").
    problem : {"generalised", "standard", "symmetric"}
        L psi = lambda D psi; or L v = lambda v with V'V = I; or D^-1/2 L D^-1/2 v = lambda v with V'V = I, where
        the v are taken for Psi as they are, not scaled back by D^-1/2.
    normalisation : {"D", "I"}
        Whether columns keep the lengths that the problem gives them (Psi' D Psi = I for "generalised"), or are
        rescaled each to the Euclidean length 1, which changes "generalised" alone.

    Returns
    -------
    Eigenmaps

    Raises
    ------
    InvalidInputError
        Where L and D are no finite square matrices of one size, D is not diagonal, or n_components below 1.
    NotLaplacianError
        Where a row of the symmetric part of L sums to more than 1e-6 of its largest entry.
    IsolatedVertexError
        Where a diagonal entry of D is not positive.
    TooFewEigenvectorsError
        Where fewer than n_components eigenvectors are there to be taken.
    NumericalRangeError
        Where D^-1/2 L D^-1/2 overflows.

    Notes
    -----
    Solves L psi = lambda D psi. The trivial eigenvectors, constant on the connected components of the sparsity
    pattern of L, are written down and the others computed in their D-orthogonal complement, so that a small
    second eigenvalue is never taken for a zero. Psi is identifiable only up to Psi Q with Q orthogonal (with
    all eigenvalues distinct, as eigenvectors up to sign). Where the cut after k columns divides an eigenspace,
    any k-column part of the `basis` that contains the lower eigenspaces is optimal too; eigenvalues closer
    than 1e-8 of the largest count as equal. The gap after column k conditions the span. All of this holds for the
    other problems, with orthonormal columns; columns rescaled to length 1 mix no longer by orthogonal Q.

    References
    ----------
    .. [1] M. Belkin, P. Niyogi, "Laplacian eigenmaps for dimensionality reduction and data representation",
       Neural Comput. 15 (2003) 1373-1396. https://doi.org/10.1162/089976603321780317

    Examples
    --------
    >>> graph = laplacian([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> laplacian_eigenmaps(graph.L, graph.D, n_components=2).eigenvalues.round(6).tolist()
    [0.0, 1.0]
    """
    check_whole("n_components", n_components, 1)
    check_choice("problem", problem, ("generalised", "standard", "symmetric"))
    check_choice("normalisation", normalisation, ("D", "I"))
    quadratic, degrees = read_pencil(L, D)
    with working_precision():
        spectrum, vectors, n_trivial = eigenpairs(quadratic, degrees, problem=problem, drop_trivial=drop_trivial)
        if n_components > len(spectrum):
            raise TooFewEigenvectorsError(
                f"n_components is {n_components}; {len(degrees)} vertices leave {len(spectrum)} eigenvectors"
                + (f" besides {n_trivial} trivial ones" if drop_trivial else "")
            )
        m = end_of_eigenspace(spectrum, n_components)
        basis = unit_columns(vectors[:, :m]) if normalisation == "I" else vectors[:, :m]
        Psi = basis[:, :n_components]
        trace, gram = forms(Psi, quadratic, degrees)
        return Eigenmaps(Psi, spectrum[:n_components], trace, gram, n_trivial, basis, spectrum[:m], spectrum)


def embedding_forms(Psi: ArrayLike, L: ArrayLike, D: ArrayLike) -> EmbeddingForms:
    """Evaluate trace(Psi' L Psi) and Psi' D Psi of a given embedding, optimal or not.

    Parameters
    ----------
    Psi : array_like of shape (n, k)
        One row a vertex; used as given.
    L : array_like of shape (n, n)
        Unnormalised graph Laplacian; its symmetric part counts, as it alone enters the trace.
    D : array_like of shape (n, n)
        Diagonal matrix of positive degrees.

    Returns
    -------
    EmbeddingForms

    Raises
    ------
    InvalidInputError, NotLaplacianError, IsolatedVertexError
        As `laplacian_eigenmaps`, and where Psi is no finite matrix of n rows.
    NumericalRangeError
        Where the products overflow.

    Notes
    -----
    Both are identifiable; Psi Q with Q orthogonal has the same trace, and the Gram matrix Q' Psi' D Psi Q. An error
    of Psi changes them by twice its size times ||L Psi|| and ||D Psi||.

    References
    ----------
    .. [1] M. Belkin, P. Niyogi, "Laplacian eigenmaps for dimensionality reduction and data representation",
       Neural Comput. 15 (2003) 1373-1396. https://doi.org/10.1162/089976603321780317

    Examples
    --------
    >>> graph = laplacian([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    >>> found = embedding_forms([[1], [0], [-1]], graph.L, graph.D)
    >>> found.trace, found.gram.tolist()
    (2.0, [[2.0]])
    """
    quadratic, degrees = read_pencil(L, D)
    embedding = as_array("Psi", Psi, len(degrees), "k")
    with working_precision():
        return EmbeddingForms(*forms(embedding, quadratic, degrees))
