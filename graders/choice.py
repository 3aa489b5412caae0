"""Which of several candidates an answer is graded by: the one that gives most credit, and the earlier among equals."""

from __future__ import annotations

import numpy as np

from graders.tolerance import Array

__all__ = ["Choice"]


class Choice:
    """The best candidate so far for every submission of a batch.

    Parameters
    ----------
    size : int
        Submissions in the batch.

    Attributes
    ----------
    credit : ndarray of shape (size,)
        The share of the points that the best candidate gives; -1 before any was offered.
    right : ndarray of int, shape (size,)
        How many fields it finds right, optional ones too: more of them is better where the credit is equal.
    candidate, row : ndarray of int, shape (size,)
        Which candidate it is (-1: none yet), and the submission's row among those it was offered for.

    Examples
    --------
    >>> choice = Choice(2)
    >>> choice.offer(None, 0, np.array([1.0, 0.0]), np.array([1, 0]))
    >>> choice.open(fields=1)
    array([1])
    >>> choice.offer(np.array([1]), 1, np.array([0.5]), np.array([1]))
    >>> choice.candidate
    array([0, 1])
    """

    def __init__(self, size: int) -> None:
        self.credit = np.full(size, -1.0)
        self.right = np.full(size, -1)
        self.candidate = np.full(size, -1)
        self.row = np.zeros(size, dtype=int)

    def open(self, fields: int) -> Array:
        """The submissions for which another candidate may still do better, of so many fields sent."""
        return ((self.credit < 1.0) | (self.right < fields)).nonzero()[0]

    def offer(self, rows: Array | None, candidate: int, credit: Array, right: Array) -> None:
        """Take a candidate where it gives more credit, or as much with more fields right.

        Parameters
        ----------
        rows : ndarray of int or None
            The submissions that it was compared with; None for all of them.
        candidate : int
            Its number.
        credit, right : ndarray of shape (len(rows),)
            What it gives.
        """
        chosen = slice(None) if rows is None else rows
        held, held_right = self.credit[chosen], self.right[chosen]
        better = ((credit > held) | ((credit == held) & (right > held_right))).nonzero()[0]
        taken = better if rows is None else rows[better]
        self.credit[taken], self.right[taken] = credit[better], right[better]
        self.candidate[taken], self.row[taken] = candidate, better
