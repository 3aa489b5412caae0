"""The kinds of fields: what their entries are, and what is asked of them."""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "is_graded", "moves_with"]

Kind = Literal["numeric", "integer", "complex", "labels", "text", "file"]
"""Real numbers, whole ones, complex ones, names of clusters; or a text or a file that a person grades."""

_COMPLEX_GROUPS = frozenset({"phase", "relabelling", "signs"})


def is_graded(kind: Kind) -> bool:
    """Whether fields of a kind are held against a truth; a person grades the others."""
    return kind not in ("text", "file")


def moves_with(kind: Kind, group: str) -> bool:
    """Whether a symmetry can move fields of a kind.

    Examples
    --------
    >>> moves_with("labels", "rotation"), moves_with("complex", "phase")
    (False, True)
    """
    match kind:
        case "labels":
            return group == "relabelling"
        case "complex":
            return group in _COMPLEX_GROUPS
        case "integer":
            return group in ("relabelling", "signs")
        case _:
            return True
