"""SQLite's lock in another process's hands: a short while is waited for, a long one is 503 and passes."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.faults.client import SUBMISSIONS, get
from tests.faults.ledger import listed, prove
from tests.faults.load import Load
from tests.faults.server import Server
from tests.faults.support import Report, held

_SHORT_SECONDS = 1.0
_LONG_SECONDS = 20.0  # at most; the server's own patience is shorter
_LONG_TIMES = 5  # at most: each takes as long as the server's patience


def test_a_lock_held_for_a_short_while_is_waited_for(times: int, tmp_path: Path, report: Report) -> None:
    waits = []
    with Server(tmp_path) as server:
        with Load([server.port]) as load:
            for _ in range(times):
                load.wait_for(201, 20)
                with held(server.data):
                    time.sleep(_SHORT_SECONDS)
                waits.append(load.wait_for(201))
        proof = prove(load, listed(server.port))
    report(f"SQLite locked for {_SHORT_SECONDS:.0f} s, {times} times", "SQLite", proof, max(waits))
    proof.check()
    assert set(proof.counts) == {201}


def test_a_lock_held_for_a_long_while_is_503_while_reports_are_read(times: int, tmp_path: Path, report: Report) -> None:
    times = min(times, _LONG_TIMES)
    waits = []
    with Server(tmp_path) as server:
        with Load([server.port]) as load:
            earlier = load.one("earlier")
            for _ in range(times):
                load.wait_for(201, 20)
                with held(server.data):
                    load.wait_for(503, 1, _LONG_SECONDS)
                    read = get(server.port, f"{SUBMISSIONS}/{earlier.id}")
                    assert (read.status, read.json()) == (200, json.loads(earlier.content))
                waits.append(load.wait_for(201))
        proof = prove(load, listed(server.port))
    report(f"SQLite locked until 503, {times} times", "SQLite", proof, max(waits))
    proof.check()
