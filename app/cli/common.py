"""What the commands share: settings, the language of what they say, and failing in one sentence."""

from __future__ import annotations

import getpass
import os
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from app.language import LANGUAGES, Language, Message, language_named, render, surrounding_language, text
from app.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from app.storage import Database

__all__ = [
    "Lang",
    "LangOrLanguage",
    "fail",
    "load_settings",
    "open_or_fail",
    "operator",
    "require_data_dir",
    "say",
    "show_table",
    "spoken",
]

_chosen: ContextVar[Language | None] = ContextVar("upto_language", default=None)
_LONGEST_NAME = 64
_WIDE = 200  # characters
_HELP = "Language of what is said: en or zh-TW. By default that of LC_ALL, LC_MESSAGES or LANG."


def _choose(sent: str | None) -> str | None:
    """Speak the language that is asked for; one that there is not ends the command."""
    _chosen.set(None)
    if sent is not None:
        _chosen.set(language_named(sent))
        if _chosen.get() is None:
            fail(text("there is no language {sent}; there are {known}.", sent=sent, known=", ".join(LANGUAGES)))
    return sent


Lang = Annotated[str | None, typer.Option("--lang", callback=_choose, is_eager=True, help=_HELP)]
"""The option of every command that says something; `spoken` knows what came of it."""
LangOrLanguage = Annotated[
    str | None, typer.Option("--lang", "--language", callback=_choose, is_eager=True, help=_HELP)
]
"""The same, also by its longer name."""


def spoken() -> Language:
    """The language of what the command says."""
    return _chosen.get() or surrounding_language()


def say(message: Message) -> None:
    """Say something to whoever runs the command."""
    typer.echo(render(message, spoken()), err=True)


def show_table(table: Table) -> None:
    """Print a table: as wide as the terminal, and where that is none so wide that nothing is cut off."""
    from rich.console import Console

    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def fail(sentence: Message) -> NoReturn:
    """Say one sentence and end with a non-zero exit."""
    typer.echo(f"upto: {render(sentence, spoken())}", err=True)
    raise typer.Exit(1)


def operator() -> str:
    """Who runs the command, as far as the system knows; for the audit log."""
    try:
        return getpass.getuser()[:_LONGEST_NAME]
    except (KeyError, OSError):  # a user without a name, as in containers
        return str(os.getuid())


def load_settings() -> Settings:
    """Read the settings; a bad one ends the command."""
    from pydantic import ValidationError

    try:
        return Settings()
    except ValidationError as error:
        issue = error.errors()[0]
        name = "UPTO_" + "_".join(str(step) for step in issue["loc"]).upper()
        wrong = text(
            "the setting {name} is not valid: {what} (it is {sent}).",
            name=name,
            what=issue["msg"],
            sent=repr(issue["input"]),
        )
        fail(wrong)


def require_data_dir(settings: Settings) -> None:
    """Make sure that something can be written where the data will be."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = settings.data_dir / f".writable-{os.getpid()}"  # of our own: others may start at the same moment
        probe.touch()
        probe.unlink()
    except OSError as error:
        wrong = text(
            "the data directory {path} cannot be written ({what}); set UPTO_DATA_DIR to one that can.",
            path=settings.data_dir.absolute(),
            what=error.strerror,
        )
        fail(wrong)


def open_or_fail(settings: Settings) -> Database:
    """Open the database; one that cannot be opened ends the command."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from app.main import open_database

    try:
        return open_database(settings)
    except CommandError:
        fail(text("the database is of a newer version of Upto than this one; update this one first."))
    except (SQLAlchemyError, OSError, ModuleNotFoundError, ValueError) as error:  # a port that is no number: ValueError
        fail(text("the database cannot be opened: {what}", what=" ".join(str(error).split())))
