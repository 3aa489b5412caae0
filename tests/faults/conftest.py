"""What the fault tests share: how often, from which seed, on which database, and the table at the end."""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest

from tests.faults.client import NO_ANSWER, WRONG
from tests.faults.ledger import Proof
from tests.faults.support import Place, Report
from tests.postgres import Cluster, find_binaries

_COLUMNS = (
    *("fault", "database", "tried", "answered 201", "answered 503", "other", "no answer"),
    *("found stored", "lost", "doubled", "recovered after (s)"),
)
_ROW = "fault row"
_SEED = int(os.environ.get("UPTO_FAULTS_SEED") or time.time_ns() % 1_000_000)


@pytest.fixture(scope="session")
def times() -> int:
    """How often each fault happens."""
    return int(os.environ.get("N") or 2)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Randomness of the test's own."""
    sys.stdout.write(f"UPTO_FAULTS_SEED={_SEED}\n")
    return np.random.default_rng([_SEED, zlib.crc32(request.node.nodeid.encode())])


@pytest.fixture(scope="session")
def _cluster() -> Iterator[Cluster]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL's server is not installed on this machine")
    with Cluster(binaries) as cluster:
        yield cluster


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    """A PostgreSQL cluster, running."""
    if not _cluster.running:
        _cluster.start()
    return _cluster


def _postgresql(cluster: Cluster) -> Iterator[Place]:
    name = f"faults_{time.time_ns()}"
    yield Place("PostgreSQL", {"DATABASE_URL": cluster.create_database(name)})
    if not cluster.running:
        cluster.start()
    cluster.drop_database(name)


@pytest.fixture
def postgresql(cluster: Cluster) -> Iterator[Place]:
    """An empty database of PostgreSQL."""
    yield from _postgresql(cluster)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """An empty database of each kind."""
    if request.param == "SQLite":
        yield Place("SQLite")
    else:
        yield from _postgresql(request.getfixturevalue("cluster"))


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Put rows into the table at the end."""

    def record(fault: str, database: str, proof: Proof, recovered: float | None = None) -> None:
        counts = [proof.counts.get(status, 0) for status in (201, 503, WRONG, NO_ANSWER)]
        problems = (len(proof.lost), sum(proof.doubled.values()) + len(proof.misnumbered))
        waited = "-" if recovered is None else f"{recovered:.2f}"
        cells = (fault, database, sum(counts), *counts, proof.stored, *problems, waited)
        record_property(_ROW, [str(_SEED), *map(str, cells)])

    return record


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.getreports(kind)]
    rows = sorted(value for one in reports if one.when == "call" for name, value in one.user_properties if name == _ROW)
    if rows:
        seeds = sorted({seed for seed, *_ in rows})  # each process of pytest-xdist has its own
        terminalreporter.section(f"faults, UPTO_FAULTS_SEED={' or '.join(seeds)}")
        for line in _table([_COLUMNS, *sorted(cells for _, *cells in rows)]):
            terminalreporter.write_line(line)


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lay cells out in columns: the two first ones are words, the others numbers."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if number < 2 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
