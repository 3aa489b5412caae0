"""What staff did: one list that is only appended to, each entry written in the transaction of the change itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, delete, insert, or_, select

from app.storage.callers import Caller
from app.storage.tables import audit_log
from app.watching import current_request_id

__all__ = [
    "ACTIONS",
    "Action",
    "AuditFilters",
    "Entry",
    "LoggedEntry",
    "entry_by",
    "erase_log",
    "list_log",
    "write_log",
]

Action: TypeAlias = Literal[
    "version.uploaded",
    "version.published",
    "allowance.granted",
    "allowance.withdrawn",
    "token.created",
    "token.revoked",
    "refusal.graded",
    "submission.made",
    "file.uploaded",
    "database.restored",
    "account.created",
    "account.password",
    "account.disabled",
    "account.enabled",
]
ACTIONS: tuple[Action, ...] = Action.__args__  # type: ignore[attr-defined] # as `typing` keeps them


@dataclass(frozen=True)
class Entry:
    """Something that staff did.

    Parameters
    ----------
    action : str
        What was done.
    actor, role : str
        Who did it: the name of their token, and what they are; ``operator`` where it was done on the command line.
    at : datetime
        When.
    token_id : int or None
        The token that they used; None for the one of the settings, and on the command line.
    course_id : int or None
        None where it concerns every course.
    assignment, student : str or None
        To what, and to whom.
    subject : str or None
        The version, submission, refusal, file or token, by its id.
    details : mapping
        What else there is to say, as JSON: never an answer, never anything secret.
    request_id : str or None
        The request by which it was done.
    """

    action: Action
    actor: str
    role: str
    at: datetime
    token_id: int | None = None
    course_id: int | None = None
    assignment: str | None = None
    student: str | None = None
    subject: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    request_id: str | None = None


@dataclass(frozen=True)
class LoggedEntry(Entry):
    """The same as it is kept, with its number in the list."""

    number: int = 0


@dataclass(frozen=True)
class AuditFilters:
    """Which entries are listed."""

    action: str | None = None
    student: str | None = None
    before: int | None = None


def entry_by(caller: Caller, action: Action, course_id: int, at: datetime, **said: Any) -> Entry:  # noqa: ANN401 - the entry's other parts
    """What a caller did in a course; see `Entry` for what else may be said."""
    said.setdefault("request_id", current_request_id())
    return Entry(action, caller.name, caller.role, at, caller.token_id, course_id, **said)


def write_log(connection: Connection, entries: Iterable[Entry]) -> None:
    """Append entries.

    Parameters
    ----------
    connection : Connection
        In the transaction that makes the changes: both are kept, or neither.
    entries : iterable of Entry
    """
    rows = [{**vars(one), "details": json.dumps(dict(one.details), ensure_ascii=False)} for one in entries]
    if rows:
        connection.execute(insert(audit_log), rows)


def list_log(connection: Connection, course_id: int, filters: AuditFilters, limit: int) -> Sequence[LoggedEntry]:
    """What was done in a course and what concerned all courses, newest first; one more than the limit if there is more.

    Parameters
    ----------
    connection : Connection
    course_id : int
    filters : AuditFilters
    limit : int
    """
    query = select(audit_log).where(or_(audit_log.c.course_id == course_id, audit_log.c.course_id.is_(None)))
    if filters.action is not None:
        query = query.where(audit_log.c.action == filters.action)
    if filters.student is not None:
        query = query.where(audit_log.c.student == filters.student)
    if filters.before is not None:
        query = query.where(audit_log.c.number < filters.before)
    rows = connection.execute(query.order_by(audit_log.c.number.desc()).limit(limit + 1))
    return [LoggedEntry(**{**row._mapping, "details": json.loads(row.details)}) for row in rows]


def erase_log(connection: Connection) -> int:
    """Delete the whole list, so that a backup's takes its place, and say how long it was; for nothing but restoring.

    The database itself refuses that: its triggers are set aside until the rows are gone, in the same transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER USER")
        erased = connection.execute(delete(audit_log)).rowcount
        connection.exec_driver_sql("ALTER TABLE audit_log ENABLE TRIGGER USER")
        return erased
    found = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"
    triggers = connection.exec_driver_sql(found).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    erased = connection.execute(delete(audit_log)).rowcount
    for _, made in triggers:
        connection.exec_driver_sql(made)
    return erased
