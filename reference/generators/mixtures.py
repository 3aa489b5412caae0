"""Samples of Gaussian mixtures, some of them labelled, with values to start EM from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from reference.arrays import Integers, Record, as_integers, as_number, check_whole
from reference.errors import InvalidInputError
from reference.generators.centres import equal_sizes, lattice_centres, samples_around
from reference.generators.drawing import Numbers, plain, scale, to_units

__all__ = ["Mixture", "equal_shares", "gaussian_mixture", "partly_labelled_mixture"]

_MAX_COMPONENTS = 50


@dataclass(frozen=True, eq=False)
class Mixture(Record):
    """Samples of a Gaussian mixture, in random order, and starting values.

    Parameters
    ----------
    x : ndarray of shape (n, p)
        Samples as rows.
    y : ndarray of shape (n,)
        Labels; components are counted from 1, and 0 means unlabelled.
    component : ndarray of shape (n,)
        The component that each sample was drawn from.
    means : ndarray of shape (K, p)
        Of the components that were drawn from.
    pi : ndarray of shape (K,)
        Starting weights: equal, to two decimals; their decimals sum to exactly 1.
    mu : ndarray of shape (K, p)
        Starting means: whole numbers between the components' means and the middle of all.
    Sigma : ndarray of shape (K, p, p)
        Starting covariances: identity matrices.
    """

    x: Numbers
    y: Integers
    component: Integers
    means: Numbers
    pi: Numbers
    mu: Integers
    Sigma: Integers


def gaussian_mixture(
    rng: np.random.Generator,
    /,
    *,
    n_samples: int = 24,
    n_components: int = 4,
    n_features: int = 2,
    separation: float = 4.5,
    jitter: float = 0.6,
    spread: float = 0.8,
    inwards: float = 0.3,
    decimals: int = 1,
) -> Mixture:
    """Draw samples of a mixture of round Gaussians whose means keep a distance.

    Parameters
    ----------
    rng : Generator
    n_samples : int
        At least as many as components, at most 500.
    n_components : int
        From 2 to 50.
    n_features : int
        From 1 to 8.
    separation : float
        Of neighbouring points of the lattice near which the means are, along each axis.
    jitter : float
        How far a coordinate of a mean is at most from its point of the lattice; less than half of the separation.
    spread : float
        Standard deviation of a coordinate within a component.
    inwards : float
        The part of the way to the middle of all means by which the starting means are moved from the means, before
        they are rounded to whole numbers; small enough that none become alike.
    decimals : int
        Places of the samples, from 0 to 4.

    Returns
    -------
    Mixture
        Without labels.

    Raises
    ------
    InvalidInputError
        Where an option is out of range, or two starting means could be alike.

    Notes
    -----
    Means: points of the smallest cubic lattice that holds enough, uniformly chosen and moved uniformly. Samples: as
    many from each component as of another as can be, normal and rounded, in uniform order. EM on them has several
    stationary points; nothing is drawn so as to reach a certain one.

    Examples
    --------
    >>> found = gaussian_mixture(np.random.default_rng(0), n_samples=3, n_components=2, n_features=1)
    >>> found.x.tolist(), found.component.tolist(), found.mu.tolist()
    ([[-0.2], [4.8], [0.3]], [1, 2, 1], [[1], [4]])
    """
    check_whole("n_components", n_components, 2, _MAX_COMPONENTS)
    sizes = equal_sizes(n_samples, n_components)
    means = lattice_centres(rng, n_components, n_features, separation, jitter, decimals)
    part = as_number("inwards", inwards, least=0)
    least = to_units("separation", separation, decimals) - 2 * to_units("jitter", jitter, decimals)
    if not (1 - part) * least >= scale(decimals):
        raise InvalidInputError(
            f"inwards is {part:g}, separation {separation:g} and jitter {jitter:g}; wanted (1 - inwards) (separation - "
            "2 jitter) of at least 1, so that starting means differ"
        )
    order = rng.permutation(n_samples)
    return Mixture(
        x=plain(samples_around(rng, means, sizes, spread, decimals)[order], decimals),
        y=np.zeros(n_samples, dtype=np.intp),
        component=np.repeat(np.arange(1, n_components + 1), sizes)[order],
        means=plain(means, decimals),
        pi=equal_shares(n_components),
        mu=_start(means, part, decimals),
        Sigma=np.tile(np.eye(n_features, dtype=np.intp), (n_components, 1, 1)),
    )


def partly_labelled_mixture(
    rng: np.random.Generator,
    /,
    *,
    labelled: Sequence[int] = (1, 2),
    n_labelled: int = 2,
    n_samples: int = 24,
    n_components: int = 4,
    n_features: int = 2,
    separation: float = 4.5,
    jitter: float = 0.6,
    spread: float = 0.8,
    inwards: float = 0.3,
    decimals: int = 1,
) -> Mixture:
    """Draw samples of a mixture, as `gaussian_mixture` does, and tell the components of some.

    Parameters
    ----------
    rng : Generator
    labelled : list of int
        Components of which samples are labelled, counted from 1.
    n_labelled : int
        How many of each; every component keeps a sample without label.
    n_samples, n_components, n_features, separation, jitter, spread, inwards, decimals
        As in `gaussian_mixture`.

    Returns
    -------
    Mixture

    Raises
    ------
    InvalidInputError
        As `gaussian_mixture`, and where a component to be labelled does not exist, is named twice, or has too few
        samples.

    Notes
    -----
    The distribution of `gaussian_mixture`; which samples of a component are labelled is uniform.

    Examples
    --------
    >>> found = partly_labelled_mixture(np.random.default_rng(0))
    >>> found.x.shape, [int((found.y == label).sum()) for label in range(5)]
    ((24, 2), [20, 2, 2, 0, 0])
    """
    check_whole("n_components", n_components, 2, _MAX_COMPONENTS)
    labels: list[int] = as_integers("labelled", labelled, "n").tolist()
    for position, label in enumerate(labels):
        check_whole(f"labelled[{position}]", label, 1, n_components)
    if len(set(labels)) < len(labels):
        raise InvalidInputError(f"labelled is {labels}; wanted every component at most once")
    smallest = equal_sizes(n_samples, n_components)[-1]
    check_whole(f"n_labelled of components of {smallest} samples", n_labelled, 1, smallest - 1)
    drawn = gaussian_mixture(
        rng,
        n_samples=n_samples,
        n_components=n_components,
        n_features=n_features,
        separation=separation,
        jitter=jitter,
        spread=spread,
        inwards=inwards,
        decimals=decimals,
    )
    y = np.zeros(n_samples, dtype=np.intp)
    for label in labels:
        y[rng.permutation(np.flatnonzero(drawn.component == label))[:n_labelled]] = label
    return replace(drawn, y=y)


def equal_shares(count: int) -> Numbers:
    """Divide 1 into shares of two decimals, as equal as can be, whose decimals sum to exactly 1.

    Examples
    --------
    >>> equal_shares(3).tolist()
    [0.34, 0.33, 0.33]
    """
    share, more = divmod(100, count)
    return plain(share + (np.arange(count) < more), 2)


def _start(means: Integers, inwards: float, decimals: int) -> Integers:
    """Means moved a part of the way to their middle, to the nearest whole numbers."""
    middle = means.mean(axis=0)
    moved = (means + inwards * (middle - means)) / scale(decimals)
    nearest: Integers = np.floor(moved + 0.5).astype(np.intp)
    return nearest
