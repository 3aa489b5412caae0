"""The reference of the format, ``docs/format.md``: every part, key, type, default and meaning, from the models.

``python -m app.assignments.format_reference > docs/format.md`` writes it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from app.assignments.format_schema import format_models, format_schema
from app.assignments.limits import (
    MAX_ALL_MISTAKES,
    MAX_AXIS,
    MAX_CONVENTIONS,
    MAX_ENTRIES,
    MAX_FIELDS,
    MAX_MISTAKES,
    MAX_NUMBERS,
    MAX_OPTION,
    MAX_QUESTIONS,
)
from app.assignments.moments import WRITTEN
from app.assignments.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES

__all__ = ["format_reference"]

_HEAD = """\
# The format of assignment files: reference

Written by `python -m app.assignments.format_reference` from the models in `app/assignments`; a test compares it.
[authoring.md](authoring.md) teaches the format by an example. `upto schema` prints it for editors.

A file is YAML 1.1 (or JSON) in UTF-8. A key that is not listed here is refused. Anchors, aliases and tags are refused.
"A name" starts with a letter and goes on with letters, digits and `_`; it has at most 64 characters.
"""
_RULES: Mapping[str, str] = {
    "ToleranceSpec": "Exactly one of these keys, or `atol` and `rtol` together.",
    "Input": (
        "Exactly one of `data`, `field` and `value`. `question` needs `field`; `under` needs `question`; `apply` needs "
        "`data`."
    ),
    "Condition": "At least one of `at_least` and `at_most`. `between` goes with gaps only.",
    "SymmetrySpec": (
        "Either `group` or `same_as`. `eigenbasis` and `signed_order` need a `spectrum`; `rotation` and `span` may "
        "have one. Only `eigenbasis` and `signed_order` have a `matrix`; only `relabelling` has `pinned`."
    ),
    "Values": "A figure has the shape that its field declares. Nothing follows through into what is written down.",
    "Question": (
        "With `truth`, no field is a text or a file; without it, all are. At least one field is required. A symmetry "
        "needs fields that move, and fields that move need a symmetry. The ids of conventions, mistakes and properties "
        "differ from each other, and are not `truth`, `follow_through` or `eigenpairs`."
    ),
    "FieldSpec": (
        "`labels` have a shape of one axis and need `n_labels`, and they take no `moves`, `tolerance`, `structure` or "
        "`own`: their question has a relabelling, which moves them by their names. Only `phase`, `relabelling` and "
        "`signs` move a `complex` field. Whole numbers have no `decimals` to be right to."
    ),
    "Mistake": (
        "Either `values`, or any of `solver`, `inputs` and `options`. Beside a truth that is written down, `values` or "
        "a `solver` of its own."
    ),
    "Policy": (
        "`opens_at`, `due_at` with its grace, and `closes_at` come in this order. Times are written "
        "`2026-12-01 23:59`, with seconds and their fractions where wanted, or with an offset, "
        "`2026-12-01T23:59:00+08:00`. Of a day alone `due_at` and `closes_at` are the last minute. A late rule needs a "
        "`due_at`; without one nothing is ever late."
    ),
    "Assignment": "The questions' ids differ. Links between questions form no circle.",
}
_NAME = "^[A-Za-z][A-Za-z0-9_]{0,63}$"


def format_reference() -> str:
    """Write the reference.

    Returns
    -------
    str
        A page in Markdown.
    """
    schema = format_schema()
    parts: dict[str, Any] = {"Assignment": schema, **schema["$defs"]}
    pages = [_part(model.__name__, parts[model.__name__]) for model in format_models()]
    return "\n".join([_HEAD, *pages, _limits()])


def _part(name: str, part: Mapping[str, Any]) -> str:
    lines = [f"## {name}", "", part["description"]]
    if name in _RULES:
        lines += ["", _RULES[name]]
    lines += ["", "| key | type | default | meaning |", "|---|---|---|---|"]
    for key, property_ in part["properties"].items():
        default = "required" if key in part.get("required", ()) else _default(property_)
        cells = (f"`{key}`", _type(property_), default, property_["description"])
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _default(property_: Mapping[str, Any]) -> str:
    value = property_.get("default")
    if value is None or isinstance(value, dict):
        return ""
    return f"`{json.dumps(value)}`"


def _type(schema: Mapping[str, Any]) -> str:
    """A type in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema or "oneOf" in schema:
        inner = [one for one in schema.get("anyOf", schema.get("oneOf")) if one.get("type") != "null"]
        return " or ".join(map(_type, inner))
    if "const" in schema or "enum" in schema:
        return ", ".join(f"`{json.dumps(one).strip(chr(34))}`" for one in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type")
    if kind == "array":
        return " ".join(["list of", _type(schema["items"]), *_count(schema, "Items")])
    if kind == "object":
        return " ".join(["mapping of", _key(schema), "to", _values(schema), *_count(schema, "Properties")])
    if kind == "string":
        return _text(schema)
    words = {"number": "number", "integer": "whole number", "boolean": "true or false"}
    return " ".join([words.get(str(kind), "any value"), *_bounds(schema)])


def _key(schema: Mapping[str, Any]) -> str:
    allowed = schema.get("propertyNames", {}).get("enum")
    return " and ".join(f"`{one}`" for one in allowed) if allowed else "names"


def _values(schema: Mapping[str, Any]) -> str:
    return _type(schema.get("patternProperties", {}).get(_NAME) or schema.get("additionalProperties") or {})


def _text(schema: Mapping[str, Any]) -> str:
    pattern = schema.get("pattern")
    if pattern == WRITTEN:
        return "time"
    return "text" if pattern is None else "name" if pattern == _NAME else f"text like `{pattern}`"


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    words = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
    said = [f"{sign} {schema[key]:.12g}" for key, sign in words if key in schema]
    if said:
        yield ", ".join(said)


def _count(schema: Mapping[str, Any], of: str) -> Iterator[str]:
    least, most = schema.get(f"min{of}"), schema.get(f"max{of}")
    if least is not None or most is not None:
        said = [f"at least {least}" if least is not None else "", f"at most {most}" if most is not None else ""]
        yield f"({', '.join(filter(None, said))})"


def _limits() -> str:
    rows = {
        "bytes of a file": MAX_BYTES,
        "values and keys of a file": MAX_VALUES,
        "levels of nesting": MAX_DEPTH,
        "questions": MAX_QUESTIONS,
        "mistakes of a question": MAX_MISTAKES,
        "mistakes of an assignment": MAX_ALL_MISTAKES,
        "conventions of a question": MAX_CONVENTIONS,
        "fields of a question": MAX_FIELDS,
        "length of an axis": MAX_AXIS,
        "entries of an array": MAX_ENTRIES,
        "numbers of all data together": MAX_NUMBERS,
        "a whole number as an option": MAX_OPTION,
    }
    lines = [f"| {what} | {most} |" for what, most in rows.items()]
    return "\n".join(["## Limits", "", "| what | at most |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(format_reference())
