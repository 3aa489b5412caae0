"""Times as people write them: local in a time zone, or with their offset; and until when a deadline holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

from app.assignments.faults import quoted, refuse
from app.language import text

__all__ = ["DEFAULT_ZONE", "WRITTEN", "Deadline", "Opening", "ZoneName", "holds_until"]

DEFAULT_ZONE = "Asia/Taipei"

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
WRITTEN = rf"^{_DATE}([T ]{_TIME}(Z|[+-][0-9]{{2}}:[0-9]{{2}})?)?$"
"""How a time is written as a text."""

_LAST_MINUTE = time(23, 59)
_EARLIEST, _LATEST = 1970, 2999
_MACHINES_OWN = frozenset({"localtime", "Factory"})


def holds_until(deadline: datetime) -> datetime:
    """The first moment after a deadline, which holds to the end of the smallest unit that it names.

    Parameters
    ----------
    deadline : datetime

    Returns
    -------
    datetime
        One minute later where seconds are zero, one second later where fractions are; else one microsecond.

    Examples
    --------
    >>> [str(holds_until(datetime(2026, 12, 1, 23, 59, second))) for second in (0, 59)]
    ['2026-12-02 00:00:00', '2026-12-02 00:00:00']
    """
    if deadline.microsecond:
        return deadline + timedelta(microseconds=1)
    return deadline + (timedelta(seconds=1) if deadline.second else timedelta(minutes=1))


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _MACHINES_OWN


def _known_zone(name: str) -> str:
    if name != DEFAULT_ZONE and name not in _zones():
        refuse(
            "unknown_value",
            text("“{sent}” is no time zone; write a name such as Asia/Taipei or America/New_York.", sent=quoted(name)),
        )
    return name


def _zone_of(info: ValidationInfo) -> ZoneInfo:
    """The zone of local times: that of the policy, or the one that is given along."""
    known: Mapping[str, Any] = info.data if "time_zone" in info.data else info.context or {}
    return ZoneInfo(known.get("time_zone", DEFAULT_ZONE))


def _opening(sent: object, info: ValidationInfo) -> datetime:
    return _in_utc(sent, _zone_of(info), time(0, 0))


def _deadline(sent: object, info: ValidationInfo) -> datetime:
    return _in_utc(sent, _zone_of(info), _LAST_MINUTE)


def _in_utc(sent: object, zone: ZoneInfo, of_day: time) -> datetime:
    """A time in UTC; of a day alone, the time of that day which is meant."""
    if isinstance(sent, str):
        sent = _read(sent)
    if isinstance(sent, date) and not isinstance(sent, datetime):
        sent = datetime.combine(sent, of_day)
    if not isinstance(sent, datetime):
        refuse("wrong_type", text("A time is wanted here, such as 2026-12-01 23:59 or 2026-12-01T23:59:00+08:00."))
    if not _EARLIEST < sent.year <= _LATEST:
        message = text(
            "“{sent}” is out of range; a year from {first} to {last} is wanted.",
            sent=sent,
            first=_EARLIEST + 1,
            last=_LATEST,
        )
        refuse("out_of_range", message)
    return (_placed(sent, zone) if sent.tzinfo is None else sent).astimezone(UTC)


def _read(sent: str) -> date | None:
    if re.fullmatch(WRITTEN, sent) is None:
        return None
    try:
        return datetime.fromisoformat(sent) if ":" in sent else date.fromisoformat(sent)
    except ValueError:
        return None


def _placed(local: datetime, zone: ZoneInfo) -> datetime:
    """A local time in its zone; of a time that the clocks show twice, the later one."""
    placed = local.replace(tzinfo=zone, fold=1)
    if placed.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        message = text("The clocks of {zone} skip {sent}; write another time.", zone=zone.key, sent=local)
        refuse("inconsistent", message)
    return placed


_SCHEMA = WithJsonSchema({"type": "string", "pattern": WRITTEN})
Opening = Annotated[datetime, BeforeValidator(_opening), _SCHEMA]
"""A time from which something holds, in UTC; a day alone is its first moment."""
Deadline = Annotated[datetime, BeforeValidator(_deadline), _SCHEMA]
"""A time up to which something holds, in UTC; a day alone is its last minute."""
ZoneName = Annotated[str, AfterValidator(_known_zone)]
