"""What was answered 201 is there after kill -9 at any moment."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import numpy as np

UPTO = Path(sys.executable).parent / "upto"
TOKEN = "a-token-for-the-durability-test"  # noqa: S105 - it opens nothing but the server of this test
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path, headers=HEADERS)
    response = connection.getresponse()
    return response.status, response.read()


@contextmanager
def _connected(port: int) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        yield connection


def _ready(port: int) -> bool:
    with _connected(port) as connection:
        try:
            return _get(connection, "/readyz")[0] == 200
        except OSError:
            return False


@contextmanager
def _serving(data_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = {"UPTO_DATA_DIR": str(data_dir), "UPTO_PORT": str(port), "UPTO_ADMIN_TOKEN": TOKEN}
    log = data_dir.parent / "log"
    with log.open("ab") as errors:
        process = subprocess.Popen([UPTO, "serve"], env={**os.environ, **names}, stderr=errors, cwd=data_dir.parent)
    try:
        for _ in range(400):
            if _ready(port):
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.05)
        else:
            raise TimeoutError("the server did not start")
        yield process, port
    finally:
        process.kill()
        process.wait()


def _submit_until_killed(port: int, student: str, accepted: list[tuple[str, int]]) -> None:
    body = json.dumps({"assignment": "hw3", "student": student, "answers": {"1.3": 5.472}})
    with _connected(port) as connection, suppress(OSError, http.client.HTTPException):
        while True:
            connection.request("POST", "/api/v1/submissions", body, HEADERS)
            response = connection.getresponse()
            report = json.loads(response.read())
            assert response.status == 201, report
            accepted.append((report["id"], report["attempt"]))


def test_every_submission_answered_201_survives_kill_9(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    accepted: list[tuple[str, int]] = []
    for _ in range(4):
        with _serving(data_dir) as (process, port):
            students = [f"b{number}" for number in range(4)]
            clients = [threading.Thread(target=_submit_until_killed, args=(port, one, accepted)) for one in students]
            before = len(accepted)
            for client in clients:
                client.start()
            while len(accepted) == before and any(client.is_alive() for client in clients):  # however busy the machine
                time.sleep(0.01)
            time.sleep(float(rng.uniform(0.2, 0.8)))
            process.send_signal(signal.SIGKILL)
            for client in clients:
                client.join()
    assert len(accepted) >= 4
    with _serving(data_dir) as (_, port), _connected(port) as connection:
        for submission, attempt in accepted:
            assert json.loads(_get(connection, f"/api/v1/submissions/{submission}")[1])["attempt"] == attempt
    database = sqlite3.connect(data_dir / "upto.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    counted = "SELECT count(*), count(DISTINCT learner_id || '/' || attempt) FROM submissions"
    stored, distinct = database.execute(counted).fetchone()
    database.close()
    assert stored == distinct >= len(accepted)


def test_sigterm_ends_the_service_in_good_order(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    with _serving(data_dir) as (process, _):
        process.terminate()
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
