"""Whether the process lives, and whether it can work."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from app.errors import Unavailable
from app.language import text
from app.web.documents import dump
from app.web.service import Service

__all__ = ["router"]

router = APIRouter()


@router.get("/healthz", summary="Does the process live?", responses={200: {"content": {"application/json": {}}}})
async def healthz() -> Response:
    """Answer at all."""
    return Response(dump({"status": "ok"}), media_type="application/json")


@router.get("/readyz", summary="Can it work?", responses={200: {"content": {"application/json": {}}}})
async def readyz(request: Request) -> Response:
    """Ask the database."""
    service = cast(Service, request.app.state.service)
    try:
        await run_in_threadpool(service.database.ping)
    except Exception as error:
        raise Unavailable(text("The database does not answer."), retry_after=5) from error
    return Response(dump({"status": "ok", "database": "ok"}), media_type="application/json")
