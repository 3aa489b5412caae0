"""Nested JSON lists of numbers as an array of an accepted shape, or everything that is wrong with them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.answers.document import NumberText
from app.answers.kinds import kind_of, layout_of, shape_of, shapes_of
from app.answers.numbers import LONGEST, read_number, read_numbers
from app.answers.problems import Problems
from app.answers.rows import Shape
from app.errors import Unprocessable
from app.language import Message, text

__all__ = ["Place", "flatten", "position_of", "read_list", "wrong_shape"]

_FEW, _MANY = 1000, 4
"""Entries beyond so many, and so many times those that a shape has, are not read one by one."""

Place: TypeAlias = tuple[str | int, ...]


def read_list(
    value: object, shapes: Sequence[Shape], at: Place, problems: Problems
) -> tuple[NDArray[np.float64], tuple[str, ...]] | None:
    """Read a number or nested lists of numbers and number strings.

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
        The values, which cannot be written to, and their texts; None where something is wrong.
    """
    flat = flatten(value, shapes, at, problems)
    if flat is None:
        return None
    level, shape = flat
    kinds = set(map(type, level))
    fits = shape in shapes
    if not fits and kinds <= {NumberText, str}:
        problems.add(at, wrong_shape(shape, shapes))
    entries = _entries(level, kinds, shape, at, problems)
    if entries is None or not fits:
        return None
    values = np.array(entries, dtype=np.float64).reshape(shape)
    values.flags.writeable = False
    return values, tuple(level)  # type: ignore[arg-type]


def flatten(value: object, shapes: Sequence[Shape], at: Place, problems: Problems) -> tuple[list[object], Shape] | None:
    """Take nested lists apart, as far as they nest.

    Parameters
    ----------
    value, shapes, at, problems
        As for `read_list`.

    Returns
    -------
    tuple or None
        The entries row by row, which are no lists, and the shape; None where rows are not equally long or deep, and
        where there are so many more entries than any shape has that it is idle to read them one by one.
    """
    level = [value]
    kinds = {type(value)}
    sizes: list[int] = []
    while list in kinds:
        lengths = set(map(len, level)) if len(kinds) == 1 else set()  # type: ignore[arg-type]
        if len(lengths) != 1:
            _uneven(level, tuple(sizes), shapes, at, problems)
            return None
        sizes += lengths
        level = list(chain.from_iterable(level))  # type: ignore[arg-type]
        kinds = set(map(type, level))
    shape = tuple(sizes)
    if len(level) > _FEW + _MANY * max(map(math.prod, shapes)):
        problems.add(at, wrong_shape(shape, shapes))
        return None
    return level, shape


def wrong_shape(arrived: Shape, wanted: Sequence[Shape]) -> Message:
    """Say that a shape is not the one wanted, and what to send."""
    if len(arrived) == 2 and arrived[::-1] in wanted:
        return text(
            "Wrong shape: arrived {arrived}, wanted {wanted}. It looks transposed: send {layout}.",
            arrived=shape_of(arrived),
            wanted=shapes_of(wanted),
            layout=layout_of(arrived[::-1]),
        )
    return text(
        "Wrong shape: arrived {arrived}, wanted {wanted}. Send {layout}.",
        arrived=shape_of(arrived),
        wanted=shapes_of(wanted),
        layout=layout_of(wanted[0]),
    )


def _entries(
    level: Sequence[object], kinds: set[type], shape: Shape, at: Place, problems: Problems
) -> list[float] | None:
    """Read every entry, or note each one that is no number."""
    if kinds == {NumberText}:  # JSON's own syntax already holds; what overflows or is bare NaN is not finite
        texts: Sequence[str] = level  # type: ignore[assignment]
        values = list(map(float, texts)) if max(map(len, texts)) <= LONGEST else None
        if values is not None and math.isfinite(sum(values)):  # a sum that overflows only takes the slow way
            return values
    elif kinds <= {NumberText, str} and (values := read_numbers(level)) is not None:  # type: ignore[arg-type]
        return values
    read = []
    for index, entry in enumerate(level):
        if isinstance(entry, str):
            try:
                read.append(read_number(entry))
                continue
            except Unprocessable as refusal:
                problem = refusal.detail
        elif entry is None:
            problem = text("A number is wanted here; null arrived. Leave the whole field out if it has no answer.")
        else:
            problem = text("A number is wanted here; {kind} arrived.", kind=kind_of(entry))
        problems.add((*at, *position_of(index, shape)), problem)
    return read if len(read) == len(level) else None


def position_of(index: int, shape: Shape) -> Place:
    """The place of an entry that is counted row by row.

    Examples
    --------
    >>> position_of(4, (2, 3))
    (1, 1)
    """
    position: list[int] = []
    for size in reversed(shape):
        index, last = divmod(index, size)
        position.append(last)
    return tuple(reversed(position))


def _uneven(level: Sequence[object], shape: Shape, shapes: Sequence[Shape], at: Place, problems: Problems) -> None:
    """Note each element at one depth that is of another kind, or another length, than its place asks."""
    depth = len(shape)
    wanted = {accepted[depth] for accepted in shapes if len(accepted) > depth and accepted[:depth] == shape}
    lists_wanted = bool(wanted) or any(len(accepted) > depth for accepted in shapes)
    lengths = Counter(len(element) for element in level if isinstance(element, list))
    usual = next((size for size in lengths if size in wanted), lengths.most_common(1)[0][0])
    mixed = lengths.total() < len(level)
    for index, element in enumerate(level):
        if mixed and isinstance(element, list) != lists_wanted:
            problem = (
                text("A list is wanted here, as beside it; {kind} arrived.", kind=kind_of(element))
                if lists_wanted
                else text("A number is wanted here; {kind} arrived.", kind=kind_of(element))
            )
        elif isinstance(element, list) and len(element) != usual:
            problem = text(
                "The rows are not equally long. Entries in this one: {arrived}; wanted: {wanted}.",
                arrived=len(element),
                wanted=usual,
            )
        else:
            continue
        problems.add((*at, *position_of(index, shape)), problem)
