"""What a comparison refuses to compute: mistakes of the caller, never of the student.

::

    GraderError(ValueError)
    ├── ShapeMismatchError    arrays that cannot be the same quantity; broadcasting is not equality
    └── SymmetryError         a symmetry declared on fields that it cannot act on
"""

__all__ = ["GraderError", "ShapeMismatchError", "SymmetryError"]


class GraderError(ValueError):
    """A comparison was asked for that has no meaning."""


class ShapeMismatchError(GraderError):
    """Arrays of different shape were to be compared."""


class SymmetryError(GraderError):
    """A symmetry was declared on fields that it cannot act on."""
