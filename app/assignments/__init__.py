"""Assignments as data: the models of the file format, and the files that come with the service."""

from app.assignments.files import parse_assignment, read_assignment, shipped_assignments
from app.assignments.models import (
    AnswerField,
    Assignment,
    Bilingual,
    Convention,
    FieldSpec,
    Input,
    MoveSpec,
    Policy,
    Question,
    SymmetrySpec,
    ToleranceSpec,
    Truth,
    laid_out,
)

__all__ = [
    "AnswerField",
    "Assignment",
    "Bilingual",
    "Convention",
    "FieldSpec",
    "Input",
    "MoveSpec",
    "Policy",
    "Question",
    "SymmetrySpec",
    "ToleranceSpec",
    "Truth",
    "laid_out",
    "parse_assignment",
    "read_assignment",
    "shipped_assignments",
]
