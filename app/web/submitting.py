"""The route that must be fast: a submission in, its report out once it is durable.

What FastAPI does for a route (dependencies, parameters, the model of the answer) costs more than all the rest of a
small request together. So Starlette serves this one, the headers are read here, and FastAPI's route only describes it
in the OpenAPI document.
"""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from app.intake import Accepted, Arrival
from app.watching import current_request_id
from app.web.bodies import read_body
from app.web.credentials import checked_credential, service_of
from app.web.dependencies import bearer, cookie, refusals
from app.web.guard import take_turn
from app.web.model_schemas import schema_of
from app.web.readers import decide, preference_of
from app.web.responses import Responding, accepted_answer
from app.web.schemas import ReportModel, SubmissionBody
from app.web.service import Service

__all__ = ["BODY", "install", "router"]

router = APIRouter(prefix="/api/v1")

BODY = {"required": True, "content": {"application/json": {"schema": schema_of(SubmissionBody)}}}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
    "description": "Visible ASCII characters, chosen by the client, the same for each try of one submission. The same "
    "key with the same body is answered with the first response again and `Idempotent-Replayed: true`; with "
    "another body, 409. Kept for at least 7 days.",
}


@router.post(
    "/submissions",
    status_code=201,
    summary="Submit answers",
    responses={201: {"model": ReportModel}, **refusals(400, 403, 404, 408, 409, 413, 422, 429)},
    openapi_extra={
        "requestBody": BODY,
        "parameters": [_KEY],
        "security": [{bearer.scheme_name: []}, {cookie.scheme_name: []}],
    },
)
async def described(request: Request) -> Response:
    """Grade answers and keep them; the answer comes after they are durable."""
    return await submit(request)


class _Post(Route):
    """A route that leaves every other method to those behind it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as a route does, but never in part."""
        match, child = super().matches(scope)
        return (match, child) if match is Match.FULL else (Match.NONE, {})


def install(app: FastAPI) -> None:
    """Serve the route, before all others."""
    app.include_router(router)
    app.router.routes.insert(0, _Post("/api/v1/submissions", submit, methods=["POST"], include_in_schema=False))


async def submit(request: Request) -> Response:
    """Answer a submission."""
    service = service_of(request)
    with service.counting():
        accepted = await _take(request, service)
    return accepted_answer(request, service.accepted(accepted))


async def _take(request: Request, service: Service) -> Accepted:
    received_at = service.clock()
    credential = checked_credential(request)
    preference = preference_of(request)
    caller = await service.admit(credential)
    decide(request, caller.language)
    take_turn(service.guard.limits.submissions, caller)
    body = await read_body(request, service.body_seconds)
    keys = request.headers.getlist("idempotency-key")
    respond = Responding(preference.accepted, preference.asked)
    return await service.worker.do(
        Arrival(credential, body, received_at, respond, keys, request_id=current_request_id())
    )
