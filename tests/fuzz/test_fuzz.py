"""A small, seeded share of the fuzzing; and that it finds what it looks for. ``make fuzz`` tries a million inputs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from random import Random

import pytest

from tests.fuzz.asking import Asking, inspect
from tests.fuzz.documents import body
from tests.fuzz.grading import Grading
from tests.fuzz.material import targets
from tests.fuzz.reading import Reading
from tests.fuzz.requests import request
from tests.fuzz.running import BrokenError, Input, Part, run
from tests.fuzz.sources import Sources
from tests.fuzz.texts import pasted

_PROBLEM = b'{"type": "a", "title": "b", "status": 422, "detail": "c"}'
_TYPE = (b"content-type", b"application/problem+json")


@pytest.mark.parametrize(
    ("part", "most", "answers"),
    [
        (Reading(), 1500, {"400", "422", "read"}),
        (Grading(), 200, {"422", "graded", "pending_manual"}),
        (Sources(), 40, {"findings"}),
        (Asking(), 300, {"200", "400", "401", "403", "404", "405", "422"}),
    ],
    ids=lambda one: one.name if isinstance(one, Part) else "",
)
def test_hostile_inputs_are_answered(part: Part, most: int, answers: set[str]) -> None:
    tally = run(part, 2026, most=most, timed=False)
    assert [(one.round, one.index, one.what, one.sent) for one in tally.failures] == []
    assert tally.tried == most
    assert answers <= set(tally.answers)


@pytest.mark.parametrize("make", [body, request, lambda rng: list(Sources().inputs(rng))])
def test_the_same_seed_makes_the_same_inputs(make: object) -> None:
    assert callable(make)
    first, second, other = (make(Random(seed)) for seed in ("1", "1", "2"))
    assert first == second
    assert first != other


def test_every_kind_of_assignment_is_there() -> None:
    kinds = {
        spec.kind for one in targets() for question in one.assignment.questions for spec in question.fields.values()
    }
    assert kinds == {"numeric", "integer", "complex", "labels", "text", "file"}
    assert any(one.drawn for one in targets())
    assert {pasted(Random(seed), [[1, 2], [3, 4]]) for seed in range(100)} >= {"[1 2;3 4]", "1,2\n3,4"}


class _Planted(Part):
    """Answers as it is told to."""

    name = "planted"

    def inputs(self, rng: Random) -> Iterator[Input]:  # noqa: ARG002 - the same in every round
        return iter([Input(b"well"), Input(self.what.encode())])

    def __init__(self, what: str) -> None:
        self.what = what
        self.held: list[bytes] = []

    def judge(self, sent: Input) -> str:
        match sent.data:
            case b"raises":
                raise ZeroDivisionError("by zero")
            case b"warns":
                warnings.warn("beware", RuntimeWarning, stacklevel=1)
            case b"grows":
                self.held.append(b"x" * (20 << 20))
        return "fine"

    def end_round(self) -> None:
        if self.what == "leaves something":
            raise BrokenError("left")


@pytest.mark.parametrize(
    ("what", "said"),
    [("raises", "ZeroDivisionError"), ("warns", "beware"), ("grows", "memory grew"), ("leaves something", "left")],
)
def test_what_must_not_be_is_a_failure(what: str, said: str) -> None:
    tally = run(_Planted(what), 1, rounds=1, most=4)
    assert tally.failed == 1
    assert said in tally.failures[0].what
    assert tally.answers["fine"] >= 1


class _Slow(_Planted):
    """Takes two seconds of processor time for one input: always, or the first time only."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.spent = 0.0
        self.seen = 0

    def judge(self, sent: Input) -> str:
        if sent.data != b"well":
            self.seen += 1
            self.spent += 2.0 if self.what == "always" or self.seen == 1 else 0.1
        return "fine"

    def clock(self) -> float:
        return self.spent


def test_what_takes_too_long_every_time_is_a_failure() -> None:
    (failure,) = run(_Slow("always"), 1, rounds=1).failures
    assert failure.what == "took 2.00 s of processor time"
    assert failure.sent == Input(b"always")
    assert run(_Slow("once"), 1, rounds=1).failures == []


@pytest.mark.parametrize(
    ("status", "headers", "content"),
    [
        (503, [_TYPE], _PROBLEM.replace(b"422", b"503")),
        (500, [], b"Internal Server Error"),
        (422, [(b"content-type", b"text/plain")], _PROBLEM),
        (422, [_TYPE], b'{"type": "a", "title": "b", "status": 400, "detail": "c"}'),
        (405, [_TYPE], _PROBLEM.replace(b"422", b"405")),
        (200, [(b"location", b"/a\r\nset-cookie: b")], b"{}"),
    ],
)
def test_an_answer_that_must_not_be_is_told(status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    inspect(422, [_TYPE], _PROBLEM)
    inspect(200, [(b"location", b"/a")], b"{}")
    with pytest.raises(BrokenError):
        inspect(status, headers, content)
