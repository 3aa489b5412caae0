"""What the fixtures hand to the fault tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.faults.ledger import Proof

__all__ = ["Place", "Report", "held", "integrity", "turns"]


class Report(Protocol):
    """Puts a row into the table at the end."""

    def __call__(self, fault: str, database: str, proof: Proof, recovered: float | None = None) -> None:
        """Count what is proven of a fault on a database, with the seconds until the next 201 after its end."""


@dataclass(frozen=True)
class Place:
    """An empty database, by the settings that a server finds it with."""

    name: str
    settings: dict[str, str] = field(default_factory=dict)

    def check(self, data: Path) -> None:
        """Assert that SQLite finds its file in order."""
        if self.name == "SQLite":
            assert integrity(data) == "ok"


def integrity(data: Path) -> str:
    """What SQLite says of the file in a data directory."""
    with closing(sqlite3.connect(data / "upto.sqlite3")) as database:
        return "\n".join(row[0] for row in database.execute("PRAGMA integrity_check"))


def turns(times: int, workers: int) -> int:
    """How often a fault happens that makes servers start anew: less often where several web processes have to start."""
    return times if workers == 1 else max(1, times // 2)


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold the write lock of SQLite's file, as another process does."""
    with closing(sqlite3.connect(data / "upto.sqlite3", timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        yield
        database.execute("ROLLBACK")
