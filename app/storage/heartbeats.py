"""A sign of life of the database: something written, committed and read back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from app.storage.database import Database
from app.storage.tables import heartbeats

__all__ = ["beat", "database_bytes"]

_NAME = "readiness"
_READ = select(heartbeats.c.beats).where(heartbeats.c.name == bindparam("named"))


def beat(database: Database, now: datetime) -> None:
    """Write a row, commit it, and read it back by another transaction.

    Parameters
    ----------
    database : Database
    now : datetime
        In UTC; it is kept for whoever looks.

    Raises
    ------
    SQLAlchemyError
        Where the database cannot be written or does not answer.
    LookupError
        Where what was committed is not there.
    """
    insert = postgresql.insert if database.engine.dialect.name == "postgresql" else sqlite.insert
    added = insert(heartbeats).values(name=_NAME, beats=1, beat_at=now)
    write = added.on_conflict_do_update(
        index_elements=[heartbeats.c.name], set_={"beats": heartbeats.c.beats + 1, "beat_at": now}
    ).returning(heartbeats.c.beats)
    with database.writing() as connection:
        written = connection.execute(write).scalar_one()
    with database.reading() as connection:
        read = connection.execute(_READ, {"named": _NAME}).scalar_one_or_none()
    if read is None or read < written:  # another process may have written since
        raise LookupError(f"heartbeat {written} was committed, and {read} was read")


def database_bytes(database: Database) -> int:
    """The size of the database: of SQLite's file, or as PostgreSQL counts it."""
    asked = (
        "SELECT pg_database_size(current_database())"
        if database.engine.dialect.name == "postgresql"
        else "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    )
    with database.reading() as connection:
        return int(connection.execute(text(asked)).scalar_one())
