"""Who reads the answer, and in which language: as asked, as they have set it, or as their browser prefers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from app.errors import Problem, Unprocessable
from app.language import LANGUAGES, Language, language_named, negotiate, text
from app.web.credentials import credential_of, service_of

__all__ = ["Preference", "decide", "language_headers", "preference_of", "reader_language"]

_SHOWN = 40  # characters of what was sent


@dataclass(frozen=True)
class Preference:
    """What a request itself says of languages.

    Parameters
    ----------
    asked : Language or None
        By ``?lang=``.
    accepted : Language
        By ``Accept-Language``; English where that names neither.
    """

    asked: Language | None
    accepted: Language

    def over(self, setting: Language | None) -> Language:
        """The language to answer in: what is asked goes before the reader's setting, and that before the header."""
        return self.asked or setting or self.accepted


def preference_of(request: Request) -> Preference:
    """What the request says of languages.

    Raises
    ------
    Unprocessable
        Where ``lang`` is given twice, or names no language that there is.
    """
    known: Preference | None = getattr(request.state, "preference", None)
    if known is None:
        known = Preference(None, negotiate(",".join(request.headers.getlist("accept-language"))))
        request.state.preference = known  # also where the query is refused: that is said somehow, too
        if request.scope["query_string"]:
            known = Preference(_asked(request), known.accepted)
            request.state.preference = known
    return known


def _asked(request: Request) -> Language | None:
    sent = QueryParams(request.scope["query_string"]).getlist("lang")
    if not sent:
        return None
    asked = language_named(sent[0])
    known = ", ".join(LANGUAGES)
    if len(sent) > 1:
        message = text("lang is given {count} times; give it once: {known}.", count=len(sent), known=known)
    elif asked is None:
        message = text("“{sent}” is not known here; wanted is: {known}.", sent=sent[0][:_SHOWN], known=known)
    else:
        return asked
    raise Unprocessable(text("A parameter of the request is not valid."), [Problem("/query/lang", message)])


async def reader_language(request: Request, *, ask: bool = True) -> Language:
    """The language that the reader of the answer reads; decided once for a request.

    Parameters
    ----------
    request : Request
        Its ``lang`` is valid: `app.web.speaking.Speaking` has looked at it.
    ask : bool, optional
        Whether the database is asked who that is; where it is in trouble itself, it is not.
    """
    if not hasattr(request.state, "language"):
        setting = None
        credential = credential_of(request) if ask else None
        if credential is not None and preference_of(request).asked is None:
            setting = await run_in_threadpool(service_of(request).setting, credential)
        decide(request, setting)
    return cast(Language, request.state.language)


def decide(request: Request, setting: Language | None) -> None:
    """Fix the language of the answer, where somebody's setting is known."""
    request.state.language = preference_of(request).over(setting)


def language_headers(request: Request, language: str) -> dict[str, str]:
    """What is said of an answer in a language: which it is, and on what that depended."""
    asked = preference_of(request).asked is not None
    return {
        "Content-Language": language,
        "Vary": "Authorization, Cookie" if asked else "Accept-Language, Authorization, Cookie",
    }
