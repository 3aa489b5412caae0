"""Markov chains whose probabilities are decimals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.arrays import Record, check_whole
from reference.errors import InvalidInputError
from reference.generators.drawing import Numbers, plain, scale, to_units

__all__ = ["Transitions", "transition_matrix"]

_MAX_STATES = 100


@dataclass(frozen=True, eq=False)
class Transitions(Record):
    """A matrix of transition probabilities.

    Parameters
    ----------
    P : ndarray of shape (n, n)
        P_ij from state i to state j. The decimals of a row sum to exactly 1.
    """

    P: Numbers


def transition_matrix(
    rng: np.random.Generator, /, *, n_states: int = 4, decimals: int = 1, least: float = 0.1
) -> Transitions:
    """Draw transition probabilities from every state to every state.

    Parameters
    ----------
    rng : Generator
    n_states : int
        From 2 to 100.
    decimals : int
        Places of the probabilities, from 0 to 4.
    least : float
        The least probability, rounded to these places, and not to 0.

    Returns
    -------
    Transitions

    Raises
    ------
    InvalidInputError
        Where an option is out of range, or so many probabilities of at least `least` sum to more than 1.

    Notes
    -----
    Rows are independent, and each is uniform among the rows of such decimals that sum to 1. All probabilities are
    positive, so that the chain is irreducible and aperiodic.

    Examples
    --------
    >>> transition_matrix(np.random.default_rng(0), n_states=2).P.tolist()
    [[0.5, 0.5], [0.3, 0.7]]
    """
    check_whole("n_states", n_states, 2, _MAX_STATES)
    one = scale(decimals)
    floor = to_units("least", least, decimals, least=0)
    if floor < 1 or n_states * floor > one:
        raise InvalidInputError(
            f"least is {least}, and {n_states} probabilities of {decimals} decimals sum to 1; "
            f"wanted from {1 / one:g} to {1 / n_states:.4g}, or more decimals"
        )
    free = one - n_states * floor  # units to spread, as bars among stars
    rows = []
    for _ in range(n_states):
        bars = np.sort(rng.permutation(free + n_states - 1)[: n_states - 1])
        rows.append(np.diff(np.concatenate([[-1], bars, [free + n_states - 1]])) - 1 + floor)
    return Transitions(plain(np.stack(rows), decimals))
