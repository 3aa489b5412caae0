"""What the routes of tokens do, without HTTP: staff make, list and revoke the tokens of their course."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app.answers import Json, is_student
from app.errors import NotFound
from app.intake import choose_course
from app.language import text
from app.login import ExpiryError, expiry_of
from app.storage import (
    Action,
    Caller,
    Course,
    Credential,
    Entry,
    TokenRow,
    create_token,
    entry_by,
    find_token,
    list_tokens,
    revoke_token,
    token_digest,
    write_log,
)
from app.web.objects import read_object, string_at, unreadable
from app.web.service import Service, require_staff

__all__ = ["make", "read", "read_all", "revoke"]

_UNREADABLE = text("What kind of token is wanted could not be understood.")
_NAME = 64  # characters


@dataclass(frozen=True)
class _Wanted:
    staff: str | None
    student: str | None
    expires_at: datetime | None


@contextmanager
def _staff(
    service: Service, credential: Credential | None, course: str, *, writing: bool = False
) -> Iterator[tuple[Connection, Caller, Course]]:
    """A view of the data, or a transaction, for the staff of a course."""
    with service.database.writing() if writing else service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        chosen = choose_course(connection, caller, course)
        require_staff(caller)
        yield connection, caller, chosen


def make(service: Service, credential: Credential | None, course: str, body: bytes) -> tuple[str, TokenRow]:
    """Make a token; it is nowhere but in what is returned.

    Raises
    ------
    Unprocessable
        Where it cannot be understood whose, or until when.
    """
    with _staff(service, credential, course):
        pass
    now = service.clock()
    wanted = _read(body, now)
    with _staff(service, credential, course, writing=True) as (connection, caller, chosen):
        token = create_token(connection, chosen, now, **vars(wanted), by=caller.name)
        row = find_token(connection, chosen, digest=token_digest(token))
        write_log(connection, [_entry(caller, "token.created", chosen, now, _known(row, course, ""))])
    return token, _known(row, course, "")


def read_all(
    service: Service, credential: Credential | None, course: str, before: int | None, limit: int
) -> Sequence[TokenRow]:
    """The tokens of a course, newest first; one more than the limit where there are more."""
    with _staff(service, credential, course) as (connection, _, chosen):
        return list_tokens(connection, chosen, before, limit)


def read(service: Service, credential: Credential | None, course: str, number: int) -> TokenRow:
    """What is known of a token.

    Raises
    ------
    NotFound
        Where the course has none of that id.
    """
    with _staff(service, credential, course) as (connection, _, chosen):
        return _known(find_token(connection, chosen, number=number), course, number)


def revoke(service: Service, credential: Credential | None, course: str, number: int) -> TokenRow:
    """Make a token useless; one that was revoked already stays so.

    Raises
    ------
    NotFound
        Where the course has none of that id.
    """
    with _staff(service, credential, course, writing=True) as (connection, caller, chosen):
        row = _known(find_token(connection, chosen, number=number), course, number)
        now = service.clock()
        if revoke_token(connection, number, now):
            write_log(connection, [_entry(caller, "token.revoked", chosen, now, row)])
        return _known(find_token(connection, chosen, number=number), course, number)


def _entry(caller: Caller, action: Action, course: Course, now: datetime, row: TokenRow) -> Entry:
    """What the audit log says of a token."""
    details = {"name": row.name, "role": row.role}
    return entry_by(caller, action, course.id, now, student=row.student, subject=str(row.id), details=details)


def _known(row: TokenRow | None, course: str, number: object) -> TokenRow:
    if row is None:
        raise NotFound(text("The course {course} has no token {id}.", course=course, id=number))
    return row


def _read(body: bytes, now: datetime) -> _Wanted:
    document = read_object(body, ["student", "staff", "expires_at"], _UNREADABLE)
    named = [key for key in ("student", "staff") if document.get(key) is not None]
    if len(named) != 1:
        raise unreadable(_UNREADABLE, "student", text("Say whose token it is to be: either student or staff."))
    key = named[0]
    name = string_at(document, key, _UNREADABLE)
    student = staff = None
    if key == "student":
        student = name.lower()
        if not is_student(student):
            message = text("A student id has 1 to 64 characters: letters A to Z, digits and . _ @ -")
            raise unreadable(_UNREADABLE, key, message)
    else:
        staff = name.strip()
        if not 1 <= len(staff) <= _NAME or not staff.isprintable():
            raise unreadable(_UNREADABLE, key, text("A name of 1 to {most} characters is wanted.", most=_NAME))
    return _Wanted(staff, student, _expiry(document, now))


def _expiry(document: Mapping[str, Json], now: datetime) -> datetime | None:
    if "expires_at" not in document:
        return expiry_of(None, now)
    if document["expires_at"] is None:
        return None
    try:
        return expiry_of(string_at(document, "expires_at", _UNREADABLE), now)
    except ExpiryError as error:
        raise unreadable(_UNREADABLE, "expires_at", error.message) from error
