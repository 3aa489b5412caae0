"""``upto backup`` and ``upto restore``: everything that is kept, as one file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, load_settings, require_data_dir

if TYPE_CHECKING:
    from app.storage import Database

__all__ = ["backup", "restore"]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it holds students' work, keep it safe.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it exists.")] = False,
) -> None:
    """Write everything that is kept into FILE, while the service goes on."""
    from rich.filesize import decimal

    from app.storage import back_up

    with _database() as database, _progress("Backing up") as progress:
        contents = back_up(database, file, force=force, progress=progress)
    typer.echo(f"{file} holds {contents} ({decimal(contents.size)}).", err=True)


def restore(
    file: Annotated[Path, typer.Argument(help="What upto backup wrote, from SQLite or from PostgreSQL.")],
    replace: Annotated[bool, typer.Option("--replace", help="Delete the learners and submissions there are.")] = False,
) -> None:
    """Replace everything that is kept by what FILE holds, all of it or nothing."""
    from rich.filesize import decimal

    from app.storage import restore as restore_into

    with _database(make=True) as database, _progress("Restoring") as progress:
        contents = restore_into(database, file, replace=replace, progress=progress)
    typer.echo(f"The database holds {contents} from {file} ({decimal(contents.size)}).", err=True)


@contextmanager
def _database(*, make: bool = False) -> Iterator[Database]:
    """The database as it is; what is wrong with it, or with the file, ends the command."""
    from sqlalchemy.exc import ArgumentError

    from app.storage import BackupError, Database

    settings = load_settings()
    if make:
        require_data_dir(settings)
    signal.signal(signal.SIGTERM, lambda _signal, _frame: sys.exit(1))  # so that temporary files are removed
    try:
        database = Database(settings.database)
    except (ArgumentError, ModuleNotFoundError, ValueError) as error:
        fail(f"the database cannot be opened: {' '.join(str(error).split())}")
    try:
        yield database
    except BackupError as error:
        fail(str(error))
    finally:
        database.close()


@contextmanager
def _progress(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar, where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
