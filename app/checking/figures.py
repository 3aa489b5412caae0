"""Figures in the form in which they are compared: floats, complex numbers, or one-hot rows of labels; and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import graders
from app.answers import Answer, FieldAnswer
from app.assignments import MOST_EXACT, FieldSpec, array_of

__all__ = ["as_input", "as_json", "figure", "in_kind", "replaced", "sent_values", "transformed", "written"]

Array = NDArray[Any]

_APPLY: Mapping[str, Callable[[Array], Array]] = {
    "sqrt": np.sqrt,
    "square": np.square,
    "negate": np.negative,
    "halve": lambda value: value / 2,
    "double": lambda value: value * 2,
    "exp": np.exp,
    "log": np.log,
    "conjugate": np.conj,
    "real": lambda value: value.real + 0.0 * value,
}


def transformed(value: object, how: str) -> Array:
    """Do something to every entry, by its name in assignment files."""
    return _APPLY[how](np.asarray(value))


def sent_values(answer: Answer, spec: FieldSpec) -> Array:
    """The numbers of a field as sent, in the form in which they are compared."""
    if not isinstance(answer, FieldAnswer):
        raise TypeError(f"a numeric field holds {type(answer).__name__}")
    if spec.kind != "labels":
        return answer.values
    return np.asarray(graders.one_hot(answer.values[None], spec.compared[-1])[0])


def figure(record: object, name: str, spec: FieldSpec, apply: str | None = None) -> Array:
    """Take a field's figure from what a solver gave.

    Parameters
    ----------
    record : object
        The solver's.
    name : str
        The field.
    spec : FieldSpec
    apply : str, optional
        What a mistake does to every entry.

    Returns
    -------
    ndarray
        In the form in which it is compared.

    Raises
    ------
    ValueError
        Where the figure is not finite, or not of the field's kind.
    """
    value = np.asarray(getattr(record, spec.output or name))
    if apply is not None:
        value = transformed(value, apply)
    return in_kind(value, name, spec)


def in_kind(value: Array, name: str, spec: FieldSpec) -> Array:
    """Bring a figure into the form in which fields of a kind are compared; see `figure`."""
    if value.dtype.kind == "c" and spec.kind != "complex":
        raise ValueError(f"{name} is complex; declare kind: complex")
    number = value.astype(np.complex128 if spec.kind == "complex" else np.float64)
    if not np.isfinite(number).all():
        raise ValueError(f"{name} is not finite")
    if spec.kind in ("integer", "labels") and not (
        (number == np.rint(number)).all() and (np.abs(number) <= MOST_EXACT).all()
    ):
        raise ValueError(f"{name} holds other numbers than whole ones up to 2**53, although its kind is {spec.kind}")
    return _ranked(number, name, spec) if spec.kind == "labels" else number


def _ranked(labels: Array, name: str, spec: FieldSpec) -> Array:
    if labels.shape != spec.shape:
        raise ValueError(f"{name} has the shape {labels.shape}; labels of the shape {spec.shape} are declared")
    names, ranks = np.unique(labels, return_inverse=True)
    if len(names) != spec.n_labels:
        raise ValueError(f"{name} has {len(names)} different labels; n_labels is {spec.n_labels}")
    return np.asarray(graders.one_hot(ranks.reshape(1, -1), len(names))[0])


def as_input(value: Array, spec: FieldSpec) -> Array:
    """A field in the form that solvers take: labels as whole numbers from 0, in the order of their names."""
    return graders.label_of(value) if spec.kind == "labels" else value


def as_json(value: Array, spec: FieldSpec) -> object:
    """A field as a learner would send it: complex numbers as objects of their parts, labels as whole numbers."""
    listed: object = _objects(value) if spec.kind == "complex" else as_input(value, spec).tolist()
    return listed


def _objects(value: Array) -> object:
    if value.ndim:
        return [_objects(inner) for inner in value]
    return {"re": float(value.real), "im": float(value.imag)}


def written(values: Mapping[str, object]) -> object:
    """What a solver would give, of figures that are written down."""
    return SimpleNamespace(**{name: array_of(value) for name, value in values.items()})


def replaced(record: object, values: Mapping[str, object]) -> object:
    """A record with some of its figures replaced by those that are written down."""
    return SimpleNamespace(**vars(record) | vars(written(values)))
