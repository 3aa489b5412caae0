"""The edge of every solver: inputs become checked arrays, results become read-only records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.errors import InvalidInputError, NumericalRangeError

__all__ = [
    "EPS",
    "ROUNDED",
    "Array",
    "Integers",
    "Record",
    "as_array",
    "as_integers",
    "as_number",
    "as_square",
    "check_choice",
    "check_whole",
    "thin_svd",
    "working_precision",
]

Array: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.intp]

EPS = float(np.finfo(np.float64).eps)
ROUNDED = 0.05
"""How far an identity (orthonormality, rows that sum to 1) may be missed by numbers that were rounded."""


@dataclass(frozen=True, eq=False)
class Record:
    """A result: its arrays are copied, read-only and finite.

    Raises
    ------
    NumericalRangeError
        Where a field holds NaN or infinity, which no solver returns.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not np.all(np.isfinite(value)):
                raise NumericalRangeError(
                    f"{field.name!r} of {type(self).__name__} leaves the range of double precision; "
                    "the inputs are too large, too small or too far apart"
                )
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, _read_only(value))


_NEGLIGIBLE = 1e-150


def _read_only(array: NDArray[np.generic]) -> NDArray[np.generic]:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@contextmanager
def working_precision() -> Iterator[None]:
    """Let overflow run on without a warning: `Record` refuses what comes of it.

    Raises
    ------
    NumericalRangeError
        Where LAPACK gives up inside, which happens on NaN and infinity only.
    """
    with np.errstate(all="ignore"):
        try:
            yield
        except np.linalg.LinAlgError as error:
            raise NumericalRangeError(f"the inputs leave the range of double precision ({error})") from error


def as_array(name: str, value: ArrayLike, *shape: int | str) -> Array:
    """Read an array of finite numbers with the declared shape.

    Parameters
    ----------
    name : str
        What the error message calls it.
    value : array_like
        What arrived.
    *shape : int or str
        One entry an axis: its length, or a letter for any length of at least 1.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    InvalidInputError
        Where it is no array of real numbers, has another shape, or holds NaN or infinity.

    Examples
    --------
    >>> as_array("X", [[1, 2], [3, 4]], "n", 2).shape
    (2, 2)
    """
    try:
        arrived = np.asarray(value)
    except ValueError as error:
        raise InvalidInputError(f"{name} has ragged rows; wanted the shape {_written(shape)}") from error
    if arrived.dtype.kind not in "iuf":
        raise InvalidInputError(f"{name} holds entries of type {arrived.dtype}; wanted real numbers")
    fits = arrived.ndim == len(shape) and all(
        length >= 1 if isinstance(wanted, str) else length == wanted
        for length, wanted in zip(arrived.shape, shape, strict=True)
    )
    if not fits:
        raise InvalidInputError(f"{name} has shape {_written(arrived.shape)}; wanted {_written(shape)}")
    with np.errstate(all="ignore"):
        array = arrived.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        where = np.argwhere(~finite)[0].tolist()
        raise InvalidInputError(f"{name} holds {array[tuple(where)]} at {where}; wanted finite numbers")
    return array


def as_square(name: str, value: ArrayLike) -> Array:
    """Read a square matrix of finite numbers.

    Raises
    ------
    InvalidInputError
        As `as_array`, and where it is not square.
    """
    array = as_array(name, value, "n", "n")
    if array.shape[0] != array.shape[1]:
        raise InvalidInputError(f"{name} has shape {_written(array.shape)}; wanted a square matrix")
    return array


def _written(shape: Sequence[int | str]) -> str:
    return "(" + ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "") + ")"


def as_integers(name: str, value: ArrayLike, *shape: int | str) -> Integers:
    """Read an array of whole numbers with the declared shape; 2.0 counts as 2.

    Raises
    ------
    InvalidInputError
        As `as_array`, and where an entry is not whole or beyond 2**53.
    """
    array = as_array(name, value, *shape)
    whole = (array == np.floor(array)) & (np.abs(array) <= 2.0**53)
    if not whole.all():
        where = np.argwhere(~whole)[0].tolist()
        raise InvalidInputError(f"{name} holds {array[tuple(where)]} at {where}; wanted whole numbers")
    return array.astype(np.intp)


def as_number(name: str, value: ArrayLike, *, above: float | None = None, least: float | None = None) -> float:
    """Read one finite number, larger than `above` and at least `least`.

    Raises
    ------
    InvalidInputError
        Where it is no number, not finite, or out of range.
    """
    number = float(as_array(name, value))
    if above is not None and not number > above:
        raise InvalidInputError(f"{name} is {number}; wanted a number above {above}")
    if least is not None and not number >= least:
        raise InvalidInputError(f"{name} is {number}; wanted at least {least}")
    return number


def check_whole(name: str, value: object, low: int, high: int | None = None) -> None:
    """Refuse an option that is not a whole number from `low` to `high`.

    Raises
    ------
    InvalidInputError
        Where it is no int (True is none) or out of range.
    """
    number = int(value) if isinstance(value, (int, np.integer)) and not isinstance(value, bool) else low - 1
    if number < low or (high is not None and number > high):
        wanted = f"from {low} to {high}" if high is not None else f"of at least {low}"
        raise InvalidInputError(f"{name} is {value!r}; wanted a whole number {wanted}")


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """Refuse an option that is none of the choices.

    Raises
    ------
    InvalidInputError
        Where it is none of them.
    """
    if value not in choices:
        raise InvalidInputError(f"{name} is {value!r}; wanted one of {', '.join(map(repr, choices))}")


def thin_svd(matrix: Array) -> tuple[Array, Array, Array]:
    """The thin singular value decomposition, of a matrix with entries of any size.

    Parameters
    ----------
    matrix : ndarray of shape (n, p)
        Finite.

    Returns
    -------
    U : ndarray of shape (n, r)
    s : ndarray of shape (r,)
    Vt : ndarray of shape (r, p)

    Notes
    -----
    LAPACK's divide-and-conquer driver may not return at all where products of entries underflow. Scaled to a
    largest entry of 1, what is below 1e-150 is far below the rounding of the rest and is taken for zero.

    Examples
    --------
    >>> thin_svd(np.array([[3e300, 0.0], [0.0, 5e-324]]))[1].tolist()
    [3e+300, 0.0]
    """
    top = float(np.abs(matrix).max(initial=0.0)) or 1.0
    scaled = matrix / top
    scaled[np.abs(scaled) < _NEGLIGIBLE] = 0.0
    U, s, Vt = np.linalg.svd(scaled, full_matrices=False)
    return U, s * top, Vt
