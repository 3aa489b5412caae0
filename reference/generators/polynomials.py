"""Polynomials with real roots that are distinct, and coefficients that are whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np

from reference.arrays import Array, Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import whole_range
from reference.generators.factored_matrices import spaced

__all__ = ["Polynomial", "polynomial_with_roots"]

_MAX_DEGREE = 8
_MAX_COEFFICIENT = 1e9
_DENOMINATORS = (1, 2, 4, 5, 10)


@dataclass(frozen=True, eq=False)
class Polynomial(Record):
    """A polynomial and its roots.

    Parameters
    ----------
    coefficients : ndarray of shape (degree + 1,)
        Whole numbers, from the highest power down; the first is positive.
    roots : ndarray of shape (degree,)
        Distinct and not 0, in ascending order.
    """

    coefficients: Integers
    roots: Array


def polynomial_with_roots(
    rng: np.random.Generator,
    /,
    *,
    degree: int = 4,
    low: int = -4,
    high: int = 4,
    denominator: int = 2,
    separation: int = 1,
) -> Polynomial:
    """Draw a polynomial with distinct rational roots other than 0.

    Parameters
    ----------
    rng : Generator
    degree : int
        From 1 to 8.
    low, high : int
        Bounds of the roots, both included.
    denominator : int
        1, 2, 4, 5 or 10: the roots are multiples of 1 / denominator.
    separation : int
        The least that two roots are apart, in these multiples.

    Returns
    -------
    Polynomial

    Raises
    ------
    InvalidInputError
        Where an option is out of range, so many roots do not fit between the bounds, or coefficients could be beyond
        1e9.

    Notes
    -----
    The product of the factors q t - p of roots p / q in lowest terms, in whole numbers. Sets of roots without 0 and
    with that separation are equally likely. No root is 0, so that the coefficients read backwards are of the same
    degree.

    Examples
    --------
    >>> found = polynomial_with_roots(np.random.default_rng(0), degree=2, low=1, high=3)
    >>> found.coefficients.tolist(), found.roots.tolist()
    ([1, -5, 6], [2.0, 3.0])
    """
    check_whole("degree", degree, 1, _MAX_DEGREE)
    whole_range(low, high)
    check_whole("denominator", denominator, 1)
    if denominator not in _DENOMINATORS:
        raise InvalidInputError(f"denominator is {denominator!r}; wanted one of {', '.join(map(str, _DENOMINATORS))}")
    largest = denominator * (1 + max(abs(low), abs(high)))
    if largest**degree > _MAX_COEFFICIENT:
        raise InvalidInputError(
            f"coefficients could be as large as {largest}^{degree}; wanted at most {_MAX_COEFFICIENT:.0e}: "
            "a lower degree, roots nearer to 0, or a smaller denominator"
        )
    roots = _roots(rng, degree, low * denominator, high * denominator, separation)
    coefficients = [1]
    for root in roots.tolist():
        common = gcd(root, denominator)
        p, q = root // common, denominator // common
        coefficients = [q * one - p * other for one, other in zip([*coefficients, 0], [0, *coefficients], strict=True)]
    return Polynomial(np.array(coefficients, dtype=np.intp), roots / denominator)


def _roots(rng: np.random.Generator, degree: int, low: int, high: int, separation: int) -> Integers:
    """Roots in multiples of 1 / denominator, drawn again where 0 is among them."""
    check_whole("separation", separation, 1)
    most, nearest = 0, low
    while nearest <= high:  # as many as fit, from the left
        nearest = (nearest or 1) + separation
        most += nearest - separation <= high
    if most < degree:
        raise InvalidInputError(
            f"{degree} roots other than 0 do not fit between the bounds with separation {separation}, only {most}; "
            "wanted a wider range, a larger denominator or a lower degree"
        )
    while True:  # where a set without 0 fits, at least one in degree + 1 is without it
        roots = spaced(rng, degree, low, high, separation)
        if 0 not in roots:
            return roots
