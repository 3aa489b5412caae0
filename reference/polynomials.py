"""Roots of polynomials with real coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reference.arrays import Array, Record, as_array, check_choice, working_precision
from reference.errors import InvalidInputError

__all__ = ["RealRoots", "Roots", "real_roots", "roots"]

Order: TypeAlias = Literal["descending", "ascending"]

_REAL = 1e-6  # imaginary parts below this share of the largest root are what rounding leaves of a double root


@dataclass(frozen=True, eq=False)
class Roots(Record):
    """All roots of a polynomial.

    Parameters
    ----------
    roots : ndarray of complex, shape (n,)
        Each as often as its multiplicity, by ascending real and then imaginary part.
    """

    roots: NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class RealRoots(Record):
    """All roots of a polynomial that has real ones only.

    Parameters
    ----------
    roots : ndarray of shape (n,)
        Each as often as its multiplicity, ascending.
    """

    roots: Array


def roots(coefficients: ArrayLike, *, order: Order = "descending") -> Roots:
    """Find all roots of a polynomial.

    Parameters
    ----------
    coefficients : array_like of shape (n + 1,)
        Real coefficients; that of the highest power is not 0.
    order : {"descending", "ascending"}
        Whether the first coefficient belongs to the highest power or to the constant.

    Returns
    -------
    Roots

    Raises
    ------
    InvalidInputError
        Where coefficients are no finite vector of at least two, or that of the highest power is 0.
    NumericalRangeError
        Where quotients of the coefficients overflow.

    Notes
    -----
    Eigenvalues of the companion matrix. Identifiable up to their order. A simple root moves by about eps |p|(r) /
    |p'(r)|; one of multiplicity m by about the m-th root of eps.

    References
    ----------
    .. [1] A. Edelman, H. Murakami, "Polynomial roots from companion matrix eigenvalues", Math. Comp. 64 (1995)
       763-776. https://doi.org/10.1090/S0025-5718-1995-1262279-2

    Examples
    --------
    >>> roots([1.0, -2.0, 5.0]).roots.round(6).tolist()
    [(1-2j), (1+2j)]
    """
    return Roots(_solve(coefficients, order))


def real_roots(coefficients: ArrayLike, *, order: Order = "descending") -> RealRoots:
    """Find the roots of a polynomial all of whose roots are real.

    Parameters
    ----------
    coefficients : array_like of shape (n + 1,)
        Real coefficients; that of the highest power is not 0.
    order : {"descending", "ascending"}
        Whether the first coefficient belongs to the highest power or to the constant.

    Returns
    -------
    RealRoots

    Raises
    ------
    InvalidInputError
        Where coefficients are no finite vector of at least two, that of the highest power is 0, or a root is not real.
    NumericalRangeError
        Where quotients of the coefficients overflow.

    Notes
    -----
    As `roots`. Imaginary parts below 1e-6 of the largest root are taken for what rounding leaves of a double root.
    Identifiable up to their order.

    References
    ----------
    .. [1] A. Edelman, H. Murakami, "Polynomial roots from companion matrix eigenvalues", Math. Comp. 64 (1995)
       763-776. https://doi.org/10.1090/S0025-5718-1995-1262279-2

    Examples
    --------
    >>> real_roots([1.0, -1.0, -6.0]).roots.round(6).tolist()
    [-2.0, 3.0]
    """
    found = _solve(coefficients, order)
    largest = float(np.abs(found.imag).max())
    if not largest <= _REAL * float(np.abs(found).max()):
        raise InvalidInputError(
            f"a root has the imaginary part {largest:.3g}; wanted a polynomial with real roots only"
        )
    return RealRoots(np.sort(found.real))


def _solve(coefficients: ArrayLike, order: Order) -> NDArray[np.complex128]:
    check_choice("order", order, ("descending", "ascending"))
    given = as_array("coefficients", coefficients, "m")
    if len(given) < 2:
        raise InvalidInputError("coefficients has a single entry; wanted a polynomial of degree 1 at least")
    leading = given if order == "descending" else given[::-1]
    if leading[0] == 0:
        raise InvalidInputError("the coefficient of the highest power is 0; leave it out")
    with working_precision():
        return np.sort_complex(np.roots(leading).astype(np.complex128))
