"""The format of assignment files, for editors: a JSON Schema that needs no token."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, Response

from app.assignments.format_schema import format_schema
from app.checking import GENERATOR_NAMES, SOLVER_NAMES
from app.web.documents import dump

__all__ = ["router"]

router = APIRouter(prefix="/api/v1")
_SCHEMA = "application/schema+json"


@router.get(
    "/assignment-schema",
    summary="Read the format of assignment files",
    response_class=Response,
    responses={200: {"content": {_SCHEMA: {"schema": {"type": "object"}}}}},
)
async def read_format() -> Response:
    """A JSON Schema 2020-12 of assignment files, so that an editor completes and checks as one types.

    It needs no token.
    """
    return Response(_written(), media_type=_SCHEMA)


@cache
def _written() -> bytes:
    return dump(format_schema(SOLVER_NAMES, GENERATOR_NAMES))
