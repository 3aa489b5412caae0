"""The truth of one question, laid out as declared, and the elements that move it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.assignments import Convention, FieldSpec, MoveSpec, Question, ToleranceSpec, laid_out
from tests.accuracy.asked import Array, Fields, one_hot, ranks

__all__ = ["Known", "act", "haar"]


@dataclass(frozen=True)
class Known:
    """The truth of one question under one convention.

    Parameters
    ----------
    question : Question
    fields : dict of str to ndarray
        As declared, and labels as one-hot rows, a column a label; a moved axis is longer than asked where a spectrum is
        cut inside an eigenspace.
    specs : dict of str to ToleranceSpec
    group : str
        ``identity`` where there is none.
    blocks : tuple of slice
        The runs of equal eigenvalues among the truth's columns.
    total, width : int
        Columns of the truth, and of an answer.
    pinned : tuple of int
    convention : Convention, optional
    """

    question: Question
    fields: Fields
    specs: Mapping[str, ToleranceSpec]
    group: str
    blocks: tuple[slice, ...] = ()
    total: int = 0
    width: int = 0
    pinned: tuple[int, ...] = ()
    convention: Convention | None = None

    @property
    def discrete(self) -> bool:
        """Whether the group is finite."""
        if self.group in ("rotation", "span", "phase"):
            return False
        return self.group not in ("eigenbasis", "signed_order") or len(self.blocks) == self.total

    @property
    def cut(self) -> int:
        """How many of the truth's last columns are the eigenspace that the answer has a part of."""
        return self.blocks[-1].stop - self.blocks[-1].start if self.total > self.width else 0

    @property
    def moved(self) -> list[str]:
        """The required fields that the group moves."""
        return [name for name in self.required if self.moves(name)]

    @property
    def required(self) -> list[str]:
        """The fields that have to be right."""
        return [name for name, spec in self.question.fields.items() if spec.required]

    @property
    def entries(self) -> int:
        """How many numbers an answer has."""
        return sum(math.prod(spec.shape) for spec in self.question.fields.values())

    def field(self, name: str) -> FieldSpec:
        """What is declared of a field."""
        return self.question.fields[name]

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of an answer's field as the group moves it."""
        spec = self.field(name)
        return (*spec.shape, spec.n_labels or 0) if spec.kind == "labels" else spec.shape

    def moves(self, name: str) -> MoveSpec | None:
        """How the group moves a field; labels by their columns."""
        spec = self.field(name)
        return MoveSpec(axes=(1,)) if spec.kind == "labels" else spec.moves

    def sent_shape(self, name: str) -> tuple[int, ...]:
        """The shape in which a field is sent."""
        layout = self.convention.layout.get(name) if self.convention else None
        return laid_out(self.field(name).shape, layout)

    def sent(self, fields: Fields) -> Fields:
        """Write a batch of fields as the convention lays them out, and labels as numbers counted from 0."""
        layouts = self.convention.layout if self.convention else {}
        laid = {
            name: value.argmax(axis=2).astype(float) if self.field(name).kind == "labels" else value
            for name, value in fields.items()
        }
        for name, layout in layouts.items():
            if layout == "transposed":
                laid[name] = np.ascontiguousarray(fields[name].swapaxes(1, 2))
            else:
                laid[name] = np.diagonal(fields[name], axis1=1, axis2=2).copy()
        return laid

    def canonical(self, name: str, values: Array) -> Array:
        """Bring a batch of a field as it was sent back into the layout in which the group moves it."""
        if self.field(name).kind == "labels":
            return one_hot(ranks(values), self.field(name).n_labels or 0)
        layout = self.convention.layout.get(name) if self.convention else None
        if layout == "transposed":
            return values.swapaxes(1, 2)
        if layout == "diagonal":
            return np.asarray(values[:, :, None] * np.eye(values.shape[1]))
        return values

    def narrowed(self, fields: Fields) -> Known:
        """The same question with a truth that has as many columns as an answer."""
        blocks = tuple(slice(one.start, min(one.stop, self.width)) for one in self.blocks if one.start < self.width)
        return replace(self, fields=fields, blocks=blocks, total=self.width)

    def identity(self, size: int) -> Array:
        """The neutral element, a batch of it."""
        return np.broadcast_to(np.eye(self.total, self.width), (size, self.total, self.width))

    def draw(self, rng: np.random.Generator, size: int) -> Array:
        """Draw elements: matrices of shape (size, total, width) that the truth's columns are multiplied by."""
        if self.group == "identity":
            return self.identity(size)
        if self.group == "relabelling":
            return np.asarray(np.eye(self.total)[self._orders(rng, size)].swapaxes(1, 2))
        if self.group in ("rotation", "span"):
            element = self.identity(size).copy()
            if self.cut:
                last = slice(self.total - self.cut, self.total)
                kept = slice(last.start, self.width)
                element[:, last, kept] = haar(rng, size, self.cut)[:, :, : self.width - last.start]
            turned = haar(rng, size, self.width)
            plain = rng.random(size) < 0.25
            turned[plain] = _signed_orders(rng, int(plain.sum()), self.width)
            if self.group == "span":
                stretch = rng.uniform(0.5, 2.0, size=(size, 1, self.width))
                turned = turned * stretch @ haar(rng, size, self.width)
            return np.asarray(element @ turned)
        if self.group == "phase":
            turn = np.exp(2j * np.pi * rng.uniform(size=(size, 1, self.width)))
            plain = rng.random(size) < 0.25
            turn[plain] = rng.choice([1, -1, 1j, -1j], size=(int(plain.sum()), 1, self.width))
            return np.asarray(turn * np.eye(self.width))
        element = np.zeros((size, self.total, self.width))
        for block in self.blocks:
            kept = slice(block.start, min(block.stop, self.width))
            element[:, block, kept] = haar(rng, size, block.stop - block.start)[:, :, : kept.stop - kept.start]
        if self.group == "signed_order":
            order = rng.permuted(np.tile(np.arange(self.width), (size, 1)), axis=1)
            element = np.take_along_axis(element, order[:, None], axis=2)
        return element

    def _orders(self, rng: np.random.Generator, size: int) -> NDArray[np.intp]:
        free = np.setdiff1d(np.arange(self.total), self.pinned)
        order = np.tile(np.arange(self.total), (size, 1))
        order[:, free] = rng.permuted(np.tile(free, (size, 1)), axis=1)
        return order

    def acted(self, element: Array, names: Sequence[str] | None = None) -> Fields:
        """The truth under a batch of elements, as declared."""
        found = {}
        for name in self.question.fields if names is None else names:
            moves, value = self.moves(name), self.fields[name]
            if moves is None:
                found[name] = np.broadcast_to(value, (len(element), *value.shape)).copy()
            else:
                found[name] = act(element, value, moves.axes, magnitude=moves.magnitude)
        return found


def haar(rng: np.random.Generator, size: int, k: int) -> Array:
    """A batch of Haar-distributed orthogonal matrices."""
    if k == 1:
        return rng.choice([-1.0, 1.0], size=(size, 1, 1))
    q, r = np.linalg.qr(rng.normal(size=(size, k, k)))
    return np.asarray(q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None])


def _signed_orders(rng: np.random.Generator, size: int, k: int) -> Array:
    order = rng.permuted(np.tile(np.arange(k), (size, 1)), axis=1)
    return np.asarray(np.eye(k)[order] * rng.choice([-1.0, 1.0], size=(size, 1, k)))


def act(element: Array, value: Array, axes: Sequence[int], *, magnitude: bool = False) -> Array:
    """Move one field by a batch of elements, on one axis or two."""
    moved = value[None]
    for axis in axes:
        last = np.moveaxis(moved, axis + 1, -1)
        shape = last.shape[1:-1]
        flat = last.reshape(len(last), -1, last.shape[-1]) @ (np.abs(element) ** 2 if magnitude else element)
        moved = np.moveaxis(flat.reshape(len(element), *shape, element.shape[2]), -1, axis + 1)
    return np.ascontiguousarray(moved)
