"""JSON objects of a few known keys, read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.answers import Json, NumberText, read_json
from app.answers.kinds import kind_of
from app.answers.problems import quote
from app.errors import Problem, Unprocessable, pointer
from app.language import Message, text

__all__ = ["read_object", "string_at", "unreadable"]


def read_object(body: bytes, keys: Sequence[str], detail: Message) -> dict[str, Json]:
    """Read an object that has no other keys than these.

    Parameters
    ----------
    body : bytes
    keys : sequence of str
    detail : Message
        What is said of one that cannot be read.

    Raises
    ------
    NotJson, Unprocessable
        Where it is no such object.
    """
    document = read_json(body)
    if not isinstance(document, dict):
        message = text("A JSON object is wanted; {kind} arrived.", kind=kind_of(document))
        raise Unprocessable(detail, [Problem("", message)])
    for key in document:
        if key not in keys:
            known = ", ".join(keys)
            message = text("There is no key “{sent}”. The keys are {known}.", sent=quote(key), known=known)
            raise unreadable(detail, key, message)
    return document


def string_at(document: Mapping[str, Json], key: str, detail: Message) -> str:
    """The string at a key.

    Raises
    ------
    Unprocessable
        Where there is none.
    """
    if key not in document:
        raise unreadable(detail, key, text("The key {key} is missing here; add it.", key=key))
    sent = document[key]
    if not isinstance(sent, str) or isinstance(sent, NumberText):
        raise unreadable(detail, key, text("A string is wanted here; {kind} arrived.", kind=kind_of(sent)))
    return sent


def unreadable(detail: Message, key: str, message: Message) -> Unprocessable:
    """What is wrong at a key."""
    return Unprocessable(detail, [Problem(pointer(key), message)])
