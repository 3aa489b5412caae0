"""What all mixtures share: mixing weights, responsibilities by log-sum-exp, and the EM iteration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp, softmax

from reference.arrays import (
    EPS,
    ROUNDED,
    Array,
    Record,
    as_array,
    as_number,
    check_choice,
    check_whole,
    working_precision,
)
from reference.errors import EmptyComponentError, InvalidInputError, NotConvergedError, NumericalRangeError

__all__ = [
    "Assignment",
    "Likelihood",
    "Responsibilities",
    "check_delta",
    "check_mass",
    "fixed_point",
    "log_mixing_weights",
    "posterior",
    "total",
]

_UNIT_SUM = 1e-6  # mixing weights sum to 1 to within this
_LOG_ODDS = 1e-5  # log odds that are known to this are good enough
_CERTAIN = 40.0  # log odds beyond this leave the rival less than eps
_NO_MASS = 1e-290  # dividing by less loses digits

R = TypeVar("R", bound=Record)
Assignment: TypeAlias = Literal["soft", "hard"]


@dataclass(frozen=True, eq=False)
class Responsibilities(Record):
    """How far each component answers for each sample.

    Parameters
    ----------
    delta : ndarray of shape (n, K)
        Posterior probabilities of the components, or one-hot by the largest of them; rows sum to 1.
    log_likelihood : float
        Of the parameters that gave them, in nats.
    """

    delta: Array
    log_likelihood: float


@dataclass(frozen=True, eq=False)
class Likelihood(Record):
    """The log-likelihood of a mixture.

    Parameters
    ----------
    log_likelihood : float
        Natural logarithm of the density of the whole sample, in nats.
    """

    log_likelihood: float


def log_mixing_weights(pi: ArrayLike) -> Array:
    """Take logarithms of mixing weights; a weight of 0 gives -inf.

    Raises
    ------
    InvalidInputError
        Where a weight is negative, or they miss the sum 1 by more than 1e-6.
    """
    weights = as_array("pi", pi, "K")
    with working_precision():
        total = float(weights.sum())
        if not (weights >= 0).all() or not abs(total - 1) <= _UNIT_SUM:
            raise InvalidInputError(
                f"pi is {weights.tolist()} with the sum {total}; wanted weights of at least 0 that sum to 1"
            )
        return np.asarray(np.log(weights))


def total(log_joint: Array) -> float:
    """Sum joint log-densities of shape (n, K) over the components, and their logarithms over the samples."""
    return float(np.sum(logsumexp(log_joint, axis=1)))


def posterior(log_joint: Array, *, assignment: Assignment = "soft") -> Responsibilities:
    """Normalise joint log-densities of shape (n, K) over the components, or give all to the first of the largest.

    Raises
    ------
    InvalidInputError
        Where the assignment is neither "soft" nor "hard".
    NumericalRangeError
        Where a sample is so far from every component that its log-density overflows, or that the rounding
        of its log-density hides which component it belongs to.
    """
    check_choice("assignment", assignment, ("soft", "hard"))
    top = log_joint.max(axis=1, keepdims=True)
    noise = 16 * EPS * np.abs(top)
    rivals = np.sum(top - log_joint <= noise + _CERTAIN, axis=1)
    undecided = np.flatnonzero((noise[:, 0] > _LOG_ODDS) & (rivals > 1))
    if undecided.size:
        i = int(undecided[0])
        raise NumericalRangeError(
            f"sample {i} has the log-density {top[i, 0]:.3g} under several components, whose rounding hides the "
            "odds between them"
        )
    delta = np.asarray(softmax(log_joint, axis=1))
    if assignment == "hard":
        delta = np.eye(delta.shape[1])[delta.argmax(axis=1)]
    return Responsibilities(delta, total(log_joint))


def check_delta(delta: ArrayLike, n_samples: int, rows: slice | Array | None = None) -> Array:
    """Read responsibilities of shape (n, K), rounded ones too.

    Parameters
    ----------
    delta : array_like of shape (n, K)
    n_samples : int
        The n wanted.
    rows : index, optional
        The rows that count; the others are only read.

    Raises
    ------
    InvalidInputError
        Where an entry is negative or a row misses the sum 1 by more than 0.05.
    """
    array = as_array("delta", delta, n_samples, "K")
    counted = array if rows is None else array[rows]
    with working_precision():
        if not (counted >= 0).all() or not (np.abs(counted.sum(axis=1) - 1) <= ROUNDED).all():
            raise InvalidInputError("delta has rows that are no probabilities; wanted entries >= 0 that sum to 1")
    return array


def check_mass(mass: Array) -> None:
    """Refuse a component without samples; `mass` of shape (K,) holds their number.

    Raises
    ------
    EmptyComponentError
        Where a component's responsibilities sum to (nearly) nothing.
    """
    empty = np.flatnonzero(~(mass > _NO_MASS))
    if empty.size:
        raise EmptyComponentError(
            f"components {(empty + 1).tolist()} have no samples, so that their parameters are not defined"
        )


def fixed_point(step: Callable[[R], R], start: R, *, tol: float, max_iter: int) -> tuple[R, int]:
    """Repeat a step until no parameter moves by more than `tol`.

    A parameter's move is |new - old| / max(1, |new|), and the largest over all entries of all fields counts.

    Returns
    -------
    tuple of Record and int
        The last parameters and the number of steps taken.

    Raises
    ------
    InvalidInputError
        Where tol is negative or max_iter below 1.
    NotConvergedError
        Where max_iter steps were not enough.
    """
    as_number("tol", tol, least=0.0)
    check_whole("max_iter", max_iter, 1)
    old, move = start, np.inf
    for count in range(1, max_iter + 1):
        new = step(old)
        move = _move(old, new)
        if move <= tol:
            return new, count
        old = new
    raise NotConvergedError(
        f"after {max_iter} steps a parameter still moves by {move:.3g}; wanted at most {tol}: allow more steps "
        "or a larger tol"
    )


def _move(old: Record, new: Record) -> float:
    moves = []
    for field in fields(new):
        before, after = np.asarray(getattr(old, field.name)), np.asarray(getattr(new, field.name))
        moves.append(float(np.max(np.abs(after - before) / np.maximum(1.0, np.abs(after)))))
    return max(moves)
