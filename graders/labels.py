"""Label vectors: one-hot matrices that a relabelling acts on, and how many samples disagree."""

from __future__ import annotations

import numpy as np

from graders.evidence import Evidence, FieldComparison
from graders.linked import Column
from graders.tolerance import Array

__all__ = ["SAMPLES", "label_of", "one_hot", "samples_that_disagree"]

SAMPLES = "samples"


def one_hot(labels: Array, n_labels: int) -> Array:
    """Write label vectors as one-hot matrices, a column a label.

    Parameters
    ----------
    labels : ndarray of shape (batch, n)
        Labels counted from 0, in the order of their names.
    n_labels : int
        How many columns there are.

    Returns
    -------
    ndarray of shape (batch, n, n_labels)
        Of a vector with more labels than columns, the most frequent ones have them, in their order, and samples with
        another label have rows of zeros; of one with fewer, the last columns are zero.

    Examples
    --------
    >>> one_hot(np.array([[1, 0, 1]]), 2)[0].tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    >>> one_hot(np.array([[0, 1, 2, 2, 1]]), 2)[0].tolist()
    [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    """
    columns = np.asarray(labels).astype(np.intp)
    for index in np.flatnonzero(columns.max(axis=1, initial=0) >= n_labels):
        counts = np.bincount(columns[index])
        kept = np.sort(np.argsort(-counts, kind="stable")[:n_labels])
        place = np.full(len(counts), n_labels)
        place[kept] = np.arange(n_labels)
        columns[index] = place[columns[index]]
    return np.asarray((columns[..., None] == np.arange(n_labels)).astype(np.float64))


def label_of(membership: Array) -> Array:
    """The label of every row of a one-hot matrix, counted from 0.

    Parameters
    ----------
    membership : ndarray of shape (..., n, n_labels)

    Returns
    -------
    ndarray of int, shape (..., n)

    Examples
    --------
    >>> label_of(np.array([[0.0, 1.0], [1.0, 0.0]])).tolist()
    [1, 0]
    """
    return np.asarray(membership.argmax(axis=-1))


def samples_that_disagree(found: FieldComparison) -> FieldComparison:
    """Count the samples that a comparison of one-hot matrices finds in another cluster.

    Parameters
    ----------
    found : FieldComparison
        Of a field of shape (n, n_labels), moved on its last axis.

    Returns
    -------
    FieldComparison
        What is measured is a number of samples, and none is allowed; the worst entry is the first of them.

    Notes
    -----
    A relabelling that is found for the labels alone leaves as few samples as any: where two columns are equal, they are
    a pair of some optimal assignment, so that preferring equal columns costs nothing. Linked fields may turn it.
    """
    column = Column(found.column.name, found.column.shape[:1], ())

    def work_out() -> Evidence:
        evidence = found.evidence
        apart = np.asarray((~(evidence.errors <= 0.5)).any(axis=2, keepdims=True).astype(np.float64))
        count = np.asarray(apart.sum(axis=(1, 2)))
        return Evidence(count, np.zeros(len(count)), apart, apart, evidence.indicative)

    return FieldComparison(found.correct, SAMPLES, column, found.largest, work_out)
