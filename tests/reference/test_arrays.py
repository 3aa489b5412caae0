"""What reaches a solver is checked once, with a message that says what arrived and what was wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import ArrayLike

from reference.arrays import (
    Array,
    Record,
    as_array,
    as_integers,
    as_number,
    as_square,
    check_choice,
    check_whole,
    working_precision,
)
from reference.errors import InvalidInputError, NumericalRangeError


@dataclass(frozen=True, eq=False)
class Sample(Record):
    """A record with an array and a number."""

    values: Array
    total: float


def test_lists_of_integers_become_floats() -> None:
    array = as_array("X", [[1, 2], [3, 4]], "n", "p")
    assert array.dtype == np.float64
    assert array.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1.0, 2.0], [3.0]], r"X has ragged rows; wanted the shape \(n, 2\)"),
        ([1.0, 2.0], r"X has shape \(2,\); wanted \(n, 2\)"),
        ([[1.0, 2.0, 3.0]], r"X has shape \(1, 3\); wanted \(n, 2\)"),
        (np.zeros((0, 2)), r"X has shape \(0, 2\); wanted \(n, 2\)"),
        ([["1", "2"]], "X holds entries of type <U1; wanted real numbers"),
        ([[True, False]], "X holds entries of type bool"),
        ([[1j, 2.0]], "X holds entries of type complex128"),
        ([[None, 2.0]], "X holds entries of type object"),
        ([[10**400, 2.0]], "X holds entries of type object"),
        ([[1.0, 2.0], [3.0, np.nan]], r"X holds nan at \[1, 1\]; wanted finite numbers"),
        ([[-np.inf, 2.0]], r"X holds -inf at \[0, 0\]"),
        (np.full((1, 2), np.finfo(np.longdouble).max), "X holds inf"),
    ],
)
def test_array_that_is_not_as_declared_is_refused(value: ArrayLike, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        as_array("X", value, "n", 2)


def test_square_matrix_is_read_and_another_refused() -> None:
    assert as_square("L", np.eye(2)).shape == (2, 2)
    with pytest.raises(InvalidInputError, match=r"L has shape \(2, 3\); wanted a square matrix"):
        as_square("L", np.ones((2, 3)))


def test_whole_floats_are_integers_and_others_are_refused() -> None:
    assert as_integers("y", [0.0, 2.0], 2).tolist() == [0, 2]
    for wrong in ([0.5, 1.0], [1e300, 1.0]):
        with pytest.raises(InvalidInputError, match="wanted whole numbers"):
            as_integers("y", wrong, 2)


def test_number_is_kept_in_range() -> None:
    assert as_number("s2", 0.5, above=0.0) == 0.5
    assert as_number("tol", 0.0, least=0.0) == 0.0
    with pytest.raises(InvalidInputError, match=r"s2 is 0.0; wanted a number above 0.0"):
        as_number("s2", 0.0, above=0.0)
    with pytest.raises(InvalidInputError, match=r"tol is -1.0; wanted at least 0.0"):
        as_number("tol", -1.0, least=0.0)
    with pytest.raises(InvalidInputError):
        as_number("tol", float("nan"), least=0.0)


@pytest.mark.parametrize("wrong", [0, 4, True, 2.0, "2", None])
def test_option_that_is_no_whole_number_in_range_is_refused(wrong: object) -> None:
    check_whole("k", 3, 1, 3)
    check_whole("k", np.int64(1), 1)
    with pytest.raises(InvalidInputError, match="wanted a whole number from 1 to 3"):
        check_whole("k", wrong, 1, 3)


def test_unknown_choice_is_refused() -> None:
    check_choice("kind", "a", ("a", "b"))
    with pytest.raises(InvalidInputError, match="kind is 'c'; wanted one of 'a', 'b'"):
        check_choice("kind", "c", ("a", "b"))


def test_record_refuses_what_is_not_finite() -> None:
    assert Sample(np.ones(2), 2.0).total == 2.0
    with pytest.raises(NumericalRangeError, match="'values' of Sample"):
        Sample(np.array([1.0, np.nan]), 1.0)
    with pytest.raises(NumericalRangeError, match="'total' of Sample"):
        Sample(np.ones(2), float("inf"))


def test_failure_of_lapack_is_named() -> None:
    with pytest.raises(NumericalRangeError, match="range of double precision"), working_precision():
        np.linalg.svd(np.full((2, 2), np.nan))
