"""Wrong answers that look like any other: noise, what other data give, and too few digits."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import Any

import numpy as np

import reference
from tests.accuracy.asked import Array, decimals_asked, one_hot
from tests.accuracy.cases import Case
from tests.accuracy.known import Known
from tests.accuracy.refuted import alone
from tests.accuracy.right import chosen, write
from tests.accuracy.truths import Work

__all__ = ["cut_off", "fewer_decimals", "noise", "other_data"]


def noise(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Random numbers of the right shape and scale."""
    known = work.known(question)
    fields = {}
    for name in known.required:
        shape, scale = known.shape(name), float(np.abs(known.fields[name]).max()) or 1.0
        fields[name] = scale * rng.normal(size=(size, *shape))
        match known.field(name).kind:
            case "labels":
                fields[name] = one_hot(rng.integers(shape[1], size=(size, shape[0])), shape[1])
            case "integer":
                fields[name] = np.rint(3.0 * fields[name])
            case "complex":
                fields[name] = fields[name] + 1j * scale * rng.normal(size=(size, *shape))
    return alone("random noise", work, known, fields, own=False)


def other_data(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """The truth of data that differ a little, or of quite other ones."""
    cases: list[Case] = []
    truth = work.assignment.question(question).truth
    for far in (
        (0.02,) if truth and truth.solver.endswith(".fit") else (0.02, 1.0)
    ):  # EM takes long on what is no mixture
        other = _other(work, far)
        try:
            theirs = other.known(question)
        except reference.errors.SolverError:
            continue
        known = work.known(question)
        fields = theirs.acted(theirs.draw(rng, max(1, size // 2)), known.required)
        cases += alone("the truth of other data", work, known, write(known, fields, 0), own=False)
    return cases


_SAMPLES = {"X", "x", "y", "m", "edges", "A", "coefficients"}


@lru_cache(maxsize=16)
def _other(work: Work, far: float) -> Work:
    rng = np.random.default_rng(int(1000 * far))
    data: dict[str, Any] = deepcopy(dict(work.data))
    for question in work.numeric:
        truth = work.assignment.question(question).truth
        for name, source in truth.inputs.items() if truth else ():
            if source.data is None or name not in _SAMPLES:
                continue
            value = np.array(work.datum(source.data))
            if name == "edges":
                _put(data, source.data, _moved_edge(rng, value))
            elif name != "y" or value.dtype.kind == "f":  # whole numbers there are labels
                scale = far * (float(value.std()) or 1.0)
                _put(data, source.data, (value + scale * rng.normal(size=value.shape)).tolist())
    return Work(work.assignment, data)


def _put(data: dict[str, Any], path: str, value: object) -> None:
    *steps, last = path.split(".")
    for step in steps:
        data = data[step]
    data[last] = value


def _moved_edge(rng: np.random.Generator, edges: Array) -> list[list[int]]:
    """Leave out one edge whose ends have others, and put in one that is not there, where there are such."""
    pairs = [(min(pair), max(pair)) for pair in edges.tolist()]
    vertices = int(edges.max())
    degrees = np.bincount(edges.ravel(), minlength=vertices + 1)
    loose = [pair for pair in pairs if degrees[list(pair)].min() > 1]
    absent = [(i, j) for j in range(1, vertices + 1) for i in range(1, j) if (i, j) not in set(pairs)]
    kept = set(pairs)
    if loose:
        kept.discard(loose[rng.integers(len(loose))])
    if absent:
        kept.add(absent[rng.integers(len(absent))])
    return [list(pair) for pair in sorted(kept)]


def cut_off(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Cut off after the decimals asked instead of rounded."""
    known = chosen(work, rng, question)
    return _coarse("cut off instead of rounded", work, rng, known, size, np.trunc, 0)


def fewer_decimals(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Rounded, but to fewer decimals than asked."""
    known = chosen(work, rng, question)
    return _coarse("fewer decimals", work, rng, known, size, np.rint, int(rng.integers(1, 3)))


def _coarse(
    generator: str, work: Work, rng: np.random.Generator, known: Known, size: int, whole: np.ufunc, fewer: int
) -> list[Case]:
    fields = known.acted(known.draw(rng, size), known.required)
    for name, value in fields.items():
        asked = decimals_asked(known.specs[name], value, span=known.group == "span")
        if asked is not None:
            fields[name] = _by_parts(whole, value * 10.0 ** (asked - fewer)) / 10.0 ** (asked - fewer)
    return alone(generator, work, known, fields, own=False)


def _by_parts(whole: np.ufunc, value: Array) -> Array:
    return np.asarray(whole(value.real) + 1j * whole(value.imag) if np.iscomplexobj(value) else whole(value))
