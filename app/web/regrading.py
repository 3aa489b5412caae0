"""What the routes of refusals do, without HTTP: what was refused is listed, and graded after all."""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import NotFound
from app.intake import Accepted, Arrival, Respond, choose_course, corrected
from app.language import text
from app.storage import Credential, Filters, KeptRefusal, find_refusal, list_refusals
from app.watching import current_request_id
from app.web.service import Service, require_staff

__all__ = ["grade", "listed"]


def listed(
    service: Service, credential: Credential | None, course: str | None, filters: Filters, limit: int
) -> Sequence[KeptRefusal]:
    """What was refused, newest first, for staff; one more than the limit where there is more."""
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        require_staff(caller)
        chosen = None if course is None else choose_course(connection, caller, course, "/query/course")
        return list_refusals(connection, caller, chosen.id if chosen else None, filters, limit)


def grade(service: Service, credential: Credential | None, refusal_id: str, body: bytes, respond: Respond) -> Accepted:
    """Grade what was refused after all, as of the time when it was sent; for staff.

    Parameters
    ----------
    credential : Credential or None
    refusal_id : str
    body : bytes
        Empty, or a JSON object whose keys take the place of those that were sent.
    respond : callable
        Writes the answer.

    Raises
    ------
    Refusal
        Where it cannot be graded.
    """
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        require_staff(caller)
        refused = find_refusal(connection, caller, refusal_id)
    if refused is None:
        raise NotFound(text("There is no refused submission {id}.", id=refusal_id[:40]))
    sent = None if body.strip() else refused.body
    whole = corrected(refused, body)
    arrival = Arrival(
        credential,
        whole,
        refused.sent_at,
        respond,
        sent=sent,
        refusal_id=refused.id,
        asked_at=service.clock(),
        request_id=current_request_id(),
    )
    (outcome,) = service.desk.take([arrival])
    if not isinstance(outcome, Accepted):
        raise outcome
    return outcome
