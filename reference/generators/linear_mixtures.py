"""Samples of a mixture of straight lines, with values to start EM from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.arrays import Array, Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.centres import equal_sizes
from reference.generators.drawing import Numbers, normal_units, plain, scale, to_units, unit_range
from reference.generators.mixtures import equal_shares

__all__ = ["LineMixture", "linear_mixture"]

_MAX_COMPONENTS = 10


@dataclass(frozen=True, eq=False)
class LineMixture(Record):
    """Samples of a mixture of straight lines, by ascending regressor, and starting values.

    Parameters
    ----------
    x : ndarray of shape (n, 2)
        Rows (1, u_i).
    y : ndarray of shape (n,)
        Responses.
    component : ndarray of shape (n,)
        The component that each sample was drawn from, counted from 1.
    lines : ndarray of shape (K, 2)
        Intercept and slope of each component.
    pi : ndarray of shape (K,)
        Starting weights: equal, to two decimals; their decimals sum to exactly 1.
    w : ndarray of shape (K, 2)
        Starting coefficients: intercepts of 0, and half of the slopes that the components are spread around.
    rho : ndarray of shape (K,)
        Starting variances: 1.
    """

    x: Array
    y: Numbers
    component: Integers
    lines: Numbers
    pi: Numbers
    w: Numbers
    rho: Integers


def linear_mixture(
    rng: np.random.Generator,
    /,
    *,
    n_samples: int = 20,
    n_components: int = 2,
    low: float = -2.0,
    high: float = 2.0,
    separation: float = 4.0,
    jitter: float = 0.5,
    spread: float = 0.6,
    decimals: int = 1,
) -> LineMixture:
    """Draw samples of a mixture of lines whose slopes keep a distance.

    Parameters
    ----------
    rng : Generator
    n_samples : int
        At least three times as many as components, at most 500.
    n_components : int
        From 2 to 10.
    low, high : float
        Bounds of the regressor.
    separation : float
        Of neighbouring slopes, which lie evenly on both sides of 0.
    jitter : float
        How far a slope is at most from there, and an intercept from 0; less than half of the separation.
    spread : float
        Standard deviation of a response about its line.
    decimals : int
        Places of all numbers, from 0 to 4.

    Returns
    -------
    LineMixture

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Regressors: one in each of n equal parts of the range, uniform there, and rounded. As many samples of one
    component as of another as can be, in uniform order. Intercepts and what is added to slopes are uniform; responses
    are normal about the line, and rounded.

    Examples
    --------
    >>> found = linear_mixture(np.random.default_rng(0), n_samples=6)
    >>> found.y.tolist(), found.component.tolist(), found.w.tolist()
    ([-4.8, 2.6, -0.1, -1.1, 1.6, 2.9], [2, 1, 1, 1, 2, 2], [[0.0, -1.0], [0.0, 1.0]])
    """
    check_whole("n_components", n_components, 2, _MAX_COMPONENTS)
    check_whole(f"n_samples of {n_components} components", n_samples, 3 * n_components)
    sizes = equal_sizes(n_samples, n_components)
    one = scale(decimals)
    least, most = unit_range(low, high, decimals)
    apart = to_units("separation", separation, decimals, least=0)
    moved = to_units("jitter", jitter, decimals, least=0)
    if not apart > max(2 * moved, 1):
        raise InvalidInputError(
            f"separation is {separation} and jitter is {jitter}; wanted a separation of at least {2 / one:g} "
            "and a jitter of less than half of it"
        )
    middles = (2 * np.arange(n_components) + 1 - n_components) * apart // 2
    lines = np.stack([np.zeros_like(middles), middles], axis=1)
    lines += rng.integers(-moved, moved + 1, size=lines.shape)
    u = np.rint(least + (np.arange(n_samples) + rng.random(n_samples)) * ((most - least) / n_samples)).astype(np.intp)
    component = rng.permutation(np.repeat(np.arange(n_components), sizes))
    fitted = lines[component, 0] + np.rint(lines[component, 1] * u / one).astype(np.intp)
    responses = fitted + normal_units(rng, (n_samples,), spread, decimals)
    return LineMixture(
        x=np.stack([np.ones(n_samples), plain(u, decimals)], axis=1),
        y=plain(responses, decimals),
        component=component + 1,
        lines=plain(lines, decimals),
        pi=equal_shares(n_components),
        w=plain(np.stack([np.zeros_like(middles), middles // 2], axis=1), decimals),
        rho=np.ones(n_components, dtype=np.intp),
    )
