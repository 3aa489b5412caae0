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
    overlap = np.abs(axes.T @ axes - np.eye(axes.shape[1]))
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


STRUCTURES: Mapping[str, Callable[[Array, float], bool]] = {
    structure.__name__: structure for structure in (orthonormal, adjacency, degrees, laplacian, probabilities)
}
"""By name: predicates of one answer and of the largest rounding error of its entries."""
