"""Every symmetry with linked fields it moves and a way to draw its elements: a new one is covered by a new case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from graders import (
    Comparison,
    Eigenbasis,
    Move,
    Phase,
    Relabelling,
    Rotation,
    SignedOrder,
    Signs,
    Span,
    Symmetry,
    Tolerance,
    compare,
)

Array = NDArray[Any]
Draw = Callable[[np.random.Generator], Array]


def orthogonal(rng: np.random.Generator, size: int) -> Array:
    """A Haar-distributed orthogonal matrix."""
    q, r = np.linalg.qr(rng.normal(size=(size, size)))
    return np.asarray(q * np.sign(np.diag(r)))


def _columns(rng: np.random.Generator, n: int, k: int) -> Array:
    return np.linalg.qr(rng.normal(size=(n, k)))[0]


@dataclass(frozen=True)
class Case:
    """A symmetry, a truth of linked fields, and random elements as the matrix that acts on the moved axis."""

    name: str
    symmetry: Symmetry
    truth: dict[str, Array]
    moves: dict[str, Move]
    element: Draw
    tolerance: Tolerance = field(default_factory=lambda: Tolerance.decimals(3))

    @property
    def tolerances(self) -> dict[str, Tolerance]:
        """The same tolerance for every field."""
        return dict.fromkeys(self.truth, self.tolerance)

    def apply(self, matrix: Array, name: str) -> Array:
        """A field moved by the element, by plain NumPy."""
        move = self.moves[name]
        moved = self.truth[name]
        acting = np.abs(matrix) ** 2 if move.magnitude else matrix
        for place, axis in enumerate(move.axes):
            used = acting.conj() if len(move.axes) == 2 and place == 0 else acting
            moved = np.moveaxis(np.moveaxis(moved, axis, -1) @ used, -1, axis)
        return moved

    def answers(self, rng: np.random.Generator, count: int) -> dict[str, Array]:
        """A batch of right answers, each under a random element, the same for all of its fields."""
        matrices = [self.element(rng) for _ in range(count)]
        return {name: np.stack([self.apply(matrix, name) for matrix in matrices]) for name in self.truth}


def _cases() -> list[Case]:
    rng = np.random.default_rng(20261124)
    k = 4
    axes = _columns(rng, 6, k)
    scores = rng.normal(size=(9, k)) * np.array([5.0, 3.0, 2.0, 1.0])
    values = np.array([9.0, 4.0, 2.0, 1.0])
    paired = np.array([9.0, 4.0, 4.0, 1.0])
    form = rng.normal(size=(k, k))

    def signs(rng: np.random.Generator) -> Array:
        return np.diag(rng.choice([-1.0, 1.0], k))

    def signed_order(rng: np.random.Generator) -> Array:
        return np.asarray(np.eye(k)[:, rng.permutation(k)] * rng.choice([-1.0, 1.0], k))

    def block(rng: np.random.Generator) -> Array:
        matrix = np.diag(rng.choice([-1.0, 1.0], k))
        matrix[1:3, 1:3] = orthogonal(rng, 2)
        return matrix

    def block_any_order(rng: np.random.Generator) -> Array:
        return np.asarray(block(rng)[:, rng.permutation(k)])

    def relabel(rng: np.random.Generator) -> Array:
        return np.asarray(np.eye(k)[:, rng.permutation(k)])

    def relabel_free(rng: np.random.Generator) -> Array:
        return np.asarray(np.eye(k)[:, [0, *(1 + rng.permutation(k - 1))]])

    def any_basis(rng: np.random.Generator) -> Array:
        return rng.normal(size=(k, k)) + 3.0 * np.eye(k)

    vectors = {"V": axes, "Z": scores}
    both = {"V": Move((1,)), "Z": Move((1,))}
    mixture = {"pi": rng.dirichlet(np.ones(k)), "mu": rng.normal(size=(k, 2)) * 3, "S": rng.normal(size=(k, 2, 2))}
    return [
        Case("signs", Signs(), {**vectors, "G": form}, {**both, "G": Move((0, 1))}, signs),
        Case(
            "signed order",
            SignedOrder(tuple(values)),
            {**vectors, "w": values},
            {**both, "w": Move((0,), magnitude=True)},
            signed_order,
        ),
        Case(
            "signed order with a repeated eigenvalue",
            SignedOrder(tuple(paired)),
            {**vectors, "w": paired},
            {**both, "w": Move((0,), magnitude=True)},
            block_any_order,
        ),
        Case("eigenbasis with a repeated eigenvalue", Eigenbasis(tuple(paired)), vectors, both, block),
        Case(
            "rotation",
            Rotation(),
            {**vectors, "G": form},
            {**both, "G": Move((0, 1))},
            lambda rng: orthogonal(rng, k),
        ),
        Case(
            "relabelling",
            Relabelling(),
            {**mixture, "T": rng.dirichlet(np.ones(k), size=k)},
            {"pi": Move((0,)), "mu": Move((0,)), "S": Move((0,)), "T": Move((0, 1))},
            relabel,
        ),
        Case(
            "relabelling with a pinned component",
            Relabelling(pinned=(0,)),
            mixture,
            {"pi": Move((0,)), "mu": Move((0,)), "S": Move((0,))},
            relabel_free,
        ),
        Case(
            "phase",
            Phase(),
            {"V": axes + 1j * _columns(rng, 6, k), "Z": scores + 0j},
            both,
            lambda rng: np.diag(np.exp(2j * np.pi * rng.random(k))),
        ),
        Case("span", Span(), {"V": axes}, {"V": Move((1,))}, any_basis),
    ]


CASES = _cases()
ENTRYWISE = [case for case in CASES if case.name != "span"]
"""Those whose tolerance bounds an entry (a span's bounds a sine)."""


def compared(case: Case, answers: dict[str, Array], imposed: Array | None = None) -> Comparison:
    """Compare a batch with the case's truth."""
    truth = {name: value[None] for name, value in case.truth.items()}
    return compare(answers, truth, case.tolerances, symmetry=case.symmetry, moves=case.moves, imposed=imposed)


def correct(comparison: Comparison) -> Array:
    """Whether every field of every submission is right."""
    return np.asarray(np.all([found.correct for found in comparison.fields.values()], axis=0))
