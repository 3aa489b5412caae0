"""What is asked of an entry: how far it may miss, to how many digits, and what a field of each kind is."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.assignments import FieldSpec, Question, ToleranceSpec

__all__ = ["Array", "Fields", "asked_of", "decimals_asked", "figure", "misses", "one_hot", "ranks", "tolerances"]

Array = NDArray[np.float64]
"""Real numbers, or complex ones where a field is complex."""
Fields: TypeAlias = dict[str, Array]
"""Fields by name, with a leading batch axis or without."""


def asked_of(question: Question, name: str, otherwise: ToleranceSpec) -> ToleranceSpec:
    """A field's own tolerance, the question's, or else the assignment's; whole numbers and labels are exact."""
    spec = question.fields[name]
    if spec.kind in ("integer", "labels"):
        return spec.tolerance or ToleranceSpec(exact=True)
    return spec.tolerance or question.tolerance or otherwise


def tolerances(spec: ToleranceSpec, expected: Array) -> Array:
    """The tolerance of every entry, read from the assignment anew."""
    if spec.exact:
        return np.full(expected.shape, 1e-9)
    if spec.decimals is not None:
        return np.full(expected.shape, 0.5 * 10.0**-spec.decimals)
    size = np.abs(expected)
    if spec.significant is not None:
        exponent = np.floor(np.log10(np.where(size > 0, size, 1.0)))
        return np.asarray(np.where(size > 0, 0.5 * 10.0 ** (exponent - spec.significant + 1), 1e-12))
    return np.asarray(np.maximum(spec.atol or 0.0, (spec.rtol or 0.0) * size))


def decimals_asked(spec: ToleranceSpec, values: Array, *, span: bool = False) -> int | None:
    """To how many decimals values may be rounded and stay right; None where they may not be."""
    if spec.exact:
        return None
    if spec.decimals is not None:
        return spec.decimals
    if span and spec.atol is not None:  # it bounds a sine; such problems are made for three decimals
        return 3
    least = float(tolerances(spec, values).min())
    return None if least <= 0 else math.ceil(-math.log10(2.0 * least))


def misses(sent: NDArray[Any], expected: NDArray[Any]) -> Array:
    """By how much entries miss; of complex ones, by how much the worse of their parts does."""
    error = sent - expected
    worse: Array = np.maximum(np.abs(error.real), np.abs(error.imag))
    return worse


def figure(record: Any, name: str, spec: FieldSpec) -> Array:  # noqa: ANN401 - a solver's record
    """A field of a solver's record, as it is moved: labels as one-hot rows, a column a label, in the labels' order."""
    value = np.asarray(getattr(record, spec.output or name))
    if spec.kind == "labels":
        rows: Array = one_hot(ranks(value[None]), spec.n_labels or 0)[0]
        return rows
    return np.asarray(value, dtype=complex if spec.kind == "complex" else float)


def ranks(labels: NDArray[Any]) -> NDArray[np.intp]:
    """The rank, counted from 0, of every label among the labels of its row: shapes (batch, n)."""
    return np.stack([np.unique(row, return_inverse=True)[1].reshape(row.shape) for row in labels])


def one_hot(ranked: NDArray[np.intp], n_labels: int) -> Array:
    """Rows of a one and zeros, shape (batch, n, n_labels); all zeros where there are more labels than columns."""
    return np.asarray((ranked[..., None] == np.arange(n_labels)).astype(float))
