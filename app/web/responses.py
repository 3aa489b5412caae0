"""The answer to a submission: written while it is being kept, sent once it is durable."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Response

from app.assignments import Terms
from app.intake import Accepted
from app.language import Language
from app.storage import Caller, Stored
from app.web.documents import accepted_document

__all__ = ["Responding", "accepted_answer"]


@dataclass(frozen=True)
class Responding:
    """How an accepted submission is answered, to a reader of a language; it may travel to another process."""

    language: Language

    def __call__(self, stored: Stored, caller: Caller, terms: Terms) -> bytes:
        """Write the report as the caller may see it."""
        return accepted_document(stored, caller, terms, stored.submitted_at, self.language)


def accepted_answer(accepted: Accepted) -> Response:
    """201, and where it is the first answer once more, that it is."""
    headers = {"Location": f"/api/v1/submissions/{accepted.id}"}
    if accepted.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(accepted.response, 201, headers, media_type="application/json")
