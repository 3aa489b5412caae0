"""Until when a token is valid, as people write it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.assignments import DEFAULT_ZONE
from app.language import Message, text

__all__ = ["TOKEN_DAYS", "ExpiryError", "expiry_of"]

TOKEN_DAYS = 400
"""How long a token is valid where nothing is said: a course, and what is handed in again the year after."""

_DAYS = re.compile(r"([0-9]{1,4})d", re.ASCII)
_LATEST = 2999


class ExpiryError(ValueError):
    """What was written is no moment to come; the message is a sentence."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def expiry_of(sent: str | None, now: datetime) -> datetime | None:
    """The first moment at which a token is not valid any more; None for never.

    Parameters
    ----------
    sent : str or None
        A day (valid to its end, in `DEFAULT_ZONE`), a moment with its offset, so many days (``90d``), or ``never``;
        None for `TOKEN_DAYS`.
    now : datetime

    Raises
    ------
    ExpiryError
        Where it is none of these, or past.

    Examples
    --------
    >>> now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    >>> [str(expiry_of(sent, now)) for sent in ("90d", "2027-01-31", "2027-01-31T12:00:00Z", "never")]
    ['2027-02-22 12:00:00+00:00', '2027-01-31 16:00:00+00:00', '2027-01-31 12:00:00+00:00', 'None']
    """
    if sent == "never":
        return None
    found = now + timedelta(days=TOKEN_DAYS) if sent is None else _moment(sent.strip(), now)
    if found is None or found.year > _LATEST:
        shown = (sent or "")[:40]
        raise ExpiryError(
            text(
                "“{sent}” is no time until which a token could be valid; write a day (2027-01-31), a moment"
                " (2027-01-31T12:00:00+08:00), so many days (90d) or never.",
                sent=shown.encode("utf-8", "replace").decode(),
            )
        )
    if found <= now:
        raise ExpiryError(text("That is past: {moment}.", moment=f"{found:%Y-%m-%dT%H:%M:%SZ}"))
    return found


def _moment(sent: str, now: datetime) -> datetime | None:
    days = _DAYS.fullmatch(sent)
    if days is not None:
        return now + timedelta(days=int(days[1]))
    try:
        if ":" not in sent:
            last = date.fromisoformat(sent) + timedelta(days=1)
            return datetime.combine(last, time(0), ZoneInfo(DEFAULT_ZONE)).astimezone(UTC)
        moment = datetime.fromisoformat(sent)
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
