"""The numerical rank of a matrix."""

from __future__ import annotations

import numpy as np

from reference.arrays import EPS, Array

__all__ = ["numerical_rank"]


def numerical_rank(s: Array, size: int) -> int:
    """Count the singular values, of shape (r,) and descending, above size * eps of the largest.

    Examples
    --------
    >>> numerical_rank(np.array([3.0, 1.0, 1e-17]), 3)
    2
    """
    return int(np.sum(s > size * EPS * s[0]))
