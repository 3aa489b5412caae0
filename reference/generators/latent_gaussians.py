"""Linear-Gaussian models with an approximate posterior, as small variational autoencoders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.arrays import Integers, Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import Numbers, normal_units, plain, scale, to_units

__all__ = ["LatentGaussian", "linear_gaussian_vae"]

_MAX_SIZE = 20


@dataclass(frozen=True, eq=False)
class LatentGaussian(Record):
    """A model z ~ N(0, I), x | z ~ N(A z + b, s2 I), an observation, and q = N(m, diag(exp(2 log_std))).

    Parameters
    ----------
    A : ndarray of shape (n_observed, n_latent)
        1 on the diagonal, 0 below it, and above it decimals other than 0.
    b : ndarray of shape (n_observed,)
    s2 : float
        A variance, positive.
    x : ndarray of shape (n_observed,)
    m : ndarray of shape (n_latent,)
    log_std : ndarray of shape (n_latent,)
        Negative.
    epsilon : ndarray of shape (n_latent,)
        Noise of one draw.
    """

    A: Numbers
    b: Numbers
    s2: float
    x: Numbers
    m: Numbers
    log_std: Numbers
    epsilon: Numbers


def linear_gaussian_vae(
    rng: np.random.Generator,
    /,
    *,
    n_observed: int = 2,
    n_latent: int = 2,
    largest: float = 1.5,
    s2_low: float = 0.2,
    s2_high: float = 0.8,
    log_std_low: float = -0.8,
    log_std_high: float = -0.2,
    decimals: int = 1,
) -> LatentGaussian:
    """Draw a linear-Gaussian model, an observation, an approximate posterior and noise.

    Parameters
    ----------
    rng : Generator
    n_observed, n_latent : int
        From 1 to 20.
    largest : float
        Bound of the magnitude of the entries of A above its diagonal, and of b, x and m.
    s2_low, s2_high : float
        Bounds of the variance; positive.
    log_std_low, log_std_high : float
        Bounds of the logarithms of standard deviations; negative.
    decimals : int
        Places of all numbers, from 1 to 4.

    Returns
    -------
    LatentGaussian

    Raises
    ------
    InvalidInputError
        Where an option is out of range.

    Notes
    -----
    Entries are independent: standard normal and rounded in `epsilon`, uniform elsewhere; those of A, b and m are
    uniform among the decimals other than 0.

    Examples
    --------
    >>> found = linear_gaussian_vae(np.random.default_rng(0))
    >>> found.A.tolist(), found.s2, found.epsilon.tolist()
    ([[1.0, -1.0], [0.0, 1.0]], 0.5, [0.0, -2.3])
    """
    check_whole("n_observed", n_observed, 1, _MAX_SIZE)
    check_whole("n_latent", n_latent, 1, _MAX_SIZE)
    check_whole("decimals", decimals, 1)
    bound = to_units("largest", largest, decimals, least=1 / scale(decimals))
    variances = _bounds("s2", s2_low, s2_high, decimals)
    if variances[0] < 1:
        raise InvalidInputError(f"s2_low is {s2_low}; wanted a variance of at least {1 / scale(decimals)}")
    logarithms = _bounds("log_std", log_std_low, log_std_high, decimals)
    if logarithms[1] > -1:
        raise InvalidInputError(f"log_std_high is {log_std_high}; wanted at most {-1 / scale(decimals)}")
    above = np.triu(_signed(rng, bound, n_observed, n_latent), 1)
    return LatentGaussian(
        A=plain(above + scale(decimals) * np.eye(n_observed, n_latent, dtype=np.intp), decimals),
        b=plain(_signed(rng, bound, n_observed), decimals),
        s2=float(plain(rng.integers(variances[0], variances[1] + 1, size=()), decimals)),
        x=plain(rng.integers(-bound, bound + 1, size=n_observed), decimals),
        m=plain(_signed(rng, bound, n_latent), decimals),
        log_std=plain(rng.integers(logarithms[0], logarithms[1] + 1, size=n_latent), decimals),
        epsilon=plain(normal_units(rng, (n_latent,), 1.0, decimals), decimals),
    )


def _signed(rng: np.random.Generator, bound: int, *shape: int) -> Integers:
    """Whole numbers from -bound to bound other than 0."""
    return np.asarray(rng.integers(1, bound + 1, size=shape) * (2 * rng.integers(0, 2, size=shape) - 1))


def _bounds(name: str, low: float, high: float, decimals: int) -> tuple[int, int]:
    least = to_units(f"{name}_low", low, decimals)
    most = to_units(f"{name}_high", high, decimals)
    if most < least:
        raise InvalidInputError(f"{name}_low is {low} and {name}_high is {high}; wanted the lower one first")
    return least, most
