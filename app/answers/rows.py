"""Rows of numbers as lines of text: CSV, TSV, a spreadsheet's cells, MATLAB's printed columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from app.answers.numbers import read_numbers
from app.errors import Unprocessable
from app.language import text

__all__ = ["Shape", "common_width", "empty", "ragged", "read_lines", "split_row"]

Shape = tuple[int, ...]

_SCALE = re.compile(r"1(?:\.0*+)?[eE]([+-]?[0-9]{1,3})\s*+\*")


def split_row(row: str, number: int, separator: str = ",") -> list[str]:
    """Split a row at its separators and its white space; one separator may end it."""
    if separator not in row:
        return row.split()
    parts = [part.split() for part in row.split(separator)]
    if not parts[-1]:
        parts.pop()
    if [] in parts:
        raise Unprocessable(text("Row {row}, column {column} is empty.", row=number, column=parts.index([]) + 1))
    return list(chain.from_iterable(parts))


def common_width(rows: Sequence[Sequence[object]], first: int = 1) -> int:
    """Return how many entries every row has; `first` is the number of the first row."""
    width = len(rows[0])
    for number, length in enumerate(map(len, rows), first):
        if length != width:
            raise ragged(number, length, width)
    return width


def ragged(row: int, arrived: int, wanted: int) -> Unprocessable:
    """Say which row is longer or shorter than those before it."""
    return Unprocessable(
        text(
            "The rows are not equally long. Entries in row {row}: {arrived}; in those before it: {wanted}.",
            row=row,
            arrived=arrived,
            wanted=wanted,
        )
    )


def empty() -> Unprocessable:
    """Say that there are no numbers."""
    return Unprocessable(text("The array is empty."))


def read_lines(body: str) -> tuple[list[str], list[Shape]]:
    """Read rows without brackets: one a line, or all on one line with semicolons between them."""
    lines = [line for line in map(str.strip, body.splitlines()) if line]
    exponent = 0
    if lines and (scale := _SCALE.fullmatch(lines[0])):
        exponent = int(scale[1])
        del lines[0]
    if ";" in body:
        lines = [line for line in (line.rstrip("; \t") for line in lines) if line]
        if len(lines) == 1 and "\t" not in lines[0]:
            lines = [row for row in map(str.strip, lines[0].split(";")) if row]
    if not lines:
        raise empty()
    joined = "\n".join(lines)
    separator = next((mark for mark in "\t;," if mark in joined), None)
    if separator is None:
        rows = list(map(str.split, lines))
    else:
        rows = [split_row(line, number, separator) for number, line in enumerate(lines, 1)]
    if separator == "\t" and "," in joined:
        rows = [[cell.rstrip(",") for cell in row] for row in rows]
    width = common_width(rows)
    entries = list(chain.from_iterable(rows))
    return _scaled(entries, exponent) if exponent else entries, [(len(rows), width)]


def _scaled(entries: Sequence[str], exponent: int) -> list[str]:
    """Multiply decimals by a power of ten in their texts, so that they keep the digits they show."""
    if "/" in "".join(entries):
        raise Unprocessable(
            text("A factor such as “1.0e+03 *” cannot stand above fractions. Paste what mat2str(A) prints.")
        )
    if read_numbers(entries) is None:  # the entry at fault is named where it is read
        return list(entries)
    parts = (entry.lower().partition("e") for entry in entries)
    return [f"{mantissa}e{int(own or 0) + exponent:+03d}" for mantissa, _, own in parts]
