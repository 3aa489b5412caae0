"""Markov chains, condition numbers, subspaces, complex eigenvectors and roots against independent computations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from reference import linear_algebra, markov_chains, polynomials, subspaces
from reference.arrays import Array
from reference.errors import InvalidInputError, RankDeficientError, TooFewEigenvectorsError

modest = settings(max_examples=25, deadline=None)
seeds = st.integers(0, 2**32 - 1)


# Markov chains


def chain(seed: int, n: int = 5) -> Array:
    P = np.random.default_rng(seed).uniform(0.05, 1.0, (n, n))
    return np.asarray(P / P.sum(axis=1, keepdims=True))


@modest
@given(seeds)
def test_the_stationary_distribution_is_where_powers_of_the_chain_end(seed: int) -> None:
    P = chain(seed)
    found = markov_chains.stationary(P)
    np.testing.assert_allclose(np.linalg.matrix_power(P, 400), np.tile(found.pi, (5, 1)), atol=1e-12)
    left = scipy.linalg.null_space(P.T - np.eye(5))[:, 0]
    np.testing.assert_allclose(found.pi, left / left.sum(), atol=1e-12)
    unit = markov_chains.stationary(P, normalisation="length").pi
    np.testing.assert_allclose(unit, np.abs(left), atol=1e-12)


def test_slips_in_the_stationary_distribution_are_what_they_are_called() -> None:
    P = chain(1)
    assert markov_chains.stationary(P, side="right").pi.tolist() == [0.2] * 5
    np.testing.assert_allclose(markov_chains.stationary(P, side="one_step").pi, P.mean(axis=0))


def test_periodic_and_transient_chains_have_one_and_rare_states_keep_their_digits() -> None:
    assert markov_chains.stationary([[0, 1], [1, 0]]).pi.tolist() == [0.5, 0.5]
    assert markov_chains.stationary([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).pi.tolist() == [0.0, 0.5, 0.5]
    assert markov_chains.stationary([[1.0]]).pi.tolist() == [1.0]
    rare = markov_chains.stationary([[1 - 1e-12, 1e-12], [0.5, 0.5]]).pi
    assert rare[1] == pytest.approx(2e-12 / (1 + 2e-12), rel=1e-12)


def test_chains_without_a_single_one_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="2 closed classes"):
        markov_chains.stationary(np.eye(2))
    with pytest.raises(InvalidInputError, match=r"row 1 of P sums to 0\.9"):
        markov_chains.stationary([[1.0, 0.0], [0.4, 0.5]])
    with pytest.raises(InvalidInputError, match="negative entry"):
        markov_chains.stationary([[1.5, -0.5], [0.5, 0.5]])


@modest
@given(seeds)
def test_mean_return_times_solve_the_equations_of_the_first_step(seed: int) -> None:
    P = chain(seed)
    found = markov_chains.mean_times(P, markov_chains.stationary(P).pi).times
    for state in range(5):
        others = [other for other in range(5) if other != state]
        hitting = np.linalg.solve(np.eye(4) - P[np.ix_(others, others)], np.ones(4))
        assert found[state] == pytest.approx(1 + P[state, others] @ hitting)


def test_times_of_stay_are_those_of_a_geometric_distribution() -> None:
    P = chain(2)
    steps = np.arange(1, 2000)
    found = markov_chains.mean_times(P, markov_chains.stationary(P).pi, of="stay").times
    for state, stay in enumerate(np.diag(P)):
        assert found[state] == pytest.approx(np.sum(steps * stay ** (steps - 1.0) * (1 - stay)))


def test_times_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"states \[1\]"):
        markov_chains.mean_times([[0.5, 0.5], [0.0, 1.0]], [0.0, 1.0])
    with pytest.raises(InvalidInputError, match=r"states \[2\]"):
        markov_chains.mean_times([[0.5, 0.5], [0.0, 1.0]], [0.0, 1.0], of="stay")
    with pytest.raises(InvalidInputError, match="pi is no distribution"):
        markov_chains.mean_times(chain(3), np.ones(5))


# Condition numbers and subspaces


@modest
@given(seeds)
def test_condition_numbers_are_those_of_numpy(seed: int) -> None:
    A = np.random.default_rng(seed).normal(size=(4, 4))
    norms: dict[Any, Any] = {"spectral": 2, "one": 1, "infinity": np.inf, "frobenius": "fro"}
    for name, kind in norms.items():
        assert linear_algebra.condition_number(A, norm=name).kappa == pytest.approx(np.linalg.cond(A, kind), rel=1e-6)


def test_the_condition_number_is_the_worst_amplification() -> None:
    A = np.array([[4.0, 1.0, 2.0], [1.0, 3.0, 0.0], [0.0, 1.0, 2.0]])
    rng = np.random.default_rng(1)
    kappa = linear_algebra.condition_number(A).kappa
    x, error = rng.normal(size=(2, 3, 200_000))
    amplified = (np.linalg.norm(error, axis=0) / np.linalg.norm(x, axis=0)) / (
        np.linalg.norm(A @ error, axis=0) / np.linalg.norm(A @ x, axis=0)
    )
    assert 0.97 * kappa < amplified.max() <= kappa


def test_the_ratio_of_eigenvalues_is_the_condition_number_of_symmetric_matrices_only() -> None:
    symmetric, shear = [[3.0, 1.0], [1.0, -2.0]], [[1.0, 5.0], [0.0, 1.0]]
    right = linear_algebra.condition_number(symmetric).kappa
    assert linear_algebra.condition_number(symmetric, norm="eigenvalues").kappa == pytest.approx(right)
    assert linear_algebra.condition_number(shear, norm="eigenvalues").kappa == pytest.approx(1.0)
    assert linear_algebra.condition_number(shear).kappa > 25


def test_singular_matrices_have_no_condition_number() -> None:
    for singular in ([[1.0, 2.0], [2.0, 4.0]], [[0.0]], [[1.0, 0.0], [0.0, 1e-17]]):
        with pytest.raises(RankDeficientError, match="numerical rank"):
            linear_algebra.condition_number(singular)
    assert linear_algebra.condition_number([[1e300, 0.0], [0.0, 1e290]]).kappa == pytest.approx(1e10)


def low_rank(seed: int, shape: tuple[int, int], rank: int) -> Array:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(shape[0], rank)) @ rng.normal(size=(rank, shape[1])))


@modest
@given(seeds, st.sampled_from([((4, 6), 2), ((6, 4), 3), ((5, 5), 1), ((2, 5), 2)]))
def test_subspaces_are_those_of_scipy(seed: int, kind: tuple[tuple[int, int], int]) -> None:
    A = low_rank(seed, *kind)
    expected: dict[Any, Array] = {
        "null": scipy.linalg.null_space(A),
        "row": scipy.linalg.orth(A.T),
        "column": scipy.linalg.orth(A),
        "left_null": scipy.linalg.null_space(A.T),
    }
    for space, basis in expected.items():
        if not basis.shape[1]:
            with pytest.raises(TooFewEigenvectorsError, match="zero alone"):
                subspaces.null_space(A, space=space)
            continue
        found = subspaces.null_space(A, space=space).basis
        assert found.shape == basis.shape
        np.testing.assert_allclose(found @ found.T, basis @ basis.T, atol=1e-9)


@modest
@given(seeds)
def test_a_projection_is_the_same_for_every_basis_and_what_least_squares_fits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    basis = rng.normal(size=(6, 3))
    P = subspaces.projector(basis).P
    fitted = basis @ np.linalg.lstsq(basis, np.eye(6), rcond=None)[0]
    np.testing.assert_allclose(P, fitted, atol=1e-9)
    other = basis @ np.diag([1e-6, 1.0, 1e6]) @ np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(subspaces.projector(other).P, P, atol=1e-4)
    np.testing.assert_allclose(subspaces.projector(basis, onto="complement").P @ basis, 0, atol=1e-9)


def test_dependent_vectors_are_no_basis() -> None:
    for dependent in ([[1.0, 2.0], [1.0, 2.0]], [[0.0], [0.0]], [[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]):
        with pytest.raises(RankDeficientError, match="wanted independent ones"):
            subspaces.projector(dependent)
    with pytest.raises(TooFewEigenvectorsError, match="its row space is zero alone"):
        subspaces.null_space(np.zeros((2, 2)), space="row")
    np.testing.assert_allclose(subspaces.null_space(np.zeros((2, 3))).basis, np.eye(3))


# Complex eigenvectors


@modest
@given(seeds)
def test_eigenvectors_satisfy_their_equation_and_eigenvalues_the_characteristic_polynomial(seed: int) -> None:
    A = np.random.default_rng(seed).normal(size=(4, 4))
    found = linear_algebra.eigenvectors(A)
    np.testing.assert_allclose(A @ found.vectors, found.vectors * found.eigenvalues, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=0), 1.0)
    assert (np.diff(np.abs(found.eigenvalues)) <= 1e-8).all()
    assert np.prod(found.eigenvalues) == pytest.approx(np.linalg.det(A), abs=1e-9)
    assert np.sum(found.eigenvalues) == pytest.approx(np.trace(A), abs=1e-9)


@modest
@given(seeds)
def test_eigenvectors_are_those_of_the_schur_form_up_to_a_phase(seed: int) -> None:
    A = np.random.default_rng(seed).normal(size=(3, 3))
    found = linear_algebra.eigenvectors(A)
    for value, vector in zip(found.eigenvalues, found.vectors.T, strict=True):
        kernel = np.linalg.svd(A - value * np.eye(3))[2][-1].conj()
        assert abs(np.vdot(kernel, vector)) == pytest.approx(1.0, abs=1e-5)


def test_a_rotation_of_space_has_one_real_and_two_conjugate_eigenvectors() -> None:
    found = linear_algebra.eigenvectors([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 2.0]])
    np.testing.assert_allclose(found.eigenvalues, [2, 1j, -1j], atol=1e-15)
    assert abs(np.vdot(found.vectors[:, 1], np.array([1, -1j, 0]) / np.sqrt(2))) == pytest.approx(1.0)
    assert abs(np.vdot(found.vectors[:, 1].conj(), found.vectors[:, 2])) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(5))
def test_left_eigenvectors_are_orthogonal_to_right_ones_of_other_eigenvalues(seed: int) -> None:
    A = np.random.default_rng(seed).normal(size=(4, 4))
    right, left = (linear_algebra.eigenvectors(A, side=side) for side in ("right", "left"))
    np.testing.assert_allclose(left.eigenvalues, right.eigenvalues, atol=1e-10)
    np.testing.assert_allclose(left.vectors.T @ A, left.eigenvalues[:, None] * left.vectors.T, atol=1e-10)
    products = left.vectors.T @ right.vectors
    np.testing.assert_allclose(products - np.diag(np.diag(products)), 0, atol=1e-8)
    assert np.abs(A @ left.vectors - left.eigenvalues * left.vectors).max() > 1e-3


def test_defective_matrices_have_no_basis_of_eigenvectors() -> None:
    with pytest.raises(TooFewEigenvectorsError, match="defective"):
        linear_algebra.eigenvectors([[1.0, 1.0], [0.0, 1.0]])
    assert linear_algebra.eigenvectors(np.zeros((2, 2))).eigenvalues.tolist() == [0, 0]


# Roots


@modest
@given(st.lists(st.integers(-40, 40), min_size=1, max_size=5, unique=True))
def test_real_roots_are_those_that_were_multiplied_out(tenths: list[int]) -> None:
    expected = np.sort(np.array(tenths) / 4)
    coefficients = 3.0 * np.poly(expected)
    np.testing.assert_allclose(polynomials.real_roots(coefficients).roots, expected, atol=1e-6)
    ascending = polynomials.real_roots(coefficients[::-1], order="ascending").roots
    np.testing.assert_allclose(ascending, expected, atol=1e-6)


@modest
@given(seeds)
def test_roots_are_zeros_of_the_polynomial_and_come_in_conjugate_pairs(seed: int) -> None:
    coefficients = np.random.default_rng(seed).normal(size=6)
    found = polynomials.roots(coefficients).roots
    assert found.shape == (5,)
    np.testing.assert_allclose(np.poly(found) * coefficients[0], coefficients, atol=1e-7 * np.abs(coefficients).max())
    np.testing.assert_allclose(np.sort_complex(found.conj()), found, atol=1e-12)


def test_coefficients_read_backwards_give_reciprocals() -> None:
    found = polynomials.real_roots([2, 1, -16, -3, 9]).roots
    slipped = polynomials.real_roots([2, 1, -16, -3, 9], order="ascending").roots
    np.testing.assert_allclose(np.sort(1 / found), slipped)


def test_polynomials_without_real_roots_or_degree_are_refused() -> None:
    assert polynomials.real_roots([1.0, -2.0, 1.0]).roots.tolist() == pytest.approx([1.0, 1.0], abs=1e-7)
    assert polynomials.real_roots([1.0, 0.0, 0.0]).roots.tolist() == [0.0, 0.0]
    with pytest.raises(InvalidInputError, match="imaginary part 1; wanted a polynomial with real roots only"):
        polynomials.real_roots([1.0, 0.0, 1.0])
    with pytest.raises(InvalidInputError, match="highest power is 0"):
        polynomials.roots([0.0, 1.0, 2.0])
    with pytest.raises(InvalidInputError, match="highest power is 0"):
        polynomials.roots([1.0, 2.0, 0.0], order="ascending")
    with pytest.raises(InvalidInputError, match="single entry"):
        polynomials.roots([1.0])
