"""What backing up and restoring share: SQLite files with our tables in them, and what is said where they fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Table, create_engine, event, func, insert, select
from sqlalchemy.exc import DatabaseError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.language import Message, text
from app.storage.database import Database
from app.storage.tables import learners, submissions

__all__ = [
    "BackupError",
    "Contents",
    "Progress",
    "copy_rows",
    "examine",
    "explained",
    "file_of",
    "held_by",
    "migrate_to",
    "opened",
    "refuse_own_file",
    "require_known",
    "revision_of",
    "say_nothing",
]

Progress = Callable[[int, int], object]
"""Is told how much is done, and of how much."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_CHUNK = 100  # rows in memory: each may hold a body of a mebibyte and a report


class BackupError(Exception):
    """A backup cannot be made or restored, and nothing was changed; the message is a sentence that says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True)
class Contents:
    """How much a backup holds; its size in bytes."""

    submissions: int
    learners: int
    size: int

    @property
    def said(self) -> Message:
        """How much that is."""
        one, other = self.submissions == 1, self.learners == 1
        submissions = text("1 submission") if one else text("{count} submissions", count=f"{self.submissions:,}")
        learners = text("1 learner") if other else text("{count} learners", count=f"{self.learners:,}")
        return text("{submissions} of {learners}", submissions=submissions, learners=learners)

    def __str__(self) -> str:
        return str(self.said)


def say_nothing(done: int, total: int) -> None:
    """Tell nobody how much is done."""


@contextmanager
def explained(what: Message) -> Iterator[None]:
    """Say in a sentence why something failed."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        said = cause.strerror if isinstance(cause, OSError) else str(cause).partition("\n")[0]
        raise BackupError(text("{what} ({why}).", what=what, why=said)) from error


def file_of(database: Database) -> Path | None:
    """SQLite's file; None for PostgreSQL."""
    url = database.engine.url
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def refuse_own_file(file: Path | None, path: Path) -> None:
    """Refuse a path that belongs to the database."""
    if file is not None and path.resolve() in {Path(f"{file.resolve()}{end}") for end in ("", "-wal", "-shm")}:
        raise BackupError(text("{path} belongs to the database itself; name another file.", path=path))


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    """A transaction on a file of our own that is thrown away where anything fails: the disk is not waited for."""
    engine = create_engine(URL.create("sqlite", database=str(file)), poolclass=NullPool)

    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(engine, "connect", prepare)
    with engine.begin() as connection:
        yield connection


def examine(file: Path, name: Message) -> tuple[Contents, str | None]:
    """What a file holds, and its version; refuses one that is damaged or has none of our tables."""
    try:
        with opened(file) as connection:
            said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
            found = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
            revision = revision_of(connection)
            ours = revision is not None and {submissions.name, learners.name} <= found
            held = held_by(connection, file.stat().st_size) if ours else None
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise BackupError(text("{name} is damaged ({what}).", name=name, what=getattr(error, "orig", error))) from error
    if said != "ok":
        raise BackupError(text("{name} is damaged ({what}).", name=name, what=" ".join(said.split())))
    if held is None:
        raise BackupError(text("{name} holds nothing of Upto.", name=name))
    return held, revision


def held_by(connection: Connection, size: int = 0) -> Contents:
    """How much a database holds."""
    return Contents(_size(connection, submissions), _size(connection, learners), size)


def _size(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def revision_of(connection: Connection) -> str | None:
    """The version of the tables; None where there are none."""
    from alembic.runtime.migration import MigrationContext  # only here

    return MigrationContext.configure(connection).get_current_revision()


def require_known(revision: str | None, name: Message) -> None:
    """Refuse tables of a version that this code does not know."""
    from alembic.script import ScriptDirectory

    known = {one.revision for one in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    if revision is not None and revision not in known:
        message = text(
            "{name} is of a newer version of Upto (its tables are {revision}); update this one first.",
            name=name,
            revision=revision,
        )
        raise BackupError(message)


def migrate_to(connection: Connection, revision: str) -> None:
    """Bring tables to a version."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def copy_rows(source: Connection, target: Connection, tables: Sequence[Table], progress: Progress) -> None:
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
