"""What is wrong with an input: collected with pointers, quoted harmlessly, raised as one refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from app.errors import Problem, Unprocessable, pointer
from app.language import Message, text

__all__ = ["MAX_PROBLEMS", "Problems", "quote"]

MAX_PROBLEMS = 100
QUOTED = 40


def quote(sent: str, limit: int = QUOTED) -> str:
    r"""Repeat what was sent, at most `limit` characters, with everything that does not print made harmless.

    White space becomes a space; control characters, lone surrogates and direction overrides become U+FFFD.

    Examples
    --------
    >>> quote("1\n2")
    '1 2'
    >>> quote("9" * 50, limit=5)
    '99999…'
    """
    shown = "".join(
        " " if character.isspace() else character if character.isprintable() else "\ufffd" for character in sent[:limit]
    )
    return shown + "…" if len(sent) > limit else shown


class Problems:
    """The problems found so far, in the order of the document.

    Finding the hundredth raises at once: a hostile input cannot make the answer long.
    """

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, at: Sequence[str | int], message: Message) -> None:
        """Note a problem at a place; lone surrogates in the pointer become U+FFFD."""
        self.found.append(Problem(pointer(*at), message))
        if len(self.found) >= MAX_PROBLEMS:
            self._refuse()

    def raise_any(self) -> None:
        """Raise `Unprocessable` with every problem, where there is one."""
        if self.found:
            self._refuse()

    def _refuse(self) -> NoReturn:
        first = self.found[0]
        place = quote(first.pointer, limit=80) or text("the top level")
        if len(self.found) == 1:
            detail = text(
                "Nothing was graded and no attempt was used. At {place}: {problem}",
                place=place,
                problem=first.message,
            )
        elif len(self.found) < MAX_PROBLEMS:
            detail = text(
                "Nothing was graded and no attempt was used. There are {count} problems, the first at {place}:"
                " {problem}",
                count=len(self.found),
                place=place,
                problem=first.message,
            )
        else:
            detail = text(
                "Nothing was graded and no attempt was used. There are {count} problems or more, the first at"
                " {place}: {problem}",
                count=len(self.found),
                place=place,
                problem=first.message,
            )
        raise Unprocessable(detail, self.found)
