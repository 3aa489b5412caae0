"""How far rounded inputs may move an output: the first-order bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np

from graders.tolerance import Array

__all__ = ["first_order_bound"]

_STEP = 0.25  # of the rounding: small beside what is bounded, large beside the arithmetic's own error


def first_order_bound(
    outputs: Callable[[Mapping[str, Array]], Mapping[str, Array]],
    inputs: Mapping[str, Array],
    rounding: Mapping[str, float],
) -> dict[str, Array]:
    """Bound what rounding every entry of the inputs does to every entry of the outputs, to first order.

    Of a complex entry, both parts are rounded.

    Parameters
    ----------
    outputs : callable
        From inputs to outputs, arrays by name; it may raise.
    inputs : mapping of str to ndarray
        Where the bound is taken.
    rounding : mapping of str to float
        The largest error of an entry of each input: half a unit of its last digit.

    Returns
    -------
    dict of str to ndarray
        sum_i |d out / d in_i| times the rounding of in_i, of the outputs' shapes.

    Notes
    -----
    Central differences with a step of a quarter of the rounding, one entry at a time; one-sided where an entry
    cannot be moved both ways (an input at the edge of what the solver takes).

    Examples
    --------
    >>> square = lambda given: {"y": given["x"] ** 2}
    >>> first_order_bound(square, {"x": np.array([3.0, 0.0])}, {"x": 0.05})["y"].round(6).tolist()
    [0.3, 0.0]
    """
    middle = outputs(inputs)
    bound = {name: np.zeros(np.shape(value)) for name, value in middle.items()}
    for name, half in rounding.items():
        if half <= 0:
            continue
        step = _STEP * half
        parts = (1.0, 1.0j) if inputs[name].dtype.kind == "c" else (1.0,)
        for place, part in product(np.ndindex(inputs[name].shape), parts):
            above, below = (_moved(outputs, inputs, name, place, sign * part * step) for sign in (1.0, -1.0))
            ends = [end for end in (above, below) if end is not None]
            if not ends:
                continue
            high, low = (ends[0], ends[1]) if len(ends) == 2 else (ends[0], middle)
            width = step * len(ends)
            for output, total in bound.items():
                total += half * np.abs(high[output] - low[output]) / width
    return bound


def _moved(
    outputs: Callable[[Mapping[str, Array]], Mapping[str, Array]],
    inputs: Mapping[str, Array],
    name: str,
    place: tuple[int, ...],
    step: complex,
) -> Mapping[str, Array] | None:
    moved = inputs[name].copy()
    moved[place] += step
    try:
        return outputs({**inputs, name: moved})
    except ValueError:
        return None
