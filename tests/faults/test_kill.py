"""What was answered 201 is there, once, after kill -9 of any process at any moment."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from tests.faults.ledger import listed, prove
from tests.faults.load import Load
from tests.faults.server import Server
from tests.faults.support import Place, Report, turns

_SECONDS = 30  # within which a process is replaced, or ends because the one that started it has


def _kill(server: Server, load: Load, moment: float, alone: bool) -> tuple[float, bool]:
    """Kill the server under load, with or without what it started, and start it.

    Gives the seconds from the kill to the next 201, and whether all that it started ended, too.
    """
    load.wait_for(201)
    time.sleep(moment)
    began = time.monotonic()
    gone = True
    if alone:
        os.kill(server.pid, signal.SIGKILL)
        server.wait(_SECONDS)
        gone = server.wait_until_gone(_SECONDS)
    server.kill()
    server.start()
    load.wait_for(201)
    return time.monotonic() - began, gone


@pytest.mark.parametrize(("place", "workers"), [("SQLite", 1), ("SQLite", 2), ("PostgreSQL", 1)], indirect=["place"])
def test_every_201_is_stored_exactly_once_after_kill_9_at_any_moment(
    place: Place, workers: int, times: int, rng: np.random.Generator, tmp_path: Path, report: Report
) -> None:
    times = turns(times, workers)
    with Server(tmp_path, {**place.settings, "WORKERS": str(workers)}) as server:
        with Load([server.port]) as load:
            moments = enumerate(rng.uniform(0, 0.8, times))
            ends = [_kill(server, load, moment, alone=turn % 2 == 0) for turn, moment in moments]
        proof = prove(load, listed(server.port))
    report(f"kill -9, {workers} workers, {times} times", place.name, proof, max(seconds for seconds, _ in ends))
    proof.check()
    assert all(gone for _, gone in ends)
    place.check(server.data)


def _replaced(server: Server, killed: int, count: int) -> bool:
    """Whether another process takes the place of one that was killed."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        children = server.children()
        if killed not in children and len(children) == count:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_a_process_of_the_server_that_is_killed_is_replaced_and_costs_no_accepted_submission(
    workers: int, times: int, rng: np.random.Generator, tmp_path: Path, report: Report
) -> None:
    waits, replaced = [], []
    with Server(tmp_path, {"WORKERS": str(workers)}) as server:
        with Load([server.port]) as load:
            for moment in rng.uniform(0, 0.8, times):
                load.wait_for(201)
                time.sleep(moment)
                children = server.children()
                os.kill(children[0], signal.SIGKILL)  # the oldest has most of the connections
                waits.append(load.wait_for(201))
                replaced.append(_replaced(server, children[0], len(children)))
        proof = prove(load, listed(server.port))
    report(f"kill -9 of a process of {workers} workers, {times} times", "SQLite", proof, max(waits))
    proof.check()
    assert all(replaced)
    Place("SQLite").check(server.data)
