"""What is right about an embedding that is wrong: its constraint, its span and its trace, each by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graders.symmetries import Span
from graders.tolerance import Array

__all__ = ["Optimality", "optimality"]


@dataclass(frozen=True)
class Optimality:
    """The three things that make an embedding optimal.

    Parameters
    ----------
    constraint : bool
        Psi' D Psi = I.
    span : bool
        The columns span the optimal subspace.
    trace : bool
        trace(Psi' L Psi) is the least that the constraint allows.
    constraint_error, sine, trace_error : float
        The largest entry of |Psi' D Psi - I|, the largest sine of a principal angle, and what the trace misses by.
    """

    constraint: bool
    span: bool
    trace: bool
    constraint_error: float
    sine: float
    trace_error: float


def optimality(Psi: Array, L: Array, D: Array, basis: Array, least: float, *, tolerance: float, cut: int) -> Optimality:
    """Measure an embedding against the problem min tr(Psi' L Psi) subject to Psi' D Psi = I.

    Parameters
    ----------
    Psi : ndarray of shape (n, k)
        As sent, finite.
    L, D : ndarray of shape (n, n)
        Of the problem.
    basis : ndarray of shape (n, m)
        D-orthonormal columns that span the optimal subspace, with all of an eigenspace that is cut.
    least : float
        The optimal trace.
    tolerance : float
        The largest error of an entry of Psi.
    cut : int
        How many of the last columns of the basis span an eigenspace of which an embedding holds a part only.

    Returns
    -------
    Optimality

    Notes
    -----
    Entries that are off by at most h move psi_i' D psi_j by at most h (|D psi_i|_1 + |D psi_j|_1) + h^2 |D|_1, the
    trace by 2 h |L Psi|_1 + k h^2 |L|_1, and turn a column of Euclidean length l by h sqrt(n) / l: these are the
    bounds.

    Examples
    --------
    >>> L = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> found = optimality(np.ones((2, 1)), L, np.eye(2), np.ones((2, 1)) / 2**0.5, 0.0, tolerance=5e-4, cut=0)
    >>> found.constraint, found.span, found.trace
    (False, True, True)
    """
    n, k = Psi.shape
    with np.errstate(over="ignore", invalid="ignore"):
        weighted, pulled = D @ Psi, (L + L.T) @ Psi / 2
        length = np.abs(weighted).sum(axis=0)
        overlap = np.abs(Psi.T @ weighted - np.eye(k))
        room = tolerance * (length[:, None] + length) + tolerance**2 * np.abs(D).sum()
        trace_error = float(np.abs(np.sum(Psi * pulled) - least))
        trace_room = 2 * tolerance * float(np.abs(pulled).sum()) + k * tolerance**2 * float(np.abs(L).sum())
        shortest = float(np.linalg.norm(Psi / max(float(np.abs(Psi).max(initial=0.0)), 1e-300), axis=0).min())
        shortest *= float(np.abs(Psi).max(initial=0.0))
        sine_room = tolerance * np.sqrt(n * k) / shortest if shortest > 0 else 0.0
        sines, _ = Span(cut, k).sines(Psi[None], basis[None])
    return Optimality(
        constraint=bool((overlap <= room).all()),
        span=bool(sines[0] <= min(sine_room, 0.5)),
        trace=trace_error <= trace_room,
        constraint_error=float(overlap.max()),
        sine=float(sines[0]),
        trace_error=trace_error,
    )
