"""Backups: everything that is kept, in one SQLite file, whichever database it comes from or goes to."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, MetaData, Table, create_engine, delete, event, func, insert, select, text
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.storage.database import Database
from app.storage.tables import learners, metadata, submissions

__all__ = ["BackupError", "Contents", "back_up", "restore"]

Progress = Callable[[int, int], object]
"""Is told how much is done, and of how much."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_HEADER = b"SQLite format 3\0"
_CHUNK = 100  # rows in memory: each may hold a body of a mebibyte and a report
_STEPS = 10_000  # of SQLite's machine, from one call of its progress handler to the next
_BUSY = ("55P03", "40P01")  # PostgreSQL's codes of a lock that was not to be had in time and of a deadlock
_LOCK_TRIES = 10


class BackupError(Exception):
    """A backup cannot be made or restored, and nothing was changed; the message is a sentence that says why."""


@dataclass(frozen=True)
class Contents:
    """How much a backup holds; its size in bytes."""

    submissions: int
    learners: int
    size: int

    def __str__(self) -> str:
        return f"{_count(self.submissions, 'submission')} of {_count(self.learners, 'learner')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _say_nothing(done: int, total: int) -> None:
    pass


def back_up(database: Database, path: Path, *, force: bool = False, progress: Progress = _say_nothing) -> Contents:
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
    with _explained(f"the backup {path} cannot be written"):
        file = _file(database)
        _refuse_own_file(file, path)
        if file is not None and not file.is_file():  # to connect would make it
            raise BackupError(f"there is no database {file} to back up.")
        with _placed(path, force=force) as part:
            if file is None:
                _stream(database, part, progress)
            else:
                _snapshot(database, file, part, progress)
            contents, _ = _examine(part, "the database")
            return contents


def restore(database: Database, path: Path, *, replace: bool = False, progress: Progress = _say_nothing) -> Contents:
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

    Raises
    ------
    BackupError
        Where that cannot be done; what was kept is as it was.
    """
    with _explained(f"the backup {path} cannot be restored"):
        _refuse_own_file(_file(database), path)
        with _copied(path) as copy:
            contents, revision = _examine(copy, str(path))
            with _opened(copy) as source:
                _require_known(revision, str(path))
                _migrate(source, "head")
            with database.reading() as connection:
                _require_known(_revision(connection), "the database")
            database.migrate()
            with _opened(copy) as source, database.alone() as target:
                _lock(target)
                _delete_all(target, replace=replace)
                _copy_rows(source, target, metadata.sorted_tables, progress)
                _restart_sequences(target)
    return contents


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Say in a sentence why something failed."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = cause.strerror if isinstance(cause, OSError) else str(cause).partition("\n")[0]
        raise BackupError(f"{what} ({said}).") from error


def _file(database: Database) -> Path | None:
    """SQLite's file; None for PostgreSQL."""
    url = database.engine.url
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _refuse_own_file(file: Path | None, path: Path) -> None:
    if file is not None and path.resolve() in {Path(f"{file.resolve()}{end}") for end in ("", "-wal", "-shm")}:
        raise BackupError(f"{path} belongs to the database itself; name another file.")


@contextmanager
def _placed(path: Path, *, force: bool) -> Iterator[Path]:
    """A file to be filled, which takes its place when the block ends and vanishes when it raises."""
    if path.exists() and not (force and path.is_file()):
        raise BackupError(f"{path} exists{'; --force replaces it' if path.is_file() else ' and is not a file'}.")
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
    with database.reading() as source, _opened(part) as target:
        source.execute(text("SET LOCAL statement_timeout = 0"))
        revision = _revision(source)
        if revision is None:
            return
        _require_known(revision, "the database")
        _migrate(target, revision)
        found = MetaData()
        found.reflect(target)
        _copy_rows(source, target, [one for one in found.sorted_tables if one.name != "alembic_version"], progress)


@contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """A copy of a backup that may be changed; beside it, where that can be."""
    if not path.is_file():
        raise BackupError(f"there is no file {path}.")
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise BackupError(f"{path} is not a SQLite file, so it is not a backup of Upto.")
    where = path.parent if os.access(path.parent, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where, prefix=".upto-restore-") as folder:
        copy = Path(folder) / "copy.sqlite3"
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        yield copy


@contextmanager
def _opened(file: Path) -> Iterator[Connection]:
    """A transaction on a file of our own that is thrown away where anything fails: the disk is not waited for."""
    engine = create_engine(URL.create("sqlite", database=str(file)), poolclass=NullPool)

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(engine, "connect", prepare)
    with engine.begin() as connection:
        yield connection


def _examine(file: Path, name: str) -> tuple[Contents, str | None]:
    """What a file holds, and its version; refuses one that is damaged or has none of our tables."""
    try:
        with _opened(file) as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            found = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
            revision = _revision(connection)
            ours = revision is not None and {submissions.name, learners.name} <= found
            held = _held(connection, file.stat().st_size) if ours else None
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise BackupError(f"{name} is damaged ({getattr(error, 'orig', error)}).") from error
    if said != "ok":
        raise BackupError(f"{name} is damaged ({' '.join(said.split())}).")
    if held is None:
        raise BackupError(f"{name} holds nothing of Upto.")
    return held, revision


def _held(connection: Connection, size: int = 0) -> Contents:
    return Contents(_size(connection, submissions), _size(connection, learners), size)


def _size(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _revision(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    from alembic.runtime.migration import MigrationContext  # only here

    return MigrationContext.configure(connection).get_current_revision()


def _require_known(revision: str | None, name: str) -> None:
    """Refuse tables of a version that this code does not know."""
    from alembic.script import ScriptDirectory

    known = {one.revision for one in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    if revision is not None and revision not in known:
        raise BackupError(f"{name} is of a newer version of Upto (its tables are {revision}); update this one first.")


def _migrate(connection: Connection, revision: str) -> None:
    """Bring tables to a version."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _copy_rows(source: Connection, target: Connection, tables: Sequence[Table], progress: Progress) -> None:
    """Copy every row of tables, parents first, a chunk after the other."""
    total = sum(_size(source, table) for table in tables)
    done = 0
    for table in tables:
        query = select(table).order_by(*table.primary_key)
        with source.execute(query, execution_options={"yield_per": _CHUNK}) as result:
            for chunk in result.mappings().partitions():
                target.execute(insert(table), [dict(row) for row in chunk])
                done += len(chunk)
                progress(done, total)


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
                connection.execute(text("SET LOCAL lock_timeout = '3s'"))
                connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _BUSY or tries == _LOCK_TRIES - 1:
                raise
        else:
            return


def _delete_all(connection: Connection, *, replace: bool) -> None:
    """Delete every row, children first; refuses where somebody's work is there, unless it may be replaced."""
    held = _held(connection)
    if not replace and (held.submissions or held.learners):
        raise BackupError(f"the database holds {held} already; back it up, then --replace deletes everything in it.")
    for table in reversed(metadata.sorted_tables):
        connection.execute(delete(table))


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
            connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART WITH {highest + 1}"))
