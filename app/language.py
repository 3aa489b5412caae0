"""Messages that a person reads, in English where they are raised and in Traditional Chinese by catalogue.

The English template stands beside the code that says it, marked by `text`; the translations stand in
``app/locale/zh_TW/LC_MESSAGES/upto.po``. A test extracts every marked template and fails where one has no
translation.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = ["LANGUAGES", "Language", "Message", "language_named", "negotiate", "render", "surrounding_language", "text"]

Language = Literal["en", "zh-TW"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-TW")

_TAG = re.compile(r"(en|zh)(?:[-_][a-z0-9]{1,8})*", re.ASCII | re.IGNORECASE)
_CATALOGUE = Path(__file__).parent / "locale" / "zh_TW" / "LC_MESSAGES" / "upto.po"


@dataclass(frozen=True)
class Message:
    """A template in English and what to fill in; `render` says it in a language."""

    template: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return render(self, "en")


def text(template: str, /, **parameters: object) -> Message:
    """Mark a template for translation and bind its parameters (which may be messages themselves)."""
    return Message(template, parameters)


@cache
def _translations() -> dict[str, str]:
    from babel.messages.pofile import read_po  # only where something is said in Chinese

    with _CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_TW", domain="upto")
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string}


def render(message: Message, language: Language) -> str:
    """Say the message in the language; a template without translation is said in English."""
    template = message.template if language == "en" else _translations().get(message.template, message.template)
    filled = {
        name: render(value, language) if isinstance(value, Message) else value
        for name, value in message.parameters.items()
    }
    return template.format_map(filled)


def language_named(tag: str) -> Language | None:
    """The language that a tag names, however it is spelt; None where it is neither of the two.

    Any Chinese counts as Traditional Chinese: it is the only Chinese there is here.

    Examples
    --------
    >>> [language_named(tag) for tag in ("zh_tw", "zh-Hant-TW", "EN-us", "fr")]
    ['zh-TW', 'zh-TW', 'en', None]
    """
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    return "zh-TW" if found[1].lower() == "zh" else "en"


def surrounding_language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of messages that a POSIX environment asks for; English where it names neither.

    Parameters
    ----------
    environment : mapping of str to str, optional
        The first of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` that is set and not empty counts.
    """
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return language_named(re.split("[.@]", locale, maxsplit=1)[0]) or "en"


def negotiate(accept_language: str | None) -> Language:
    """Choose the language that an ``Accept-Language`` header prefers; English where it names neither.

    Any Chinese counts as Traditional Chinese.
    """
    best: tuple[float, Language] = (0.0, "en")
    for part in (accept_language or "").split(","):
        tag, _, rest = part.strip().partition(";")
        try:
            quality = float(rest.strip().lower().removeprefix("q=")) if rest else 1.0
        except ValueError:
            quality = 0.0
        primary = tag.strip().lower().partition("-")[0]
        if primary in ("zh", "en") and best[0] < quality <= 1.0:  # neither NaN nor what is outside 0 to 1
            best = (quality, "zh-TW" if primary == "zh" else "en")
    return best[1]
