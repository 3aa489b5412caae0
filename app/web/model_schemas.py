"""The JSON Schema of a model in one piece, for places of the OpenAPI document that FastAPI does not fill itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

__all__ = ["schema_of"]

_WITHIN = "#/$defs/"


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """Describe a model with every definition in the place where it is used.

    Parameters
    ----------
    model : type of BaseModel
        None of its parts contains itself.

    Returns
    -------
    dict
        Without references: inside the OpenAPI document ``#/$defs/...`` would point to nothing.
    """
    schema = model.model_json_schema()
    definitions: dict[str, Any] = schema.pop("$defs", {})

    def whole(part: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
        if isinstance(part, list):
            return [whole(one) for one in part]
        if not isinstance(part, dict):
            return part
        rest = {key: whole(value) for key, value in part.items() if key != "$ref"}
        named = part.get("$ref", "")
        return whole(definitions[named.removeprefix(_WITHIN)]) | rest if named else rest

    described: dict[str, Any] = whole(schema)
    return described
