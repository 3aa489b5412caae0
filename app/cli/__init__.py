"""The command line."""

import typer

from app.cli.accounts import accounts
from app.cli.backup import backup, restore
from app.cli.grade import grade
from app.cli.lint import lint
from app.cli.schema import schema
from app.cli.serve import serve
from app.cli.tokens import tokens

__all__ = ["main"]

main = typer.Typer(
    name="upto",
    help="Grade numeric homework up to what the mathematics leaves free.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
main.command()(serve)
main.command()(grade)
main.command()(lint)
main.command()(schema)
main.command()(backup)
main.command()(restore)
main.add_typer(tokens, name="token")
main.add_typer(accounts, name="account")
