"""Kernel principal component analysis with the Gaussian kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial.distance import cdist

from reference.arrays import (
    EPS,
    Array,
    Record,
    as_array,
    as_number,
    as_square,
    check_choice,
    check_whole,
    working_precision,
)
from reference.errors import TooFewEigenvectorsError

__all__ = ["Gram", "KernelComponents", "components", "gram"]


@dataclass(frozen=True, eq=False)
class Gram(Record):
    """Inner products of the samples in feature space.

    Parameters
    ----------
    K : ndarray of shape (n, n)
        The kernel of every pair of samples.
    centred : ndarray of shape (n, n)
        The same after the mean was subtracted in feature space.
    """

    K: Array
    centred: Array


@dataclass(frozen=True, eq=False)
class KernelComponents(Record):
    """Kernel principal components of the samples themselves.

    Parameters
    ----------
    components : ndarray of shape (n, k)
        One row a sample, by descending eigenvalue.
    eigenvalues : ndarray of shape (k,)
        Of the Gram matrix.
    all_eigenvalues : ndarray of shape (n,)
        Every one of them, in descending order: how far it is to the next one conditions a column.
    """

    components: Array
    eigenvalues: Array
    all_eigenvalues: Array


def gram(
    X: ArrayLike,
    *,
    gamma: float,
    distance: Literal["squared", "plain"] = "squared",
    centring: Literal["both", "rows", "none"] = "both",
) -> Gram:
    """Form the Gram matrix of a Gaussian kernel and centre it in feature space.

    Parameters
    ----------
    X : array_like of shape (n, p)
        Samples as rows.
    gamma : float
        The factor of the squared distance, above 0, in inverse squared units of X.
    distance : {"squared", "plain"}
        Whether the kernel is exp(-gamma ||x - z||^2) or exp(-gamma ||x - z||).
    centring : {"both", "rows", "none"}
        Whether K is centred from both sides, by its row means alone, or not at all.

    Returns
    -------
    Gram

    Raises
    ------
    InvalidInputError
        Where X is no finite matrix, or an option is out of range.

    Notes
    -----
    With H = I - 1 1'/n, the centred matrix is H K H: the Gram matrix of the features about their mean. Both matrices
    are identifiable, well conditioned, and see only distances between samples; where these overflow, K is 0.

    References
    ----------
    .. [1] B. Schoelkopf, A. Smola, K.-R. Mueller, "Nonlinear component analysis as a kernel eigenvalue problem",
       Neural Comput. 10 (1998) 1299-1319. https://doi.org/10.1162/089976698300017467

    Examples
    --------
    >>> gram([[0.0], [1.0]], gamma=1.0).K.round(6).tolist()
    [[1.0, 0.367879], [0.367879, 1.0]]
    """
    data = as_array("X", X, "n", "p")
    rate = as_number("gamma", gamma, above=0.0)
    check_choice("distance", distance, ("squared", "plain"))
    check_choice("centring", centring, ("both", "rows", "none"))
    with working_precision():
        K = np.exp(-rate * cdist(data, data, "sqeuclidean" if distance == "squared" else "euclidean"))
        centred = K if centring == "none" else K - K.mean(axis=1, keepdims=True)
        if centring == "both":
            centred = centred - centred.mean(axis=0)
            centred = (centred + centred.T) / 2
        return Gram(K, centred)


def components(
    K: ArrayLike, *, n_components: int, scaling: Literal["root", "none", "eigenvalue", "inverse_root"] = "root"
) -> KernelComponents:
    """Project the samples on the principal axes in feature space.

    Parameters
    ----------
    K : array_like of shape (n, n)
        Centred Gram matrix; its symmetric part counts, and it is used as given, centred or not.
    n_components : int
        Number k of components.
    scaling : {"root", "none", "eigenvalue", "inverse_root"}
        What unit eigenvectors of K are multiplied by: the square roots of their eigenvalues, which gives the
        projections; nothing; the eigenvalues; or one over the roots, which gives the coefficients of the axes.

    Returns
    -------
    KernelComponents

    Raises
    ------
    InvalidInputError
        Where K is no finite square matrix, or an option is out of range.
    TooFewEigenvectorsError
        Where K has fewer than n_components positive eigenvalues.
    NumericalRangeError
        Where K is too large.

    Notes
    -----
    With K = V diag(lambda) V', the axes are Phi' V diag(lambda)^-1/2 and the projections V diag(lambda)^1/2. Each
    column is identifiable up to its sign where its eigenvalue is simple, up to a rotation among those of a repeated
    one; the gap to the neighbouring eigenvalue conditions it.

    References
    ----------
    .. [1] B. Schoelkopf, A. Smola, K.-R. Mueller, "Nonlinear component analysis as a kernel eigenvalue problem",
       Neural Comput. 10 (1998) 1299-1319. https://doi.org/10.1162/089976698300017467

    Examples
    --------
    >>> components([[2.0, -2.0], [-2.0, 2.0]], n_components=1).eigenvalues.round(6).tolist()
    [4.0]
    """
    check_whole("n_components", n_components, 1)
    check_choice("scaling", scaling, ("root", "none", "eigenvalue", "inverse_root"))
    matrix = as_square("K", K)
    with working_precision():
        values, vectors = np.linalg.eigh(matrix / 2 + matrix.T / 2)
        positive = int(np.sum(values > 16 * len(matrix) * EPS * np.abs(values).max()))
        if n_components > positive:
            raise TooFewEigenvectorsError(f"n_components is {n_components}; K has {positive} positive eigenvalues")
        kept = values[::-1][:n_components]
        power = {"root": 0.5, "none": 0.0, "eigenvalue": 1.0, "inverse_root": -0.5}[scaling]
        return KernelComponents(vectors[:, ::-1][:, :n_components] * kept**power, kept, values[::-1])
