"""``upto schema``: the format of assignment files as a JSON Schema, for editors."""

from __future__ import annotations

import json

import typer

__all__ = ["schema"]


def schema() -> None:
    """Print a JSON Schema of assignment files, so that an editor completes and checks as one types."""
    from app.assignments.format_schema import format_schema
    from app.checking import GENERATOR_NAMES, SOLVER_NAMES

    typer.echo(json.dumps(format_schema(SOLVER_NAMES, GENERATOR_NAMES), ensure_ascii=False, indent=2))
