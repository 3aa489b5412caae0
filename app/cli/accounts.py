"""``upto account``: make accounts of staff, set their passwords, disable, enable and list them."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Lang, fail, load_settings, open_or_fail, operator, require_data_dir, say, show_table, spoken
from app.language import render, text

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.storage import Action, Database

__all__ = ["accounts"]

accounts = typer.Typer(help="Accounts of the teaching staff, with passwords.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="The account's name, in upper or lower case.")]


def _open() -> Database:
    settings = load_settings()
    require_data_dir(settings)
    return open_or_fail(settings)


def _hash_for(name: str) -> str:
    """Ask for a new password, twice where somebody types it, and hash it."""
    from app.errors import UptoError
    from app.login import Passwords, require_good

    if sys.stdin.isatty():
        password = getpass(render(text("Password: "), spoken()))
        if getpass(render(text("Once more: "), spoken())) != password:
            fail(text("the two passwords are not the same."))
    else:
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    try:
        require_good(password, name)
    except UptoError as error:
        fail(error.problems[0].message)
    return Passwords().hash(password)


@accounts.command()
def create(
    name: _Name,
    course: Annotated[list[str] | None, typer.Option(help="A course that it is staff of; may be given again.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Staff of every course, also of those to come.")] = False,
    _lang: Lang = None,
) -> None:
    """Make an account; its password is asked for, or read from standard input."""
    from app.answers import is_student
    from app.main import utc_now
    from app.storage import create_account, find_account, find_course

    known = name.lower()
    if not is_student(known):
        fail(text("an account’s name has 1 to 64 characters: letters A to Z, digits and . _ @ -"))
    if not course and not admin:
        fail(text("say what it may do: --course COURSE or --admin."))
    database = _open()
    with database.reading() as connection:
        if find_account(connection, known) is not None:
            fail(text("there is an account {name} already.", name=known))
        among = {slug: find_course(connection, slug) for slug in course or ()}
    chosen = [found for found in among.values() if found is not None]
    if len(chosen) < len(among):
        fail(text("there is no course {course}.", course=next(slug for slug, found in among.items() if found is None)))
    password_hash = _hash_for(known)
    with database.writing() as connection:
        if find_account(connection, known) is not None:  # made while the password was typed
            fail(text("there is an account {name} already.", name=known))
        create_account(connection, known, password_hash, chosen, utc_now(), administrator=admin)
        _note(connection, "account.created", known, courses=[one.slug for one in chosen], administrator=admin)
    say(text("The account {name} is there.", name=known))


def _note(connection: Connection, action: Action, name: str, **details: object) -> None:
    """Write down what was done, in the same transaction."""
    from app.main import utc_now
    from app.storage import Entry, write_log

    entry = Entry(action, operator(), "operator", utc_now(), subject=name, details=details)
    write_log(connection, [entry])


@accounts.command()
def password(name: _Name, _lang: Lang = None) -> None:
    """Give an account another password, and log it out everywhere."""
    from app.main import utc_now
    from app.storage import find_account, set_password

    known = name.lower()
    database = _open()
    with database.reading() as connection:
        if find_account(connection, known) is None:
            fail(text("there is no account {name}; see upto account list.", name=known))
    password_hash = _hash_for(known)
    with database.writing() as connection:
        set_password(connection, known, password_hash, utc_now())
        _note(connection, "account.password", known)
    say(text("The account {name} has another password, and is logged out everywhere.", name=known))


@accounts.command()
def disable(name: _Name, _lang: Lang = None) -> None:
    """Let nobody in by an account any more, and log it out everywhere; what it did stays."""
    from app.main import utc_now
    from app.storage import disable_account

    with _open().writing() as connection:
        if not disable_account(connection, name.lower(), utc_now()):
            fail(text("there is no account {name} that could be disabled; see upto account list.", name=name.lower()))
        _note(connection, "account.disabled", name.lower())
    say(text("The account {name} is disabled, and logged out everywhere.", name=name.lower()))


@accounts.command()
def enable(name: _Name, _lang: Lang = None) -> None:
    """Let an account that was disabled be used again, with the password it had."""
    from app.storage import enable_account

    with _open().writing() as connection:
        if not enable_account(connection, name.lower()):
            fail(text("there is no account {name} that is disabled; see upto account list.", name=name.lower()))
        _note(connection, "account.enabled", name.lower())
    say(text("The account {name} may be used again.", name=name.lower()))


@accounts.command("list")
def show(_lang: Lang = None) -> None:
    """List the accounts."""
    from rich.table import Table

    from app.storage import list_accounts

    with _open().reading() as connection:
        rows = list_accounts(connection)
    headings = (text("name"), text("courses"), text("made"), text("password of"), text("last login"), text("disabled"))
    table = Table(*(render(heading, spoken()) for heading in headings))
    for row in rows:
        moments = (row.created_at, row.password_at, row.last_login_at, row.disabled_at)
        written = ("" if moment is None else f"{moment:%Y-%m-%d %H:%M}" for moment in moments)
        courses = render(text("all (administrator)"), spoken()) if row.administrator else ", ".join(row.courses)
        table.add_row(row.name, courses, *written)
    show_table(table)
