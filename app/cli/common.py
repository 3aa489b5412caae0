"""What the commands share: settings, and failing in one sentence."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import typer

from app.settings import Settings

if TYPE_CHECKING:
    from app.storage import Database

__all__ = ["fail", "load_settings", "open_or_fail", "require_data_dir"]


def fail(sentence: str) -> NoReturn:
    """Say one sentence and end with a non-zero exit."""
    typer.echo(f"upto: {sentence}", err=True)
    raise typer.Exit(1)


def load_settings() -> Settings:
    """Read the settings; a bad one ends the command."""
    from pydantic import ValidationError

    try:
        return Settings()
    except ValidationError as error:
        issue = error.errors()[0]
        name = "UPTO_" + "_".join(str(step) for step in issue["loc"]).upper()
        fail(f"the setting {name} is not valid: {issue['msg']} (it is {issue['input']!r}).")


def require_data_dir(settings: Settings) -> None:
    """Make sure that something can be written where the data will be."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe = settings.data_dir / f".writable-{os.getpid()}"  # of our own: others may start at the same moment
        probe.touch()
        probe.unlink()
    except OSError as error:
        where = settings.data_dir.absolute()
        fail(f"the data directory {where} cannot be written ({error.strerror}); set UPTO_DATA_DIR to one that can.")


def open_or_fail(settings: Settings) -> Database:
    """Open the database; one that cannot be opened ends the command."""
    from alembic.util import CommandError
    from sqlalchemy.exc import SQLAlchemyError

    from app.main import open_database

    try:
        return open_database(settings)
    except CommandError:
        fail("the database is of a newer version of Upto than this one; update this one first.")
    except (SQLAlchemyError, OSError, ModuleNotFoundError, ValueError) as error:  # a port that is no number: ValueError
        fail(f"the database cannot be opened: {' '.join(str(error).split())}")
