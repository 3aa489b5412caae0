"""Logging in and out, without HTTP: a password or a token becomes a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool

from app.answers import is_student
from app.errors import RETRY_SECONDS, Unauthenticated, Unavailable
from app.language import text
from app.login import Passwords
from app.storage import (
    AccountRow,
    Caller,
    Credential,
    end_session,
    end_sessions_like,
    find_account,
    list_courses,
    note_login,
    session_end,
    start_session,
)
from app.web.service import Service

__all__ = ["Started", "Visitor", "end", "end_all", "person_of", "start_by_password", "start_by_token"]

_AT_ONCE = 2  # passwords: each takes 64 MiB and a core
_WAITING = 16
_verifiers: RunVar[CapacityLimiter] = RunVar("upto-verifiers")


@dataclass(frozen=True)
class Visitor:
    """Who asks for a session.

    Parameters
    ----------
    address : str
        Where from, to be counted by.
    user_agent : str
    before : Credential or None
        The session that came with the request; it ends when another one starts.
    """

    address: str
    user_agent: str
    before: Credential | None


@dataclass(frozen=True)
class Started:
    """A session that has just started, and its id, which is kept nowhere."""

    id: str
    credential: Credential


def _limiter() -> CapacityLimiter:
    """One for each event loop."""
    try:
        return _verifiers.get()
    except LookupError:
        made = CapacityLimiter(_AT_ONCE)
        _verifiers.set(made)
        return made


async def start_by_password(service: Service, visitor: Visitor, name: str, password: str) -> Started:
    """Start a session of an account.

    Raises
    ------
    Unauthenticated
        Where the name or the password is wrong; which of them is not said, and takes as long.
    TooManyRequests
        Where there were too many wrong ones.
    Unavailable
        Where too many log in at this moment.
    """
    limiter = _limiter()
    if limiter.statistics().tasks_waiting >= _WAITING:
        raise Unavailable(text("Too many people log in just now. Please try again."), retry_after=RETRY_SECONDS)
    known, limits = name.lower(), service.guard.limits
    limits.logins.take(visitor.address)
    limits.names.start(known)
    account = await run_in_threadpool(_account, service, known)
    passwords = service.guard.passwords
    rehashed = await to_thread.run_sync(_verify, passwords, account, password, limiter=limiter)
    started = None
    if account is not None and rehashed is not None:
        started = await run_in_threadpool(_start_of_account, service, visitor, account, rehashed)
    if started is None:
        raise Unauthenticated(text("The name or the password is not right."))
    limits.names.succeeded(known)
    limits.logins.give_back(visitor.address)
    return started


def _account(service: Service, name: str) -> AccountRow | None:
    if not is_student(name):  # an account's name is like a student's id; anything else need not be looked up
        return None
    with service.database.reading() as connection:
        return find_account(connection, name)


def _verify(passwords: Passwords, account: AccountRow | None, password: str) -> str | None:
    """The hash to keep, where the password is right: that which there is, or one with today's parameters."""
    enabled = account is not None and account.disabled_at is None
    known = account.password_hash if account is not None and enabled else None
    if not passwords.verify(known, password) or known is None:
        return None
    return passwords.hash(password) if passwords.outdated(known) else known


def _start_of_account(service: Service, visitor: Visitor, account: AccountRow, rehashed: str) -> Started | None:
    """Start it, unless the account was disabled or its password changed while it was verified."""
    now = service.clock()
    with service.database.writing() as connection:
        if not note_login(connection, account, now, rehashed):
            return None
        if visitor.before is not None:
            end_session(connection, visitor.before.digest)
        made = start_session(
            connection, now, service.guard.lifetimes, account_id=account.id, user_agent=visitor.user_agent
        )
    return Started(made, Credential.of_session(made))


def start_by_token(service: Service, visitor: Visitor, credential: Credential) -> Started:
    """Start a session of a token, which ends with it at the latest.

    Raises
    ------
    Unauthenticated
        Where the token is none.
    """
    caller = service.caller(credential)
    with service.database.writing() as connection:
        if visitor.before is not None:
            end_session(connection, visitor.before.digest)
        made = start_session(
            connection,
            service.clock(),
            service.guard.lifetimes,
            token_digest=credential.digest,
            user_agent=visitor.user_agent,
            until=caller.until,
        )
    return Started(made, Credential.of_session(made))


def person_of(service: Service, credential: Credential | None) -> tuple[Caller, list[str], datetime]:
    """Whose session it is, the slugs of their courses, and when it ends at the latest.

    Raises
    ------
    Unauthenticated
        Where there is no session, or it is over.
    """
    if credential is None:
        raise _no_session()
    with service.database.reading() as connection:
        caller = service.authenticate(connection, credential)
        courses = [course.slug for course in list_courses(connection, caller)]
        return caller, courses, session_end(connection, credential.digest)


def _no_session() -> Unauthenticated:
    return Unauthenticated(text("There is no session. Log in with POST /api/v1/session."))


def end(service: Service, credential: Credential) -> None:
    """Log out."""
    with service.database.writing() as connection:
        end_session(connection, credential.digest)


def end_all(service: Service, credential: Credential | None) -> None:
    """Log out everywhere: end every session of the same account or token.

    Raises
    ------
    Unauthenticated
        Where there is no session, or it is over.
    """
    if credential is None:
        raise _no_session()
    with service.database.writing() as connection:
        service.authenticate(connection, credential)
        end_sessions_like(connection, credential.digest)
