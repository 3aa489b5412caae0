"""The numbers at /metrics are exact, have few labels, and are for whom the setting says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.conftest import ADMIN
from tests.app.watch import Numbers, numbers

SUBMISSIONS = "/api/v1/submissions"


def _body(student: str = "b1", question: str = "1.3") -> dict[str, object]:
    return {"assignment": "hw3", "student": student, "answers": {question: 5.472}}


def _of(found: Numbers, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


def _scrape(client: TestClient) -> Numbers:
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return numbers(answer.text)


def test_known_traffic_is_counted_exactly(staff: TestClient, client_of: Callable[[str | None], TestClient]) -> None:
    for student in ("b1", "b2", "b3"):
        assert staff.post(SUBMISSIONS, json=_body(student)).status_code == 201
    for _ in range(2):
        staff.post(SUBMISSIONS, json=_body("b4"), headers={"Idempotency-Key": "key"})
    assert staff.post(SUBMISSIONS, json=_body(question="9.9")).status_code == 422
    assert staff.post(SUBMISSIONS, content=b"{").status_code == 400
    assert client_of(None).post(SUBMISSIONS, json=_body()).status_code == 401
    assert staff.post("/api/v1/checks", json=_body()).status_code == 200
    assert staff.get(SUBMISSIONS).status_code == 200
    found = _scrape(staff)
    outcomes = {"accepted": 4, "replayed": 1, "unprocessable": 1, "not-json": 1, "unauthenticated": 1}
    for outcome, count in outcomes.items():
        assert _of(found, "upto_submissions_total", outcome=outcome) == count
    requests = "upto_requests_total"
    for status, count in {"201": 5, "422": 1, "400": 1, "401": 1}.items():
        assert _of(found, requests, method="POST", route=SUBMISSIONS, status=status) == count
    assert _of(found, requests, method="GET", route=SUBMISSIONS, status="200") == 1
    assert _of(found, "upto_request_seconds_count", method="POST", route=SUBMISSIONS) == 8
    assert _of(found, "upto_checked_answers_total", assignment="hw3", question="1.3") == 5
    assert _of(found, "upto_checking_seconds_count", assignment="hw3", question="1.3") == 5
    assert _of(found, "upto_failures_total") == 0
    assert _of(found, "upto_queue_length") == 0
    assert _of(found, "upto_queue_oldest_seconds") == 0
    assert _of(found, "upto_ready") == 1
    assert _of(found, "upto_database_bytes") > 0
    assert _of(found, "upto_processes", kind="web") == 1
    assert _of(found, "upto_process_resident_memory_bytes", kind="web") > 1e7


def test_a_failure_of_ours_is_counted_and_a_refusal_is_not(
    service: FastAPI, staff: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("made to fail")

    assert staff.get(f"{SUBMISSIONS}/none").status_code == 404
    assert _of(_scrape(staff), "upto_failures_total") == 0
    monkeypatch.setattr(type(service.state.service), "listing", fail)
    assert staff.get(SUBMISSIONS).status_code == 503
    assert _of(_scrape(staff), "upto_failures_total") == 1


def test_what_is_sent_makes_no_labels(staff: TestClient) -> None:
    def labels() -> set[frozenset[tuple[str, str]]]:
        return {labels for name, labels in _scrape(staff) if name == "upto_requests_total"}

    staff.get("/nothing")
    staff.request("BREW", "/nothing")
    staff.get(f"{SUBMISSIONS}/none")
    staff.post(SUBMISSIONS, json=_body(question="9"))
    before = labels()
    for number in range(50):
        staff.get(f"/nothing/{number}")
        staff.request(f"BREW{number}", "/nothing")
        staff.get(f"{SUBMISSIONS}/{number}")
        staff.post(SUBMISSIONS, json=_body(f"b{number}", f"9.{number}"))
    assert labels() - before <= {frozenset({("method", "GET"), ("route", "/metrics"), ("status", "200")})}
    content = staff.get("/metrics").text
    assert "BREW" not in content
    assert "b49" not in content
    assert "9.49" not in content


@contextmanager
def _serving(folder: Path, whom: Literal["open", "staff", "off"]) -> Iterator[FastAPI]:
    application = create_app(Settings(data_dir=folder, admin_token=SecretStr(ADMIN), grading="thread", metrics=whom))
    with TestClient(application):
        yield application


@pytest.mark.parametrize(
    ("whom", "nobody", "staff", "learner"), [("open", 200, 200, 200), ("staff", 401, 200, 403), ("off", 404, 404, 404)]
)
def test_who_may_read_them_is_as_set(
    tmp_path: Path, whom: Literal["open", "staff", "off"], nobody: int, staff: int, learner: int
) -> None:
    from app.main import utc_now
    from app.storage import create_token, find_course

    with _serving(tmp_path, whom) as application:
        with application.state.service.database.writing() as connection:
            course = find_course(connection, "ml")
            assert course is not None
            token = create_token(connection, course, utc_now(), student="b1")
        client = TestClient(application)
        for sent, status in ((None, nobody), (ADMIN, staff), (token, learner)):
            headers = {} if sent is None else {"Authorization": f"Bearer {sent}"}
            assert client.get("/metrics", headers=headers).status_code == status
