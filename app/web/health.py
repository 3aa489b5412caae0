"""Whether the process lives, whether it can work, and the numbers of what it does."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from app.errors import NotFound
from app.language import text
from app.watching.metrics import CONTENT_TYPE
from app.web.dependencies import Given, Shared, refusals
from app.web.documents import dump
from app.web.service import require_staff

__all__ = ["router"]

router = APIRouter()

_JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}


@router.get("/healthz", summary="Does the process live?", responses=_JSON)
async def healthz() -> Response:
    """Answer at all."""
    return Response(dump({"status": "ok"}), media_type="application/json")


@router.get("/readyz", summary="Can it work?", responses={**_JSON, 503: refusals()[503]})
async def readyz(service: Shared) -> Response:
    """Write something to the database and read it back, and look for a sign of life of the process that grades.

    That is done once a second at most; in between, what was found is answered again.
    """
    state = await service.readiness.ask()
    if state.refusal is not None:
        raise state.refusal
    return Response(dump({"status": "ok", "database": "ok", "grading": "ok"}), media_type="application/json")


@router.get(
    "/metrics",
    summary="Numbers for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **refusals(403, 404)},
)
async def metrics(service: Shared, credential: Given) -> Response:
    """Requests, submissions, times and failures in Prometheus' text format; nothing in it is about one person."""
    if service.metrics_for == "off":
        raise NotFound(text("There is nothing at this address."))
    if service.metrics_for == "staff":
        require_staff(await run_in_threadpool(service.caller, credential))
    state = await service.readiness.ask()
    ready = state.refusal is None
    content = await run_in_threadpool(service.metrics.render, ready=ready, database_bytes=state.database_bytes)
    return Response(content, headers={"Content-Type": CONTENT_TYPE})
