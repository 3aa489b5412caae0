"""Figures that are written down in an assignment file, as arrays; or the first thing that is wrong with one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.assignments.faults import Fault, Path, quoted
from app.assignments.kinds import Kind
from app.language import text

__all__ = ["MOST_EXACT", "array_of", "literal_fault"]

MOST_EXACT = 2**53
"""The largest whole number up to which a double holds all of them."""

_NUMBER = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+"
_COMPLEX = re.compile(rf"(?P<re>[+-]?+{_NUMBER}(?![ij]))?+(?P<im>[+-]?+(?:{_NUMBER})?+[ij])?+")


def array_of(value: object) -> NDArray[Any]:
    """Read a figure that has no fault.

    Parameters
    ----------
    value : object
        A number or nested lists of them. Complex numbers are numbers, texts such as ``1.5-2i``, or mappings of `re` and
        `im`.

    Returns
    -------
    ndarray
        Complex where an entry is written as a complex number, and else of float64.

    Examples
    --------
    >>> array_of(["1.5-2i", {"re": 1, "im": 2}, 3]).tolist()
    [(1.5-2j), (1+2j), (3+0j)]
    """
    if all(_is_number(entry) for _, entry in _entries(value, ())):
        return np.asarray(value, dtype=np.float64)
    return np.asarray(_complex_numbers(value), dtype=np.complex128)


def literal_fault(
    kind: Kind, value: object, shape: tuple[int, ...] | None, more: tuple[int, ...], at: Path
) -> Fault | None:
    """Find what is wrong with a figure that is written down.

    Parameters
    ----------
    kind : str
    value : object
        As the file has it.
    shape : tuple of int or None
        What its field declares; None where it belongs to no field.
    more : tuple of int
        Axes that may be longer: of columns of which an answer has a part.
    at : tuple
        Where it stands.

    Returns
    -------
    Fault or None
        The first one: of an entry, of a row, or of the whole shape.
    """
    for path, entry in _entries(value, at):
        message = _entry_message(kind, entry)
        if message is not None:
            return Fault("wrong_type", path, message)
    arrived = _shape(value)
    ragged = _ragged(value, arrived, at)
    if ragged is not None:
        return Fault("ragged", ragged, text("This row is not as long, or not as deep, as those before it."))
    if shape is None or _extends(arrived, shape, more):
        return None
    message = text(
        "This figure has the shape {given}, and {declared} is declared. Correct one of them.",
        given=str(arrived),
        declared=str(shape),
    )
    return Fault("shape", at, message)


def _entry_message(kind: Kind, entry: object) -> Any:  # noqa: ANN401 - a message or None
    match kind:
        case "complex":
            if _complex_number(entry) is None:
                return text(
                    "“{sent}” is no complex number. Write 1.5-2i, or {{re: 1.5, im: -2}}, or a number.",
                    sent=quoted(entry),
                )
        case "integer" | "labels":
            if not (_is_number(entry) and float(entry) == round(entry) and abs(entry) <= MOST_EXACT):  # type: ignore[call-overload,arg-type]
                return text(
                    "“{sent}” is no whole number up to {limit}, which this field asks for.",
                    sent=quoted(entry),
                    limit="2**53",
                )
        case _:
            if not _is_number(entry):
                return text("“{sent}” is no number. Write numbers, and lists of them.", sent=quoted(entry))
    return None


def _is_number(value: object) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and -1e308 <= value <= 1e308
        and math.isfinite(value)
    )


def _complex_number(entry: object) -> complex | None:
    if _is_number(entry):
        return complex(entry)  # type: ignore[call-overload,no-any-return]
    if isinstance(entry, Mapping):
        if set(entry) == {"re", "im"} and all(map(_is_number, entry.values())):
            return complex(entry["re"], entry["im"])
        return None
    found = _COMPLEX.fullmatch(entry.replace(" ", "")) if isinstance(entry, str) and len(entry) <= 100 else None
    if found is None or found[0] == "" or (found["re"] and found["im"] and found["im"][0] not in "+-"):
        return None
    imaginary = (found["im"] or "0i")[:-1]
    number = complex(float(found["re"] or 0), float(imaginary + "1" if imaginary in ("", "+", "-") else imaginary))
    return number if math.isfinite(number.real) and math.isfinite(number.imag) else None


def _complex_numbers(value: object) -> object:
    return [_complex_numbers(inner) for inner in value] if isinstance(value, list) else _complex_number(value)


def _entries(value: object, at: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _entries(inner, (*at, index))
    else:
        yield at, value


def _shape(value: object) -> tuple[int, ...]:
    """The shape of nested lists, by their first rows."""
    if not isinstance(value, list):
        return ()
    return (len(value), *_shape(value[0])) if value else (0,)


def _ragged(value: object, shape: tuple[int, ...], at: Path) -> Path | None:
    """The first place whose shape is another than that of its neighbours."""
    if not isinstance(value, list):
        return at if shape else None
    if not shape or len(value) != shape[0]:
        return at
    rows = (_ragged(inner, shape[1:], (*at, index)) for index, inner in enumerate(value))
    return next((path for path in rows if path is not None), None)


def _extends(shape: tuple[int, ...], wanted: tuple[int, ...], moved: tuple[int, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        have >= want if axis in moved else have == want
        for axis, (have, want) in enumerate(zip(shape, wanted, strict=True))
    )
