"""When an answer counts as the truth: symmetries, tolerances, comparisons, candidates and certificates.

NumPy and SciPy only. Every array carries a leading batch axis: one submission is a batch of one, and a regrade of
100,000 is one call.
"""

from graders.choice import Choice
from graders.comparison import Comparison, FieldComparison, Target, compare, compare_jointly
from graders.eigenvectors import EigenvectorCertificate, certify_eigenvectors
from graders.embedding import Optimality, optimality
from graders.errors import GraderError, ShapeMismatchError, SymmetryError
from graders.labels import label_of, one_hot, samples_that_disagree
from graders.linked import Move
from graders.membership import Membership, certify_members
from graders.rounding import compare_cut_off, compare_rounded
from graders.sensitivity import first_order_bound
from graders.spectra import EigenpairCertificate, certify_eigenpairs, merged_spectrum, runs
from graders.stationary import Stationarity, stationarity
from graders.structure import STRUCTURES
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
from graders.tolerance import EXACT, WHOLE, Tolerance

__all__ = [
    "EXACT",
    "STRUCTURES",
    "WHOLE",
    "Choice",
    "Comparison",
    "Eigenbasis",
    "EigenpairCertificate",
    "EigenvectorCertificate",
    "FieldComparison",
    "GraderError",
    "Identity",
    "Membership",
    "Move",
    "Optimality",
    "Phase",
    "Relabelling",
    "Rotation",
    "ShapeMismatchError",
    "SignedOrder",
    "Signs",
    "Span",
    "Stationarity",
    "Symmetry",
    "SymmetryError",
    "Target",
    "Tolerance",
    "certify_eigenpairs",
    "certify_eigenvectors",
    "certify_members",
    "compare",
    "compare_cut_off",
    "compare_jointly",
    "compare_rounded",
    "first_order_bound",
    "label_of",
    "merged_spectrum",
    "one_hot",
    "optimality",
    "runs",
    "samples_that_disagree",
    "stationarity",
]
