"""What an earlier answer has to be for later ones to follow it: wrong, but of the right kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.sparse.csgraph import connected_components

from graders.tolerance import EDGE, Array

__all__ = ["STRUCTURES"]

_TRIVIAL = 0.99  # an axis with an entry above this is a coordinate axis, which needs no computation
_EXACT = 1e-9


def orthonormal(axes: Array, rounding: float) -> bool:
    """Say whether columns are orthonormal to rounding, and none is a coordinate axis.

    Parameters
    ----------
    axes : ndarray of shape (p, k)
        Finite.
    rounding : float
        The largest error of an entry.

    Notes
    -----
    If every entry is off by at most h, an inner product is off by at most h (|a_i|_1 + |a_j|_1) + p h^2.

    Examples
    --------
    >>> orthonormal(np.array([[0.6, -0.8], [0.8, 0.6]]), 5e-4), orthonormal(np.eye(2), 5e-4)
    (True, False)
    """
    if float(np.abs(axes).max(initial=0.0)) > _TRIVIAL:
        return False
    overlap = np.abs(axes.conj().T @ axes - np.eye(axes.shape[1]))
    length = np.abs(axes).sum(axis=0)
    bound = rounding * (length[:, None] + length) + len(axes) * rounding**2 + len(axes) * EDGE
    return bool((overlap <= bound).all())


def adjacency(W: Array, rounding: float) -> bool:  # noqa: ARG001 - exact whatever the rounding
    """Say whether W is a symmetric 0/1 matrix without loops, connected, with at least as many edges as vertices.

    Examples
    --------
    >>> triangle = 1.0 - np.eye(3)
    >>> adjacency(triangle, 0.0), adjacency(np.eye(3), 0.0)
    (True, False)
    """
    whole = np.rint(W)
    if not (np.abs(W - whole) <= _EXACT).all() or not np.isin(whole, (0.0, 1.0)).all():
        return False
    if not np.array_equal(whole, whole.T) or np.diag(whole).any() or whole.sum() / 2 < len(whole):
        return False
    count, _ = connected_components(whole, directed=False)
    return int(count) == 1


def degrees(D: Array, rounding: float) -> bool:  # noqa: ARG001 - exact whatever the rounding
    """Say whether D is diagonal, with positive entries there.

    Examples
    --------
    >>> degrees(np.diag([2.0, 1.0]), 0.0), degrees(np.diag([2.0, 0.0]), 0.0)
    (True, False)
    """
    diagonal = np.diag(D)
    return bool((diagonal > 0).all() and np.array_equal(D, np.diag(diagonal)))


def laplacian(L: Array, rounding: float) -> bool:
    """Say whether L is symmetric, its rows sum to zero, and it joins all vertices: no graph in parts, and not zero.

    Examples
    --------
    >>> laplacian(np.array([[1.0, -1.0], [-1.0, 1.0]]), 0.0), laplacian(np.eye(2), 0.0)
    (True, False)
    """
    room = len(L) * max(rounding, _EXACT * float(np.abs(L).max(initial=1.0)))
    if not ((np.abs(L - L.T) <= room).all() and (np.abs(L.sum(axis=1)) <= room).all()):
        return False
    count, _ = connected_components(np.abs(L) > room, directed=False)
    return int(count) == 1


def probabilities(delta: Array, rounding: float) -> bool:
    """Say whether entries are at least 0 and rows sum to 1, to rounding.

    Examples
    --------
    >>> probabilities(np.array([[0.333, 0.667], [1.0, 0.0]]), 5e-4), probabilities(np.array([[0.4, 0.4]]), 5e-4)
    (True, False)
    """
    room = delta.shape[-1] * (rounding + EDGE)
    return bool((delta >= 0).all() and (np.abs(delta.sum(axis=-1) - 1.0) <= room).all())


def positive_definite(S: Array, rounding: float) -> bool:
    """Say whether S is symmetric (Hermitian) and positive definite to rounding, and not diagonal.

    What follows from a diagonal matrix takes no computation: its eigenvectors and its inverse can be read off.

    Examples
    --------
    >>> positive_definite(np.array([[2.0, 1.0], [1.0, 2.0]]), 5e-4), positive_definite(np.diag([1.0, 2.0]), 5e-4)
    (True, False)
    """
    room = 2.0 * rounding + EDGE * float(np.abs(S).max(initial=0.0))
    if not (np.abs(S - S.conj().T) <= room).all():
        return False
    if len(S) > 1 and (np.abs(S - np.diag(np.diag(S))) <= room).all():
        return False
    least = np.linalg.eigvalsh((S + S.conj().T) / 2)[0]
    return bool(least > len(S) * rounding)


def basis(columns: Array, rounding: float) -> bool:
    """Say whether columns are linearly independent to rounding, and no coordinate axis lies in their span.

    Orthonormal or not: it is the span that later questions take. One with a coordinate axis in it takes no computation.

    Notes
    -----
    Columns are brought to length 1 first, so that none counts as zero for its unit. Errors of h in every entry move a
    singular value by at most h sqrt(n k) over the shortest length. An axis lies in the span where its projection on it,
    a row of an orthonormal basis, is longer than 0.99.

    Examples
    --------
    >>> basis(np.array([[1.0, 3.0], [1.0, 1.0], [1.0, 0.0]]), 5e-4), basis(np.eye(3)[:, :2], 5e-4)
    (True, False)
    """
    length = np.linalg.norm(columns, axis=0)
    shortest = float(length.min(initial=np.inf))
    if not 0.0 < shortest < np.inf:
        return False
    left, scales, _ = np.linalg.svd(columns / length, full_matrices=False)
    if not (columns.shape[1] <= len(columns) and scales[-1] > np.sqrt(columns.size) * (rounding / shortest + EDGE)):
        return False
    return bool(np.linalg.norm(left, axis=1).max() <= _TRIVIAL)


def generic(answer: Array, rounding: float, truth: Array) -> bool:
    """Say whether an answer is as far from trivial as its truth: what follows from it takes the same work.

    It has no more zeros than the truth, along no axis are all its slices the same where those of the truth differ, and
    as a matrix (its first axis by the others) it has at least the truth's numerical rank. So zeros, a constant, a unit
    vector and an outer product are no answers to follow; a figure that came out wrong by computing nearly always is.

    Parameters
    ----------
    answer, truth : ndarray of the same shape
    rounding : float
        The largest error of an entry; what is within it of zero counts as zero.

    Examples
    --------
    >>> truth = np.array([1.2, -0.7, 0.4])
    >>> [generic(np.array(one), 5e-4, truth) for one in ([1.3, 0.2, 0.4], [0.0, 1.0, 0.0], [2.0, 2.0, 2.0])]
    [True, False, False]
    """
    room = max(rounding, _EXACT * float(np.abs(answer).max(initial=0.0)))
    zeros = [int((np.abs(array) <= room).sum()) for array in (answer, truth)]
    if zeros[0] > zeros[1]:
        return False
    for axis, size in enumerate(truth.shape):
        alike = [(np.abs(array - array.take([0], axis=axis)) <= 2.0 * room).all() for array in (answer, truth)]
        if size > 1 and alike[0] and not alike[1]:
            return False
    return truth.ndim < 2 or _rank(answer, room) >= _rank(truth, room)


def _rank(array: Array, rounding: float) -> int:
    """How many singular values are larger than what rounding leaves of zero."""
    matrix = array.reshape(len(array), -1)
    return int((np.linalg.svd(matrix, compute_uv=False) > rounding * np.sqrt(matrix.size)).sum())


Predicate = Callable[[Array, float, Array], bool]


def _alone(predicate: Callable[[Array, float], bool]) -> Predicate:
    """A predicate that does not look at the truth."""
    return lambda answer, rounding, _: predicate(answer, rounding)


_ALONE = (orthonormal, adjacency, degrees, laplacian, probabilities, positive_definite, basis)
STRUCTURES: Mapping[str, Predicate] = {one.__name__: _alone(one) for one in _ALONE} | {"generic": generic}
"""By name: predicates of one answer, of the largest rounding error of its entries, and of the truth."""
