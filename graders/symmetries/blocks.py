"""Groups of orthogonal matrices: rotations, one block for each repeated eigenvalue, and any order of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from graders.errors import SymmetryError
from graders.linked import Move, Part, gram, stack
from graders.matching import assign, column_distances
from graders.orthogonal import Turns, excess, minimax, polar, robust_polar
from graders.spectra import runs
from graders.symmetries.base import Symmetry, linear_parts
from graders.symmetries.columnwise import better_sign
from graders.tolerance import Array

__all__ = ["Eigenbasis", "Rotation", "SignedOrder"]


class _Orthogonal(Symmetry):
    """Elements are matrices with orthonormal columns."""

    def act(self, element: Array | None, truth: Array, move: Move) -> Array:
        """Multiply the moved axes by g (by its entrywise squares where sign does not count)."""
        if element is None:
            return truth
        matrix = element**2 if move.magnitude else element
        moved = truth
        for axis in move.axes:
            last = np.moveaxis(moved, axis + 1, -1)
            flat = last.reshape(len(last), -1, last.shape[-1]) @ matrix
            moved = np.moveaxis(flat.reshape(len(flat), *last.shape[1:-1], flat.shape[-1]), -1, axis + 1)
        return moved

    def show(self, element: Array) -> list[object]:
        """The matrix, in whole numbers where all its entries are."""
        whole = np.rint(element)
        listed: list[object] = whole.astype(int).tolist() if np.array_equal(whole, element) else element.tolist()
        return listed


@dataclass(frozen=True)
class Rotation(_Orthogonal):
    """O(k): embeddings, and any optimum of min tr(Psi' L Psi) subject to Psi' D Psi = I.

    Parameters
    ----------
    cut : int
        How many of the truth's last columns span an eigenspace of which an answer holds only a part; 0 where
        the truth has as many columns as the answer.

    Examples
    --------
    >>> from graders.linked import link
    >>> from graders.tolerance import Tolerance
    >>> truth = np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]])
    >>> quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> parts = link({"Y": truth @ quarter}, {"Y": truth}, {"Y": Move((1,))}, {"Y": Tolerance.decimals(3)})
    >>> np.allclose(Rotation().align(parts), quarter)
    True
    """

    cut: int = 0
    group: ClassVar[str] = "rotation"
    columnwise: ClassVar[bool] = False

    def align(self, parts: Sequence[Part]) -> Array:
        """Matrices of shape (batch, kt, k) with orthonormal columns."""
        matrix = gram([part for part in parts if part.linear]) if any(p.linear for p in parts) else _from_form(parts)
        total, width = matrix.shape[1:]
        left = []
        if self.cut:
            left = [slice(total - self.cut, total)]
            matrix = matrix.copy()
            best, _, _ = np.linalg.svd(matrix[:, left[0]], full_matrices=False)
            kept = best[:, :, : width - (total - self.cut)]
            matrix[:, left[0]] = kept @ (kept.swapaxes(1, 2) @ matrix[:, left[0]])
        start = polar(matrix)
        if not self.cut:
            plain = _nearest_signed_order(start)
            start = np.where((excess(parts, plain) <= 1.0)[:, None, None], plain, start)
        return minimax(parts, start, Turns([slice(0, width)], left))

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:
        """A robust alignment, which does not share one wrong entry out among all."""
        return None if element is None else robust_polar(parts, element)


def _nearest_signed_order(element: Array) -> Array:
    """The signed permutation nearest to each element: most embeddings are the eigenvectors themselves."""
    order = assign(-np.abs(element))[:, None]
    plain = np.zeros_like(element)
    signs = np.where(np.take_along_axis(element, order, axis=1) >= 0, 1.0, -1.0)
    np.put_along_axis(plain, order, signs, axis=1)
    return plain


def _from_form(parts: Sequence[Part]) -> Array:
    """A start where only a quadratic form was sent: from its eigenvectors to the truth's."""
    if len(parts) != 1 or parts[0].truth.ndim != 3:
        raise SymmetryError("rotation needs a field that it moves on one axis, or one matrix moved on both")
    form = parts[0]
    _, ours = np.linalg.eigh((form.truth + form.truth.swapaxes(1, 2)) / 2.0)
    _, theirs = np.linalg.eigh((form.answer + form.answer.swapaxes(1, 2)) / 2.0)
    return np.asarray(ours @ theirs.swapaxes(1, 2))


@dataclass(frozen=True)
class Eigenbasis(_Orthogonal):
    """One O(m) block for every run of m equal eigenvalues: eigenvectors, in the order of their eigenvalues.

    Parameters
    ----------
    spectrum : tuple of float
        The true eigenvalues in order, more of them than an answer has columns where an eigenspace is cut.
    """

    spectrum: tuple[float, ...]
    group: ClassVar[str] = "eigenbasis"
    quadratic: ClassVar[bool] = False

    @cached_property
    def runs(self) -> tuple[slice, ...]:
        """The runs of equal eigenvalues."""
        return runs(self.spectrum)

    @cached_property
    def simple(self) -> bool:
        """Whether no eigenvalue is repeated."""
        return len(self.runs) == len(self.spectrum)

    def align(self, parts: Sequence[Part]) -> Array:
        """Block matrices of shape (batch, kt, k) with orthonormal columns."""
        matrix = gram(linear_parts(parts, self.group))
        width = matrix.shape[2]
        if matrix.shape[1] != len(self.spectrum) or self.runs[-1].start >= width:
            raise SymmetryError(f"{len(self.spectrum)} eigenvalues do not fit {matrix.shape[1:]} columns")
        element = np.zeros(matrix.shape)
        if self.simple:
            index = np.arange(width)
            element[:, index, index] = np.where(matrix[:, index, index] >= 0, 1.0, -1.0)
        else:
            for run in self.runs:
                kept = slice(run.start, min(run.stop, width))
                element[:, run, kept] = polar(matrix[:, run, kept])
        failing = np.flatnonzero(excess(parts, element) > 1.0)
        if failing.size:
            element[failing] = self._refine([part.take(failing) for part in parts], element[failing])
        return element

    def _refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Refine every block by itself: what is wrong in one leaves the others alone."""
        width = element.shape[2]
        index = np.arange(width)
        signs = better_sign(
            [_restrict(part, slice(0, width), slice(0, width)) for part in parts], element[:, index, index]
        )
        for run in self.runs:
            kept = slice(run.start, min(run.stop, width))
            if run.stop - run.start == 1:
                element[:, run.start, run.start] = signs[:, run.start]
                continue
            left = [slice(0, run.stop - run.start)] if run.stop > width else []
            turns = Turns([slice(0, kept.stop - kept.start)], left)
            element[:, run, kept] = minimax([_restrict(p, run, kept) for p in parts], element[:, run, kept], turns)
        return element

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:
        """A robust alignment of every repeated eigenvalue's block."""
        if element is None or self.simple:
            return element
        pointing = element.copy()
        for run in self.runs:
            kept = slice(run.start, min(run.stop, element.shape[2]))
            if run.stop - run.start > 1:
                pointing[:, run, kept] = robust_polar([_restrict(p, run, kept) for p in parts], element[:, run, kept])
        return pointing


def _restrict(part: Part, run: slice, kept: slice) -> Part:
    """The columns of one block."""
    return Part(part.answer[:, :, kept], part.truth[:, :, run], part.tolerance, part.move)


@dataclass(frozen=True)
class SignedOrder(_Orthogonal):
    """What `Eigenbasis` allows, and any order of the columns: axes listed in another order.

    Parameters
    ----------
    spectrum : tuple of float
        The true eigenvalues in order.

    Notes
    -----
    A column belongs to the eigenvalue whose eigenspace it makes the smallest angle with, one linear
    assignment for all; then each eigenvalue's block is aligned by itself. Where the result is beyond tolerance,
    the order that brings most columns within it is taken: a right column keeps its place whatever stands in
    the others.
    """

    spectrum: tuple[float, ...]
    group: ClassVar[str] = "signed_order"
    quadratic: ClassVar[bool] = False

    @cached_property
    def basis(self) -> Eigenbasis:
        """The group without reordering."""
        return Eigenbasis(self.spectrum)

    def align(self, parts: Sequence[Part]) -> Array:
        """Matrices of shape (batch, kt, k): signed permutations where the spectrum is simple."""
        closeness = self._closeness(parts)
        element = self._with_order(parts, assign(-closeness))
        failing = np.flatnonzero(excess(parts, element) > 1.0)
        if failing.size:
            some = [part.take(failing) for part in parts]
            within = column_distances(some, (1.0, -1.0))[0].max(axis=0)
            for run in self.basis.runs:
                if run.stop - run.start > 1:
                    within[:, run] = 0
            order = assign(-closeness[failing] - (1.0 + closeness.shape[2]) * within)
            element[failing] = self._with_order(some, order)
        return element

    def _closeness(self, parts: Sequence[Part]) -> Array:
        """Cosines between columns and eigenspaces; where no vector was sent, nearness of the eigenvalues."""
        linear = [part for part in parts if part.linear]
        if not linear:
            return np.asarray(1.0 / (1.0 + column_distances(parts)[1][0]))
        truth, answer = stack(linear)
        ours, theirs = (np.linalg.norm(array, axis=1) for array in (truth, answer))
        scale = np.where(ours > 0, ours, 1.0)[:, :, None] * np.where(theirs > 0, theirs, 1.0)[:, None]
        cosine = np.abs(truth.swapaxes(1, 2) @ answer) / scale
        if not self.basis.simple:
            for run in self.basis.runs:
                cosine[:, run] = np.linalg.norm(cosine[:, run], axis=1, keepdims=True)
        return np.asarray(cosine)

    def _with_order(self, parts: Sequence[Part], order: Array) -> Array:
        """Align with the student's column j taken for the truth's column order[:, j]."""
        sequence = order.argsort(axis=1)
        back = sequence.argsort(axis=1)
        if not any(part.linear for part in parts):
            identity = np.eye(len(self.spectrum), order.shape[1])
            return np.asarray(identity[:, back].swapaxes(0, 1))
        in_order = [
            Part(np.take_along_axis(p.answer, sequence[:, None], axis=2), p.truth, p.tolerance, p.move) for p in parts
        ]
        return np.take_along_axis(self.basis.align(in_order), back[:, None], axis=2)
