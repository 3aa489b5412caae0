"""The cases that other graders' tests decide, and how their numbers are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.answers import FieldAnswer, read_answers, read_json

__all__ = ["CASES", "Array", "PeerCase", "Verdict", "array", "is_complex", "read"]

Array = NDArray[Any]
Shape = tuple[int, ...]
Verdict = Literal["correct", "partial", "incorrect", "error"]

_FILE = Path(__file__).parents[1] / "data" / "peer_cases.json"


@dataclass(frozen=True)
class PeerCase:
    """What a peer's test sends, and what is right; where the peer was wrong, what it said besides."""

    id: str
    source: str
    kind: str
    expected_answer: Any
    params: Mapping[str, Any]
    student: Any
    verdict: Verdict
    note: str
    peer_was_wrong: bool
    score: float | None = None
    peer_verdict: str | None = None


CASES = {case["id"]: PeerCase(**case) for case in json.loads(_FILE.read_text(encoding="utf-8"))}


@dataclass(frozen=True)
class _Field:
    """A numeric field as an assignment declares it."""

    shapes: tuple[Shape, ...]
    kind: Literal["numeric", "text"] = "numeric"
    required: bool = True


def read(sent: object, *shapes: Shape) -> Array:
    """Read what a learner sends for a field, from JSON as the service does; one answer is a batch of one."""
    body = json.dumps({"q": {"x": sent}}).encode()
    answer = read_answers(read_json(body), {"q": {"x": _Field(shapes)}})["q"]["x"]
    assert isinstance(answer, FieldAnswer)
    return answer.values[None]


def is_complex(value: object) -> bool:
    """Whether a value of a case has a complex entry; none can be sent, so that it is for the comparison alone."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(is_complex, value)))


def array(value: object) -> Array:
    """The numbers of a case as an array."""
    return np.array(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return complex(value["re"], value["im"])
    assert isinstance(value, str | int | float)
    return float(value)
