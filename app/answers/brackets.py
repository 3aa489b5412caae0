"""Rows of numbers in brackets: nested as NumPy, Python and JSON write them, or MATLAB's single pair."""

from __future__ import annotations

import re
from itertools import chain

from app.answers.document import MAX_DEPTH
from app.answers.problems import quote
from app.answers.rows import Shape, common_width, empty, ragged, split_row
from app.errors import Unprocessable
from app.language import text

__all__ = ["read_brackets"]

_BRACKET = re.compile(r"([\[\]()])")
_PAIRS = {"]": "[", ")": "("}


class _Frame:
    """An open bracket: the shape of what it has directly inside so far, and how many of these."""

    __slots__ = ("count", "inner", "leaf", "opened")

    def __init__(self, opened: str) -> None:
        self.opened = opened
        self.count = 0
        self.inner: Shape = ()
        self.leaf: Shape | None = None

    def add(self, inner: Shape, row: int) -> None:
        if self.leaf is not None:
            raise _mixed(row)
        if self.count and inner != self.inner:
            if len(inner) == len(self.inner) == 1:
                raise ragged(row, inner[0], self.inner[0])
            raise Unprocessable(
                text(
                    "The brackets that end with row {row} hold {arrived}, those before them {wanted}.",
                    row=row,
                    arrived=str(inner),
                    wanted=str(self.inner),
                )
            )
        self.inner = inner
        self.count += 1

    def shape(self) -> Shape:
        if self.leaf is not None:
            return () if self.leaf == (1,) and self.opened == "(" else self.leaf
        if not self.count:
            raise empty()
        return self.inner if self.count == 1 and self.opened != "[" else (self.count, *self.inner)


def _mixed(row: int) -> Unprocessable:
    return Unprocessable(
        text(
            "Near row {row}, numbers and brackets stand side by side. Put each row in brackets of its own.",
            row=row,
        )
    )


def _unbalanced() -> Unprocessable:
    return Unprocessable(
        text("The brackets do not match. Check that each “[” has its “]” and that nothing was cut off.")
    )


def read_brackets(body: str) -> tuple[list[str], list[Shape]]:
    """Read nested brackets, or MATLAB's single pair with semicolons."""
    entries: list[str] = []
    rows = 0
    frames = [_Frame("")]
    for index, piece in enumerate(_BRACKET.split(body)):
        frame = frames[-1]
        if index % 2 == 0:
            if leaf := piece.strip(" \t\r\n\v\f,;"):
                if len(frames) == 1:
                    raise _outside(leaf)
                if frame.count or frame.leaf is not None:
                    raise _mixed(rows + 1)
                frame.leaf = _leaf(piece, rows + 1, entries)
                rows += frame.leaf[0] if len(frame.leaf) == 2 else 1
            elif piece.count(",") > 1:
                raise Unprocessable(text("Two commas follow each other near row {row}.", row=rows + 1))
        elif piece in "[(":
            if len(frames) > MAX_DEPTH:
                raise Unprocessable(text("The brackets are nested deeper than {limit}.", limit=MAX_DEPTH))
            frames.append(_Frame(piece))
        else:
            frames.pop()
            if frame.opened != _PAIRS[piece]:
                raise _unbalanced()
            frames[-1].add(frame.shape(), rows)
    if len(frames) != 1:
        raise _unbalanced()
    shape = frames[0].shape()
    return entries, [shape, *_as_lines(body, shape)]


def _outside(leaf: str) -> Unprocessable:
    return Unprocessable(text("“{sent}” stands outside the brackets. Paste the array alone.", sent=quote(leaf)))


def _leaf(piece: str, row: int, entries: list[str]) -> Shape:
    """Read what stands between a pair of brackets with none inside: a vector, or MATLAB's rows."""
    if ";" not in piece:
        cells = split_row(piece, row)
        entries += cells
        return (len(cells),)
    rows = [split_row(part, row + number) for number, part in enumerate(filter(str.strip, piece.split(";")))]
    entries += chain.from_iterable(rows)
    return (len(rows), common_width(rows, row))


def _as_lines(body: str, shape: Shape) -> list[Shape]:
    """Return what else a single pair of brackets may be: with a line a row, as MATLAB takes it."""
    if len(shape) != 1 or "\n" not in body or body.count("[") != 1:
        return []
    lines = [line for line in body.strip("[]();, \t\r\n").splitlines() if line.strip(" \t,")]
    widths = {len(split_row(line, number)) for number, line in enumerate(lines, 1)}
    return [(len(lines), *widths)] if len(widths) == 1 and len(lines) > 1 else []
