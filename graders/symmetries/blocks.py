"""Groups of orthogonal matrices: rotations, one block for each repeated eigenvalue, and any order of columns."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from graders.errors import SymmetryError
from graders.linked import Kind, Part, Sheet
from graders.matching import assign, column_distances, fields_within
from graders.orthogonal import Turns, excess, minimax, polar, robust_polar, within_range
from graders.spectra import runs
from graders.symmetries.base import Symmetry, linear_part
from graders.symmetries.columnwise import better_sign
from graders.tolerance import Array

__all__ = ["Eigenbasis", "Rotation", "SignedOrder"]

_RIDGE = 1e-14  # keeps the normal equations solvable where true columns are dependent


class _Orthogonal(Symmetry):
    """Elements are matrices with orthonormal columns."""

    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:
        """Multiply by g, by its entrywise squares where sign does not count, and from both sides for a form."""
        if element is None:
            return truth
        if kind == "form":
            return np.asarray(element.swapaxes(1, 2)[:, None] @ truth @ element[:, None])
        return np.asarray(truth @ (element**2 if kind == "magnitude" else element))

    def neutral(self, width: int) -> Array:
        """The identity matrix."""
        return np.eye(width)[None]

    def inverse(self, element: Array) -> Array | None:
        """The transposed matrix, where it is square."""
        return element.swapaxes(1, 2) if element.shape[1] == element.shape[2] else None

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
        How many of the truth's last columns span an eigenspace of which an answer holds only a part.
    columns : int, optional
        How many columns are asked for where one is cut.

    Examples
    --------
    >>> from graders import Move, Target, Tolerance
    >>> truth = np.array([[[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]])
    >>> quarter = np.array([[0.0, -1.0], [1.0, 0.0]])
    >>> target = Target({"Y": truth}, {"Y": Tolerance.decimals(3)}, Rotation(), {"Y": Move((1,))})
    >>> np.allclose(target.compare({"Y": truth @ quarter}).element, quarter)
    True
    """

    cut: int = 0
    columns: int | None = None
    group: ClassVar[str] = "rotation"

    @property
    def kin(self) -> Hashable:
        """The same part of an eigenspace cut."""
        return self

    @property
    def columnwise(self) -> bool:
        """Columns that may be turned into each other have no identity."""
        return False

    def start(self, parts: Sequence[Part]) -> Array:
        """Matrices of shape (batch, kt, k) with orthonormal columns."""
        linear = [part for part in parts if part.sheet.kind == "linear"]
        matrix = linear[0].sheet.leading @ linear[0].answer if linear else _from_form(parts)
        if self.cut:
            matrix = _coefficients(linear[0].sheet, matrix) if linear else matrix
            cut = slice(matrix.shape[1] - self.cut, matrix.shape[1])
            best, _, _ = np.linalg.svd(within_range(matrix[:, cut]), full_matrices=False)
            kept = best[:, :, : matrix.shape[2] - cut.start]
            matrix[:, cut] = kept @ (kept.swapaxes(1, 2) @ matrix[:, cut])
        return polar(matrix)

    def refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Try the nearest signed permutation, since most embeddings are the eigenvectors themselves; then turn."""
        total, width = element.shape[1:]
        if not (excess(parts, element) <= _out_of_reach(parts)).any():
            return element
        if self.cut:
            return minimax(parts, element, Turns([slice(0, width)], [slice(total - self.cut, total)]))
        plain = _nearest_signed_order(element)
        near = np.where((excess(parts, plain) <= 1.0)[:, None, None], plain, element)
        return minimax(parts, near, Turns([slice(0, width)]))

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:
        """A robust alignment, which does not share one wrong entry out among all."""
        return None if element is None else robust_polar(parts, element)


def _coefficients(sheet: Sheet, matrix: Array) -> Array:
    """The least-squares coefficients of the answer in the true columns, from M = T^H A.

    An element that is not square changes the length of T g unless the true columns are orthonormal, so that M alone
    does not tell the best one; an answer T g has just g for its coefficients.
    """
    gram = sheet.leading @ sheet.truth
    size = np.trace(gram, axis1=1, axis2=2)[:, None, None]
    ridge = _RIDGE * size + np.finfo(np.float64).tiny
    return np.asarray(np.linalg.solve(gram + ridge * np.eye(gram.shape[1]), matrix))


def _out_of_reach(parts: Sequence[Part]) -> float:
    """The error of the least-squares element, in tolerances, beyond which no element brings every entry within one.

    If some element did, its sum of squares would be at most the number of entries, and the least one no larger.
    """
    return float(np.sqrt(sum(part.sent[0].size for part in parts)))


def _nearest_signed_order(element: Array) -> Array:
    """The signed permutation nearest to each element."""
    order = assign(-np.abs(element))
    signs = np.where(np.take_along_axis(element, order[:, None], axis=1)[:, 0] >= 0, 1.0, -1.0)
    return _permutations(order, element.shape[1], signs)


def _from_form(parts: Sequence[Part]) -> Array:
    """A start where only a quadratic form was sent: from its eigenvectors to the truth's."""
    if len(parts) != 1 or parts[0].truth.shape[1] != 1:
        raise SymmetryError("rotation needs a field that it moves on one axis, or one matrix moved on both")
    ours, theirs = (
        np.linalg.eigh((form[:, 0] + form[:, 0].swapaxes(1, 2)) / 2.0)[1] for form in (parts[0].truth, parts[0].answer)
    )
    return np.asarray(ours @ theirs.swapaxes(1, 2))


@dataclass(frozen=True)
class Eigenbasis(_Orthogonal):
    """One O(m) block for every run of m equal eigenvalues: eigenvectors, in the order of their eigenvalues.

    Parameters
    ----------
    spectrum : tuple of float
        The true eigenvalues in order, one for each column of the truth.
    columns : int, optional
        How many columns are asked for, where the truth has all columns of an eigenspace that these cut.
    """

    spectrum: tuple[float, ...]
    columns: int | None = None
    group: ClassVar[str] = "eigenbasis"
    quadratic: ClassVar[bool] = False

    @cached_property
    def runs(self) -> tuple[slice, ...]:
        """The runs of equal eigenvalues."""
        return runs(self.spectrum)

    @property
    def kin(self) -> Hashable:
        """The same eigenvalues repeated."""
        return type(self), tuple((run.start, run.stop) for run in self.runs), self.columns

    @cached_property
    def simple(self) -> bool:
        """Whether no eigenvalue is repeated."""
        return len(self.runs) == len(self.spectrum)

    @property
    def columnwise(self) -> bool:
        """Only where no eigenvalue is repeated does every column have an identity."""
        return self.simple

    def start(self, parts: Sequence[Part]) -> Array:
        """Block matrices of shape (batch, kt, k) with orthonormal columns."""
        linear = linear_part(parts, self.group)
        matrix = linear.sheet.leading @ linear.answer
        width = matrix.shape[2]
        if matrix.shape[1] != len(self.spectrum) or self.runs[-1].start >= width:
            raise SymmetryError(f"{len(self.spectrum)} eigenvalues do not fit {matrix.shape[1:]} columns")
        element = np.zeros(matrix.shape)
        if self.simple:
            index = np.arange(width)
            element[:, index, index] = np.where(matrix[:, index, index] >= 0, 1.0, -1.0)
            return element
        for run in self.runs:
            kept = slice(run.start, min(run.stop, width))
            block = matrix[:, run, kept]
            if run.stop > width:
                alone = linear.restrict(run, kept)
                block = _coefficients(alone.sheet, block)
            element[:, run, kept] = polar(block)
        return element

    def refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Refine every block by itself: what is wrong in one leaves the others alone."""
        refined = element.copy()
        width = element.shape[2]
        index = np.arange(width)
        whole = slice(0, width)
        signs = better_sign([part.restrict(whole, whole) for part in parts], element[:, index, index])
        for run in self.runs:
            kept = slice(run.start, min(run.stop, width))
            if run.stop - run.start == 1:
                refined[:, run.start, run.start] = signs[:, run.start]
                continue
            left = [slice(0, run.stop - run.start)] if run.stop > width else []
            turns = Turns([slice(0, kept.stop - kept.start)], left)
            refined[:, run, kept] = minimax([part.restrict(run, kept) for part in parts], element[:, run, kept], turns)
        return refined

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:
        """A robust alignment of every repeated eigenvalue's block."""
        if element is None or self.simple:
            return element
        pointing = element.copy()
        for run in self.runs:
            kept = slice(run.start, min(run.stop, element.shape[2]))
            if run.stop - run.start > 1:
                pointing[:, run, kept] = robust_polar(
                    [part.restrict(run, kept) for part in parts], element[:, run, kept]
                )
        return pointing


@dataclass(frozen=True)
class SignedOrder(_Orthogonal):
    """What `Eigenbasis` allows, and any order of the columns: axes listed in another order.

    Parameters
    ----------
    spectrum : tuple of float
        The true eigenvalues in order, one for each column of the truth.
    columns : int, optional
        How many columns are asked for, where the truth has all columns of an eigenspace that these cut.

    Notes
    -----
    A column belongs to the eigenvalue whose eigenspace it makes the smallest angle with, one linear
    assignment for all; then each eigenvalue's block is aligned by itself. Where the result is beyond tolerance,
    the order that brings most columns within it is taken: a right column keeps its place whatever stands in
    the others.
    """

    spectrum: tuple[float, ...]
    columns: int | None = None
    group: ClassVar[str] = "signed_order"
    quadratic: ClassVar[bool] = False

    @property
    def kin(self) -> Hashable:
        """The same eigenvalues repeated."""
        return type(self), self.basis.kin

    @cached_property
    def basis(self) -> Eigenbasis:
        """The group without reordering."""
        return Eigenbasis(self.spectrum, self.columns)

    @property
    def columnwise(self) -> bool:
        """Only where no eigenvalue is repeated does every column have an identity."""
        return self.basis.simple

    def start(self, parts: Sequence[Part]) -> Array:
        """Matrices of shape (batch, kt, k): signed permutations where the spectrum is simple."""
        linear = next((part for part in parts if part.sheet.kind == "linear"), None)
        if linear is None:
            return _permutations(assign(column_distances(parts)[0]), len(self.spectrum))
        matrix = linear.sheet.leading @ linear.answer
        order = assign(-self._closeness(linear, matrix))
        if not self.basis.simple:
            return self._in_order(parts, order, self.basis.start)
        signs = np.where(np.take_along_axis(matrix, order[:, None], axis=1)[:, 0] >= 0, 1.0, -1.0)
        return _permutations(order, len(self.spectrum), signs)

    def refine(self, parts: Sequence[Part], element: Array) -> Array:
        """Take the order that brings most fields of most columns within tolerance, and refine each block."""
        linear = next((part for part in parts if part.sheet.kind == "linear"), None)
        if linear is None:
            return element
        within = fields_within(parts, (1.0, -1.0)).max(axis=0)
        if self.basis.simple and not within.any():
            return element
        for run in self.basis.runs:
            if run.stop - run.start > 1:
                within[:, run] = 0
        closeness = self._closeness(linear, linear.sheet.leading @ linear.answer)
        order = assign(-closeness - (1.0 + closeness.shape[2]) * within)

        def basis(sorted_parts: Sequence[Part]) -> Array:
            return self.basis.refine(sorted_parts, self.basis.start(sorted_parts))

        return self._in_order(parts, order, basis)

    def _closeness(self, linear: Part, matrix: Array) -> Array:
        """Cosines of the angles between the answer's columns and the eigenspaces."""
        theirs = np.sqrt(np.sum(linear.sheet.weights * linear.answer**2, axis=1))
        scale = linear.sheet.lengths[:, :, None] * np.where(theirs > 0, theirs, 1.0)[:, None]
        cosine = np.abs(matrix) / scale
        if not self.basis.simple:
            for run in self.basis.runs:
                cosine[:, run] = np.linalg.norm(cosine[:, run], axis=1, keepdims=True)
        return np.asarray(cosine)

    def _in_order(self, parts: Sequence[Part], order: Array, align: Callable[[Sequence[Part]], Array]) -> Array:
        """Align with the student's column j taken for the truth's column order[:, j]."""
        sequence = order.argsort(axis=1)
        element = align([part.reordered(sequence) for part in parts])
        return np.take_along_axis(element, sequence.argsort(axis=1)[:, None], axis=2)

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:
        """A robust alignment of every repeated eigenvalue's block, in the order found."""
        if element is None:
            return None
        sequence = np.abs(element).argmax(axis=1).argsort(axis=1, kind="stable")[:, None]
        ordered = [part.reordered(sequence[:, 0]) for part in parts]
        pointing = self.basis.indicative(ordered, np.take_along_axis(element, sequence, axis=2))
        return None if pointing is None else np.take_along_axis(pointing, sequence.argsort(axis=2), axis=2)


def _permutations(order: Array, rows: int, signs: Array | None = None) -> Array:
    """Matrices whose column j has its one entry in row order[:, j]."""
    element = np.zeros((len(order), rows, order.shape[1]))
    np.put_along_axis(element, order[:, None], 1.0 if signs is None else signs[:, None], axis=1)
    return element
