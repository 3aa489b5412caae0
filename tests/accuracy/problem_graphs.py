"""Graphs as problems: their matrices, and embeddings of which the spectrum is apart or exactly repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.accuracy.words import both, large

__all__ = ["graph"]

Array = NDArray[Any]
Document = dict[str, Any]

_GAP = 1e-2  # eigenvalues are equal exactly, or differ by this share of the largest
_SAME = 1e-9
_TRIES = 200


def _pairs(adjacency: Array) -> list[list[int]]:
    return [[int(i) + 1, int(j) + 1] for i, j in np.argwhere(np.triu(adjacency))]


def _random_graph(rng: np.random.Generator, n: int) -> Array:
    """A random spanning tree and some more edges."""
    adjacency = np.zeros((n, n), dtype=bool)
    for vertex in range(1, n):
        adjacency[rng.integers(vertex), vertex] = True
    more = rng.random((n, n)) < rng.uniform(0.5, 3.0) / n
    return np.asarray(np.triu(adjacency | more, 1))


def _planted(rng: np.random.Generator, n: int) -> Array:
    """Clusters with many edges inside and few between: the gap lies after as many columns as there are clusters."""
    clusters = np.sort(rng.integers(rng.integers(2, 9), size=n))
    inside = clusters[:, None] == clusters
    adjacency = rng.random((n, n)) < np.where(inside, 0.6, 0.02)
    index = np.arange(n - 1)
    adjacency[index, index + 1] = True
    return np.asarray(np.triu(adjacency, 1))


def _structured(kind: str, n: int) -> Array:
    adjacency = np.zeros((n, n), dtype=bool)
    index = np.arange(n - 1)
    if kind in ("cycle", "path"):
        adjacency[index, index + 1] = True
        adjacency[0, n - 1] = kind == "cycle"
    elif kind == "star":
        adjacency[0, 1:] = True
    else:
        adjacency = np.ones((n, n), dtype=bool)
    return np.asarray(np.triu(adjacency, 1))


def _disconnected(rng: np.random.Generator, n: int) -> Array:
    first = int(rng.integers(3, n - 2))
    adjacency = np.zeros((n, n), dtype=bool)
    adjacency[:first, :first] = _random_graph(rng, first)
    adjacency[first:, first:] = _random_graph(rng, n - first)
    return adjacency


def _graph_of(kind: str, rng: np.random.Generator) -> Array:
    if kind == "random":
        return _random_graph(rng, int(rng.integers(6, 25)))
    if kind == "planted":
        return _planted(rng, large(rng, 20, 40, 200))
    if kind == "disconnected":
        return _disconnected(rng, int(rng.integers(7, 20)))
    return _structured(kind, int(rng.integers(5, 24)))


def _spectrum(adjacency: Array, *, drop: bool) -> tuple[Array, int]:
    """Every generalised eigenvalue of the graph, and how many may be asked for."""
    weights = (adjacency | adjacency.T).astype(float)
    degrees = weights.sum(axis=1)
    values = np.linalg.eigvalsh(np.eye(len(weights)) - weights / np.sqrt(np.outer(degrees, degrees)))
    return (values[1:] if drop else values), min(10, len(values) - 2)


def _columns(rng: np.random.Generator, values: Array, most: int, *, simple: bool, every: bool) -> int | None:
    """Choose how many columns: the gap after them is wide or the cut goes through equal eigenvalues.

    With `every` the same holds of every gap before; `simple` allows no equal ones at all.
    """
    gaps = np.diff(values)
    equal, wide = gaps < _SAME, gaps > _GAP * values.max()
    fine = wide if simple else equal | wide
    choices = [k for k in range(2, most + 1) if (fine[:k].all() if every or simple else _ends_well(fine, equal, k))]
    if not choices:
        return None
    usual = [k for k in choices if k <= 4]
    return int(rng.choice(usual if usual and rng.random() < 0.8 else choices))


def _ends_well(fine: Array, equal: Array, k: int) -> bool:
    """Whether the eigenspace that is cut after column k, if any, is exactly one."""
    first, last = k - 1, k - 1
    while last < len(equal) and equal[last]:
        last += 1
    while first > 0 and equal[first - 1]:
        first -= 1
    before = first == 0 or bool(fine[first - 1]) or not equal[k - 1]
    return before and (last == len(fine) or bool(fine[last]))


def graph(rng: np.random.Generator) -> tuple[Document, list[Document]]:
    """A graph: its matrices, and embeddings compared up to rotation, block rotation, signs and span."""
    kinds = ["random", "planted", "cycle", "complete", "star", "path", "disconnected"]
    for _ in range(_TRIES):
        kind = str(rng.choice(kinds, p=[0.35, 0.2, 0.1, 0.08, 0.08, 0.1, 0.09]))
        adjacency = _graph_of(kind, rng)
        connected = kind != "disconnected"
        both = {drop: _spectrum(adjacency, drop=drop and connected) for drop in (False, True)}
        rotations = {drop: _columns(rng, *both[drop], simple=False, every=False) for drop in both}
        if connected and None not in rotations.values():
            break
        if not connected and rotations[False] is not None:
            break
    else:
        raise AssertionError("no well-posed graph was found")
    n = len(adjacency)
    questions = [_adjacency(n), _laplacian(n)]
    for name, drop in (("embedding", False), ("nontrivial", True)):
        k = rotations[drop]
        if k is not None and (connected or not drop):
            questions.append(_embedding(name, n, k, drop=drop))
    for group in ("eigenbasis", "signs", "span"):
        k = _columns(rng, *both[connected], simple=group == "signs", every=group == "eigenbasis")
        if k is not None:
            questions.append(_eigenvectors(group, n, k, drop=connected, degrees=(adjacency | adjacency.T).sum(axis=1)))
    return {"edges": _pairs(adjacency), "n": n}, questions


def _adjacency(n: int) -> Document:
    return {
        "id": "adjacency",
        "truth": {
            "solver": "graphs.adjacency",
            "inputs": {"edges": {"data": "edges"}, "n_vertices": {"data": "n"}},
        },
        "tolerance": {"exact": True},
        "fields": {"W": {"shape": [n, n]}},
    }


def _laplacian(n: int) -> Document:
    return {
        "id": "laplacian",
        "truth": {"solver": "graphs.laplacian", "inputs": {"W": {"question": "adjacency", "field": "W"}}},
        "tolerance": {"exact": True},
        "fields": {"D": {"shape": [n, n]}, "L": {"shape": [n, n]}},
        "conventions": [{"id": "vector", "title": both("degrees"), "layout": {"D": "diagonal"}}],
    }


def _eigenmaps(k: int, *, drop: bool) -> Document:
    taken = {name: {"question": "laplacian", "field": name} for name in ("L", "D")}
    options = {"n_components": k, "drop_trivial": drop}
    return {"solver": "graphs.laplacian_eigenmaps", "inputs": taken, "options": options}


def _embedding(name: str, n: int, k: int, *, drop: bool) -> Document:
    fields: Document = {"Psi": {"shape": [n, k], "output": "basis", "moves": {"axes": [1]}}}
    if drop:
        fields |= {"trace": {"shape": []}, "gram": {"shape": [k, k], "required": False}}
    symmetry = {"group": "rotation", "spectrum": "spectrum"}
    return {"id": name, "truth": _eigenmaps(k, drop=drop), "symmetry": symmetry, "fields": fields}


def _eigenvectors(group: str, n: int, k: int, *, drop: bool, degrees: Array) -> Document:
    """The same columns up to less, or (a span) up to more; only eigenbasis and span see where an eigenspace is cut."""
    field: Document = {"shape": [n, k], "moves": {"axes": [1]}}
    symmetry: Document = {"group": group}
    if group != "signs":
        field["output"] = "basis"
        symmetry["spectrum"] = "spectrum"
    fields = {"Psi": field}
    if group == "signs":
        fields["eigenvalues"] = {"shape": [k]}
    question: Document = {"id": group, "truth": _eigenmaps(k, drop=drop), "symmetry": symmetry, "fields": fields}
    if group == "span":
        # Half a unit of the third decimal moves the span of D-orthonormal columns by up to this sine, doubled for
        # bases that are not.
        moved = 0.5e-3 * np.sqrt(n * k * degrees.max())
        question["tolerance"] = {"atol": float(max(2.5 * moved, 1e-3))}
    return question
