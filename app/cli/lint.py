"""``upto lint``: check an assignment file, and show what students would see and earn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import LangOrLanguage, fail, spoken
from app.language import Language, Message, render, text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from app.assignments import Assignment, FieldSpec
    from app.checking import Linted

__all__ = ["lint"]


def lint(
    file: Annotated[str, typer.Argument(help="The path of a YAML file, or the slug of a shipped assignment.")],
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON document instead of tables.")] = False,
    _lang: LangOrLanguage = None,
) -> None:
    """Check an assignment file: exit 0 where it may be published, 1 where something has to be mended."""
    source = _read(file)
    from app.checking import lint as lint_source
    from app.checking import lint_document

    linted = lint_source(source)
    if as_json:
        typer.echo(json.dumps(lint_document(linted, spoken()), ensure_ascii=False, indent=2))
    else:
        _show(linted, file, spoken())
    raise typer.Exit(1 if linted.findings else 0)


def _read(name: str) -> bytes:
    """The file; one that is too large ends the command unread."""
    from app.assignments import MAX_BYTES, shipped_assignments

    path = shipped_assignments().get(name, Path(name))
    try:
        with path.open("rb") as source:
            size = path.stat().st_size
            if size > MAX_BYTES:
                fail(text("{name} has {size} bytes; at most {limit} are read.", name=name, size=size, limit=MAX_BYTES))
            return source.read(MAX_BYTES + 1)
    except OSError as error:
        fail(text("cannot read {name} ({what}).", name=name, what=error.strerror))


def _show(linted: Linted, file: str, language: Language) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if linted.findings:
        console.print(_findings(linted, language))
    if linted.skipped:
        message = text("Not solved until that is mended: {questions}", questions=", ".join(linted.skipped))
        console.print(render(message, language), markup=False)
    assignment = linted.assignment
    if assignment is not None and not linted.skipped:
        _preview(console, linted, assignment, language)
    message = text("Findings in {file}: {count}.", file=file, count=len(linted.findings))
    if not linted.findings and assignment is not None:
        message = text(
            "{file}: nothing to mend. Version {version}, {count} questions, {points} points.",
            file=file,
            version=assignment.version,
            count=len(assignment.questions),
            points=f"{assignment.points:g}",
        )
    console.print(render(message, language), markup=False)


def _table(language: Language, title: Message | None, *headings: Message) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    named = None if title is None else render(title, language)
    table = Table(title=named, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(render(heading, language), overflow="fold")
    return table


def _findings(linted: Linted, language: Language) -> Table:
    from rich.text import Text

    table = _table(language, None, text("Line"), text("Question"), text("What is wrong, and what to do"))
    for one in linted.findings:
        said = Text(render(one.message, language)).append(f" [{one.code}]", style="dim")
        table.add_row(f"{one.line}:{one.column}", Text(one.question or ""), said)
    return table


def _preview(console: Console, linted: Linted, assignment: Assignment, language: Language) -> None:
    """What students are asked for, what a perfect submission looks like, and what mistakes earn."""
    from rich.text import Text

    from app.checking import example_submission

    asked = _table(
        language, text("What is asked"), text("Question"), text("Title"), text("Points"), text("Fields and shapes")
    )
    for question in assignment.questions:
        fields = question.answer_fields
        shown = [_field(name, fields[name].shapes, spec, language) for name, spec in question.fields.items()]
        title = question.title.render(language)
        asked.add_row(Text(question.id), Text(title), f"{question.points:g}", Text("\n".join(shown)))
    console.print(asked)
    table = _table(language, text("What mistakes earn"), text("Question"), text("Mistake"), text("Points"))
    for one in linted.earned:
        table.add_row(Text(one.question), Text(one.mistake), f"{one.points:g} / {one.of:g}")
    console.print(table)
    if assignment.variants is not None:
        tried, accepted = linted.draws
        message = text("Data of one's own: of {tried} draws {accepted} are acceptable.", tried=tried, accepted=accepted)
        console.print(render(message, language), markup=False)
    console.print(render(text("A perfect submission (with --json also as a schema):"), language), style="bold")
    answers = example_submission(assignment)
    lines = [f"  {json.dumps(name)}: {json.dumps(answer, ensure_ascii=False)}" for name, answer in answers.items()]
    console.print("{\n" + ",\n".join(lines) + "\n}\n", markup=False, soft_wrap=True)


def _field(name: str, shapes: tuple[tuple[int, ...], ...], spec: FieldSpec, language: Language) -> str:
    """A field's name with every shape that is taken."""
    if spec.kind == "text":
        said = render(text("text, graded by hand"), language)
    elif spec.kind == "file":
        said = render(text("file, graded by hand: {kinds}", kinds=", ".join(spec.accept)), language)
    else:
        kinds = ["×".join(map(str, shape)) if shape else render(text("one number"), language) for shape in shapes]
        said = " / ".join(kinds)
    optional = "" if spec.required else " " + render(text("(optional)"), language)
    return f"{name}: {said}{optional}"
