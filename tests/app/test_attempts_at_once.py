"""Whoever sends many answers at the same moment gets the attempts that the policy gives, and not one more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.app.support import Clock, publish

_AT_ONCE = 8


@pytest.mark.parametrize(
    ("policy", "taken", "refused"), [({"attempts": 2}, 2, 409), ({"cooldown_seconds": 60}, 1, 429)]
)
def test_answers_at_the_same_moment_to_two_services_get_no_more_attempts(
    service: FastAPI,
    settings: Settings,
    learner: Callable[[str], TestClient],
    clock: Clock,
    policy: dict[str, int],
    taken: int,
    refused: int,
) -> None:
    publish(service, clock, **policy)
    one = learner("b1")
    with TestClient(create_app(settings, clock)) as other:
        other.headers["Authorization"] = one.headers["Authorization"]

        def send(number: int) -> int:
            body = {"assignment": "hw3", "answers": {"1.3": 100 + number}}  # each is another wrong answer
            return (one, other)[number % 2].post("/api/v1/submissions", json=body).status_code

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            statuses = Counter(pool.map(send, range(_AT_ONCE)))
    assert statuses == {201: taken, refused: _AT_ONCE - taken}
    assert len(one.get("/api/v1/submissions").json()["items"]) == taken
