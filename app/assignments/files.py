"""Read assignment files: YAML (or JSON, which is YAML) into validated models."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from app.assignments.faults import faults_of
from app.assignments.models import Assignment
from app.assignments.source import read_source
from app.errors import Problem, Unprocessable, pointer
from app.language import text

__all__ = ["parse_assignment", "read_assignment", "shipped_assignments", "version_of"]

_SHIPPED = Path(__file__).parent


def parse_assignment(source: bytes) -> Assignment:
    """Validate an assignment file.

    Parameters
    ----------
    source : bytes
        The file.

    Returns
    -------
    Assignment
        Its `version` is a digest of these bytes.

    Raises
    ------
    Unprocessable
        Where it is not YAML or not an assignment; every problem points into the document.
    """
    read = read_source(source)
    if not read.readable:
        raise Unprocessable(read.faults[0].message)
    faults = list(read.faults)
    assignment: Assignment | None = None
    try:
        assignment = Assignment.model_validate(read.document)
    except ValidationError as error:
        faults += faults_of(error, read.document, Assignment)
    if assignment is None or faults:
        problems = [Problem(pointer(*fault.path), fault.message) for fault in faults]
        raise Unprocessable(text("The assignment file is not a valid assignment."), problems)
    return assignment.stamped(version_of(source))


def version_of(source: bytes) -> str:
    """The name of a version: a digest of its file."""
    return hashlib.sha256(source).hexdigest()[:16]


def read_assignment(path: Path) -> Assignment:
    """Read and validate a file."""
    return parse_assignment(path.read_bytes())


@cache
def shipped_assignments() -> dict[str, Path]:
    """The assignments that come with the service, by slug."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}
