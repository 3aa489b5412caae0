"""Fisher's linear discriminant analysis: scatter matrices and discriminant directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import solve_triangular

from reference.arrays import (
    EPS,
    Array,
    Integers,
    Record,
    as_array,
    as_integers,
    as_square,
    check_choice,
    check_whole,
    working_precision,
)
from reference.errors import EmptyComponentError, InvalidInputError, SingularCovarianceError, TooFewEigenvectorsError
from reference.gaussians import cholesky
from reference.pencils import unit_columns

__all__ = ["Directions", "ScatterMatrices", "directions", "scatter_matrices"]


@dataclass(frozen=True, eq=False)
class ScatterMatrices(Record):
    """How samples scatter within their classes, and the classes about the whole mean.

    Parameters
    ----------
    within : ndarray of shape (p, p)
        S_W, the sum over the samples of (x - m_class)(x - m_class)'.
    between : ndarray of shape (p, p)
        S_B, the sum over the classes of n_class (m_class - m)(m_class - m)'.
    means : ndarray of shape (K, p)
        The means of the classes as rows.
    """

    within: Array
    between: Array
    means: Array


@dataclass(frozen=True, eq=False)
class Directions(Record):
    """Discriminant directions, by descending ratio.

    Parameters
    ----------
    directions : ndarray of shape (p, k)
        One column a direction.
    ratios : ndarray of shape (k,)
        The eigenvalue of each: w' S_B w / w' S_W w.
    """

    directions: Array
    ratios: Array


def scatter_matrices(
    X: ArrayLike,
    y: ArrayLike,
    *,
    within: Literal["scatter", "covariances"] = "scatter",
    between: Literal["weighted", "unweighted"] = "weighted",
) -> ScatterMatrices:
    """Form the scatter matrices of a labelled sample.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows.
    y : array_like of shape (n,)
        Classes, numbered from 1 without a gap.
    within : {"scatter", "covariances"}
        Whether each class counts with the sum of its squares or, divided by its size, with its covariance.
    between : {"weighted", "unweighted"}
        Whether each class mean counts as often as the class has samples, or once.

    Returns
    -------
    ScatterMatrices

    Raises
    ------
    InvalidInputError
        Where X is no finite matrix, or y not whole numbers from 1.
    EmptyComponentError
        Where a class has no samples.
    NumericalRangeError
        Where squares of the entries overflow.

    Notes
    -----
    With the default options S_W + S_B is the total scatter about the mean of all samples. Every entry is identifiable
    and does not depend on how the classes are numbered.

    References
    ----------
    .. [1] R. A. Fisher, "The use of multiple measurements in taxonomic problems", Ann. Eugen. 7 (1936) 179-188.
       https://doi.org/10.1111/j.1469-1809.1936.tb02137.x

    Examples
    --------
    >>> found = scatter_matrices([[0.0], [2.0], [5.0]], [1, 1, 2])
    >>> found.within.tolist(), found.means.tolist()
    ([[2.0]], [[1.0], [5.0]])
    """
    check_choice("within", within, ("scatter", "covariances"))
    check_choice("between", between, ("weighted", "unweighted"))
    data = as_array("X", X, "n", "p")
    index = _classes(y, len(data))
    sizes = np.bincount(index)
    with working_precision():
        member = np.eye(len(sizes))[index]
        means = (member / sizes).T @ data
        inner = (data - means[index]) / (np.sqrt(sizes[index])[:, None] if within == "covariances" else 1.0)
        outer = means - data.mean(axis=0)
        weights = sizes if between == "weighted" else np.ones(len(sizes))
        return ScatterMatrices(inner.T @ inner, outer.T @ (weights[:, None] * outer), means)


def _classes(y: ArrayLike, n: int) -> Integers:
    """Read classes numbered from 1, and count them from 0."""
    classes = as_integers("y", y, n)
    if classes.min() < 1:
        raise InvalidInputError(f"y holds the class {classes.min()}; wanted classes numbered from 1")
    present = np.unique(classes)
    if len(present) < classes.max():
        missing = next(number for number, found in enumerate(present.tolist(), 1) if number != found)
        raise EmptyComponentError(f"class {missing} has no samples; wanted classes numbered without a gap")
    return classes - 1


def directions(
    within: ArrayLike,
    between: ArrayLike,
    *,
    n_components: int,
    normalisation: Literal["length", "within"] = "length",
    problem: Literal["generalised", "between", "total"] = "generalised",
) -> Directions:
    """Find the directions along which classes are furthest apart for their width.

    Parameters
    ----------
    within : array_like of shape (p, p)
        S_W, positive definite; its symmetric part counts.
    between : array_like of shape (p, p)
        S_B; its symmetric part counts.
    n_components : int
        Number k of directions.
    normalisation : {"length", "within"}
        Whether columns have the Euclidean length 1, or w' S_W w = 1.
    problem : {"generalised", "between", "total"}
        S_B w = lambda S_W w; or the eigenvectors of S_B alone; or those of S_W + S_B, the principal axes.

    Returns
    -------
    Directions

    Raises
    ------
    InvalidInputError
        Where the matrices are no finite square ones of one size, or an option is out of range.
    SingularCovarianceError
        Where S_W is not positive definite to working precision.
    TooFewEigenvectorsError
        Where fewer than n_components ratios are positive; K classes leave K - 1 at most.
    NumericalRangeError
        Where products overflow.

    Notes
    -----
    Solved as a symmetric eigenproblem after S_W was factored. A direction is identifiable up to its sign and length
    where its ratio is simple, so that a normalisation is part of the question; directions of equal ratio are up to a
    basis of their span. The condition number of S_W and the gaps between the ratios condition them.

    References
    ----------
    .. [1] C. R. Rao, "The utilization of multiple measurements in problems of biological classification",
       J. R. Stat. Soc. B 10 (1948) 159-203. https://doi.org/10.1111/j.2517-6161.1948.tb00008.x

    Examples
    --------
    >>> found = directions([[2.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 3.0]], n_components=1)
    >>> abs(found.directions).round(6).tolist(), found.ratios.round(6).tolist()
    ([[0.0], [1.0]], [3.0])
    """
    check_whole("n_components", n_components, 1)
    check_choice("normalisation", normalisation, ("length", "within"))
    check_choice("problem", problem, ("generalised", "between", "total"))
    inner = as_square("within", within)
    outer = as_array("between", between, *inner.shape)
    with working_precision():
        inner, outer = inner / 2 + inner.T / 2, outer / 2 + outer.T / 2
        if problem == "generalised":
            ratios, vectors = _generalised(inner, outer)
        else:
            ratios, vectors = np.linalg.eigh(outer if problem == "between" else inner + outer)
        ratios, vectors = ratios[::-1], vectors[:, ::-1]
        positive = int(np.sum(ratios > 64 * len(inner) * EPS * np.abs(ratios).max()))
        if n_components > positive:
            raise TooFewEigenvectorsError(f"n_components is {n_components}; only {positive} ratios are positive")
        kept = unit_columns(vectors[:, :n_components])
        if normalisation == "within":
            kept = kept / np.sqrt(np.sum(kept * (inner @ kept), axis=0))
        return Directions(kept, ratios[:n_components])


def _generalised(inner: Array, outer: Array) -> tuple[Array, Array]:
    """Solve outer w = lambda inner w: eigenvalues ascending, eigenvectors as columns."""
    try:
        deviations, factors = cholesky(inner[None])
    except SingularCovarianceError as error:
        raise SingularCovarianceError("S_W is not positive definite to working precision") from error
    scale, factor = deviations[0], factors[0]
    half = solve_triangular(factor, outer / scale[:, None] / scale, lower=True, check_finite=False)
    whole = solve_triangular(factor, half.T, lower=True, check_finite=False)
    ratios, vectors = np.linalg.eigh(whole / 2 + whole.T / 2)
    return ratios, solve_triangular(factor, vectors, lower=True, trans="T", check_finite=False) / scale[:, None]
