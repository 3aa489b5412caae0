"""A form with one file in it (multipart/form-data), read as it arrives: the file goes to the disk, never to memory."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.answers.problems import quote
from app.errors import NotForm, Problem, TooLarge, TooSlow, Unprocessable, pointer
from app.language import Message, text

__all__ = ["FILE_PART", "Form", "receive_form"]

FILE_PART = "file"

_REST = 1 << 16  # bytes of everything but the file, at most
_WORDS = 1024  # bytes of a part that is not the file, at most
_WRITTEN = 1 << 20  # bytes that are written to the disk together
_RATE = 1 << 15  # bytes a second below which nobody is waited for


@dataclass
class Form:
    """A form as it was read.

    Parameters
    ----------
    content : IO
        What is in the file.
    """

    content: IO[bytes]
    parts: dict[str, str] = field(default_factory=dict)
    file_name: str | None = None
    size: int = 0
    sha256: str = ""


@asynccontextmanager
async def receive_form(
    request: Request, names: Collection[str], limit: int, seconds: float, folder: Path
) -> AsyncIterator[Form]:
    """Read a form of a few short texts and one file; the file is deleted when the block ends.

    Parameters
    ----------
    request : Request
    names : collection of str
        The parts that there may be beside the file, each at most once.
    limit : int
        Bytes of the file at most; nothing is read beyond.
    seconds : float
        How long nothing may arrive. Who sends less than 32 KiB a second for longer is not waited for either.
    folder : Path
        Where the file is put meanwhile.

    Raises
    ------
    NotForm
        Where it is no such form, or breaks off.
    Unprocessable
        Where a part is unknown, is there twice or is missing.
    TooLarge, TooSlow
    """
    with TemporaryFile(dir=folder) as content:
        form = Form(content)
        reader = _Reader(form, names, limit, _boundary(request))
        try:
            await _feed(request, reader, limit + _REST, seconds)
        except (TimeoutError, ClientDisconnect) as error:  # whoever has left does not hear it
            message = text(
                "The file did not arrive in time; nothing was kept. Please send it again, over a faster connection or"
                " in a smaller size."
            )
            raise TooSlow(message) from error
        except FormParserError as error:
            raise _broken() from error
        reader.finish()
        content.seek(0)
        yield form


async def _feed(request: Request, reader: _Reader, most: int, seconds: float) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:19]) > most:
        raise too_large(reader.limit)
    started, arrived = asyncio.get_running_loop().time(), 0
    async with asyncio.timeout_at(started + seconds) as deadline:
        async for chunk in request.stream():
            arrived += len(chunk)
            if arrived > most:
                raise too_large(reader.limit)
            reader.feed(chunk)
            if len(reader.pending) >= _WRITTEN:
                await run_in_threadpool(reader.write)
            deadline.reschedule(started + seconds + arrived / _RATE)
    await run_in_threadpool(reader.write)


def too_large(limit: int) -> TooLarge:
    """The refusal of a file that is longer than any may be."""
    return TooLarge(text("A file may have at most {limit} bytes; this one is larger. Send a smaller one.", limit=limit))


def _broken() -> NotForm:
    return NotForm(
        text("The form is broken or breaks off before its end, so that nothing was kept. Please send it again.")
    )


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        message = text(
            "A form of type multipart/form-data with a boundary is wanted; what arrived calls itself “{kind}”.",
            kind=quote(kind.decode("latin-1")),
        )
        raise NotForm(message)
    return options[b"boundary"]


class _Reader:
    """Hears from the parser what is in the body, and refuses as soon as something may not be there."""

    def __init__(self, form: Form, names: Collection[str], limit: int, boundary: bytes) -> None:
        self.form, self.limit = form, limit
        self.pending = bytearray()
        self._names = names
        self._digest = hashlib.sha256()
        self._ended = False
        self._part = ""
        self._words = bytearray()
        self._header = (bytearray(), bytearray())
        self._disposition = ""
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._head,
                    "on_headers_finished": self._open,
                    "on_part_data": self._data,
                    "on_part_end": self._close,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:  # a boundary that cannot be one
            raise _broken() from error

    def feed(self, chunk: bytes) -> None:
        """Read on."""
        if chunk:
            self._parser.write(chunk)

    def write(self) -> None:
        """Put on the disk what is pending of the file."""
        self._digest.update(self.pending)
        self.form.content.write(self.pending)
        self.pending.clear()

    def finish(self) -> None:
        """Refuse what is not whole."""
        if not self._ended:
            raise _broken()
        if self.form.file_name is None:
            raise _misfit((), text("The part “{name}” is missing: the file itself.", name=FILE_PART))
        self.form.sha256 = self._digest.hexdigest()

    def _begin(self) -> None:
        self._disposition = ""
        self._words.clear()

    def _head(self) -> None:
        name, value = (bytes(one).decode("latin-1") for one in self._header)
        if name.lower() == "content-disposition":
            self._disposition = value
        if name.lower() == "content-transfer-encoding" and value.strip().lower() not in ("binary", "8bit", "7bit"):
            raise NotForm(text("A part is encoded as {encoding}. Send it as it is.", encoding=quote(value)))
        for one in self._header:
            one.clear()

    def _open(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name != FILE_PART and name not in self._names:
            known = ", ".join((*self._names, FILE_PART))
            raise _misfit(
                (name,), text("There is no part “{sent}”. The parts are {known}.", sent=quote(name), known=known)
            )
        if name in self.form.parts or (name == FILE_PART and self.form.file_name is not None):
            raise _misfit((name,), text("The part “{name}” is there twice; keep one of the two.", name=name))
        if name == FILE_PART:
            self.form.file_name = options.get(b"filename", b"").decode("utf-8", "replace")
        self._part = name

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part == FILE_PART:
            self.form.size += end - start
            if self.form.size > self.limit:
                raise too_large(self.limit)
            self.pending += data[start:end]
        else:
            self._words += data[start:end]
            if len(self._words) > _WORDS:
                message = text("The part “{name}” is longer than {limit} bytes.", name=self._part, limit=_WORDS)
                raise _misfit((self._part,), message)

    def _close(self) -> None:
        if self._part != FILE_PART:
            try:
                self.form.parts[self._part] = self._words.decode("utf-8")
            except UnicodeDecodeError as error:
                message = text("The part “{name}” is not UTF-8.", name=self._part)
                raise _misfit((self._part,), message) from error

    def _end(self) -> None:
        self._ended = True


def _misfit(at: tuple[str, ...], message: Message) -> Unprocessable:
    place = pointer(*at)
    return Unprocessable(text("The file was not kept: {problem}", problem=message), [Problem(place, message)])
