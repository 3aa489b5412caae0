"""Whole numbers: which of the numbers sent are none, and which are too large to be told from their neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from app.answers.numbers import tidy
from app.answers.problems import quote
from app.language import Message, text

__all__ = ["made_whole", "not_whole"]

_MOST = 2**53
_PLAIN = 2.0**52  # up to here a double that is whole has no halves beside it that its text could have meant


def not_whole(values: NDArray[np.float64], texts: Sequence[str]) -> Iterator[tuple[int, Message]]:
    """Find the entries that are no whole number up to 2**53, by their texts.

    Parameters
    ----------
    values : ndarray
        Finite.
    texts : sequence of str
        As they were sent, row by row.

    Yields
    ------
    tuple of int and Message
        Where, row by row, and what is wrong.

    Examples
    --------
    >>> [place for place, _ in not_whole(np.array([3.0, 2.5, 3.0]), ("6/2", "2.5", "0.3/0.1"))]
    [1]
    """
    flat = values.reshape(-1)
    for index in np.flatnonzero(~((flat == np.rint(flat)) & (np.abs(flat) <= _PLAIN))).tolist():
        sent = texts[index]
        if abs(float(flat[index])) > _MOST:
            yield index, _too_large(sent)
            continue
        exact = _exact(sent)
        if exact != int(exact):
            yield index, text("A whole number is wanted here; {sent} arrived.", sent=quote(sent))
        elif abs(exact) > _MOST:
            yield index, _too_large(sent)


def made_whole(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take off what dividing left of whole numbers, as in ``0.3/0.1``."""
    whole = np.array(np.rint(values) + 0.0)
    whole.flags.writeable = False
    return whole


def _exact(sent: str) -> Fraction:
    """The number that a text means; it is neither tiny nor huge as a double, so that its digits are few."""
    written = tidy(sent)
    if "/" not in written:
        return Fraction(written)
    numerator, denominator = written.split("/")
    return Fraction(numerator.strip()) / Fraction(denominator.strip())


def _too_large(sent: str) -> Message:
    return text(
        "{sent} is too large: whole numbers are told apart up to 2**53 = 9007199254740992.",
        sent=quote(sent),
    )
