"""Commit a group, and where that fails, find out for whom it can still be done."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from app.intake.cases import Case, Outcome
from app.storage import Database

__all__ = ["commit_or_recover"]

_log = logging.getLogger("upto")
_TRIES = 4
_CLASHES = ("40001", "40P01")  # PostgreSQL's codes of a failed serialisation and of a deadlock: try once more


class Write(Protocol):
    """Writes cases inside a transaction and gives their outcomes; `again` says that an earlier try may have worked."""

    def __call__(self, connection: Connection, cases: Sequence[Case], *, again: bool) -> Mapping[Case, Outcome]: ...


def commit_or_recover(database: Database, cases: Sequence[Case], write: Write, *, again: bool = False) -> None:
    """Write cases in one transaction and set their outcomes once it is committed.

    Parameters
    ----------
    database : Database
    cases : sequence of Case
    write : callable
        Writes cases inside a transaction.
    again : bool, optional
        Whether an earlier try may have worked.

    Notes
    -----
    Three kinds of failure are told apart. Where the connection was lost, nobody knows whether the commit
    came through, so that the group is tried once more and looks first for what is there already. Where the database as
    a whole cannot write (a full disk, a lock that is not given up), everybody's outcome is that failure. Anything
    else may be one case's fault, or another process was faster with the same key or learner: then they are tried one by
    one, and nobody pays for another's.
    """
    try:
        _commit(database, cases, write, again=again)
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes the outcome of those whom it concerns
        if _is_lost(error):
            _log.warning("the connection to the database was lost during a commit; trying again")
            _commit_or_settle(database, cases, write, again=True)
        elif _is_about_everybody(error):
            _settle(cases, error)
        else:
            _log.warning("a group of %d could not be committed together (%s); one by one now", len(cases), error)
            for case in cases:
                _alone(database, case, write, again=again)


def _commit(database: Database, cases: Sequence[Case], write: Write, *, again: bool) -> None:
    with database.writing() as connection:
        outcomes = write(connection, cases, again=again)
    for case in cases:
        case.outcome = outcomes[case]


def _commit_or_settle(database: Database, cases: Sequence[Case], write: Write, *, again: bool) -> Exception | None:
    """Write cases; where that fails, the failure is their outcome and is returned."""
    try:
        _commit(database, cases, write, again=again)
    except Exception as error:  # noqa: BLE001 - it becomes the outcome
        _settle(cases, error)
        return error
    return None


def _alone(database: Database, case: Case, write: Write, *, again: bool) -> None:
    for tries in range(_TRIES):
        error = _commit_or_settle(database, [case], write, again=again or tries > 0)
        if error is None or not (_is_clash(error) or _is_lost(error)):
            return


def _settle(cases: Sequence[Case], error: Exception) -> None:
    for case in cases:
        case.outcome = error


def _is_lost(error: Exception) -> bool:
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _is_clash(error: Exception) -> bool:
    return isinstance(error, IntegrityError) or (
        isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _CLASHES
    )


def _is_about_everybody(error: Exception) -> bool:
    """Whether the database failed, and not on account of one row."""
    return isinstance(error, SQLAlchemyError) and not (_is_clash(error) or isinstance(error, DataError))
