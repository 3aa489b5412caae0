"""Accounts by the command line, and in backups."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from app.main import open_database
from app.settings import Settings
from app.storage import Lifetimes, back_up, create_account, ensure_course, find_account, restore, start_session
from app.storage.tables import sessions
from tests.app.people import CHEAP, PASSWORD
from tests.app.support import Clock
from tests.app.test_cli import _run


def _said(*arguments: str, cwd: Path, password: str = PASSWORD) -> tuple[int, str]:
    done = _run("account", *arguments, cwd=cwd, stdin=f"{password}\n".encode())
    assert b"Traceback" not in done.stderr
    assert password.encode() not in done.stdout + done.stderr
    return done.returncode, (done.stdout + done.stderr).decode()


def test_an_account_is_made_listed_changed_disabled_and_enabled(tmp_path: Path) -> None:
    assert _said("create", "Ada", "--course", "ml", cwd=tmp_path) == (0, "The account ada is there.\n")
    assert _said("create", "ADA", "--admin", cwd=tmp_path) == (1, "upto: there is an account ada already.\n")
    assert "ada" in _said("list", cwd=tmp_path)[1]
    settings = Settings(data_dir=tmp_path / "data", database_url=None)

    def kept() -> tuple[str, bool]:
        database = open_database(settings)
        with database.reading() as connection:
            account = find_account(connection, "ada")
        database.close()
        assert account is not None
        assert account.courses == ("ml",)
        return account.password_hash, account.disabled_at is not None

    first = kept()[0]
    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert _said("password", "ada", cwd=tmp_path, password="qwerty123456")[0] == 1  # noqa: S106 - refused
    assert kept() == (first, False)
    assert _said("password", "ada", cwd=tmp_path, password="quite another password")[0] == 0  # noqa: S106 - of a test
    assert kept()[0] != first
    assert _said("disable", "ada", cwd=tmp_path)[0] == 0
    assert _said("disable", "ada", cwd=tmp_path)[0] == 1
    assert kept()[1]
    assert _said("enable", "ada", cwd=tmp_path)[0] == 0
    assert not kept()[1]


@pytest.mark.parametrize(
    ("arguments", "password", "sentence"),
    [
        (("create", "ada"), PASSWORD, "--course COURSE or --admin"),
        (("create", "a d a", "--admin"), PASSWORD, "1 to 64 characters"),
        (("create", "ada", "--course", "no"), PASSWORD, "no course no"),
        (("create", "ada", "--admin"), "short", "at least 12"),
        (("create", "ada", "--admin", "--lang", "zh-TW"), "qwerty123456", "最先會試"),
        (("password", "nobody"), PASSWORD, "no account nobody"),
        (("enable", "nobody"), PASSWORD, "no account nobody"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], password: str, sentence: str
) -> None:
    status, said = _said(*arguments, cwd=tmp_path, password=password)
    assert status == 1
    assert sentence in said
    assert not re.search("ada", _said("list", cwd=tmp_path)[1])


def test_a_token_is_made_until_a_moment_that_is_listed(tmp_path: Path) -> None:
    made = ("token", "create", "--course", "ml", "--staff", "Ada")
    assert _run(*made, "--expires", "2999-01-31", cwd=tmp_path).returncode == 0
    assert _run(*made, "--expires", "never", cwd=tmp_path).returncode == 0
    past = _run(*made, "--expires", "2020-01-31", cwd=tmp_path)
    assert (past.returncode, past.stdout) == (1, b"")
    assert b"That is past" in past.stderr
    assert "2999-01" in _run("token", "list", cwd=tmp_path).stdout.decode()


def test_accounts_go_along_in_a_backup_and_sessions_end(settings: Settings, clock: Clock, tmp_path: Path) -> None:
    from datetime import timedelta

    database = open_database(settings, clock)
    lifetimes = Lifetimes(timedelta(hours=12), timedelta(hours=2))
    with database.writing() as connection:
        courses = [ensure_course(connection, slug, clock()) for slug in ("ml", "la")]
        number = create_account(connection, "ada", CHEAP.hash(PASSWORD), courses, clock(), administrator=False)
        start_session(connection, clock(), lifetimes, account_id=number)
        before = find_account(connection, "ada")
    back_up(database, tmp_path / "backup.sqlite3")
    restore(database, tmp_path / "backup.sqlite3", replace=True)
    with database.writing() as connection:
        assert find_account(connection, "ada") == before
        assert connection.execute(select(sessions)).all() == []
        assert create_account(connection, "eve", CHEAP.hash(PASSWORD), [], clock(), administrator=True) > number
    database.close()
