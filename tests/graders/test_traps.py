"""The traps of comparing numbers, each with a right answer beside the wrong one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from graders import (
    EXACT,
    Choice,
    Eigenbasis,
    Move,
    Phase,
    Relabelling,
    Rotation,
    ShapeMismatchError,
    SignedOrder,
    Signs,
    Span,
    Symmetry,
    SymmetryError,
    Tolerance,
    certify_eigenpairs,
    compare,
    runs,
)
from graders.matching import assign
from tests.graders.cases import Array, orthogonal

THREE = Tolerance.decimals(3)
seeds = st.integers(0, 2**32 - 1)


def _right(answer: Array, truth: Array, symmetry: Symmetry, axis: int = 1, tolerance: Tolerance = THREE) -> bool:
    found = compare(
        {"V": answer[None]}, {"V": truth[None]}, {"V": tolerance}, symmetry=symmetry, moves={"V": Move((axis,))}
    )
    return bool(found.fields["V"].correct[0])


# Subspaces


def test_rank_comes_before_the_subspace() -> None:
    plane = np.eye(4)[:, :2]
    repeated = np.stack([plane[:, 0], plane[:, 0]], axis=1)
    assert _right(plane @ np.array([[2.0, 1.0], [0.0, 1e-3]]), plane, Span())
    assert not _right(repeated, plane, Span())
    assert not _right(np.zeros((4, 2)), plane, Span())
    assert not _right(np.stack([plane[:, 0], np.zeros(4)], axis=1), plane, Span())


@pytest.mark.parametrize(("angle", "right"), [(1e-12, True), (4.9e-4, True), (5.1e-4, False), (1e-2, False)])
def test_small_angles_are_measured_by_their_sine(angle: float, right: bool) -> None:
    line = np.eye(5)[:, :1]
    turned = np.array([[np.cos(angle)], [np.sin(angle)], [0], [0], [0]])
    found = compare({"V": turned[None]}, {"V": line[None]}, {"V": THREE}, symmetry=Span(), moves={"V": Move((1,))})
    assert found.fields["V"].measured[0] == pytest.approx(np.sin(angle), rel=1e-9)
    assert bool(found.fields["V"].correct[0]) is right


def test_a_span_is_of_one_field() -> None:
    fields = {"V": np.eye(3)[None], "W": np.eye(3)[None]}
    with pytest.raises(SymmetryError, match="one field"):
        compare(fields, fields, dict.fromkeys(fields, THREE), symmetry=Span(), moves=dict.fromkeys(fields, Move((1,))))


def test_a_span_of_dependent_true_columns_is_the_authors_error() -> None:
    for truth in (np.zeros((3, 1)), np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])):
        with pytest.raises(SymmetryError, match="dependent"):
            _right(np.eye(3)[:, : truth.shape[1]], truth, Span())


def test_columns_of_any_length_span() -> None:
    plane = np.eye(4)[:, :2]
    for scale in (1e-300, 1e-200, 1e200, 1e300):
        assert _right(plane * np.array([scale, 1.0]), plane, Span())
        assert not _right(plane[:, [0, 0]] * np.array([scale, 1.0]), plane, Span())


# Shapes, NaN, edges


def test_a_tolerance_of_nothing_asks_for_equality_and_raises_nothing() -> None:
    truth = np.array([0.0, 0.0, 2.0])
    assert _right(np.array([0.0, 2.0, 0.0]), truth, Relabelling(), axis=0, tolerance=Tolerance())
    assert not _right(np.array([0.0, 2.0, 1e-9]), truth, Relabelling(), axis=0, tolerance=Tolerance())


@pytest.mark.parametrize("tolerance", [Tolerance(rtol=0.1), Tolerance(atol=1e307), Tolerance.digits(1)])
def test_a_truth_at_the_end_of_the_range_does_not_accept_everything(tolerance: Tolerance) -> None:
    assert tolerance.accepts(1.7e308, 1.7e308)
    assert not tolerance.accepts(1.0, 1.7e308)


def test_whole_numbers_do_not_wrap_around() -> None:
    assert not EXACT.accepts(np.array([2**62]), np.array([-(2**62)])).any()


@pytest.mark.parametrize("shape", [(3,), (1, 3), (3, 1), (1, 1), (), (4, 3), (3, 3, 1)])
def test_what_broadcasts_is_not_equal(shape: tuple[int, ...]) -> None:
    truth = {"A": np.ones((1, 3, 3))}
    assert compare(truth, truth, {"A": THREE}).fields["A"].correct[0]
    with pytest.raises(ShapeMismatchError):
        compare({"A": np.ones((1, *shape))}, truth, {"A": THREE})


def test_nan_is_wrong_everywhere_and_infinity_too() -> None:
    for value in (np.nan, np.inf, -np.inf):
        for symmetry in (Signs(), Rotation(), Relabelling(), SignedOrder((2.0, 1.0)), Eigenbasis((1.0, 1.0)), Span()):
            answer = np.eye(2)
            assert _right(answer, np.eye(2), symmetry)
            answer[1, 0] = value
            assert not _right(answer, np.eye(2), symmetry)


@pytest.mark.parametrize(
    ("answer", "truth", "tolerance", "right"),
    [
        (5.4725, 5.472, THREE, True),
        (5.4715, 5.472, THREE, True),
        (5.47250001, 5.472, THREE, False),
        (12345.6785, 12345.679, THREE, True),
        (1e-17, 0.0, Tolerance.digits(3), True),
        (1e-17, 0.0, Tolerance(rtol=1e-3), True),
        (1e-9, 5e-9, Tolerance.digits(3), False),
        (1e-9, 5e-9, Tolerance(rtol=1e-3), False),
        (0.0, 5e-9, Tolerance.digits(3), False),
        (1234.4, 1234.0, Tolerance.digits(4), True),
        (1234.6, 1234.0, Tolerance.digits(4), False),
        (1 + 1e-10, 1.0, EXACT, True),
        (1 + 1e-8, 1.0, EXACT, False),
        (10.1, 10.0, Tolerance(atol=0.1), True),
        (10.0, 10.0, Tolerance(), True),
        (10.000001, 10.0, Tolerance(), False),
        (np.nan, 10.0, Tolerance(atol=1e300), False),
    ],
)
def test_the_edge_is_right_and_beyond_it_is_wrong(
    answer: float, truth: float, tolerance: Tolerance, right: bool
) -> None:
    assert bool(tolerance.accepts(answer, truth)) is right
    found = compare({"x": np.array([answer])}, {"x": np.array([truth])}, {"x": tolerance}).fields["x"]
    assert bool(found.correct[0]) is right
    if right:
        assert found.measured[0] <= found.allowed[0]


@pytest.mark.parametrize("bad", [{"atol": -1.0}, {"atol": np.nan}, {"rtol": np.inf}, {"significant": 0}])
def test_a_tolerance_without_meaning_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"tolerance|significant"):
        Tolerance(**bad)  # type: ignore[arg-type] # wrong on purpose


# One column, tiny columns, ties


def test_k_1_and_columns_of_norm_zero() -> None:
    column = np.array([[0.6], [0.8]])
    for symmetry in (Signs(), Rotation(), SignedOrder((2.0,)), Eigenbasis((2.0,)), Relabelling()):
        assert _right(column, column, symmetry)
        assert not _right(np.zeros((2, 1)), column, symmetry)
        assert _right(np.zeros((2, 1)), np.zeros((2, 1)), symmetry)
    assert _right(-column, column, Signs())
    assert not _right(-column, column, Relabelling())


def test_a_column_so_small_that_rounding_turns_its_inner_product() -> None:
    truth = np.array([[1.0, 0.0009], [0.0, 0.0004], [0.0, -0.0003]])
    sent = np.array([[-1.0, 0.0005], [0.0, -0.0001], [0.0, 0.0002]])
    assert float(truth[:, 1] @ sent[:, 1]) > 0
    assert _right(sent, truth, Signs())
    flipped = sent * np.array([1.0, -1.0])
    assert _right(flipped, truth, Signs())
    tied = np.array([[-1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    assert not _right(tied, truth, Signs())


def test_a_wild_entry_cannot_turn_the_labels() -> None:
    truth = {"mu": np.array([[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]]), "pi": np.array([[0.2, 0.3, 0.5]])}
    answer = {name: value[:, [1, 0, 2]].copy() for name, value in truth.items()}
    answer["mu"][0, 0, 0] = 1e6
    moves = dict.fromkeys(truth, Move((0,)))
    found = compare(answer, truth, dict.fromkeys(truth, THREE), symmetry=Relabelling(), moves=moves)
    assert found.element is not None
    assert found.element[0].tolist() == [1, 0, 2]
    assert found.fields["pi"].correct[0]
    index, error = found.fields["mu"].worst(0)
    assert index == [0, 0]
    assert error == pytest.approx(1e6)


def test_labels_that_differ_by_less_than_two_tolerances_find_the_element_that_works() -> None:
    rng = np.random.default_rng(4)
    for _ in range(200):
        truth = rng.uniform(0, 1e-3, (3, 6))
        order = rng.permutation(3)
        sent = truth[order] + rng.uniform(-4.99e-4, 4.99e-4, (3, 6))
        assert _right(sent, truth, Relabelling(), axis=0)


# Spectra


def test_runs_group_what_a_solver_leaves_of_a_repeated_eigenvalue() -> None:
    assert runs([3.0, 3.0 - 1e-15, 1.0]) == (slice(0, 2), slice(2, 3))
    assert runs([0.0, 1e-16, 2.0]) == (slice(0, 2), slice(2, 3))
    assert len(runs([1.0, 1.0 + 1e-6])) == 2


@given(seed=seeds)
def test_any_basis_of_any_admissible_part_of_a_cut_eigenspace_is_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = orthogonal(rng, 6)
    truth, spectrum = space[:, :4], (5.0, 2.0, 2.0, 2.0)  # two columns are asked for: the second is any of three
    part = truth[:, 1:] @ orthogonal(rng, 3)[:, :1]
    answer = np.concatenate([truth[:, :1], part], axis=1) * rng.choice([-1.0, 1.0], 2)
    outside = np.concatenate([truth[:, :1], space[:, 4:5]], axis=1)
    without_first = truth[:, 1:3]
    for symmetry in (Eigenbasis(spectrum, 2), SignedOrder(spectrum, 2), Rotation(3, 2), Span(3, 2)):
        turned = answer @ orthogonal(rng, 2) if isinstance(symmetry, Rotation | Span) else answer
        assert _right(turned, truth, symmetry)
        assert not _right(outside, truth, symmetry)
        assert not _right(without_first, truth, symmetry)
        if not isinstance(symmetry, Span):
            assert _right(np.round(turned, 3), truth, symmetry)


@given(seed=seeds)
def test_a_part_of_a_cut_eigenspace_is_right_also_where_the_true_columns_are_not_orthonormal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    degrees = rng.integers(1, 5, 8).astype(float)
    truth = orthogonal(rng, 8)[:, :5] / np.sqrt(degrees)[:, None]  # D-orthonormal, as generalised eigenvectors are
    part = truth[:, 2:] @ orthogonal(rng, 3)[:, :1]
    answer = np.concatenate([truth[:, :2], part], axis=1)
    spectrum = (3.0, 2.0, 1.0, 1.0, 1.0)
    for symmetry in (Rotation(3, 3), Eigenbasis(spectrum, 3), SignedOrder(spectrum, 3)):
        turned = answer @ orthogonal(rng, 3) if isinstance(symmetry, Rotation) else answer
        assert _right(np.round(turned, 3), truth, symmetry)
        wrong = np.round(turned, 3)
        wrong[rng.integers(8), rng.integers(3)] += 0.05
        assert not _right(wrong, truth, symmetry)


def test_near_equal_eigenvalues_are_certified_by_their_equation() -> None:
    rng = np.random.default_rng(12)
    vectors = orthogonal(rng, 5)
    values = np.array([4.0, 1.0 + 1e-6, 1.0, 0.5, 0.1])
    matrix = (vectors * values) @ vectors.T
    turn = np.eye(5)
    turn[1:3, 1:3] = orthogonal(rng, 2)
    sent = np.round(vectors @ turn, 3)[:, :3]
    found = certify_eigenpairs(matrix, values[None, :3], sent[None], tolerance=5e-4)
    assert found.correct[0]
    assert not _right(sent, vectors[:, :3], Eigenbasis(tuple(values[:3])))
    wrong = sent.copy()
    wrong[0, 2] += 0.02
    assert not certify_eigenpairs(matrix, values[None, :3], wrong[None], tolerance=5e-4).correct[0]
    twice = sent[:, [0, 1, 1]]
    assert not certify_eigenpairs(matrix, values[None, :3], twice[None], tolerance=5e-4).correct[0]
    assert not certify_eigenpairs(matrix, values[None, :3], np.full((1, 5, 3), np.nan), tolerance=5e-4).correct[0]


@given(seed=seeds)
def test_a_correctly_rounded_eigenvector_always_passes_its_certificate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.normal(size=(6, 6))
    metric_half = rng.normal(size=(6, 6))
    metric = metric_half @ metric_half.T + np.eye(6)
    from scipy.linalg import eigh

    values, vectors = eigh(half + half.T, metric)
    rounded = certify_eigenpairs(
        half + half.T, np.round(values, 3)[None], np.round(vectors, 3)[None], tolerance=5e-4, metric=metric
    )
    assert rounded.correct[0]


# Rotations


def _least_largest_error(answer: Array, truth: Array) -> float:
    """A lower bound of the largest entry error over every rotation: the least over all Q with entries in [-1, 1]."""
    rows, k = truth.shape
    total = 0.0
    for column in range(k):
        slope = np.ones((rows, 1))
        solved = linprog(
            np.append(np.zeros(k), 1.0),
            A_ub=np.block([[truth, -slope], [-truth, -slope]]),
            b_ub=np.concatenate([answer[:, column], -answer[:, column]]),
            bounds=[(-1, 1)] * k + [(0, None)],
        )
        assert solved.fun is not None
        total = max(total, float(solved.fun))
    return total


@given(seed=seeds)
def test_rotated_and_rounded_is_right_and_a_refusal_is_never_of_an_answer_that_some_element_explains(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(5, 40)), int(rng.integers(2, 6))
    truth = np.linalg.qr(rng.normal(size=(n, k)))[0]
    turned = truth @ orthogonal(rng, k)
    assert _right(np.round(turned, 3), truth, Rotation())
    wrong = turned.copy()
    wrong[rng.integers(n), rng.integers(k)] += 2e-3
    accepted = _right(wrong, truth, Rotation())
    if _least_largest_error(wrong, truth) > 5e-4:
        assert not accepted


def test_a_reflection_is_a_rotation_here_and_a_stretch_is_not() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(8, 3))
    reflection = orthogonal(rng, 3)
    reflection[:, 0] *= -np.sign(np.linalg.det(reflection))
    assert _right(truth @ reflection, truth, Rotation())
    assert not _right(truth @ (1.01 * reflection), truth, Rotation())
    assert not _right(truth[:, [0, 1, 1]], truth, Rotation())


def test_a_quadratic_form_alone_is_compared_up_to_rotation() -> None:
    rng = np.random.default_rng(3)
    half = rng.normal(size=(3, 3))
    form = (half + half.T)[None]
    turn = orthogonal(rng, 3)
    moves = {"S": Move((0, 1))}
    turned = {"S": turn.T @ form @ turn}
    assert compare(turned, {"S": form}, {"S": THREE}, symmetry=Rotation(), moves=moves).fields["S"].correct[0]
    other = {"S": turned["S"] + 2e-2 * np.eye(3)}
    assert not compare(other, {"S": form}, {"S": THREE}, symmetry=Rotation(), moves=moves).fields["S"].correct[0]


def test_phases_turn_columns_and_conjugation_does_not() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(5, 2)) + 1j * rng.normal(size=(5, 2))
    phases = np.exp(1j * np.array([0.3, -2.0]))
    assert _right(np.round(truth * phases, 3), truth, Phase())
    assert not _right(truth.conj(), truth, Phase())


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-160, 1e160, 1e300])
def test_a_phase_has_length_one_whatever_the_columns_scale(scale: float) -> None:
    truth = np.array([[1 + 1j, 2], [1 - 1j, 1j]]) * 0.5
    sent = np.diag([scale * (1 + 1j), scale])
    found = compare({"v": sent[None]}, {"v": truth[None]}, {"v": THREE}, symmetry=Phase(), moves={"v": Move((1,))})
    assert found.element is not None
    assert np.allclose(np.abs(found.element), 1.0, rtol=1e-12, atol=0)
    assert np.isfinite(found.fields["v"].measured).all()
    assert not found.fields["v"].correct[0]


# Declarations without meaning


def test_a_symmetry_that_cannot_act_on_the_fields_is_refused() -> None:
    square = {"S": np.eye(3)[None]}
    for symmetry in (Eigenbasis((3.0, 2.0, 1.0)), SignedOrder((3.0, 2.0, 1.0)), Span()):
        with pytest.raises(SymmetryError):
            compare(square, square, {"S": THREE}, symmetry=symmetry, moves={"S": Move((0, 1))})
    with pytest.raises(SymmetryError, match="axes"):
        compare(square, square, {"S": THREE}, symmetry=Signs(), moves={"S": Move((2,))})
    with pytest.raises(SymmetryError, match="two different"):
        Move((1, 1))
    with pytest.raises(SymmetryError, match="magnitude"):
        Move((0, 1), magnitude=True)
    with pytest.raises(SymmetryError, match="eigenvalues"):
        compare(square, square, {"S": THREE}, symmetry=Eigenbasis((2.0, 1.0)), moves={"S": Move((1,))})


# Matching and choice


@given(seed=seeds)
def test_the_assignment_is_the_best_of_all_permutations(seed: int) -> None:
    from itertools import permutations

    cost = np.random.default_rng(seed).integers(0, 4, (3, 4, 4)).astype(float)
    chosen = assign(cost)
    for table, rows in zip(cost, chosen, strict=True):
        least = min(sum(table[row, column] for column, row in enumerate(order)) for order in permutations(range(4)))
        assert sorted(rows) == [0, 1, 2, 3]
        assert sum(table[row, column] for column, row in enumerate(rows)) == least


def test_the_best_credit_wins_then_more_right_fields_then_the_earlier() -> None:
    choice = Choice(3)
    choice.offer(None, 0, np.array([0.5, 1.0, 0.0]), np.array([1, 1, 0]))
    assert choice.open(2).tolist() == [0, 1, 2]
    choice.offer(np.array([0, 1, 2]), 1, np.array([1.0, 1.0, 0.0]), np.array([2, 2, 0]))
    assert choice.open(2).tolist() == [2]
    choice.offer(np.array([2]), 2, np.array([0.5]), np.array([1]))
    choice.offer(np.array([2]), 3, np.array([0.5]), np.array([1]))
    assert choice.candidate.tolist() == [1, 1, 2]
    assert choice.row.tolist() == [0, 1, 0]
