"""Backups hold what was committed when they began, go into either kind of database, and fail without a trace."""

from __future__ import annotations

import os
import secrets
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    insert,
    make_url,
    select,
    text,
)
from starlette.testclient import TestClient

import app.storage.restoring
from app.main import create_app, open_database
from app.settings import Settings
from app.storage import BackupError, Database, back_up, restore
from app.storage.tables import UtcTime, courses, metadata, sessions, submissions
from tests.app.support import Clock, publish_source
from tests.app.uploads import PDF, SOURCE, upload
from tests.faults.client import WRONG, Sent, body_of, connect, submit
from tests.faults.ledger import listed
from tests.faults.load import Load
from tests.faults.server import Server

UPTO = Path(sys.executable).parent / "upto"
POSTGRES = os.environ.get("UPTO_TEST_POSTGRES_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
MIGRATIONS = Path(app.storage.__file__).parent / "migrations"
NewUrl = Callable[[str], str]


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database."""
    return str(request.param)


@pytest.fixture
def new_url(tmp_path: Path) -> Iterator[NewUrl]:
    """Addresses of empty databases; a test that asks for PostgreSQL is skipped where none answers."""
    made = []

    def make(kind: str) -> str:
        name = f"upto_backup_{secrets.token_hex(6)}"
        if kind == "SQLite":
            (tmp_path / name).mkdir()
            return f"sqlite:///{tmp_path / name / 'upto.sqlite3'}"
        try:
            _administer("CREATE DATABASE {}", name)
        except psycopg.OperationalError as error:
            pytest.skip(f"no PostgreSQL answers at {POSTGRES} ({error}); UPTO_TEST_POSTGRES_URL names another")
        made.append(name)
        return make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        _administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def new_database(new_url: NewUrl) -> Iterator[Callable[[str], Database]]:
    """Databases that are closed at the end."""
    made = []

    def make(kind: str) -> Database:
        made.append(Database(new_url(kind)))
        return made[-1]

    yield make
    for database in made:
        database.close()


NewDatabase = Callable[[str], Database]


def _administer(statement: LiteralString, name: str) -> None:
    with psycopg.connect(POSTGRES, autocommit=True, connect_timeout=5) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def _upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _value(column: Column[Any], number: int) -> object:
    """Something for a column that is hard on it and differs from row to row."""
    if column.nullable and number == 0:
        return None
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return _value(key.column, number)
    match column.type:
        case UtcTime():
            return datetime(2026, 11, 24, 12, 0, number % 60, 123457, tzinfo=UTC)
        case Boolean():
            return number % 2 == 1
        case LargeBinary():
            return bytes(range(256)) + str(number).encode()
        case Float():
            return (number + 0.1) / 3
        case Integer():
            return 1000 + 7 * number
        case Text():
            return f'{{"李": "\\u0000 ‘é’ 😀 {number}"}}' * 9
        case String(length=length):
            return f"{number}-{column.name}-'\"é😀"[:length]
    raise LookupError(f"{column} has a type that no value is made of here: add one, so that backups of it are tested")


def _fill(database: Database, count: int = 3, first: int = 0) -> None:
    """Put rows into every table, whichever tables there are."""
    database.migrate()
    with database.writing() as connection:
        for table in metadata.sorted_tables:
            rows = [{column.name: _value(column, number) for column in table.c} for number in range(first, count)]
            for row in rows:  # one by one: some have a null where others do not
                connection.execute(insert(table).values(row))


def _rows(database: Database, *without: Table) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what the audit log says of restoring itself."""
    with database.reading() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in connection.execute(select(table)) if "database.restored" not in row), key=repr
            )
            for table in metadata.sorted_tables
            if table not in without
        }


def _last_number(database: Database) -> int:
    with database.reading() as connection:
        last: int = connection.execute(select(func.max(submissions.c.number))).scalar_one()
    return last


def _environment(url: str, data: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPTO_")}
    return kept | {"UPTO_DATABASE_URL": url, "UPTO_DATA_DIR": str(data)}


def _upto(url: str, *arguments: str | Path, within: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    folder = Path(arguments[1]).parent
    return subprocess.run(
        [*within, UPTO, *arguments],
        env=_environment(url, folder / "data"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def _succeed(url: str, *arguments: str | Path) -> str:
    done = _upto(url, *arguments)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr


def _is_sentence(said: str) -> bool:
    return said.rstrip("\n").endswith(".") and said.rstrip("\n").count("\n") == 0


# Under load


def _attempts(file: Path) -> dict[str, tuple[str, int]]:
    """The submissions in a backup, which has to be in order: whose attempt each is."""
    query = "SELECT s.id, l.student, s.attempt FROM submissions AS s JOIN learners AS l ON l.id = s.learner_id"
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {row[0]: row[1:] for row in connection.execute(query)}


def _assert_contiguous(kept: dict[str, tuple[str, int]]) -> None:
    attempts = defaultdict(list)
    for student, attempt in kept.values():
        attempts[student].append(attempt)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in attempts.values())


def _assert_kept(kept: dict[str, tuple[str, int]], accepted: Sequence[Sent]) -> None:
    assert accepted
    assert [sent for sent in accepted if kept.get(sent.id) != (sent.student, sent.attempt)] == []
    _assert_contiguous(kept)


def _accepted(load: Load) -> list[Sent]:
    return [sent for sent in list(load.entries) if sent.status == 201]


def _listed(server: Server) -> dict[str, tuple[str, int]]:
    return {one["id"]: (one["student"], one["attempt"]) for one in listed(server.port)}


def test_under_load_backups_hold_all_that_was_answered_before_and_can_be_restored(
    kind: str, new_url: NewUrl, tmp_path: Path
) -> None:
    url, fresh = new_url(kind), new_url(kind)
    backups = []
    with Server(tmp_path, {"DATABASE_URL": url}) as server:
        with Load([server.port], clients=4) as load:
            for number in range(3):
                load.wait_for(201, 10)
                backups.append((tmp_path / f"{number}.backup", _accepted(load)))
                file, _ = backups[-1]
                said = _succeed(url, "backup", file)
                assert f"{len(_attempts(file)):,} submissions of 2 learners" in said
            file, _ = backups[-1]
            load.wait_for(201, 10)
            _succeed(url, "restore", "--replace", file)
            restored = time.monotonic()
            load.wait_for(201, 10)
        kept = _listed(server)
    for one, accepted in backups:
        _assert_kept(_attempts(one), accepted)
    assert [sent.wrong for sent in load.entries if sent.status == WRONG] == []
    _assert_kept(kept, [sent for sent in _accepted(load) if sent.sent_at > restored])
    assert _attempts(file).items() <= kept.items()
    _succeed(fresh, "restore", file)
    with Server(tmp_path, {"DATABASE_URL": fresh}) as server, closing(connect(server.port)) as connection:
        assert _listed(server) == _attempts(file)
        sent = submit(connection, "s0", body_of("s0", "after"))
        assert sent is not None
        assert sent.status == 201
        _assert_contiguous(_listed(server))


# From one kind of database into the other


def _settings(database: Database, folder: Path) -> Settings:
    return Settings(data_dir=folder, admin_token=SecretStr("a-token"), database_url=_url(database))


def _hand_in(settings: Settings) -> int:
    """Start a service and hand something in; gives the attempt."""
    headers = {"Authorization": "Bearer a-token"}
    body = {"course": "ml", "assignment": "hw3", "student": "b1", "answers": {"1.3": 5.472}}
    with TestClient(create_app(settings, Clock()), headers=headers) as client:
        answer = client.post("/api/v1/submissions", json=body)
        assert answer.status_code == 201
        return int(answer.json()["attempt"])


def test_every_row_goes_from_sqlite_to_postgresql_and_back(new_database: NewDatabase, tmp_path: Path) -> None:
    small, large, again = (new_database(kind) for kind in ("SQLite", "PostgreSQL", "SQLite"))
    open_database(_settings(small, tmp_path), Clock()).close()
    _fill(small)
    back_up(small, tmp_path / "small")
    restore(large, tmp_path / "small")
    assert _rows(large, sessions) == _rows(small, sessions)
    assert all(_rows(small).values())
    assert _rows(large)["sessions"] == []  # one that ended since the backup must not be there again
    assert _hand_in(_settings(large, tmp_path)) == 1
    assert _last_number(large) == _last_number(small) + 1
    back_up(large, tmp_path / "large")
    restore(again, tmp_path / "large")
    assert _rows(again) == _rows(large)
    assert _hand_in(_settings(again, tmp_path)) == 2
    assert _last_number(again) == _last_number(small) + 2


def test_files_go_along_and_are_named_as_before(kind: str, new_database: NewDatabase, tmp_path: Path) -> None:
    first, other = new_database(kind), new_database("SQLite" if kind == "PostgreSQL" else "PostgreSQL")
    content = PDF + os.urandom(700_000)
    headers = {"Authorization": "Bearer a-token"}
    with TestClient(create_app(_settings(first, tmp_path), Clock()), headers=headers) as client:
        publish_source(client.app, Clock(), "scans", (SOURCE % "").encode())  # type: ignore[arg-type] # FastAPI's
        file = upload(client, content, student="b1").json()["id"]
        body = {"assignment": "scans", "student": "b1", "answers": {"1": {"scan": file}}}
        made = client.post("/api/v1/submissions", json=body).json()["id"]
    back_up(first, tmp_path / "backup")
    restore(other, tmp_path / "backup")
    with TestClient(create_app(_settings(other, tmp_path), Clock()), headers=headers) as client:
        assert client.get(f"/api/v1/files/{file}").content == content
        (item,) = client.get(f"/api/v1/submissions/{made}/files").json()["items"]
        assert (item["id"], item["expires_at"]) == (file, None)
        assert upload(client, content, student="b1").json()["id"] == file


def test_a_backup_keeps_the_version_and_restoring_brings_it_up_to_date(
    kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    first = ScriptDirectory(str(MIGRATIONS)).get_base()
    assert first is not None
    old, new = new_database(kind), new_database(kind)
    with old.alone() as connection:
        _upgrade(connection, first)
        connection.execute(text("INSERT INTO courses (id, slug, created_at) VALUES (7, 'old', 0)"))
    for file in (tmp_path / "one", tmp_path / "two"):  # the first one has not changed it
        back_up(old, file)
        with closing(sqlite3.connect(file)) as backup:
            assert backup.execute("SELECT version_num FROM alembic_version").fetchall() == [(first,)]
    restore(new, tmp_path / "one")
    assert [row[:2] for row in _rows(new)["courses"]] == [(7, "old")]


# What is refused


def _overwrite(file: Path, offset: int, written: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(offset)
        opened.write(written)


def _damage(file: Path) -> None:
    _overwrite(file, 4096, b"\xa5" * 40_960)


def _damage_unseen(file: Path) -> None:
    """Count free pages that there are not, which nobody who only reads would notice."""
    _overwrite(file, 36, bytes([0, 0, 0, 7]))


def _truncate(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 8192 * 4096)


def _execute(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def _make_foreign(file: Path) -> None:
    file.unlink()
    _execute(file, "CREATE TABLE alembic_version (version_num VARCHAR)")


def _make_directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (Path.unlink, "there is no file"),
        (_make_directory, "there is no file"),
        (lambda file: file.write_text("SQLite is not a format of 3 lines"), "is not a SQLite file"),
        (lambda file: file.write_bytes(b""), "is not a SQLite file"),
        (_make_foreign, "nothing of Upto"),
        (_damage, "damaged|malformed"),
        (_damage_unseen, "is damaged"),
        (_truncate, "damaged|malformed"),
        (lambda file: _execute(file, "UPDATE alembic_version SET version_num = '9999'"), "a newer version .* 9999"),
        (lambda file: _execute(file, "DELETE FROM courses"), "FOREIGN KEY"),
        (lambda file: _execute(file, f"DROP TABLE {metadata.sorted_tables[-1]}"), "no such table"),
    ],
)
def test_a_file_that_is_no_good_backup_changes_nothing(
    spoil: Callable[[Path], object], words: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    database, file = new_database("SQLite"), tmp_path / "backup"
    _fill(database)
    back_up(database, file)
    spoil(file)
    before, there = _rows(database), set(tmp_path.iterdir())
    with pytest.raises(BackupError, match=words) as raised:
        restore(database, file, replace=True)
    assert _is_sentence(str(raised.value))
    assert (_rows(database), set(tmp_path.iterdir())) == (before, there)


def test_somebodys_work_is_replaced_only_where_that_is_asked_for(
    kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    one, other = new_database(kind), new_database(kind)
    _fill(one)
    _fill(other, 5)
    back_up(one, tmp_path / "backup")
    before = _rows(other)
    with pytest.raises(BackupError, match=r"holds 5 submissions of 5 learners already; .* --replace"):
        restore(other, tmp_path / "backup")
    assert _rows(other) == before
    restore(other, tmp_path / "backup", replace=True)
    assert _rows(other, sessions) == _rows(one, sessions)


def test_tables_of_a_newer_version_are_left_alone(kind: str, new_database: NewDatabase, tmp_path: Path) -> None:
    database = new_database(kind)
    _fill(database)
    back_up(database, tmp_path / "backup")
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = _rows(database)
    with pytest.raises(BackupError, match="the database is of a newer version"):
        restore(database, tmp_path / "backup", replace=True)
    assert _rows(database) == before
    if kind == "PostgreSQL":
        with pytest.raises(BackupError, match="the database is of a newer version"):
            back_up(database, tmp_path / "another")
    else:  # the file is copied as it is, whatever it holds
        back_up(database, tmp_path / "another")


def test_a_backup_is_for_its_owner_and_replaces_only_what_it_may(new_database: NewDatabase, tmp_path: Path) -> None:
    database, file = new_database("SQLite"), tmp_path / "backup"
    _fill(database)
    back_up(database, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("something else")
    with pytest.raises(BackupError, match="exists; --force"):
        back_up(database, file)
    assert file.read_text() == "something else"
    back_up(database, file, force=True)
    assert len(_attempts(file)) == 3
    with pytest.raises(BackupError, match="is not a file"):
        back_up(database, tmp_path, force=True)
    own = Path(str(database.engine.url.database))
    for refused in (own, own.with_name(own.name + "-wal")):
        with pytest.raises(BackupError, match="the database itself"):
            back_up(database, refused, force=True)
    with pytest.raises(BackupError, match="the database itself"):
        restore(database, own, replace=True)
    with pytest.raises(BackupError, match=r"cannot be written \(No such file"):
        back_up(database, tmp_path / "nowhere" / "backup")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'upto.sqlite3'}")
    with pytest.raises(BackupError, match="there is no database"):
        back_up(database, tmp_path / "backup")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_database_gives_no_backup(kind: str, new_database: NewDatabase, tmp_path: Path) -> None:
    database = new_database(kind)
    with database.reading():
        pass  # to connect makes it
    with pytest.raises(BackupError, match="nothing of Upto"):
        back_up(database, tmp_path / "backup")
    assert not (tmp_path / "backup").exists()


def test_the_commands_fail_in_a_sentence(new_url: NewUrl, tmp_path: Path) -> None:
    url, file = new_url("SQLite"), tmp_path / "backup"
    for refused in (
        _upto(url, "backup", file),
        _upto(url, "restore", file),
        _upto("postgresql://postgres@127.0.0.1:1/none", "backup", file),
    ):
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("upto: ")
        assert _is_sentence(refused.stderr)
    assert not file.exists()


# Failures in the middle


def _fail(_done: int, _total: int) -> None:
    raise RuntimeError("a failure in the middle")


def test_a_backup_that_fails_in_the_middle_leaves_the_file_as_it_was(
    kind: str, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.backup._STEPS", 100)
    database, file = new_database(kind), tmp_path / "backup"
    _fill(database)
    file.write_text("the last one")
    there = set(tmp_path.iterdir())
    with pytest.raises((BackupError, RuntimeError), match=r"interrupted|in the middle"):
        back_up(database, file, force=True, progress=_fail)
    assert (file.read_text(), set(tmp_path.iterdir())) == ("the last one", there)


def test_a_file_that_appears_meanwhile_is_kept(
    kind: str, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.storage.backup._STEPS", 100)
    database, file = new_database(kind), tmp_path / "backup"
    _fill(database)
    with pytest.raises(BackupError, match="File exists"):
        back_up(database, file, progress=lambda _done, _total: file.write_text("another's") and None)
    assert file.read_text() == "another's"
    assert list(tmp_path.glob(".upto-*")) == []


def test_a_restore_that_fails_at_its_end_changes_nothing(
    kind: str, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = new_database("SQLite"), new_database(kind)
    _fill(one, 3)
    back_up(one, tmp_path / "three")
    restore(other, tmp_path / "three")
    _fill(one, 5, first=3)
    back_up(one, tmp_path / "five")
    before, there = _rows(other), set(tmp_path.iterdir())
    finish = app.storage.restoring._restart_sequences

    def fail(connection: Connection) -> None:
        finish(connection)
        raise RuntimeError("a failure at the end")

    monkeypatch.setattr("app.storage.restoring._restart_sequences", fail)
    with pytest.raises(RuntimeError, match="at the end"):
        restore(other, tmp_path / "five", replace=True)
    assert (_rows(other), set(tmp_path.iterdir())) == (before, there)
    with other.writing() as connection:
        made = connection.execute(insert(courses).values(slug="next", created_at=Clock()()))
    assert made.inserted_primary_key == (max(row[0] for row in before["courses"]) + 1,)


def test_a_full_disk_leaves_nothing(kind: str, new_database: NewDatabase, tmp_path: Path) -> None:
    database, file = new_database(kind), tmp_path / "backup"
    _fill(database)
    small = ["sh", "-c", 'ulimit -f 100 && exec "$0" "$@"']  # of 512 bytes or 1024, and less than the tables take
    done = _upto(_url(database), "backup", file, within=small)
    assert (done.returncode, done.stdout) == (1, "")
    assert _is_sentence(done.stderr)
    assert not file.exists()
    assert list(tmp_path.glob(".upto-*")) == []


_HALF_A_BACKUP = """
import sys, time
from pathlib import Path
import app.storage.backup
app.storage.backup._STEPS = 100
def wait(done, total):
    print("half", flush=True)
    time.sleep(60)
app.storage.backup.back_up(app.storage.Database(sys.argv[1]), Path(sys.argv[2]), force=True, progress=wait)
"""


def test_kill_9_leaves_the_file_as_it_was(kind: str, new_database: NewDatabase, tmp_path: Path) -> None:
    database, file = new_database(kind), tmp_path / "backup"
    _fill(database)
    file.write_text("the last one")
    program = [sys.executable, "-c", _HALF_A_BACKUP, _url(database), str(file)]
    root = Path(app.storage.__file__).parents[2]
    with subprocess.Popen(program, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.kill()
    assert file.read_text() == "the last one"
    assert len(_rows(database)["submissions"]) == 3


def test_sigterm_leaves_no_temporary_file(new_database: NewDatabase, tmp_path: Path) -> None:
    database = new_database("PostgreSQL")
    _fill(database)
    with database.writing() as connection:
        connection.execute(text("LOCK TABLE submissions IN ACCESS EXCLUSIVE MODE"))  # keeps it in the middle
        environment = _environment(_url(database), tmp_path)
        with subprocess.Popen([UPTO, "backup", tmp_path / "backup"], env=environment, cwd=tmp_path) as process:
            while not any(file.stat().st_size for file in tmp_path.glob(".upto-backup-*")):
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 1
    assert [file for file in tmp_path.iterdir() if "backup" in file.name] == []
