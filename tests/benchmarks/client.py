"""The load generator, a process of its own: ``python -m tests.benchmarks.client``, a job as JSON in, its result out.

It shares the cores with the server that it measures, so it does as little as it can.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from dataclasses import dataclass, field

import uvloop

from tests.benchmarks.connection import Connection

__all__ = ["STUDENT", "Job", "Result"]

STUDENT = "(student)"
"""What stands in a body for the student's id, and is as long."""

_GRACE_SECONDS = 30.0  # for what is in flight at the end


@dataclass(frozen=True)
class Job:
    """What to send: with a rate as an open loop, else as a closed one."""

    port: int
    token: str
    body: str
    seconds: float
    """How long to send; of a closed loop with a total, at most."""
    connections: int = 64
    students: int = 500
    total: int | None = None
    """Requests of a closed loop, where it is to end by their number."""
    rate: float | None = None
    """Requests a second of an open loop, sent at fixed times whatever was answered before."""


@dataclass
class Result:
    """What came back."""

    answered: int = 0
    """Answers within the time, without those that were still to come at its end."""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """Processor time of the generator itself."""
    latencies: list[float] = field(default_factory=list)
    """Milliseconds; of an open loop since the time at which the request was due."""
    wrong: dict[str, int] = field(default_factory=dict)
    """How many ended with anything but 201, by what it was."""


class _Load(ABC):
    """What both loops share: the requests, the connections, and what was counted."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._requests = _requests(job)
        self._sent = 0
        self._finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._began = self._deadline = 0.0
        self._wrong: Counter[str] = Counter()
        self.result = Result()

    async def run(self) -> None:
        """Open the connections, send everything, and wait for what is in flight."""
        loop = asyncio.get_running_loop()
        opened = [
            await loop.create_connection(lambda: Connection(self._on_end), "127.0.0.1", self._job.port)
            for _ in range(self._job.connections)
        ]
        cpu = time.process_time()
        self._began = time.perf_counter()
        self._deadline = self._began + self._job.seconds
        self._start([connection for _, connection in opened])
        try:
            await asyncio.wait_for(self._finished, self._job.seconds + _GRACE_SECONDS)
        except TimeoutError:
            self._wrong["no answer"] += self._sent - len(self.result.latencies)
        self.result.seconds = min(time.perf_counter(), self._deadline) - self._began
        self.result.cpu_seconds = time.process_time() - cpu
        self.result.wrong = dict(self._wrong)
        for transport, _ in opened:
            transport.close()

    @abstractmethod
    def _start(self, connections: list[Connection]) -> None:
        """Begin to send."""

    @abstractmethod
    def _proceed(self, connection: Connection, now: float) -> None:
        """Go on with a connection that was answered."""

    def _send(self, connection: Connection, since: float) -> None:
        request = self._requests[self._sent % len(self._requests)]
        self._sent += 1
        connection.send(request, since)

    def _on_end(self, connection: Connection, wrong: str) -> None:
        if self._finished.done():
            return
        now = time.perf_counter()
        self.result.latencies.append(1000 * (now - connection.since))
        if now <= self._deadline:
            self.result.answered += 1
        if wrong:
            self._wrong[wrong] += 1
        self._proceed(connection, now)


class _Closed(_Load):
    """Every connection sends its next request when the last one was answered."""

    def _start(self, connections: list[Connection]) -> None:
        self._left = sys.maxsize if self._job.total is None else self._job.total
        self._busy = len(connections)
        for connection in connections:
            self._proceed(connection, time.perf_counter())

    def _proceed(self, connection: Connection, now: float) -> None:
        if self._left > 0 and now < self._deadline and not connection.lost:
            self._left -= 1
            self._send(connection, now)
            return
        self._busy -= 1
        if self._busy == 0:
            self._finished.set_result(None)


class _Open(_Load):
    """Requests are sent at fixed times; one that finds no free connection waits, and that counts."""

    def _start(self, connections: list[Connection]) -> None:
        self._free = deque(connections)
        self._due: deque[float] = deque()
        self._pending = int((self._job.rate or 0) * self._job.seconds)
        arguments = (asyncio.get_running_loop(), self._pending)
        threading.Thread(target=self._keep_time, args=arguments, daemon=True).start()

    def _keep_time(self, loop: asyncio.AbstractEventLoop, total: int) -> None:
        """Announce each request when it is due, from a thread: timers of an event loop have whole milliseconds."""
        for number in range(total):
            due = self._began + number * self._job.seconds / total
            time.sleep(max(0.0, due - time.perf_counter()))
            loop.call_soon_threadsafe(self._on_due, due)

    def _on_due(self, due: float) -> None:
        self._due.append(due)
        self._send_due()

    def _proceed(self, connection: Connection, now: float) -> None:  # noqa: ARG002 - the closed loop wants the time
        self._pending -= 1
        self._free.append(connection)
        self._send_due()
        if self._pending == 0:
            self._finished.set_result(None)

    def _send_due(self) -> None:
        while self._due and self._free:
            connection = self._free.popleft()
            if not connection.lost:
                self._send(connection, self._due.popleft())


def _requests(job: Job) -> list[bytes]:
    """One whole request for each student."""
    found = []
    for number in range(job.students):
        body = job.body.replace(STUDENT, f"b{12901000 + number}").encode()
        lines = [
            "POST /api/v1/submissions HTTP/1.1",
            f"Host: 127.0.0.1:{job.port}",
            f"Authorization: Bearer {job.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
        ]
        found.append("\r\n".join([*lines, "", ""]).encode() + body)
    return found


async def _work(job: Job) -> Result:
    load = _Closed(job) if job.rate is None else _Open(job)
    await load.run()
    return load.result


def main() -> None:
    """Do the job that stands on standard input."""
    result = uvloop.run(_work(Job(**json.load(sys.stdin))))
    json.dump(dataclasses.asdict(result), sys.stdout)


if __name__ == "__main__":
    main()
