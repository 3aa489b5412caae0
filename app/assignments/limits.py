"""How large an assignment may be, so that reading and solving it take seconds; and data that are plain numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from app.assignments.faults import Fault, Path, quoted
from app.language import text

__all__ = ["MAX_AXIS", "MAX_ENTRIES", "MAX_MISTAKES", "MAX_OPTION", "MAX_QUESTIONS", "limit_faults"]

MAX_QUESTIONS = 100
MAX_MISTAKES = 24  # of one question; each is compared with each
MAX_ALL_MISTAKES = 300
MAX_CONVENTIONS = 12
MAX_FIELDS = 24
MAX_AXIS = 500
MAX_ENTRIES = 10_000  # of one array
MAX_NUMBERS = 30_000  # of all data together
MAX_OPTION = 10_000  # steps, draws
_SIZES = {"n_vertices": MAX_AXIS}


def limit_faults(document: object) -> Iterator[Fault]:
    """Find what is too large or too many, and data that are no plain numbers.

    Parameters
    ----------
    document : object
        As `read_source` gives it; what is of another kind than the format's is passed over.

    Yields
    ------
    Fault
        Of code ``too_large`` where nothing may be solved.
    """
    top = _mapping(document)
    yield from _values(top.get("data"), ("data",))
    count = _numbers(top.get("data"))
    if count > MAX_NUMBERS:
        message = text("The data hold {count} numbers; at most {limit} are allowed.", count=count, limit=MAX_NUMBERS)
        yield Fault("too_large", ("data",), message)
    questions = _list(top.get("questions"))
    yield from _nodes(top.get("variants"), ("variants",))
    yield from _too_many(questions, MAX_QUESTIONS, ("questions",))
    for index, question in enumerate(questions[:MAX_QUESTIONS]):
        yield from _question(_mapping(question), ("questions", index))
    mistakes = sum(len(_list(_mapping(question).get("mistakes"))) for question in questions)
    if mistakes > MAX_ALL_MISTAKES:
        message = text(
            "There are {count} mistakes; at most {limit} are allowed.", count=mistakes, limit=MAX_ALL_MISTAKES
        )
        yield Fault("too_large", ("questions",), message)


def _question(question: Mapping[str, Any], at: Path) -> Iterator[Fault]:
    yield from _too_many(_list(question.get("mistakes")), MAX_MISTAKES, (*at, "mistakes"))
    yield from _too_many(_list(question.get("conventions")), MAX_CONVENTIONS, (*at, "conventions"))
    fields = _mapping(question.get("fields"))
    yield from _too_many(list(fields), MAX_FIELDS, (*at, "fields"))
    for name, field in fields.items():
        shape = _list(_mapping(field).get("shape"))
        entries = math.prod(size for size in shape if isinstance(size, int))
        if entries > MAX_ENTRIES:
            message = text(
                "This shape has {count} entries; at most {limit} are allowed.", count=entries, limit=MAX_ENTRIES
            )
            yield Fault("too_large", (*at, "fields", name, "shape"), message)
    yield from _nodes(question, at)


def _nodes(part: object, at: Path) -> Iterator[Fault]:
    """Every literal value and every option, however deep."""
    if isinstance(part, list):
        for index, inner in enumerate(part):
            yield from _nodes(inner, (*at, index))
    for key, inner in _mapping(part).items():
        if key in ("value", "values"):
            yield from _values(inner, (*at, key))
        elif key == "options":
            yield from (
                fault for name, one in _mapping(inner).items() for fault in _option(one, name, (*at, key, name))
            )
        elif isinstance(inner, (dict, list)):
            yield from _nodes(inner, (*at, key))


def _option(value: object, name: str, at: Path) -> Iterator[Fault]:
    yield from _values(value, at)
    limit = _SIZES.get(name, MAX_OPTION)
    if isinstance(value, int) and abs(value) > limit:
        message = text(
            "The option {name} is {sent}; at most {limit} is allowed.", name=name, sent=quoted(value), limit=limit
        )
        yield Fault("too_large", at, message)


def _values(value: object, at: Path) -> Iterator[Fault]:
    """What solvers cannot take, and arrays that are too large."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, (*at, name))
    elif isinstance(value, list):
        yield from _array(value, at)
    else:
        yield from _scalar(value, at)
        if at[-1] in _SIZES and isinstance(value, int) and value > _SIZES[str(at[-1])]:
            limit = _SIZES[str(at[-1])]
            message = text(
                "{name} is {sent}; at most {limit} is allowed.", name=at[-1], sent=quoted(value), limit=limit
            )
            yield Fault("too_large", at, message)


def _array(value: list[Any], at: Path) -> Iterator[Fault]:
    """One array: its size, and the first of its entries that is no number."""
    longest, count = _longest(value), _numbers(value)
    if longest > MAX_AXIS:
        message = text(
            "An axis of this array has {count} entries; at most {limit} are allowed.", count=longest, limit=MAX_AXIS
        )
        yield Fault("too_large", at, message)
    elif count > MAX_ENTRIES:
        message = text("This array has {count} entries; at most {limit} are allowed.", count=count, limit=MAX_ENTRIES)
        yield Fault("too_large", at, message)
    yield from _first(fault for path, one in _leaves(value, at) for fault in _scalar(one, path))


def _scalar(value: object, at: Path) -> Iterator[Fault]:
    if isinstance(value, float) and not math.isfinite(value):
        yield Fault("not_finite", at, text("Data are finite numbers; {sent} arrived.", sent=quoted(value)))
    elif isinstance(value, int) and abs(value) >= 1 << 1023:
        yield Fault("not_finite", at, text("Data are finite numbers; {sent} arrived.", sent=quoted(hex(value))))
    elif isinstance(value, str) and _looks_numeric(value):
        message = text(
            "“{sent}” is a text to YAML. Write numbers with a point and a signed exponent, such as 1.0e-3.",
            sent=quoted(value),
        )
        yield Fault("number_as_text", at, message)
    elif value is not None and not isinstance(value, (bool, int, float, str)):
        message = text("“{sent}” is a time to YAML. Put it in quotes.", sent=quoted(value))
        yield Fault("wrong_type", at, message)


def _looks_numeric(value: str) -> bool:
    """Whether a text is a number to everybody but YAML 1.1, such as 1e-3."""
    try:
        float(value)
    except ValueError:
        return False
    return any(letter.isdigit() for letter in value)


def _leaves(value: object, at: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*at, index))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, (*at, name))
    else:
        yield at, value


def _first(faults: Iterator[Fault]) -> Iterator[Fault]:
    for fault in faults:
        yield fault
        return


def _longest(value: object) -> int:
    return max([len(value), *map(_longest, value)]) if isinstance(value, list) else 0


def _numbers(value: object) -> int:
    if isinstance(value, dict):
        return sum(map(_numbers, value.values()))
    return sum(map(_numbers, value)) if isinstance(value, list) else 1


def _too_many(values: list[Any], limit: int, at: Path) -> Iterator[Fault]:
    if len(values) > limit:
        message = text("There are {count} of them here; at most {limit} are allowed.", count=len(values), limit=limit)
        yield Fault("too_large", at, message)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
