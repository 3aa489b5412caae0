"""The answer to a submission: written while it is being kept, sent once it is durable."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response

from app.assignments import Terms
from app.intake import Accepted
from app.language import Language
from app.storage import Caller, Stored
from app.web.documents import accepted_document
from app.web.readers import Preference, language_headers

__all__ = ["Responding", "accepted_answer"]

_UNDETERMINED = "und"  # as BCP 47 writes it


@dataclass(frozen=True)
class Responding:
    """How an accepted submission is answered; it may travel to another process.

    Parameters
    ----------
    accepted : Language
        What is written where nothing is asked for and the caller has no setting.
    asked : Language, optional
        What is written in any case.
    """

    accepted: Language
    asked: Language | None = None

    def __call__(self, stored: Stored, caller: Caller, terms: Terms) -> tuple[bytes, Language]:
        """Write the report as the caller may see it."""
        language = Preference(self.asked, self.accepted).over(caller.language)
        return accepted_document(stored, caller, terms, stored.submitted_at, language), language


def accepted_answer(request: Request, accepted: Accepted) -> Response:
    """201, and where it is the first answer once more, that it is."""
    headers = language_headers(request, accepted.language or _UNDETERMINED)
    headers["Location"] = f"/api/v1/submissions/{accepted.id}"
    if accepted.replayed:
        headers["Idempotent-Replayed"] = "true"
    return Response(accepted.response, 201, headers, media_type="application/json")
