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
from app.assignments.faults import Fault, Path
from app.assignments.files import parse_assignment, read_assignment, shipped_assignments, version_of
from app.assignments.kinds import Kind
from app.assignments.literals import MOST_EXACT, array_of
from app.assignments.models import Assignment, Policy
from app.assignments.outline import Outline, outline
from app.assignments.parts import (
    Bilingual,
    FieldSpec,
    Input,
    MoveSpec,
    Node,
    Structure,
    SymmetrySpec,
    ToleranceSpec,
    Values,
)
from app.assignments.questions import AnswerField, Question, laid_out
from app.assignments.schema import answer_schema
from app.assignments.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Source, read_source

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_VALUES",
    "MOST_EXACT",
    "AnswerField",
    "Assignment",
    "Bilingual",
    "Check",
    "Convention",
    "EmbeddingCheck",
    "Fault",
    "FieldSpec",
    "Input",
    "Kind",
    "Mistake",
    "MoveSpec",
    "Node",
    "Outline",
    "Path",
    "Policy",
    "Question",
    "Source",
    "StationaryPoint",
    "Structure",
    "SumCheck",
    "SymmetrySpec",
    "ToleranceSpec",
    "UnitRowsCheck",
    "Values",
    "answer_schema",
    "array_of",
    "laid_out",
    "outline",
    "parse_assignment",
    "read_assignment",
    "read_source",
    "shipped_assignments",
    "version_of",
]
