"""Idempotency keys: the first answer to a request, so that sending it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from app.language import Language, language_named
from app.storage.tables import idempotency_keys

__all__ = ["KEY_DAYS", "FirstAnswer", "find_first_answers", "forget_keys", "remember_answers"]

KEY_DAYS = 8
"""How long keys are kept: seven days, and one more so that no clock makes them fewer."""


@dataclass(frozen=True)
class FirstAnswer:
    """What the first request with a key was, and what was answered.

    Parameters
    ----------
    token_digest, key : str
        Keys belong to tokens.
    body_digest : str
        SHA-256 of the body, byte for byte.
    submission_id : str
        What was made.
    response : bytes
        The answer's body.
    language : Language or None
        What it was written in; None where that was not kept.
    """

    token_digest: str
    key: str
    body_digest: str
    submission_id: str
    response: bytes
    language: Language | None


def find_first_answers(connection: Connection, asked: Iterable[tuple[str, str]]) -> dict[tuple[str, str], FirstAnswer]:
    """The first answers to requests with these keys, by token digest and key."""
    wanted = set(asked)
    if not wanted:
        return {}
    query = select(idempotency_keys).where(
        idempotency_keys.c.token_digest.in_({token for token, _ in wanted}),
        idempotency_keys.c.key.in_({key for _, key in wanted}),
    )
    found = {
        (row.token_digest, row.key): FirstAnswer(
            row.token_digest,
            row.key,
            row.body_digest,
            row.submission_id,
            row.response,
            language_named(row.language or ""),
        )
        for row in connection.execute(query)
    }
    return {one: answer for one, answer in found.items() if one in wanted}


def remember_answers(connection: Connection, answers: Sequence[FirstAnswer], now: datetime) -> None:
    """Keep first answers.

    Raises
    ------
    IntegrityError
        Where another process was faster with one of the keys.
    """
    rows = [{**vars(answer), "created_at": now} for answer in answers]
    if rows:
        connection.execute(insert(idempotency_keys), rows)


def forget_keys(connection: Connection, now: datetime) -> int:
    """Delete the keys that are older than they are kept, and say how many there were."""
    limit = now - timedelta(days=KEY_DAYS)
    return connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < limit)).rowcount
