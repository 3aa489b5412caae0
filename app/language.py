"""Messages that a person reads, in English where they are raised and in Traditional Chinese by catalogue.

The English template stands beside the code that says it, marked by `text`; the translations stand in
``app/locale/zh_TW/LC_MESSAGES/upto.po``. A test extracts every marked template and fails where one has no
translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = ["LANGUAGES", "Language", "Message", "negotiate", "render", "text"]

Language = Literal["en", "zh-TW"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-TW")

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


def negotiate(accept_language: str | None) -> Language:
    """Choose the language that an ``Accept-Language`` header prefers; English where it names neither.

    Any Chinese counts as Traditional Chinese: it is the only Chinese there is here.
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
