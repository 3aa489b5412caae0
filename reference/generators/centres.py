"""Centres of groups of samples that keep a distance, and samples around them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reference.arrays import Integers, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import MAX_AXIS, MAX_MAGNITUDE, check_entries, normal_units, to_units

__all__ = ["equal_sizes", "lattice_centres", "samples_around"]

_MAX_FEATURES = 8


def lattice_centres(
    rng: np.random.Generator, n_groups: int, n_features: int, separation: float, jitter: float, decimals: int
) -> Integers:
    """Choose points of the smallest cubic lattice that holds enough of them, uniformly, and move each a little.

    Returns
    -------
    ndarray of shape (n_groups, n_features)
        In units of the last decimal. Points of the lattice are `separation` apart along each axis, and each coordinate
        is moved uniformly by up to `jitter`.

    Raises
    ------
    InvalidInputError
        Where there are fewer than 2 groups or more than 500, fewer than 1 feature or more than 8, or the jitter could
        bring two centres together.
    """
    check_whole("the number of groups", n_groups, 2, MAX_AXIS)
    check_whole("n_features", n_features, 1, _MAX_FEATURES)
    apart = to_units("separation", separation, decimals, least=0)
    moved = to_units("jitter", jitter, decimals, least=0)
    if not apart > 2 * moved:
        raise InvalidInputError(f"separation is {separation} and jitter is {jitter}; wanted less than half of it")
    side = 2
    while side**n_features < n_groups:
        side += 1
    if side * separation > MAX_MAGNITUDE:
        raise InvalidInputError(f"{side} centres in a row, {separation} apart, reach beyond {MAX_MAGNITUDE}")
    chosen = rng.permutation(side**n_features)[:n_groups]
    corners = np.stack(np.unravel_index(chosen, (side,) * n_features), axis=1)
    return np.asarray(corners * apart + rng.integers(-moved, moved + 1, size=corners.shape))


def samples_around(
    rng: np.random.Generator, centres: Integers, sizes: Sequence[int], spread: float, decimals: int
) -> Integers:
    """Draw samples group by group, each a centre and normal deviates of the standard deviation `spread`, in units.

    Raises
    ------
    InvalidInputError
        Where `spread` is no number from 0 to 10,000, or there are more than 10,000 entries.
    """
    check_entries("the samples", sum(sizes), centres.shape[1])
    middles = np.repeat(centres, sizes, axis=0)
    return np.asarray(middles + normal_units(rng, middles.shape, spread, decimals))


def equal_sizes(n_samples: int, n_groups: int) -> list[int]:
    """Divide samples into groups as equal as can be, the larger ones first.

    Raises
    ------
    InvalidInputError
        Where there are fewer than 2 groups, fewer samples than groups, or more than 500.
    """
    check_whole("the number of groups", n_groups, 2, MAX_AXIS)
    check_whole(f"n_samples of {n_groups} groups", n_samples, n_groups, MAX_AXIS)
    share, more = divmod(n_samples, n_groups)
    return [share + (group < more) for group in range(n_groups)]
