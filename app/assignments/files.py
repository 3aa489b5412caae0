"""Read assignment files: YAML (or JSON, which is YAML) into validated models."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import yaml
from pydantic import ValidationError

from app.assignments.models import Assignment
from app.errors import Problem, Unprocessable, pointer
from app.language import text

__all__ = ["parse_assignment", "read_assignment", "shipped_assignments"]

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
    try:
        document = yaml.load(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both loaders are safe ones
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        what = " ".join(str(error).split())
        raise Unprocessable(text("The assignment file is not YAML: {what}", what=what)) from error
    try:
        assignment = Assignment.model_validate(document)
    except ValidationError as error:
        problems = [Problem(pointer(*issue["loc"]), text("{what}", what=issue["msg"])) for issue in error.errors()]
        raise Unprocessable(text("The assignment file is not a valid assignment."), problems) from error
    return assignment.stamped(hashlib.sha256(source).hexdigest()[:16])


def read_assignment(path: Path) -> Assignment:
    """Read and validate a file."""
    return parse_assignment(path.read_bytes())


@cache
def shipped_assignments() -> dict[str, Path]:
    """The assignments that come with the service, by slug."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yaml"))}
