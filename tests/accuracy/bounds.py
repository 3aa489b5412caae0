"""Proofs that no rotation explains an answer: certified lower bounds of the largest entry error, by duality.

For every Y with sum |Y_ij| <= 1 and every Q of spectral norm at most 1, orthogonal or with orthonormal columns,

    max |A - T Q|  >=  <Y, A - T Q>  >=  <Y, A> - ||T' Y||_*

with the nuclear norm. Whatever finds Y, the number on the right is a bound; here it is a primal-dual iteration on a
whole batch, which shares no code and no method with `graders`. The convex relaxation does not see an answer that is
too short in some direction; singular values do (Mirsky's theorem). Of a phase, intervals are excluded one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["least_error", "least_errors", "least_phase_errors"]

Array = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_STEPS = 400
_LOOK = 10  # steps between two looks at the bound
_STALLED = 1e-3
_ARCS = 256


def least_error(answer: Array, truth: Array) -> float:
    """Bound from below the largest entry error that any rotation of the truth leaves.

    Parameters
    ----------
    answer : ndarray of shape (n, k)
        A.
    truth : ndarray of shape (n, kt), kt >= k
        T, of full column rank.

    Returns
    -------
    float
        At most min over Q with orthonormal columns of max |A - T Q|; 0 where nothing is proven.

    Examples
    --------
    >>> round(least_error(np.array([[2.0], [0.0]]), np.array([[1.0], [0.0]])), 9)
    1.0
    """
    return float(least_errors(answer[None], truth)[0])


def least_errors(answers: Array, truth: Array, enough: float = np.inf, steps: int = _STEPS) -> Array:
    """Bound a batch of answers to one truth.

    Parameters
    ----------
    answers : ndarray of shape (batch, n, k)
    truth : ndarray of shape (n, kt), kt >= k
    enough : float
        A bound that suffices: answers that reached it are not looked at any further.
    steps : int
        The most steps to take.

    Returns
    -------
    ndarray of shape (batch,)
    """
    bound = _by_singular_values(answers, truth)
    open_ = np.flatnonzero(bound < enough)
    if open_.size:
        bound[open_] = np.maximum(bound[open_], _by_duality(answers[open_], truth, enough, steps))
    return np.maximum(bound, 0.0)


def least_phase_errors(answers: NDArray[Any], truth: NDArray[Any], enough: float = np.inf) -> Array:
    """Bound from below the largest part's error that any phase of a complex column leaves.

    Parameters
    ----------
    answers : ndarray of complex, shape (batch, n)
    truth : ndarray of complex, shape (n,)
    enough : float
        A bound that suffices.

    Returns
    -------
    ndarray of shape (batch,)

    Notes
    -----
    Between phases p and q no part moves by more than |p - q| max |t|, so that an interval is excluded by the error in
    its middle. Intervals that may hold the least error are halved.

    Examples
    --------
    >>> least_phase_errors(np.array([[2.0, 0.0], [1j, 0.0]]), np.array([1.0, 0.0])).round(2).tolist()
    [1.0, 0.0]
    """
    return np.array([_least_phase_error(answer, truth, enough) for answer in answers])


def _least_phase_error(answer: NDArray[Any], truth: NDArray[Any], enough: float) -> float:
    reach = float(np.abs(truth).max())
    half = np.pi / _ARCS
    middle = (2 * np.arange(_ARCS) + 1) * half
    while True:
        error = answer - np.exp(1j * middle)[:, None] * truth
        error = np.maximum(np.abs(error.real), np.abs(error.imag)).max(axis=1)
        low = error - reach * half
        bound, least = float(low.min()), float(error.min())
        if bound >= enough or least - bound <= _STALLED * least or half < _EPS:
            return max(bound, 0.0)
        half /= 2.0
        middle = (middle[low <= least][:, None] + np.array([-half, half])).ravel()


def _by_singular_values(answers: Array, truth: Array) -> Array:
    """Mirsky: singular values move by no more, in 2-norm, than the Frobenius norm of the difference."""
    size = answers.shape[1] * answers.shape[2]
    ours = np.linalg.svd(truth, compute_uv=False)
    theirs = np.linalg.svd(answers, compute_uv=False)
    width = theirs.shape[1]
    # With a cut eigenspace T Q has singular values between those of T: the i-th largest is at most T's i-th and at
    # least T's (i + kt - k)-th (interlacing). What lies outside that range is too far by at least so much.
    high, low = ours[:width], ours[len(ours) - width :]
    miss = np.maximum(theirs - high, 0.0) + np.maximum(low - theirs, 0.0)
    slack = 64 * _EPS * (float(ours[0]) + theirs[:, 0])
    return np.asarray((np.linalg.norm(miss, axis=1) - slack) / np.sqrt(size))


def _certified(dual: Array, answers: Array, truth: Array) -> Array:
    """Evaluate the dual at a concrete Y, less what rounding may add."""
    size = np.abs(dual).sum(axis=(1, 2))
    nuclear = np.linalg.svd(truth.T @ dual, compute_uv=False).sum(axis=1)
    value = np.einsum("bij,bij->b", dual, answers) - nuclear
    scale = float(np.abs(truth).max()) * np.sqrt(truth.shape[1]) + np.abs(answers).max(axis=(1, 2))
    return np.asarray(value / np.where(size > 0, size, 1.0) - 16 * _EPS * truth.size * scale)


def _by_duality(answers: Array, truth: Array, enough: float, steps: int) -> Array:
    """Solve min over X of max |R - B X|, R = A - T Q0 and B = T [Q0, its complement], to first order about Q0.

    There Q = Q0 + [Q0, complement] X has spectral norm at most 1 where the symmetric part of X's upper block is
    negative semidefinite. A dual Y is feasible where the upper block of B' Y is positive semidefinite and the rest
    zero; every iterate is projected on that by least squares before it is certified.
    """
    _, _, width = answers.shape
    total = truth.shape[1]
    left, _, right = np.linalg.svd(truth.T @ answers, full_matrices=True)
    turn = left.copy()
    turn[:, :, :width] = left[:, :, :width] @ right
    residual = answers - truth @ turn[:, :, :width]
    size = np.abs(residual).max(axis=(1, 2))
    size = np.where(size > 0, size, 1.0)[:, None, None]
    norm = float(np.linalg.svd(truth, compute_uv=False)[0])
    basis, scaled = truth @ turn / norm, residual / size
    inverse = np.linalg.inv(truth.T @ truth / norm**2)
    repair = basis @ (turn.swapaxes(1, 2) @ inverse @ turn)  # B (B'B)^-1

    def upper_psd(matrix: Array) -> Array:
        """The part of M's upper block that is symmetric and positive semidefinite, and zeros."""
        block = matrix[:, :width]
        values, vectors = np.linalg.eigh((block + block.swapaxes(1, 2)) / 2.0)
        kept = np.zeros_like(matrix)
        kept[:, :width] = (vectors * np.maximum(values, 0.0)[:, None]) @ vectors.swapaxes(1, 2)
        return kept

    def repaired(dual: Array, rows: NDArray[np.intp]) -> Array:
        matrix = basis[rows].swapaxes(1, 2) @ dual
        return np.asarray(dual + repair[rows] @ (upper_psd(matrix) - matrix))

    best = np.zeros(len(answers))
    rows: NDArray[np.intp] = np.arange(len(answers))
    dual: Array = scaled / np.abs(scaled).sum(axis=(1, 2), keepdims=True).clip(_EPS)
    primal = np.zeros((len(answers), total, width))
    ahead = primal
    mean = np.zeros_like(dual)
    ratio = 0.3
    last = np.full(len(answers), -np.inf)
    for step in range(steps + 1):
        if step % _LOOK == 0:
            trials = [dual] if step == 0 else [dual, mean / step]
            for trial in trials:
                best[rows] = np.maximum(best[rows], _certified(repaired(trial, rows), answers[rows], truth))
            reached = best[rows]
            stalled = (step >= 5 * _LOOK) & (step % (5 * _LOOK) == 0) & (reached <= last[rows] * (1 + _STALLED))
            if step % (5 * _LOOK) == 0:
                last[rows] = reached
            keep = (reached < enough) & ~stalled
            if not keep.all():
                rows = rows[keep]
                dual, primal, ahead, mean = dual[keep], primal[keep], ahead[keep], mean[keep]
            if not rows.size or step == steps:
                break
        dual = _in_ball(dual + ratio * (scaled[rows] - basis[rows] @ ahead))
        moved = primal + basis[rows].swapaxes(1, 2) @ dual / ratio
        moved = moved - upper_psd(moved)
        ahead, primal = 2.0 * moved - primal, moved
        mean = mean + dual
    return best


def _in_ball(matrices: Array) -> Array:
    """Project each matrix of a batch on the unit ball of the entrywise 1-norm."""
    flat = np.abs(matrices).reshape(len(matrices), -1)
    ordered = -np.sort(-flat, axis=1)
    over = np.cumsum(ordered, axis=1) - 1.0
    count = np.arange(1, flat.shape[1] + 1)
    last = (ordered * count > over).sum(axis=1)
    level = np.maximum(np.take_along_axis(over, last[:, None] - 1, axis=1)[:, 0] / last, 0.0)[:, None, None]
    return np.asarray(np.sign(matrices) * np.maximum(np.abs(matrices) - level, 0.0))
