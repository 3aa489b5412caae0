"""Submissions as bytes: valid ones changed in their structure, in their numbers' texts, and byte by byte."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from tests.fuzz.material import Target, targets
from tests.fuzz.texts import number, pasted, string

__all__ = ["Pairs", "Raw", "body", "changed", "damaged", "submission", "write"]

LARGE = 4000
"""One input in so many is about as large as may be, or a little larger."""

_MIB = 1 << 20
_DEEPEST = 500
_JSON = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?|NaN|-?Infinity")


class Raw(str):
    """JSON as it is written, or what is none."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object whose keys may repeat."""


def write(value: object, *, ascii_only: bool = True) -> str:
    """Write JSON, with what is raw in it."""
    match value:
        case Raw():
            return str(value)
        case Pairs():
            members = (f"{json.dumps(key)}: {write(one, ascii_only=ascii_only)}" for key, one in value)
            return "{" + ", ".join(members) + "}"
        case dict():
            return write(Pairs(value.items()), ascii_only=ascii_only)
        case list():
            return "[" + ", ".join(write(one, ascii_only=ascii_only) for one in value) + "]"
        case _:
            return json.dumps(value, ensure_ascii=ascii_only)


def submission(rng: Random, target: Target | None = None) -> dict[str, Any]:
    """A valid submission with perfect answers to a few questions."""
    chosen = target or rng.choice(targets())
    questions = rng.sample(sorted(chosen.answers), min(len(chosen.answers), rng.choice((1, 1, 1, 2, 3))))
    return {
        "course": "ml",
        "assignment": chosen.slug,
        "student": f"b{rng.randrange(50)}",
        "answers": {question: json.loads(chosen.answers[question]) for question in questions},
    }


def body(rng: Random) -> bytes:
    """A submission as it might arrive."""
    if rng.randrange(LARGE) == 0:
        return _large(rng)
    document: Any = submission(rng)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 6))):
        document = _changed(rng, document)
    written = write(document, ascii_only=rng.random() < 0.8).encode("utf-8", "surrogatepass")
    return damaged(rng, written) if rng.random() < 0.15 else written


def changed(rng: Random, written: bytes) -> bytes:
    """Bytes with one place of the document changed, where they are one; else changed byte by byte."""
    if written.count(b"[") + written.count(b"{") > _DEEPEST:  # Python cannot always recover from its stack's end
        return damaged(rng, written)
    try:
        return write(_changed(rng, json.loads(written))).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # no JSON, or numbers of thousands of digits
        return damaged(rng, written)


def _changed(rng: Random, document: Any) -> Any:  # noqa: ANN401 - any JSON document
    """Change one place, most of the time deep inside the answers."""
    holder: Any = [document]
    key: Any = 0
    while isinstance(node := holder[key], dict | list) and not isinstance(node, Pairs) and node:
        if rng.random() < 0.12:
            break
        holder = node
        key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
        if holder is document and isinstance(node, dict) and "answers" in node and rng.random() < 0.85:
            key = "answers"
    changed = rng.choice(_CHANGES)(rng, node)
    if holder[key] is document:
        return changed
    holder[key] = changed
    if isinstance(holder, dict) and rng.random() < 0.05:
        renamed = Pairs(holder.items())
        renamed.append((rng.choice((key, string(rng))), changed))
        holder[key] = renamed
    return document


def _numbers(rng: Random, node: object) -> object:
    """Another number in the place of each."""
    if isinstance(node, list):
        return [_numbers(rng, one) for one in node]
    written = number(rng)
    return Raw(written) if _JSON.fullmatch(written) or rng.random() < 0.05 else written


def _one_number(rng: Random, node: object) -> object:
    """Another number in the place of one."""
    if isinstance(node, list) and node:
        place = rng.randrange(len(node))
        return [*node[:place], _one_number(rng, node[place]), *node[place + 1 :]]
    return _numbers(rng, node)


def _reshaped(rng: Random, node: object) -> object:
    if not isinstance(node, list) or not node:
        return [node] * rng.choice((0, 1, 2, 3, 200))
    match rng.randrange(6):
        case 0:
            return node[:-1]
        case 1:
            return [*node, node[0]]
        case 2:
            return [one[0] if isinstance(one, list) and one else one for one in node]
        case 3:
            return node[0]
        case 4:
            return [list(row) for row in zip(*(one if isinstance(one, list) else [one] for one in node), strict=False)]
        case _:
            return [node]


def _nested(rng: Random, node: object) -> Raw:
    deep = rng.choice((1, 5, 28, 31, 32, 33, 2000))
    opening, closing = rng.choice((("[", "]"), ('{"re": ', "}"), ("[[", "]]")))
    return Raw(opening * deep + write(node) + closing * rng.choice((deep, deep, deep - 1)))


def _constant(rng: Random, _node: object) -> object:
    return rng.choice((None, True, False, {}, [], "", 0, -1.5, [[]], {"re": 1}, {"re": 1, "im": "2"}, Raw("-"), [None]))


def _complex(rng: Random, node: object) -> object:
    if isinstance(node, list):
        return [_complex(rng, one) for one in node]
    return rng.choice(({"re": Raw(number(rng)), "im": number(rng)}, {"im": node}, f"{node}+1j", f"{node} - {node}i"))


_CHANGES: tuple[Callable[[Random, Any], Any], ...] = (
    _one_number,
    _one_number,
    _numbers,
    _reshaped,
    _nested,
    _constant,
    _complex,
    pasted,
    pasted,
    pasted,
    lambda rng, _node: string(rng),
    lambda rng, node: node if isinstance(node, Pairs) else Pairs([(string(rng), node), (string(rng), node)]),
)
_BYTES = (
    *(b"\0", b"\xff", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\x80"),
    *(
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xc3",
        b"\xe2\x82",
        b"\\u",
        b"\\ud800",
    ),
    *(
        b"\\u0000",
        b"\\udc00\\ud800",
        b'"',
        b"\\",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b":",
        b"//",
        b"/*",
        b"\r",
        b"\x1a",
        b"NaN",
    ),
)


def damaged(rng: Random, written: bytes) -> bytes:
    """Bytes changed without a look at what they mean."""
    for _ in range(rng.choice((1, 1, 2, 5))):
        place = rng.randrange(len(written) + 1)
        end = min(len(written), place + rng.randrange(1, 40))
        match rng.randrange(8):
            case 0:
                written = written[:place]
            case 1:
                written = written[:place] + written[end:]
            case 2 | 3:
                written = written[:place] + rng.choice(_BYTES) + written[place:]
            case 4:
                written = written[:place] + rng.randbytes(end - place) + written[end:]
            case 5:
                written = written[:end] + written[place:end] * rng.choice((1, 20)) + written[end:]
            case 6 if written:
                flipped = bytes([written[place - 1] ^ 1 << rng.randrange(8)])
                written = written[: place - 1] + flipped + written[place:] if place else flipped + written[1:]
            case _:
                written = _encoded(rng, written)
    return written


def _encoded(rng: Random, written: bytes) -> bytes:
    text = written.decode("utf-8", "replace")
    match rng.randrange(8):
        case 0:
            return text.encode("utf-16")
        case 1:
            return text.encode("utf-32-be")
        case 2:
            return gzip.compress(written, 1)
        case 3:
            return b"\xef\xbb\xbf" + written
        case _:
            return written


def _large(rng: Random) -> bytes:
    """About 1 MiB."""
    unit, opening, closing = rng.choice(_LARGE)
    most = _MIB - len(opening) - len(closing) + rng.choice((-1000, 0, 1))
    return opening + (unit * (most // len(unit) + 1))[:most] + closing


_INSIDE = b'{"assignment": "hw3", "answers": {"1.3": '
_AXES = b'{"assignment": "hw3", "answers": {"1.1": {"axes": '
_ROOTS = b'{"assignment": "kinds", "answers": {"4": '
_LARGE = tuple(
    (unit, before + opening, closing + b"}" * before.count(b"{"))
    for before in (_INSIDE, _AXES, _ROOTS)
    for unit, opening, closing in (
        *((b"1,", b"[", b"1]"), (b"[1],", b"[", b"1]"), (b"[", b"", b""), (b"9", b"", b""), (b"9", b"1.", b"")),
        *((b"0", b"1e", b""), (b"1 ", b'"', b'"'), (b"[", b'"', b'"'), (b"\\n", b'"', b'"'), (b"\\", b'"', b'"')),
        *((b"NaN,", b"[", b"1]"), (b"nan ", b"[", b"]"), (b'"a":1,', b"{", b'"b":1}'), (b"\\ud800", b'"', b'"')),
        *((b" ", b"", b"1"), (b'"",', b"[", b"1]"), (b"null,", b"[", b"1]"), (b"{},", b"[", b"1]"), (b'"', b"", b"")),
        *((b"\xe8\xad\x89", b'"', b'"'), (b"[1,[2]],", b"[", b"1]"), (b"1e400,", b"[", b"1]"), (b"\0", b'"', b'"')),
    )
)  # fmt: skip
