"""What is measured of the servers: loads in turn, memory as submissions come in, and how long a start takes."""

from __future__ import annotations

import dataclasses
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tests.app.support import perfect
from tests.benchmarks.client import STUDENT, Job, Result
from tests.benchmarks.servers import ROOT, TOKEN, Server

__all__ = ["Body", "Comparison", "Driver", "Memory", "Series", "Start", "one_question", "whole"]

_SLOWEST = 500  # submissions a second: a server that is slower has its memory measured up to where it came
_WARM_UP = 1000
_WARM_UP_SECONDS = 10.0


@dataclass(frozen=True)
class Body:
    """A submission's body, by name, with the ratio to the floor that it should reach."""

    name: str
    text: str
    goal: float

    @property
    def title(self) -> str:
        """Its name and size."""
        return f"{self.name} ({len(self.text):,} bytes)"


@cache
def one_question() -> Body:
    """A submission of one number."""
    return Body("one question", _dump({"1.3": 5.472}), 0.8)


@cache
def whole() -> Body:
    """A submission of every numeric answer of homework 3 at full precision."""
    return Body("whole submission", _dump(perfect()), 0.3)


def _dump(answers: dict[str, Any]) -> str:
    return json.dumps({"assignment": "hw3", "student": STUDENT, "answers": answers}, separators=(",", ":"))


@dataclass(frozen=True)
class Series:
    """What several rounds of one load on one server came to."""

    server: str
    rounds: Sequence[Result]
    server_cores: float
    """Processor time that the server used, for each second."""

    @property
    def rate(self) -> float:
        """Answers a second, the median of the rounds."""
        return statistics.median(one.answered / one.seconds for one in self.rounds)

    @property
    def client_cores(self) -> float:
        """Processor time that the generator used, for each second."""
        return sum(one.cpu_seconds for one in self.rounds) / sum(one.seconds for one in self.rounds)

    def latency(self, percentile: float) -> float:
        """Milliseconds, over the answers of all rounds."""
        return float(np.percentile([latency for one in self.rounds for latency in one.latencies], percentile))


@dataclass(frozen=True)
class Comparison:
    """The same load on the floor and on the real server, in turn."""

    body: Body
    floor: Series
    real: Series

    @property
    def ratios(self) -> list[float]:
        """The real server's rate over the floor's, round by round."""
        pairs = zip(self.real.rounds, self.floor.rounds, strict=True)
        return [(real.answered / real.seconds) / (floor.answered / floor.seconds) for real, floor in pairs]


@dataclass(frozen=True)
class Memory:
    """The real server after so many submissions."""

    submissions: int
    resident: int
    database: int
    processes: int


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process."""

    ready: float
    accepted: float


class Driver:
    """Puts loads on servers and notes what was answered wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def drive(self, server: Server, body: Body, seconds: float, **options: float | None) -> Result:
        """One load from a generator process of its own."""
        job = Job(server.port, TOKEN, body.text, seconds, **options)  # type: ignore[arg-type] # by the options' names
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.client"],
            input=json.dumps(dataclasses.asdict(job)),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            timeout=seconds + 90,
            check=False,
        )
        server.check()
        if done.returncode != 0:
            self.problems.append(f"{server.name}, {body.name}: the load generator failed")
            return Result(1, 1.0, 0.0, [0.0])
        result = Result(**json.loads(done.stdout))
        if result.wrong:
            self.problems += [f"{server.name}, {body.name}: {times} x {what}" for what, times in result.wrong.items()]
            server.check_soon()
        return result

    def compare(
        self, floor: Server, real: Server, body: Body, rounds: int, seconds: float, rate: float | None = None
    ) -> Comparison:
        """One load on both servers in turn, each first in every other round, after a warm-up."""
        results: dict[Server, list[Result]] = {floor: [], real: []}
        used = dict.fromkeys(results, 0.0)
        for server in results:
            self.drive(server, body, _WARM_UP_SECONDS, total=_WARM_UP)
        for number in range(rounds):
            for server in (floor, real) if number % 2 == 0 else (real, floor):
                before = server.cpu_seconds()
                results[server].append(self.drive(server, body, seconds, rate=rate))
                used[server] += server.cpu_seconds() - before
        series = {
            server: Series(server.name, found, used[server] / sum(one.seconds for one in found))
            for server, found in results.items()
        }
        return Comparison(body, series[floor], series[real])

    def fill(self, server: Server, submissions: int) -> Iterator[Memory]:
        """Memory after 1,000, 10,000 and so on up to so many submissions, or as many as there was time for."""
        marks = [one for one in (1_000, 10_000, 25_000, 50_000, 100_000) if one < submissions]
        deadline = time.monotonic() + 20 + submissions / _SLOWEST
        reached = 0
        for mark in [*marks, submissions]:
            left = deadline - time.monotonic()
            if left < 1:
                return
            reached += len(self.drive(server, one_question(), left, total=mark - reached).latencies)
            yield Memory(reached, server.memory(), server.database_bytes(), server.processes())

    def time_start(self, server: Server) -> Start:
        """Start a server, send it a whole submission as soon as it is ready, and stop it."""
        began = time.perf_counter()
        with server:
            ready = time.perf_counter() - began
            status = server.request("POST", "/api/v1/submissions", whole().text.replace(STUDENT, "b1"))
            accepted = time.perf_counter() - began
        if status != 201:
            self.problems.append(f"{server.name}: the first submission after the start was answered {status}")
        return Start(ready, accepted)
