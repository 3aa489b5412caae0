"""A server with two web processes: one scrape counts what both did, and every line of the log is JSON."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import closing
from pathlib import Path

from app.watching.sharing import shared_metrics
from tests.app.watch import numbers
from tests.faults.client import body_of, connect, get, post
from tests.faults.server import Server

_SENT = 40
_ACCEPTED = ("upto_submissions_total", frozenset({("outcome", "accepted")}))
_CHECKED = "upto_checked_answers_total"


def _accepted(port: int) -> float:
    return numbers(get(port, "/metrics").content.decode()).get(_ACCEPTED, 0.0)


def test_one_scrape_sees_all_processes_also_after_one_of_them_died(tmp_path: Path) -> None:
    with Server(tmp_path, {"WORKERS": "2"}) as server:
        for number in range(_SENT):
            with closing(connect(server.port)) as connection:
                assert post(connection, body_of(f"s{number % 4}", f"{number}")).status == 201
        for _ in range(10):  # whichever of the two answers
            found = numbers(get(server.port, "/metrics").content.decode())
            assert found[_ACCEPTED] == _SENT
            assert sum(value for (name, _), value in found.items() if name == _CHECKED) >= _SENT
            assert found["upto_processes", frozenset({("kind", "web")})] == 2
            assert found["upto_processes", frozenset({("kind", "grading")})] == 2
        first, _ = server.children()
        os.kill(first, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while first in server.children() or len(server.children()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert _accepted(server.port) == _SENT
        server.terminate()
        server.wait(30)
    (log,) = tmp_path.glob("log-*")
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert sum(one["event"] == "request" and one["status"] == 201 for one in lines) == _SENT
    ids = [one["request_id"] for one in lines if one["event"] == "request"]
    assert len(set(ids)) == len(ids)
    assert any("Upto is at http://" in one["event"] for one in lines)


def test_what_a_killed_server_left_is_deleted_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    (tmp_path / "upto-metrics-left").mkdir()
    (tmp_path / "somebody-elses").mkdir()
    with shared_metrics(2, tmp_path):
        first = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        with shared_metrics(2, tmp_path):
            assert {one.name for one in tmp_path.iterdir()} > {"somebody-elses", first.name}
            assert len(list(tmp_path.iterdir())) == 3
        assert first.is_dir()
    assert [one.name for one in tmp_path.iterdir()] == ["somebody-elses"]
    with shared_metrics(1, tmp_path):
        assert "PROMETHEUS_MULTIPROC_DIR" not in os.environ
