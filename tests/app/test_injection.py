"""Names that would mean something to a database mean nothing: neither a part of a statement nor a pattern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

SUBMISSIONS = "/api/v1/submissions"
NAMES = (
    "x' OR '1'='1",
    'x" OR "1"="1',
    "b1'; DROP TABLE submissions; --",
    "b1' --",
    "b1' UNION SELECT digest FROM tokens --",
    "b1/**/",
    "b1\\",
    "%",
    "b%",
    "*",
    ":student",
    "%(student)s",
    "?",
    "$1",
    "{student}",
)
PLACES = (
    f"{SUBMISSIONS}?student={{}}",
    f"{SUBMISSIONS}?course={{}}",
    f"{SUBMISSIONS}?assignment={{}}",
    f"{SUBMISSIONS}?cursor={{}}",
    f"{SUBMISSIONS}/{{}}",
    "/api/v1/files/{}",
    "/api/v1/refusals?student={}",
    "/api/v1/courses/{}/assignments/hw3",
    "/api/v1/courses/ml/assignments/{}",
    "/api/v1/courses/ml/assignments/hw3/standing?student={}",
    "/api/v1/courses/ml/assignments/hw3/versions/{}",
    "/api/v1/courses/ml/assignments/hw3/learners/{}/policy",
)


@pytest.fixture
def tutor(learner: Callable[[str], TestClient], staff: TestClient) -> TestClient:
    """Staff of a course in which a learner has handed something in, and had something refused."""
    client = learner("b1")
    assert client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": 5.472}}).status_code == 201
    assert client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": "five"}}).status_code == 422
    return staff


def _students(client: TestClient, path: str) -> list[str]:
    return [item["student"] for item in client.get(path).json()["items"]]


def _quoted(name: str) -> str:
    return "".join(f"%{byte:02x}" for byte in name.encode())


def test_what_would_mean_something_to_a_database_finds_nothing(tutor: TestClient) -> None:
    for name in NAMES:
        for place in PLACES:
            answer = tutor.get(place.format(_quoted(name)))
            found: Any = answer.json().get("items", answer.json().get("questions"))
            nothing = answer.status_code in (404, 422) or not found
            of_nobody = place.endswith(("standing?student={}", "/policy")) and "b1" not in answer.text
            assert nothing or of_nobody, (place, name, answer.text)
    assert _students(tutor, f"{SUBMISSIONS}?student=b1") == ["b1"]  # it is all there, and found by its own name
    assert _students(tutor, "/api/v1/refusals?student=b1") == ["b1"]


def test_nor_is_it_taken_for_a_name_in_a_body(tutor: TestClient) -> None:
    for name in NAMES:
        for key in ("student", "course", "assignment"):
            body = {"assignment": "hw3", "student": "b1", "course": "ml", "answers": {}} | {key: name}
            answer = tutor.post(SUBMISSIONS, json=body)
            assert answer.status_code in (404, 422), (key, name, answer.text)
    assert _students(tutor, SUBMISSIONS) == ["b1"]


def test_a_name_with_a_wildcard_in_it_is_that_name_alone(tutor: TestClient) -> None:
    handed_in = tutor.post(SUBMISSIONS, json={"assignment": "hw3", "student": "_1", "course": "ml", "answers": {}})
    assert handed_in.status_code == 201
    assert _students(tutor, f"{SUBMISSIONS}?student=_1") == ["_1"]
    assert _students(tutor, SUBMISSIONS) == ["_1", "b1"]
