"""An eigenvector of a given matrix, up to any factor but zero: certified by its equation and by its eigenspace."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graders.errors import GraderError, ShapeMismatchError
from graders.membership import divided, unit_vectors
from graders.tolerance import Array

__all__ = ["EigenvectorCertificate", "certify_eigenvectors"]

_EPS = float(np.finfo(np.float64).eps)
_EQUAL = 1e-8  # eigenvalues closer than this, relative to the norm, are one repeated eigenvalue; as in graders.spectra
_ROUNDING = 16.0  # units in the last place that a solver may leave in a singular value, relative to the norm
_NEGLIGIBLE = 1e-150  # beside an entry of 1; LAPACK may not return where products of entries underflow


@dataclass(frozen=True)
class EigenvectorCertificate:
    """Whether vectors are eigenvectors for an eigenvalue, and what was measured.

    Parameters
    ----------
    correct : ndarray of bool, shape (batch,)
        Whether both quantities are within their bounds, the vector is not zero, and the value is an eigenvalue.
    measured, allowed : ndarray of shape (batch,)
        The sine of the angle between the vector and the eigenspace (1 where there is none), and its bound.
    backward_error, backward_allowed : ndarray of shape (batch,)
        ||A v - lambda v|| / (||A|| ||v||) for the eigenvalue meant (1 where there is none), and its bound.
    dimension : ndarray of int, shape (batch,)
        Of the eigenspace; 0 where the value is no eigenvalue.
    """

    correct: Array
    measured: Array
    allowed: Array
    backward_error: Array
    backward_allowed: Array
    dimension: Array


def certify_eigenvectors(
    matrix: Array, eigenvalue: complex | Array, vectors: Array, *, tolerance: float
) -> EigenvectorCertificate:
    """Decide for every vector whether it is an eigenvector of a matrix for an eigenvalue, whatever its length.

    Parameters
    ----------
    matrix : ndarray of shape (n, n)
        A, real or complex; it need not be symmetric.
    eigenvalue : complex or ndarray of shape (batch,)
        lambda, as the author or each learner gives it. It may be rounded: the eigenvalue nearest to it is meant,
        where one is within ``tolerance |lambda|``.
    vectors : ndarray of shape (batch, n)
        What was sent.
    tolerance : float
        The largest sine of the angle between a vector and the eigenspace.

    Returns
    -------
    EigenvectorCertificate

    Raises
    ------
    ShapeMismatchError
        Where the arrays do not fit each other.
    GraderError
        Where the matrix is not finite.

    Notes
    -----
    A small residual alone does not tell close eigenvalues apart: for A = diag(1000, 1000.05) and lambda = 1000 the
    wrong axis leaves one of 5e-5 ||A||. What decides is the angle to the eigenspace, {v : ||(A - lambda) v|| <=
    1e-8 ||A|| ||v||}, spanned by right singular vectors of A - lambda I; the residual has to be small besides.
    Eigenvalues that differ by at most 1e-8 ||A|| count as equal, so that any vector of their common space is right.
    The bound on the sine is never tighter than the eigengap lets a solver be: 16 units in the last place of ||A||
    over the next singular value are added. An eigenvalue that is both rounded and defective is located only to the
    accuracy with which such eigenvalues can be computed; where it matters, give all its digits.

    References
    ----------
    .. [1] G. W. Stewart and J. Sun, Matrix Perturbation Theory, Academic Press (1990), chapter V.

    Examples
    --------
    >>> close = np.diag([1000.0, 1000.05])
    >>> certify_eigenvectors(close, 1000.0, np.array([[-7.0, 0.0], [0.0, 1.0]]), tolerance=1e-4).correct
    array([ True, False])
    """
    n = matrix.shape[0] if matrix.ndim else 0
    given = np.atleast_1d(np.asarray(eigenvalue))
    if matrix.shape != (n, n) or vectors.shape[1:] != (n,) or given.shape not in ((1,), (len(vectors),)):
        raise ShapeMismatchError(
            f"a matrix {matrix.shape}, eigenvalues {given.shape} and vectors {vectors.shape} do not fit"
        )
    if not n or not np.isfinite(matrix).all():
        raise GraderError("the matrix is empty or not finite: it has no eigenvectors")
    A, value, is_number = _scaled(matrix, given)
    norm = float(np.linalg.norm(A, 2))
    meant = _meant(A, norm, value)
    near = is_number & (np.abs(value - meant) <= tolerance * np.abs(value) + _EQUAL * norm)
    unit, shown = unit_vectors(vectors)
    _, scales, directions = np.linalg.svd(_shifted(A, meant))
    inside = scales <= _EQUAL * norm
    outside = np.where(inside, 0.0, (directions @ unit[..., None])[..., 0])
    usable = shown & near & inside.any(axis=1)
    measured = np.where(usable, np.minimum(np.linalg.norm(outside, axis=1), 1.0), 1.0)
    gap = np.where(inside, np.inf, scales).min(axis=1)
    allowed = np.broadcast_to(tolerance + _ROUNDING * _EPS * norm / gap, measured.shape)
    residual = np.linalg.norm(unit @ A.T - meant[:, None] * unit, axis=1) / (norm or 1.0)
    backward = np.where(usable, residual, 1.0)
    backward_allowed = 2.0 * allowed + 2.0 * _EQUAL
    correct = usable & (measured <= allowed) & (backward <= backward_allowed)
    dimension = np.broadcast_to(np.where(near, inside.sum(axis=1), 0), measured.shape)
    return EigenvectorCertificate(correct, measured, allowed, backward, backward_allowed, dimension)


def _scaled(matrix: Array, given: Array) -> tuple[Array, Array, Array]:
    """The matrix with a largest entry of 1, the values in the same unit, and which of them can be eigenvalues at all.

    An eigenvalue is at most n times the largest entry; what is larger, or not finite, becomes 0.
    """
    top = np.maximum(np.abs(matrix.real), np.abs(matrix.imag)).max()
    unit = np.asarray(top if top > 0 else 1.0)
    A = divided(matrix, unit)
    finite = np.isfinite(given)
    with np.errstate(over="ignore", invalid="ignore"):
        value = divided(np.where(finite, given, 0.0), unit)
        possible = finite & (np.abs(value) <= 2.0 * len(matrix))
    return _flushed(A), np.where(possible, value, 0.0), possible


def _flushed(matrix: Array) -> Array:
    return np.where(np.abs(matrix) > _NEGLIGIBLE, matrix, 0.0)


def _shifted(A: Array, values: Array) -> Array:
    """A - lambda I for every value; shape (batch, n, n)."""
    return _flushed(A - values[:, None, None] * np.eye(len(A)))


def _meant(A: Array, norm: float, values: Array) -> Array:
    """The values themselves where they are eigenvalues to 1e-8, and the nearest computed ones elsewhere."""
    least = np.linalg.svd(_shifted(A, values), compute_uv=False)[:, -1]
    hermitian = np.array_equal(A, A.conj().T)
    spectrum = np.linalg.eigvalsh(A) if hermitian else np.linalg.eigvals(A)
    nearest = spectrum[np.abs(values[:, None] - spectrum).argmin(axis=1)]
    return np.where(least <= _EQUAL * norm, values, nearest)
