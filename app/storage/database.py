"""One database: connections, transactions and migrations, the same on SQLite and elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

__all__ = ["Database"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_MILLISECONDS = 10_000
_CONNECTIONS = 40  # as many as the web layer has threads: none of them waits for one


def _on_connect(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's connection
    """Set SQLite up: durable write-ahead logging, foreign keys, patience, and transactions begun by us."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {_BUSY_MILLISECONDS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    """Take SQLite's write lock at once where the transaction is going to write: a later upgrade could fail."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


class Database:
    """A database by URL.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL.

    Notes
    -----
    In SQLite the journal is a write-ahead log with ``synchronous = FULL``: what was committed survives a power cut.
    Writers of one process wait for each other in memory rather than on the file's lock.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url, pool_size=_CONNECTIONS)
        self._writing = threading.Lock()
        if self.engine.dialect.name == "sqlite":
            event.listen(self.engine, "connect", _on_connect)
            event.listen(self.engine, "begin", _on_begin)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the data."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed, durably, when the block ends, or undone when it raises."""
        with self._writing, self.engine.connect().execution_options(writes=True) as connection, connection.begin():
            yield connection

    def migrate(self) -> None:
        """Bring the tables to the newest version; nothing happens where they are there already."""
        from alembic import command  # only at the start
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        with self.writing() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def ping(self) -> None:
        """Ask the database something; raises where it does not answer."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
