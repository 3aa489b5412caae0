"""The groups that an answer is compared up to, each acting on one axis of every field it moves.

A symmetry finds the element that best explains an answer, applies it to the truth and shows it in a
certificate. The verdict is not made here: `graders.comparison` makes it, for all of them alike.
"""

from graders.symmetries.base import Identity, Symmetry
from graders.symmetries.blocks import Eigenbasis, Rotation, SignedOrder
from graders.symmetries.columnwise import Phase, Relabelling, Signs
from graders.symmetries.span import Span

__all__ = [
    "Eigenbasis",
    "Identity",
    "Phase",
    "Relabelling",
    "Rotation",
    "SignedOrder",
    "Signs",
    "Span",
    "Symmetry",
]
