"""Restoring: everything that is kept is replaced by what a backup holds, in one transaction, on either database."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import OperationalError

from app.language import text
from app.storage.archives import (
    BackupError,
    Contents,
    Progress,
    copy_rows,
    examine,
    explained,
    file_of,
    held_by,
    migrate_to,
    opened,
    refuse_own_file,
    require_known,
    revision_of,
    say_nothing,
)
from app.storage.audit import Entry, erase_log, write_log
from app.storage.database import Database
from app.storage.tables import audit_log, learners, metadata, sessions

__all__ = ["restore"]

_HEADER = b"SQLite format 3\0"
_BUSY = ("55P03", "40P01")  # PostgreSQL's codes of a lock that was not to be had in time and of a deadlock
_LOCK_TRIES = 10


def restore(
    database: Database,
    path: Path,
    *,
    replace: bool = False,
    progress: Progress = say_nothing,
    by: str = "restore",
    now: datetime | None = None,
) -> Contents:
    """Replace everything that is kept by what a backup holds, in one transaction; others may go on reading.

    Parameters
    ----------
    database : Database
        Its tables are made, or brought up to date, first.
    path : Path
        A file that `back_up` wrote from either kind of database, in this version or an earlier one.
    replace : bool, optional
        Whether learners and submissions that are there already may be deleted.
    progress : callable, optional
        Is told rows.
    by : str, optional
        Who restores it, for the audit log: like everything else that comes from the backup, and this is its last entry.
    now : datetime, optional
        When; by default the system's time.

    Raises
    ------
    BackupError
        Where that cannot be done; what was kept is as it was.
    """
    with explained(text("the backup {path} cannot be restored", path=path)):
        refuse_own_file(file_of(database), path)
        with _copied(path) as copy:
            contents, revision = examine(copy, text("{file}", file=path))
            with opened(copy) as source:
                require_known(revision, text("{file}", file=path))
                migrate_to(source, "head")
            with database.reading() as connection:
                require_known(revision_of(connection), text("the database"))
            database.migrate()
            with opened(copy) as source, database.alone() as target:
                _lock(target)
                replaced = _delete_all(target, replace=replace)
                copy_rows(source, target, metadata.sorted_tables, progress)
                target.execute(delete(sessions))  # one that ended since the backup must not be there again
                _restart_sequences(target)
                held = {"submissions": contents.submissions, "learners": contents.learners}
                details = {**held, "replaced": replaced}
                moment = now or datetime.now(UTC)
                write_log(target, [Entry("database.restored", by, "operator", moment, details=details)])
    return contents


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """A copy of a backup that may be changed; beside it, where that can be."""
    if not path.is_file():
        raise BackupError(text("there is no file {path}.", path=path))
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise BackupError(text("{path} is not a SQLite file, so it is not a backup of Upto.", path=path))
    where = path.parent if os.access(path.parent, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where, prefix=".upto-restore-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        yield copy


def _lock(connection: Connection) -> None:
    """Keep others from writing until the transaction ends, as SQLite does anyway; reading goes on."""
    if connection.dialect.name != "postgresql":
        return
    # Whoever hands something in holds the learner first: then none of them is half done when we have that table.
    ordered = sorted(metadata.sorted_tables, key=lambda table: table is not learners)
    names = ", ".join(connection.dialect.identifier_preparer.format_table(table) for table in ordered)
    for tries in range(_LOCK_TRIES):
        try:
            with connection.begin_nested():
                connection.execute(sql("SET LOCAL lock_timeout = '3s'"))
                connection.execute(sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _BUSY or tries == _LOCK_TRIES - 1:
                raise
        else:
            return


def _delete_all(connection: Connection, *, replace: bool) -> dict[str, int]:
    """Delete every row, children first, and say how many of them matter most there were.

    Refuses where somebody's work is there, unless it may be replaced.
    """
    held = held_by(connection)
    if not replace and (held.submissions or held.learners):
        message = text(
            "the database holds {held} already; back it up, then --replace deletes everything in it.", held=held.said
        )
        raise BackupError(message)
    erased = erase_log(connection)
    for table in reversed(metadata.sorted_tables):
        if table is not audit_log:
            connection.execute(delete(table))
    return {"submissions": held.submissions, "learners": held.learners, "entries": erased}


def _restart_sequences(connection: Connection) -> None:
    """Let numbers go on after the highest one, as they do in SQLite by themselves."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            highest = connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()
            sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar_one()
            # Unlike setval, this is undone with the transaction.
            connection.execute(sql(f"ALTER SEQUENCE {sequence} RESTART WITH {highest + 1}"))
