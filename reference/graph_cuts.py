"""Cuts of a graph: by the entries of a vector, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, Integers, Record, as_array, as_integers, check_choice, working_precision
from reference.errors import EmptyComponentError, InvalidInputError
from reference.weights import read_weights

__all__ = ["Cut", "Partition", "normalised_cut", "sign_cut"]


@dataclass(frozen=True, eq=False)
class Partition(Record):
    """A partition of the vertices.

    Parameters
    ----------
    membership : ndarray of shape (n, K)
        One-hot: 1 in the column of the vertex's cluster, 0 elsewhere.
    labels : ndarray of int, shape (n,)
        The same as the number of every vertex's cluster, counted from 0.
    """

    membership: Array
    labels: Integers


@dataclass(frozen=True, eq=False)
class Cut(Record):
    """What a partition cuts.

    Parameters
    ----------
    cut : float
        The sum over the clusters of the weight of the edges that leave one, over its volume or its size.
    """

    cut: float


def sign_cut(vector: ArrayLike, *, at: Literal["zero", "median"] = "zero") -> Partition:
    """Divide vertices in two by the entries of a vector.

    Parameters
    ----------
    vector : array_like of shape (n, 1)
        One entry a vertex.
    at : {"zero", "median"}
        Where to cut: by sign, or into two halves.

    Returns
    -------
    Partition

    Raises
    ------
    InvalidInputError
        Where the vector is no finite column, or the option unknown.
    EmptyComponentError
        Where all entries lie on one side.

    Notes
    -----
    Entries at the cut or above it form the first cluster. A change of the vector's sign exchanges the clusters: they
    are identifiable up to a relabelling where no entry lies at the cut.

    References
    ----------
    .. [1] U. von Luxburg, "A tutorial on spectral clustering", Stat. Comput. 17 (2007) 395-416.
       https://doi.org/10.1007/s11222-007-9033-z

    Examples
    --------
    >>> sign_cut([[0.5], [-0.1], [-0.4]]).membership.tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    """
    check_choice("at", at, ("zero", "median"))
    entries = as_array("vector", vector, "n", 1)[:, 0]
    with working_precision():
        upper = entries >= (0.0 if at == "zero" else float(np.median(entries)))
    if upper.all() or not upper.any():
        raise EmptyComponentError("every entry of the vector lies on one side of the cut")
    return Partition(np.stack([upper, ~upper], axis=1).astype(np.float64), (~upper).astype(np.intp))


def normalised_cut(W: ArrayLike, membership: ArrayLike, *, by: Literal["volume", "size", "nothing"] = "volume") -> Cut:
    """Measure how much weight a partition cuts.

    Parameters
    ----------
    W : array_like of shape (n, n)
        Symmetric weights, at least 0.
    membership : array_like of shape (n, K) or (n,)
        One-hot rows, one a vertex; or whole numbers, the labels of the clusters.
    by : {"volume", "size", "nothing"}
        What the weight of the edges leaving a cluster is divided by: the sum of its degrees, its number of vertices
        (the ratio cut), or 1.

    Returns
    -------
    Cut

    Raises
    ------
    InvalidInputError
        Where W is no symmetric matrix of weights, or membership is neither one-hot nor whole numbers.
    EmptyComponentError
        Where a cluster has no vertices, or no edges where one divides by its volume.
    NumericalRangeError
        Where sums overflow.

    Notes
    -----
    Evaluates sum_k W(A_k, not A_k) / vol(A_k), every edge between two clusters counting once for each of them. It is
    identifiable and does not see a relabelling.

    References
    ----------
    .. [1] J. Shi, J. Malik, "Normalized cuts and image segmentation", IEEE Trans. Pattern Anal. Mach. Intell. 22
       (2000) 888-905. https://doi.org/10.1109/34.868688

    Examples
    --------
    >>> normalised_cut([[0, 3, 1], [3, 0, 0], [1, 0, 0]], [[1, 0], [1, 0], [0, 1]]).cut.__round__(6)
    1.142857
    """
    check_choice("by", by, ("volume", "size", "nothing"))
    weights = read_weights(W)
    member = _one_hot(membership, len(weights))
    if not (np.isin(member, (0.0, 1.0)).all() and (member.sum(axis=1) == 1).all()):
        raise InvalidInputError("membership has rows that are not one-hot; wanted a single 1 in each, 0 elsewhere")
    with working_precision():
        leaving = np.sum(member * (weights @ (1.0 - member)), axis=0)
        size = {"volume": weights.sum(axis=1) @ member, "size": member.sum(axis=0), "nothing": np.ones(len(leaving))}
        empty = np.flatnonzero((member.sum(axis=0) == 0) | ~(size[by] > 0))
        if empty.size:
            raise EmptyComponentError(f"clusters {(empty + 1).tolist()} have no vertices, or no edges to divide by")
        return Cut(float(np.sum(leaving / size[by])))


def _one_hot(membership: ArrayLike, n: int) -> Array:
    """Read a partition of n vertices, of which every label is a column."""
    if np.ndim(membership) != 1:
        return as_array("membership", membership, n, "K")
    labels = as_integers("membership", membership, n)
    return np.asarray((labels[:, None] == np.unique(labels)).astype(np.float64))
