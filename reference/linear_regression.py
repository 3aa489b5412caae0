"""Linear regression: least squares, ridge regression, and what a fitted model predicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference import regressions
from reference.arrays import Array, Record, as_array, as_number, check_choice, working_precision
from reference.errors import RankDeficientError

__all__ = ["LinearFit", "Predictions", "least_squares", "predict", "ridge"]


@dataclass(frozen=True, eq=False)
class LinearFit(Record):
    """A fitted linear model y = b + w'x.

    Parameters
    ----------
    coefficients : ndarray of shape (1 + p,)
        The constant term b, 0 where none was fitted, and then the coefficients w of the regressors.
    residual_sum : float
        The sum of squared residuals, in squared units of y.
    """

    coefficients: Array
    residual_sum: float


@dataclass(frozen=True, eq=False)
class Predictions(Record):
    """What a linear model predicts.

    Parameters
    ----------
    y : ndarray of shape (n,)
        One value a sample.
    """

    y: Array


def least_squares(X: ArrayLike, y: ArrayLike, *, intercept: bool = True) -> LinearFit:
    """Fit a linear model by least squares.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Regressors as rows, without a column of ones.
    y : array_like of shape (n,)
        Responses.
    intercept : bool
        Whether the model has a constant term.

    Returns
    -------
    LinearFit

    Raises
    ------
    InvalidInputError
        Where X or y is no finite array, or their lengths differ.
    RankDeficientError
        Where the regressors, after their means were subtracted for an intercept, are linearly dependent.
    NumericalRangeError
        Where products of the entries overflow.

    Notes
    -----
    Solved by the singular value decomposition of the centred regressors, each scaled to length 1, so that units do
    not matter. The coefficients are identifiable exactly where those are linearly independent; their condition number
    amplifies errors of the data.

    References
    ----------
    .. [1] G. H. Golub, "Numerical methods for solving linear least squares problems", Numer. Math. 7 (1965) 206-216.
       https://doi.org/10.1007/BF01436075

    Examples
    --------
    >>> least_squares([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]).coefficients.round(6).tolist()
    [1.0, 2.0]
    """
    regressors, response = _read(X, y)
    with working_precision():
        return _fit(regressors, response, 0.0, intercept=intercept)


def ridge(
    X: ArrayLike,
    y: ArrayLike,
    *,
    penalty: float,
    intercept: bool = True,
    penalise_intercept: bool = False,
    loss: Literal["sum", "mean"] = "sum",
) -> LinearFit:
    """Fit a linear model whose coefficients are held small.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Regressors as rows, without a column of ones.
    y : array_like of shape (n,)
        Responses.
    penalty : float
        The factor of ||w||^2, above 0.
    intercept : bool
        Whether the model has a constant term.
    penalise_intercept : bool
        Whether the square of the constant term is added to ||w||^2.
    loss : {"sum", "mean"}
        Whether the penalty is added to the sum of squared residuals or to their mean.

    Returns
    -------
    LinearFit

    Raises
    ------
    InvalidInputError
        Where X or y is no finite array, their lengths differ, or an option is out of range.
    RankDeficientError
        Where a regressor is so small that its square vanishes.
    NumericalRangeError
        Where products of the entries overflow.

    Notes
    -----
    Minimises sum_i (y_i - b - w'x_i)^2 + penalty ||w||^2 by least squares on the samples with sqrt(penalty) I below
    them. The minimiser is unique, and identifiable, for every X; it depends on the units of the regressors.

    References
    ----------
    .. [1] A. E. Hoerl, R. W. Kennard, "Ridge regression: biased estimation for nonorthogonal problems",
       Technometrics 12 (1970) 55-67. https://doi.org/10.1080/00401706.1970.10488634

    Examples
    --------
    >>> ridge([[-1.0], [1.0]], [1.0, 5.0], penalty=2.0).coefficients.round(6).tolist()
    [3.0, 1.0]
    """
    regressors, response = _read(X, y)
    weight = as_number("penalty", penalty, above=0.0)
    check_choice("loss", loss, ("sum", "mean"))
    with working_precision():
        weight *= len(response) if loss == "mean" else 1
        return _fit(regressors, response, weight, intercept=intercept, penalise_intercept=penalise_intercept)


def _read(X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
    regressors = as_array("X", X, "n", "p")
    return regressors, as_array("y", y, len(regressors))


def _fit(
    regressors: Array, response: Array, penalty: float, *, intercept: bool, penalise_intercept: bool = False
) -> LinearFit:
    if intercept and penalise_intercept:
        whole = _solve(np.column_stack([regressors, np.ones(len(response))]), response, penalty)
        w, constant = whole[:-1], float(whole[-1])
    else:
        centre = regressors.mean(axis=0) if intercept else np.zeros(regressors.shape[1])
        level = float(response.mean()) if intercept else 0.0
        w = _solve(regressors - centre, response - level, penalty)
        constant = level - float(centre @ w)
    residual = response - regressors @ w - constant
    return LinearFit(np.concatenate([[constant], w]), float(residual @ residual))


def _solve(regressors: Array, response: Array, penalty: float) -> Array:
    p = regressors.shape[1]
    if penalty:
        regressors = np.vstack([regressors, np.sqrt(penalty) * np.eye(p)])
        response = np.concatenate([response, np.zeros(p)])
    try:
        return regressions.least_squares(0, regressors, response, np.ones(len(response)))
    except RankDeficientError as error:
        raise RankDeficientError(
            "the regressors in X (with their means subtracted where an intercept is fitted) are linearly dependent; "
            f"wanted {p} independent columns"
        ) from error


def predict(X: ArrayLike, coefficients: ArrayLike, *, constant: bool = True) -> Predictions:
    """Evaluate a linear model.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Regressors as rows, without a column of ones.
    coefficients : array_like of shape (1 + p,)
        The constant term, and then the coefficients of the regressors.
    constant : bool
        Whether the constant term is added.

    Returns
    -------
    Predictions

    Raises
    ------
    InvalidInputError
        Where an argument is not finite, or shapes do not fit.
    NumericalRangeError
        Where products overflow.

    Notes
    -----
    Evaluates b + w'x. Identifiable; an error of w is amplified by the size of x.

    References
    ----------
    .. [1] T. Hastie, R. Tibshirani, J. Friedman, "The Elements of Statistical Learning", 2nd ed., Springer (2009).
       https://doi.org/10.1007/978-0-387-84858-7

    Examples
    --------
    >>> predict([[1.0, 2.0]], [5.0, 3.0, 4.0]).y.tolist()
    [16.0]
    """
    regressors = as_array("X", X, "n", "p")
    weights = as_array("coefficients", coefficients, 1 + regressors.shape[1])
    with working_precision():
        return Predictions(regressors @ weights[1:] + (weights[0] if constant else 0.0))
