"""When an answer counts as the truth: symmetries, tolerances, comparisons, candidates and certificates.

NumPy and SciPy only. Every array carries a leading batch axis: one submission is a batch of one, and a regrade of
100,000 is one call.
"""

from graders.choice import Choice
from graders.comparison import Comparison, FieldComparison, Target, compare
from graders.errors import GraderError, ShapeMismatchError, SymmetryError
from graders.linked import Move
from graders.spectra import EigenpairCertificate, certify_eigenpairs, runs
from graders.symmetries import (
    Eigenbasis,
    Identity,
    Phase,
    Relabelling,
    Rotation,
    SignedOrder,
    Signs,
    Span,
    Symmetry,
)
from graders.tolerance import EXACT, Tolerance

__all__ = [
    "EXACT",
    "Choice",
    "Comparison",
    "Eigenbasis",
    "EigenpairCertificate",
    "FieldComparison",
    "GraderError",
    "Identity",
    "Move",
    "Phase",
    "Relabelling",
    "Rotation",
    "ShapeMismatchError",
    "SignedOrder",
    "Signs",
    "Span",
    "Symmetry",
    "SymmetryError",
    "Target",
    "Tolerance",
    "certify_eigenpairs",
    "compare",
    "runs",
]
