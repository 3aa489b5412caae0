"""Numbers drawn one by one, choices and orders."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from reference.errors import InvalidInputError
from reference.generators.entries import choice, decimals, integers, shuffled


def test_both_bounds_are_drawn_and_all_values_equally_often() -> None:
    drawn = integers(np.random.default_rng(0), shape=[100, 60], low=1, high=14).values
    found, counts = np.unique(drawn, return_counts=True)
    assert found.tolist() == list(range(1, 15))
    assert chisquare(counts).pvalue > 1e-3
    lopsided = np.bincount(np.minimum(drawn, 14 - 1).ravel())[1:]  # with 14 counted as 13
    assert chisquare(lopsided).pvalue < 1e-3


def test_without_axes_one_number_is_drawn() -> None:
    assert integers(np.random.default_rng(0), low=3, high=3).values.tolist() == 3
    assert decimals(np.random.default_rng(0), low=0.3, high=0.3).values.tolist() == 0.3
    assert choice(np.random.default_rng(0), of=[0.7, 0.7]).values.tolist() == 0.7


def test_decimals_lie_on_their_lattice() -> None:
    drawn = decimals(np.random.default_rng(0), shape=[400], low=-1, high=1.2, every=5).values
    assert sorted(set(drawn.tolist())) == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert len(set(decimals(np.random.default_rng(0), shape=[400], low=-1, high=1).values.tolist())) == 21


def test_a_bound_between_two_decimals_is_rounded() -> None:
    drawn = decimals(np.random.default_rng(0), shape=[200], low=0.14, high=0.26).values
    assert sorted(set(drawn.tolist())) == [0.1, 0.2, 0.3]


def test_whole_arrays_are_chosen() -> None:
    known = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]
    assert choice(np.random.default_rng(0), of=known).values.tolist() in known
    several = choice(np.random.default_rng(0), of=known, shape=[3]).values
    assert several.shape == (3, 2, 2)
    assert all(one in known for one in several.tolist())


def test_whole_numbers_stay_whole_and_decimals_decimals() -> None:
    assert choice(np.random.default_rng(0), of=[1, 2]).values.dtype.kind == "i"
    assert choice(np.random.default_rng(0), of=[1, 2.5]).values.dtype.kind == "f"


def test_shuffled_entries_say_where_they_stood() -> None:
    given = [[1, 0], [2, 0], [3, 0], [4, 0]]
    found = shuffled(np.random.default_rng(1), of=given)
    assert sorted(found.values.tolist()) == given
    assert [given[place - 1] for place in found.order] == found.values.tolist()


def test_every_order_is_equally_likely() -> None:
    rng = np.random.default_rng(0)
    orders = [tuple(shuffled(rng, of=[1, 2, 3]).values.tolist()) for _ in range(1200)]
    _, counts = np.unique(orders, axis=0, return_counts=True)
    assert len(counts) == 6
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"low": 4, "high": 3}, "low is 4 and high is 3"),
        ({"low": 0.5}, "low is 0.5"),
        ({"shape": [501]}, "501"),
        ({"shape": [200, 51]}, "10200 entries"),
        ({"shape": [2, 2, 2, 2, 2]}, "5 axes"),
        ({"shape": [0]}, "an axis of shape is 0"),
        ({"shape": [2.5]}, "2.5"),
        ({"shape": 3}, "shape has shape"),
        ({"high": True}, "high is True"),
    ],
)
def test_integers_that_cannot_be_drawn_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        integers(np.random.default_rng(0), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("of", [[], [[1, 2], [3]], [1, "two"], [1, float("inf")], 5, [20_000], ["a"]], ids=repr)
def test_what_is_no_list_of_numbers_is_refused(of: object) -> None:
    for generator in (choice, shuffled):
        with pytest.raises(InvalidInputError, match="of "):
            generator(np.random.default_rng(0), of=of)  # type: ignore[arg-type]


def test_one_entry_has_no_other_order() -> None:
    with pytest.raises(InvalidInputError, match="at least two"):
        shuffled(np.random.default_rng(0), of=[1])


def test_a_choice_of_too_many_numbers_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="10500 entries"):
        choice(np.random.default_rng(0), of=[[0] * 21], shape=[500])
