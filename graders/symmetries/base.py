"""What every symmetry does: find the element, apply it, show it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from typing import ClassVar

from graders.errors import SymmetryError
from graders.linked import Kind, Part
from graders.tolerance import Array

__all__ = ["Identity", "Symmetry", "linear_part"]


class Symmetry(ABC):
    """A group acting on the component axis of every field that it moves.

    Attributes
    ----------
    group : str
        Its name in a certificate.
    quadratic : bool
        Whether a field may move on two axes.
    columns : int or None
        How many columns an answer has, where the truth has more because the answer holds only a part of its last
        eigenspace.
    """

    group: ClassVar[str]
    quadratic: ClassVar[bool] = True
    columns: int | None = None

    @property
    def columnwise(self) -> bool:
        """Whether columns keep their identity, so that one wrong column leaves the verdict on the others alone."""
        return True

    @property
    def kin(self) -> Hashable:
        """What groups have in common that act alike on every truth: stacked truths need it to be the same."""
        return type(self)

    @abstractmethod
    def start(self, parts: Sequence[Part]) -> Array | None:
        """Find for each submission the element g with *student = truth g* that least squares favours.

        Parameters
        ----------
        parts : sequence of Part
            The linked fields that were answered; at least one.

        Returns
        -------
        ndarray of shape (batch, ...) or None
            None where there is nothing to find, or the element is of no use (identity, span).
        """

    def refine(self, parts: Sequence[Part], element: Array) -> Array:  # noqa: ARG002 - the interface's
        """Look for a better element where the start leaves an entry beyond its tolerance.

        Least squares finds the start, not the verdict: an answer is right when *some* element brings every entry
        within tolerance. Where none does, the element is kept that points out best what is wrong.
        """
        return element

    @abstractmethod
    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:
        """Apply the elements to true fields as they are written on a sheet of that kind (not a fixed one)."""

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:  # noqa: ARG002 - groups whose columns have no identity override this
        """An element that serves only to point at the worst entry of a refused answer."""
        return element

    def neutral(self, width: int) -> Array | None:  # noqa: ARG002 - the interface's
        """The element that leaves `width` columns alone, of shape (1, ...); None where elements are of no use."""
        return None

    def inverse(self, element: Array) -> Array | None:  # noqa: ARG002 - the interface's
        """The elements that undo these; None where a cut eigenspace leaves them none."""
        return None

    def show(self, element: Array) -> list[object]:
        """The element of one submission as plain lists."""
        listed: list[object] = element.tolist()
        return listed


class Identity(Symmetry):
    """Nothing is free: scalars, adjacency matrices, Laplacians."""

    group = "identity"

    def start(self, parts: Sequence[Part]) -> None:
        """There is nothing to find."""

    def act(self, element: Array | None, truth: Array, kind: Kind) -> Array:  # noqa: ARG002 - the interface's
        """Leave the truth as it is."""
        return truth


def linear_part(parts: Sequence[Part], group: str) -> Part:
    """The fields that determine the element.

    Raises
    ------
    SymmetryError
        Where there is none.
    """
    for part in parts:
        if part.sheet.kind == "linear":
            return part
    raise SymmetryError(f"{group} needs a field that it moves on one axis, with sign")
