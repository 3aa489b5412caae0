"""Complex numbers: as texts, as objects of two parts, and as whole arrays pasted from NumPy or MATLAB."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.answers.arrays import Place, flatten, position_of, wrong_shape
from app.answers.document import NumberText
from app.answers.kinds import kind_of
from app.answers.numbers import read_number, tidy
from app.answers.pasted import Pasted, read_pasted
from app.answers.problems import Problems, quote
from app.answers.rows import Shape
from app.errors import Unprocessable
from app.language import Message, text

__all__ = ["Parts", "read_complex_list", "read_complex_number", "read_complex_pasted"]

Parts = tuple[str, str]
"""The texts of a real and of an imaginary part."""

# Possessive throughout, so that each reads a text in linear time. White space is allowed around a sign.
_DIGITS = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][+-]?+[0-9]++)?+"
_IMAGINARY = rf"(?:{_DIGITS}\s*+\*?+\s*+)?+[ijIJ]"
_REAL = rf"{_DIGITS}(?:\s*+/\s*+{_DIGITS})?+"
_TERMS = rf"(?:[+-]\s*+)?+(?:{_REAL}\s*+[+-]\s*+{_IMAGINARY}|{_IMAGINARY}(?:\s*+[+-]\s*+{_REAL})?+)"
_CALL = r"(?:(?:(?:np|numpy)\.)?+(?:complex|cdouble|csingle|clongdouble)[0-9_]*+)?+"
_TOKEN = re.compile(rf"(?<![^\s,;\[\](:=])(?:{_CALL}\(\s*+({_TERMS})\s*+\)|({_TERMS}))(?![^\s,;\])])")
_TERM = re.compile(rf"([+-]?+)\s*+({_REAL})?+\s*+\*?+\s*+([ijIJ]?+)")
_WHOLE = re.compile(_TERMS)
_NOT_FINITE = re.compile(r"nan|inf|∞", re.IGNORECASE)
_LONGEST = 900


def read_complex_number(written: str) -> tuple[complex, Parts]:
    """Read a complex number: ``1+2j``, ``1 + 2i``, ``2j``, ``-i``, ``(1+2j)``, or a real one in any spelling.

    Parameters
    ----------
    written : str

    Returns
    -------
    complex
        Finite.
    tuple of str
        The texts of its parts.

    Raises
    ------
    Unprocessable
        Not a number, or none that doubles hold; the detail says why.

    Examples
    --------
    >>> read_complex_number("1 - 2i")
    ((1-2j), ('1', '-2'))
    >>> read_complex_number("-i")
    (-1j, ('0', '-1'))
    """
    shown = tidy(written) if len(written) <= _LONGEST else ""
    body = shown[1:-1].strip() if shown.startswith("(") and shown.endswith(")") else shown
    if not _WHOLE.fullmatch(body):
        return complex(_real(written, body)), (body, "0")
    parts = _split(body)
    return _number(parts), parts


def _real(written: str, body: str) -> float:
    """Read what has no imaginary part, or say what is wrong with it as with a complex number."""
    try:
        return read_number(body or written)
    except Unprocessable:
        if len(written) > _LONGEST or not body or not _looks_complex(body):
            raise
    if _NOT_FINITE.search(body):
        raise Unprocessable(
            text("“{sent}” is not a finite number. Send a number, or leave the whole field out.", sent=quote(written))
        )
    raise Unprocessable(
        text("“{sent}” is no complex number. Write it like 1.5-2i, or 2j, or a real number.", sent=quote(written))
    )


def _looks_complex(body: str) -> bool:
    return any(sign in body[1:] for sign in "+-") or body[-1:] in "ijIJk"


def _split(terms: str) -> Parts:
    """The texts of the parts of what matched, signs first and without white space."""
    real, imaginary = "0", "0"
    for term in filter(lambda one: one[2] or one[3], _TERM.finditer(terms)):
        sign = "-" if term[1] == "-" else ""
        if term[3]:
            imaginary = sign + (term[2] or "1")
        else:
            real = sign + term[2]
    return real, imaginary


def _number(parts: Parts) -> complex:
    return complex(read_number(parts[0]), read_number(parts[1]))


def read_complex_list(
    value: object, shapes: Sequence[Shape], at: Place, problems: Problems
) -> tuple[NDArray[np.complex128], tuple[str, ...]] | None:
    """Read a complex number or nested lists of them: numbers, strings, and objects of `re` and `im`.

    Parameters
    ----------
    value : Json
        What was sent, if it is not a string.
    shapes : sequence of tuple
        Every accepted shape, the canonical one first.
    at : tuple
        Where it stands, for the pointers.
    problems : Problems
        Receives what is wrong.

    Returns
    -------
    tuple or None
        The values, which cannot be written to, and the texts of their parts, the real one of each first; None where
        something is wrong.
    """
    flat = flatten(value, shapes, at, problems)
    if flat is None:
        return None
    level, shape = flat
    fits = shape in shapes
    if not fits:
        problems.add(at, wrong_shape(shape, shapes))
    entries: list[complex] = []
    texts: list[str] = []
    for index, entry in enumerate(level):
        place = (*at, *position_of(index, shape))
        found = _entry(entry, place, problems)
        if found is not None:
            entries.append(found[0])
            texts += found[1]
    if len(entries) < len(level) or not fits:
        return None
    values = np.array(entries, dtype=np.complex128).reshape(shape)
    values.flags.writeable = False
    return values, tuple(texts)


def _entry(entry: object, place: Place, problems: Problems) -> tuple[complex, Parts] | None:
    """Read one entry, or note what is wrong with it."""
    match entry:
        case str():
            try:
                if isinstance(entry, NumberText):  # JSON knows no other than real ones
                    return complex(read_number(entry)), (entry, "0")
                return read_complex_number(entry)
            except Unprocessable as refusal:
                problems.add(place, refusal.detail)
        case dict():
            return _object(entry, place, problems)
        case None:
            problems.add(
                place,
                text("A number is wanted here; null arrived. Leave the whole field out if it has no answer."),
            )
        case _:
            problems.add(place, text("A complex number is wanted here; {kind} arrived.", kind=kind_of(entry)))
    return None


def _object(entry: Mapping[str, object], place: Place, problems: Problems) -> tuple[complex, Parts] | None:
    if set(entry) != {"re", "im"}:
        problems.add(place, _wrong_keys(entry))
        return None
    parts: list[str] = []
    for key in ("re", "im"):
        part = entry[key]
        if not isinstance(part, str):
            problems.add((*place, key), text("A number is wanted here; {kind} arrived.", kind=kind_of(part)))
            continue
        try:
            read_number(part)
        except Unprocessable as refusal:
            problems.add((*place, key), refusal.detail)
            continue
        parts.append(part)
    return (_number((parts[0], parts[1])), (parts[0], parts[1])) if len(parts) == 2 else None


def _wrong_keys(entry: Mapping[str, object]) -> Message:
    arrived = ", ".join(quote(key, limit=20) for key in list(entry)[:5]) or text("no keys")
    return text("A complex number is an object with the keys re and im; {arrived} arrived.", arrived=arrived)


def read_complex_pasted(written: str) -> tuple[Pasted, NDArray[np.complex128]]:
    r"""Read a complex number, or an array of them as NumPy, Python, MATLAB or a spreadsheet shows it.

    Parameters
    ----------
    written : str

    Returns
    -------
    Pasted
        Its shapes are those of the array; its texts are those of the parts, the real one of each entry first.
    ndarray of complex, shape (entries,)

    Raises
    ------
    Unprocessable
        Not an array of numbers; the detail says what stands where.

    Notes
    -----
    Read twice as an array of real numbers: with the real part in the place of each number, and with the imaginary
    part. So every layout and every factor above a matrix is that of real arrays.

    Examples
    --------
    >>> read_complex_pasted("[1.+2.j 3.-1.j]")[1].tolist()
    [(1+2j), (3-1j)]
    """
    body = tidy(written)
    found = _TOKEN.search(body)
    if found is None and not any(mark in body for mark in "[],;\n\t"):
        number, parts = read_complex_number(written)
        return Pasted(((),), parts, (number.real,)), np.array([number])
    try:
        real, imaginary = (read_pasted(_with_part(body, part)) for part in (0, 1))
    except Unprocessable:
        for word in filter(_is_meant, _WORDS.split(body)):
            read_complex_number(word)  # says more of what is wrong than reading real numbers does
        raise
    values = np.array(real.values) + 1j * np.array(imaginary.values)
    texts = tuple(part for pair in zip(real.texts, imaginary.texts, strict=True) for part in pair)
    return Pasted(real.shapes, texts, real.values), values


_REAL_TOKEN = re.compile(rf"(?<![^\s,;\[\](:=])(?:[+-]\s?+)?+{_REAL}(?![^\s,;\])])(?!\s*+\*)")
_WORDS = re.compile(r"[\s,;\[\]()]+")


def _is_meant(word: str) -> bool:
    """Whether a word in an array looks like a complex number, well written or not."""
    number = any(mark.isdigit() for mark in word) or _NOT_FINITE.search(word) is not None
    return number and _looks_complex(word)


def _with_part(body: str, part: int) -> str:
    """Put one part in the place of every complex number; of real ones the imaginary part is 0."""
    pieces: list[str] = []
    end = 0
    for found in _TOKEN.finditer(body):
        pieces += [_plain(body[end : found.start()], part), _split(found[1] or found[2])[part]]
        end = found.end()
    return "".join([*pieces, _plain(body[end:], part)])


def _plain(between: str, part: int) -> str:
    """What stands between complex numbers; the real numbers there have no imaginary part."""
    return _REAL_TOKEN.sub("0", between) if part else between
