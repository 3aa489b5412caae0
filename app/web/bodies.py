"""Request bodies: whole within a limit, or line by line as they arrive."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile

from fastapi import Request
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.answers import MAX_BODY
from app.errors import TooLarge, TooSlow
from app.language import text

__all__ = ["LineStream", "read_body", "read_lines"]

_IN_MEMORY = 8 << 20  # bytes of a stream that are kept in memory before they go to a temporary file
_CHUNK = 1 << 16
_BATCH = 128  # lines that are graded together at most


async def read_body(request: Request, seconds: float) -> bytes:
    """Read a body of at most 1 MiB; a longer one is not read to its end.

    Raises
    ------
    TooLarge
        Where it is longer.
    TooSlow
        Where it has not arrived whole within so many seconds.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > MAX_BODY:
                    raise TooLarge(
                        text("The body is longer than {limit} bytes, which is the most that is read.", limit=MAX_BODY)
                    )
                chunks.append(chunk)
    except (TimeoutError, ClientDisconnect) as error:  # whoever has left does not hear it
        message = text(
            "The body did not arrive within {seconds} seconds; nothing was kept. Please send it again.",
            seconds=f"{seconds:g}",
        )
        raise TooSlow(message) from error
    return b"".join(chunks)


class LineStream(StreamingResponse):
    """A streamed answer to a request that is still arriving.

    Starlette's own response listens for the client's leaving, which under uvicorn takes the body's messages away.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send the answer without reading anything."""
        with contextlib.suppress(ClientDisconnect, OSError):
            await self.stream_response(send)


async def read_lines(request: Request) -> AsyncIterator[list[bytes | None]]:
    """Read a body's lines in batches, as they arrive; blank ones are left out, and one over 1 MiB is None.

    Notes
    -----
    Arriving bytes are put aside by a task of their own. Many clients send everything before they read anything;
    if reading waited for the answers to be taken, both sides would wait for ever. A client that waits for
    each answer before it sends the next line is served as well.
    """
    spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed below
    written, arrived, ended = 0, asyncio.Event(), False

    async def put_aside() -> None:
        nonlocal written, ended
        try:
            async for chunk in request.stream():
                spool.seek(written)
                spool.write(chunk)
                written += len(chunk)
                arrived.set()
        finally:
            ended = True
            arrived.set()

    reader = asyncio.create_task(put_aside())
    splitter = _Splitter()
    taken = 0
    try:
        while True:
            if taken == written:
                if ended:
                    break
                arrived.clear()
                await arrived.wait()
                continue
            spool.seek(taken)
            piece = spool.read(_CHUNK)
            taken += len(piece)
            lines = splitter.feed(piece)
            for start in range(0, len(lines), _BATCH):
                yield lines[start : start + _BATCH]
        await reader  # a client that left in the middle raises here
        if rest := splitter.end():
            yield rest
    finally:
        reader.cancel()
        spool.close()


class _Splitter:
    """Cut a stream of bytes into lines without keeping more than one line's limit."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, piece: bytes) -> list[bytes | None]:
        """The lines that are complete with this piece."""
        *complete, self._rest = (self._rest + piece).split(b"\n")
        lines: list[bytes | None] = []
        for line in complete:
            if self._skipping or len(line) > MAX_BODY:
                lines.append(None)
            elif line.strip():
                lines.append(line)
            self._skipping = False
        if len(self._rest) > MAX_BODY:
            self._skipping, self._rest = True, b""
        return lines

    def end(self) -> list[bytes | None]:
        """The last line, where it has no line break."""
        if self._skipping:
            return [None]
        return [self._rest] if self._rest.strip() else []
