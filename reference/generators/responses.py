"""Samples with responses: numbers for regression, classes 0 and 1 for logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.arrays import Array, Integers, Record, check_whole
from reference.generators.drawing import (
    MAX_AXIS,
    Numbers,
    check_entries,
    normal_units,
    plain,
    scale,
    to_units,
    unit_range,
    whole_range,
)

__all__ = ["Binary", "Regression", "logistic_regression", "regression"]

_MAX_FEATURES = 20


@dataclass(frozen=True, eq=False)
class Regression(Record):
    """Samples with responses, and new ones without.

    Parameters
    ----------
    X : ndarray of shape (n, p)
        Samples as rows, of whole numbers, without a column of ones.
    y : ndarray of shape (n,)
        Responses.
    X_new : ndarray of shape (m, p)
        Samples to predict for.
    coefficients : ndarray of shape (p + 1,)
        What was drawn from: the intercept and the slopes.
    """

    X: Integers
    y: Numbers
    X_new: Integers
    coefficients: Numbers


@dataclass(frozen=True, eq=False)
class Binary(Record):
    """Samples of two classes, and weights to start from.

    Parameters
    ----------
    X : ndarray of shape (n, p + 1)
        Samples as rows, each with a leading 1.
    y : ndarray of shape (n,)
        Classes, 0 or 1.
    w : ndarray of shape (p + 1,)
        Starting weights, none of them 0.
    """

    X: Array
    y: Integers
    w: Numbers


def regression(
    rng: np.random.Generator,
    /,
    *,
    n_samples: int = 8,
    n_features: int = 2,
    n_new: int = 3,
    low: int = 1,
    high: int = 9,
    largest: float = 2.0,
    spread: float = 0.5,
    decimals: int = 1,
) -> Regression:
    """Draw samples whose responses are near a plane.

    Parameters
    ----------
    rng : Generator
    n_samples : int
        At least n_features + 2, at most 500.
    n_features : int
        From 1 to 20.
    n_new : int
        From 1 to 500.
    low, high : int
        Bounds of the samples' entries, both included.
    largest : float
        Bound of the magnitude of the intercept and the slopes.
    spread : float
        Standard deviation of a response about the plane.
    decimals : int
        Places of responses and coefficients, from 0 to 4.

    Returns
    -------
    Regression

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Samples and coefficients are independent and uniform; responses are normal about the plane, and rounded. That the
    columns of X are linearly independent is likely, and not enforced.

    Examples
    --------
    >>> found = regression(np.random.default_rng(0), n_samples=4, n_features=1, n_new=1)
    >>> found.X.tolist(), found.y.tolist(), found.X_new.tolist(), found.coefficients.tolist()
    ([[8], [6], [5], [3]], [-15.8, -11.9, -9.7, -6.5], [[3]], [-1.9, -1.7])
    """
    check_whole("n_features", n_features, 1, _MAX_FEATURES)
    check_whole(f"n_samples of {n_features} features", n_samples, n_features + 2, MAX_AXIS)
    check_whole("n_new", n_new, 1, MAX_AXIS)
    check_entries("X", n_samples, n_features)
    whole_range(low, high)
    bound = to_units("largest", largest, decimals, least=0)
    X = rng.integers(low, high + 1, size=(n_samples, n_features))
    X_new = rng.integers(low, high + 1, size=(n_new, n_features))
    coefficients = rng.integers(-bound, bound + 1, size=n_features + 1)
    y = coefficients[0] + X @ coefficients[1:] + normal_units(rng, (n_samples,), spread, decimals)
    return Regression(X, plain(y, decimals), X_new, plain(coefficients, decimals))


def logistic_regression(
    rng: np.random.Generator,
    /,
    *,
    n_samples: int = 8,
    n_features: int = 2,
    n_ones: int = 4,
    low: float = -2.0,
    high: float = 2.0,
    largest: float = 0.5,
    spread: float = 1.0,
    decimals: int = 1,
) -> Binary:
    """Draw samples of two classes that a plane separates more or less.

    Parameters
    ----------
    rng : Generator
    n_samples : int
        At least n_features + 2, at most 500.
    n_features : int
        From 1 to 20.
    n_ones : int
        How many samples are of class 1; at least one, and at least one is not.
    low, high : float
        Bounds of the samples' entries.
    largest : float
        Bound of the magnitude of the starting weights, at least one unit of the last place.
    spread : float
        Standard deviation of what blurs the border between the classes; 0 for classes that can be separated.
    decimals : int
        Places of samples and weights, from 0 to 4.

    Returns
    -------
    Binary

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Samples are independent and uniform. The classes come from a score: a linear function with independent slopes of
    -1 or 1, and normal deviates; class 1 are the `n_ones` samples of largest score. Starting weights are uniform
    among those without a 0.

    Examples
    --------
    >>> found = logistic_regression(np.random.default_rng(0), n_samples=4, n_features=1, n_ones=2)
    >>> found.X.tolist(), found.y.tolist(), found.w.tolist()
    ([[1.0, 1.4], [1.0, 0.6], [1.0, 0.0], [1.0, -0.9]], [0, 0, 1, 1], [0.1, 0.5])
    """
    check_whole("n_features", n_features, 1, _MAX_FEATURES)
    check_whole(f"n_samples of {n_features} features", n_samples, n_features + 2, MAX_AXIS)
    check_whole(f"n_ones of {n_samples} samples", n_ones, 1, n_samples - 1)
    check_entries("X", n_samples, n_features + 1)
    least, most = unit_range(low, high, decimals)
    bound = to_units("largest", largest, decimals, least=1 / scale(decimals))
    X = rng.integers(least, most + 1, size=(n_samples, n_features))
    slopes = 2 * rng.integers(0, 2, size=n_features) - 1
    score = X @ slopes + normal_units(rng, (n_samples,), spread, decimals)
    y = np.zeros(n_samples, dtype=np.intp)
    y[np.argsort(-score, kind="stable")[:n_ones]] = 1
    w = rng.integers(1, bound + 1, size=n_features + 1) * (2 * rng.integers(0, 2, size=n_features + 1) - 1)
    return Binary(np.column_stack([np.ones(n_samples), plain(X, decimals)]), y, plain(w, decimals))
