"""No right answer is refused and no wrong one accepted, in a few thousand cases of every kind."""

from __future__ import annotations

import pytest

from tests.accuracy.benchmark import Tally, cases_of_round, run_round
from tests.accuracy.right import RIGHT
from tests.accuracy.wrong import WRONG

# One round of each kind of problem, by its turn: homework 3, principal components (simple and with a repeated
# variance), a graph, both mixtures and an autoencoder.
_ROUNDS = (0, 1, 21, 2, 3, 7, 9)


@pytest.fixture(scope="module")
def tally() -> Tally:
    total = Tally()
    for number in _ROUNDS:
        total.add(run_round(2026, number, about=550))
    return total


def test_no_right_answer_is_refused_and_no_wrong_one_accepted(tally: Tally) -> None:
    assert tally.total >= 3000
    failed = [
        (number, family, failure.case.expected, failure.case.generator, failure.question, failure.verdict)
        for number, family, failure in tally.failures
    ]
    assert failed == []


def test_every_generator_made_cases(tally: Tally) -> None:
    for generator in (*RIGHT, *WRONG):
        assert tally.made[generator.__name__] > 0, generator.__name__


def test_the_same_seed_makes_the_same_cases() -> None:
    first, second = (cases_of_round(5, 2, about=200) for _ in range(2))
    assert [case.document() for case in first.cases] == [case.document() for case in second.cases]
