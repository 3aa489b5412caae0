"""Near misses of labels and of complex numbers."""

from __future__ import annotations

import numpy as np

from tests.accuracy.cases import Case
from tests.accuracy.known import Known
from tests.accuracy.refuted import alone, sent_alone
from tests.accuracy.right import chosen, write
from tests.accuracy.truths import Work

__all__ = ["another_cluster", "conjugated_column", "merged_clusters", "turned_entry"]


def _labelled(known: Known) -> str | None:
    """The field that holds labels."""
    return next((name for name in known.required if known.field(name).kind == "labels"), None)


def another_cluster(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One sample is in another cluster, or in one of its own; all else as it should be."""
    known = chosen(work, rng, question)
    name = _labelled(known)
    if name is None:
        return []
    sent = known.sent(write(known, known.acted(known.draw(rng, size), known.required), None))
    labels, rows = sent[name], np.arange(size)
    sample = rng.integers(labels.shape[1], size=size)
    count = known.width + (rng.random(size) < 0.2)
    labels[rows, sample] = (labels[rows, sample] + 1 + rng.integers(count - 1, size=size)) % count
    return sent_alone("one sample in another cluster", work, known, sent)


def merged_clusters(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """Two clusters have one name."""
    known = chosen(work, rng, question)
    name = _labelled(known)
    if name is None:
        return []
    sent = known.sent(write(known, known.acted(known.draw(rng, size), known.required), None))
    pair = rng.permuted(np.tile(np.arange(known.width), (size, 1)), axis=1)[:, :2, None]
    sent[name] = np.where(sent[name] == pair[:, 0], pair[:, 1], sent[name])
    return sent_alone("two clusters merged", work, known, sent)


def conjugated_column(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One column, or one root, is the conjugate of what it should be."""
    known = chosen(work, rng, question)
    names = [name for name in known.moved if known.field(name).kind == "complex"]
    if not names:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    rows, column = np.arange(size), rng.integers(known.width, size=size)
    for name in names:
        moves = known.moves(name)
        columns = np.moveaxis(fields[name], moves.axes[0] + 1, 1)  # type: ignore[union-attr] # it is moved
        columns[rows, column] = columns[rows, column].conj()
    return alone("one column conjugated", work, known, write(known, fields, None if rng.random() < 0.5 else 0))


def turned_entry(work: Work, rng: np.random.Generator, question: str, size: int) -> list[Case]:
    """One entry of a column has a phase of its own."""
    known = chosen(work, rng, question)
    names = [name for name in known.moved if known.field(name).kind == "complex"]
    if not names:
        return []
    fields = known.acted(known.draw(rng, size), known.required)
    flat = fields[str(rng.choice(np.array(names)))].reshape(size, -1)
    turn = rng.choice([-1.0, 1.0], size=size) * np.exp(rng.uniform(-6.0, 1.0, size=size))
    flat[np.arange(size), rng.integers(flat.shape[1], size=size)] *= np.exp(1j * turn)
    return alone("one entry turned", work, known, write(known, fields, None if rng.random() < 0.5 else 0))
