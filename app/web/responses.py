"""The answer to a submission: written while it is being kept, sent once it is durable."""

from __future__ import annotations

from fastapi import Response

from app.assignments import Assignment
from app.intake import Accepted, Respond
from app.language import Language
from app.storage import Caller, Stored
from app.web.documents import accepted_document

__all__ = ["accepted_answer", "responding"]


def responding(language: Language) -> Respond:
    """How an accepted submission is answered, to a reader of that language."""

    def respond(stored: Stored, caller: Caller, assignment: Assignment) -> bytes:
        return accepted_document(stored, caller, assignment, stored.submitted_at, language)

    return respond


def accepted_answer(accepted: Accepted) -> Response:
    """201, and where it is the first answer once more, that it is."""
    headers = {"Location": f"/api/v1/submissions/{accepted.id}"}
    if accepted.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(accepted.response, 201, headers, media_type="application/json")
