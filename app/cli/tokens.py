"""``upto token``: make, list and revoke tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import fail, load_settings, open_or_fail, require_data_dir

if TYPE_CHECKING:
    from app.storage import Database

__all__ = ["tokens"]

tokens = typer.Typer(help="Make, list and revoke tokens.", no_args_is_help=True)


def _open() -> Database:
    settings = load_settings()
    require_data_dir(settings)
    return open_or_fail(settings)


@tokens.command()
def create(
    course: Annotated[str, typer.Option(help="The course that the token is for.")],
    staff: Annotated[str | None, typer.Option(help="A name for a member of the teaching staff.")] = None,
    student: Annotated[str | None, typer.Option(help="A student's id.")] = None,
) -> None:
    """Make a token; it alone is printed, and cannot be shown again."""
    from app.answers import read_envelope
    from app.errors import UptoError
    from app.main import utc_now
    from app.storage import create_token, find_course

    if (staff is None) == (student is None):
        fail("say either --staff NAME or --student ID.")
    try:
        learner = student and read_envelope({"student": student, "answers": {}}, assignment_required=False).student
    except UptoError as error:
        fail(str(error.problems[0].message))
    database = _open()
    with database.writing() as connection:
        found = find_course(connection, course)
        if found is None:
            fail(f"there is no course {course}.")
        token = create_token(connection, found, utc_now(), staff=staff, student=learner)
    typer.echo(token)


@tokens.command("list")
def show() -> None:
    """List the tokens, without what is secret in them."""
    from rich.console import Console
    from rich.table import Table

    from app.storage import list_tokens

    with _open().reading() as connection:
        rows = list_tokens(connection)
    table = Table("id", "course", "role", "name", "made", "revoked")
    for row in rows:
        revoked = "" if row.revoked_at is None else f"{row.revoked_at:%Y-%m-%d %H:%M}"
        table.add_row(str(row.id), row.course, row.role, row.name, f"{row.created_at:%Y-%m-%d %H:%M}", revoked)
    Console().print(table)


@tokens.command()
def revoke(token_id: Annotated[int, typer.Argument(help="Its id in the list.")]) -> None:
    """Make a token useless at once."""
    from app.main import utc_now
    from app.storage import revoke_token

    with _open().writing() as connection:
        if not revoke_token(connection, token_id, utc_now()):
            fail(f"there is no valid token {token_id}; see upto token list.")
    typer.echo(f"Token {token_id} is revoked.", err=True)
