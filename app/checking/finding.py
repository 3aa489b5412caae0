"""The record of something that an assignment's author can mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.assignments import Fault, Path, Source
from app.errors import pointer
from app.language import Message

__all__ = ["Finding", "found", "found_in_file", "numbered"]


@dataclass(frozen=True)
class Finding:
    """Something wrong with an assignment, that its author can mend.

    Parameters
    ----------
    code : str
        Its kind, for programs, such as ``unknown_solver`` or ``like_truth``.
    message : Message
        What it is and what to do, in both languages.
    pointer : str
        Where it stands, as a JSON pointer into the file.
    line, column : int or None
        Where it stands in the text, counted from 1; None where only the assignment is known.
    question : str or None
        The question that it is about.
    ids : tuple of str
        The candidates or fields that it concerns.
    """

    code: str
    message: Message
    pointer: str
    line: int | None = None
    column: int | None = None
    question: str | None = None
    ids: tuple[str, ...] = ()
    path: Path = ()
    """The pointer's steps; questions and mistakes by id until `numbered`."""


def found(code: str, message: Message, question: str, *path: str | int, ids: tuple[str, ...] = ()) -> Finding:
    """Say what was found of a question.

    Parameters
    ----------
    code : str
    message : Message
    question : str
        Its id.
    *path : str or int
        Where in the question; a mistake or a convention goes by its id.
    ids : tuple of str
        What it concerns.

    Returns
    -------
    Finding
        To be `numbered`.
    """
    whole: Path = ("questions", question, *path)
    return Finding(code, message, pointer(*whole), question=question, ids=ids, path=whole)


def numbered(finding: Finding, document: object) -> Finding:
    """Put places in the document in the place of ids.

    Parameters
    ----------
    finding : Finding
    document : object
        The assignment as plain data.

    Returns
    -------
    Finding
    """
    path: list[str | int] = []
    here: Any = document
    for step in finding.path:
        named = step
        if isinstance(here, Sequence) and isinstance(step, str):
            ids = [one.get("id") if isinstance(one, Mapping) else None for one in here]
            named = ids.index(step) if step in ids else step
        path.append(named)
        try:
            here = here[named]
        except (KeyError, IndexError, TypeError):
            here = None
    return replace(finding, path=tuple(path), pointer=pointer(*path))


def found_in_file(fault: Fault, source: Source) -> Finding:
    """Give a fault its line, and the question that it lies in.

    Parameters
    ----------
    fault : Fault
    source : Source
        The file that it was found in.

    Returns
    -------
    Finding
    """
    line, column = source.position(fault.path)
    question = _question_at(fault.path, source.document)
    return Finding(
        fault.code,
        fault.message,
        pointer(*fault.path),
        line,
        column,
        question,
        path=fault.path,
    )


def _question_at(path: Path, document: object) -> str | None:
    """The id of the question that a place lies in; of a key that is there twice, the place may lie in the other one."""
    if path[:1] != ("questions",) or len(path) < 2 or not isinstance(document, dict):
        return None
    listed, index = document.get("questions"), path[1]
    if not isinstance(listed, list) or not isinstance(index, int) or index >= len(listed):
        return None
    question = listed[index].get("id") if isinstance(listed[index], dict) else None
    return question if isinstance(question, str) else None
