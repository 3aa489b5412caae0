"""One database: connections, transactions and migrations, the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["Database", "insert_new"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_CONNECTIONS = {"sqlite": 42, "postgresql": 16}  # SQLite's: as many as there are threads; PostgreSQL's are dear
_PATIENCE_SECONDS = 5  # for a lock that someone else holds
_STATEMENT_SECONDS = 30
_ALONE = 0x7570746F  # the advisory lock of those who change the tables or what every database starts with ("upto")
_POSTGRESQL_CONNECTION = {
    "connect_timeout": _PATIENCE_SECONDS,
    # A server that vanishes without a word is noticed by the network within seconds, not hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def _driven(url: str) -> URL:
    """Name our driver where a PostgreSQL URL names none."""
    made = make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.drivername in ("postgres", "postgresql") else made


def _on_sqlite_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    """Set SQLite up: durable write-ahead logging, foreign keys, patience, and transactions begun by us."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout = {_PATIENCE_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_sqlite_begin(connection: Connection) -> None:
    """Take SQLite's write lock at once where the transaction is going to write: a later upgrade could fail."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_postgresql_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    """Set a session up: durable commits whatever the server's default, and no waiting without end."""
    connection.autocommit = True
    connection.execute(
        f"SET synchronous_commit = on; SET lock_timeout = '{_PATIENCE_SECONDS}s';"
        f" SET statement_timeout = '{_STATEMENT_SECONDS}s'; SET idle_in_transaction_session_timeout = '60s'"
    )
    connection.autocommit = False


def insert_new(connection: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that leaves out rows that are there already."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


class Database:
    """A database by URL.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL: ``sqlite:///FILE`` or ``postgresql://USER@HOST/NAME``.

    Notes
    -----
    What was committed survives a power cut. In SQLite the journal is a write-ahead log with ``synchronous = FULL``, and
    the writers of one process wait for each other in memory rather than on the file's lock. PostgreSQL is told
    ``synchronous_commit = on`` in every session.
    """

    def __init__(self, url: str) -> None:
        target = _driven(url)
        self._sqlite = target.get_backend_name() == "sqlite"
        arguments = {} if self._sqlite else _POSTGRESQL_CONNECTION
        self.engine: Engine = create_engine(
            target,
            pool_size=_CONNECTIONS["sqlite" if self._sqlite else "postgresql"],
            max_overflow=0,
            pool_timeout=_PATIENCE_SECONDS,
            pool_pre_ping=not self._sqlite,  # connections of before a restart of the server are replaced unseen
            connect_args=arguments,
            hide_parameters=True,  # errors go to the log: they are not to carry answers, reports and digests of tokens
        )
        self._turn: AbstractContextManager[object] = threading.Lock() if self._sqlite else nullcontext()
        if self._sqlite:
            event.listen(self.engine, "connect", _on_sqlite_connect)
            event.listen(self.engine, "begin", _on_sqlite_begin)
            self._reads: dict[str, Any] = {}
        else:
            event.listen(self.engine, "connect", _on_postgresql_connect)
            self._reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the data."""
        with self.engine.connect().execution_options(**self._reads) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed, durably, when the block ends, or undone when it raises."""
        with self._turn, self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction for what processes that start together must do one after the other; it may take long."""
        with self.writing() as connection:
            if not self._sqlite:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ALONE})
            yield connection

    def migrate(self) -> None:
        """Bring the tables to the newest version; nothing happens where they are there already."""
        from alembic import command  # only at the start
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.alone() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def ping(self) -> None:
        """Ask the database something; raises where it does not answer."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
