"""Idempotency keys: what is sent twice counts once, on one process and on several."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.intake import Accepted, Arrival
from app.main import create_app
from app.settings import Settings
from app.storage import Credential
from app.storage.tables import idempotency_keys, submissions
from app.web.responses import Responding
from tests.app.conftest import ADMIN
from tests.app.support import Clock, publish

Make = Callable[[str], TestClient]
SUBMISSIONS = "/api/v1/submissions"
BODY = {"assignment": "hw3", "answers": {"1.3": 5.472}}
KEY = {"Idempotency-Key": "the-first-try"}


def _attempts(client: TestClient) -> list[int]:
    return [item["attempt"] for item in client.get(SUBMISSIONS).json()["items"]]


def test_the_same_key_and_body_is_answered_with_the_first_response_and_stores_nothing(learner: Make) -> None:
    client = learner("b1")
    first = client.post(SUBMISSIONS, json=BODY, headers=KEY)
    again = client.post(SUBMISSIONS, json=BODY, headers={**KEY, "Accept-Language": "zh-TW"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["location"] == first.headers["location"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert _attempts(client) == [1]
    assert client.post(SUBMISSIONS, json=BODY).json()["attempt"] == 2


def test_the_same_key_with_other_bytes_is_409(learner: Make) -> None:
    client = learner("b1")
    first = client.post(SUBMISSIONS, json=BODY, headers=KEY).json()
    for body in (json.dumps({**BODY, "answers": {}}), json.dumps(BODY) + " ", "not even JSON"):
        response = client.post(SUBMISSIONS, content=body, headers=KEY)
        assert response.status_code == 409
        assert response.json()["type"].endswith("/idempotency-key")
        assert first["id"] in response.json()["detail"]
    assert _attempts(client) == [1]


def test_keys_belong_to_tokens(learner: Make, staff: TestClient) -> None:
    reports = [
        learner("b1").post(SUBMISSIONS, json=BODY, headers=KEY),
        learner("b2").post(SUBMISSIONS, json=BODY, headers=KEY),
        staff.post(SUBMISSIONS, json={**BODY, "student": "b1"}, headers=KEY),
    ]
    assert [response.status_code for response in reports] == [201, 201, 201]
    assert [response.json()["attempt"] for response in reports] == [1, 1, 2]
    assert not any("idempotent-replayed" in response.headers for response in reports)


def test_only_201s_are_remembered(learner: Make) -> None:
    client = learner("b1")
    assert client.post(SUBMISSIONS, json={**BODY, "answers": {"9": 1}}, headers=KEY).status_code == 422
    assert client.post(SUBMISSIONS, content="{", headers=KEY).status_code == 400
    assert client.post(SUBMISSIONS, json=BODY, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "a b", "ü".encode(), "x" * 256, "a\tb"])
def test_a_key_that_is_none_is_422_and_what_was_sent_is_kept(learner: Make, staff: TestClient, key: str) -> None:
    response = learner("b1").post(SUBMISSIONS, json=BODY, headers={"Idempotency-Key": key})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/header/idempotency-key"
    (kept,) = staff.get("/api/v1/refusals").json()["items"]
    assert json.loads(kept["body"]) == BODY


def test_the_longest_key_is_a_key_and_two_are_none(learner: Make) -> None:
    client = learner("b1")
    assert client.post(SUBMISSIONS, json=BODY, headers={"Idempotency-Key": "~" * 255}).status_code == 201
    twice: Any = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    assert client.post(SUBMISSIONS, json=BODY, headers=twice).status_code == 422


def test_a_try_that_comes_after_the_closing_or_the_last_attempt_still_gets_the_first_answer(
    service: FastAPI, learner: Make, clock: Clock
) -> None:
    publish(service, clock, attempts=1, closes_at="2026-11-24T13:00:00Z")
    client = learner("b1")
    first = client.post(SUBMISSIONS, json=BODY, headers=KEY)
    assert client.post(SUBMISSIONS, json=BODY, headers=KEY).content == first.content
    clock.advance(7200)
    again = client.post(SUBMISSIONS, json=BODY, headers=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert client.post(SUBMISSIONS, json=BODY, headers={"Idempotency-Key": "another"}).status_code == 409


def test_a_key_is_kept_for_7_days_and_forgotten_later(service: FastAPI, learner: Make, clock: Clock) -> None:
    client = learner("b1")
    first = client.post(SUBMISSIONS, json=BODY, headers=KEY)
    desk = service.state.service.desk
    clock.advance(timedelta(days=7).total_seconds())
    desk.sweep(clock())
    assert client.post(SUBMISSIONS, json=BODY, headers=KEY).content == first.content
    clock.advance(timedelta(days=1, seconds=1).total_seconds())
    desk.sweep(clock())
    with service.state.service.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(idempotency_keys)).scalar_one() == 0
    assert client.post(SUBMISSIONS, json=BODY, headers=KEY).json()["attempt"] == 2


def test_requests_of_one_group_with_one_key_are_one_submission(service: FastAPI, clock: Clock) -> None:
    body = json.dumps({**BODY, "student": "b1"}).encode()
    other = json.dumps({**BODY, "student": "b2"}).encode()
    arrivals = [
        Arrival(Credential.of_token(ADMIN), one, clock(), Responding("en"), ["key"])
        for one in (body, body, other, body)
    ]
    one, two, three, four = service.state.service.desk.take(arrivals)
    assert isinstance(one, Accepted)
    assert not one.replayed
    assert (two, four) == (Accepted(one.id, one.response, "en", replayed=True),) * 2
    assert not isinstance(three, Accepted)


def test_where_the_first_of_a_group_is_refused_the_second_with_its_key_is_not(service: FastAPI, clock: Clock) -> None:
    bad = json.dumps({**BODY, "student": "b1", "answers": {"9": 1}}).encode()
    good = json.dumps({**BODY, "student": "b1"}).encode()
    arrivals = [Arrival(Credential.of_token(ADMIN), one, clock(), Responding("en"), ["key"]) for one in (bad, good)]
    refused, accepted = service.state.service.desk.take(arrivals)
    assert not isinstance(refused, Accepted)
    assert isinstance(accepted, Accepted)


def test_the_same_key_at_the_same_moment_on_two_services_is_one_submission(settings: Settings, clock: Clock) -> None:
    """Two applications on one database, each with its own writer, as two processes would be."""
    applications = [create_app(settings, clock) for _ in range(2)]
    headers = {"Authorization": f"Bearer {ADMIN}"}

    def send(job: tuple[TestClient, int]) -> Response:
        client, number = job
        body = {**BODY, "student": f"b{number % 3}"}
        return client.post(SUBMISSIONS, json=body, headers={**headers, "Idempotency-Key": f"key-{number}"})

    with TestClient(applications[0]) as one, TestClient(applications[1]) as two:
        jobs = [(client, number) for number in range(40) for client in (one, two)]
        with ThreadPoolExecutor(8) as pool:
            responses = list(pool.map(send, jobs))
        database = applications[0].state.service.database
        with database.reading() as connection:
            counted = connection.execute(select(func.count()).select_from(submissions)).scalar_one()
    assert [response.status_code for response in responses] == [201] * 80
    for first, second in zip(responses[::2], responses[1::2], strict=True):
        assert first.content == second.content
        assert sorted("idempotent-replayed" in response.headers for response in (first, second)) == [False, True]
    assert counted == 40
    attempts: dict[str, set[int]] = {}
    for response in responses:
        attempts.setdefault(response.json()["student"], set()).add(response.json()["attempt"])
    assert attempts == {"b0": set(range(1, 15)), "b1": set(range(1, 14)), "b2": set(range(1, 14))}


def test_no_loop_is_needed_to_take_submissions_in(service: FastAPI, clock: Clock) -> None:
    """Jobs will hand submissions to the desk themselves."""
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    body = json.dumps({**BODY, "student": "b1"}).encode()
    (outcome,) = service.state.service.desk.take([Arrival(Credential.of_token(ADMIN), body, clock(), Responding("en"))])
    assert isinstance(outcome, Accepted)
