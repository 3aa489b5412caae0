"""Measure the service under load, beside a floor on the same machine: ``python -m tests.benchmarks.load``.

Times are printed with their goals and never decide how it ends: that is 1 where an answer was wrong or a server died.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from tests.benchmarks.measures import Driver, one_question, whole
from tests.benchmarks.places import answers, disk_folder, file_system, new_database, usual_postgresql
from tests.benchmarks.servers import Server, ServerDiedError, floor, real
from tests.benchmarks.tables import closed_table, memory_table, open_table, start_table

_CONNECTIONS = 64
_RATE = 200.0
_STARTS = 3
_PARTS = ("sqlite", "postgresql", "memory", "start")
_WIDTH = 150


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.load", description=__doc__)
    parser.add_argument("--seconds", type=float, help="of each round (3)")
    parser.add_argument("--rounds", type=int, help="of each load on each server (5)")
    parser.add_argument("--submissions", type=int, help="after how many memory is last looked at (100000)")
    parser.add_argument("--workers", type=int, help="web processes of each server: UPTO_WORKERS")
    parser.add_argument("--database-url", help="the PostgreSQL to make databases of our own on, which must answer")
    parser.add_argument("--only", choices=_PARTS, action="append", help="this part only; may be given again")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 1 s, memory up to 10000")
    arguments = parser.parse_args()
    usual = (1.0, 2, 10_000) if arguments.quick else (3.0, 5, 100_000)
    for name, value in zip(("seconds", "rounds", "submissions"), usual, strict=True):
        if getattr(arguments, name) is None:
            setattr(arguments, name, value)
    return arguments


class _Run:
    """One run of the benchmark: what was asked for, where it may write, and what went wrong."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, console: Console) -> None:
        self._arguments = arguments
        self._folder = folder
        self._console = console
        self._settings = {} if arguments.workers is None else {"WORKERS": str(arguments.workers)}
        self._filled = 0
        self.driver = Driver()

    def run(self) -> None:
        """Measure what was asked for, part by part."""
        wanted = self._arguments.only or _PARTS
        parts = (self._sqlite, self._postgresql, self._memory, self._start)
        for name, part in zip(_PARTS, parts, strict=True):
            if name in wanted:
                part()

    @contextmanager
    def _pair(self, name: str, floor_url: str | None = None, real_url: str | None = None) -> Iterator[list[Server]]:
        made = [
            make(self._folder / f"{kind}-{name}", self._settings | ({} if url is None else {"DATABASE_URL": url}))
            for kind, make, url in (("floor", floor, floor_url), ("real", real, real_url))
        ]
        with made[0], made[1]:
            yield made

    def _closed_title(self, database: str, rounds: int) -> str:
        seconds, workers = self._arguments.seconds, self._arguments.workers or 1
        return (
            f"{database}: closed loop, {_CONNECTIONS} connections, {rounds} rounds of {seconds:g} s in turn, "
            f"{workers} worker{'s'[: workers > 1]}"
        )

    def _sqlite(self) -> None:
        rounds, seconds = self._arguments.rounds, self._arguments.seconds
        with self._pair("sqlite") as (bottom, service):
            found = [self.driver.compare(bottom, service, one, rounds, seconds) for one in (one_question(), whole())]
            self._console.print(closed_table(self._closed_title("SQLite", rounds), found))
            steady = self.driver.compare(bottom, service, one_question(), 2, seconds, _RATE)
        title = f"SQLite: open loop, {_RATE:.0f} requests/s at fixed times, 2 rounds of {seconds:g} s in turn"
        self._console.print(open_table(title, steady))

    def _postgresql(self) -> None:
        asked = self._arguments.database_url
        url = asked or usual_postgresql()
        if not answers(url):
            if asked:
                self.driver.problems.append("no PostgreSQL answers at --database-url")
            self._console.print("PostgreSQL: none answers; left out\n")
            return
        rounds = min(3, self._arguments.rounds)
        with (
            new_database(url) as floor_url,
            new_database(url) as real_url,
            self._pair("postgresql", floor_url, real_url) as (bottom, service),
        ):
            bodies = (one_question(), whole())
            found = [self.driver.compare(bottom, service, one, rounds, self._arguments.seconds) for one in bodies]
        self._console.print(closed_table(self._closed_title("PostgreSQL", rounds), found))

    def _memory(self) -> None:
        with real(self._folder / "filled", self._settings) as server:
            began = time.monotonic()
            found = list(self.driver.fill(server, self._arguments.submissions))
        self._filled = found[-1].submissions
        spent = time.monotonic() - began
        self._console.print(memory_table(f"SQLite: memory of the real server, filled in {spent:.0f} s", found))

    def _start(self) -> None:
        """Time the start on empty data, and on what the memory's part left behind (or the first start did)."""
        fresh = [
            self.driver.time_start(real(self._folder / f"fresh-{number}", self._settings)) for number in range(_STARTS)
        ]
        folder = self._folder / ("filled" if self._filled else "fresh-0")
        existing = [self.driver.time_start(real(folder, self._settings)) for _ in range(_STARTS)]
        title = f"SQLite: from the process's start to a whole first submission accepted, median of {_STARTS}"
        kept = f"{self._filled or 1:,} submissions"
        self._console.print(start_table(title, {"new": fresh, kept: existing}))


def main() -> int:
    """Run it; gives the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped and folders removed
    arguments = _arguments()
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    began = time.monotonic()
    with disk_folder() as folder:
        run = _Run(arguments, folder, console)
        console.print(f"Data on {file_system(folder.resolve())}. Cores: of processor time, for each second.\n")
        try:
            run.run()
        except ServerDiedError as error:
            run.driver.problems.append(str(error))
    console.print(f"{time.monotonic() - began:.0f} s in all")
    for problem in run.driver.problems:
        console.print(f"WRONG: {problem}", markup=False)
    return 1 if run.driver.problems else 0


if __name__ == "__main__":
    sys.exit(main())
