"""A JSON Schema of assignment files, from the models, so that editors complete and check as one types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.assignments.format_meanings import meanings_of
from app.assignments.limits import MAX_CONVENTIONS, MAX_FIELDS, MAX_MISTAKES, MAX_QUESTIONS
from app.assignments.models import Assignment
from app.assignments.parts import Model

__all__ = ["format_models", "format_schema"]

Schema = dict[str, Any]


def _given(name: str) -> Schema:
    """A key is there, and not null."""
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _needs(name: str, other: str) -> Schema:
    return {"if": _given(name), "then": _given(other)}


def _group(*names: str) -> Schema:
    return {"required": ["group"], "properties": {"group": {"enum": list(names)}}}


_RULES: Mapping[str, Schema] = {
    "ToleranceSpec": {
        "oneOf": [
            *map(_given, ("decimals", "significant", "exact", "standard_errors")),
            {"anyOf": [_given("atol"), _given("rtol")]},
        ]
    },
    "Input": {
        "oneOf": [_given("data"), _given("field"), {"required": ["value"]}],
        "allOf": [_needs("question", "field"), _needs("under", "question"), _needs("apply", "data")],
    },
    "Condition": {"anyOf": [_given("at_least"), _given("at_most")]},
    "SymmetrySpec": {
        "oneOf": [_given("group"), _given("same_as")],
        "allOf": [
            {"if": _group("eigenbasis", "signed_order"), "then": _given("spectrum")},
            {"if": _given("spectrum"), "then": _group("eigenbasis", "signed_order", "rotation", "span")},
            {"if": _given("matrix"), "then": _group("eigenbasis", "signed_order")},
            {"if": {"required": ["pinned"], "properties": {"pinned": {"minItems": 1}}}, "then": _group("relabelling")},
        ],
    },
    "FieldSpec": {
        "if": {"required": ["kind"], "properties": {"kind": {"const": "labels"}}},
        "then": _given("n_labels"),
        "else": {"not": _given("n_labels")},
    },
}
"""What the models' validators say of keys together."""
_MOST: Mapping[tuple[str, str], Schema] = {
    ("Assignment", "questions"): {"maxItems": MAX_QUESTIONS},
    ("Question", "fields"): {"maxProperties": MAX_FIELDS},
    ("Question", "conventions"): {"maxItems": MAX_CONVENTIONS},
    ("Question", "mistakes"): {"maxItems": MAX_MISTAKES},
}


_SOLVERS = (
    ("Node", "solver"),
    ("Mistake", "solver"),
    ("StationaryPoint", "step"),
    ("StationaryPoint", "log_likelihood"),
)
"""Where a solver is named."""


def format_models() -> list[type[Model]]:
    """Every model of the format, each after those that first mention it; the assignment is the first."""
    found: list[type[Model]] = [Assignment]
    for model in found:
        for field in model.model_fields.values():
            for inner in _models_in(field.annotation):
                if inner not in found:
                    found.append(inner)
    return found


def _models_in(annotation: object) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if issubclass(annotation, Model):
            yield annotation
        return
    for inner in getattr(annotation, "__args__", ()):
        yield from _models_in(inner)


def format_schema(solvers: Sequence[str] = (), generators: Sequence[str] = ()) -> Schema:
    """Write the format as a JSON Schema 2020-12.

    Parameters
    ----------
    solvers, generators : sequence of str, optional
        The names that a solver and a generator may have, so that editors complete them; any by default.

    Returns
    -------
    dict
        It refuses what the lint refuses for its keys, types and bounds, and beyond that only numbers and times in
        spellings that nobody should use, such as a number in quotes. What needs the whole file (names that have to
        exist, the sum of the points, solvers) the lint alone can say.
    """
    _, written = models_json_schema([(model, "validation") for model in format_models()], by_alias=True)
    parts: dict[str, Schema] = written["$defs"]
    for model in format_models():
        _describe(model, parts[model.__name__])
    _close(parts)
    for name, key in _SOLVERS if solvers else ():
        _name(parts[name]["properties"][key], solvers)
    if generators:
        _name(parts["Draw"]["properties"]["generator"], generators)
    top = parts.pop("Assignment")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "assignment-schema",
        **top,
        "title": "An assignment of Upto",
        "$defs": parts,
    }


def _describe(model: type[Model], part: Schema) -> None:
    """Put in what keys mean, and what holds of keys together."""
    part.update(_RULES.get(model.__name__, {}))
    for key, meaning in meanings_of(model).items():
        property_ = part["properties"][key]
        property_.pop("title", None)
        if property_.get("default", ...) is None:
            del property_["default"]
        property_["description"] = meaning
        property_.update(_MOST.get((model.__name__, key), {}))


def _name(property_: Schema, known: Sequence[str]) -> None:
    """Let a text be one of the names that there are."""
    for one in (property_, *property_.get("anyOf", ())):
        if one.get("type") == "string":
            one["enum"] = list(known)


def _close(part: object) -> None:
    """Let mappings by name have no other keys, as the models do."""
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _close(inner)
    if isinstance(part, dict) and "patternProperties" in part:
        part.setdefault("additionalProperties", False)
