"""A name for answers as they were read, so that the same answers sent again are known."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import numpy as np

from app.answers.numbers import decimals
from app.answers.records import Answer, FileAnswer, TextAnswer

__all__ = ["answers_digest"]

_PLAIN = re.compile(r"(?:-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:\n|$))++")
"""Spellings that differ where values or decimals differ."""
_MINUS = re.compile(r"^-(?=0(?:\.0+)?$)", re.MULTILINE)
"""The sign of zero."""
_MOST = 40


def answers_digest(answers: Mapping[str, Mapping[str, Answer]]) -> str:
    """Name answers by what is graded of them.

    Parameters
    ----------
    answers : mapping of str to mapping of str to Answer
        By question and field.

    Returns
    -------
    str
        The same for the same fields with the same values, to as many decimals, or with the same text, however they
        were spelled and in whatever order they were sent.

    Examples
    --------
    >>> answers_digest({"1": {"x": TextAnswer("a")}}) == answers_digest({"2": {}, "1": {"x": TextAnswer("a")}})
    True
    >>> answers_digest({"1": {"x": TextAnswer("a")}}) == answers_digest({"1": {"y": TextAnswer("a")}})
    False
    """
    digest = hashlib.sha256()
    for question in sorted(answers):
        for name in sorted(answers[question]):
            what, content = _content(answers[question][name])
            digest.update(repr((question, name, what, len(content))).encode())
            digest.update(content)
    return digest.hexdigest()


def _content(answer: Answer) -> tuple[object, bytes]:
    if isinstance(answer, TextAnswer):
        return None, answer.text.encode("utf-8", "surrogatepass")
    if isinstance(answer, FileAnswer):
        return "file", answer.id.encode()
    if answer.labels:
        return "labels", repr(answer.values.tolist()).encode()
    written = _MINUS.sub("", "\n".join(answer.texts))
    if _PLAIN.fullmatch(written) is None:
        parts = answer.values.view(np.float64) if np.iscomplexobj(answer.values) else answer.values
        values = parts.ravel().tolist()
        written = "\n".join(map(_respelled, answer.texts, values))
    return answer.values.shape, written.encode()


def _respelled(written: str, value: float) -> str:
    """A number in the plain spelling, in which most are sent."""
    shown = decimals(written)
    if shown is None:
        return f"{value!r}/"
    if shown > _MOST:
        return f"{value!r} {shown}"
    return f"{value:.{shown}f}" if value else f"{0:.{shown}f}"
