"""``upto backup`` and ``upto restore``: everything that is kept, as one file."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Lang, fail, load_settings, operator, require_data_dir, say, spoken
from app.language import Message, render, text

if TYPE_CHECKING:
    from app.storage import Database

__all__ = ["backup", "restore"]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it holds students' work, keep it safe.")],
    force: Annotated[bool, typer.Option("--force", help="Replace FILE where it exists.")] = False,
    _lang: Lang = None,
) -> None:
    """Write everything that is kept into FILE, while the service goes on."""
    from rich.filesize import decimal

    from app.storage import back_up

    with _database() as database, _progress(text("Backing up")) as progress:
        contents = back_up(database, file, force=force, progress=progress)
    say(text("{file} holds {contents} ({size}).", file=file, contents=contents.said, size=decimal(contents.size)))


def restore(
    file: Annotated[Path, typer.Argument(help="What upto backup wrote, from SQLite or from PostgreSQL.")],
    replace: Annotated[bool, typer.Option("--replace", help="Delete the learners and submissions there are.")] = False,
    _lang: Lang = None,
) -> None:
    """Replace everything that is kept by what FILE holds, all of it or nothing."""
    from rich.filesize import decimal

    from app.storage import restore as restore_into

    with _database(make=True) as database, _progress(text("Restoring")) as progress:
        contents = restore_into(database, file, replace=replace, progress=progress, by=operator())
    message = text(
        "The database holds {contents} from {file} ({size}).",
        contents=contents.said,
        file=file,
        size=decimal(contents.size),
    )
    say(message)


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
        fail(text("the database cannot be opened: {what}", what=" ".join(str(error).split())))
    try:
        yield database
    except BackupError as error:
        fail(error.message)
    finally:
        database.close()


@contextmanager
def _progress(doing: Message) -> Iterator[Callable[[int, int], None]]:
    """A bar, where somebody watches."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(render(doing, spoken()), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
