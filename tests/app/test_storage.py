"""The database: migrations make the tables, and what is kept is durable."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text

import app.storage
from app.main import admin_token, open_database
from app.settings import Settings
from app.storage import (
    Course,
    Credential,
    Database,
    create_token,
    ensure_course,
    find_callers,
    list_tokens,
    list_versions,
    revoke_token,
)
from app.storage.tables import courses, metadata, tokens
from tests.databases import fresh_database

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with its tables, and nothing else."""
    empty = nullcontext(f"sqlite:///{tmp_path / 'test.sqlite3'}") if request.param == "sqlite" else fresh_database()
    with empty as url:
        made = Database(url)
        made.migrate()
        yield made
        made.close()


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.migrate()


def test_what_was_committed_is_kept_through_a_power_cut(database: Database) -> None:
    with database.reading() as connection:
        if connection.dialect.name == "postgresql":
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
            return
        found = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
        assert found == {"journal_mode": "wal", "synchronous": 2}
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            connection.execute(insert(courses).values(slug="lost", created_at=NOW))
            raise ValueError("a change of mind")

    with pytest.raises(ValueError, match="mind"):
        fail()
    with database.writing() as connection:
        connection.execute(insert(courses).values(slug="kept", created_at=NOW))
    with database.reading() as connection:
        assert connection.execute(select(courses.c.slug)).scalars().all() == ["kept"]


def test_times_are_kept_to_the_microsecond_in_utc(database: Database) -> None:
    moment = datetime(2026, 11, 24, 20, 0, 0, 123457, tzinfo=timezone(timedelta(hours=8)))
    with database.writing() as connection:
        connection.execute(insert(courses).values(slug="ml", created_at=moment))
        kept = connection.execute(select(courses.c.created_at)).scalar_one()
    assert kept == moment
    assert kept.tzinfo is UTC


def test_a_token_is_stored_hashed_and_works_until_it_is_revoked(database: Database, tmp_path: Path) -> None:
    with database.writing() as connection:
        course = ensure_course(connection, "ml", NOW)
        token = create_token(connection, course, NOW, student="b1")
        with pytest.raises(ValueError, match="staff or for a student"):
            create_token(connection, course, NOW)
    with database.writing() as connection:
        caller = find_callers(connection, [Credential.of_token(token)])[Credential.of_token(token)]
        assert caller is not None
        assert (caller.student, caller.staff) == ("b1", False)
        (row,) = list_tokens(connection)
        assert revoke_token(connection, row.id, NOW)
        assert not revoke_token(connection, row.id, NOW)
        assert not find_callers(connection, [Credential.of_token(token)])
        rows = connection.execute(select(tokens)).all()
    database.close()
    assert token not in str(rows)
    assert token.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_the_admin_token_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new", admin_token=None, database_url=None)
    open_database(settings).close()
    token, path = admin_token(settings)
    assert path is not None
    assert admin_token(settings) == (token, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(token) > 30


def test_nobody_else_reads_a_data_directory_that_is_made(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "new", database_url=None)
    open_database(settings).close()
    assert (settings.data_dir / "upto.sqlite3").exists()  # answers and scores, in clear
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    tmp_path.chmod(0o750)
    open_database(Settings(data_dir=tmp_path, database_url=None)).close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750  # one that was there is whoever made it to decide


def test_what_was_published_before_there_were_publications_still_is(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    config = Config()
    config.set_main_option("script_location", str(Path(app.storage.__file__).parent / "migrations"))
    with database.alone() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for statement in (
            "INSERT INTO courses (id, slug, created_at) VALUES (1, 'ml', 0)",
            "INSERT INTO assignments (id, course_id, slug) VALUES (1, 1, 'hw3')",
            "INSERT INTO assignment_versions VALUES (1, 1, 'later', x'00', 1, 20), (2, 1, 'earlier', x'00', 2, 10)",
            "INSERT INTO assignment_versions VALUES (3, 1, 'draft', x'00', 3, NULL)",
        ):
            connection.execute(text(statement))
    database.migrate()
    with database.reading() as connection:
        found = {one.version: one.state for one in list_versions(connection, Course(1, "ml"), "hw3")}
    database.close()
    assert found == {"later": "published", "earlier": "superseded", "draft": "draft"}
