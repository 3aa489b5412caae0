"""Samples in groups: classes that are known, and clusters that are to be found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reference.arrays import Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.centres import equal_sizes, lattice_centres, samples_around
from reference.generators.drawing import Numbers, plain, read_counts, to_units

__all__ = ["Classes", "ClusterSamples", "clusters", "labelled_classes"]

_MAX_CLUSTERS = 50


@dataclass(frozen=True, eq=False)
class Classes(Record):
    """Samples with their classes, class by class.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Samples as rows.
    y : ndarray of shape (n,)
        Classes, counted from 1.
    """

    X: Numbers
    y: Integers


@dataclass(frozen=True, eq=False)
class ClusterSamples(Record):
    """Samples in clusters, in random order, and centres to start from.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Samples as rows.
    centres : ndarray of shape (K, p)
        Starting centres, which differ from each other.
    cluster : ndarray of shape (n,)
        The cluster that each sample was drawn from, counted from 1.
    """

    X: Numbers
    centres: Numbers
    cluster: Integers


def labelled_classes(
    rng: np.random.Generator,
    /,
    *,
    sizes: Sequence[int] = (4, 5, 4),
    n_features: int = 3,
    separation: float = 4.0,
    jitter: float = 1.0,
    spread: float = 1.0,
    decimals: int = 0,
) -> Classes:
    """Draw samples of classes whose means keep a distance.

    Parameters
    ----------
    rng : Generator
    sizes : list of int
        Of the classes: at least two, each of at least two samples, together at most 500.
    n_features : int
        From 1 to 8.
    separation : float
        Of neighbouring points of the lattice near which the means are, along each axis.
    jitter : float
        How far a coordinate of a mean is at most from its point of the lattice; less than half of the separation.
    spread : float
        Standard deviation of a coordinate within a class.
    decimals : int
        Places of the samples, from 0 to 4; whole numbers where it is 0.

    Returns
    -------
    Classes

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Means: points of the smallest cubic lattice that holds enough, uniformly chosen and moved uniformly. Samples are
    normal and rounded. That the scatter within classes has an inverse is likely, and not enforced.

    Examples
    --------
    >>> found = labelled_classes(np.random.default_rng(0), sizes=[2, 2], n_features=2)
    >>> found.X.tolist(), found.y.tolist()
    ([[2, -1], [4, 0], [-2, -2], [-2, -1]], [1, 1, 2, 2])
    """
    counts = read_counts("sizes", sizes, least=2)
    means = lattice_centres(rng, len(counts), n_features, separation, jitter, decimals)
    X = samples_around(rng, means, counts, spread, decimals)
    return Classes(plain(X, decimals), np.repeat(np.arange(1, len(counts) + 1), counts))


def clusters(
    rng: np.random.Generator,
    /,
    *,
    n_samples: int = 15,
    n_clusters: int = 3,
    n_features: int = 2,
    separation: float = 5.0,
    jitter: float = 0.5,
    spread: float = 1.5,
    shift: float = 1.9,
    decimals: int = 1,
) -> ClusterSamples:
    """Draw samples in clusters, and centres to start from that are off theirs.

    Parameters
    ----------
    rng : Generator
    n_samples : int
        At least as many as clusters, at most 500.
    n_clusters : int
        From 2 to 50.
    n_features : int
        From 1 to 8.
    separation, jitter, spread, decimals
        As in `labelled_classes`.
    shift : float
        How far a coordinate of a starting centre is at most from the centre that samples were drawn around; shift and
        jitter together are less than half of the separation.

    Returns
    -------
    ClusterSamples

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Centres: points of the smallest cubic lattice that holds enough, uniformly chosen and moved uniformly; starting
    centres are moved uniformly once more. As many samples in one cluster as in another as can be, normal and rounded,
    in uniform order. Samples may be nearer to another cluster's centre: with a large spread or shift, k-means takes
    more than one step.

    Examples
    --------
    >>> found = clusters(np.random.default_rng(0), n_samples=4, n_clusters=2)
    >>> found.X.tolist(), found.centres.tolist(), found.cluster.tolist()
    ([[4.0, 0.0], [-1.4, -0.4], [-1.6, -2.4], [6.8, 0.9]], [[4.4, 0.9], [-0.3, -2.3]], [1, 2, 2, 1])
    """
    check_whole("n_clusters", n_clusters, 2, _MAX_CLUSTERS)
    sizes = equal_sizes(n_samples, n_clusters)
    middles = lattice_centres(rng, n_clusters, n_features, separation, jitter, decimals)
    moved = to_units("shift", shift, decimals, least=0)
    if not 2 * (moved + to_units("jitter", jitter, decimals)) < to_units("separation", separation, decimals):
        raise InvalidInputError(
            f"shift is {shift:g}, jitter {jitter:g} and separation {separation:g}; "
            "wanted shift and jitter together less than half of the separation"
        )
    X = samples_around(rng, middles, sizes, spread, decimals)
    centres = middles + rng.integers(-moved, moved + 1, size=middles.shape)
    order = rng.permutation(n_samples)
    cluster = np.repeat(np.arange(1, n_clusters + 1), sizes)
    return ClusterSamples(plain(X[order], decimals), plain(centres, decimals), cluster[order])
