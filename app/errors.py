"""The refusals of the service, drawn as one tree with their statuses.

::

    UptoError
    ├── Refusal                     what arrived cannot be accepted (4xx)
    │   ├── NotJson                 400  not JSON, duplicate keys, nested too deeply
    │   ├── NotForm                 400  not a form, or one that is broken or breaks off
    │   ├── Unauthenticated         401  no token and no session, or one that is unknown, over or revoked
    │   ├── Forbidden               403  the token may not do this
    │   │   └── CrossSite           403  a session was used from elsewhere than our own pages
    │   ├── NotFound                404  there is no such thing, or it is not the caller's to see
    │   ├── TooSlow                 408  the body did not arrive in time
    │   ├── Conflict                409  the state forbids it
    │   │   ├── Closed              409  the assignment takes no submissions now
    │   │   └── AttemptsUsed        409  every attempt is used up
    │   ├── TooLarge                413  the body is larger than the limit
    │   ├── Unprocessable           422  readable, but not an answer to the question: carries pointers
    │   └── TooManyRequests         429  too soon: carries when to come back
    └── Unavailable                 503  we are at fault: carries when to come back

Every one carries a `Message`; the web layer turns it into ``application/problem+json`` in one handler.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.language import Language, Message, render, text

__all__ = [
    "RETRY_SECONDS",
    "AttemptsUsed",
    "Closed",
    "Conflict",
    "CrossSite",
    "Forbidden",
    "NotForm",
    "NotFound",
    "NotJson",
    "Problem",
    "Refusal",
    "TooLarge",
    "TooManyRequests",
    "TooSlow",
    "Unauthenticated",
    "Unavailable",
    "Unprocessable",
    "UptoError",
    "our_failure",
    "pointer",
    "problem_document",
]


_SURROGATES = re.compile("[\ud800-\udfff]")

RETRY_SECONDS = 5
"""When to come back after a failure of ours."""


def pointer(*steps: str | int) -> str:
    """Write the steps into a document as a JSON pointer (RFC 6901); half a surrogate pair becomes U+FFFD.

    Examples
    --------
    >>> pointer("answers", "1.1", "axes", 2)
    '/answers/1.1/axes/2'
    """
    written = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return _SURROGATES.sub("\ufffd", written)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input, and the JSON pointer to where it stands."""

    pointer: str
    message: Message


class UptoError(Exception):
    """Whatever the service answers instead of a result.

    Parameters
    ----------
    detail : Message
        What arrived, what was wanted and what to do.
    problems : sequence of Problem
        Where the input is at fault, each place.
    retry_after : int, optional
        Seconds after which to come back.
    """

    status: ClassVar[int] = 500
    name: ClassVar[str] = "error"
    title: ClassVar[Message] = text("Something went wrong")

    def __init__(self, detail: Message, problems: Sequence[Problem] = (), retry_after: int | None = None) -> None:
        super().__init__(str(detail))
        self.detail = detail
        self.problems = tuple(problems)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type[UptoError], tuple[Message, Sequence[Problem], int | None]]:
        """Let it travel between processes."""
        return type(self), (self.detail, self.problems, self.retry_after)


class Refusal(UptoError):  # noqa: N818 - named for what it is to the caller
    """What arrived cannot be accepted."""

    status = 400
    name = "refused"
    title = text("The request was refused")


class NotJson(Refusal):
    """The body is not JSON, repeats a key, or is nested too deeply."""

    status = 400
    name = "not-json"
    title = text("The body could not be read as JSON")


class NotForm(Refusal):
    """The body is not a form (multipart/form-data), is broken or breaks off."""

    status = 400
    name = "not-form"
    title = text("The body could not be read as a form")


class Unauthenticated(Refusal):
    """There is no token and no session, or one that is unknown, over or revoked."""

    status = 401
    name = "unauthenticated"
    title = text("A valid token is needed")


class Forbidden(Refusal):
    """The token may not do this."""

    status = 403
    name = "forbidden"
    title = text("This token may not do that")


class CrossSite(Forbidden):
    """A session was used by something that is not one of our own pages, or cannot show that it is."""

    name = "csrf"
    title = text("The request did not come from a page of this service")


class NotFound(Refusal):
    """There is no such thing, or it is not the caller's to see."""

    status = 404
    name = "not-found"
    title = text("Not found")


class TooSlow(Refusal):
    """The body did not arrive in time."""

    status = 408
    name = "timeout"
    title = text("The body did not arrive in time")


class Conflict(Refusal):
    """The state of things forbids it."""

    status = 409
    name = "conflict"
    title = text("The request conflicts with the state of things")


class Closed(Conflict):
    """The assignment takes no submissions now."""

    name = "closed"
    title = text("The assignment is closed")


class AttemptsUsed(Conflict):
    """Every attempt is used up."""

    name = "attempts"
    title = text("All attempts are used up")


class TooLarge(Refusal):
    """The body is larger than the limit."""

    status = 413
    name = "too-large"
    title = text("The body is too large")


class Unprocessable(Refusal):
    """Readable, but not an answer to the question; `problems` point to each place."""

    status = 422
    name = "unprocessable"
    title = text("The input could not be understood")


class TooManyRequests(Refusal):
    """Too soon; `retry_after` says when to come back."""

    status = 429
    name = "too-many-requests"
    title = text("Too many requests")


class Unavailable(UptoError):  # noqa: N818 - named for what it is to the caller
    """We are at fault; `retry_after` says when to come back."""

    status = 503
    name = "unavailable"
    title = text("The service is not available just now")


def our_failure() -> Unavailable:
    """What is answered where something failed on our side; what it was goes to the log."""
    return Unavailable(
        text(
            "The service failed on its own side. Please try again; with the same Idempotency-Key nothing counts twice."
        ),
        retry_after=RETRY_SECONDS,
    )


def problem_document(error: UptoError, language: Language) -> dict[str, object]:
    """Write an error as a problem document (RFC 9457)."""
    document: dict[str, object] = {
        "type": f"/problems/{error.name}",
        "title": render(error.title, language),
        "status": error.status,
        "detail": render(error.detail, language),
    }
    if error.problems:
        document["errors"] = [
            {"pointer": problem.pointer, "message": render(problem.message, language)} for problem in error.problems
        ]
    return document
