"""Assignment files: whatever staff upload is looked through in bounded time, and every finding has its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from random import Random

from app.checking import lint, lint_document
from app.language import LANGUAGES
from tests.fuzz.documents import damaged
from tests.fuzz.material import SOURCES
from tests.fuzz.running import BrokenError, Input, Part
from tests.fuzz.texts import number, string

__all__ = ["Sources"]

ROUND = 50
_TOKEN = re.compile(rb"[A-Za-z_][A-Za-z0-9_.]*|-?[0-9][0-9.eE+-]*|[\[\]{}:,]")
_WORDS = (
    *(
        b"true",
        b"null",
        b"~",
        b"[]",
        b"{}",
        b"1e999",
        b".nan",
        b".inf",
        b"-1",
        b"0",
        b"1000000",
        b"1e308",
        b"1e-320",
        b"&a",
    ),
    *(
        b"*a",
        b"!!python/name:os",
        b"!!str",
        b"<<",
        b"? ",
        b"|",
        b">",
        b"- ",
        b"%YAML 1.2",
        b"---",
        b"...",
        b"\t",
        b"0o17",
    ),
    *(b"2026-13-45", b"0x10", b"1:59", b"yes", b"\xff", b"\0", b"\xc0\x80", b"[[[[[[[[", b"{a: {a: {a: ", b"'", b'"'),
)


@cache
def _words() -> tuple[bytes, ...]:
    """Every word of the files, so that solvers, options and symmetries land where others belong."""
    return tuple(sorted({word for source in SOURCES.values() for word in _TOKEN.findall(source)}))


class Sources(Part):
    """Changed assignment files."""

    name = "files"
    base = 96 << 20
    """The service remembers the last 64 assignments, and of 4,096 questions what is said where nothing was sent and
    which symmetries apply: some 2,000 files of 30 KiB each, which hardly anybody uploads."""

    def inputs(self, rng: Random) -> Iterator[Input]:
        """Files with a few words changed; the small ones more often, which take less time."""
        small = [slug for slug in SOURCES if slug not in ("hw3", "practice")]
        for _ in range(ROUND):
            source = SOURCES[rng.choice(small if rng.random() < 0.8 else list(SOURCES))]
            for _ in range(rng.choice((1, 1, 1, 2, 4))):
                source = damaged(rng, source) if rng.random() < 0.1 else _changed(rng, source)
            yield Input(source)

    def judge(self, sent: Input) -> str:
        """Lint, and write down what it says."""
        linted = lint(sent.data)
        if len(linted.findings) > 100:
            raise BrokenError(f"{len(linted.findings)} findings")
        if linted.assignment is None and not linted.findings:
            raise BrokenError("no assignment, and nothing that is wrong")
        for language in LANGUAGES:
            json.dumps(lint_document(linted, language), ensure_ascii=False, allow_nan=False).encode("utf-8")
        return "findings" if linted.findings else "accepted"


def _changed(rng: Random, source: bytes) -> bytes:
    """Change a word, a line, or how deep a line stands."""
    lines = source.splitlines(keepends=True)
    place = rng.randrange(len(lines))
    if rng.random() < 0.6:
        found = list(_TOKEN.finditer(lines[place]))
        if found:
            one = rng.choice(found)
            lines[place] = lines[place][: one.start()] + _word(rng) + lines[place][one.end() :]
            return b"".join(lines)
    match rng.randrange(5):
        case 0:
            del lines[place]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[place])
        case 2:
            lines[place] = b"  " * rng.randrange(4) + lines[place].lstrip()
        case 3:
            end = min(len(lines), place + rng.randrange(1, 12))
            lines[place:end] = lines[place:end] * rng.choice((2, 2, 40))
        case _:
            lines[place] = lines[place].rstrip() + b" " + _word(rng) + b"\n"
    return b"".join(lines)


def _word(rng: Random) -> bytes:
    match rng.randrange(5):
        case 0 | 1:
            return rng.choice(_words())
        case 2:
            return rng.choice(_WORDS)
        case 3:
            return number(rng).encode()
        case _:
            return string(rng)[:200].encode("utf-8", "surrogatepass")
