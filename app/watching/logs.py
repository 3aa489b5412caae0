"""Logs on standard error: one line of JSON each, or readable ones on a terminal, and nothing secret in them."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Any, Literal

from app.watching.requests import current_ids

__all__ = ["LogFormat", "LogLevel", "configure_logs", "is_readable", "redactor"]

LogFormat = Literal["auto", "json", "text"]
LogLevel = Literal["debug", "info", "warning", "error"]

_HIDDEN = "[redacted]"
_QUIET = ("alembic", "sqlalchemy", "uvicorn.error", "asyncio", "multipart", "httpx", "httpx2", "httpcore")
"""Libraries that tell at level info what nobody asks for, or addresses with all that stands in them."""
_SECRETS = (
    r"(?i:\bBearer\s+)[\w.~+/=-]+",
    r"\bupto_[\w-]{32,}",  # our own tokens
    r"(?<=://)[^\s/@\"']*:[^\s\"']*(?=@)",  # user and password of a URL
    r"(?<=DETAIL:)[^\"\\\n]*",  # PostgreSQL quotes the row
)

_MARKS = ("bearer", "upto_", "://", "detail:")
"""One of them stands wherever one of those patterns matches; looking for them first saves most of the time."""

Event = MutableMapping[str, Any]


def redactor(secrets: Iterable[str] = ()) -> Callable[[object, str, Any], str]:
    """The last step of a line: whatever looks like a secret, or is one of these, is taken out.

    Parameters
    ----------
    secrets : iterable of str
        Short ones are left alone: they would be found in ordinary words.
    """
    literal = {form for secret in secrets if len(secret) >= 8 for form in (secret, json.dumps(secret)[1:-1])}
    pattern = re.compile("|".join([*map(re.escape, sorted(literal, key=len, reverse=True)), *_SECRETS]))
    marks = (*_MARKS, *(secret.lower() for secret in literal))

    def redact(_logger: object, _method: str, line: Any) -> str:  # noqa: ANN401 - a line, after the last but one step
        lowered = line.lower()
        return pattern.sub(_HIDDEN, line) if any(mark in lowered for mark in marks) else line

    return redact


def _name_requests(_logger: object, _method: str, event: Event) -> Event:
    ids = current_ids()
    if len(ids) == 1:
        event["request_id"] = ids[0]
    elif ids:
        event["request_ids"] = list(ids)
    return event


def _write_json(_logger: object, _method: str, event: Event) -> str:
    first = {name: event.pop(name) for name in ("timestamp", "level", "logger", "event") if name in event}
    from pydantic_core import to_json

    return to_json({**first, **event}, fallback=str).decode()


def is_readable(form: LogFormat) -> bool:
    """Whether lines are for people."""
    return form == "text" or (form == "auto" and sys.stderr.isatty())


def configure_logs(form: LogFormat = "auto", level: LogLevel = "info", secrets: Sequence[str] = ()) -> None:
    """Let everything that this process logs, libraries included, go to standard error in one form.

    Parameters
    ----------
    form : {"auto", "json", "text"}
        Of a line; ``auto`` is text on a terminal and JSON elsewhere.
    level : {"debug", "info", "warning", "error"}
        Less important lines are left out.
    secrets : sequence of str
        What must not stand in any line.
    """
    import structlog  # only in processes that serve

    # Without pretty tracebacks, which show the local variables: answers and tokens.
    last = (
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0
        )
        if is_readable(form)
        else _write_json
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _name_requests,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            last,
            redactor(secrets),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    logging.raiseExceptions = False  # where a line cannot be written, on a full disk, nobody is told so by another
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
