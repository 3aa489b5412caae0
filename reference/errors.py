"""What a solver refuses to compute, drawn as one tree.

::

    SolverError(ValueError)
    ├── InvalidInputError            the input is not what the problem is stated for
    │   ├── VertexOutOfRangeError    an edge names a vertex that the graph does not have
    │   ├── LoopError                an edge joins a vertex with itself
    │   ├── DuplicateEdgeError       an edge is listed twice, in either direction
    │   ├── NotOrthonormalError      axes that are not orthonormal, not even to rounding
    │   └── NotLaplacianError        the rows of a would-be graph Laplacian do not sum to zero
    ├── ConstantColumnError          a column without variance cannot be standardised
    ├── IsolatedVertexError          a degree that is not positive, where one has to divide by it
    ├── TooFewEigenvectorsError      more eigenvectors are asked for than there are
    ├── EmptyComponentError          a mixture component that no sample belongs to
    ├── RankDeficientError           a least-squares problem without a unique solution
    ├── SingularCovarianceError      a covariance, or a variance, that is not positive definite
    ├── NotConvergedError            an iteration that ran out of steps
    └── NumericalRangeError          the result cannot be held in double precision

Every message says what arrived and what was wanted. Samples and array entries are counted from 0, as
NumPy counts them; labels, components and vertices as the problem numbers them.
"""

from __future__ import annotations

__all__ = [
    "ConstantColumnError",
    "DuplicateEdgeError",
    "EmptyComponentError",
    "InvalidInputError",
    "IsolatedVertexError",
    "LoopError",
    "NotConvergedError",
    "NotLaplacianError",
    "NotOrthonormalError",
    "NumericalRangeError",
    "RankDeficientError",
    "SingularCovarianceError",
    "SolverError",
    "TooFewEigenvectorsError",
    "VertexOutOfRangeError",
]


class SolverError(ValueError):
    """A solver was given a problem that it has no answer to."""


class InvalidInputError(SolverError):
    """The input is not what the problem is stated for: shape, type, range or finiteness."""


class VertexOutOfRangeError(InvalidInputError):
    """An edge names a vertex that the graph does not have."""


class LoopError(InvalidInputError):
    """An edge joins a vertex with itself."""


class DuplicateEdgeError(InvalidInputError):
    """An edge is listed twice, in the same or in the opposite direction."""


class NotOrthonormalError(InvalidInputError):
    """Axes that are not orthonormal, not even to rounding."""


class NotLaplacianError(InvalidInputError):
    """The rows of a would-be graph Laplacian do not sum to zero."""


class ConstantColumnError(SolverError):
    """A column without variance cannot be standardised."""


class IsolatedVertexError(SolverError):
    """A vertex has a degree that is not positive, where one has to divide by it."""


class TooFewEigenvectorsError(SolverError):
    """More eigenvectors are asked for than there are."""


class EmptyComponentError(SolverError):
    """No sample belongs to a component of a mixture, so that its parameters are not defined."""


class RankDeficientError(SolverError):
    """A least-squares problem has no unique solution."""


class SingularCovarianceError(SolverError):
    """A covariance matrix is not positive definite, or a variance not positive, to working precision."""


class NotConvergedError(SolverError):
    """An iteration ran out of steps."""


class NumericalRangeError(SolverError):
    """The result, or something on the way to it, cannot be held in double precision."""
