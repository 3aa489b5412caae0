"""Answers of other kinds than real numbers, written in the many ways in which learners send them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from app.assignments import Assignment
from tests.accuracy.asked import Array
from tests.accuracy.cases import Case, Sent

__all__ = ["named", "respelled"]

Name: TypeAlias = "int | str"
_NAMES: tuple[str, ...] = (
    *("A", "B", "C", "a", "b", "c", "alpha", "first", "second", "third", "red", "Red", "x-1", "x-2", "2nd", "10th"),
    *("cluster 1", "cluster 2", "cluster 10", "group_1", "group_2", "左", "右", "第一群", "第二群", "é", "*", "#3"),
)
"""None of which reads as a number."""


def respelled(case: Case, assignment: Assignment, rng: np.random.Generator) -> Case:
    """Write a case's labels under other names, and its complex and whole numbers in one of the accepted forms.

    Names are given in the order of the labels, so that what comes in that order stays as it is.
    """
    answers = {}
    for question, fields in case.answers.items():
        declared = assignment.question(question).fields
        answers[question] = {
            name: _WRITERS[declared[name].kind](value, rng)
            if isinstance(value, np.ndarray) and declared[name].kind in _WRITERS
            else value
            for name, value in fields.items()
        }
    return replace(case, answers=answers)


def _entrywise(value: Array, written: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - nested lists, or one entry
    return [_entrywise(inner, written) for inner in value] if value.ndim else written(value.item())


def _pasted(value: Array, written: Callable[[Any], str], rng: np.random.Generator) -> str:
    """The printout of MATLAB, NumPy, Python or a spreadsheet; of vectors and matrices."""
    rows = [[written(entry) for entry in row] for row in np.atleast_2d(value).tolist()]
    match rng.integers(4 if value.ndim == 2 else 3):
        case 0:
            return "[" + ";".join(" ".join(row) for row in rows) + "]"
        case 1:
            return "\n".join(",".join(row) for row in rows)
        case 2:
            inside = ["[" + ", ".join(row) + "]" for row in rows]
            return inside[0] if value.ndim == 1 else "[" + ", ".join(inside) + "]"
        case _:
            return "[" + "\n ".join("[" + " ".join(row) + "]" for row in rows) + "]"


# --- Labels -----------------------------------------------------------------------------------------------------


def named(count: int, rng: np.random.Generator) -> list[Name]:
    """Draw different names in their order: numbers by size, and then texts by their characters."""
    numbers = int(rng.choice(np.array([0, count, rng.integers(count + 1)])))
    whole: list[int] = rng.choice(np.arange(-20, 120), size=numbers, replace=False).tolist()
    texts: list[str] = rng.choice(np.array(_NAMES), size=count - numbers, replace=False).tolist()
    return [*sorted(whole), *sorted(texts)]


def _labels(value: Array, rng: np.random.Generator) -> Sent:
    names = named(int(value.max()) + 1, rng)
    sent = [names[int(label)] for label in value]
    whole = [name for name in sent if isinstance(name, int)]
    if len(whole) == len(sent) and rng.random() < 0.4:
        return _pasted(np.array(whole), str, rng)
    return [_whole(name, rng) if isinstance(name, int) else name for name in sent]


# --- Numbers ----------------------------------------------------------------------------------------------------


def _whole(number: int, rng: np.random.Generator) -> Any:  # noqa: ANN401 - as JSON takes it
    match rng.integers(6):
        case 0:
            return f"{number}"
        case 1:
            return float(number)
        case 2:
            return f"{3 * number}/3"
        case _:
            return number


def _integers(value: Array, rng: np.random.Generator) -> Sent:
    if value.ndim in (1, 2) and rng.random() < 0.3:
        return _pasted(value, lambda entry: f"{int(entry)}", rng)
    return _entrywise(value, lambda entry: _whole(int(entry), rng))  # type: ignore[no-any-return]


def _in_letters(number: complex, unit: str = "j") -> str:
    return f"{number.real!r}{number.imag:+}{unit}"


def _complex_entry(number: complex, rng: np.random.Generator) -> Any:  # noqa: ANN401 - as JSON takes it
    match rng.integers(6):
        case 0:
            return {"re": number.real, "im": number.imag}
        case 1:
            return {"re": f"{number.real!r}", "im": number.imag}
        case 2:
            return _in_letters(number, "i")
        case 3:
            return f"({_in_letters(number)})"
        case 4:
            sign = "-" if number.imag < 0 else "+"
            return f"{number.real!r} {sign} {abs(number.imag)!r}*i"
        case _:
            return number.real if number.imag == 0 else _in_letters(number)


def _complex(value: Array, rng: np.random.Generator) -> Sent:
    if value.ndim in (1, 2) and rng.random() < 0.4:
        unit = str(rng.choice(["i", "j"]))
        return _pasted(value, lambda entry: _in_letters(entry, unit), rng)
    return _entrywise(value, lambda entry: _complex_entry(entry, rng))  # type: ignore[no-any-return]


_WRITERS: Mapping[str, Callable[[Array, np.random.Generator], Sent]] = {
    "labels": _labels,
    "integer": _integers,
    "complex": _complex,
}
