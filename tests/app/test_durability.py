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
from contextlib import contextmanager
from pathlib import Path

import numpy as np

UPTO = Path(sys.executable).parent / "upto"
TOKEN = "a-token-for-the-durability-test"


@contextmanager
def _serving(data_dir: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    names = {"UPTO_DATA_DIR": str(data_dir), "UPTO_PORT": str(port), "UPTO_ADMIN_TOKEN": TOKEN}
    with (data_dir.parent / "log").open("ab") as log:
        process = subprocess.Popen([UPTO, "serve"], env={**os.environ, **names}, stderr=log, cwd=data_dir.parent)
    try:
        for _ in range(200):
            time.sleep(0.05)
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                assert process.poll() is None, (data_dir.parent / "log").read_text()
        else:
            raise TimeoutError("the server did not start")
        yield process, port
    finally:
        process.kill()
        process.wait()


def _submit_until_killed(port: int, student: str, accepted: list[tuple[str, int]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    body = json.dumps({"assignment": "hw3", "student": student, "answers": {"1.3": 5.472}})
    try:
        while True:
            connection.request("POST", "/api/v1/submissions", body, headers)
            response = connection.getresponse()
            report = json.loads(response.read())
            assert response.status == 201, report
            accepted.append((report["id"], report["attempt"]))
    except (OSError, http.client.HTTPException):
        return


def test_every_submission_answered_201_survives_kill_9(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    accepted: list[tuple[str, int]] = []
    for _ in range(4):
        with _serving(data_dir) as (process, port):
            clients = [
                threading.Thread(target=_submit_until_killed, args=(port, f"b{number}", accepted))
                for number in range(4)
            ]
            for client in clients:
                client.start()
            time.sleep(float(rng.uniform(0.2, 0.8)))
            process.send_signal(signal.SIGKILL)
            for client in clients:
                client.join()
    assert len(accepted) > 20
    with _serving(data_dir) as (_, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        for submission, attempt in accepted:
            connection.request("GET", f"/api/v1/submissions/{submission}", headers={"Authorization": f"Bearer {TOKEN}"})
            response = connection.getresponse()
            assert json.loads(response.read())["attempt"] == attempt
    database = sqlite3.connect(data_dir / "upto.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    counted = "SELECT count(*), count(DISTINCT learner_id || '/' || attempt) FROM submissions"
    stored, distinct = database.execute(counted).fetchone()
    database.close()
    assert stored == distinct >= len(accepted)


def test_sigterm_finishes_and_a_second_start_keeps_the_token(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    with _serving(data_dir) as (process, _):
        process.terminate()
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
