"""Being watched: what is logged, of which request, and how it looks. The numbers are in `app.watching.metrics`."""

from app.watching.logs import LogFormat, LogLevel, configure_logs, is_readable
from app.watching.requests import (
    Asked,
    about,
    begin,
    choose_request_id,
    current_request_id,
    note_caller,
    note_course,
)

__all__ = [
    "Asked",
    "LogFormat",
    "LogLevel",
    "about",
    "begin",
    "choose_request_id",
    "configure_logs",
    "current_request_id",
    "is_readable",
    "note_caller",
    "note_course",
]
