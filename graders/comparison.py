"""Compare a batch of answers with the truth, up to one symmetry element applied to all linked fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from graders.errors import SymmetryError
from graders.linked import Column, Kind, Move, Part, Sheet
from graders.symmetries import Identity, Span, Symmetry
from graders.tolerance import Array, Tolerance, entry_errors

__all__ = ["Comparison", "FieldComparison", "Target", "compare"]

LARGEST_ERROR = "largest entry error"
LARGEST_SINE = "largest sine of a principal angle"


@dataclass(frozen=True)
class FieldComparison:
    """What was measured on one field, for every submission of the batch.

    Parameters
    ----------
    correct : ndarray of bool, shape (batch,)
        Whether every entry is within its tolerance.
    measured, allowed : ndarray of shape (batch,)
        The deciding quantity and its bound: the error of the entry that misses by most tolerances.
    unit : str
        What is measured.
    errors : ndarray of shape (batch, rows, k) or (batch, rows, k, k)
        Every entry's error, as the field is written on its sheet. Where columns have no identity under the symmetry
        and the answer is refused, after an alignment that serves only to point.
    scores : ndarray of the same shape
        The errors, or where tolerances depend on the entry the errors in tolerances.
    column : Column
        How the field is written.
    indicative : bool
        Whether the worst entry only points.
    """

    correct: Array
    measured: Array
    allowed: Array
    unit: str
    errors: Array
    scores: Array
    column: Column
    indicative: bool = False

    def taken_from(self, other: FieldComparison, rows: Array) -> FieldComparison:
        """This comparison, with some submissions' results replaced by those of another one of the same field.

        Parameters
        ----------
        other : FieldComparison
            Of the same field, one row for each of `rows`.
        rows : ndarray of int
            The submissions whose results it replaces.
        """
        merged = {}
        for name in ("correct", "measured", "allowed", "errors", "scores"):
            values = getattr(self, name).copy()
            values[rows] = getattr(other, name)
            merged[name] = values
        return replace(self, **merged)

    def worst(self, row: int) -> tuple[list[int], float]:
        """The index of one submission's worst entry, counted from 0, and its error."""
        flat = int(self.scores[row].argmax())
        return self.column.index(flat), float(self.errors[row].reshape(-1)[flat])


@dataclass(frozen=True)
class Comparison:
    """A batch of answers compared under one symmetry.

    Parameters
    ----------
    symmetry : Symmetry
        The group.
    element : ndarray of shape (batch, ...) or None
        The elements applied, *student = truth g*.
    fields : mapping of str to FieldComparison
        One a field that was answered.
    """

    symmetry: Symmetry
    element: Array | None
    fields: Mapping[str, FieldComparison]


@dataclass(frozen=True)
class Target:
    """A truth, prepared once, that batches of answers are compared with.

    Parameters
    ----------
    truths : mapping of str to ndarray of shape (batch or 1, ...)
        Every field's truth. A moved axis may be longer than an answer's where a spectrum is cut inside a
        multiplicity and the symmetry says so.
    tolerances : mapping of str to Tolerance
        What an entry may miss by.
    symmetry : Symmetry
        The group; identity by default.
    moves : mapping of str to Move
        The fields that the symmetry moves, and how; all by the same element.
    room : mapping of str to ndarray of shape (batch or 1, ...)
        What entries of a field may miss by beyond its tolerance: a growth from rounded inputs, or standard errors. It
        belongs to the truth's entries as they stand, so that it is meant for fixed fields and imposed elements.

    Raises
    ------
    SymmetryError
        Where the symmetry cannot act on the fields.

    Notes
    -----
    ``error <= allowed`` decides, never ``not error > allowed``: NaN is wrong.

    Examples
    --------
    >>> from graders.symmetries import Signs
    >>> truth = {"v": np.array([[[0.6, -0.8], [0.8, 0.6]]])}
    >>> flipped = {"v": truth["v"] * np.array([1.0, -1.0])}
    >>> three = {"v": Tolerance.decimals(3)}
    >>> Target(truth, three, Signs(), {"v": Move((1,))}).compare(flipped).fields["v"].correct
    array([ True])
    >>> Target(truth, three).compare(flipped).fields["v"].correct
    array([False])
    """

    truths: Mapping[str, Array]
    tolerances: Mapping[str, Tolerance]
    symmetry: Symmetry = field(default_factory=Identity)
    moves: Mapping[str, Move] = field(default_factory=dict)
    room: Mapping[str, Array] = field(default_factory=dict)
    _prepared: dict[tuple[str, ...], list[Sheet]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        forms = [name for name, move in self.moves.items() if move.kind == "form"]
        if forms and not self.symmetry.quadratic:
            raise SymmetryError(f"{self.symmetry.group} cannot move a field on two axes: {', '.join(forms)}")
        if isinstance(self.symmetry, Span) and [move.kind for move in self.moves.values()] != ["linear"]:
            raise SymmetryError("a span is of one field, moved on one axis")

    def compare(self, answers: Mapping[str, Array], imposed: Array | None = None) -> Comparison:
        """Decide for every submission and field whether the answer is the truth up to the symmetry.

        Parameters
        ----------
        answers : mapping of str to ndarray of shape (batch, ...)
            The fields that were answered, by every submission of the batch.
        imposed : ndarray of shape (batch, ...), optional
            Elements found elsewhere, on a linked question. They are applied as they are.

        Returns
        -------
        Comparison

        Raises
        ------
        ShapeMismatchError
            Where shapes differ: broadcasting is not equality.
        SymmetryError
            Where the fields that were answered do not determine an element.
        """
        parts = [Part(sheet, sheet.written(answers)) for sheet in self._sheets(tuple(answers))]
        moved = [part for part in parts if part.sheet.kind != "fixed"]
        found: dict[str, FieldComparison] = {}
        for part in parts:
            if part.sheet.kind == "fixed":
                found.update(_entries(part, part.truth))
        element = imposed
        if moved and isinstance(self.symmetry, Span):
            found.update(_subspaces(self.symmetry, moved[0]))
        elif moved:
            element = self._judge_moved(moved, imposed, found)
        return Comparison(self.symmetry, element, {name: found[name] for name in answers})

    def under(self, element: Array | None, name: str) -> Array:
        """Move one field's truth by elements.

        Parameters
        ----------
        element : ndarray of shape (batch, ...) or None
            None leaves it as it is.
        name : str
            The field.

        Returns
        -------
        ndarray of shape (batch, ...)
            As the answer is written that it explains.
        """
        sheet = self._sheets((name,))[0]
        if sheet.kind == "fixed" or element is None:
            return self.truths[name]
        return sheet.columns[0].read(self.symmetry.act(element, sheet.truth, sheet.kind))

    def _judge_moved(
        self, moved: Sequence[Part], imposed: Array | None, found: dict[str, FieldComparison]
    ) -> Array | None:
        """Compare the fields that the symmetry moves, under the element that explains most; it is returned."""
        element = self.symmetry.start(moved) if imposed is None else imposed
        found.update(self._acted(moved, element))
        failing = _failing(moved, found)
        if not failing.size:
            return element
        if element is not None and imposed is None:
            refined = self.symmetry.refine([part.take(failing) for part in moved], element[failing])
            if not np.array_equal(refined, element[failing]):
                element = element.copy()
                element[failing] = refined
                found.update(self._acted(moved, element))
                failing = _failing(moved, found)
        if failing.size and not self.symmetry.columnwise:
            for name, robust in self._acted(moved, self.symmetry.indicative(moved, element)).items():
                found[name] = replace(found[name], errors=robust.errors, scores=robust.scores, indicative=True)
        return element

    def _acted(self, moved: Sequence[Part], element: Array | None) -> dict[str, FieldComparison]:
        fields: dict[str, FieldComparison] = {}
        for part in moved:
            fields.update(_entries(part, self.symmetry.act(element, part.truth, part.sheet.kind)))
        return fields

    def _sheets(self, names: tuple[str, ...]) -> list[Sheet]:
        """The sheets of the fields that were answered; each form has one of its own."""
        if names not in self._prepared:
            kinds: dict[tuple[Kind, str], list[str]] = {}
            for name in names:
                kind: Kind = self.moves[name].kind if name in self.moves else "fixed"
                kinds.setdefault((kind, name if kind == "form" else ""), []).append(name)
            self._prepared[names] = [self._sheet(kind, members) for (kind, _), members in kinds.items()]
        return self._prepared[names]

    def _sheet(self, kind: Kind, names: Sequence[str]) -> Sheet:
        axes = {name: () if kind == "fixed" else self.moves[name].axes for name in names}
        truths = {name: self.truths[name] for name in names}
        width = None if kind == "fixed" else self.symmetry.columns
        return Sheet.of(kind, truths, self.tolerances, axes, width, self.room)


def compare(
    answers: Mapping[str, Array],
    truths: Mapping[str, Array],
    tolerances: Mapping[str, Tolerance],
    *,
    symmetry: Symmetry | None = None,
    moves: Mapping[str, Move] | None = None,
    imposed: Array | None = None,
) -> Comparison:
    """Compare once with a truth that is not kept: `Target` and its `compare` in one."""
    return Target(truths, tolerances, symmetry or Identity(), moves or {}).compare(answers, imposed)


def _failing(parts: Sequence[Part], found: Mapping[str, FieldComparison]) -> Array:
    """The submissions of which a linked field is not right."""
    correct = np.ones(len(parts[0].sent), dtype=bool)
    for part in parts:
        for column in part.sheet.columns:
            correct = correct & found[column.name].correct
    return (~correct).nonzero()[0]


def _entries(part: Part, expected: Array) -> dict[str, FieldComparison]:
    """Compare the fields of a sheet entry by entry.

    The bound that is shown is the nominal one, unless it is only by the last few units that the entry is right.
    """
    sheet, batch = part.sheet, len(part.sent)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = entry_errors(part.sent, expected)
        rows = errors.reshape(batch, errors.shape[1], -1)
        measured = np.maximum.reduceat(rows.max(axis=2), sheet.starts, axis=1)
        correct = measured <= sheet.atol
        shown = np.zeros(correct.shape) + sheet.atol
        scores = errors
        if not correct.all():
            allowed = sheet.allowed(expected)
            scores = errors if sheet.bound is not None else errors / allowed
            within = np.less_equal(errors, allowed).reshape(rows.shape).all(axis=2)
            correct = np.logical_and.reduceat(within, sheet.starts, axis=1)
            measured, shown = _deciding(sheet, errors, scores, sheet.nominal(expected), allowed)
    fields = {}
    for index, (column, start) in enumerate(zip(sheet.columns, sheet.starts.tolist(), strict=True)):
        own = slice(start, start + column.rows)
        fields[column.name] = FieldComparison(
            correct[:, index],
            measured[:, index],
            shown[:, index],
            LARGEST_ERROR,
            errors[:, own],
            scores[:, own],
            column,
        )
    return fields


def _deciding(sheet: Sheet, errors: Array, scores: Array, nominal: Array, allowed: Array) -> tuple[Array, Array]:
    """The error of each submission's worst entry of each field, and its bound; both of shape (batch, fields)."""
    batch = len(errors)
    every = np.arange(batch)
    bounds = [np.broadcast_to(array, errors.shape) for array in (nominal, allowed)]
    measured, shown = np.empty((batch, len(sheet.columns))), np.empty((batch, len(sheet.columns)))
    for index, (column, start) in enumerate(zip(sheet.columns, sheet.starts.tolist(), strict=True)):
        own = slice(start, start + column.rows)
        worst = scores[:, own].reshape(batch, -1).argmax(axis=1)
        error, low, high = (array[:, own].reshape(batch, -1)[every, worst] for array in (errors, *bounds))
        measured[:, index], shown[:, index] = error, np.where((error > low) & (error <= high), high, low)
    return measured, shown


def _subspaces(group: Span, part: Part) -> dict[str, FieldComparison]:
    """Compare subspaces by the sines of their principal angles; the tolerance bounds a sine."""
    batch, column = len(part.sent), part.sheet.columns[0]
    finite = np.isfinite(part.sent).reshape(batch, -1).all(axis=1)
    sines, residual = group.sines(part.answer, part.truth)
    measured = np.where(finite, sines, 1.0)
    bound = np.full(batch, part.sheet.tolerances[0].atol)
    correct = np.asarray(measured <= bound)
    errors = np.abs(residual)
    return {
        column.name: FieldComparison(correct, measured, bound, LARGEST_SINE, errors, errors, column, indicative=True)
    }
