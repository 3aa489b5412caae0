"""Answers that can be read and are hostile to arithmetic: huge, denormal, equal, zero, nearly singular or right."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.assignments import FieldSpec
from tests.fuzz.documents import submission
from tests.fuzz.material import targets
from tests.fuzz.texts import string

__all__ = ["body"]

Array = NDArray[Any]
_HOSTILE = (0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 1.7e308, 5e-324, 2e-308, 1e-160, 1e154, 1e-16, 2.0**53, 1e16, 0.5, 3.0)
_MOST = 2**53


def body(rng: Random) -> bytes:
    """A submission whose every field can be read, most of the time."""
    target = rng.choice(targets())
    document = submission(rng, target)
    numbers = np.random.default_rng(rng.getrandbits(64))
    for question, fields in document["answers"].items():
        specs = target.assignment.question(question).fields
        if rng.random() < 0.15:  # one question is right: what follows from it is not
            continue
        for name, right in list(fields.items()):
            fields[name] = _field(rng, numbers, specs[name], right)
            if rng.random() < 0.05:
                del fields[name]
        _swapped(rng, fields)
    return json.dumps(document).encode()


def _swapped(rng: Random, fields: dict[str, Any]) -> None:
    """Now and then one field's values where another's belong; what has another shape is refused."""
    if len(fields) > 1 and rng.random() < 0.02:
        one, other = rng.sample(sorted(fields), 2)
        fields[one] = fields[other]


def _field(rng: Random, numbers: np.random.Generator, spec: FieldSpec, right: Any) -> Any:  # noqa: ANN401 - JSON
    match spec.kind:
        case "text":
            return string(rng).replace("\0", "").encode("utf-8", "ignore").decode()
        case "file":
            return right
        case "labels":
            names = rng.choice(
                ([0, 1], [1, 0], [2**53, -(2**53)], ["a", "b"], [0], list(range(20)), ["1", "一", "a b"])
            )
            return [rng.choice(names) for _ in right]
        case "integer":
            values = np.array(right, dtype=float)
            changed = np.rint(np.clip(_changed(rng, numbers, values), -_MOST, _MOST))
            return np.array(changed, dtype=object).astype(int).tolist() if values.ndim else int(changed)
        case "complex":
            shape = np.shape(right)
            parts = [
                _changed(rng, numbers, np.ones(shape) if rng.random() < 0.5 else np.zeros(shape)) for _ in range(2)
            ]
            written = [f"{re!r}{im:+}j" for re, im in zip(*(part.ravel().tolist() for part in parts), strict=True)]
            return np.array(written, dtype=object).reshape(shape).tolist() if shape else written[0]
        case _:
            return _changed(rng, numbers, np.array(right, dtype=float)).tolist()


def _changed(rng: Random, numbers: np.random.Generator, values: Array) -> Array:
    """Change values; they stay finite."""
    with np.errstate(all="ignore"):
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            changed = rng.choice(_CHANGES)(rng, numbers, values)
            if changed.shape == values.shape:
                values = changed
    return np.nan_to_num(values, nan=0.0)


def _one_entry(rng: Random, _numbers: np.random.Generator, values: Array) -> Array:
    changed = values.copy()
    if changed.size:
        changed.reshape(-1)[rng.randrange(changed.size)] = rng.choice(_HOSTILE)
    return changed


def _equal_columns(rng: Random, _numbers: np.random.Generator, values: Array) -> Array:
    changed = values.copy()
    if changed.ndim and changed.shape[-1] > 1:
        changed[..., 0] = changed[..., -1] * rng.choice((1.0, -1.0, 1 + 1e-15, 1 + 1e-9, 1 + 1e-4, 0.0))
    return changed


def _one_column(rng: Random, _numbers: np.random.Generator, values: Array) -> Array:
    changed = values.copy()
    if changed.ndim:
        changed[..., rng.randrange(changed.shape[-1])] = rng.choice(_HOSTILE)
    return changed


def _turned(_rng: Random, numbers: np.random.Generator, values: Array) -> Array:
    if not values.ndim:
        return -values
    size = values.shape[-1]
    return np.asarray(values @ np.linalg.qr(numbers.normal(size=(size, size)))[0])


def _reordered(rng: Random, numbers: np.random.Generator, values: Array) -> Array:
    if not values.ndim:
        return values
    return numbers.permutation(values, axis=rng.randrange(values.ndim))


_CHANGES: tuple[Callable[[Random, np.random.Generator, Array], Array], ...] = (
    lambda rng, _numbers, values: np.full(values.shape, rng.choice(_HOSTILE)),
    lambda _rng, numbers, values: numbers.choice(np.array(_HOSTILE), size=values.shape),
    lambda rng, _numbers, values: values * rng.choice(_HOSTILE),
    lambda rng, _numbers, values: values + rng.choice(_HOSTILE),
    lambda rng, numbers, values: values + 10.0 ** rng.randrange(-17, 3) * numbers.normal(size=values.shape),
    lambda rng, numbers, values: numbers.normal(size=values.shape) * 10.0 ** rng.randrange(-308, 308),
    lambda _rng, numbers, values: numbers.integers(-3, 4, size=values.shape).astype(float),
    lambda _rng, numbers, values: 10.0 ** numbers.uniform(-320, 308, size=values.shape),
    lambda rng, _numbers, values: np.round(values, rng.randrange(5)),
    lambda _rng, numbers, values: values * numbers.choice([-1.0, 1.0], size=values.shape[-1:]),
    lambda _rng, _numbers, values: np.eye(*values.shape) if values.ndim == 2 else np.ones(values.shape),
    lambda _rng, _numbers, values: values.swapaxes(0, -1) if values.ndim else -values,
    _one_entry,
    _one_column,
    _equal_columns,
    _turned,
    _reordered,
)
