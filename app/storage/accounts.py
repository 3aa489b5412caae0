"""Accounts of staff: a name, the hash of a password, and the courses that they teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from app.storage.people import Course
from app.storage.sessions import end_sessions_of
from app.storage.tables import account_courses, accounts, courses

__all__ = [
    "AccountRow",
    "create_account",
    "disable_account",
    "enable_account",
    "find_account",
    "list_accounts",
    "note_login",
    "set_password",
]


@dataclass(frozen=True)
class AccountRow:
    """An account as it is kept.

    Parameters
    ----------
    id : int
    name : str
        In lower case.
    password_hash : str
        Of argon2id, with its parameters and salt.
    administrator : bool
        Whether they are staff of every course.
    courses : tuple of str
        The slugs of those that they are staff of.
    created_at, password_at : datetime
        When the account was made, and its password was set.
    last_login_at, disabled_at : datetime or None
    """

    id: int
    name: str
    password_hash: str = field(repr=False)
    administrator: bool
    courses: tuple[str, ...]
    created_at: datetime
    password_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None


def create_account(
    connection: Connection,
    name: str,
    password_hash: str,
    among: Sequence[Course],
    now: datetime,
    *,
    administrator: bool,
) -> int:
    """Make an account, and say its id.

    Raises
    ------
    IntegrityError
        Where the name is taken.
    """
    row = {"name": name, "password_hash": password_hash, "administrator": administrator}
    made = connection.execute(insert(accounts).values(**row, created_at=now, password_at=now).returning(accounts.c.id))
    number: int = made.scalar_one()
    given = [{"account_id": number, "course_id": course.id} for course in among]
    if given:
        connection.execute(insert(account_courses), given)
    return number


def _courses_of(connection: Connection) -> dict[int, tuple[str, ...]]:
    query = (
        select(account_courses.c.account_id, courses.c.slug)
        .join(courses, account_courses.c.course_id == courses.c.id)
        .order_by(courses.c.slug)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(query):
        found[row.account_id] = (*found.get(row.account_id, ()), row.slug)
    return found


def list_accounts(connection: Connection) -> list[AccountRow]:
    """Every account, by name."""
    taught = _courses_of(connection)
    rows = connection.execute(select(accounts).order_by(accounts.c.name)).mappings()
    return [
        AccountRow(
            **{name: value for name, value in row.items() if name != "language"}, courses=taught.get(row["id"], ())
        )
        for row in rows
    ]


def find_account(connection: Connection, name: str) -> AccountRow | None:
    """The account of that name, if there is one."""
    row = connection.execute(select(accounts).where(accounts.c.name == name)).mappings().one_or_none()
    if row is None:
        return None
    taught = _courses_of(connection).get(row["id"], ())
    return AccountRow(**{name: value for name, value in row.items() if name != "language"}, courses=taught)


def set_password(connection: Connection, name: str, password_hash: str, now: datetime) -> bool:
    """Give an account another password and end all of its sessions; False where there is no such account."""
    query = update(accounts).where(accounts.c.name == name).values(password_hash=password_hash, password_at=now)
    return _changed(connection, query.returning(accounts.c.id))


def disable_account(connection: Connection, name: str, now: datetime) -> bool:
    """Let nobody in by an account and end all of its sessions; False where there is none, or it was disabled."""
    query = update(accounts).where(accounts.c.name == name, accounts.c.disabled_at.is_(None)).values(disabled_at=now)
    return _changed(connection, query.returning(accounts.c.id))


def enable_account(connection: Connection, name: str) -> bool:
    """Let an account be used again; False where there is no such account that is disabled."""
    query = (
        update(accounts).where(accounts.c.name == name, accounts.c.disabled_at.is_not(None)).values(disabled_at=None)
    )
    return _changed(connection, query.returning(accounts.c.id))


def _changed(connection: Connection, query: ReturningUpdate[Any]) -> bool:
    """Change an account, and let whoever is logged in log in again."""
    number = connection.execute(query).scalar_one_or_none()
    if number is None:
        return False
    end_sessions_of(connection, number)
    return True


def note_login(connection: Connection, account: AccountRow, now: datetime, rehashed: str | None = None) -> bool:
    """Note that somebody logs in, with their password hashed anew where that is given.

    Returns
    -------
    bool
        False where the account was disabled, or got another password, since it was read.
    """
    values = {"last_login_at": now} | ({} if rehashed is None else {"password_hash": rehashed})
    query = update(accounts).where(
        accounts.c.id == account.id,
        accounts.c.password_hash == account.password_hash,
        accounts.c.disabled_at.is_(None),
    )
    return connection.execute(query.values(**values)).rowcount == 1
