"""Every request has an id that its answer and its lines in the log share, and no line tells secrets."""

from __future__ import annotations

import errno
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

import app.main
from app.checking import check_many
from app.intake import Desk
from app.main import create_app
from app.settings import Settings
from app.storage import Database
from app.watching import about, begin
from app.watching.logs import redactor
from app.watching.requests import Asked
from tests.app.conftest import ADMIN
from tests.app.watch import logged, numbers, read_only

SUBMISSIONS = "/api/v1/submissions"
BODY = {"assignment": "hw3", "student": "b1", "answers": {"1.3": 5.472}}
PLANTED_ANSWER, PLANTED_QUERY, PLANTED_PATH = "5.47265358979", "planted-in-the-query", "planted-in-the-path"
PLANTED_TOKEN = "upto_" + "planted-token" * 4


class FailingDesk(Desk):
    """Fails over everything."""

    def _read(self, *_: object) -> None:
        raise RuntimeError("the desk was made to fail")


def open_failing_desk(url: str, admin_digest: str, refusals_an_hour: int, secret: bytes) -> Desk:
    return FailingDesk(Database(url), admin_digest, refusals_an_hour, secret)


def test_answer_problem_and_log_have_the_same_id(client_of: Callable[[str | None], TestClient]) -> None:
    with logged() as log:
        answer = client_of(None).get(SUBMISSIONS)
    assert answer.status_code == 401
    (line,) = [one for one in log.lines() if one["event"] == "request"]
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == line["request_id"]
    assert (line["method"], line["route"], line["status"]) == ("GET", SUBMISSIONS, 401)
    assert line["bytes"] == len(answer.content)
    assert line["role"] is None


def test_two_requests_have_two_ids(staff: TestClient) -> None:
    assert staff.get("/healthz").headers["x-request-id"] != staff.get("/healthz").headers["x-request-id"]


@pytest.mark.parametrize("sent", ["a", "proxy-7_b.C", "x" * 64])
def test_a_plain_id_that_was_sent_is_kept(staff: TestClient, sent: str) -> None:
    assert staff.get("/healthz", headers={"X-Request-Id": sent}).headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", ["", "two words", "x" * 65, '"', "a;b", "é".encode().decode("latin-1")])
def test_any_other_id_that_was_sent_is_replaced(staff: TestClient, sent: str) -> None:
    got = staff.get("/healthz", headers=[(b"X-Request-Id", sent.encode("latin-1"))]).headers["x-request-id"]
    assert got != sent
    assert len(got) == 32


def test_two_ids_that_were_sent_are_replaced(staff: TestClient) -> None:
    got = staff.get("/healthz", headers=[("X-Request-Id", "a"), ("X-Request-Id", "b")]).headers["x-request-id"]
    assert len(got) == 32


def test_a_line_tells_role_and_course_of_who_asked(staff: TestClient, learner: Callable[[str], TestClient]) -> None:
    with logged() as log:
        assert staff.post(SUBMISSIONS, json=BODY).status_code == 201
        assert learner("b2").get("/api/v1/courses/ml/assignments/hw3").status_code == 200
        assert learner("b2").get("/api/v1/courses/none/assignments/hw3").status_code == 404
    told = [(one["route"], one["role"], one["course"]) for one in log.lines() if one["event"] == "request"]
    place = "/api/v1/courses/{course}/assignments/{assignment}"
    assert told == [(SUBMISSIONS, "staff", "ml"), (place, "learner", "ml"), (place, "learner", None)]


def test_what_nobody_foresaw_is_503_with_the_id_of_its_trace(
    service: FastAPI, staff: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(type(service.state.service), "listing", fail)
    with logged() as log:
        answer = staff.get(SUBMISSIONS, headers={"X-Request-Id": "seen"})
    assert (answer.status_code, answer.json()["request_id"]) == (503, "seen")
    assert answer.headers["x-request-id"] == "seen"
    assert answer.headers["x-content-type-options"] == "nosniff"
    failed, request = log.lines()
    assert failed["request_id"] == request["request_id"] == "seen"
    assert "made to fail" in failed["exception"]


def test_a_question_that_fails_names_the_request_that_it_was_in(
    service: FastAPI, staff: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("made to fail")

    monkeypatch.setattr(sys.modules[check_many.__module__], "try_candidates", fail)
    with logged() as log:
        report = staff.post(SUBMISSIONS, json=BODY, headers={"X-Request-Id": "seen"}).json()
        found = numbers(staff.get("/metrics").text)
    assert report["questions"]["1.3"]["verdict"] == "pending"
    (line,) = [one for one in log.lines() if "could not be graded" in one["event"]]
    assert line["request_id"] == "seen"
    assert found["upto_failed_answers_total", frozenset({("assignment", "hw3"), ("question", "1.3")})] == 1


def test_a_failure_in_the_process_that_grades_has_the_id_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app.main, "open_desk", open_failing_desk)
    application = create_app(Settings(data_dir=tmp_path, admin_token=SecretStr(ADMIN), log_format="json"))
    headers = {"Authorization": f"Bearer {ADMIN}", "X-Request-Id": "seen"}
    with TestClient(application, headers=headers) as client:
        answer = client.post(SUBMISSIONS, json=BODY)
    assert (answer.status_code, answer.json()["request_id"]) == (503, "seen")
    written = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    (line,) = [one for one in written if "could not be kept" in one["event"]]
    assert line["request_id"] == "seen"
    assert "made to fail" in line["exception"]


def _walk(client: TestClient) -> None:
    """Ask every route, with something of one's own in every part of the request."""
    body = {"assignment": "hw3", "student": "b1", "answers": {"1.3": float(PLANTED_ANSWER)}, PLANTED_ANSWER: 1}
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        filled = "/".join(PLANTED_PATH if part.startswith("{") else part for part in path.split("/"))
        for method in methods:
            client.request(method, filled, params={"student": PLANTED_QUERY, "cursor": PLANTED_QUERY}, json=body)
    client.post(SUBMISSIONS, json={**body, "answers": {"1.3": PLANTED_ANSWER}})
    client.post(SUBMISSIONS, json={"assignment": "hw3", "student": "b1", "answers": {"1.3": float(PLANTED_ANSWER)}})
    client.get(f"/{PLANTED_PATH}", params={"token": PLANTED_QUERY})


def test_no_line_tells_a_token_an_answer_a_query_or_a_path(
    service: FastAPI, client_of: Callable[[str | None], TestClient], learner: Callable[[str], TestClient]
) -> None:
    student = learner("b1")
    own = student.headers["Authorization"].removeprefix("Bearer ")
    with logged() as log:
        for client in (client_of(ADMIN), client_of(PLANTED_TOKEN), student):
            _walk(client)
            with read_only(service.state.service.database.engine):
                assert client_of(ADMIN).post(SUBMISSIONS, json=BODY | {"answers": {"1.3": PLANTED_ANSWER}}).is_error
    assert len(log.lines()) > 60
    assert any("could not be kept" in one["event"] for one in log.lines())
    for planted in (ADMIN, own, PLANTED_TOKEN, PLANTED_ANSWER, PLANTED_QUERY, PLANTED_PATH):
        assert planted not in log.text()


@pytest.mark.parametrize("form", ["json", "text"])
def test_what_would_be_told_by_mistake_is_taken_out(form: str) -> None:
    with logged("a “secret” of ours", form=form) as log:
        told = f"{PLANTED_TOKEN} Bearer abc.DEF~1 postgresql://upto:hunter2@there/upto a “secret” of ours kept"
        logging.getLogger("anybody").warning("%s", told, extra={"more": PLANTED_TOKEN})
    for planted in (PLANTED_TOKEN, "abc.DEF", "hunter2", "secret"):
        assert planted not in log.text()
    assert "there/upto" in log.text()
    assert "kept" in log.text()


def test_ordinary_words_are_left_as_they_are() -> None:
    line = "the bearer: of upto_requests_total; see https://there/path and DETAILS"
    assert redactor(["short"])(None, "info", line + " short") == line + " short"


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_trace_shows_no_local_variables(form: str) -> None:
    def fail() -> None:
        local = "planted" + "-value"
        raise RuntimeError(len(local))

    with logged(form=form) as log:
        try:
            fail()
        except RuntimeError:
            logging.getLogger("anybody").exception("failed")
    assert "Traceback" in log.text()
    assert "planted-value" not in log.text()


def test_a_line_about_several_requests_names_them_all() -> None:
    begin(Asked("own"))
    with logged() as log:
        logger = logging.getLogger("anybody")
        with about(["a", None, "b"]):
            logger.warning("both")
        with about([None]):
            logger.warning("own")
    both, own = log.lines()
    assert both["request_ids"] == ["a", "b"]
    assert own["request_id"] == "own"


def test_lines_of_libraries_and_below_the_level_are_as_set() -> None:
    with logged() as log:
        logging.getLogger("uvicorn.error").warning("from a library")
        logging.getLogger("sqlalchemy.engine").info("SELECT")
        logging.getLogger("upto").debug("too little")
    assert [one["event"] for one in log.lines()] == ["from a library"]


def test_a_log_that_cannot_be_written_stops_nothing(staff: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> int:
        raise OSError(errno.ENOSPC, "no space left")

    with logged():
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        monkeypatch.setattr(handler.stream, "write", fail)
        assert staff.post(SUBMISSIONS, json=BODY).status_code == 201


def test_a_setting_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTO_LOG_LEVEL", "loud")
    with pytest.raises(ValueError, match="log_level"):
        Settings()


def test_the_password_of_the_database_is_a_secret() -> None:
    settings = Settings(database_url="postgresql://upto:p%40ss@there/upto", admin_token=SecretStr("t"))
    assert settings.secrets() == ["t", "p%40ss", "p@ss"]
    assert Settings(database_url="sqlite:///file").secrets() == []
