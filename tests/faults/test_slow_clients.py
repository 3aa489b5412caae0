"""Clients that keep a connection and say little: they cost nobody an answer, and none is waited for without end."""

from __future__ import annotations

import http.client
import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.client import SUBMISSIONS, half_a_body, is_problem, read
from tests.faults.ledger import listed, prove
from tests.faults.load import Load
from tests.faults.server import Server
from tests.faults.support import Report

_BODY_SECONDS = 2
_LATE_SECONDS = 8  # by which a loaded machine may miss that
_SLOW = 20
_MANY = 1000
_HALF_A_HEADER = f"POST {SUBMISSIONS} HTTP/1.1\r\nHost: upto\r\nContent-Le".encode()


def _end(connection: socket.socket, trickles: bool) -> str:
    """How the server ends a connection on which half a body came, where a byte more comes every second or none."""
    connection.settimeout(1)
    deadline = time.monotonic() + _BODY_SECONDS + _LATE_SECONDS
    while time.monotonic() < deadline:
        try:
            connection.recv(1, socket.MSG_PEEK)
            response = http.client.HTTPResponse(connection)
            response.begin()
            reply = read(response)
        except TimeoutError:
            if trickles:
                _send_if_open(connection, b" ")
        except (ConnectionError, http.client.HTTPException):
            return "closed"
        else:
            return "408" if is_problem(reply, 408) else repr(reply)
    return "still open"


def _send_if_open(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except ConnectionError:
        return  # reading tells


@pytest.mark.parametrize("trickles", [False, True])
def test_half_a_body_is_408_in_time_while_others_are_served(tmp_path: Path, report: Report, trickles: bool) -> None:
    with Server(tmp_path, {"BODY_SECONDS": str(_BODY_SECONDS)}) as server:
        with ExitStack() as stack, Load([server.port]) as load, ThreadPoolExecutor(_SLOW) as pool:
            opened = [stack.enter_context(half_a_body(server.port, "slow")) for _ in range(_SLOW)]
            ends = list(pool.map(lambda one: _end(one, trickles), opened))
            load.wait_for(201, 20)
        items = listed(server.port)
        proof = prove(load, items)
    what = "a byte a second" if trickles else "half a body"
    report(f"{_SLOW} clients with {what}", "SQLite", proof)
    proof.check()
    assert set(proof.counts) == {201}
    assert set(ends) <= {"408", "closed"}
    assert "slow" not in {item["student"] for item in items}


@contextmanager
def _many_files() -> Iterator[int]:
    """Allow this process and the servers that it starts many open files; gives how many connections that makes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * _MANY
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
    try:
        yield min(_MANY, allowed - 200)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(("said", "what"), [(b"", "idle"), (_HALF_A_HEADER, "with half a header")])
def test_submissions_are_answered_beside_a_thousand_connections_that_say_nothing(
    tmp_path: Path, report: Report, said: bytes, what: str
) -> None:
    with _many_files() as many, Server(tmp_path) as server:
        with ExitStack() as stack:
            for _ in range(many):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
                connection.sendall(said)
            with Load([server.port]) as load:
                load.wait_for(201, 200)
        proof = prove(load, listed(server.port))
    report(f"{many} connections {what}", "SQLite", proof)
    proof.check()
    assert set(proof.counts) == {201}
