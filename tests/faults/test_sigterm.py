"""SIGTERM under load: what is in flight is answered, the process ends in time, and nothing is stored unanswered."""

from __future__ import annotations

import signal
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from tests.faults.client import NO_ANSWER, half_a_body
from tests.faults.ledger import Proof, listed, prove
from tests.faults.load import Load
from tests.faults.server import Server
from tests.faults.support import Place, Report, held, turns

_BODY_SECONDS = 2
_END_SECONDS = 15
_IN_GOOD_ORDER = {0, -signal.SIGTERM}
_UNREAD_SECONDS = 0.25  # what was sent so shortly before the signal may not have been read yet


def _ended(server: Server) -> int | None:
    """The exit code; None where it did not end in time and had to be killed."""
    try:
        return server.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        server.kill()


def _check(proof: Proof, load: Load, codes: list[int | None]) -> None:
    """Assert that it always ended in good order, and that what is stored is what was answered."""
    assert set(codes) <= _IN_GOOD_ORDER
    proof.check()
    assert set(proof.counts) <= {201, NO_ANSWER}
    assert proof.stored == proof.accepted
    assert not [sent for sent in load.entries if sent.replayed]


def test_sigterm_under_load_answers_what_is_in_flight_also_while_a_client_hangs(
    place: Place, times: int, rng: np.random.Generator, tmp_path: Path, report: Report
) -> None:
    signals, codes, waits = [], [], []
    with Server(tmp_path, {**place.settings, "BODY_SECONDS": str(_BODY_SECONDS)}) as server:
        with Load([server.port]) as load:
            for turn, moment in enumerate(rng.uniform(0, 0.5, times)):
                load.wait_for(201)
                time.sleep(moment)
                with ExitStack() as stack:
                    if turn % 2 == 1:
                        stack.enter_context(half_a_body(server.port, "slow"))
                    signals.append(time.monotonic())
                    server.terminate(everyone=turn % 2 == 0)
                    codes.append(_ended(server))
                server.start()
                load.wait_for(201)
                waits.append(time.monotonic() - signals[-1])
        proof = prove(load, listed(server.port))
    report(f"SIGTERM, {times} times", place.name, proof, max(waits))
    _check(proof, load, codes)
    unanswered = [sent.sent_at for sent in load.entries if sent.status == NO_ANSWER]
    near = [any(-_UNREAD_SECONDS < sent_at - at < _END_SECONDS for at in signals) for sent_at in unanswered]
    assert all(near), unanswered


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_while_every_client_waits_leaves_nobody_without_a_201(
    workers: int, times: int, tmp_path: Path, report: Report
) -> None:
    times = turns(times, workers)
    codes, waits = [], []
    with Server(tmp_path, {"WORKERS": str(workers)}) as server:
        with Load([server.port]) as load:
            for turn in range(times):
                load.wait_for(201)
                with held(server.data):
                    time.sleep(0.3)  # by now every client waits for an answer
                    began = time.monotonic()
                    server.terminate(everyone=turn % 2 == 0)
                    time.sleep(0.3)
                codes.append(_ended(server))
                server.start()
                load.wait_for(201)
                waits.append(time.monotonic() - began)
        proof = prove(load, listed(server.port))
    report(f"SIGTERM with all waiting, {workers} workers, {times} times", "SQLite", proof, max(waits))
    _check(proof, load, codes)
    assert set(proof.counts) == {201}
