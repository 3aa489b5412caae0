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
from app.assignments.faults import Fault, Path, said_of
from app.assignments.files import parse_assignment, read_assignment, shipped_assignments, version_of
from app.assignments.models import Assignment, Policy
from app.assignments.outline import Outline, outline
from app.assignments.parts import (
    MAX_FILE_BYTES,
    Bilingual,
    FieldSpec,
    FileKind,
    Input,
    MoveSpec,
    Node,
    Structure,
    SymmetrySpec,
    ToleranceSpec,
)
from app.assignments.questions import AnswerField, Question, laid_out
from app.assignments.schema import FILE_ID, answer_schema
from app.assignments.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Source, read_source
from app.assignments.variants import Condition, Draw, Drawn, Measure, Variants

__all__ = [
    "FILE_ID",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FILE_BYTES",
    "MAX_VALUES",
    "AnswerField",
    "Assignment",
    "Bilingual",
    "Check",
    "Condition",
    "Convention",
    "Draw",
    "Drawn",
    "EmbeddingCheck",
    "Fault",
    "FieldSpec",
    "FileKind",
    "Input",
    "Measure",
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
    "Variants",
    "answer_schema",
    "laid_out",
    "outline",
    "parse_assignment",
    "read_assignment",
    "read_source",
    "said_of",
    "shipped_assignments",
    "version_of",
]
