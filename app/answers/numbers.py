"""One number's text, as JSON or a printout shows it, as a double; or the reason why it is none."""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import NoReturn

from app.answers.problems import quote
from app.errors import Unprocessable
from app.language import Message, text

__all__ = ["LONGEST", "MOST_DECIMALS", "decimals", "read_number", "read_numbers", "tidy"]

LONGEST = 400
MOST_DECIMALS = 1000

_DIGITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DECIMAL = re.compile(rf"[+-]?{_DIGITS}(?:[eE][+-]?[0-9]+)?")
_FRACTION = re.compile(rf"([+-]?{_DIGITS})\s*/\s*({_DIGITS})")
_SHOWN = re.compile(r"[+-]?[0-9]*(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
_ONLY_DECIMAL_CHARACTERS = re.compile(r"[0-9eE+\-. ]*+")

# Full-width forms, minus signs and dashes, wide and unbreakable spaces; marks of no width go.
_PLAINLY: dict[int, str | None] = {0xFF01 + offset: chr(0x21 + offset) for offset in range(0x5E)}
_PLAINLY |= dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2012\u2013\ufe63"), "-")
_PLAINLY |= dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " ")
_PLAINLY |= dict.fromkeys(map(ord, "\u200b\u2060\ufeff"))

# Why a text is no number: the first pattern that matches all of it says so.
_REASONS: tuple[tuple[re.Pattern[str], Message], ...] = (
    (
        re.compile(r"[+-]?\s*(?:nan|inf|infinity|∞|1\.#(?:inf|ind|qnan|snan)0*)", re.IGNORECASE),
        text("“{sent}” is not a finite number. Send a number, or leave the whole field out."),
    ),
    (
        re.compile(r"[+-]?[0-9.]*,[0-9.,]*(?:[eE][+-]?[0-9]+)?"),
        text("“{sent}” has a comma. Write a point before decimals (5.472) and nothing between thousands (5472)."),
    ),
    (
        re.compile(rf"[+-]?{_DIGITS}(?:[eE][+-]?[0-9]+)?\s*[%‰]"),
        text("“{sent}” is a percentage. Send the number itself: 0.05 for 5%."),
    ),
    (
        re.compile(r"[+-]?[0-9_.]*_[0-9_.]*(?:[eE][+-]?[0-9_]+)?"),
        text("“{sent}” has an underscore. Write the digits without it."),
    ),
    (
        re.compile(r"[+-]?0[xXoObB][0-9a-fA-F.pP+-]+"),
        text("“{sent}” is not decimal. Write it with the digits 0 to 9."),
    ),
    (
        re.compile(r"\(?[0-9eE.+\-*\s]*[0-9.]\s*\*?\s*[ijIJ]\s*(?:[+-][0-9eE.+\-\s]*)?\)?|[+-]?[ijIJ]"),
        text("“{sent}” is complex. Send a real number."),
    ),
    (
        re.compile(rf"[+-]?{_DIGITS}(?:[eE][+-]?[0-9]+)?\s*[^\W\d_][^-+*^()]*"),
        text("“{sent}” has something after the number. Send the number alone, without a unit."),
    ),
    (
        re.compile(r"(?=.*[0-9π(]).*(?:[-+*/^√π!]|[^\W\d_]\s*\().*", re.DOTALL),
        text("“{sent}” is an expression. Send its value, as a decimal (1.4142) or a fraction (11/3)."),
    ),
)


def tidy(written: str) -> str:
    """Put full-width forms, minus signs and wide spaces in ASCII and take the white space off both ends."""
    return (written if written.isascii() else written.translate(_PLAINLY)).strip()


def read_number(written: str) -> float:
    """Read a decimal ("5.472", ".5", "1.", "1e-3") or a fraction ("11/3").

    Parameters
    ----------
    written : str
        A sign, full-width forms and white space around it are understood.

    Returns
    -------
    float
        Finite. What is smaller than the least double ("1e-400") is 0.

    Raises
    ------
    Unprocessable
        Not a number, or none that a double holds; the detail says why.

    Examples
    --------
    >>> read_number("11/3")
    3.6666666666666665
    """
    if len(written) > LONGEST:
        written = tidy(written)
    if len(written) > LONGEST:
        raise Unprocessable(
            text(
                "A number of {length} characters arrived (“{sent}”); at most {limit} can be read.",
                length=len(written),
                sent=quote(written, limit=20),
                limit=LONGEST,
            )
        )
    if _DECIMAL.fullmatch(written) is None:
        written = tidy(written)
    if _DECIMAL.fullmatch(written) is not None:
        value = float(written)
    elif (fraction := _FRACTION.fullmatch(written)) is not None:
        value = _quotient(fraction[1], fraction[2])
    else:
        _refuse(written)
    if not math.isfinite(value):
        raise Unprocessable(text("“{sent}” is larger than a double can hold (about 1.8e308).", sent=quote(written)))
    return value


def read_numbers(written: Collection[str]) -> list[float] | None:
    """Read many plain decimals at once; None where any text is something else (`read_number` then says what).

    What Python's ``float`` takes beyond decimals needs a character that is not in the set checked first.
    """
    if _ONLY_DECIMAL_CHARACTERS.fullmatch(" ".join(written)) is None or max(map(len, written), default=0) > LONGEST:
        return None
    try:
        values = list(map(float, written))
    except ValueError:
        return None
    # A sum is finite only where every term is; where it overflows, each is asked.
    return values if math.isfinite(sum(values)) or all(map(math.isfinite, values)) else None


def decimals(written: str) -> int | None:
    """Count the decimals that a number's text shows; None for a fraction.

    Never more than `MOST_DECIMALS`, which no double needs.

    Examples
    --------
    >>> [decimals(shown) for shown in ("5.472", "1e-3", "1.50e-3", "12", "1e3", "11/3")]
    [3, 3, 5, 0, 0, None]
    """
    shown = _SHOWN.fullmatch(written) or _SHOWN.fullmatch(tidy(written))
    if shown is None:
        return None
    return min(max(len(shown[1] or "") - int(shown[2] or 0), 0), MOST_DECIMALS)


def _quotient(numerator: str, denominator: str) -> float:
    divisor = float(denominator)
    if divisor == 0:
        written = f"{numerator}/{denominator}"
        raise Unprocessable(text("“{sent}” divides by zero. Send a finite number.", sent=quote(written)))
    return float(numerator) / divisor


def _refuse(written: str) -> NoReturn:
    if not written:
        raise Unprocessable(
            text("An empty string arrived where a number is wanted. Send a number, or leave the whole field out.")
        )
    for pattern, reason in _REASONS:
        if pattern.fullmatch(written):
            raise Unprocessable(Message(reason.template, {"sent": quote(written)}))
    raise Unprocessable(text("“{sent}” is not a number.", sent=quote(written)))
