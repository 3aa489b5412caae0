"""``upto token``: make, list and revoke tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import Lang, fail, load_settings, open_or_fail, operator, require_data_dir, say, show_table, spoken
from app.language import LANGUAGES, language_named, render, text

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
    language: Annotated[str | None, typer.Option(help="What its holder reads: en or zh-TW.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="A day, so many days (90d) or never. In 400 days by default.")
    ] = None,
    _lang: Lang = None,
) -> None:
    """Make a token; it alone is printed, and cannot be shown again."""
    from app.answers import read_envelope
    from app.errors import UptoError
    from app.login import ExpiryError, expiry_of
    from app.main import utc_now
    from app.storage import Entry, create_token, find_course, find_token, token_digest, write_log

    if (staff is None) == (student is None):
        fail(text("say either --staff NAME or --student ID."))
    reads = None if language is None else language_named(language)
    if language is not None and reads is None:
        fail(text("there is no language {sent}; there are {known}.", sent=language, known=", ".join(LANGUAGES)))
    try:
        learner = student and read_envelope({"student": student, "answers": {}}, assignment_required=False).student
        until = expiry_of(expires, utc_now())
    except UptoError as error:
        fail(error.problems[0].message)
    except ExpiryError as error:
        fail(error.message)
    database = _open()
    with database.writing() as connection:
        found = find_course(connection, course)
        if found is None:
            fail(text("there is no course {course}.", course=course))
        now = utc_now()
        token = create_token(connection, found, now, staff=staff, student=learner, language=reads, expires_at=until)
        made = find_token(connection, found, digest=token_digest(token))
        entry = Entry(
            "token.created",
            operator(),
            "operator",
            now,
            course_id=found.id,
            student=learner,
            subject=str(made.id) if made else None,
            details={"name": staff or learner, "role": "staff" if staff else "learner"},
        )
        write_log(connection, [entry])
    typer.echo(token)


@tokens.command("list")
def show(_lang: Lang = None) -> None:
    """List the tokens, without what is secret in them."""
    from rich.table import Table

    from app.storage import list_tokens

    with _open().reading() as connection:
        rows = list_tokens(connection)
    headings = (
        text("id"),
        text("course"),
        text("role"),
        text("name"),
        text("language"),
        text("made"),
        text("last used"),
        text("expires"),
        text("revoked"),
    )
    table = Table(*(render(heading, spoken()) for heading in headings))
    roles = {"staff": render(text("staff"), spoken()), "learner": render(text("learner"), spoken())}
    for row in rows:
        moments = (row.created_at, row.last_used_at, row.expires_at, row.revoked_at)
        written = ("" if moment is None else f"{moment:%Y-%m-%d %H:%M}" for moment in moments)
        table.add_row(str(row.id), row.course, roles[row.role], row.name, row.language or "", *written)
    show_table(table)


@tokens.command()
def revoke(token_id: Annotated[int, typer.Argument(help="Its id in the list.")], _lang: Lang = None) -> None:
    """Make a token useless at once."""
    from app.main import utc_now
    from app.storage import Entry, find_token, revoke_token, write_log

    with _open().writing() as connection:
        now, known = utc_now(), find_token(connection, None, number=token_id)
        if known is None or not revoke_token(connection, token_id, now):
            fail(text("there is no valid token {id}; see upto token list.", id=token_id))
        entry = Entry(
            "token.revoked",
            operator(),
            "operator",
            now,
            course_id=known.course_id,
            student=known.student,
            subject=str(token_id),
        )
        write_log(connection, [entry])
    say(text("Token {id} is revoked.", id=token_id))
