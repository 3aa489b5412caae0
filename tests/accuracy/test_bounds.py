"""The bounds never exceed what some rotation reaches, and are near it where an answer is nearly right."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog

from tests.accuracy.bounds import least_error, least_errors, least_phase_errors
from tests.accuracy.known import haar

Array = NDArray[np.float64]


def _reached(answer: Array, truth: Array, rng: np.random.Generator) -> float:
    """The least of the largest entry errors over many rotations, each refined by linear programs."""
    total, width = truth.shape[1], answer.shape[1]
    left, _, right = np.linalg.svd(truth.T @ answer, full_matrices=False)
    starts = [left @ right]
    tried = haar(rng, 2000, total)[:, :, :width]
    errors = np.abs(answer - truth @ tried).max(axis=(1, 2))
    starts.append(tried[errors.argmin()])
    return min(_refined(answer, truth, start) for start in starts)


def _refined(answer: Array, truth: Array, turn: Array) -> float:
    total = truth.shape[1]
    skew = np.zeros((total * (total - 1) // 2, total, total))
    for index, (i, j) in enumerate(combinations(range(total), 2)):
        skew[index, i, j], skew[index, j, i] = 1.0, -1.0
    least, reach = float(np.abs(answer - truth @ turn).max()), 1.0
    while reach > 1e-5:
        slopes = (truth @ skew @ turn).reshape(len(skew), -1).T
        error = (answer - truth @ turn).ravel()
        ones = np.ones((len(error), 1))
        solved = linprog(
            np.append(np.zeros(len(skew)), 1.0),
            A_ub=np.block([[-slopes, -ones], [slopes, -ones]]),
            b_ub=np.concatenate([-error, error]),
            bounds=[(-reach, reach)] * len(skew) + [(0.0, None)],
        )
        step = np.asarray(solved.x, dtype=float)[:-1]
        left, _, right = np.linalg.svd(np.asarray(np.eye(total) + np.einsum("i,ijk->jk", step, skew)))
        trial = left @ right @ turn
        largest = float(np.abs(answer - truth @ trial).max())
        if largest < least * (1 - 1e-9):
            least, turn = largest, trial
        else:
            reach /= 4.0
    return least


def _case(kind: str, rng: np.random.Generator) -> tuple[Array, Array]:
    n, k = int(rng.integers(6, 12)), int(rng.integers(2, 4))
    total = k + 1 if kind == "cut" else k
    truth = np.linalg.qr(rng.normal(size=(n, total)))[0] / rng.uniform(1.0, 2.0)
    answer = truth @ haar(rng, 1, total)[0][:, :k]
    if kind in ("entry", "cut"):
        answer[rng.integers(n), rng.integers(k)] += 2e-3
    elif kind == "rounded entry":
        answer = np.round(answer, 3)
        answer[rng.integers(n), rng.integers(k)] += 2e-3
    elif kind == "stretched":
        answer = 1.01 * answer
    elif kind == "repeated":
        answer[:, 0] = answer[:, 1]
    elif kind == "noise":
        answer = 0.3 * rng.normal(size=answer.shape)
    return answer, truth


@pytest.mark.parametrize(
    ("kind", "usually"),
    [("entry", 0.75), ("rounded entry", 0.75), ("stretched", 0.95), ("cut", 0.7), ("repeated", 0.4), ("noise", 0.6)],
)
def test_the_bound_is_below_what_is_reached_and_most_of_it(kind: str, usually: float) -> None:
    rng = np.random.default_rng(11)
    shares = []
    for _ in range(8):
        answer, truth = _case(kind, rng)
        bound, reached = least_error(answer, truth), _reached(answer, truth, rng)
        assert 0.0 <= bound <= reached
        shares.append(bound / reached)
    assert np.median(shares) >= usually


def test_nothing_is_proven_against_a_right_answer() -> None:
    rng = np.random.default_rng(12)
    truth = np.linalg.qr(rng.normal(size=(10, 3)))[0]
    answers = truth @ haar(rng, 200, 3)
    assert least_errors(answers, truth).max() <= 1e-12
    assert least_errors(np.round(answers, 3), truth).max() <= 0.5e-3


def test_an_answer_that_is_too_short_is_found_out() -> None:
    truth = np.linalg.qr(np.random.default_rng(13).normal(size=(10, 3)))[0]
    assert least_error(0.9 * truth, truth) > 0.01


def test_the_bound_of_a_phase_is_just_below_the_least_error_on_a_fine_grid() -> None:
    rng = np.random.default_rng(14)
    phases = np.exp(2j * np.pi * np.arange(200_000) / 200_000)[:, None]
    for size in (1, 2, 5):
        truth = rng.normal(size=size) + 1j * rng.normal(size=size)
        truth /= np.linalg.norm(truth)
        answer = truth * np.exp(1j * rng.uniform(0.0, 6.0)) + 0.01 * rng.normal(size=size)
        error = answer - phases * truth
        least = np.maximum(np.abs(error.real), np.abs(error.imag)).max(axis=1).min()
        bound = float(least_phase_errors(answer[None], truth)[0])
        assert 0.998 * least <= bound <= least


def test_nothing_is_proven_against_another_phase_and_much_against_a_conjugate() -> None:
    rng = np.random.default_rng(15)
    truth = rng.normal(size=4) + 1j * rng.normal(size=4)
    answers = truth * np.exp(2j * np.pi * rng.uniform(size=(100, 1)))
    assert least_phase_errors(answers, truth).max() <= 1e-12
    assert least_phase_errors(np.round(answers, 3), truth).max() <= 0.5e-3
    assert least_phase_errors(answers.conj(), truth).min() > 0.1
    assert least_phase_errors(answers.conj(), truth, enough=0.1).min() >= 0.1
