"""Finite Markov chains: the stationary distribution and mean times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.csgraph import connected_components

from reference.arrays import ROUNDED, Array, Integers, Record, as_array, as_square, check_choice, working_precision
from reference.errors import InvalidInputError

__all__ = ["MeanTimes", "Stationary", "mean_times", "stationary"]

_UNIT_SUM = 1e-6  # rows of transition probabilities sum to 1 to within this


@dataclass(frozen=True, eq=False)
class Stationary(Record):
    """The stationary distribution of a Markov chain.

    Parameters
    ----------
    pi : ndarray of shape (n,)
        Probabilities of the states; 0 for transient ones.
    """

    pi: Array


@dataclass(frozen=True, eq=False)
class MeanTimes(Record):
    """Mean times of a stationary Markov chain.

    Parameters
    ----------
    times : ndarray of shape (n,)
        One a state, in steps.
    """

    times: Array


def _transitions(P: ArrayLike) -> Array:
    """Read a matrix of transition probabilities.

    Raises
    ------
    InvalidInputError
        Where P is not square, an entry is negative, or a row does not sum to 1.
    """
    chain = as_square("P", P)
    with working_precision():
        sums = chain.sum(axis=1)
    wrong = np.flatnonzero(~(np.abs(sums - 1) <= _UNIT_SUM) | (chain.min(axis=1) < 0))
    if wrong.size:
        raise InvalidInputError(
            f"row {int(wrong[0])} of P sums to {sums[wrong[0]]:.6g} or has a negative entry; wanted probabilities"
        )
    return chain


def stationary(
    P: ArrayLike,
    *,
    side: Literal["left", "right", "one_step"] = "left",
    normalisation: Literal["sum", "length"] = "sum",
) -> Stationary:
    """Find the distribution that a Markov chain leaves as it is.

    Parameters
    ----------
    P : array_like of shape (n, n)
        Transition probabilities: P_ij from state i to state j; rows sum to 1.
    side : {"left", "right", "one_step"}
        Whether pi P = pi; or P pi = pi, which every constant vector satisfies; or pi is where the uniform
        distribution gets in one step.
    normalisation : {"sum", "length"}
        Whether the entries sum to 1, or their squares do.

    Returns
    -------
    Stationary

    Raises
    ------
    InvalidInputError
        Where P is no matrix of transition probabilities, an option is unknown, or the chain has several closed classes
        of states, each with a stationary distribution of its own.
    NumericalRangeError
        Where probabilities are too small to divide by.

    Notes
    -----
    Grassmann, Taksar and Heyman's elimination on the one closed class, without subtractions, so that every entry has
    full relative accuracy. Identifiable exactly where there is one closed class; the chain may be periodic.

    References
    ----------
    .. [1] W. K. Grassmann, M. I. Taksar, D. P. Heyman, "Regenerative analysis and steady state distributions for
       Markov chains", Oper. Res. 33 (1985) 1107-1116. https://doi.org/10.1287/opre.33.5.1107

    Examples
    --------
    >>> stationary([[0.5, 0.5], [0.25, 0.75]]).pi.round(6).tolist()
    [0.333333, 0.666667]
    """
    check_choice("side", side, ("left", "right", "one_step"))
    check_choice("normalisation", normalisation, ("sum", "length"))
    chain = _transitions(P)
    states = _closed_class(chain)
    with working_precision():
        pi = np.full(len(chain), 1.0 / len(chain))
        if side == "one_step":
            pi = pi @ chain
        elif side == "left":
            pi = np.zeros(len(chain))
            pi[states] = _eliminated(chain[np.ix_(states, states)])
        return Stationary(pi / np.linalg.norm(pi) if normalisation == "length" else pi / pi.sum())


def _closed_class(chain: Array) -> Integers:
    """The states, counted from 0, of the one class that the chain never leaves."""
    count, member = connected_components(chain > 0, directed=True, connection="strong")
    leaves = np.array([bool((chain[member == one][:, member != one] > 0).any()) for one in range(count)])
    closed = np.flatnonzero(~leaves)
    if len(closed) != 1:
        raise InvalidInputError(f"P has {len(closed)} closed classes of states; wanted one, for pi to be unique")
    return np.flatnonzero(member == closed[0])


def _eliminated(chain: Array) -> Array:
    """The stationary vector of an irreducible chain, up to its sum."""
    reduced = chain.copy()
    for last in range(len(chain) - 1, 0, -1):
        reduced[:last, last] /= reduced[last, :last].sum()
        reduced[:last, :last] += np.outer(reduced[:last, last], reduced[last, :last])
    pi = np.ones(len(chain))
    for state in range(1, len(chain)):
        pi[state] = pi[:state] @ reduced[:state, state]
    return pi


def mean_times(P: ArrayLike, pi: ArrayLike, *, of: Literal["return", "stay"] = "return") -> MeanTimes:
    """Find how long a chain takes on average to come back to each state, or how long it stays there.

    Parameters
    ----------
    P : array_like of shape (n, n)
        Transition probabilities; rows sum to 1. The mean return times do not look at them.
    pi : array_like of shape (n,)
        Stationary distribution, rounded or not.
    of : {"return", "stay"}
        Whether the times are 1 / pi_i, or 1 / (1 - P_ii).

    Returns
    -------
    MeanTimes

    Raises
    ------
    InvalidInputError
        Where P is no matrix of transition probabilities, pi no distribution to within 0.05, an entry of it 0 (no mean
        return time is finite there), or a state is never left.
    NumericalRangeError
        Where a time overflows.

    Notes
    -----
    By Kac's formula the mean return time is 1 / pi_i, with the relative error of pi_i. Identifiable where pi is.

    References
    ----------
    .. [1] M. Kac, "On the notion of recurrence in discrete stochastic processes", Bull. Am. Math. Soc. 53 (1947)
       1002-1010. https://doi.org/10.1090/S0002-9904-1947-08927-8

    Examples
    --------
    >>> mean_times([[0.5, 0.5], [0.5, 0.5]], [0.5, 0.5]).times.tolist()
    [2.0, 2.0]
    """
    check_choice("of", of, ("return", "stay"))
    chain = _transitions(P)
    share = as_array("pi", pi, len(chain))
    with working_precision():
        if not (abs(float(share.sum()) - 1) <= ROUNDED and share.min() >= 0):
            raise InvalidInputError("pi is no distribution; wanted entries of at least 0 that sum to 1")
        rate = share if of == "return" else 1.0 - np.diag(chain)
        never = np.flatnonzero(~(rate > 0))
        if never.size:
            raise InvalidInputError(f"states {(never + 1).tolist()} have no finite mean time")
        return MeanTimes(1.0 / rate)
