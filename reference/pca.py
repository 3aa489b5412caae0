"""Principal component analysis by the singular value decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import (
    ROUNDED,
    Array,
    Integers,
    Record,
    as_array,
    check_choice,
    check_whole,
    thin_svd,
    working_precision,
)
from reference.errors import ConstantColumnError, NotOrthonormalError

__all__ = [
    "PrincipalComponents",
    "Projection",
    "Reconstruction",
    "principal_components",
    "project",
    "reconstruction_error",
]


@dataclass(frozen=True, eq=False)
class PrincipalComponents(Record):
    """Principal axes and components, with r = min(n, p).

    Parameters
    ----------
    mean : ndarray of shape (p,)
        What was subtracted from every sample (zero without centring).
    scale : ndarray of shape (p,)
        What every column was divided by (one without standardising).
    axes : ndarray of shape (p, r)
        Orthonormal principal axes as columns, by descending variance.
    explained_variance : ndarray of shape (r,)
        Variance along each axis, in squared units of the data.
    components : ndarray of shape (n, r)
        Principal components (scores) of every sample.
    covariance : ndarray of shape (p, p)
        The matrix whose eigenvectors the axes are, symmetric to the last bit: the covariance with the given ddof,
        the correlations of a standardised sample, or the second moments of one that was not centred.
    """

    mean: Array
    scale: Array
    axes: Array
    explained_variance: Array
    components: Array
    covariance: Array


@dataclass(frozen=True, eq=False)
class Projection(Record):
    """Components of the samples along given axes.

    Parameters
    ----------
    components : ndarray of shape (n, k)
        One row a sample, one column an axis.
    """

    components: Array


@dataclass(frozen=True, eq=False)
class Reconstruction(Record):
    """The error that a reduction to fewer dimensions makes.

    Parameters
    ----------
    error : float
        Sum of squared distances to the reconstructions over the divisor asked for, in squared units of the data.
    dropped : ndarray of int
        The columns of `axes` that were left out, ascending, counted from 0.
    """

    error: float
    dropped: Integers


def principal_components(
    X: ArrayLike, *, ddof: int = 1, center: bool = True, scale: bool = False
) -> PrincipalComponents:
    """Find the principal axes of a sample and its components along them.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows, in any one unit a column.
    ddof : int
        The variances have the divisor n - ddof.
    center : bool
        Whether to subtract the mean of each column first.
    scale : bool
        Whether to divide each column by its standard deviation about the mean, taken with the same `ddof`, so
        that the variances are eigenvalues of the correlation matrix and sum to p for ddof 0 and 1 alike.

    Returns
    -------
    PrincipalComponents

    Raises
    ------
    InvalidInputError
        Where X is no finite matrix, or ddof not from 0 to n - 1.
    ConstantColumnError
        Where `scale` meets a column without variance.
    NumericalRangeError
        Where squares of the entries overflow.

    Notes
    -----
    The thin SVD of the centred data, U S V', gives axes V, components U S and variances S^2 / (n - ddof)
    without squaring the condition number as the covariance would. The sign of an axis (and of its component)
    is *not* identifiable, nor is a basis of the span of axes of equal variance, nor are axes without variance.
    An axis moves by about eps ||X||^2 over the gap to the neighbouring variance.

    References
    ----------
    .. [1] I. T. Jolliffe, J. Cadima, "Principal component analysis: a review and recent developments",
       Phil. Trans. R. Soc. A 374 (2016). https://doi.org/10.1098/rsta.2015.0202

    Examples
    --------
    >>> found = principal_components([[0, 0], [2, 2], [4, 4], [2, 2]])
    >>> found.explained_variance.round(6).tolist()
    [5.333333, 0.0]
    """
    data = as_array("X", X, "n", "p")
    check_whole("ddof", ddof, 0, len(data) - 1)
    with working_precision():
        mean, width = _location_and_scale(data, center=center, scale=scale, ddof=ddof)
        deviations = (data - mean) / width
        U, s, Vt = thin_svd(deviations)
        n = len(data) - ddof
        return PrincipalComponents(mean, width, Vt.T, s**2 / n, U * s, deviations.T @ deviations / n)


def _location_and_scale(data: Array, *, center: bool, scale: bool, ddof: int) -> tuple[Array, Array]:
    mean = np.asarray(data.mean(axis=0)) if center else np.zeros(data.shape[1])
    return mean, _standard_deviation(data, ddof) if scale else np.ones(data.shape[1])


def _standard_deviation(data: Array, ddof: int) -> Array:
    constant = np.flatnonzero(data.max(axis=0) == data.min(axis=0))
    if constant.size:
        raise ConstantColumnError(f"columns {constant.tolist()} of X are constant and cannot be standardised")
    return np.asarray(data.std(axis=0, ddof=ddof))


def project(X: ArrayLike, axes: ArrayLike, *, center: bool = True, scale: bool = False, ddof: int = 0) -> Projection:
    """Take the components of samples along given axes.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows.
    axes : array_like of shape (p, k)
        Axes as columns, in any order; they are used as given.
    center : bool
        Whether to subtract the mean of each column of X first.
    scale : bool
        Whether to divide each column of X by its standard deviation about the mean.
    ddof : int
        That deviation has the divisor n - ddof; without `scale` it does not count.

    Returns
    -------
    Projection

    Raises
    ------
    InvalidInputError
        Where X or axes is no finite matrix, their shapes do not fit, or ddof is not from 0 to n - 1.
    ConstantColumnError
        Where `scale` meets a column without variance.
    NumericalRangeError
        Where the products overflow.

    Notes
    -----
    Computes Z axes with Z the centred and, where asked, standardised samples. The components are identifiable as far
    as the axes are: they inherit their signs, order and basis. An error of the axes is amplified by the length of
    the rows of Z.

    References
    ----------
    .. [1] I. T. Jolliffe, "Principal Component Analysis", 2nd ed., Springer (2002).
       https://doi.org/10.1007/b98835

    Examples
    --------
    >>> project([[0, 1], [2, 1]], [[1], [0]]).components.tolist()
    [[-1.0], [1.0]]
    """
    data = as_array("X", X, "n", "p")
    columns = as_array("axes", axes, data.shape[1], "k")
    check_whole("ddof", ddof, 0, len(data) - 1)
    with working_precision():
        mean, width = _location_and_scale(data, center=center, scale=scale, ddof=ddof)
        return Projection((data - mean) / width @ columns)


def reconstruction_error(
    X: ArrayLike,
    axes: ArrayLike,
    *,
    n_components: int,
    ddof: int = 0,
    center: bool = True,
    scale: bool = False,
    keep: Literal["most", "least"] = "most",
    average: Literal["samples", "entries", "sum"] = "samples",
) -> Reconstruction:
    """Measure what is lost when only the axes of most variance are kept.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows.
    axes : array_like of shape (p, r)
        Orthonormal axes as columns, in any order.
    n_components : int
        How many axes to keep, from 1 to r: those along which X varies most.
    ddof : int
        The sum of squared distances is divided by n - ddof; 0 gives the mean over the samples.
    center : bool
        Whether to subtract the mean of each column of X first; otherwise "varies" is about zero.
    scale : bool
        Whether to divide each column of X by its standard deviation first, as `principal_components` does and
        with the same `ddof`.
    keep : {"most", "least"}
        Whether the axes kept are those along which X varies most, or least.
    average : {"samples", "entries", "sum"}
        Whether the divisor is n - ddof, (n - ddof) p, or 1; for a "sum", ddof counts in `scale` alone.

    Returns
    -------
    Reconstruction

    Raises
    ------
    InvalidInputError
        Where X or axes is no finite matrix, their shapes do not fit, or an option is out of range.
    NotOrthonormalError
        Where axes' axes misses the identity by more than 0.05; axes rounded to two decimals pass.
    ConstantColumnError
        Where `scale` meets a column without variance.
    NumericalRangeError
        Where squares of the entries overflow.

    Notes
    -----
    The reconstruction of a centred sample x is A A'x with A the axes kept. With all p principal axes given, the
    error is the sum of the variances along the axes dropped. It does not depend on the axes' signs; where two
    axes tie at the cut, which one is dropped is *not* identifiable, but the error is.

    References
    ----------
    .. [1] K. Pearson, "On lines and planes of closest fit to systems of points in space",
       Phil. Mag. 2 (1901) 559-572. https://doi.org/10.1080/14786440109462720

    Examples
    --------
    >>> found = reconstruction_error([[3, 1], [-3, 1], [3, -1], [-3, -1]], [[0, 1], [1, 0]], n_components=1)
    >>> found.error, found.dropped.tolist()
    (1.0, [0])
    """
    data = as_array("X", X, "n", "p")
    columns = as_array("axes", axes, data.shape[1], "r")
    check_whole("n_components", n_components, 1, columns.shape[1])
    check_whole("ddof", ddof, 0, len(data) - 1)
    check_choice("keep", keep, ("most", "least"))
    check_choice("average", average, ("samples", "entries", "sum"))
    with working_precision():
        _check_orthonormal(columns)
        mean, width = _location_and_scale(data, center=center, scale=scale, ddof=ddof)
        deviations = (data - mean) / width
        variation = np.sum((deviations @ columns) ** 2, axis=0)
        order = np.argsort(variation if keep == "least" else -variation, kind="stable")
        kept = columns[:, order[:n_components]]
        residual = deviations - deviations @ kept @ kept.T
        divisor = {"samples": len(data) - ddof, "entries": (len(data) - ddof) * data.shape[1], "sum": 1}[average]
        return Reconstruction(float(np.sum(residual**2)) / divisor, np.sort(order[n_components:]))


def _check_orthonormal(columns: Array) -> None:
    error = float(np.abs(columns.T @ columns - np.eye(columns.shape[1])).max())
    if not error <= ROUNDED:
        raise NotOrthonormalError(f"axes' axes misses the identity by {error:.3g}; wanted at most {ROUNDED}")
