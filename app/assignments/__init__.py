"""Assignments as data: the models of the file format, and the files that come with the service."""

from app.assignments.candidates import (
    Check,
    Convention,
    EmbeddingCheck,
    Mistake,
    StationaryPoint,
    SumCheck,
    UnitRowsCheck,
)
from app.assignments.files import parse_assignment, read_assignment, shipped_assignments
from app.assignments.models import Assignment, Policy
from app.assignments.parts import (
    Bilingual,
    FieldSpec,
    Input,
    MoveSpec,
    Node,
    Structure,
    SymmetrySpec,
    ToleranceSpec,
)
from app.assignments.questions import AnswerField, Question, laid_out

__all__ = [
    "AnswerField",
    "Assignment",
    "Bilingual",
    "Check",
    "Convention",
    "EmbeddingCheck",
    "FieldSpec",
    "Input",
    "Mistake",
    "MoveSpec",
    "Node",
    "Policy",
    "Question",
    "StationaryPoint",
    "Structure",
    "SumCheck",
    "SymmetrySpec",
    "ToleranceSpec",
    "UnitRowsCheck",
    "laid_out",
    "parse_assignment",
    "read_assignment",
    "shipped_assignments",
]
