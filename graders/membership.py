"""Whether a vector lies in the span of others, however many these are and whatever their lengths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graders.errors import GraderError, ShapeMismatchError
from graders.tolerance import Array

__all__ = ["Membership", "certify_members", "unit_vectors"]

_EPS = float(np.finfo(np.float64).eps)
_NEGLIGIBLE = 1e-150  # beside an entry of 1; LAPACK may not return where products of entries underflow


@dataclass(frozen=True)
class Membership:
    """Whether vectors lie in a subspace, and by how much they leave it.

    Parameters
    ----------
    correct : ndarray of bool, shape (batch,)
        Whether each does. The zero vector lies in every subspace, shows nothing, and is wrong.
    measured, allowed : ndarray of shape (batch,)
        The sine of the angle between the vector and the subspace (1 where there is none), and its bound.
    rank : int
        The dimension of the subspace.
    """

    correct: Array
    measured: Array
    allowed: Array
    rank: int


def certify_members(spanning: Array, vectors: Array, *, tolerance: float) -> Membership:
    """Decide for every vector whether it is a linear combination of given ones.

    Parameters
    ----------
    spanning : ndarray of shape (n, m)
        The given vectors, in columns. They may depend on each other and be of any length; complex ones span over
        the complex numbers.
    vectors : ndarray of shape (batch, n)
        What was sent.
    tolerance : float
        The largest sine of an angle.

    Returns
    -------
    Membership

    Raises
    ------
    ShapeMismatchError
        Where the vectors are not as long as the given ones.
    GraderError
        Where the given vectors are all zero, or not finite: then there is no span to lie in.

    Notes
    -----
    The given vectors are scaled to length one before their numerical rank is taken, so that lengths of 1e-300 and
    1e300 count alike. Two families span the same subspace where each vector of either lies in the span of the other,
    however many vectors either has; for bases of a known size `Span` decides that at once.

    Examples
    --------
    >>> plane = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    >>> certify_members(plane, np.array([[3.0, -2.0, 0.0], [3.0, -2.0, 1.0]]), tolerance=1e-3).correct
    array([ True, False])
    """
    if spanning.ndim != 2 or vectors.ndim != 2 or vectors.shape[1] != len(spanning):
        raise ShapeMismatchError(f"given vectors {spanning.shape} and sent ones {vectors.shape} do not fit")
    given, usable = unit_vectors(spanning.T)
    if not np.isfinite(spanning).all() or not usable.any():
        raise GraderError("the given vectors are all zero, or not finite: they span nothing")
    matrix = np.where(np.abs(given.T) > _NEGLIGIBLE, given.T, 0.0)
    directions, scales, _ = np.linalg.svd(matrix, full_matrices=False)
    rank = int(np.sum(scales > max(matrix.shape) * _EPS * scales[0]))
    basis = directions[:, :rank]
    unit, shown = unit_vectors(vectors)
    outside = unit - (unit @ basis.conj()) @ basis.T
    measured = np.where(shown, np.minimum(np.linalg.norm(outside, axis=1), 1.0), 1.0)
    allowed = np.full(len(vectors), tolerance + len(spanning) * _EPS * scales[0] / scales[rank - 1])
    return Membership(shown & (measured <= allowed), measured, allowed, rank)


def unit_vectors(vectors: Array) -> tuple[Array, Array]:
    """Scale vectors to length one, whatever their scale.

    Parameters
    ----------
    vectors : ndarray of shape (batch, n)
        Any numbers: denormals, 1e308, NaN.

    Returns
    -------
    unit : ndarray of shape (batch, n)
        Zero where there is no direction.
    shown : ndarray of bool, shape (batch,)
        Whether a vector has one: all its entries are finite, and one is not zero.

    Examples
    --------
    >>> unit_vectors(np.array([[3e300, 4e300], [0.0, 0.0], [np.nan, 1.0]]))
    (array([[0.6, 0.8], [0. , 0. ], [0. , 0. ]]), array([ True, False, False]))
    """
    finite = np.asarray(np.isfinite(vectors).all(axis=1))
    kept = np.where(finite[:, None], vectors, 0.0)
    top = np.maximum(np.abs(kept.real), np.abs(kept.imag)).max(axis=1, initial=0.0)
    shown = top > 0
    scaled = divided(kept, np.where(shown, top, 1.0)[:, None])
    length = np.linalg.norm(scaled, axis=1)
    return scaled / np.where(shown, length, 1.0)[:, None], shown


def divided(array: Array, scale: Array) -> Array:
    """Divide by a real scale of any size, part by part: complex division goes wrong with denormals."""
    if array.dtype.kind != "c":
        return np.asarray(array / scale)
    return np.asarray(array.real / scale + 1j * (array.imag / scale))
