"""Whether parameters are a stationary point of EM that counts as an answer of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from graders.tolerance import Array, Tolerance

__all__ = ["Stationarity", "stationarity"]

_ALIKE = 50.0  # tolerances within which two components are one for every practical purpose
_MOVE = 2.0  # tolerances that one step may move an entry by: rounding accounts for one


@dataclass(frozen=True)
class Stationarity:
    """What was found of one answer, and whether all of it holds.

    Parameters
    ----------
    still : bool
        One step moves no entry by more than twice its tolerance.
    spread : bool
        Every variance (every eigenvalue of a covariance matrix) is at least the floor.
    distinct : bool
        No two components coincide.
    finite : bool
        The log-likelihood after the step is finite.
    least_variance : float
        The least variance found.
    """

    still: bool
    spread: bool
    distinct: bool
    finite: bool
    least_variance: float

    @property
    def holds(self) -> bool:
        """Whether it is a stationary point that counts."""
        return self.still and self.spread and self.distinct and self.finite


def stationarity(
    sent: Mapping[str, Array],
    after: Mapping[str, Array],
    tolerances: Mapping[str, Tolerance],
    *,
    weights: str,
    variances: str,
    floor: float,
    log_likelihood: float,
) -> Stationarity:
    """Say whether EM stays where it was started.

    Parameters
    ----------
    sent : mapping of str to ndarray of shape (K, ...)
        The parameters from which the step was taken, the weights renormalised; the first axis counts components.
    after : mapping of str to ndarray of the same shapes
        The parameters after one step of EM.
    tolerances : mapping of str to Tolerance
        What each field is right to.
    weights : str
        The field of the mixing weights. Components that differ in nothing else coincide.
    variances : str
        The field of variances, of shape (K,), or of covariance matrices, of shape (K, m, m).
    floor : float
        The least variance that counts, in squared units of the data.
    log_likelihood : float
        After the step, in nats.

    Returns
    -------
    Stationarity

    Notes
    -----
    The likelihood of a mixture is unbounded: a component that collapses onto a few samples sends it to infinity.
    So "more likely" is never a reason to accept, and a floor on the variances keeps such points out. Two components
    that nearly coincide drift apart so slowly that one step shows nothing; they count as one. A step that moves
    nothing by more than two tolerances does not *prove* a stationary point: EM that converges at a rate r may still be
    2 r / (1 - r) tolerances away from one.

    Examples
    --------
    >>> point = {"pi": np.array([0.5, 0.5]), "mu": np.array([0.0, 4.0]), "rho": np.array([1.0, 1.0])}
    >>> three = dict.fromkeys(point, Tolerance.decimals(3))
    >>> stationarity(
    ...     point, point, three, weights="pi", variances="rho", floor=0.01, log_likelihood=-3.0
    ... ).holds
    True
    """
    still = all(
        bool((np.abs(after[name] - value) <= _MOVE * tolerances[name].allowed(after[name])).all())
        for name, value in sent.items()
    )
    spread = sent[variances]
    if spread.ndim == 3:
        spread = np.linalg.eigvalsh(spread / 2 + spread.swapaxes(1, 2) / 2)
    least = float(spread.min(initial=np.inf))
    others = [name for name in sent if name != weights]
    size = len(sent[weights])
    pairs = [(one, other) for one in range(size) for other in range(one)]
    distinct = not any(
        all(
            bool(
                (
                    np.abs(sent[name][one] - sent[name][other]) <= _ALIKE * tolerances[name].allowed(sent[name][one])
                ).all()
            )
            for name in others
        )
        for one, other in pairs
    )
    return Stationarity(still, least >= floor, distinct, bool(np.isfinite(log_likelihood)), least)
