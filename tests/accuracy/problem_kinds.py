"""Problems whose answers are whole numbers, complex numbers or labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import reference
from tests.accuracy.words import both

__all__ = ["kinds"]

Array = NDArray[Any]
Document = dict[str, Any]

_TRIES = 500
_APART = 0.2


def kinds(rng: np.random.Generator) -> tuple[Document, list[Document]]:
    """A graph in whole numbers, the eigenvectors of a matrix, the roots of a polynomial, and two clusterings."""
    n = int(rng.integers(5, 9))
    edges = [[vertex, vertex + 1] for vertex in range(1, n)] + [[1, n]]
    A, coefficients = _matrix(rng), _polynomial(rng)
    X, start = _samples(rng)
    data: Document = {
        "edges": edges,
        "A": A.tolist(),
        "coefficients": coefficients.tolist(),
        "X": X.tolist(),
        "start": start.tolist(),
    }
    samples: Document = {"X": {"data": "X"}, "centres": {"data": "start"}}
    return data, [
        *_graph(n),
        *_eigenvectors(len(A)),
        _roots(len(coefficients) - 1),
        *_step(samples, X, start),
        _clusters(samples, X, start),
    ]


def _matrix(rng: np.random.Generator) -> Array:
    """A matrix of whole numbers whose eigenvalues are apart, their moduli too, and some of them not real."""
    for _ in range(_TRIES):
        size = int(rng.integers(2, 5))
        A = rng.integers(-4, 5, size=(size, size))
        values, vectors = np.linalg.eig(A)
        upper = np.abs(values[values.imag >= 0])
        distance = np.abs(values[:, None] - values) + 99 * np.eye(size)
        moduli = np.abs(upper[:, None] - upper) + 99 * np.eye(len(upper))
        if len(upper) < size and min(distance.min(), moduli.min()) > _APART and np.linalg.cond(vectors) < 30:
            return A
    raise AssertionError("no well-posed matrix was found")


def _polynomial(rng: np.random.Generator) -> Array:
    """Whole coefficients of a polynomial whose roots are apart."""
    for _ in range(_TRIES):
        coefficients = rng.integers(-9, 10, size=int(rng.integers(3, 7)))
        if coefficients[0] == 0 or coefficients[-1] == 0:
            continue
        roots = np.roots(coefficients)
        distance = np.abs(roots[:, None] - roots) + 99 * np.eye(len(roots))
        if distance.min() > _APART and np.abs(roots).max() < 20:
            return coefficients
    raise AssertionError("no well-posed polynomial was found")


def _samples(rng: np.random.Generator) -> tuple[Array, Array]:
    """Samples around means that are apart, and centres to start from: no sample is ever near two centres."""
    for _ in range(_TRIES):
        count, width = int(rng.integers(2, 5)), int(rng.integers(1, 4))
        means = rng.normal(scale=5.0, size=(count, width))
        member = rng.permutation(np.arange(int(rng.integers(3 * count, 7 * count))) % count)
        X = np.round(means[member] + rng.normal(size=(len(member), width)), 1)
        start = np.round(means + rng.normal(scale=1.5, size=means.shape), 1)
        if _is_settled_surely(X, start):
            return X, start
    raise AssertionError("no well-posed clusters were found")


def _is_settled_surely(X: Array, centres: Array) -> bool:
    for _ in range(20):
        distance = np.sort(np.linalg.norm(X[:, None] - centres, axis=2), axis=1)
        if (distance[:, 1] - distance[:, 0]).min() < 0.05:
            return False
        try:
            step: Any = reference.k_means.lloyd_step(X, centres)
        except reference.errors.SolverError:
            return False
        if np.array_equal(step.centres, centres):
            apart = np.abs(centres[:, None] - centres).max(axis=2) + 99 * np.eye(len(centres))
            return bool(apart.min() > _APART)
        centres = step.centres
    return False


def _graph(n: int) -> list[Document]:
    whole: Document = {"kind": "integer", "shape": [n, n]}
    vertices: Document = {"edges": {"data": "edges"}, "n_vertices": {"value": n}}
    return [
        {
            "id": "adjacency",
            "truth": {"solver": "graphs.adjacency", "inputs": vertices},
            "fields": {"W": whole},
        },
        {
            "id": "laplacian",
            "truth": {"solver": "graphs.laplacian", "inputs": {"W": {"question": "adjacency", "field": "W"}}},
            "fields": {"D": whole, "L": whole},
            "conventions": [{"id": "vector", "title": both("degrees"), "layout": {"D": "diagonal"}}],
        },
    ]


def _eigenvectors(size: int) -> list[Document]:
    """Eigenvectors, and the same again with the phases that they have there."""
    truth: Document = {"solver": "linear_algebra.eigenvectors", "inputs": {"A": {"data": "A"}}}
    values: Document = {"eigenvalues": {"kind": "complex", "shape": [size]}}
    vectors: Document = {"vectors": {"kind": "complex", "shape": [size, size], "moves": {"axes": [1]}}}
    rows: Document = {"id": "rows", "title": both("rows"), "layout": {"vectors": "transposed"}}
    return [
        {
            "id": "eigenvectors",
            "truth": truth,
            "symmetry": {"group": "phase"},
            "fields": values | vectors,
            "conventions": [rows],
        },
        {"id": "again", "truth": truth, "symmetry": {"same_as": "eigenvectors"}, "fields": vectors},
    ]


def _roots(degree: int) -> Document:
    return {
        "id": "roots",
        "truth": {"solver": "polynomials.roots", "inputs": {"coefficients": {"data": "coefficients"}}},
        "symmetry": {"group": "relabelling"},
        "fields": {"roots": {"kind": "complex", "shape": [degree], "moves": {"axes": [0]}}},
    }


def _step(inputs: Document, X: Array, start: Array) -> list[Document]:
    """One step, whose labels and centres are asked for in two questions."""
    truth: Document = {"solver": "k_means.lloyd_step", "inputs": inputs}
    labels: Document = {"kind": "labels", "shape": [len(X)], "n_labels": len(start)}
    centres: Document = {"shape": list(start.shape), "moves": {"axes": [0]}}
    return [
        {"id": "nearest", "truth": truth, "symmetry": {"group": "relabelling"}, "fields": {"labels": labels}},
        {"id": "moved", "truth": truth, "symmetry": {"same_as": "nearest"}, "fields": {"centres": centres}},
    ]


def _clusters(inputs: Document, X: Array, start: Array) -> Document:
    return {
        "id": "settled",
        "truth": {"solver": "k_means.fit", "inputs": inputs},
        "symmetry": {"group": "relabelling"},
        "fields": {
            "labels": {"kind": "labels", "shape": [len(X)], "n_labels": len(start)},
            "centres": {"shape": list(start.shape), "moves": {"axes": [0]}},
            "inertia": {"shape": [], "required": False},
        },
    }
