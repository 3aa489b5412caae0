"""``upto grade``: a file of submissions, offline; reports a line each on standard output."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from app.cli.common import LangOrLanguage, fail, load_settings, spoken
from app.errors import UptoError
from app.language import render, text

if TYPE_CHECKING:
    from app.assignments import Assignment, Drawn

__all__ = ["grade"]

_BATCH = 256


def grade(
    assignment: Annotated[str, typer.Argument(help="The slug of a shipped assignment, or the path of a YAML file.")],
    file: Annotated[
        Path, typer.Argument(help="One submission a line: an object with student and answers. - is stdin.")
    ],
    course: Annotated[
        str, typer.Option(help="The course, where every student has data of their own: it decides what they are.")
    ] = "ml",
    _lang: LangOrLanguage = None,
) -> None:
    """Grade a file of submissions offline; reports go to standard output, one a line."""
    loaded = _load(assignment)
    data_of = None if loaded.variants is None else _drawing(loaded, course)
    try:
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
            size = None if str(file) == "-" else file.stat().st_size
            _grade(loaded, source, size, data_of)
    except BrokenPipeError:  # whoever read the reports has seen enough
        sys.stderr.close()
    except OSError as error:
        fail(text("cannot read {name} ({what}).", name=file, what=error.strerror))


def _load(name: str) -> Assignment:
    from app.assignments import read_assignment, shipped_assignments
    from app.checking import prepare

    try:
        loaded = read_assignment(shipped_assignments().get(name, Path(name)))
        prepare(loaded)
    except OSError as error:
        shipped = ", ".join(shipped_assignments())
        wrong = text(
            "cannot read the assignment {name} ({what}); the shipped ones are: {shipped}.",
            name=name,
            what=error.strerror,
            shipped=shipped,
        )
        fail(wrong)
    except UptoError as error:
        places = "".join(f"\n  {problem.pointer}: {render(problem.message, spoken())}" for problem in error.problems)
        fail(text("{what}{places}", what=error.detail, places=places))
    return loaded


def _drawing(assignment: Assignment, course: str) -> Callable[[str], Drawn]:
    """What draws a student's data as the service does, whose key has to be at hand."""
    from app.checking import draw, seed_of
    from app.main import secret_key

    settings = load_settings()
    if settings.secret_key is None and not (settings.data_dir / "secret-key").is_file():
        wrong = text(
            "every student of {slug} has data of their own, and the key that they are drawn from is not here; set "
            "UPTO_SECRET_KEY, or UPTO_DATA_DIR to the service's folder.",
            slug=assignment.slug,
        )
        fail(wrong)
    secret = secret_key(settings)
    return cache(lambda student: draw(assignment, seed_of(secret, course, assignment.slug, student)))


def _batches(source: BinaryIO) -> Iterator[tuple[list[bytes], int]]:
    """Lines in batches, blank ones left out, and how many bytes they took; a line is cut a little over the limit."""
    from app.answers import MAX_BODY

    lines: list[bytes] = []
    taken = 0
    while line := source.readline(MAX_BODY + 2):
        taken += len(line)
        piece = line
        while len(line) > MAX_BODY and not piece.endswith(b"\n"):  # skip the rest of a line that is too long
            piece = source.readline(MAX_BODY + 2)
            taken += len(piece)
            if not piece:
                break
        if line.strip():
            lines.append(line)
        if len(lines) == _BATCH:
            yield lines, taken
            lines, taken = [], 0
    if lines:
        yield lines, taken


def _grade(assignment: Assignment, source: BinaryIO, size: int | None, data_of: Callable[[str], Drawn] | None) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from app.checking import grade_lines

    language = spoken()
    console = Console(stderr=True)
    output = sys.stdout.buffer
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(render(text("Grading"), language), total=size)
        for lines, taken in _batches(source):
            output.write(grade_lines(assignment, lines, language, data_of))
            output.flush()
            progress.advance(task, taken)
