"""What inputs are made from: assignments of every kind, and perfect answers to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from app.assignments import Assignment, Drawn, parse_assignment, shipped_assignments
from app.checking import draw, example_submission
from tests.app.checking.test_kinds import SOURCE as KINDS
from tests.app.uploads import SOURCE as SCANS
from tests.app.varied import GRAPH

__all__ = ["SOURCES", "Target", "targets"]

SOURCES: dict[str, bytes] = {
    **{slug: path.read_bytes() for slug, path in shipped_assignments().items()},
    "kinds": KINDS.encode(),
    "own-graph": GRAPH.encode(),
    "scans": (SCANS % "").encode(),
}
"""Assignment files by slug: those that come with the service, every kind of field, data of one's own, and files."""


@dataclass(frozen=True)
class Target:
    """An assignment, somebody's data, and the JSON of a perfect answer to every question."""

    assignment: Assignment
    drawn: Drawn | None
    answers: dict[str, str]

    @property
    def slug(self) -> str:
        """The name of the assignment."""
        return self.assignment.slug


@cache
def targets() -> tuple[Target, ...]:
    """All of them, with data that are drawn where they are."""
    return tuple(_target(source) for source in SOURCES.values())


def _target(source: bytes) -> Target:
    assignment = parse_assignment(source)
    drawn = draw(assignment, b"fuzz") if assignment.variants is not None else None
    example = example_submission(assignment.with_data(drawn))
    return Target(assignment, drawn, {question: json.dumps(fields) for question, fields in example.items()})
