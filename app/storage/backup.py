"""Backups: everything that is kept, in one SQLite file, whichever database it comes from."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import MetaData
from sqlalchemy import text as sql

from app.language import text
from app.storage.archives import (
    BackupError,
    Contents,
    Progress,
    copy_rows,
    examine,
    explained,
    file_of,
    migrate_to,
    opened,
    refuse_own_file,
    require_known,
    revision_of,
    say_nothing,
)
from app.storage.database import Database

__all__ = ["back_up"]

_STEPS = 10_000  # of SQLite's machine, from one call of its progress handler to the next


def back_up(database: Database, path: Path, *, force: bool = False, progress: Progress = say_nothing) -> Contents:
    """Write what is committed at one moment into a file; others may go on reading and writing.

    Parameters
    ----------
    database : Database
        Its tables may be those of an earlier version; they are not brought up to date.
    path : Path
        The file. It appears whole and durable, readable by its owner alone, or not at all.
    force : bool, optional
        Whether a file that exists is replaced.
    progress : callable, optional
        Is told bytes for SQLite, rows for PostgreSQL.

    Raises
    ------
    BackupError
        Where that cannot be done; a file that exists is as it was.
    """
    with explained(text("the backup {path} cannot be written", path=path)):
        file = file_of(database)
        refuse_own_file(file, path)
        if file is not None and not file.is_file():  # to connect would make it
            raise BackupError(text("there is no database {file} to back up.", file=file))
        with _placed(path, force=force) as part:
            if file is None:
                _stream(database, part, progress)
            else:
                _snapshot(database, file, part, progress)
            contents, _ = examine(part, text("the database"))
            return contents


@contextmanager
def _placed(path: Path, *, force: bool) -> Iterator[Path]:
    """A file to be filled, which takes its place when the block ends and vanishes when it raises."""
    if path.exists() and not (force and path.is_file()):
        if path.is_file():
            raise BackupError(text("{path} exists; --force replaces it.", path=path))
        raise BackupError(text("{path} exists and is not a file.", path=path))
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".upto-backup-")  # its owner's alone
    part = Path(name)
    try:
        os.close(handle)
        yield part
        _sync(part)
        if force:
            part.replace(path)
        else:
            _rename_to_new(part, path)
        _sync(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _rename_to_new(part: Path, path: Path) -> None:
    """Rename a file, unless the name was taken meanwhile."""
    try:
        os.link(part, path)
    except OSError:
        if path.exists():
            raise
        part.replace(path)  # where the file system has no hard links


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _snapshot(database: Database, file: Path, part: Path, progress: Progress) -> None:
    """Let SQLite copy what is in its file at one moment."""
    total = file.stat().st_size

    def tell() -> None:
        progress(min(part.stat().st_size, total), total)

    with closing(database.engine.raw_connection()) as connection:
        driver = cast(sqlite3.Connection, connection.driver_connection)
        driver.set_progress_handler(tell, _STEPS)
        try:
            driver.execute("VACUUM INTO ?", (str(part),))
        finally:
            driver.set_progress_handler(None, 0)


def _stream(database: Database, part: Path, progress: Progress) -> None:
    """Copy PostgreSQL's rows of one moment into tables of the same version."""
    with database.reading() as source, opened(part) as target:
        source.execute(sql("SET LOCAL statement_timeout = 0"))
        revision = revision_of(source)
        if revision is None:
            return
        require_known(revision, text("the database"))
        migrate_to(target, revision)
        found = MetaData()
        found.reflect(target)
        copy_rows(source, target, [one for one in found.sorted_tables if one.name != "alembic_version"], progress)
