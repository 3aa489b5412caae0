"""Logistic regression at given weights: loss, gradient, and one Newton step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from reference.arrays import Array, Record, as_array, as_integers, check_choice, thin_svd, working_precision
from reference.errors import InvalidInputError, RankDeficientError
from reference.ranks import numerical_rank

__all__ = ["Gradient", "NewtonStep", "gradient", "newton_step"]


@dataclass(frozen=True, eq=False)
class Gradient(Record):
    """The logistic loss and its first derivatives.

    Parameters
    ----------
    gradient : ndarray of shape (p,)
        Of the loss, in nats per unit of w.
    loss : float
        Negative log-likelihood, in nats; its mean where the mean was asked for.
    probabilities : ndarray of shape (n,)
        What the model gives for y_i = 1.
    """

    gradient: Array
    loss: float
    probabilities: Array


@dataclass(frozen=True, eq=False)
class NewtonStep(Record):
    """The weights after one Newton step.

    Parameters
    ----------
    w : ndarray of shape (p,)
        The new weights.
    hessian : ndarray of shape (p, p)
        What the gradient was divided by: second derivatives of the loss, or what was put in their place.
    """

    w: Array
    hessian: Array


def gradient(
    X: ArrayLike,
    y: ArrayLike,
    w: ArrayLike,
    *,
    average: Literal["sum", "mean"] = "sum",
    link: Literal["logistic", "linear"] = "logistic",
) -> Gradient:
    """Differentiate the negative log-likelihood of a logistic regression.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Regressors as rows, with a column of ones where an intercept is meant.
    y : array_like of shape (n,)
        Classes, each 0 or 1.
    w : array_like of shape (p,)
        Weights at which to differentiate.
    average : {"sum", "mean"}
        Whether the loss is summed over the samples or averaged.
    link : {"logistic", "linear"}
        Whether the gradient is that of the logistic loss, X'(p - y), or X'(X w - y) without the sigmoid.

    Returns
    -------
    Gradient

    Raises
    ------
    InvalidInputError
        Where arrays are not finite, their shapes do not fit, or a class is neither 0 nor 1.
    NumericalRangeError
        Where products overflow.

    Notes
    -----
    The loss is sum_i log(1 + exp(z_i)) - y_i z_i with z = X w, evaluated without overflow for z of any size. At
    given w everything is identifiable. (The minimiser is not where a hyperplane separates the classes.)

    References
    ----------
    .. [1] D. R. Cox, "The regression analysis of binary sequences", J. R. Stat. Soc. B 20 (1958) 215-242.
       https://doi.org/10.1111/j.2517-6161.1958.tb00292.x

    Examples
    --------
    >>> gradient([[1.0], [1.0]], [0, 1], [0.0]).gradient.tolist()
    [0.0]
    """
    check_choice("average", average, ("sum", "mean"))
    check_choice("link", link, ("logistic", "linear"))
    regressors = as_array("X", X, "n", "p")
    classes = as_integers("y", y, len(regressors))
    wrong = np.flatnonzero((classes != 0) & (classes != 1))
    if wrong.size:
        raise InvalidInputError(f"y[{wrong[0]}] is {classes[wrong[0]]}; wanted 0 or 1")
    weights = as_array("w", w, regressors.shape[1])
    with working_precision():
        z = regressors @ weights
        p = expit(z)
        error = (z if link == "linear" else p) - classes
        divisor = len(z) if average == "mean" else 1
        loss = float(np.sum(np.logaddexp(0.0, np.where(classes == 1, -z, z))))
        return Gradient(regressors.T @ error / divisor, loss / divisor, p)


def newton_step(
    X: ArrayLike,
    w: ArrayLike,
    gradient: ArrayLike,
    *,
    curvature: Literal["hessian", "gram", "identity"] = "hessian",
    direction: Literal["descent", "ascent"] = "descent",
) -> NewtonStep:
    """Take one Newton step of a logistic regression from given weights and the gradient there.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Regressors as rows, with a column of ones where an intercept is meant.
    w : array_like of shape (p,)
        Weights to start from.
    gradient : array_like of shape (p,)
        Of the loss summed over the samples, at w.
    curvature : {"hessian", "gram", "identity"}
        Whether the gradient is divided by H = X' diag(p (1 - p)) X, by X'X, or not at all.
    direction : {"descent", "ascent"}
        Whether the step is subtracted from w or added to it.

    Returns
    -------
    NewtonStep

    Raises
    ------
    InvalidInputError
        Where arrays are not finite, their shapes do not fit, or an option is unknown.
    RankDeficientError
        Where H is singular to working precision: dependent regressors, or probabilities that are all 0 or 1.
    NumericalRangeError
        Where products overflow.

    Notes
    -----
    H = A'A with A = diag(p (1 - p))^1/2 X, so that H^-1 g comes from the singular value decomposition of A without
    forming H. Identifiable where A has full rank; the square of its condition number amplifies errors of g.

    References
    ----------
    .. [1] P. McCullagh, J. A. Nelder, "Generalized Linear Models", 2nd ed., Chapman and Hall (1989).
       https://doi.org/10.1007/978-1-4899-3242-6

    Examples
    --------
    >>> newton_step([[1.0], [1.0], [1.0]], [0.0], [-0.5]).w.round(6).tolist()
    [0.666667]
    """
    check_choice("curvature", curvature, ("hessian", "gram", "identity"))
    check_choice("direction", direction, ("descent", "ascent"))
    regressors = as_array("X", X, "n", "p")
    p = regressors.shape[1]
    weights, slope = as_array("w", w, p), as_array("gradient", gradient, p)
    with working_precision():
        z = regressors @ weights
        share = expit(z) * expit(-z) if curvature == "hessian" else np.ones_like(z)
        root = np.eye(p) if curvature == "identity" else np.sqrt(share)[:, None] * regressors
        step = _divide(root, slope)
        return NewtonStep(weights + (step if direction == "ascent" else -step), root.T @ root)


def _divide(root: Array, slope: Array) -> Array:
    """Solve root' root x = slope."""
    _, s, Vt = thin_svd(root)
    p = root.shape[1]
    rank = numerical_rank(s, max(root.shape))
    if rank < p:
        raise RankDeficientError(f"the Hessian has rank {rank}; wanted {p}: the regressors leave the step open")
    return np.asarray(Vt.T @ (Vt @ slope / s / s))
