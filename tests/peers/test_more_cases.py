"""Siblings of the peers' cases: what a case shows holds for its neighbours too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.answers import decimals
from app.errors import Unprocessable
from graders import (
    EXACT,
    GraderError,
    Move,
    Phase,
    Relabelling,
    ShapeMismatchError,
    Signs,
    Span,
    Symmetry,
    Tolerance,
    compare,
)
from graders.eigenvectors import certify_eigenvectors
from graders.matching import assign
from graders.membership import certify_members, unit_vectors
from tests.peers.cases import Array, read

THREE = Tolerance.decimals(3)
seeds = st.integers(0, 2**32 - 1)


def _right(answer: object, truth: object, tolerance: Tolerance, symmetry: Symmetry | None = None) -> bool:
    """Compare one answer; a symmetry moves the last axis."""
    expected, sent = np.asarray(truth), np.asarray(answer)
    moves = {} if symmetry is None else {"x": Move((expected.ndim - 1,))}
    found = compare({"x": sent[None]}, {"x": expected[None]}, {"x": tolerance}, symmetry=symmetry, moves=moves)
    return bool(found.fields["x"].correct[0])


def _turned(answer: list[complex], truth: list[complex], tolerance: Tolerance) -> bool:
    """Compare one vector up to a phase."""
    return _right(np.array(answer)[:, None], np.array(truth)[:, None], tolerance, Phase())


# Sets


@pytest.mark.parametrize(
    ("answer", "truth", "tolerance", "right"),
    [
        ([1, 2, 1], [1, 1, 2], EXACT, True),
        ([1, 2, 2], [1, 1, 2], EXACT, False),
        ([1, 1, 1], [1, 1, 2], EXACT, False),
        ([2, 2, 2], [2, 2, 2], EXACT, True),
        ([3, -1, 2], [-1, 2, 3], Tolerance(rtol=0.01), True),
        ([3, 1, 2], [-1, 2, 3], Tolerance(rtol=0.01), False),
        ([0.9, 1.9, 2.9, -0.9], [0, 1, 2, 3], Tolerance(atol=1.0), True),  # the nearest pairs are not the pairing
        ([1.0, 2.0, 3.0, 4.1], [0, 1, 2, 3], Tolerance(atol=1.0), False),
        ([1e-17, 0.0, 5.0], [5, 0, 0], Tolerance.digits(3), True),
        ([1e-9, 0.0, 5.0], [5, 0, 0], Tolerance.digits(3), False),
        ([2e-300, 1e-300], [1e-300, 2e-300], Tolerance(rtol=1e-3), True),
        ([2e-300, 2e-300], [1e-300, 2e-300], Tolerance(rtol=1e-3), False),
        ([2.0, np.nan], [1, 2], Tolerance(rtol=1.0), False),
    ],
)
def test_a_set_is_compared_with_its_repeats_in_any_order(
    answer: list[float], truth: list[float], tolerance: Tolerance, right: bool
) -> None:
    assert (
        _right([float(entry) for entry in answer], [float(entry) for entry in truth], tolerance, Relabelling()) is right
    )


@pytest.mark.parametrize("answer", [[1.0, 2.0], [1.0, 2.0, 3.0, 3.0], [[1.0, 2.0, 3.0]]])
def test_a_set_of_another_size_is_another_shape(answer: object) -> None:
    with pytest.raises(ShapeMismatchError):
        _right(answer, [1.0, 2.0, 3.0], EXACT, Relabelling())


# Spans


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([[1, 0, 0], [0, 1, 0]], [[1, 1, 0], [1, -1, 0], [2, 0, 0]], True),
        ([[1, 0, 0], [0, 1, 0]], [[1, 1, 0], [2, 2, 0], [3, 3, 0]], False),
        ([[1, 0, 0], [0, 1, 0]], [[1, 1, 0], [1, -1, 0], [0, 0, 1]], False),
        ([[1, 2, 2]], [[-2, -4, -4], [1e-300, 2e-300, 2e-300], [1e300, 2e300, 2e300]], True),
        ([[1, 0, 0], [0, 0, 0]], [[5, 0, 0]], True),
        ([[1, 0, 0]], [[0, 1, 0]], False),
    ],
)
def test_families_of_any_size_span_the_same_where_each_holds_the_other(
    one: list[list[float]], other: list[list[float]], same: bool
) -> None:
    first, second = np.array(one, dtype=float), np.array(other, dtype=float)
    inside = [
        certify_members(given.T, vectors[vectors.any(axis=1)], tolerance=1e-9).correct.all()
        for given, vectors in ((first, second), (second, first))
    ]
    assert all(inside) is same


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e-8, 1e8, 1e300, 1e308])
def test_the_scale_of_a_basis_is_free(scale: float) -> None:
    plane = np.eye(4)[:, :2]
    assert _right(scale * plane, plane, Tolerance(atol=1e-3), Span())
    assert not _right(scale * np.eye(4)[:, 1:3], plane, Tolerance(atol=1e-3), Span())
    assert not _right(scale * plane[:, [0, 0]], plane, Tolerance(atol=1e-3), Span())
    found = certify_members(
        scale * plane, scale * np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0]]), tolerance=1e-3
    )
    assert found.correct.tolist() == [True, False]


def test_lengths_of_given_vectors_may_differ_by_more_than_a_double_holds() -> None:
    given = np.eye(3)[:, :2] * np.array([5e-324, 1e308])
    sent = np.array([[1e308, 1e308, 0.0], [5e-324, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [np.nan, 0.0, 0.0]])
    found = certify_members(given, sent, tolerance=1e-4)
    assert found.rank == 2
    assert found.correct.tolist() == [True, True, False, False, False]
    assert found.measured.tolist() == [0.0, 0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("sent", "right"),
    [
        ([9, 6, 3 + 3j], True),
        ([9j, 6j, 3j - 3], True),
        ([9, 6, 3 - 3j], False),
        ([0, 0, 0], False),
        ([3 + 1e-5, 2, 1 + 1j], True),
    ],
)
def test_complex_multiples_are_in_a_complex_span(sent: list[complex], right: bool) -> None:
    given = np.array([[3], [2], [1 + 1j]])
    assert bool(certify_members(given, np.array([sent]), tolerance=1e-4).correct[0]) is right


@pytest.mark.parametrize("given", [np.zeros((3, 2)), np.full((3, 1), np.nan), np.array([[1.0], [np.inf], [0.0]])])
def test_what_spans_nothing_is_its_authors_mistake(given: Array) -> None:
    with pytest.raises(GraderError, match="span nothing"):
        certify_members(given, np.ones((1, 3)), tolerance=1e-4)


@given(seed=seeds)
def test_any_combination_of_given_vectors_is_a_member_and_what_leaves_them_is_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(3, 8)), int(rng.integers(1, 3))
    given = rng.normal(size=(n, m)) + (1j * rng.normal(size=(n, m)) if rng.random() < 0.5 else 0.0)
    inside = (given @ rng.normal(size=(m, 5))).T * 10.0 ** rng.integers(-200, 200, (5, 1))
    family = np.concatenate([given, given @ rng.normal(size=(m, 2))], axis=1)
    assert certify_members(family, inside, tolerance=1e-6).correct.all()
    normal = np.linalg.svd(given)[0][:, -1]
    outside = unit_vectors(inside)[0] + 2e-3 * normal
    assert not certify_members(family, outside, tolerance=1e-3).correct.any()


# Phases and signs


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        ([0, 1j], [0, 1], True),
        ([0, 1j, 0], [0, 1, 0], True),
        ([0, 0], [0, 0], True),
        ([1e-3, 0], [0, 0], False),
        ([1j, 0, -1j], [1, 0, 1], False),
        ([1, -1j], [1, 1j], False),
        ([1.1j, 0], [1, 0], False),
        ([np.nan, 1], [0, 1], False),
        ([np.exp(0.7j), 0, 2 * np.exp(2.2j)], [1, 0, 2 * np.exp(1.5j)], True),
    ],
)
def test_a_phase_is_free_and_zero_entries_stay_zero(answer: list[complex], truth: list[complex], right: bool) -> None:
    assert _turned(answer, truth, THREE) is right
    assert _turned(answer, truth, Tolerance(rtol=1e-4)) is right


@pytest.mark.parametrize(
    ("answer", "right"),
    [([-0.7071, -0.7071], True), ([0.7071, 0.7071], True), ([-0.7071, 0.7071], False), ([-0.8, -0.8], False)],
)
def test_the_sign_of_a_vector_is_free_and_that_of_an_entry_is_not(answer: list[float], right: bool) -> None:
    column = np.full((2, 1), 0.70710678)
    assert _right(np.array(answer)[:, None], column, Tolerance(rtol=0.01), Signs()) is right


# Eigenvectors


@pytest.mark.parametrize(
    ("spectrum", "eigenvalue", "sent", "right"),
    [
        ([2, 2, 5], 2, [3, -4, 0], True),
        ([2, 2, 5], 2, [3, -4, 1], False),
        ([2, 2, 2], 2, [1, 2, 3], True),
        ([1, 1 + 1e-9, 2], 1, [1, 5, 0], True),  # near-repeated: any vector of the plane
        ([1, 1 + 1e-9, 2], 1, [1, 5, 1e-2], False),
        ([1, 1 + 1e-6, 2], 1, [0, 1, 0], False),  # close, and told apart
        ([1, 1 + 1e-6, 2], 1, [1, 5e-5, 0], True),
        ([1000, 1000.05, 0], 1000.05, [1, 0, 0], False),
        ([1000, 1000.05, 0], 1000.05, [0, 1, 0], True),
        ([1, 1.001, 1000], 1, [1, 0, 1e-6], True),  # a large residual in a right vector
        ([0, 1, 2], 0, [1, 0, 0], True),
        ([0, 1, 2], 0, [0, 1, 0], False),
        ([0, 0, 0], 0, [1, 2, 3], True),
        ([-3, 1, 2], -3, [-1e308, 0, 0], True),
        ([1, 2, 3], 1, [5e-324, 0, 0], True),
        ([1, 2, 3], 1, [0, 0, 0], False),
        ([1, 2, 3], 1, [np.nan, 0, 0], False),
        ([1, 2, 3], 1, [np.inf, 0, 0], False),
        ([1, 2, 3], 1.0001, [1, 0, 0], True),  # rounded by its author
        ([1, 2, 3], 1.5, [1, 0, 0], False),  # no eigenvalue
        ([1, 2, 3], np.nan, [1, 0, 0], False),
        ([1, 2, 3], 1e308, [1, 0, 0], False),
        ([1e308, -1e308, 0], 1e308, [7, 0, 0], True),
        ([1e-300, 2e-300, 0], 1e-300, [0, 7, 0], False),
    ],
)
def test_an_eigenvector_lies_in_the_eigenspace_whatever_its_length(
    spectrum: list[float], eigenvalue: float, sent: list[float], right: bool
) -> None:
    found = certify_eigenvectors(
        np.diag(spectrum).astype(float), eigenvalue, np.array([sent], dtype=float), tolerance=1e-4
    )
    assert bool(found.correct[0]) is right
    assert bool(found.measured[0] <= found.allowed[0] and found.backward_error[0] <= found.backward_allowed[0]) is right


def test_a_matrix_without_symmetry_has_eigenvectors_as_well() -> None:
    rotation = np.array([[0.0, -1.0], [1.0, 0.0]])
    sent = np.array([[1, -1j], [1, 1j], [1e308j, 1e308]])
    assert certify_eigenvectors(rotation, 1j, sent, tolerance=1e-4).correct.tolist() == [True, False, True]
    defective = np.array([[3.0, 1.0], [-1.0, 1.0]])
    found = certify_eigenvectors(defective, 2, np.array([[1.0, -1.0], [1.0, 1.0]]), tolerance=1e-9)
    assert found.correct.tolist() == [True, False]
    assert found.dimension.tolist() == [1, 1]


def test_every_learner_may_have_an_eigenvalue_of_their_own() -> None:
    values, sent = np.array([1.0, 2.0, 2.0, 3.0]), np.array([[1.0, 0.0], [0.0, 4.0], [1.0, 0.0], [1.0, 0.0]])
    assert certify_eigenvectors(np.diag([1.0, 2.0]), values, sent, tolerance=1e-4).correct.tolist() == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("matrix", "vectors"), [((2, 3), (1, 2)), ((2, 2), (1, 3)), ((2, 2), (2,)), ((2,), (1, 2)), ((), (1, 2))]
)
def test_what_does_not_fit_a_matrix_is_a_shape_mismatch(matrix: tuple[int, ...], vectors: tuple[int, ...]) -> None:
    with pytest.raises(ShapeMismatchError, match="do not fit"):
        certify_eigenvectors(np.ones(matrix), 1.0, np.ones(vectors), tolerance=1e-4)
    with pytest.raises(GraderError, match="not finite"):
        certify_eigenvectors(np.full((2, 2), np.nan), 1.0, np.ones((1, 2)), tolerance=1e-4)


@given(seed=seeds)
def test_a_rounded_eigenvector_of_any_length_is_right_and_a_turned_one_is_not(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 7))
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    spectrum = np.arange(1.0, n + 1.0)
    scale = 10.0 ** float(rng.integers(-250, 250))
    matrix = (basis * spectrum) @ basis.T * scale
    rounded = np.round(basis.T, 6) * 10.0 ** rng.integers(-250, 250, (n, 1))
    values = spectrum * scale
    assert certify_eigenvectors(matrix, values, rounded, tolerance=1e-5).correct.all()
    turned = unit_vectors(rounded)[0] + 2e-3 * np.roll(basis.T, 1, axis=0)
    assert not certify_eigenvectors(matrix, values, turned, tolerance=1e-3).correct.any()
    assert not certify_eigenvectors(matrix, np.roll(values, 1), rounded, tolerance=1e-3).correct.any()


# Tolerances at their edges


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e300])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_relative_edge_is_right_at_every_size_and_sign(size: float, sign: float) -> None:
    truth = sign * 4.0 * size
    for tolerance in (Tolerance(rtol=0.1), Tolerance(atol=0.4 * size)):
        for answer in (4.4, 3.6, 4.39):
            assert _right(sign * answer * size, truth, tolerance), answer
        for answer in (4.41, 3.59, -4.0, 0.0, np.nan, np.inf):
            assert not _right(sign * answer * size, truth, tolerance), answer
    assert _right(sign * 4.004 * size, truth, Tolerance.digits(3))
    assert not _right(sign * 4.006 * size, truth, Tolerance.digits(3))


@pytest.mark.parametrize("tolerance", [Tolerance(rtol=0.1), Tolerance(rtol=1.0), Tolerance.digits(2)])
def test_a_true_zero_is_met_by_what_a_solver_leaves_of_it_and_by_no_more(tolerance: Tolerance) -> None:
    for sent in ("0", "0.0", "-0", "1e-400", 0, 1e-17):
        assert _right(read(sent, ())[0], 0.0, tolerance)
    assert not _right(1e-9, 0.0, tolerance)
    assert _right(1e-12, 0.0, EXACT)
    assert not _right([1e-12, 1e3], [0.0, 1e3], Tolerance())
    assert _right([1e-12, 1e3], [0.0, 1e3], Tolerance(rtol=1e-3))  # beside 1e3, this is rounding


@pytest.mark.parametrize(("answer", "truth"), [(5.5, -5.5), (-5.5, 5.5), (0.5, -0.5), (-1e-3, 1e-3)])
def test_a_minus_sign_counts(answer: float, truth: float) -> None:
    for tolerance in (Tolerance(atol=abs(truth) / 2), Tolerance(rtol=0.5), Tolerance.digits(1)):
        assert not _right(answer, truth, tolerance)
        assert _right(truth, truth, tolerance)


@pytest.mark.parametrize(("answer", "truth"), [(16777217, 16777216), (2e39, 1e39), (123456789012.25, 123456789012)])
def test_no_digit_of_a_double_is_lost(answer: float, truth: float) -> None:
    assert not _right(read(answer, ())[0], float(truth), Tolerance())


# What is sent


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        ("１.５", 1.5),
        ("−3", -3.0),
        ("﹣３", -3.0),
        ("1/3", 1 / 3),
        ("－１／３", -1 / 3),
        ("1e-3", 1e-3),
        ("1.5E+3", 1500.0),
        ("−420.690", -420.69),
        (" +.5\n", 0.5),
        ("np.float64(2.5)", 2.5),
        (5e-324, 5e-324),
    ],
)
def test_a_number_is_read_however_a_person_writes_it(sent: object, value: float) -> None:
    assert read(sent, ())[0] == value


def test_the_decimals_of_an_unusual_minus_sign_are_counted() -> None:
    assert decimals("−420.690") == 3


NAN = [
    "NaN",
    "nan",
    "NAN",
    "-nan",
    "+NaN",
    "ｎａｎ",
    "1.#QNAN",
    "-1.#IND",
    "np.nan",
    "float('nan')",
    "[nan]",
    float("nan"),
]
INFINITE = ["inf", "-Infinity", "+INF", "∞", "1e999", "１e９９９", float("inf"), "1/0", "0/0"]
NO_DECIMAL = ["1,5", "5%", "1_000", "0x10", "--3", "1//3", "½", "√2", "1 2", "1e", "ten", "1+2j", {"re": 1, "im": 2}]
NOTHING = ["", " ", "\u3000", "None", "N/A", True, False, "true", "True", [], {}, [[]], [5], [[5]]]


@pytest.mark.parametrize("sent", [*NAN, *INFINITE, *NO_DECIMAL, *NOTHING])
def test_what_is_no_finite_number_is_refused_and_never_compared(sent: object) -> None:
    with pytest.raises(Unprocessable):
        read(sent, ())


RAGGED: list[object] = [[[1, 2], [3]], [[1, 2], 3], [1, [2]], [[1, 2], [3, [4]]], "[[1,2],[3]]", "1 2\n3"]
NESTED: list[object] = [1, [1, 2, 3, 4], [[1, 2, 3, 4]], [[1], [2], [3], [4]], [[1, 2]], [[[1, 2], [3, 4]]], "1 2 3 4"]
EMPTY: list[object] = [
    [],
    [[]],
    [[], []],
    "[]",
    ";",
    {"0": [1, 2]},
    [[1, 2], {}],
    [[1, 2], [3, None]],
    [[1, 2], [3, ""]],
]
SPOILT: list[object] = [[[1, 2], [3, True]], [[1, 2], [3, "nan"]], [[float("nan")] * 2] * 2, "[[1,2],[3,nan]]"]
CUT_OFF: list[object] = ["[[1,2],[3,4]", "[[1,2],[3,4]]]", "[[1, 2], ..., [3, 4]]"]


@pytest.mark.parametrize("sent", [*RAGGED, *NESTED, *EMPTY, *SPOILT, *CUT_OFF])
def test_what_is_no_matrix_of_the_shape_is_refused(sent: object) -> None:
    with pytest.raises(Unprocessable):
        read(sent, (2, 2))


def test_entries_of_every_kind_stand_side_by_side() -> None:
    assert read([["1/3", "−2"], ["１.５", 1e-3]], (2, 2))[0].tolist() == [[1 / 3, -2.0], [1.5, 0.001]]
    assert read("[1/3 −2; １.５ 1e-3]", (2, 2))[0].tolist() == [[1 / 3, -2.0], [1.5, 0.001]]


@pytest.mark.parametrize(
    ("shape", "other"), [((), (1,)), ((1,), ()), ((2,), (2, 1)), ((2, 2), ()), ((2, 2), (1, 2)), ((1, 1), ())]
)
def test_ones_of_another_shape_are_not_ones(shape: tuple[int, ...], other: tuple[int, ...]) -> None:
    assert _right(np.ones(shape), np.ones(shape), Tolerance())
    with pytest.raises(ShapeMismatchError):
        _right(np.ones(other), np.ones(shape), Tolerance())
    with pytest.raises(Unprocessable):
        read(np.ones(other).tolist(), shape)


# Assignment


@pytest.mark.parametrize(
    ("cost", "least"),
    [
        ([[5]], 5),
        ([[1, 1], [1, 1]], 2),
        ([[0, 0], [0, -7]], -7),
        ([[1, 2], [1, 3], [1, 0]], 1),
        ([[1e300, 1], [1, 1e300]], 2),
        ([[10, 10, 13], [4, 8, 8], [8, 5, 8]], 22),
    ],
)
def test_the_cheapest_matching_is_found(cost: list[list[float]], least: float) -> None:
    table = np.array(cost, dtype=float)
    (rows,) = assign(table[None])
    assert len(set(rows.tolist())) == table.shape[1]
    assert table[rows, np.arange(table.shape[1])].sum() == least
