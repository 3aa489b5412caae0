"""The k-means clustering by Lloyd's algorithm: one step, and until nothing changes any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from reference.arrays import Array, Integers, Record, as_array, check_choice, check_whole, working_precision
from reference.errors import EmptyComponentError, NotConvergedError

__all__ = ["Clusters", "FittedClusters", "fit", "lloyd_step"]

Distance: TypeAlias = Literal["euclidean", "manhattan"]
Centre: TypeAlias = Literal["mean", "median"]
Inertia: TypeAlias = Literal["sum", "mean", "distances"]


@dataclass(frozen=True, eq=False)
class Clusters(Record):
    """Clusters and their centres.

    Parameters
    ----------
    membership : ndarray of shape (n, K)
        One-hot: 1 in the column of the sample's cluster, 0 elsewhere.
    labels : ndarray of int, shape (n,)
        The same as the number of every sample's cluster, counted from 0.
    centres : ndarray of shape (K, p)
        One row a cluster.
    inertia : float
        The sum over the samples of the squared distance to the centre of their cluster.
    """

    membership: Array
    labels: Integers
    centres: Array
    inertia: float


@dataclass(frozen=True, eq=False)
class FittedClusters(Record):
    """A fixed point of Lloyd's algorithm.

    Parameters
    ----------
    membership, labels, centres, inertia
        As in `Clusters`.
    n_iter : int
        Steps taken, the last of which changed nothing.
    """

    membership: Array
    labels: Integers
    centres: Array
    inertia: float
    n_iter: int


def lloyd_step(
    X: ArrayLike,
    centres: ArrayLike,
    *,
    distance: Distance = "euclidean",
    centre: Centre = "mean",
    inertia: Inertia = "sum",
) -> Clusters:
    """Assign every sample to its nearest centre and move the centres to the means of their samples.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows.
    centres : array_like of shape (K, p)
        Centres to start from, as rows.
    distance : {"euclidean", "manhattan"}
        What "nearest" means.
    centre : {"mean", "median"}
        Where the new centres are, coordinate by coordinate.
    inertia : {"sum", "mean", "distances"}
        Whether squared Euclidean distances to the new centres are summed or averaged over the samples, or the
        distances themselves are summed.

    Returns
    -------
    Clusters

    Raises
    ------
    InvalidInputError
        Where arrays are not finite, their shapes do not fit, or an option is unknown.
    EmptyComponentError
        Where no sample is nearest to some centre.
    NumericalRangeError
        Where squared distances overflow.

    Notes
    -----
    With the default options the inertia never rises. Clusters are identifiable up to a relabelling; a sample that is
    equally near to two centres goes to the first of them, and is not identifiable.

    References
    ----------
    .. [1] S. P. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28 (1982) 129-137.
       https://doi.org/10.1109/TIT.1982.1056489

    Examples
    --------
    >>> found = lloyd_step([[0.0], [1.0], [5.0]], [[0.0], [4.0]])
    >>> found.centres.tolist(), found.inertia
    ([[0.5], [5.0]], 0.5)
    """
    data, start = _read(X, centres, distance, centre, inertia)
    with working_precision():
        index = _nearest(data, start, distance)
        moved = _moved(data, index, len(start), centre)
        return Clusters(np.eye(len(start))[index], index, moved, _inertia(data - moved[index], inertia))


def fit(
    X: ArrayLike,
    centres: ArrayLike,
    *,
    distance: Distance = "euclidean",
    centre: Centre = "mean",
    inertia: Inertia = "sum",
    max_iter: int = 1_000,
) -> FittedClusters:
    """Run Lloyd's algorithm from given centres until no sample changes its cluster.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows.
    centres : array_like of shape (K, p)
        Centres to start from, as rows.
    distance, centre, inertia : str
        As for `lloyd_step`.
    max_iter : int
        The most steps to take.

    Returns
    -------
    FittedClusters

    Raises
    ------
    InvalidInputError, EmptyComponentError, NumericalRangeError
        As `lloyd_step`, at any step.
    NotConvergedError
        Where max_iter steps are not enough.

    Notes
    -----
    Finds a fixed point, which depends on the start and need not be the partition of least inertia; finding that one is
    NP-hard. Identifiable up to a relabelling of the clusters.

    References
    ----------
    .. [1] S. P. Lloyd, "Least squares quantization in PCM", IEEE Trans. Inf. Theory 28 (1982) 129-137.
       https://doi.org/10.1109/TIT.1982.1056489

    Examples
    --------
    >>> fit([[0.0], [1.0], [8.0], [9.0]], [[0.0], [1.0]]).centres.tolist()
    [[0.5], [8.5]]
    """
    data, moved = _read(X, centres, distance, centre, inertia)
    check_whole("max_iter", max_iter, 1)
    count = len(moved)
    index = np.full(len(data), -1)
    with working_precision():
        for n_iter in range(1, max_iter + 1):
            nearest = _nearest(data, moved, distance)
            if np.array_equal(nearest, index):
                reached = _inertia(data - moved[index], inertia)
                return FittedClusters(np.eye(count)[index], index, moved, reached, n_iter)
            index = nearest
            moved = _moved(data, index, count, centre)
    raise NotConvergedError(f"after {max_iter} steps samples still change their cluster: allow more steps")


def _read(
    X: ArrayLike, centres: ArrayLike, distance: Distance, centre: Centre, inertia: Inertia
) -> tuple[Array, Array]:
    check_choice("distance", distance, ("euclidean", "manhattan"))
    check_choice("centre", centre, ("mean", "median"))
    check_choice("inertia", inertia, ("sum", "mean", "distances"))
    data = as_array("X", X, "n", "p")
    return data, as_array("centres", centres, "K", data.shape[1])


def _nearest(data: Array, centres: Array, distance: Distance) -> Integers:
    """The nearest centre of every sample, counted from 0; scaled, so that squares neither overflow nor vanish."""
    size = max(float(np.abs(data).max()), float(np.abs(centres).max())) or 1.0
    metric: Literal["sqeuclidean", "cityblock"] = "sqeuclidean" if distance == "euclidean" else "cityblock"
    return np.asarray(cdist(data / size, centres / size, metric).argmin(axis=1))


def _moved(data: Array, index: Integers, count: int, centre: Centre) -> Array:
    empty = np.flatnonzero(np.bincount(index, minlength=count) == 0)
    if empty.size:
        raise EmptyComponentError(f"clusters {(empty + 1).tolist()} have no samples; start from other centres")
    average = np.mean if centre == "mean" else np.median
    return np.stack([average(data[index == cluster], axis=0) for cluster in range(count)])


def _inertia(deviations: Array, inertia: Inertia) -> float:
    squares = np.sum(deviations**2, axis=1)
    return (
        float(squares.mean())
        if inertia == "mean"
        else float(np.sum(np.sqrt(squares) if inertia == "distances" else squares))
    )
