"""What is known of a field before it is answered, and its answer once it is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from numpy.typing import NDArray

from app.answers.numbers import decimals
from app.answers.rows import Shape

__all__ = ["Answer", "FieldAnswer", "FieldKind", "FieldLike", "FileAnswer", "TextAnswer", "describe"]

FieldKind: TypeAlias = Literal["numeric", "integer", "complex", "labels", "text", "file"]


class FieldLike(Protocol):
    """What must be known of a field to read an answer to it."""

    @property
    def kind(self) -> FieldKind:
        """Whether numbers are wanted, and which, or names of clusters, a text that is not parsed, or a file's id."""

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Every accepted shape, the canonical one first."""

    @property
    def required(self) -> bool:
        """Whether leaving it out costs its share of the points."""


@dataclass(frozen=True, eq=False)
class FieldAnswer:
    """The numbers sent for a field, finite and of an accepted shape, and their texts, row by row.

    Of complex numbers the texts are those of the parts, the real one of each first. Of labels the values are ranks in
    the order of the names, counted from 0, and the texts are the names.
    """

    values: NDArray[Any]
    texts: tuple[str, ...]
    labels: bool = False

    @cached_property
    def entry_decimals(self) -> tuple[int | None, ...]:
        """How many decimals each text shows, row by row; None for a fraction, and for names."""
        return (None,) * len(self.texts) if self.labels else tuple(map(decimals, self.texts))

    @cached_property
    def decimals(self) -> int | None:
        """The most decimals that any entry shows; None where every entry is a fraction."""
        return max((shown for shown in self.entry_decimals if shown is not None), default=None)


@dataclass(frozen=True)
class TextAnswer:
    """A derivation as sent, which a person reads."""

    text: str


@dataclass(frozen=True)
class FileAnswer:
    """A file that was uploaded before; its name and size are known once it was looked up."""

    id: str
    name: str | None = None
    size: int | None = None


Answer: TypeAlias = FieldAnswer | TextAnswer | FileAnswer


def describe(answer: Answer) -> dict[str, object]:
    """Say how a field was read, for a preview.

    Examples
    --------
    >>> describe(TextAnswer("By Jensen's inequality, ..."))
    {'characters': 27}
    """
    if isinstance(answer, TextAnswer):
        return {"characters": len(answer.text)}
    if isinstance(answer, FileAnswer):
        return {"name": answer.name, "bytes": answer.size}
    read: dict[str, object] = {"shape": list(answer.values.shape), "decimals": answer.decimals}
    return read | {"labels": len(set(answer.texts))} if answer.labels else read
