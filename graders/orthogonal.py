"""Orthogonal Procrustes, and the element that makes the largest entry error least.

Least squares finds the start, not the verdict: an answer is right when *some* orthogonal element brings every
entry within tolerance, and the one with the least sum of squares often is not it. A rotated answer that was
then correctly rounded has a least-squares residual above half a unit three times in five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import linprog

from graders.linked import Part
from graders.tolerance import Array

__all__ = ["Turns", "excess", "minimax", "polar", "robust_polar", "within_range"]

_REACH = 4.0  # beyond this many tolerances after least squares no refinement is tried
_OUTER = 4  # linearisations; each is quadratic in an angle of about a tolerance
_LAWSON = 12  # reweightings before the linear program is asked
_CURVATURE = 1e-2  # what the second-order term may hide, in tolerances
_NEGLIGIBLE = 1e-150  # beside a largest entry of 1
_LARGE = 1e100
_HUGE = 1e300
_ROBUST = 12  # reweightings of the robust alignment


def polar(matrix: Array) -> Array:
    """The orthogonal (or isometric) factor of the polar decomposition.

    For M = T^H A it is the g with orthonormal columns that minimises ||A - T g||_F (orthogonal Procrustes).

    Parameters
    ----------
    matrix : ndarray of shape (batch, kt, k), kt >= k
        Finite. A zero matrix gives the identity: then every element fits equally well.

    Returns
    -------
    ndarray of shape (batch, kt, k)

    References
    ----------
    .. [1] P. H. Schoenemann, "A generalized solution of the orthogonal Procrustes problem", Psychometrika
       31 (1966), doi:10.1007/BF02289451.

    Examples
    --------
    >>> polar(np.array([[[0.0, -2.0], [3.0, 0.0]]]))
    array([[[ 0., -1.],
            [ 1.,  0.]]])
    """
    left, _, right = np.linalg.svd(within_range(matrix), full_matrices=False)
    return np.asarray(left @ right)


def within_range(matrix: Array) -> Array:
    """Scale each matrix of a batch to a largest entry of 1, and take for zero what is negligible beside it.

    LAPACK's divide-and-conquer driver may not return at all where products of entries underflow.
    """
    size = np.abs(matrix)
    top = size.max(axis=(1, 2), keepdims=True, initial=0.0)
    if not np.isfinite(top).all():  # products that overflowed
        matrix = np.nan_to_num(matrix, nan=0.0, posinf=_HUGE, neginf=-_HUGE)
        size = np.abs(matrix)
        top = size.max(axis=(1, 2), keepdims=True, initial=0.0)
    if (size > _NEGLIGIBLE * top).all() and (top < _LARGE).all():
        return matrix
    return np.where(size > _NEGLIGIBLE * top, matrix, 0.0) / np.where(top > 0, top, 1.0)


def _aligned(part: Part, element: Array) -> Array:
    if part.sheet.kind == "form":
        return np.asarray(element.swapaxes(1, 2)[:, None] @ part.truth @ element[:, None])
    return np.asarray(part.truth @ (element**2 if part.sheet.kind == "magnitude" else element))


def _errors(part: Part, element: Array) -> tuple[Array, Array]:
    """Errors in tolerances, and the tolerances."""
    aligned = _aligned(part, element)
    allowed = np.maximum(part.sheet.allowed(aligned), np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):
        return (part.answer - aligned) / allowed, allowed


def excess(parts: Sequence[Part], element: Array) -> Array:
    """The largest error of all linked entries under the element, in tolerances; shape (batch,)."""
    largest = [np.abs(_errors(part, element)[0]).reshape(len(element), -1).max(axis=1, initial=0.0) for part in parts]
    return np.asarray(np.maximum.reduce(largest))


@dataclass(frozen=True)
class Turns:
    """The directions in which an element may be refined.

    Parameters
    ----------
    right : sequence of slice
        The student's columns that may be turned among each other.
    left : sequence of slice
        The truth's columns that may be: those of an eigenspace of which the answer holds only a part.
    """

    right: Sequence[slice]
    left: Sequence[slice] = ()

    def generators(self, element: Array) -> tuple[Array, Array]:
        """Skew-symmetric bases, of the left turns and of the right ones."""
        return _skew(element.shape[1], self.left), _skew(element.shape[2], self.right)


def _skew(size: int, blocks: Sequence[slice]) -> Array:
    pairs = [pair for block in blocks for pair in combinations(range(size)[block], 2)]
    basis = np.zeros((len(pairs), size, size))
    for index, (i, j) in enumerate(pairs):
        basis[index, i, j], basis[index, j, i] = 1.0, -1.0
    return basis


def _linearised(parts: Sequence[Part], element: Array, left: Array, right: Array) -> tuple[Array, Array]:
    """Errors r and derivatives J, in tolerances: turning by theta leaves about r - J theta."""
    tangents = np.concatenate([left @ element[:, None], element[:, None] @ right], axis=1)
    errors, derivatives = [], []
    for part in parts:
        error, allowed = _errors(part, element)
        if part.sheet.kind == "form":
            form = part.truth[:, None]
            half = element.swapaxes(1, 2)[:, None, None] @ form @ tangents[:, :, None]
            turned = half + tangents.swapaxes(-1, -2)[:, :, None] @ form @ element[:, None, None]
        else:
            along = 2.0 * element[:, None] * tangents if part.sheet.kind == "magnitude" else tangents
            turned = part.truth[:, None] @ along
        turned = turned / allowed[:, None]
        errors.append(error.reshape(len(element), -1))
        derivatives.append(turned.reshape(len(element), tangents.shape[1], -1).swapaxes(1, 2))
    return np.concatenate(errors, axis=1), np.concatenate(derivatives, axis=1)


def _lawson(error: Array, derivative: Array) -> tuple[Array, Array, Array]:
    """Reweighted least squares towards the Chebyshev solution of a batch of linear problems.

    Returns the best steps, the largest error each leaves, and a lower bound of what any step leaves: under
    weights that sum to one, the least weighted mean square is at most the square of the largest error [1]_.

    References
    ----------
    .. [1] J. R. Rice and K. H. Usow, "The Lawson algorithm and extensions", Math. Comp. 22 (1968),
       doi:10.1090/S0025-5718-1968-0223808-7.
    """
    batch, rows, size = derivative.shape
    weights = np.full((batch, rows), 1.0 / rows)
    step, reached, bound = np.zeros((batch, size)), np.abs(error).max(axis=1), np.zeros(batch)
    for _ in range(_LAWSON):
        weighted = (derivative * weights[..., None]).swapaxes(1, 2)
        normal = weighted @ derivative
        ridge = 1e-13 * np.trace(normal, axis1=1, axis2=2) + np.finfo(np.float64).tiny
        normal += ridge[:, None, None] * np.eye(size)
        trial = np.linalg.solve(normal, weighted @ error[..., None])
        left = np.abs(error - (derivative @ trial)[..., 0])
        largest = left.max(axis=1)
        better = largest < reached
        step[better], reached[better] = trial[better, :, 0], largest[better]
        bound = np.maximum(bound, np.sqrt((weights * left**2).sum(axis=1)))
        if np.all((reached <= 1.0) | (bound > 1.0 + _CURVATURE)):
            break
        weights = weights * left
        weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return step, reached, bound


def _program(error: Array, derivative: Array) -> tuple[Array, float]:
    """The exact Chebyshev solution of one linear problem, by linear programming, and its largest error."""
    rows, size = derivative.shape
    slope = np.ones((rows, 1))
    solved = linprog(
        np.append(np.zeros(size), 1.0),
        A_ub=np.block([[derivative, -slope], [-derivative, -slope]]),
        b_ub=np.concatenate([error, -error]),
        bounds=[(None, None)] * size + [(0.0, None)],
        method="highs",
    )
    if solved.x is None:
        return np.zeros(size), float(np.abs(error).max())
    return np.asarray(solved.x[:-1]), float(solved.x[-1])


def _chebyshev(error: Array, derivative: Array) -> tuple[Array, Array]:
    """Steps that bring every error within one where that can be, and a lower bound of what any step leaves."""
    step, reached, bound = _lawson(error, derivative)
    for index in np.flatnonzero((reached > 1.0) & (bound <= 1.0 + _CURVATURE)):
        step[index], bound[index] = _program(error[index], derivative[index])
    return step, bound


def minimax(parts: Sequence[Part], element: Array, turns: Turns) -> Array:
    """Refine elements until every linked entry is within tolerance, where some element nearby can do it.

    Parameters
    ----------
    parts : sequence of Part
        The linked fields.
    element : ndarray of shape (batch, kt, k)
        The start, from least squares. It is kept where it is within tolerance already, where it is further than
        four tolerances away, and where no refinement helps: there least squares lets a wrong entry stand out.
    turns : Turns
        The directions that keep the element in its group.

    Returns
    -------
    ndarray of shape (batch, kt, k)

    Notes
    -----
    Each of a few linearisations minimises the largest error over the angles: first by Lawson's reweighting,
    which runs on the whole batch and gives a lower bound on the way, and exactly by linear programming for
    those that it leaves undecided.
    """
    refined = element.copy()
    reached = excess(parts, refined)
    if not (reached > 1.0).any():
        return refined
    left, right = turns.generators(element)
    active = np.flatnonzero((reached > 1.0) & (reached <= _REACH)) if len(left) + len(right) else np.zeros(0, int)
    for _ in range(_OUTER):
        if not active.size:
            break
        current = [part.take(active) for part in parts]
        error, derivative = _linearised(current, refined[active], left, right)
        step, bound = _chebyshev(error, derivative)
        turned_left = polar(np.eye(element.shape[1]) + np.tensordot(step[:, : len(left)], left, axes=1))
        turned_right = polar(np.eye(element.shape[2]) + np.tensordot(step[:, len(left) :], right, axes=1))
        trial = turned_left @ refined[active] @ turned_right
        largest = excess(current, trial)
        better = largest < reached[active]
        refined[active[better]], reached[active[better]] = trial[better], largest[better]
        active = active[(reached[active] > 1.0) & (bound <= 1.0 + _CURVATURE) & better]
    return np.where((reached <= 1.0)[:, None, None], refined, element)


def robust_polar(parts: Sequence[Part], element: Array) -> Array:
    """Align by (about) the least sum of row lengths, so that a few wrong rows stand out instead of being shared out.

    Only to point at the worst entry of a refused answer; never to accept one.
    """
    linear = next((part for part in parts if part.sheet.kind == "linear"), None)
    if linear is None:
        return element
    truth, answer = linear.truth, linear.answer
    middle = answer.shape[1] // 2
    for _ in range(_ROBUST):
        distance = np.linalg.norm(answer - truth @ element, axis=2)
        if not np.isfinite(distance).all():
            break
        floor = 1e-6 * np.sort(distance, axis=1)[:, middle : middle + 1] + np.finfo(np.float64).tiny
        weights = 1.0 / np.maximum(distance, floor)
        weights /= weights.max(axis=1, keepdims=True)
        element = polar((truth * weights[..., None]).conj().swapaxes(1, 2) @ answer)
    return element
