"""Data of one's own for every learner: what is drawn, from which distributions, and what a draw has to fulfil."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from app.assignments.faults import refuse
from app.assignments.parts import Model, Name, QuestionId
from app.language import text

__all__ = ["Condition", "DataName", "Draw", "Drawn", "Measure", "Variants"]

DataName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}(\.[A-Za-z][A-Za-z0-9_]{0,63}){0,7}$")]
Measure = Literal[
    "gap",
    "relative_gap",
    "smallest",
    "largest",
    "smallest_magnitude",
    "largest_magnitude",
    "spread",
]


class Draw(Model):
    """Values drawn at random by one generator."""

    generator: str
    options: dict[Name, Any] = Field(default_factory=dict)
    gives: Annotated[dict[DataName, Name], Field(min_length=1)]
    """Which data are drawn: names joined by dots, each with the attribute of the generator's record that it becomes.
    What the file gives for them is the example that staff see, and says their shape."""


class Condition(Model):
    """A number that is computed from the solution of a question on the drawn data, and its bounds."""

    question: QuestionId
    output: Name
    """An attribute of the record that the question's solver gives."""
    measure: Measure
    """``gap``: the least difference of neighbours, once sorted; ``relative_gap``: divided by the largest magnitude;
    ``spread``: the largest magnitude divided by the smallest."""
    between: (
        Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=2, max_length=2, strict=False)] | None
    ) = None
    """The gap between these two only, counted from 1 in ascending order."""
    at_least: Annotated[float, Field(allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            refuse("inconsistent", text("A condition needs a bound: at_least, at_most or both."))
        if self.between is not None:
            if self.measure not in ("gap", "relative_gap"):
                refuse("inconsistent", text("Only gaps are between two values."), "between")
            if self.between[0] >= self.between[1]:
                refuse("inconsistent", text("The two values are counted from 1, the smaller first."), "between")
        return self


class Variants(Model):
    """Data that are drawn for each learner, always the same for the same one."""

    draws: Annotated[tuple[Draw, ...], Field(min_length=1, max_length=20, strict=False)]
    """Each has a random stream of its own."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=50, strict=False)] = ()
    """What a draw has to fulfil besides what always holds: that every question can be solved, that its digits are
    determined, and that mistakes are told apart from right answers and from each other."""
    tries: Annotated[int, Field(ge=1, le=10_000)] = 500
    """How many draws are tried for one learner at most."""

    @property
    def names(self) -> tuple[str, ...]:
        """The data that are drawn."""
        return tuple(name for draw in self.draws for name in draw.gives)

    @property
    def digest(self) -> str:
        """What names these draws: while it stays the same, a learner keeps their data through all versions."""
        return _digest([draw.model_dump(mode="json") for draw in self.draws])


@dataclass(frozen=True)
class Drawn:
    """The data of one learner.

    Parameters
    ----------
    values : mapping of str to object
        The drawn data by their dotted names, as plain numbers and lists of them.

    Two are equal where their `name`, a digest of the values, is.
    """

    name: str
    values: Mapping[str, Any]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Drawn:
        """Name what was drawn."""
        return cls(_digest(dict(values)), values)

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Drawn) and self.name == other.name

    def over(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The assignment's data with the drawn ones in their places."""
        whole = dict(data)
        for name, value in self.values.items():
            *holders, last = name.split(".")
            place = whole
            for step in holders:
                place[step] = dict(place[step])
                place = place[step]
            place[last] = value
        return whole


def _digest(value: object) -> str:
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(written.encode("ascii")).hexdigest()[:16]
