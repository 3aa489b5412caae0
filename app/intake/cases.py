"""A submission on its way: as it arrived, what is known of it so far, and what becomes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from app.answers import Envelope
from app.assignments import Terms
from app.checking import Report
from app.errors import Conflict
from app.intake.reading import Read
from app.language import Language, text
from app.storage import Caller, Course, Credential, FirstAnswer, Stored

__all__ = ["Accepted", "Arrival", "Case", "KeyReused", "Outcome", "Respond", "first_of_each_key"]

Respond: TypeAlias = Callable[[Stored, Caller, Terms], tuple[bytes, Language]]
"""Writes the answer to an accepted submission, and says in which language."""


class KeyReused(Conflict):
    """An idempotency key came with another body than the first time."""

    name = "idempotency-key"
    title = text("The idempotency key was used before")


@dataclass(frozen=True)
class Arrival:
    """A submission as it arrived.

    Parameters
    ----------
    credential : Credential or None
        What its sender came with: the desk itself finds out who that is.
    body : bytes
    received_at : datetime
        When it arrived; this is when it was submitted.
    respond : callable
        Writes the answer once it is accepted.
    keys : sequence of str, optional
        The values of the header Idempotency-Key.
    sent : bytes, optional
        What was sent, where the body was put together from it; this is kept.
    refusal_id : str, optional
        Where staff have something graded that was refused: what it was. Then what cannot be read counts as not sent,
        and no pause between attempts is asked for.
    request_id : str, optional
        What the request is called in logs.
    asked_at : datetime, optional
        When they asked for that.
    """

    credential: Credential | None
    body: bytes
    received_at: datetime
    respond: Respond
    keys: Sequence[str] = ()
    sent: bytes | None = None
    refusal_id: str | None = None
    request_id: str | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True)
class Accepted:
    """A submission that is kept, durably.

    Parameters
    ----------
    id : str
    response : bytes
        The answer.
    language : Language or None
        What it is written in; None where it is an old one of which that is not known.
    replayed : bool
        Whether it is the first answer to the same request once more.
    course : str or None
        Its course, where that was looked up.
    """

    id: str
    response: bytes
    language: Language | None
    replayed: bool = False
    course: str | None = None


Outcome: TypeAlias = Accepted | Exception


@dataclass(eq=False)
class Case:
    """An arrival, and what is known of it so far. Once it has an outcome, nothing more is done with it."""

    arrival: Arrival
    id: str
    caller: Caller | None = None
    key: str | None = None
    envelope: Envelope | None = None
    course: Course | None = None
    read: Read | None = None
    report: Report | None = None
    digest: str = ""
    outcome: Outcome | None = None

    @contextmanager
    def step(self) -> Iterator[None]:
        """Let what is raised inside be the outcome."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a refusal or a failure of ours: either way it is what becomes of this one
            self.outcome = error

    @property
    def asked(self) -> tuple[str, str] | None:
        """The digest of the token, or of the session, and the idempotency key, where there is one."""
        credential = self.arrival.credential
        return None if self.key is None else (credential.digest if credential else "", self.key)

    @property
    def body_digest(self) -> str:
        """SHA-256 of the body."""
        return hashlib.sha256(self.arrival.body).hexdigest()

    def replay(self, first: FirstAnswer) -> Outcome:
        """The first answer once more, or the refusal of a key that came with another body."""
        if first.body_digest == self.body_digest:
            replayed = first.submission_id != self.id
            return Accepted(first.submission_id, first.response, first.language, replayed=replayed)
        return KeyReused(
            text(
                "The key {key} was sent before with another body, of which submission {id} was made. Choose a new key"
                " for a new submission.",
                key=first.key[:40],
                id=first.submission_id,
            )
        )


def first_of_each_key(cases: Sequence[Case]) -> tuple[list[Case], list[Case]]:
    """Those that come first with their key, or have none; and the rest, which must see what became of the first."""
    first: list[Case] = []
    later: list[Case] = []
    seen: set[tuple[str, str]] = set()
    for case in cases:
        asked = case.asked
        (later if asked in seen else first).append(case)
        if asked is not None:
            seen.add(asked)
    return first, later
