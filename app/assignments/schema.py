"""The JSON Schema of the answers to an assignment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.assignments.kinds import Kind
from app.assignments.models import Assignment

__all__ = ["FILE_ID", "answer_schema"]

FILE_ID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
"""What the id of a file looks like, as a regular expression."""


def answer_schema(assignment: Assignment) -> dict[str, object]:
    """A JSON Schema 2020-12 of the `answers` object.

    Parameters
    ----------
    assignment : Assignment

    Returns
    -------
    dict
        Every question and field with every shape that some convention accepts.
    """
    questions = {}
    for question in assignment.questions:
        fields = {name: _field_schema(field.kind, field.shapes) for name, field in question.answer_fields.items()}
        schema: dict[str, Any] = {"type": "object", "properties": fields, "additionalProperties": False}
        required = [name for name, field in question.answer_fields.items() if field.required]
        forms = [schema] + ([fields[required[0]]] if len(required) == 1 else [])
        questions[question.id] = {"anyOf": [*forms, {"type": "null"}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": questions,
        "additionalProperties": False,
        "$defs": _DEFINITIONS,
    }


_DEFINITIONS: Mapping[str, object] = {
    "number": {"type": ["number", "string"]},
    "integer": {"type": ["integer", "string"]},
    "complex": {
        "anyOf": [
            {"$ref": "#/$defs/number"},
            {
                "type": "object",
                "properties": {"re": {"$ref": "#/$defs/number"}, "im": {"$ref": "#/$defs/number"}},
                "required": ["re", "im"],
                "additionalProperties": False,
            },
        ]
    },
    "label": {"type": ["integer", "string"]},
    "text": {"type": "string", "maxLength": 65536},
}
_ENTRIES: Mapping[Kind, str] = {"numeric": "number", "integer": "integer", "complex": "complex", "labels": "label"}


def _field_schema(kind: Kind, shapes: tuple[tuple[int, ...], ...]) -> Mapping[str, object]:
    if kind == "file":
        return {"type": ["string", "null"], "pattern": FILE_ID, "description": "The id of a file that was uploaded."}
    if kind == "text":
        return {"anyOf": [{"$ref": "#/$defs/text"}, {"type": "null"}]}
    arrays = (_array_schema(_ENTRIES[kind], shape) for shape in shapes)
    return {"anyOf": [*arrays, {"type": ["string", "null"]}]}


def _array_schema(entry: str, shape: tuple[int, ...]) -> dict[str, object]:
    schema: dict[str, object] = {"$ref": f"#/$defs/{entry}"}
    for size in reversed(shape):
        schema = {"type": "array", "items": schema, "minItems": size, "maxItems": size}
    return schema
