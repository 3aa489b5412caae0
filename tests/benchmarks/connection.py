"""A minimal HTTP/1.1 client connection: of an answer it reads the status and the length."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Connection"]

_NAME = b"content-length:"


class Connection(asyncio.Protocol):
    """One keep-alive connection: a request out, an answer in.

    Parameters
    ----------
    ended : callable
        Called when a request has ended, with the connection and with what was wrong; empty where it was answered 201.
    """

    def __init__(self, ended: Callable[[Connection, str], None]) -> None:
        self._ended = ended
        self._buffer = b""
        self._busy = False
        self._transport: asyncio.WriteTransport | None = None
        self.since = 0.0

    @property
    def lost(self) -> bool:
        """Whether the connection is gone."""
        return self._transport is None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # a stream's transport can be written to

    def connection_lost(self, exception: Exception | None) -> None:
        self._transport = None
        if self._busy:
            self._ended(self, f"lost connection ({exception or 'closed by the server'})")

    def send(self, request: bytes, since: float) -> None:
        """Send a request whose latency counts from a time."""
        assert self._transport is not None
        self.since = since
        self._busy = True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + _content_length(data, end):
            self._buffer = data
            return
        self._buffer = b""
        self._busy = False
        self._ended(self, "" if data.startswith(b"HTTP/1.1 201 ") else data[9:300].decode(errors="replace"))


def _content_length(data: bytes, end: int) -> int:
    """The length of the content; an answer without one is a mistake of the benchmark's and ends it."""
    start = data.find(_NAME, 0, end)
    if start < 0:
        start = data[:end].lower().index(_NAME)
    start += len(_NAME)
    return int(data[start : data.find(b"\r\n", start)])
