"""What every generator shares: bounds on its options, and numbers that are plain to write down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, Integers, as_array, as_integers, as_number, check_whole
from reference.errors import InvalidInputError

__all__ = [
    "MAX_AXIS",
    "MAX_DECIMALS",
    "MAX_ENTRIES",
    "MAX_MAGNITUDE",
    "Numbers",
    "check_entries",
    "normal_units",
    "plain",
    "read_counts",
    "read_numbers",
    "read_shape",
    "scale",
    "to_units",
    "unit_range",
    "whole_range",
]

Numbers: TypeAlias = Array | Integers

MAX_AXIS = 500
MAX_ENTRIES = 10_000  # of one array
MAX_MAGNITUDE = 10_000  # of a number among the options
MAX_DECIMALS = 4
_MAX_DIMENSIONS = 4


def scale(decimals: int) -> int:
    """Count the units of the last decimal that make 1.

    Raises
    ------
    InvalidInputError
        Where `decimals` is no whole number from 0 to 4.
    """
    check_whole("decimals", decimals, 0, MAX_DECIMALS)
    return int(10**decimals)


def to_units(name: str, value: float, decimals: int, *, least: float = -MAX_MAGNITUDE) -> int:
    """Read a number and round it to units of the last decimal.

    Raises
    ------
    InvalidInputError
        Where it is no number from `least` to 10,000.
    """
    number = as_number(name, value, least=least)
    if number > MAX_MAGNITUDE:
        raise InvalidInputError(f"{name} is {number:g}; wanted at most {MAX_MAGNITUDE}")
    return round(number * scale(decimals))


def unit_range(low: float, high: float, decimals: int) -> tuple[int, int]:
    """Read the bounds `low` and `high`, rounded to units of the last decimal.

    Raises
    ------
    InvalidInputError
        Where one is no number from -10,000 to 10,000, or the upper is below the lower.
    """
    least, most = to_units("low", low, decimals), to_units("high", high, decimals)
    if most < least:
        raise InvalidInputError(f"low is {low} and high is {high}; wanted low to be at most high")
    return least, most


def whole_range(low: int, high: int) -> None:
    """Refuse bounds of whole numbers that are none.

    Raises
    ------
    InvalidInputError
        Where one is no whole number from -10,000 to 10,000, or the upper is below the lower.
    """
    check_whole("low", low, -MAX_MAGNITUDE, MAX_MAGNITUDE)
    check_whole("high", high, -MAX_MAGNITUDE, MAX_MAGNITUDE)
    unit_range(low, high, 0)


def plain(units: Integers, decimals: int) -> Numbers:
    """Divide units of the last decimal: each quotient is the double that its decimal text is read as, and never -0.

    Whole numbers stay whole.

    Examples
    --------
    >>> plain(np.array([7, -11, 0]), 1).tolist()
    [0.7, -1.1, 0.0]
    """
    return np.asarray(units / scale(decimals)) if decimals else units


def normal_units(rng: np.random.Generator, shape: tuple[int, ...], spread: float, decimals: int) -> Integers:
    """Draw normal deviates of the standard deviation `spread`, rounded to units of the last decimal.

    Raises
    ------
    InvalidInputError
        Where `spread` is no number from 0 to 10,000.
    """
    to_units("spread", spread, decimals, least=0)
    return np.rint(rng.standard_normal(shape) * (spread * scale(decimals))).astype(np.intp)


def read_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Read the shape of an array: at most four axes of at most 500, at most 10,000 entries; none for one number.

    Raises
    ------
    InvalidInputError
        Where it is something else, or larger.
    """
    if isinstance(shape, (list, tuple)) and not shape:
        return ()
    axes = tuple(as_integers("shape", shape, "n").tolist())
    if len(axes) > _MAX_DIMENSIONS:
        raise InvalidInputError(f"shape has {len(axes)} axes; wanted at most {_MAX_DIMENSIONS}")
    for axis in axes:
        check_whole("an axis of shape", axis, 1, MAX_AXIS)
    check_entries("shape", *axes)
    return axes


def check_entries(name: str, *axes: int) -> None:
    """Refuse an array of more than 10,000 entries.

    Raises
    ------
    InvalidInputError
        Where it has more.
    """
    entries = math.prod(axes)
    if entries > MAX_ENTRIES:
        raise InvalidInputError(f"{name} has {entries} entries; wanted at most {MAX_ENTRIES}")


def read_counts(name: str, value: Sequence[int], *, least: int) -> list[int]:
    """Read a list of whole numbers, each at least `least`, that sum to at most 500.

    Raises
    ------
    InvalidInputError
        Where it is something else, or they sum to more.
    """
    counts: list[int] = as_integers(name, value, "n").tolist()
    for position, count in enumerate(counts):
        check_whole(f"{name}[{position}]", count, least, MAX_AXIS)
    if sum(counts) > MAX_AXIS:
        raise InvalidInputError(f"{name} sums to {sum(counts)}; wanted at most {MAX_AXIS}")
    return counts


def read_numbers(name: str, value: ArrayLike) -> Numbers:
    """Read a list of finite numbers, or of equally shaped arrays; whole ones stay whole.

    Raises
    ------
    InvalidInputError
        Where it is something else, or has more than 10,000 entries.
    """
    try:
        arrived = np.asarray(value)
    except ValueError as error:
        raise InvalidInputError(
            f"{name} has ragged rows; wanted a list of numbers or of equally shaped rows"
        ) from error
    if arrived.ndim < 1 or arrived.size < 1:
        raise InvalidInputError(f"{name} is {value!r}; wanted a list with at least one entry")
    numbers = as_array(name, arrived, *"n" * arrived.ndim)
    check_entries(name, *numbers.shape)
    if np.abs(numbers).max() > MAX_MAGNITUDE:
        raise InvalidInputError(f"{name} holds a number beyond {MAX_MAGNITUDE}; wanted smaller ones")
    return numbers if arrived.dtype.kind == "f" else numbers.astype(np.intp)
