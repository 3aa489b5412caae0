"""Which true column each of the student's columns is: linear assignment on a batch.

Closeness finds the start; the verdict asks which pairing brings most columns within tolerance. So a column that
is right keeps its partner whatever another column holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from graders.linked import Part
from graders.tolerance import Array

__all__ = ["assign", "column_distances"]

_CLIP = 10.0  # tolerances that count of an entry, so that one wild entry cannot turn the labels


def assign(cost: Array) -> Array:
    """Choose for every column its row so that the total cost is least.

    Parameters
    ----------
    cost : ndarray of shape (batch, kt, k), kt >= k
        Finite.

    Returns
    -------
    ndarray of int, shape (batch, k)
        Row chosen for each column; no row twice.

    Notes
    -----
    Where every column's cheapest row is a different one, that is the optimum; only the others are solved one
    by one.

    Examples
    --------
    >>> assign(np.array([[[1.0, 0.0], [0.0, 3.0]]]))
    array([[1, 0]])
    """
    chosen: Array = cost.argmin(axis=1)
    ordered = np.sort(chosen, axis=1)
    for index in np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1)):
        columns, rows = linear_sum_assignment(cost[index].T)
        chosen[index, columns] = rows
    return chosen


def column_distances(parts: Sequence[Part], signs: Sequence[float] = (1.0,)) -> tuple[Array, Array]:
    """Hold every column of the answer against every column of the truth.

    Parameters
    ----------
    parts : sequence of Part
        The linked fields.
    signs : sequence of float
        Factors of the true column that are tried; a field that moves by magnitude does not see them.

    Returns
    -------
    right : ndarray of int, shape (len(signs), batch, kt, k)
        How many fields are right in every entry.
    distance : ndarray of shape (len(signs), batch, kt, k)
        Squared distances, in tolerances and clipped entry by entry.
    """
    right: list[Array] = []
    distance: list[Array] = []
    for sign in signs:
        counts, sums = [], []
        for part in parts:
            allowed = part.tolerance.allowed(part.truth)[:, :, :, None]
            turned = part.truth[:, :, :, None] * (1.0 if part.move.magnitude else sign)
            with np.errstate(over="ignore"):
                ratio = np.abs(part.answer[:, :, None, :] - turned) / allowed
            counts.append((ratio <= 1.0).all(axis=1))
            sums.append((np.minimum(ratio, _CLIP) ** 2).sum(axis=1))
        right.append(np.sum(counts, axis=0, dtype=int))
        distance.append(np.sum(sums, axis=0))
    return np.array(right), np.array(distance)
