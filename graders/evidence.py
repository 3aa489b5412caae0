"""What was measured on a field: whether it is right at once, and the proof of it when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from graders.linked import Column, Part
from graders.tolerance import EDGE, Array, entry_errors

__all__ = ["LARGEST_ERROR", "LARGEST_SINE", "Entries", "Evidence", "FieldComparison"]

LARGEST_ERROR = "largest entry error"
LARGEST_SINE = "largest sine of a principal angle"


class Evidence(NamedTuple):
    """What proves the verdicts on one field, for every submission of the batch.

    Parameters
    ----------
    measured, allowed : ndarray of shape (batch,)
        The deciding quantity and its bound: the error of the entry that misses by most tolerances.
    errors : ndarray of shape (batch, rows, k) or (batch, rows, k, k)
        Every entry's error, as the field is written on its sheet. Where columns have no identity under the symmetry
        and the answer is refused, after an alignment that serves only to point.
    scores : ndarray of the same shape
        The errors, or where tolerances depend on the entry the errors in tolerances.
    indicative : bool
        Whether the worst entry only points.
    """

    measured: Array
    allowed: Array
    errors: Array
    scores: Array
    indicative: bool = False


class FieldComparison:
    """The verdicts on one field, for every submission of the batch; the evidence is worked out when it is asked for.

    Parameters
    ----------
    correct : ndarray of bool, shape (batch,)
        Whether every entry is within its tolerance.
    unit : str
        What is measured.
    column : Column
        How the field is written.
    largest : ndarray of shape (batch,)
        The largest error of an entry, whatever its tolerance.
    work_out : callable
        Gives the evidence.
    """

    __slots__ = ("_evidence", "_work_out", "column", "correct", "largest", "unit")

    def __init__(
        self, correct: Array, unit: str, column: Column, largest: Array, work_out: Callable[[], Evidence]
    ) -> None:
        self.correct, self.unit, self.column, self.largest = correct, unit, column, largest
        self._work_out = work_out
        self._evidence: Evidence | None = None

    @property
    def evidence(self) -> Evidence:
        """What proves the verdicts."""
        if self._evidence is None:
            self._evidence = self._work_out()
        return self._evidence

    def restricted(self, sound: Array) -> FieldComparison:
        """The same comparison, right only for submissions of which something else holds too."""
        return FieldComparison(self.correct & sound, self.unit, self.column, self.largest, self._work_out)

    @property
    def measured(self) -> Array:
        """The deciding quantity of every submission, of shape (batch,)."""
        return self.evidence.measured

    @property
    def allowed(self) -> Array:
        """Its bound, of shape (batch,)."""
        return self.evidence.allowed

    @property
    def errors(self) -> Array:
        """Every entry's error, as the field is written on its sheet."""
        return self.evidence.errors

    @property
    def indicative(self) -> bool:
        """Whether the worst entry only points."""
        return self.evidence.indicative

    def only(self, row: int) -> FieldComparison:
        """The verdict on one submission, as a batch of one."""
        own = slice(row, row + 1)

        def work_out() -> Evidence:
            measured, allowed, errors, scores, indicative = self.evidence
            return Evidence(measured[own], allowed[own], errors[own], scores[own], indicative)

        return FieldComparison(self.correct[own], self.unit, self.column, self.largest[own], work_out)

    def taken_from(self, other: FieldComparison, rows: Array) -> FieldComparison:
        """Replace some submissions' results by those of another comparison of the same field.

        Parameters
        ----------
        other : FieldComparison
            Of the same field, one row for each of `rows`.
        rows : ndarray of int
            The submissions whose results it replaces.

        Returns
        -------
        FieldComparison
        """

        def merged(own: Array, taken: Array) -> Array:
            values = own.copy()
            values[rows] = taken
            return values

        def work_out() -> Evidence:
            mine, theirs = self.evidence, other.evidence
            return Evidence(
                merged(mine.measured, theirs.measured),
                merged(mine.allowed, theirs.allowed),
                merged(mine.errors, theirs.errors),
                merged(mine.scores, theirs.scores),
                mine.indicative,
            )

        correct, largest = merged(self.correct, other.correct), merged(self.largest, other.largest)
        return FieldComparison(correct, self.unit, self.column, largest, work_out)

    def worst(self, row: int) -> tuple[list[int], float]:
        """The index of one submission's worst entry, counted from 0, and its error."""
        flat = int(self.evidence.scores[row].argmax())
        return self.column.index(flat), float(self.errors[row].reshape(-1)[flat])


class Entries:
    """A batch of answers held against what was expected, entry by entry, for all fields of a sheet.

    Parameters
    ----------
    part : Part
        The answers.
    expected : ndarray of shape (batch or 1, rows, k) or (batch or 1, rows, k, k)
        The truth, moved by the elements.

    Attributes
    ----------
    errors : ndarray of shape (batch, rows, k) or (batch, rows, k, k)
        Every entry's error.
    largest : ndarray of shape (batch, fields)
        The largest error of each field.
    correct : ndarray of bool, shape (batch, fields)
        Whether each field is right: ``error <= allowed``, which NaN never is.
    """

    __slots__ = ("_measured", "correct", "errors", "expected", "largest", "sheet")

    def __init__(self, part: Part, expected: Array) -> None:
        self.sheet, self.expected = part.sheet, expected
        self._measured: tuple[Array, Array, Array] | None = None
        with np.errstate(over="ignore", invalid="ignore"):
            self.errors = entry_errors(part.sent, expected)
        rows = self.errors.reshape(len(self.errors), self.errors.shape[1], -1).max(axis=2)
        self.largest = np.asarray(np.maximum.reduceat(rows, self.sheet.starts, axis=1))
        self.correct = self._judge()

    def _judge(self) -> Array:
        sheet = self.sheet
        plainly = np.asarray(np.less_equal(self.largest, sheet.atol))
        if plainly.all():
            return plainly
        if sheet.bound is not None:
            reach = EDGE * (np.abs(self.expected).max(initial=0.0) + sheet.atol)
            if not np.any(plainly | (self.largest <= sheet.atol + reach)):
                return plainly
        within = np.less_equal(self.errors, sheet.allowed(self.expected))
        rows = np.all(within.reshape(*within.shape[:2], -1), axis=2)
        return np.asarray(np.logical_and.reduceat(rows, sheet.starts, axis=1))

    @property
    def measured(self) -> tuple[Array, Array, Array]:
        """The deciding error of each field and its bound, of shape (batch, fields), and the scores.

        The bound is the nominal one, unless it is only by the last few units that the entry is right.
        """
        if self._measured is None:
            self._measured = self._measure()
        return self._measured

    def _measure(self) -> tuple[Array, Array, Array]:
        sheet, errors = self.sheet, self.errors
        if sheet.bound is not None and bool((self.largest <= sheet.atol).all()):
            return self.largest, np.zeros(self.largest.shape) + sheet.atol, errors
        batch = len(errors)
        nominal, allowed = sheet.nominal(self.expected), sheet.allowed(self.expected)
        with np.errstate(over="ignore", invalid="ignore"):
            scores = errors if sheet.bound is not None else errors / np.maximum(allowed, np.finfo(np.float64).tiny)
        bounds = [np.broadcast_to(array, errors.shape) for array in (nominal, allowed)]
        measured, shown = np.empty((batch, len(sheet.columns))), np.empty((batch, len(sheet.columns)))
        every = np.arange(batch)
        for index, (column, start) in enumerate(zip(sheet.columns, sheet.starts.tolist(), strict=True)):
            own = slice(start, start + column.rows)
            worst = scores[:, own].reshape(batch, -1).argmax(axis=1)
            error, low, high = (array[:, own].reshape(batch, -1)[every, worst] for array in (errors, *bounds))
            measured[:, index], shown[:, index] = error, np.where((error > low) & (error <= high), high, low)
        return measured, shown, scores

    def fields(self, pointing: Callable[[], Entries] | None = None) -> dict[str, FieldComparison]:
        """Every field's comparison.

        Parameters
        ----------
        pointing : callable, optional
            Gives the entries under an alignment that serves only to point at the worst of a refused answer.
        """

        def evidence(index: int, own: slice) -> Evidence:
            measured, allowed, scores = self.measured
            if pointing is None:
                return Evidence(measured[:, index], allowed[:, index], self.errors[:, own], scores[:, own])
            robust = pointing()
            _, _, scores = robust.measured
            return Evidence(measured[:, index], allowed[:, index], robust.errors[:, own], scores[:, own], True)

        found = {}
        for index, (column, start) in enumerate(zip(self.sheet.columns, self.sheet.starts.tolist(), strict=True)):
            own = slice(start, start + column.rows)
            found[column.name] = FieldComparison(
                self.correct[:, index], LARGEST_ERROR, column, self.largest[:, index], partial(evidence, index, own)
            )
        return found
