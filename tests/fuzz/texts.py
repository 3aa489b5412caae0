"""Texts of numbers and arrays, well and badly written, and characters that break what does not expect them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

__all__ = ["number", "pasted", "string"]

_NUMBERS = (
    *("0", "-0", "-0.0", "00", "01", "+1", ".5", "1.", ".", "-", "1e", "1e+", "1E5", "1.5e-3", "0x10", "0b1", "1_000"),
    *("1,5", "1,000.5", "NaN", "nan", "-Infinity", "inf", "Infinity", "∞", "1.#INF", "1e308", "-1e308", "1e309"),
    *("1e-400", "5e-324", "2.2250738585072014e-308", "1e999999999999", "1e-999999999999", "9" * 400, "9" * 401),
    *("0." + "0" * 390 + "1", "1/3", "11/3", "1/0", "0/0", "-0/5", "1e308/1", "1/3/5", "1 / 3", "/", "1/", "/1"),
    *("1+2j", "2j", "i", "-i", "+j", "1+2i", "(1+2j)", "1 + 2 j", "1e5-2e3j", "1+2j+3", "nan+infj", "1+i2", "((1+2j))"),
    *("9007199254740991", "9007199254740993", "-9007199254740993", "4503599627370497.5", "2.0000000000000001"),
    *("1%", "5‰", "5 cm", "sqrt(2)", "2**53", "pi", "π/2", "e", "--1", "1-1", "1 2", "0.3/0.1", "true", "null", ""),
    *(
        "１２．５",
        "−3",
        "–3",
        "1\u00a0",
        "\u200b1",
        "1\u2060",
        "٣",
        "½",
        "१",
        "1\u2044 3",
        "1\u0000",
        "\ufeff1",
        "1\u0301",
    ),
)
_CHARACTERS = (
    *("\0", "\x01", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\ufeff", "\ufffe", "\uffff", "\ud800"),
    *("\udfff", "\ud83d\ude00", "\U0001f600", "\U0010ffff", "e\u0301" * 20, "ﷺ", "İ", "ß", "\u3000", "證明", "~", "/"),
    *("\\", '"', "'", "{}", "{0}", "{sent}", "%s", "%00", "<script>", "../..", "'; --", "\r\n", "\t", " ", "​"),
)
_WORDS = ("axes", "answers", "hw3", "1.1", "re", "im", "__proto__", "constructor", "b1", "", "1.1 ", "1.10", "W")
# Each, repeated, is what a pattern that backtracks would be slow on.
_REPEATED = (
    *("[", "(", "]", "[[", "[]", "(1", "1(", " ", "1 ", "1,", ",", ";", "\n", "\t", "1\n", "-", "+", "1+", "1-", "1/"),
    *("1/1 ", "1e", ".", "1.", "e", "j", "1j", "1j+", "(1+2j)", "+1j ", "np.", "np.float64(", "float(1)", ",dtype="),
    *(
        ",dtype=(",
        "array(",
        "tensor(array(",
        "x=",
        "x =",
        ">>> ",
        "a(",
        "a (",
        "1e+03 *",
        "Columns 1 ",
        '"',
        "'",
        "\\n",
    ),
    *("\\", "...", "9", "_", "π", "\u3000", "[1", "1]", "[1,2],", "[1 2;", "1;", "(:,:,", "1 * ", "+ ", "- 1", "i*"),
)
_AROUND = (
    *("A = {}", "np.array({})", "array({}, dtype=float64)", "tensor({}, device='cuda:0')", ">>> {}", "1.0e+03 *\n\n{}"),
    *("{};", "{}\n\n", "ans =\n\n{}", "'{}'", "{}..."),
)


def number(rng: Random) -> str:
    """A number's text, well written or not."""
    kind = rng.randrange(6)
    if kind < 2:
        return rng.choice(_NUMBERS)
    if kind == 2:
        return repr(rng.uniform(-10, 10))
    if kind == 3:
        return f"{rng.uniform(-1, 1):.{rng.randrange(20)}e}"
    if kind == 4:
        digits = rng.randrange(10 ** rng.randrange(1, 20))
        return f"{rng.choice(('', '-', '+'))}{digits}{rng.choice(('', '.', '.0', 'e5'))}"
    return "".join(rng.choice("0123456789.eE+-/ ij") for _ in range(rng.randrange(1, 12)))


def string(rng: Random) -> str:
    """A text that is no array: a word, odd characters, or one thing many times."""
    kind = rng.randrange(8)
    if kind < 2:
        return rng.choice(_WORDS)
    if kind < 5:
        return "".join(rng.choice((rng.choice(_CHARACTERS), rng.choice(_WORDS))) for _ in range(rng.randrange(1, 5)))
    if kind < 7:
        return number(rng)
    return rng.choice(_REPEATED) * rng.choice((2, 33, 300, 2000, 5000))


def pasted(rng: Random, value: object) -> str:
    """Nested lists as something prints them, and what becomes of it on its way through a clipboard."""
    written = rng.choice(_STYLES)(value)
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 4))):
        written = _damaged(rng, written)
    return written


def _damaged(rng: Random, written: str) -> str:
    place = rng.randrange(len(written) + 1)
    end = min(len(written), place + rng.randrange(1, 12))
    match rng.randrange(7):
        case 0:
            return written[:place] + written[end:]
        case 1:
            return written[:place] + number(rng) + written[end:]
        case 2:
            return written[:place] + rng.choice(_CHARACTERS) + written[place:]
        case 3:
            return written[:place] + written[place:end] * rng.choice((2, 50)) + written[end:]
        case 4:
            return written[:place] + rng.choice(_REPEATED) * rng.choice((1, 1, 3, 500)) + written[place:]
        case 5:
            before, after = rng.choice((",;", ", ", " \t", "\n;", "[(", "])", "\n ", ".,", "--", "e+"))
            return written.replace(before, after)
        case _:
            return rng.choice(_AROUND).format(written)


def _rows(value: object) -> list[list[object]]:
    """The last axis as rows; what is no array is one row."""
    if not isinstance(value, list):
        return [[value]]
    if not value or not isinstance(value[0], list):
        return [value]
    return [row for part in value for row in _rows(part)]


def _numpy(value: object) -> str:
    try:
        return str(np.array(value, dtype=float))
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _joined(between: str, after: str) -> Callable[[object], str]:
    return lambda value: after.join(between.join(map(str, row)) for row in _rows(value))


_STYLES: tuple[Callable[[object], str], ...] = (
    str,
    _numpy,
    lambda value: repr(_numpy(value)),
    _joined(",", "\n"),
    _joined("\t", "\r\n"),
    _joined("   ", "\n"),
    _joined(", ", "; "),
    lambda value: f"[{_joined(' ', ';')(value)}]",
    lambda value: f"A =\n\n   {_joined('   ', chr(10) + '   ')(value)}\n",
    lambda value: f"array({value})",
)
