"""Clients that hand in one submission after the other, through whatever happens to the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection
from types import TracebackType
from typing import Self

from tests.faults.client import Sent, body_of, connect, submit
from tests.faults.ledger import Ledger

__all__ = ["Load"]

_PAUSE_SECONDS = 0.05  # after anything but a 201
_FINISH_SECONDS = 40


class Load(Ledger):
    """A load that lasts as long as its `with` block.

    Half of the clients send an Idempotency-Key and repeat what was not answered 201 with the same key until it is, also
    after the block's end. The others never repeat anything.

    Parameters
    ----------
    ports : sequence of int
        The servers, which the clients are dealt to in turn.
    clients : int, optional
        Two share a student.
    """

    def __init__(self, ports: Sequence[int], clients: int = 8) -> None:
        super().__init__()
        self._port = ports[0]
        self._stopped = threading.Event()
        self._abandoned_at = float("inf")
        self._threads = [
            threading.Thread(target=self._work, args=(number, ports[number % len(ports)])) for number in range(clients)
        ]

    def __enter__(self) -> Self:
        """Let the clients begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop them; where something failed already, nothing is repeated any more."""
        self._stop(0 if kind else _FINISH_SECONDS)

    def one(self, student: str) -> Sent:
        """Hand in a submission beside the load, which has to be answered 201."""
        with closing(connect(self._port)) as connection:
            sent = submit(connection, student, body_of(student, "beside the load"))
        assert sent is not None
        self.add(sent)
        assert sent.status == 201, sent
        return sent

    def _stop(self, seconds: float) -> None:
        self._abandoned_at = time.monotonic() + seconds
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number: int, port: int) -> None:
        keyed = number // 2 % 2 == 1
        count = 0
        with closing(connect(port)) as connection:
            while not self._stopped.is_set():
                count += 1
                self._hand_in(connection, f"s{number // 2}", f"client-{number}-{count}", keyed)

    def _hand_in(self, connection: HTTPConnection, student: str, remark: str, keyed: bool) -> None:
        body = body_of(student, remark)
        while True:
            sent = submit(connection, student, body, remark if keyed else None)
            if sent is not None:
                self.add(sent)
                if sent.status == 201:
                    return
            time.sleep(_PAUSE_SECONDS)
            if not keyed or time.monotonic() > self._abandoned_at:
                return
