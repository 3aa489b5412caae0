"""The fields of an answer, brought into the one form that alignments and comparisons work on.

A symmetry acts on one axis of each field that it moves. Bring that axis last, flatten the rest, and write the fields
below each other: every answer is then a matrix of rows by components. What depends on the truth alone is prepared
once (`Sheet`); an answer written on it is a `Part`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from graders.errors import ShapeMismatchError, SymmetryError
from graders.tolerance import EDGE, Array, Tolerance

__all__ = ["Kind", "Move", "Part", "Sheet", "tame"]

Kind = Literal["fixed", "linear", "magnitude", "form"]
"""How fields depend on the element g: not at all, as T g, as T |g|^2 (order without sign), or as g' T g."""

_WILD = 1e100  # no true entry is near it, and its square times a million rows is still finite


@dataclass(frozen=True)
class Move:
    """How a symmetry element g moves a field.

    Parameters
    ----------
    axes : tuple of int
        The axis of the field (the batch axis not counted) that g acts on from the right; two axes for a
        quadratic form such as Sigma under a rotation, which becomes g' Sigma g.
    magnitude : bool
        Move by the entrywise squares of g instead: order without sign, as eigenvalues do. For a signed
        permutation these are |g|; inside a block of equal eigenvalues they still average equal numbers.

    Examples
    --------
    >>> Move((1,)).kind
    'linear'
    """

    axes: tuple[int, ...]
    magnitude: bool = False

    def __post_init__(self) -> None:
        if len(self.axes) not in (1, 2) or len(set(self.axes)) != len(self.axes):
            raise SymmetryError(f"a field is moved on one axis or on two different ones; got {self.axes}")
        if self.magnitude and len(self.axes) == 2:
            raise SymmetryError("a field moved on two axes cannot move by magnitude")

    @property
    def kind(self) -> Kind:
        """How the field depends on g."""
        if len(self.axes) == 2:
            return "form"
        return "magnitude" if self.magnitude else "linear"


def tame(answer: Array) -> Array:
    """Make every entry finite and no larger than 1e100, so that sums of squares stay finite.

    Only alignments see the result; verdicts compare the answer itself.
    """
    if answer.size and float(np.abs(answer).max()) <= _WILD:  # false for NaN
        return answer
    if answer.dtype.kind == "c":
        tamed: Array = tame(answer.real) + 1j * tame(answer.imag)
        return tamed
    return np.asarray(np.clip(np.nan_to_num(answer, nan=0.0), -_WILD, _WILD))


@dataclass(frozen=True)
class Column:
    """How one field is written as rows by components, and back.

    Parameters
    ----------
    name : str
        The field.
    shape : tuple of int
        Its shape as it is sent, without the batch axis.
    axes : tuple of int
        The axes that go last: none for a fixed field, whose rows then have one entry each.
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[int, ...]

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The axes, the batch axis counted, in the order in which they are written."""
        rest = [axis + 1 for axis in range(len(self.shape)) if axis not in self.axes]
        return (0, *rest, *(axis + 1 for axis in self.axes))

    @cached_property
    def rows(self) -> int:
        """How many rows it takes."""
        return int(np.prod([size for axis, size in enumerate(self.shape) if axis not in self.axes], dtype=int))

    def write(self, array: Array) -> Array:
        """Bring a batch of fields into rows."""
        moved = array.transpose(self.order)
        last = moved.shape[len(moved.shape) - len(self.axes) :] if self.axes else (1,)
        return moved.reshape(len(array), self.rows, *last)

    def read(self, written: Array) -> Array:
        """Bring rows back into a batch of fields."""
        rest = [size for axis, size in enumerate(self.shape) if axis not in self.axes]
        last = written.shape[2:] if self.axes else ()
        return np.asarray(written.reshape(len(written), *rest, *last).transpose(tuple(np.argsort(self.order).tolist())))

    def index(self, flat: int) -> list[int]:
        """The index in the field of an entry counted row by row."""
        written = [self.shape[axis - 1] for axis in self.order[1:]]
        places = np.unravel_index(flat, written) if written else ()
        index = [0] * len(self.shape)
        for axis, place in zip(self.order[1:], places, strict=True):
            index[axis - 1] = int(place)
        return index


@dataclass(frozen=True)
class Sheet:
    """True fields of one kind below each other, and what else does not depend on the answer.

    Parameters
    ----------
    kind : {"fixed", "linear", "magnitude", "form"}
        How they depend on the element. A sheet of forms holds one field.
    columns : sequence of Column
        One a field.
    truth : ndarray of shape (batch or 1, rows, kt) or (batch or 1, rows, kt, kt)
    tolerances : sequence of Tolerance
        One a field.
    room : ndarray of the truth's shape, optional
        What every entry may miss by beyond its tolerance. It does not move with the symmetry.
    """

    kind: Kind
    columns: Sequence[Column]
    truth: Array
    tolerances: Sequence[Tolerance]
    room: Array | None = None

    @classmethod
    def of(
        cls,
        kind: Kind,
        truths: Mapping[str, Array],
        tolerances: Mapping[str, Tolerance],
        axes: Mapping[str, tuple[int, ...]],
        width: int | None,
        room: Mapping[str, Array] | None = None,
    ) -> Sheet:
        """Write true fields on a sheet; `width` is the answer's number of components where the truth has more."""
        columns, written = [], []
        for name, truth in truths.items():
            if any(axis >= truth.ndim - 1 for axis in axes[name]):
                raise SymmetryError(f"field {name!r} has {truth.ndim - 1} axes and cannot be moved on {axes[name]}")
            sent = [
                width if width is not None and axis in axes[name] else size for axis, size in enumerate(truth.shape[1:])
            ]
            columns.append(Column(name, tuple(sent), axes[name]))
            written.append(columns[-1].write(truth))
        batch = max(len(truth) for truth in written)
        broad = [np.broadcast_to(truth, (batch, *truth.shape[1:])) for truth in written]
        if len({truth.shape[2:] for truth in broad}) != 1:
            raise SymmetryError(f"the fields {', '.join(truths)} have different numbers of components")
        rooms = None
        if room and not room.keys().isdisjoint(truths):
            none = {name: np.zeros((1, *truth.shape[1:])) for name, truth in truths.items()}
            pieces = [column.write(room.get(column.name, none[column.name])) for column in columns]
            longest = max(len(piece) for piece in pieces)
            rooms = np.concatenate([np.broadcast_to(one, (longest, *one.shape[1:])) for one in pieces], axis=1)
        return cls(kind, columns, np.concatenate(broad, axis=1), [tolerances[name] for name in truths], rooms)

    @cached_property
    def starts(self) -> Array:
        """The first row of each field."""
        return np.cumsum([0, *(column.rows for column in self.columns[:-1])])

    @cached_property
    def bound(self) -> Array | None:
        """The nominal tolerance row by row, where it does not depend on the entry."""
        if self.room is not None or not all(tolerance.absolute for tolerance in self.tolerances):
            return None
        if len(self.tolerances) == 1:
            return np.asarray(self.tolerances[0].atol)
        atol = [tolerance.atol for tolerance in self.tolerances]
        return np.repeat(atol, [column.rows for column in self.columns])[None, :, None]

    @cached_property
    def atol(self) -> Array:
        """The absolute tolerance of each field; -1, which nothing is within, unless that is all there is to it."""
        return np.array([tolerance.atol if self.bound is not None else -1.0 for tolerance in self.tolerances])

    def nominal(self, expected: Array) -> Array:
        """The tolerances as their author wrote them, entry by entry (or a shape that broadcasts to it)."""
        if self.bound is not None:
            return self.bound
        stops = [*self.starts[1:], expected.shape[1]]
        pieces = []
        for tolerance, start, stop in zip(self.tolerances, self.starts, stops, strict=True):
            piece = expected[:, start:stop]
            pieces.append(np.broadcast_to(tolerance.nominal(piece), piece.shape))
        nominal = np.concatenate(pieces, axis=1)
        return nominal if self.room is None else np.asarray(nominal + self.room)

    def allowed(self, expected: Array) -> Array:
        """The bounds that decide: the nominal ones and a few units in the last place."""
        nominal = self.nominal(expected)
        return np.asarray(nominal + self.edge * np.abs(expected) + EDGE * nominal)

    @cached_property
    def edge(self) -> float | Array:
        """What share of an entry rounding may be, row by row where whole numbers stand among others."""
        if not any(tolerance.whole for tolerance in self.tolerances):
            return EDGE
        edges = [tolerance.edge for tolerance in self.tolerances]
        rows = np.repeat(edges, [column.rows for column in self.columns])[None, :, None]
        return rows[..., None] if self.kind == "form" else rows

    @cached_property
    def true_allowed(self) -> Array:
        """The bounds that decide, of the truth as it stands."""
        return self.allowed(self.truth)

    @cached_property
    def leading(self) -> Array:
        """The truth, conjugate-transposed and weighed: what an answer is multiplied by for M = sum_f w_f T_f^H A_f.

        Every field is weighed in units of its own tolerance, so that what is asked more sharply counts more.
        """
        return np.asarray((self.truth * self.weights).conj().swapaxes(1, 2))

    @cached_property
    def weights(self) -> Array:
        """The weight of every row in a least-squares alignment; shape (rows, 1)."""
        tiny = np.finfo(np.float64).tiny
        pieces = np.split(self.truth, self.starts[1:], axis=1)
        scales = [
            max(float(np.mean(tolerance.nominal(piece))), tiny)
            for tolerance, piece in zip(self.tolerances, pieces, strict=True)
        ]
        weights = [(min(scales) / scale) ** 2 for scale in scales]
        return np.repeat(weights, [column.rows for column in self.columns])[:, None]

    @cached_property
    def lengths(self) -> Array:
        """The weighed length of every true column (1 where it is zero); shape (batch or 1, kt)."""
        squares = np.einsum("bij,bji->bi", self.leading, self.truth).real
        return np.sqrt(np.where(squares > 0, squares, 1.0))

    def written(self, answers: Mapping[str, Array]) -> Array:
        """Write a batch of answers as the truth is written.

        Raises
        ------
        ShapeMismatchError
            Where a shape is not the one asked for: broadcasting is not equality.
        """
        pieces = []
        for column in self.columns:
            answer = answers[column.name]
            if answer.shape[1:] != column.shape:
                message = f"field {column.name!r} has shape {answer.shape[1:]}; {column.shape} is wanted"
                raise ShapeMismatchError(message)
            if len(self.truth) not in (1, len(answer)):
                raise ShapeMismatchError(f"there are {len(answer)} answers and {len(self.truth)} truths")
            pieces.append(column.write(answer))
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=1)

    def take(self, rows: Array) -> Sheet:
        """The truths of some submissions."""
        room = self.room if self.room is None or len(self.room) == 1 else self.room[rows]
        return (
            self
            if len(self.truth) == 1 and room is self.room
            else replace(self, truth=self.truth if len(self.truth) == 1 else self.truth[rows], room=room)
        )


@dataclass(frozen=True)
class Part:
    """A batch of answers on a sheet.

    Parameters
    ----------
    sheet : Sheet
        The truth beside it.
    sent : ndarray of shape (batch, rows, k) or (batch, rows, k, k)
        The answers as they were sent.
    """

    sheet: Sheet
    sent: Array

    @cached_property
    def answer(self) -> Array:
        """The answers with every entry finite, for alignments."""
        return tame(self.sent)

    @property
    def truth(self) -> Array:
        """The truth beside them."""
        return self.sheet.truth

    def take(self, rows: Array) -> Part:
        """Some submissions of the batch."""
        return Part(self.sheet.take(rows), self.sent[rows])

    def restrict(self, run: slice, kept: slice) -> Part:
        """Some columns of the truth and of the answers."""
        room = None if self.sheet.room is None else self.sheet.room[:, :, run]
        return Part(replace(self.sheet, truth=self.sheet.truth[:, :, run], room=room), self.sent[:, :, kept])

    def reordered(self, sequence: Array) -> Part:
        """The answers' columns in another sequence, of shape (batch, k)."""
        return Part(self.sheet, np.take_along_axis(self.sent, sequence[:, None], axis=2))
