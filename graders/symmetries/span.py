"""GL(k): only the subspace counts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from graders.errors import SymmetryError
from graders.linked import Kind, Part
from graders.orthogonal import within_range
from graders.symmetries.base import Symmetry
from graders.tolerance import Array

__all__ = ["Span"]

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Span(Symmetry):
    """Any basis of the true subspace.

    Parameters
    ----------
    cut : int
        How many of the truth's last columns span an eigenspace of which an answer holds only a part.
    columns : int, optional
        How many columns are asked for where one is cut.

    Notes
    -----
    Rank comes first: columns are scaled to length one and a numerical rank below k leaves a direction with no
    partner, whose angle is a right one. Then the largest sine of the principal angles is measured, as the
    spectral norm of what is left of one orthonormal basis after projection on the other [1]_; unlike arccos of a
    cosine it is accurate for small angles. Where an eigenspace is cut, the answer has to lie in the sum of the
    eigenspaces and to contain the ones that are not cut.

    References
    ----------
    .. [1] A. Bjoerck and G. H. Golub, "Numerical methods for computing angles between linear subspaces", Math.
       Comp. 27 (1973), doi:10.1090/S0025-5718-1973-0348991-3.

    Examples
    --------
    >>> plane = np.array([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]])
    >>> sines, _ = Span().sines(plane @ np.array([[1.0, 2.0], [0.0, 3.0]]), plane)
    >>> float(sines[0])
    0.0
    """

    cut: int = 0
    columns: int | None = None
    group: ClassVar[str] = "span"
    quadratic: ClassVar[bool] = False

    @property
    def kin(self) -> Hashable:
        """The same part of an eigenspace cut."""
        return self

    @property
    def columnwise(self) -> bool:
        """Columns that may be turned into each other have no identity."""
        return False

    def start(self, parts: Sequence[Part]) -> None:
        """No element is looked for: every basis of the subspace is right."""

    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:  # noqa: ARG002 - the interface's
        """Leave the truth as it is."""
        return truth

    def sines(self, answer: Array, truth: Array) -> tuple[Array, Array]:
        """Measure the largest sine of the principal angles between two subspaces.

        Parameters
        ----------
        answer : ndarray of shape (batch, n, k)
            Finite.
        truth : ndarray of shape (batch or 1, n, kt)
            Of full column rank.

        Returns
        -------
        sines : ndarray of shape (batch,)
            1 where the answer's numerical rank is below k.
        residual : ndarray of shape (batch, n, k)
            What is left of the answer's unit columns after projection on the true subspace.
        """
        size = np.abs(answer).max(axis=1, keepdims=True, initial=0.0)
        scaled = _flushed(answer / np.where(size > 0, size, 1.0))
        length = np.linalg.norm(scaled, axis=1, keepdims=True)
        unit = scaled / np.where(length > 0, length, 1.0)
        basis, scales, _ = np.linalg.svd(within_range(unit), full_matrices=False)
        true_basis = _basis(truth)
        residual = unit - _project(true_basis, unit)
        largest = _largest(basis - _project(true_basis, basis))
        if self.cut:
            fixed = true_basis[:, :, : true_basis.shape[2] - self.cut]
            fixed = np.broadcast_to(fixed, (len(answer), *fixed.shape[1:]))
            largest = np.maximum(largest, _largest(fixed - _project(basis, fixed)))
        full = scales[:, -1] > max(answer.shape[1:]) * _EPS * scales[:, 0]
        possible = answer.shape[2] <= answer.shape[1]
        return np.where(full & possible, np.minimum(largest, 1.0), 1.0), residual


def _basis(truth: Array) -> Array:
    """An orthonormal basis of the true subspaces.

    Raises
    ------
    SymmetryError
        Where the true columns are linearly dependent: a decomposition would make directions up.
    """
    size = np.abs(truth).max(axis=1, keepdims=True, initial=0.0)
    basis, triangle = np.linalg.qr(_flushed(truth / np.where(size > 0, size, 1.0)))
    diagonal = np.abs(np.diagonal(triangle, axis1=1, axis2=2))
    if truth.shape[2] > truth.shape[1] or not (diagonal > truth.shape[1] * _EPS * diagonal.max(initial=0.0)).all():
        raise SymmetryError("the true columns of a span are linearly dependent: they are no basis")
    return np.asarray(basis)


def _project(basis: Array, vectors: Array) -> Array:
    return np.asarray(basis @ (basis.conj().swapaxes(1, 2) @ vectors))


def _flushed(matrix: Array) -> Array:
    """Without entries whose products underflow; beside columns of length one they are nothing."""
    return np.where(np.abs(matrix) > 1e-150, matrix, 0.0)


def _largest(residual: Array) -> Array:
    """The spectral norm of each matrix of a batch (0 where it has no columns)."""
    if 0 in residual.shape[1:]:
        return np.zeros(len(residual))
    return np.asarray(np.linalg.svd(_flushed(residual), compute_uv=False)[:, 0])
