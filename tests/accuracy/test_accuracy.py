"""No right answer is refused and no wrong one accepted, in a few thousand cases of every kind, also on drawn data."""

from __future__ import annotations

from typing import get_args

import pytest

from app.assignments.kinds import Kind, is_graded
from tests.accuracy.benchmark import Tally, cases_of_round, run_round
from tests.accuracy.drawn import SLUGS, Swept, sweep
from tests.accuracy.right import RIGHT
from tests.accuracy.wrong import WRONG

# One round of each kind of problem, by its turn: homework 3, principal components (simple and with a repeated
# variance), a graph, both mixtures, an autoencoder, and whole numbers, complex ones and labels.
_ROUNDS = (0, 1, 17, 2, 3, 7, 9, 10)
_DRAWS = 2


@pytest.fixture(scope="module")
def tally() -> Tally:
    total = Tally()
    for number in _ROUNDS:
        total.add(run_round(2026, number, about=550))
    return total


def _failed(tally: Tally) -> list[tuple[object, ...]]:
    return [
        (number, family, failure.case.expected, failure.case.generator, failure.question, failure.verdict)
        for number, family, failure in tally.failures
    ]


def test_no_right_answer_is_refused_and_no_wrong_one_accepted(tally: Tally) -> None:
    assert tally.total >= 3000
    assert _failed(tally) == []


def test_every_generator_made_cases(tally: Tally) -> None:
    for generator in (*RIGHT, *WRONG):
        assert tally.made[generator.__name__] > 0, generator.__name__


def test_the_same_seed_makes_the_same_cases() -> None:
    first, second = (cases_of_round(5, 2, about=200) for _ in range(2))
    assert [case.document() for case in first.cases] == [case.document() for case in second.cases]


@pytest.fixture(scope="module")
def swept() -> dict[str, Swept]:
    found = {slug: Swept() for slug in SLUGS}
    for slug, one in found.items():
        for number in range(_DRAWS):
            one.add(sweep(slug, 2026, number, about=600))
    return found


@pytest.mark.parametrize("slug", SLUGS)
def test_on_drawn_data_nothing_is_found_and_no_verdict_is_wrong(slug: str, swept: dict[str, Swept]) -> None:
    one = swept[slug]
    assert one.draws == _DRAWS
    assert one.found == {}
    assert one.tally.total >= 100 * _DRAWS
    assert _failed(one.tally) == []


def test_fields_of_every_kind_are_answered_rightly_and_wrongly(tally: Tally, swept: dict[str, Swept]) -> None:
    graded = {kind for kind in get_args(Kind) if is_graded(kind)}
    assert graded == {"numeric", "integer", "complex", "labels"}
    for expected in ("right", "wrong"):
        assert {kind for said, kind in tally.kinds if said == expected} == graded
        drawn = {kind for said, kind in swept["practice"].tally.kinds if said == expected}
        assert drawn == graded - {"integer"}


def test_a_grader_that_mistakes_the_order_of_names_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.answers.labels.sorted", lambda names: sorted(names, reverse=True), raising=False)
    assert {failure.case.expected for _, _, failure in run_round(2026, 10, about=300).failures} == {"right"}
