"""Numbers drawn one by one, and lists to choose from or to put into another order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import (
    MAX_MAGNITUDE,
    Numbers,
    plain,
    read_numbers,
    read_shape,
    unit_range,
    whole_range,
)

__all__ = ["Order", "Values", "choice", "decimals", "integers", "shuffled"]


@dataclass(frozen=True, eq=False)
class Values(Record):
    """Numbers.

    Parameters
    ----------
    values : ndarray
        Of the shape asked for; without axes where one number was asked for.
    """

    values: Numbers


@dataclass(frozen=True, eq=False)
class Order(Record):
    """A list in another order.

    Parameters
    ----------
    values : ndarray of shape (n, ...)
    order : ndarray of shape (n,)
        Where each entry stood in the list given, counted from 1.
    """

    values: Numbers
    order: Integers


def integers(rng: np.random.Generator, /, *, shape: Sequence[int] = (), low: int = 0, high: int = 9) -> Values:
    """Draw whole numbers.

    Parameters
    ----------
    rng : Generator
    shape : list of int
        At most four axes of at most 500, at most 10,000 entries; [] for one number.
    low, high : int
        The least and the largest, both included.

    Returns
    -------
    Values

    Raises
    ------
    InvalidInputError
        Where the shape is too large, or the bounds are no whole numbers from -10,000 to 10,000 in their order.

    Notes
    -----
    Independent, and uniform from `low` to `high`.

    Examples
    --------
    >>> integers(np.random.default_rng(0), shape=[2, 3], low=1, high=14).values.tolist()
    [[12, 9, 8], [4, 5, 1]]
    """
    axes = read_shape(shape)
    whole_range(low, high)
    return Values(np.asarray(rng.integers(low, high + 1, size=axes), dtype=np.intp))


def decimals(
    rng: np.random.Generator,
    /,
    *,
    shape: Sequence[int] = (),
    low: float = 0.0,
    high: float = 1.0,
    decimals: int = 1,
    every: int = 1,
) -> Values:
    """Draw decimals.

    Parameters
    ----------
    rng : Generator
    shape : list of int
        As in `integers`.
    low, high : float
        The least and the largest, both included, rounded to `decimals` places.
    decimals : int
        Places, from 0 to 4.
    every : int
        How many units of the last place neighbouring values are apart, counted from `low`: with one place and 5,
        halves.

    Returns
    -------
    Values

    Raises
    ------
    InvalidInputError
        Where the shape is too large, the bounds are no numbers from -10,000 to 10,000 in their order, or `decimals` or
        `every` is no whole number in its range.

    Notes
    -----
    Independent, and uniform on the values that there are.

    Examples
    --------
    >>> decimals(np.random.default_rng(0), shape=[4], low=-1, high=1, every=5).values.tolist()
    [1.0, 0.5, 0.0, -0.5]
    """
    axes = read_shape(shape)
    least, most = unit_range(low, high, decimals)
    check_whole("every", every, 1, MAX_MAGNITUDE)
    steps = rng.integers(0, (most - least) // every + 1, size=axes)
    return Values(plain(np.asarray(least + every * steps), decimals))


def choice(rng: np.random.Generator, /, *, of: ArrayLike, shape: Sequence[int] = ()) -> Values:
    """Choose from a list.

    Parameters
    ----------
    rng : Generator
    of : list
        Numbers, or equally shaped arrays of numbers, of which one is taken as a whole.
    shape : list of int
        How many are chosen: [] for one entry, otherwise the axes before those of an entry.

    Returns
    -------
    Values

    Raises
    ------
    InvalidInputError
        Where `of` is empty or no list of finite numbers from -10,000 to 10,000, or the result is too large.

    Notes
    -----
    Independent choices with replacement, each entry equally likely.

    Examples
    --------
    >>> choice(np.random.default_rng(0), of=[0.1, 0.2, 0.5], shape=[4]).values.tolist()
    [0.5, 0.2, 0.2, 0.1]
    """
    known = read_numbers("of", of)
    axes = read_shape(shape)
    if axes:
        read_shape((*axes, *known.shape[1:]))
    chosen = known[rng.integers(0, len(known), size=math.prod(axes))]
    return Values(chosen.reshape((*axes, *known.shape[1:])))


def shuffled(rng: np.random.Generator, /, *, of: ArrayLike) -> Order:
    """Put a list into another order.

    Parameters
    ----------
    rng : Generator
    of : list
        Numbers, or equally shaped arrays of numbers, which stay as they are.

    Returns
    -------
    Order

    Raises
    ------
    InvalidInputError
        Where `of` has fewer than two entries, or is no list of finite numbers from -10,000 to 10,000.

    Notes
    -----
    Every order is equally likely.

    Examples
    --------
    >>> found = shuffled(np.random.default_rng(0), of=[10, 20, 30])
    >>> found.values.tolist(), found.order.tolist()
    ([30, 10, 20], [3, 1, 2])
    """
    known = read_numbers("of", of)
    if len(known) < 2:
        raise InvalidInputError("of has one entry; wanted at least two, for there to be another order")
    order = rng.permutation(len(known))
    return Order(known[order], order + 1)
