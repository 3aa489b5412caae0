"""What every symmetry does: find the element, apply it, show it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from graders.errors import SymmetryError
from graders.linked import Move, Part
from graders.tolerance import Array

__all__ = ["Identity", "Symmetry", "linear_parts"]


class Symmetry(ABC):
    """A group acting on the component axis of every field that it moves.

    Attributes
    ----------
    group : str
        Its name in a certificate.
    columnwise : bool
        Whether columns keep their identity, so that one wrong column leaves the verdict on the others alone.
    quadratic : bool
        Whether a field may move on two axes.
    """

    group: ClassVar[str]
    columnwise: ClassVar[bool] = True
    quadratic: ClassVar[bool] = True

    @abstractmethod
    def align(self, parts: Sequence[Part]) -> Array | None:
        """Find for each submission an element g with *student = truth g*, or the nearest there is.

        Parameters
        ----------
        parts : sequence of Part
            The linked fields that were answered; at least one.

        Returns
        -------
        ndarray of shape (batch, ...) or None
            None where there is nothing to find, or the element is of no use (identity, span).
        """

    @abstractmethod
    def act(self, element: Array | None, truth: Array, move: Move) -> Array:
        """Apply the elements to a true field of shape (batch or 1, ...)."""

    def indicative(self, parts: Sequence[Part], element: Array | None) -> Array | None:  # noqa: ARG002 - groups whose columns have no identity override this
        """An element that serves only to point at the worst entry of a refused answer."""
        return element

    def show(self, element: Array) -> list[object]:
        """The element of one submission as plain lists."""
        listed: list[object] = element.tolist()
        return listed


class Identity(Symmetry):
    """Nothing is free: scalars, adjacency matrices, Laplacians."""

    group = "identity"

    def align(self, parts: Sequence[Part]) -> None:
        """There is nothing to find."""

    def act(self, element: Array | None, truth: Array, move: Move) -> Array:  # noqa: ARG002 - the interface's
        """Leave the truth as it is."""
        return truth


def linear_parts(parts: Sequence[Part], group: str) -> list[Part]:
    """The fields that determine the element.

    Raises
    ------
    SymmetryError
        Where there is none.
    """
    linear = [part for part in parts if part.linear]
    if not linear:
        raise SymmetryError(f"{group} needs a field that it moves on one axis, with sign")
    return linear
