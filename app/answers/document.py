"""The bytes of a request as strict JSON in which every number keeps the text it was sent as."""

from __future__ import annotations

import codecs
import json
import re
from typing import TypeAlias

import numpy as np

from app.answers.problems import quote
from app.errors import NotJson, TooLarge
from app.language import text

__all__ = ["MAX_BODY", "MAX_DEPTH", "Json", "NumberText", "read_json"]

MAX_BODY = 1 << 20
MAX_DEPTH = 32


class NumberText(str):
    """The exact text of a number that stood in a JSON document: not converted, so nothing can overflow."""

    __slots__ = ()


Json: TypeAlias = "bool | NumberText | str | list[Json] | dict[str, Json] | None"

# Opening brackets become +1 and closing ones -1 as signed bytes; everything else is deleted.
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[{]}"))

_STRING_OR_BARE = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[+-]?\b(?:nan|inf(?:inity)?)\b', re.DOTALL | re.IGNORECASE)
_BARE = re.compile(r"[+-]?(?:nan|inf(?:inity)?)\b", re.IGNORECASE)


def read_json(body: bytes) -> Json:
    """Read one JSON document (RFC 8259, UTF-8), keeping the text of its numbers.

    Parameters
    ----------
    body : bytes
        At most `MAX_BODY` of them; a leading byte order mark is ignored.

    Returns
    -------
    Json
        Numbers are `NumberText`. So are NaN and infinity written bare, which is not JSON: they are refused where
        a field is read, with a pointer to them.

    Raises
    ------
    TooLarge
        The body is longer than `MAX_BODY`.
    NotJson
        Not UTF-8, not JSON, an object repeats a key, or brackets are nested deeper than `MAX_DEPTH`.

    Examples
    --------
    >>> read_json(b'{"1.3": 5.470}')
    {'1.3': '5.470'}
    """
    if len(body) > MAX_BODY:
        raise TooLarge(
            text("The body has {length} bytes; at most {limit} can be read.", length=len(body), limit=MAX_BODY)
        )
    body = body.removeprefix(codecs.BOM_UTF8)
    try:
        document = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(text("The body is not UTF-8 at byte {offset}.", offset=error.start)) from error
    _refuse_deep(body)
    try:
        return _parse(document)
    except json.JSONDecodeError as error:
        if _BARE.match(document, error.pos) is None:
            raise _not_json(error) from error
    try:
        return _parse(_STRING_OR_BARE.sub(_canonical, document))
    except json.JSONDecodeError as error:
        raise _not_json(error) from error


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise NotJson(text("An object has the key “{key}” twice; keep one of the two.", key=quote(key)))
            seen.add(key)
    return made


_DECODER = json.JSONDecoder(
    parse_float=NumberText, parse_int=NumberText, parse_constant=NumberText, object_pairs_hook=_object
)


def _parse(document: str) -> Json:
    parsed: Json = _DECODER.decode(document)
    return parsed


def _canonical(found: re.Match[str]) -> str:
    """Spell a bare nan or inf as the decoder knows it, in as many characters; leave strings alone."""
    return found[0] if found[0].startswith('"') else "NaN".rjust(len(found[0]))


def _refuse_deep(body: bytes) -> None:
    """Raise where brackets outside strings nest deeper than `MAX_DEPTH`, before the recursive parser sees them.

    Without escapes, every second piece between quotation marks lies outside strings. The parser stops at the
    first error, and up to there this count is exact, so it never recurses deeper than what is counted here.
    """
    if b"\\" in body:
        body = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(body.split(b'"')[::2])
    steps = np.frombuffer(outside.translate(_STEPS, _NO_BRACKETS), dtype=np.int8)
    if steps.size and steps.cumsum(dtype=np.int32).max() > MAX_DEPTH:
        raise NotJson(text("The brackets are nested deeper than {limit}.", limit=MAX_DEPTH))


def _not_json(error: json.JSONDecodeError) -> NotJson:
    rest = error.doc[error.pos : error.pos + 60].strip()
    if not error.doc.strip():
        return NotJson(text("The body is empty; a JSON object is wanted."))
    if not rest:
        return NotJson(
            text(
                "The body is not JSON: it breaks off at line {line}, column {column}.",
                line=error.lineno,
                column=error.colno,
            )
        )
    return NotJson(
        text(
            "The body is not JSON: at line {line}, column {column} it says “{sent}”.",
            line=error.lineno,
            column=error.colno,
            sent=quote(rest, limit=20),
        )
    )
