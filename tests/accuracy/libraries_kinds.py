"""Complex eigenvectors, roots and clusters with other libraries, or with a plain loop as a student writes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg
from sklearn.cluster import KMeans

from tests.accuracy.asked import Array
from tests.accuracy.truths import Work

__all__ = ["clusters", "eigenvectors", "roots"]


def eigenvectors(work: Work, question: str, options: dict[str, Any]) -> dict[str, dict[str, Array]]:
    if options:
        return {}
    A = np.array(work.inputs(question)["A"], dtype=float)
    return {
        "numpy.linalg.eig": _by_modulus(*np.linalg.eig(A)),
        "scipy.linalg.eig": _by_modulus(*scipy.linalg.eig(A)),
    }


def _by_modulus(values: Array, vectors: Array) -> dict[str, Array]:
    """The largest first, and of a conjugate pair the one with the positive imaginary part."""
    order = np.lexsort([-values.imag.round(9), -np.abs(values).round(9)])
    return {"eigenvalues": values[order], "vectors": vectors[:, order]}


def roots(work: Work, question: str, options: dict[str, Any]) -> dict[str, dict[str, Array]]:
    if options:
        return {}
    coefficients = np.array(work.inputs(question)["coefficients"], dtype=float)
    found = {
        "numpy.roots": np.roots(coefficients),
        "numpy.polynomial": np.polynomial.Polynomial(coefficients[::-1]).roots(),
    }
    real = work.assignment.question(question).fields["roots"].kind == "numeric"
    return {name: {"roots": np.asarray(value.real if real else value)} for name, value in found.items()}


def clusters(work: Work, question: str, options: dict[str, Any]) -> dict[str, dict[str, Array]]:
    if options:
        return {}
    truth, inputs = work.assignment.question(question).truth, work.inputs(question)
    X, start = np.array(inputs["X"], dtype=float), np.array(inputs["centres"], dtype=float)
    if truth is not None and truth.solver == "k_means.lloyd_step":
        return {"a plain NumPy loop": _lloyd(X, start, 1)}
    model = KMeans(len(start), init=start, n_init=1, tol=0.0).fit(X)
    theirs = {"labels": model.labels_, "centres": model.cluster_centers_, "inertia": np.asarray(model.inertia_)}
    return {"a plain NumPy loop": _lloyd(X, start, 1000), "sklearn KMeans": theirs}


def _lloyd(X: Array, centres: Array, steps: int) -> dict[str, Array]:
    labels = np.full(len(X), -1)
    for _ in range(steps):
        nearest = np.array([np.argmin([np.sum((x - centre) ** 2) for centre in centres]) for x in X])
        if np.array_equal(nearest, labels):
            break
        labels = nearest
        centres = np.array([X[labels == cluster].mean(axis=0) for cluster in range(len(centres))])
    return {"labels": labels, "centres": centres, "inertia": np.asarray(np.sum((X - centres[labels]) ** 2))}
