"""Which request, or which of several, a thread or a task works for; every line that it logs says so."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

__all__ = [
    "Asked",
    "about",
    "begin",
    "choose_request_id",
    "current_ids",
    "current_request_id",
    "note_caller",
    "note_course",
]

_KEPT = re.compile(rb"[A-Za-z0-9._-]{1,64}")


@dataclass
class Asked:
    """A request, and what becomes known of it while it is answered.

    Parameters
    ----------
    id : str
        What it is called in logs, in the header ``X-Request-Id`` and in problem documents.
    role : {"staff", "learner"}, optional
        Of the caller.
    course : str, optional
    """

    id: str
    role: str | None = None
    course: str | None = None


_asked: ContextVar[Asked | None] = ContextVar("upto_asked", default=None)
_ids: ContextVar[Sequence[str]] = ContextVar("upto_request_ids", default=())


def choose_request_id(sent: Sequence[bytes]) -> str:
    """The one that was sent, where it is one of 1 to 64 plain characters; otherwise a random one.

    Examples
    --------
    >>> choose_request_id([b"proxy-7.a"])
    'proxy-7.a'
    >>> len(choose_request_id([b"two words"])), len(choose_request_id([b"a", b"b"])), len(choose_request_id([]))
    (32, 32, 32)
    """
    if len(sent) == 1 and _KEPT.fullmatch(sent[0]):
        return sent[0].decode("ascii")
    return uuid.uuid4().hex


def begin(asked: Asked) -> None:
    """Let what this task does from now on, and the threads that it asks, be for a request: until the task ends."""
    _asked.set(asked)
    _ids.set((asked.id,))


def current_request_id() -> str | None:
    """The request that is being answered here."""
    asked = _asked.get()
    return None if asked is None else asked.id


def current_ids() -> Sequence[str]:
    """The requests for which something is being done here."""
    return _ids.get()


@contextmanager
def about(ids: Iterable[str | None]) -> Iterator[None]:
    """Let what is logged inside name these requests; where there are none, those that were named before."""
    named = tuple(one for one in ids if one is not None)
    if not named:
        yield
        return
    token = _ids.set(named)
    try:
        yield
    finally:
        _ids.reset(token)


def note_caller(*, staff: bool) -> None:
    """Remember what the caller of the current request is: never who."""
    asked = _asked.get()
    if asked is not None:
        asked.role = "staff" if staff else "learner"


def note_course(slug: str | None) -> None:
    """Remember a course that the current request is about, and that exists."""
    asked = _asked.get()
    if asked is not None and slug is not None:
        asked.course = slug
