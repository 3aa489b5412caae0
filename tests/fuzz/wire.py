"""A real server, sent bytes that are hardly HTTP: it answers or hangs up, and serves everybody else."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.faults.client import TOKEN, get
from tests.faults.server import Server
from tests.fuzz import documents
from tests.fuzz.requests import ADMIN, LEARNER, STAFF, Sending, request
from tests.fuzz.running import BrokenError, Input, Part, resident, times_of

__all__ = ["Wire", "started"]

ROUND = 50
_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")
_COMPLAINT = re.compile(r"Traceback|\b[A-Z][A-Za-z]*Warning:|ERROR|CRITICAL|\"level\": ?\"(?:error|critical)\"")
_SILENCE = 0.2
_WHOLE = 3.0
_ODD = (
    *(b"", b"\r\n\r\n", b"GET", b"GET /\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/0.9\r\n\r\n", b"\0" * 1000),
    *(
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/1.0\r\n\r\n",
    ),
    *(
        b"GET http://evil.example/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    ),
    *(
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /" + b"a" * 200_000,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000,
    ),
    *(b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 200_000 + b"\r\n\r\n", b"GET /healthz HTTP/1.1\nHost: x\n\n"),
    *(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 20, b"GET /healthz\tHTTP/1.1\r\nHost: x\r\n\r\n", b"\x05\x01\x00"),
    b"GET /docs HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
)
_LINES = (
    *(b"Content-Length: 0", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999"),
    *(b"Content-Length: 1, 1", b"Content-Length: 0x10", b"Content-Length : 3", b"Transfer-Encoding: chunked"),
    *(
        b"Transfer-Encoding: gzip, chunked",
        b"Transfer-Encoding: identity",
        b"Transfer-Encoding:\x0bchunked",
        b"Host: y",
    ),
    *(b"Host:", b"Host: a\x00b", b" folded", b"NoColon", b": nameless", b"N\xc3\xa4me: x", b"A: \x00", b"A: \rB: c"),
    *(
        b"Expect: 100-continue",
        b"Connection: keep-alive",
        b"Content-Encoding: gzip",
        b"X: " + b"y" * 70_000,
        b"\x7f: 1",
    ),
)
_CHUNKS = (
    *(
        b"0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"ffffffffffffffffff\r\n",
        b"-1\r\n",
        b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    ),
    *(
        b"5\r\nhel",
        b"zz\r\n",
        b"0\r\nContent-Length: 5\r\n\r\n",
        b"1\r\n{\r\n" * 2000,
        b"00000000000000000001\r\n{\r\n0\r\n\r\n",
    ),
)


def started(folder: Path) -> Server:
    """A server whose log says every warning once.

    Bodies have a second to arrive, so that who never sends them is soon told so.
    """
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "default"
    try:
        server = Server(folder, {"BODY_SECONDS": "1"})
        server.start()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before
    return server


def complaints(folder: Path, server: Server) -> list[str]:
    """The lines of a server's log that tell of a failure of ours, or of a warning."""
    written = (folder / f"log-{server.port}").read_text(encoding="utf-8", errors="replace")
    return [line for line in written.splitlines() if _COMPLAINT.search(line)]


class Wire(Part):
    """Raw bytes to a real server."""

    name = "wire"
    base = 160 << 20
    """Two passwords at once take 64 MiB each, and what the server loads late comes after its first answers."""

    def open(self, seed: int) -> None:  # noqa: ARG002 - the same for every seed
        """Start the server."""
        self._folder = TemporaryDirectory(prefix="upto-fuzz-")
        self._server = started(Path(self._folder.name))
        self._processes = self._server.processes()

    def close(self) -> None:
        """Stop it."""
        self._server.kill()
        self._folder.cleanup()

    def inputs(self, rng: Random) -> Iterator[Input]:
        """Requests of the HTTP part written out, changed, and what is none."""
        return (Input(_bytes(rng), about=_cuts(rng)) for _ in range(ROUND))

    def judge(self, sent: Input) -> str:
        """Send the bytes in pieces; whatever is answered is no failure of ours."""
        cuts: Sequence[int] = sent.about or ()
        answer = self._exchange(sent.data, cuts)
        statuses = [int(found) for found in _STATUS.findall(answer)]
        if any(status >= 500 for status in statuses):
            raise BrokenError(f"answered {answer[:500]!r}")
        if answer and not statuses:
            raise BrokenError(f"an answer that is none: {answer[:500]!r}")
        return str(statuses[-1]) if statuses else "hung up"

    def end_round(self) -> None:
        """Somebody else is served as ever, by the same processes, and the log tells of no failure."""
        if get(self._server.port, "/readyz").status != 200 or self._server.processes() != self._processes:
            raise BrokenError("the server does not serve any more, or started anew")
        said = complaints(Path(self._folder.name), self._server)
        if said:
            raise BrokenError(f"the log says: {said[:5]}")

    def clock(self) -> float:
        """Of all of the server's processes."""
        return times_of(*self._processes)

    def memory(self) -> int:
        """Of all of the server's processes."""
        return resident(*self._processes)

    def _exchange(self, data: bytes, cuts: Sequence[int]) -> bytes:
        received = b""
        with socket.create_connection(("127.0.0.1", self._server.port), timeout=_WHOLE) as connection:
            with suppress(OSError):  # the server may hang up before it has heard everything
                for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
                    connection.sendall(data[start:end])
            # What ends with its request is answered; what leaves the server waiting may stay unanswered.
            connection.settimeout(_SILENCE if b"\r\nConnection: close\r\n" not in data else _WHOLE)
            with suppress(OSError):
                while piece := connection.recv(1 << 16):
                    received += piece
                    connection.settimeout(_SILENCE)
        return received


def _cuts(rng: Random) -> tuple[int, ...]:
    return (rng.randrange(1, 60),) if rng.random() < 0.1 else ()


def _bytes(rng: Random) -> bytes:
    kind = rng.random()
    if kind < 0.12:
        odd = rng.choice(_ODD)
        return documents.damaged(rng, odd) if rng.random() < 0.3 else odd
    made = request(rng)
    sending: Sending = made.about
    lines = [b"%s: %s" % (name, value) for name, value in sending.headers]
    body = made.data
    if rng.random() < 0.8:
        lines = [line for line in lines if not line.startswith((b"content-length", b"transfer-encoding", b"expect"))]
        lines.append(b"Content-Length: %d" % (len(body) + rng.choice((0,) * 12 + (-1, 1, 1000))))
    elif rng.random() < 0.7:
        lines.append(b"Transfer-Encoding: chunked")
        body = rng.choice((b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), rng.choice(_CHUNKS)))
    for _ in range(rng.choice((0, 0, 0, 1, 2))):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(_LINES))
    target = sending.target if rng.random() < 0.1 else re.sub(rb"[\0-\x20\x7f-\xff]", b"%00", sending.target)
    start = sending.method.encode() + b" " + target + b" " + rng.choice((b"HTTP/1.1",) * 8 + (b"HTTP/1.0", b"HTTP/2.0"))
    written = b"\r\n".join([start, b"Host: x", *lines, b"Connection: close", b"", b""]) + body
    for name in (ADMIN, STAFF, LEARNER):
        written = written.replace(b"Bearer " + name.encode(), b"Bearer " + TOKEN.encode())
    return documents.damaged(rng, written) if rng.random() < 0.15 else written
