"""Near misses of eigenvectors, of subspaces and of whole rows."""

from __future__ import annotations

from typing import Any

import numpy as np

import reference
from tests.accuracy.asked import Array
from tests.accuracy.cases import Case
from tests.accuracy.known import Known
from tests.accuracy.refuted import alone
from tests.accuracy.right import chosen, write
from tests.accuracy.truths import Work

__all__ = ["exchanged_rows", "next_eigenvector", "repeated_column", "sheared", "stretched"]


def _columns(known: Known) -> str | None:
    """The field of real or complex numbers that holds vectors in columns."""
    if known.group in ("identity", "relabelling"):
        return None
    for name in known.moved:
        if len(known.fields[name].shape) == 2:
            return name
    return None


def _changed(
    work: Work, rng: np.random.Generator, known: Known, size: int, generator: str, columns: Array
) -> list[Case]:
    """Put other columns in the place of the truth's and move them; `columns` has a batch axis or none."""
    name = _columns(known)
    if name is None:
        return []
    own = known.narrowed({**known.fields})
    if columns.ndim == 2:
        moved = columns @ own.draw(rng, size)
    else:
        moved = np.einsum("bij,bjk->bik", columns, own.draw(rng, size))
    fields = known.acted(known.draw(rng, size)) | {name: moved}
    fields = {field: value for field, value in fields.items() if known.question.fields[field].required}
    return alone(generator, work, known, write(known, fields, None if rng.random() < 0.5 else 0), own=False)


def next_eigenvector(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column is the next eigenvector instead."""
    known, truth = work.known(question), work.assignment.question(question).truth
    if truth is None or truth.solver != "graphs.laplacian_eigenmaps" or _columns(known) is None:
        return []
    try:
        longer: Any = reference.graphs.laplacian_eigenmaps(
            **work.inputs(question), **(truth.options | {"n_components": known.total + 1})
        )
    except reference.errors.SolverError:
        return []
    columns = np.tile(longer.Psi[:, : known.width], (size, 1, 1))
    columns[np.arange(size), :, rng.integers(known.width, size=size)] = longer.Psi[:, known.total]
    return _changed(work, rng, known, size, "the next eigenvector", columns)


def stretched(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """All columns, or one, are too long or too short."""
    known = work.known(question)
    name = _columns(known)
    if name is None:
        return []
    factor = np.exp(rng.choice([-1.0, 1.0], size=(size, 1)) * np.exp(rng.uniform(-6.0, -2.0, size=(size, 1))))
    factors = np.where((rng.random((size, 1)) < 0.5) | (np.arange(known.width) == 0), factor, 1.0)
    columns = known.fields[name][:, : known.width] * factors[:, None]
    return _changed(work, rng, known, size, "stretched", columns)


def sheared(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """The columns are mixed by a matrix that is not orthogonal."""
    known = work.known(question)
    name = _columns(known)
    if name is None:
        return []
    amount = np.exp(rng.uniform(-5.0, -1.0, size=(size, 1, 1)))
    shear = np.eye(known.width) + amount * rng.normal(size=(size, known.width, known.width))
    columns = known.fields[name][:, : known.width] @ shear
    return _changed(work, rng, known, size, "sheared", columns)


def repeated_column(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column stands twice and another not at all."""
    known = chosen(work, rng, question)
    name = _columns(known)
    if name is None or known.width < 2:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    rows, column = np.arange(size), rng.integers(known.width, size=size)
    other = (column + rng.integers(1, known.width, size=size)) % known.width
    fields[name][rows, :, column] = fields[name][rows, :, other]
    return alone("a repeated column", work, known, write(known, fields, 0), own=False)


def exchanged_rows(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Two rows (samples, vertices, coordinates) are exchanged."""
    known = work.known(question)
    names = [name for name in known.required if known.fields[name].ndim == 2 and len(known.fields[name]) > 1]
    if not names:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    name = str(rng.choice(names))
    rows, count = np.arange(size), fields[name].shape[1]
    row = rng.integers(count, size=size)
    other = (row + rng.integers(1, count, size=size)) % count
    fields[name][rows, row], fields[name][rows, other] = fields[name][rows, other], fields[name][rows, row].copy()
    return alone("two rows exchanged", work, known, write(known, fields, 0), own=False)
