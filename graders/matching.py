"""Which true column each of the student's columns is: linear assignment on a batch.

Closeness finds the start; the verdict asks which pairing brings most columns within tolerance. So a column that
is right keeps its partner whatever another column holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from graders.linked import Part
from graders.tolerance import Array, entry_errors

__all__ = ["assign", "column_distances", "fields_within"]

_TINY = float(np.finfo(np.float64).tiny)
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
    for index in (ordered[:, 1:] == ordered[:, :-1]).any(axis=1).nonzero()[0]:
        columns, rows = linear_sum_assignment(cost[index].T)
        chosen[index, columns] = rows
    return chosen


def _ratios(part: Part, sign: float) -> Array:
    """Errors in tolerances of every answer's column against every true one; shape (batch, rows, kt, k)."""
    factor = 1.0 if part.sheet.kind == "magnitude" else sign
    with np.errstate(over="ignore"):
        errors = entry_errors(part.answer[:, :, None, :], factor * part.truth[:, :, :, None])
        return np.asarray(errors / np.maximum(part.sheet.true_allowed, _TINY)[:, :, :, None])


def column_distances(parts: Sequence[Part], signs: Sequence[float] = (1.0,)) -> Array:
    """Squared distances between the answer's columns and the truth's, in tolerances, clipped entry by entry.

    Parameters
    ----------
    parts : sequence of Part
        The linked fields that move on one axis.
    signs : sequence of float
        Factors of the true column that are tried; a field that moves by magnitude does not see them.

    Returns
    -------
    ndarray of shape (len(signs), batch, kt, k)
    """
    totals = [[(np.minimum(_ratios(part, sign), _CLIP) ** 2).sum(axis=1) for part in parts] for sign in signs]
    return np.array([one[0] if len(one) == 1 else np.sum(one, axis=0) for one in totals])


def fields_within(parts: Sequence[Part], signs: Sequence[float] = (1.0,)) -> Array:
    """Count, for every pair of an answer's column and a true one, the fields that are right in every entry.

    Parameters
    ----------
    parts, signs
        As of `column_distances`.

    Returns
    -------
    ndarray of int, shape (len(signs), batch, kt, k)
    """
    counts = [
        [np.logical_and.reduceat(_ratios(part, sign) <= 1.0, part.sheet.starts, axis=1).sum(axis=1) for part in parts]
        for sign in signs
    ]
    return np.array([np.sum(one, axis=0) for one in counts])
