"""What the weights of an undirected graph have to be."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from reference.arrays import Array, as_square
from reference.errors import InvalidInputError

__all__ = ["read_weights"]


def read_weights(W: ArrayLike) -> Array:
    """Read the weights of an undirected graph.

    Raises
    ------
    InvalidInputError
        Where W is not symmetric, or a weight is negative.
    """
    weights = as_square("W", W)
    if not np.array_equal(weights, weights.T) or weights.min() < 0:
        raise InvalidInputError("W is not symmetric, or holds a negative weight; wanted an undirected graph")
    return weights
