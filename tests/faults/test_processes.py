"""Several web processes on one database: the same student and the same key at the same moment, on each of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.faults.client import Reply, Sent, body_of, connect, is_problem, post, submit
from tests.faults.ledger import Ledger, listed, prove
from tests.faults.server import Server
from tests.faults.support import Place, Report

_AT_ONCE = 8
_STUDENTS = 3
_ROUNDS = 10  # for each time that a fault happens


class _Crowd:
    """Clients that wait for each other and then send at the same moment, each to the next server."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = [ports[number % len(ports)] for number in range(_AT_ONCE)]
        self._barrier = threading.Barrier(_AT_ONCE, timeout=30)

    def send(self, student: str, remarks: Sequence[str], key: str | None = None) -> list[Sent]:
        """Send a submission from each client, on a connection of its own."""

        def one(port: int, remark: str) -> Sent | None:
            with closing(connect(port)) as connection:
                connection.connect()
                self._barrier.wait()
                return submit(connection, student, body_of(student, remark), key)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return [sent for sent in pool.map(one, self._ports, remarks) if sent is not None]


def _replay_with_another_body(port: int, student: str, key: str) -> Reply:
    with closing(connect(port)) as connection:
        return post(connection, body_of(student, "another"), key)


@pytest.mark.parametrize(
    ("place", "servers", "workers"),
    [("SQLite", 2, 1), ("SQLite", 1, 2), ("PostgreSQL", 2, 1), ("PostgreSQL", 4, 1), ("PostgreSQL", 1, 2)],
    indirect=["place"],
)
def test_processes_on_one_database_lose_and_double_nothing(
    place: Place, servers: int, workers: int, times: int, tmp_path: Path, report: Report
) -> None:
    ledger = Ledger()
    same: list[list[Sent]] = []
    refused: list[Reply] = []
    with ExitStack() as stack:
        started = [Server(tmp_path, {**place.settings, "WORKERS": str(workers)}) for _ in range(servers)]
        ports = [server.port for server in started]
        for server in started:
            stack.callback(server.kill)
        with ThreadPoolExecutor(servers) as pool:  # they also find the empty database at the same moment
            list(pool.map(Server.start, started))
        assert all(len(server.children()) == workers for server in started if workers > 1)
        crowd = _Crowd(ports)
        for turn in range(times * _ROUNDS):
            student, key = f"s{turn % _STUDENTS}", f"key-{turn}"
            same.append(crowd.send(student, ["the same"] * _AT_ONCE, key))
            different = crowd.send(student, [f"{turn}-{number}" for number in range(_AT_ONCE)])
            for sent in (*same[-1], *different):
                ledger.add(sent)
            refused.append(_replay_with_another_body(ports[turn % servers], student, key))
        proof = prove(ledger, listed(ports[0]))
    how = f"{workers} workers in one server" if servers == 1 else f"{servers} servers"
    report(f"{how}, {times * _ROUNDS} rounds", place.name, proof)
    proof.check()
    assert set(proof.counts) == {201}
    assert proof.stored == proof.accepted == times * _ROUNDS * (1 + _AT_ONCE)
    for answers in same:
        assert sorted(sent.replayed for sent in answers) == [False] + [True] * (_AT_ONCE - 1)
        assert len({sent.content for sent in answers}) == 1
    assert all(is_problem(reply, 409) for reply in refused)
