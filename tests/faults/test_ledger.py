"""The ledger notices what the fault tests look for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.client import NO_ANSWER, WRONG, Sent
from tests.faults.ledger import Ledger, Proof, prove

_PLAIN = Sent("b1", None, 0.0, 201, "one", 1)
_KEYED = Sent("b1", "key", 0.0, 201, "two", 2)
_SILENT = Sent("b2", None, 0.0, NO_ANSWER)


def _item(submission: str, attempt: int, student: str = "b1") -> dict[str, Any]:
    return {"id": submission, "student": student, "attempt": attempt}


_ONE, _TWO = _item("one", 1), _item("two", 2)


def _proof(sent: list[Sent], stored: list[dict[str, Any]]) -> Proof:
    ledger = Ledger()
    for one in sent:
        ledger.add(one)
    return prove(ledger, stored)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ([_PLAIN, _KEYED], [_ONE, _TWO]),
        ([_PLAIN, _KEYED, replace(_KEYED, replayed=True)], [_ONE, _TWO]),
        ([_PLAIN, _SILENT], [_ONE]),
        ([_PLAIN, _SILENT], [_ONE, _item("silent", 1, "b2")]),
        ([_PLAIN, replace(_KEYED, status=NO_ANSWER), _KEYED], [_ONE, _TWO]),
    ],
)
def test_what_agrees_passes(sent: list[Sent], stored: list[dict[str, Any]]) -> None:
    _proof(sent, stored).check()


@pytest.mark.parametrize(
    ("problem", "sent", "stored"),
    [
        ("lost", [_PLAIN, _KEYED], [_ONE]),
        ("lost", [_PLAIN], [_item("one", 2), _item("two", 1)]),
        ("lost", [_PLAIN], [_item("one", 1, "b2")]),
        ("doubled", [_PLAIN], [_ONE, _TWO]),
        ("doubled", [_PLAIN], [_ONE, _item("silent", 1, "b2")]),
        ("doubled", [_PLAIN, _KEYED, replace(_KEYED, status=NO_ANSWER)], [_ONE, _TWO, _item("three", 3)]),
        ("doubled", [_PLAIN, _KEYED, replace(_KEYED, id="three", attempt=3)], [_ONE, _TWO, _item("three", 3)]),
        ("doubled", [_PLAIN, _PLAIN], [_ONE]),
        ("misnumbered", [_PLAIN, _PLAIN], [_ONE, _item("two", 1)]),
        ("misnumbered", [_PLAIN, _PLAIN], [_ONE, _item("two", 3)]),
        ("wrong", [_PLAIN, Sent("b1", None, 0.0, WRONG, wrong="500")], [_ONE]),
    ],
)
def test_what_disagrees_is_named(problem: str, sent: list[Sent], stored: list[dict[str, Any]]) -> None:
    proof = _proof(sent, stored)
    assert getattr(proof, problem)
    with pytest.raises(AssertionError):
        proof.check()
