"""Matrices, chains and polynomials: what is asked for holds in whole numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chisquare

from reference.errors import InvalidInputError
from reference.generators.chains import transition_matrix
from reference.generators.factored_matrices import matrix_of_rank, matrix_with_eigenvalues
from reference.generators.matrices import invertible_matrix, symmetric_matrix, triangular_matrix
from reference.generators.polynomials import polynomial_with_roots
from tests.reference.generators.exact import determinant, rank


@pytest.mark.parametrize(("rows", "columns", "wanted"), [(4, 4, 2), (5, 3, 3), (2, 6, 1), (7, 7, 7)])
def test_a_matrix_has_exactly_the_rank_asked_for(rows: int, columns: int, wanted: int) -> None:
    for seed in range(30):
        A = matrix_of_rank(np.random.default_rng(seed), n_rows=rows, n_columns=columns, rank=wanted).A
        assert A.shape == (rows, columns)
        assert rank(A.tolist()) == wanted
        assert np.abs(A).max() <= wanted * 4


def test_a_rank_that_is_larger_than_a_side_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="is 4; wanted a whole number from 1 to 3"):
        matrix_of_rank(np.random.default_rng(0), n_rows=5, n_columns=3, rank=4)


def test_an_invertible_matrix_has_a_determinant_and_all_of_them_are_drawn_alike() -> None:
    rng = np.random.default_rng(0)
    drawn = [invertible_matrix(rng, size=2, low=0, high=1).A for _ in range(1200)]
    assert all(determinant(A.tolist()) for A in drawn)
    _, counts = np.unique([A.ravel() for A in drawn], axis=0, return_counts=True)
    assert len(counts) == 6  # of the 16 matrices of 0 and 1
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("size", [1, 3, 5, 20])
def test_larger_matrices_are_invertible_in_whole_numbers(size: int) -> None:
    for seed in range(20):
        A = invertible_matrix(np.random.default_rng(seed), size=size, low=0, high=2).A
        assert rank(A.tolist()) == size


def test_entries_that_are_all_alike_have_no_inverse() -> None:
    with pytest.raises(InvalidInputError, match="no matrix of 2 rows"):
        invertible_matrix(np.random.default_rng(0), size=2, low=3, high=3)
    assert invertible_matrix(np.random.default_rng(0), size=1, low=3, high=3).A.tolist() == [[3]]


@pytest.mark.parametrize("part", ["lower", "upper"])
@pytest.mark.parametrize("diagonal", ["positive", "unit"])
def test_a_triangular_matrix_has_its_zeros_and_its_diagonal(part: str, diagonal: str) -> None:
    A = triangular_matrix(np.random.default_rng(2), size=6, part=part, diagonal=diagonal).A  # type: ignore[arg-type]
    zeros, other = (np.triu(A, 1), np.tril(A, -1)) if part == "lower" else (np.tril(A, -1), np.triu(A, 1))
    assert not zeros.any()
    assert other.any()
    assert np.diag(A).min() >= 1
    assert (np.diag(A).max() == 1) == (diagonal == "unit")


def test_a_positive_diagonal_needs_room_above_zero() -> None:
    with pytest.raises(InvalidInputError, match="high, with a positive diagonal, is 0"):
        triangular_matrix(np.random.default_rng(0), low=-3, high=0)
    assert np.diag(triangular_matrix(np.random.default_rng(0), low=-3, high=0, diagonal="unit").A).tolist() == [1, 1, 1]


def test_a_symmetric_matrix_is_symmetric_and_within_its_bounds() -> None:
    A = symmetric_matrix(np.random.default_rng(0), size=30, low=-2, high=5).A
    assert np.array_equal(A, A.T)
    assert (A.min(), A.max()) == (-2, 5)


@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_eigenvalues_are_roots_of_the_characteristic_polynomial(size: int) -> None:
    for seed in range(10):
        found = matrix_with_eigenvalues(np.random.default_rng(seed), size=size, low=-5, high=9, separation=2)
        values = found.eigenvalues.tolist()
        assert all(later - one >= 2 for one, later in pairwise(values))
        for value in values:
            assert rank((found.A - value * np.eye(size, dtype=int)).tolist()) == size - 1
        other = next(value for value in range(-5, 10) if value not in values)
        assert rank((found.A - other * np.eye(size, dtype=int)).tolist()) == size


def test_eigenvalues_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="3 numbers from 1 to 6 cannot be 3 apart"):
        matrix_with_eigenvalues(np.random.default_rng(0), separation=3)
    found = matrix_with_eigenvalues(np.random.default_rng(0), low=1, high=7, separation=3).eigenvalues
    assert found.tolist() == [1, 4, 7]


@pytest.mark.parametrize(
    ("n", "decimals", "least"), [(4, 1, 0.1), (2, 1, 0.5), (7, 2, 0.02), (10, 1, 0.1), (30, 4, 0.001)]
)
def test_the_decimals_of_a_row_sum_to_exactly_one(n: int, decimals: int, least: float) -> None:
    for seed in range(10):
        P = transition_matrix(np.random.default_rng(seed), n_states=n, decimals=decimals, least=least).P
        assert P.shape == (n, n)
        assert all(sum(Fraction(repr(entry)) for entry in row) == 1 for row in P.tolist())
        assert P.min() >= least


def test_all_rows_of_probabilities_are_equally_likely() -> None:
    rows = transition_matrix(np.random.default_rng(0), n_states=100, decimals=4, least=0.0099).P
    assert np.allclose(rows.mean(axis=0), 0.01, atol=1e-4)
    rng = np.random.default_rng(0)
    short = np.vstack([transition_matrix(rng, n_states=3, decimals=1, least=0.2).P for _ in range(400)])
    _, counts = np.unique(short, axis=0, return_counts=True)
    assert len(counts) == 15  # four tenths spread over three states
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize("options", [{"n_states": 11}, {"least": 0.3}, {"least": 0.0}, {"decimals": 0}], ids=repr)
def test_probabilities_that_sum_to_more_than_one_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="sum to 1"):
        transition_matrix(np.random.default_rng(0), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("denominator", [1, 2, 5, 10])
def test_a_polynomial_vanishes_at_its_roots_and_nowhere_else(denominator: int) -> None:
    for seed in range(20):
        found = polynomial_with_roots(np.random.default_rng(seed), denominator=denominator, separation=2)
        roots = [Fraction(repr(root)) for root in found.roots.tolist()]
        assert len(found.coefficients) == 5
        assert found.coefficients[0] > 0
        assert 0 not in roots
        assert all(later - one >= Fraction(2, denominator) for one, later in pairwise(roots))
        assert all(_value(found.coefficients.tolist(), root) == 0 for root in roots)
        assert _value(found.coefficients.tolist(), roots[0] - Fraction(1, 7)) != 0
        assert np.gcd.reduce(found.coefficients) == 1


def _value(coefficients: list[int], at: Fraction) -> Fraction:
    value = Fraction(0)
    for one in coefficients:
        value = value * at + one
    return value


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"low": -1, "high": 1, "denominator": 1}, "only 2"),
        ({"low": -3, "high": 3, "denominator": 1, "separation": 2}, "4 roots"),
        ({"denominator": 3}, "denominator is 3"),
        ({"degree": 8, "denominator": 10}, "50\\^8"),
        ({"degree": 9}, "degree is 9"),
    ],
)
def test_roots_that_do_not_fit_are_refused(options: dict[str, int], said: str) -> None:
    if options.get("separation") == 2:  # -3, -1, 1, 3 do fit
        assert polynomial_with_roots(np.random.default_rng(0), **options).roots.tolist() == [-3, -1, 1, 3]
        options = {**options, "low": -2}
    with pytest.raises(InvalidInputError, match=said):
        polynomial_with_roots(np.random.default_rng(0), **options)
