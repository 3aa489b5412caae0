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
from app.assignments.faults import Fault, Path, faults_of, said_of
from app.assignments.files import parse_assignment, read_assignment, shipped_assignments, version_of
from app.assignments.kinds import Kind
from app.assignments.literals import MOST_EXACT, array_of
from app.assignments.models import Assignment
from app.assignments.moments import DEFAULT_ZONE
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
    Values,
)
from app.assignments.policies import LEVELS, FeedbackLevels, Late, Level, Overrides, Policy
from app.assignments.questions import AnswerField, Question, laid_out
from app.assignments.schema import FILE_ID, answer_schema
from app.assignments.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Source, read_source
from app.assignments.terms import Everybody, Terms, Timing, after_loss, effective, everybodys
from app.assignments.variants import Condition, Draw, Drawn, Measure, Variants

__all__ = [
    "DEFAULT_ZONE",
    "FILE_ID",
    "LEVELS",
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_FILE_BYTES",
    "MAX_VALUES",
    "MOST_EXACT",
    "AnswerField",
    "Assignment",
    "Bilingual",
    "Check",
    "Condition",
    "Convention",
    "Draw",
    "Drawn",
    "EmbeddingCheck",
    "Everybody",
    "Fault",
    "FeedbackLevels",
    "FieldSpec",
    "FileKind",
    "Input",
    "Kind",
    "Late",
    "Level",
    "Measure",
    "Mistake",
    "MoveSpec",
    "Node",
    "Outline",
    "Overrides",
    "Path",
    "Policy",
    "Question",
    "Source",
    "StationaryPoint",
    "Structure",
    "SumCheck",
    "SymmetrySpec",
    "Terms",
    "Timing",
    "ToleranceSpec",
    "UnitRowsCheck",
    "Values",
    "Variants",
    "after_loss",
    "answer_schema",
    "array_of",
    "effective",
    "everybodys",
    "faults_of",
    "laid_out",
    "outline",
    "parse_assignment",
    "read_assignment",
    "read_source",
    "said_of",
    "shipped_assignments",
    "version_of",
]
