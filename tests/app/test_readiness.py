"""/readyz says yes only where something was written and the process that grades lives."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import delete, select
from starlette.testclient import TestClient

from app.intake import remote
from app.main import create_app
from app.settings import Settings
from app.storage.tables import heartbeats, metadata
from app.web import readiness
from tests.app.conftest import ADMIN
from tests.app.watch import numbers, read_only


@pytest.fixture
def always_new(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is looked into."""
    monkeypatch.setattr(readiness, "_FRESH_SECONDS", 0.0)


def _beats(service: FastAPI) -> int | None:
    with service.state.service.database.reading() as connection:
        beats: int | None = connection.execute(select(heartbeats.c.beats)).scalar_one_or_none()
        return beats


@pytest.mark.usefixtures("always_new")
def test_each_yes_has_written_something(service: FastAPI, staff: TestClient) -> None:
    for count in (1, 2, 3):
        assert staff.get("/readyz").json() == {"status": "ok", "database": "ok", "grading": "ok"}
        assert _beats(service) == count


def test_however_often_it_is_asked_it_writes_once_in_a_while(
    service: FastAPI, staff: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "_FRESH_SECONDS", 600.0)
    for _ in range(10):
        assert staff.get("/readyz").status_code == 200
        assert staff.get("/metrics").status_code == 200
    assert _beats(service) == 1


@pytest.mark.usefixtures("always_new")
def test_a_database_that_takes_no_writes_is_503_until_it_does(service: FastAPI, staff: TestClient) -> None:
    with read_only(service.state.service.database.engine):
        answer = staff.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert answer.json()["detail"] == "The database cannot be written just now."
        assert staff.get("/readyz", headers={"Accept-Language": "zh-TW"}).json()["detail"] == "目前無法寫入資料庫。"
        assert staff.get("/healthz").status_code == 200
        found = numbers(staff.get("/metrics").text)
    assert found["upto_ready", frozenset()] == 0
    assert found["upto_failures_total", frozenset()] == 0
    assert staff.get("/readyz").status_code == 200


@pytest.mark.usefixtures("always_new")
def test_tables_that_are_gone_are_503(service: FastAPI, staff: TestClient) -> None:
    assert staff.get("/readyz").status_code == 200
    with service.state.service.database.writing() as connection:
        heartbeats.drop(connection)
    assert staff.get("/readyz").status_code == 503
    with service.state.service.database.writing() as connection:
        metadata.create_all(connection)


@pytest.mark.usefixtures("always_new")
def test_a_row_that_was_deleted_meanwhile_comes_back(service: FastAPI, staff: TestClient) -> None:
    assert staff.get("/readyz").status_code == 200
    with service.state.service.database.writing() as connection:
        connection.execute(delete(heartbeats))
    assert staff.get("/readyz").status_code == 200
    assert _beats(service) == 1


def test_a_database_that_hangs_is_503_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(readiness, "_FRESH_SECONDS", 0.0)
    settings = Settings(data_dir=tmp_path, admin_token=SecretStr(ADMIN), grading="thread")
    with TestClient(create_app(settings)) as client:
        with closing(sqlite3.connect(tmp_path / "upto.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            for _ in range(3):
                answer = client.get("/readyz")
                assert answer.status_code == 503
                assert "did not answer within 0.2 seconds" in answer.json()["detail"]
            other.execute("ROLLBACK")
        _wait(lambda: client.get("/readyz").status_code == 200)


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A client of a service that grades in a process of its own."""
    monkeypatch.setattr(readiness, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(remote, "_SILENT_SECONDS", 2.0)
    settings = Settings(data_dir=tmp_path, admin_token=SecretStr(ADMIN), log_format="json", log_level="error")
    with TestClient(create_app(settings)) as client:
        yield client


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _grading() -> int:
    (process,) = [one for one in multiprocessing.active_children() if one.name == "upto-desk"]
    return process.pid or 0


def test_a_stopped_process_that_grades_is_503_until_it_goes_on(apart: TestClient) -> None:
    _wait(lambda: apart.get("/readyz").status_code == 200)
    pid = _grading()
    os.kill(pid, signal.SIGSTOP)
    try:
        _wait(lambda: apart.get("/readyz").status_code == 503)
        assert apart.get("/readyz").json()["detail"] == "The process that grades gives no sign of life."
    finally:
        os.kill(pid, signal.SIGCONT)
    _wait(lambda: apart.get("/readyz").status_code == 200)
    assert _grading() == pid


def test_one_that_was_killed_is_503_and_replaced_though_nobody_hands_anything_in(apart: TestClient) -> None:
    _wait(lambda: apart.get("/readyz").status_code == 200)
    os.kill(_grading(), signal.SIGKILL)
    _wait(lambda: apart.get("/readyz").status_code == 503)
    _wait(lambda: apart.get("/readyz").status_code == 200)
    assert numbers(apart.get("/metrics").text)["upto_grading_restarts_total", frozenset()] == 1


def test_one_that_is_silent_for_too_long_is_replaced(apart: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_LOST_SECONDS", 3.0)
    pid = _grading()
    os.kill(pid, signal.SIGSTOP)
    _wait(lambda: apart.get("/readyz").status_code == 503)
    _wait(lambda: apart.get("/readyz").status_code == 200)
    assert _grading() != pid
