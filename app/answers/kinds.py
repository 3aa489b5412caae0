"""What a JSON value and a shape are called in a message."""

from __future__ import annotations

from collections.abc import Sequence

from app.answers.document import NumberText
from app.answers.rows import Shape
from app.language import Message, text

__all__ = ["kind_of", "layout_of", "shape_of", "shapes_of"]


def kind_of(value: object) -> Message:
    """Name the kind of a JSON value."""
    match value:
        case None:
            return text("null")
        case bool():
            return text("true or false")
        case NumberText() | int() | float():
            return text("a number")
        case str():
            return text("a string")
        case list():
            return text("a list")
        case dict():
            return text("an object")
        case _:
            return text("something else")


def shape_of(shape: Shape) -> str | Message:
    """Name a shape as NumPy does, and a single number as such."""
    return str(shape) if shape else text("one number")


def shapes_of(shapes: Sequence[Shape]) -> str | Message:
    """Name the shapes of which any will do."""
    named = shape_of(shapes[0])
    for shape in shapes[1:]:
        named = text("{first} or {second}", first=named, second=shape_of(shape))
    return named


def layout_of(shape: Shape) -> Message:
    """Say in words what an array of the shape looks like."""
    match shape:
        case ():
            return text("a single number")
        case (numbers,):
            return text("a list of {numbers} numbers", numbers=numbers)
        case (rows, columns):
            return text("{rows} rows of {columns} numbers each", rows=rows, columns=columns)
        case (blocks, rows, columns):
            return text(
                "{blocks} blocks of {rows} rows of {columns} numbers each",
                blocks=blocks,
                rows=rows,
                columns=columns,
            )
        case _:
            return text("lists in lists, {depth} deep", depth=len(shape))
