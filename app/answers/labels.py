"""Label vectors: any whole numbers or short names, as ranks in the order of the names."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.answers.arrays import Place, flatten, position_of, wrong_shape
from app.answers.document import NumberText
from app.answers.kinds import kind_of
from app.answers.numbers import read_number
from app.answers.pasted import read_pasted
from app.answers.problems import Problems, quote
from app.answers.rows import Shape
from app.errors import Unprocessable
from app.language import Message, text

__all__ = ["MAX_LABEL", "read_label_list", "read_label_string"]

MAX_LABEL = 32
_MOST = 2.0**53
_NOT_FINITE = frozenset({"nan", "inf", "infinity"})

Label = int | str


def read_label_list(
    value: object, shapes: Sequence[Shape], at: Place, problems: Problems
) -> tuple[NDArray[np.float64], tuple[str, ...]] | None:
    """Read a list of labels.

    Parameters
    ----------
    value : Json
        What was sent, if it is not a string.
    shapes : sequence of tuple
        The accepted shape.
    at : tuple
        Where it stands, for the pointers.
    problems : Problems
        Receives what is wrong.

    Returns
    -------
    tuple or None
        For every sample the rank of its label, counted from 0, and the labels as texts; None where something is wrong.

    Notes
    -----
    Whole numbers come first, by size, and then names, by their characters: ``"10"`` is the number 10 and comes after 9.
    """
    flat = flatten(value, shapes, at, problems)
    if flat is None:
        return None
    level, shape = flat
    fits = shape in shapes
    if not fits:
        problems.add(at, wrong_shape(shape, shapes))
    labels: list[Label] = []
    for index, entry in enumerate(level):
        label = _label(entry)
        if isinstance(label, Message):
            problems.add((*at, *position_of(index, shape)), label)
        else:
            labels.append(label)
    return _ranked(labels) if fits and len(labels) == len(level) else None


def read_label_string(
    written: str, shapes: Sequence[Shape], at: Place, problems: Problems
) -> tuple[NDArray[np.float64], tuple[str, ...]] | None:
    """Read a pasted vector of whole numbers.

    Parameters
    ----------
    written : str
    shapes, at, problems
        As for `read_label_list`.

    Returns
    -------
    tuple or None
        As `read_label_list`.
    """
    try:
        pasted = read_pasted(written)
    except Unprocessable as refusal:
        hint = text("{problem} A pasted vector holds whole numbers; send names as a list.", problem=refusal.detail)
        problems.add(at, hint)
        return None
    if pasted.fit(shapes) is None:
        problems.add(at, wrong_shape(pasted.shapes[-1], shapes))
        return None
    labels = [_number(value, shown) for value, shown in zip(pasted.values, pasted.texts, strict=True)]
    wrong = next((one for one in labels if isinstance(one, Message)), None)
    if wrong is not None:
        problems.add(at, wrong)
        return None
    return _ranked([one for one in labels if not isinstance(one, Message)])


def _label(entry: object) -> Label | Message:
    if not isinstance(entry, str):
        return text("A label is a whole number or a short name; {kind} arrived.", kind=kind_of(entry))
    try:
        return _number(read_number(entry), entry)
    except Unprocessable as refusal:
        if isinstance(entry, NumberText):
            return refusal.detail
    name = entry.strip()
    if name.lower().lstrip("+-") in _NOT_FINITE:
        return text("“{sent}” is not a finite number. Send a number, or leave the whole field out.", sent=quote(entry))
    if not 0 < len(name) <= MAX_LABEL or not name.isprintable():
        return text(
            "“{sent}” is no label. A name has 1 to {limit} characters that can be printed.",
            sent=quote(entry),
            limit=MAX_LABEL,
        )
    return name


def _number(value: float, shown: str) -> Label | Message:
    if not (math.isfinite(value) and value == round(value) and abs(value) <= _MOST):
        return text("A label is a whole number or a short name; {sent} arrived.", sent=quote(shown))
    return int(value)


def _ranked(labels: Sequence[Label]) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Every label's rank: numbers by size, then names."""
    names: list[Label] = [*sorted({one for one in labels if isinstance(one, int)})]
    names += sorted({one for one in labels if isinstance(one, str)})
    rank = {name: place for place, name in enumerate(names)}
    values = np.array([rank[one] for one in labels], dtype=np.float64)
    values.flags.writeable = False
    return values, tuple(map(str, labels))
