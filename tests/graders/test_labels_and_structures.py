"""Labels up to renaming, whole numbers of any size, and what an earlier answer has to be to be followed."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from graders import (
    EXACT,
    STRUCTURES,
    WHOLE,
    FieldComparison,
    Move,
    Phase,
    Relabelling,
    Target,
    Tolerance,
    compare_cut_off,
    compare_rounded,
    first_order_bound,
    one_hot,
)
from tests.graders.cases import Array

seeds = st.integers(0, 2**32 - 1)


def _labels(sent: Array, truth: Array, count: int) -> FieldComparison:
    target = Target({"y": one_hot(truth[None], count)}, {"y": EXACT}, Relabelling(), {"y": Move((1,))}, labels=("y",))
    return target.compare({"y": one_hot(sent[None], count)}).fields["y"]


@given(seeds, st.integers(2, 5))
def test_what_is_measured_is_the_least_number_of_samples_that_disagree_after_any_renaming(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.concatenate([np.arange(k), rng.integers(k, size=12 - k)])
    sent = np.where(rng.uniform(size=12) < 0.3, rng.integers(k, size=12), rng.permutation(k)[truth])
    found = _labels(sent, truth, k)
    least = min(int((np.array(order)[truth] != sent).sum()) for order in permutations(range(k)))
    assert found.measured[0] == least
    assert found.correct[0] == (least == 0)
    assert (found.unit, found.allowed[0]) == ("samples", 0.0)


def test_a_renaming_is_right_and_one_sample_elsewhere_is_not() -> None:
    truth = np.array([0, 0, 1, 1, 2, 2])
    assert _labels(np.array([2, 2, 0, 0, 1, 1]), truth, 3).correct[0]
    found = _labels(np.array([2, 2, 0, 1, 1, 1]), truth, 3)
    assert not found.correct[0]
    assert found.worst(0) == ([3], 1.0)


def test_another_number_of_labels_is_wrong() -> None:
    truth = np.array([0, 0, 1, 1, 1])
    assert not _labels(np.zeros(5, dtype=int), truth, 2).correct[0]
    found = _labels(np.array([0, 1, 2, 2, 2]), truth, 2)
    assert (found.correct[0], found.measured[0]) == (False, 1.0)


def test_labels_share_their_renaming_with_linked_fields() -> None:
    labels, centres = np.array([0, 0, 1, 2]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    target = Target(
        {"y": one_hot(labels[None], 3), "c": centres[None]},
        {"y": EXACT, "c": Tolerance.decimals(3)},
        Relabelling(),
        {"y": Move((1,)), "c": Move((0,))},
        labels=("y",),
    )
    order = np.array([2, 0, 1])
    renamed = {"y": one_hot(np.argsort(order)[labels][None], 3), "c": centres[order][None]}
    assert all(one.correct[0] for one in target.compare(renamed).fields.values())
    contradicting = target.compare({**renamed, "c": centres[None]}).fields
    assert not (contradicting["y"].correct[0] and contradicting["c"].correct[0])


def test_whole_numbers_off_by_one_are_wrong_at_any_size() -> None:
    for truth in (3.0, 2.0**50, 2.0**53 - 1):
        target = Target({"n": np.array([truth]), "x": np.array([1.0])}, {"n": WHOLE, "x": EXACT})
        right = target.compare({"n": np.array([truth]), "x": np.array([1.0])}).fields
        assert right["n"].correct[0]
        assert not target.compare({"n": np.array([truth - 1]), "x": np.array([1.0])}).fields["n"].correct[0]
        assert bool(WHOLE.accepts(truth, truth))
        assert not bool(WHOLE.accepts(truth + 1, truth))


@given(seeds)
def test_complex_columns_are_right_under_any_phase_and_wrong_beyond_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = np.linalg.qr(rng.normal(size=(4, 3)) + 1j * rng.normal(size=(4, 3)))[0]
    target = Target({"V": truth[None]}, {"V": Tolerance.decimals(3)}, Phase(), {"V": Move((1,))})
    turned = np.round(truth * np.exp(2j * np.pi * rng.uniform(size=3)), 3)
    assert target.compare({"V": turned[None]}).fields["V"].correct[0]
    turned[rng.integers(4), rng.integers(3)] += 0.01j
    assert not target.compare({"V": turned[None]}).fields["V"].correct[0]
    assert not target.compare({"V": truth.conj()[None]}).fields["V"].correct[0]


def test_complex_numbers_with_fewer_digits_are_told_by_both_parts() -> None:
    target = Target({"z": np.array([[1.2366 - 0.4777j]])}, {"z": Tolerance.decimals(3)})
    rounded, cut = np.array([[1.24 - 0.48j]]), np.array([[1.23 - 0.47j]])
    mixed = np.array([[1.24 - 0.47j]])
    assert [bool(compare_rounded(target, {"z": one}, {"z": 2}).fields["z"].correct[0]) for one in (rounded, mixed)] == [
        True,
        False,
    ]
    assert [bool(compare_cut_off(target, {"z": one}, {"z": 2}).fields["z"].correct[0]) for one in (cut, mixed)] == [
        True,
        False,
    ]


def test_both_parts_of_a_complex_input_are_rounded() -> None:
    bound = first_order_bound(lambda given: {"y": abs(given["z"].imag)}, {"z": np.array([1 + 2j])}, {"z": 0.05})
    np.testing.assert_allclose(bound["y"], [0.05])


def _is(structure: str, answer: object, truth: object = None) -> bool:
    array = np.array(answer)
    return STRUCTURES[structure](array, 5e-4, array if truth is None else np.array(truth))


def test_positive_definite_is_symmetric_and_takes_computing() -> None:
    assert _is("positive_definite", [[2.0, 1.0], [1.0, 2.0]])
    assert _is("positive_definite", [[2.0, 1j], [-1j, 2.0]])
    for wrong in ([[2.0, 1.0], [0.9, 2.0]], [[1.0, 2.0], [2.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]], np.diag([3.0, 1.0])):
        assert not _is("positive_definite", wrong)


def test_a_basis_is_independent_and_holds_no_coordinate_axis() -> None:
    assert _is("basis", [[1.0, 300.0], [1.0, 100.0], [1.0, 0.0]])
    for wrong in (
        [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]],
        [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]],
        np.eye(3)[:, :2],
        [[1.0, 1.0], [1.0, -1.0], [0.0, 0.0]],
        [[1.0, 1.0], [1.0, 1.0001], [1.0, 1.0]],
    ):
        assert not _is("basis", wrong)


def test_generic_is_no_more_trivial_than_the_truth() -> None:
    truth = [1.2, -0.7, 0.4]
    assert _is("generic", [1.3, -0.2, 0.4], truth)
    for wrong in ([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 2.0, 2.0]):
        assert not _is("generic", wrong, truth)
    matrix = [[2.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.5, 1.0, 2.0]]
    assert _is("generic", [[2.0, 1.1, 0.0], [1.0, 3.0, 1.0], [0.5, 1.0, 2.0]], matrix)
    assert not _is("generic", np.outer([1.0, 2.0, 3.0], [2.0, 1.0, 4.0]), matrix)
    assert not _is("generic", np.eye(3), matrix)
    assert _is("generic", [0.0, 0.0], [0.0, 0.0])
