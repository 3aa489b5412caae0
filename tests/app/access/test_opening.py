"""Before an assignment opens for a learner, they learn when it will, and nothing of what is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.storage.tables import refusals, variants
from tests.app.support import Clock, publish_source
from tests.app.uploads import SOURCE, upload
from tests.app.varied import GRAPH

Learner = Callable[[str], TestClient]
OPENS = "2026-11-24T13:00:00Z"
INSIDE = "/api/v1/courses/ml/assignments/own-graph"
HIDDEN = ("Adjacency", "相鄰", "adjacency", "n_vertices", "edges", "samples", "psi", "axes", "one_sided", '"W"')
BODIES: tuple[dict[str, Any], ...] = (
    {"answers": {}},
    {"answers": {"W": [[1, 2], [3]]}},
    {"answers": {"unknown": 1}},
    {"answers": {"axes": {"unknown": "?"}}},
)


@pytest.fixture(autouse=True)
def _published(service: FastAPI, clock: Clock) -> None:
    """Two assignments that are not open yet, one with data of one's own and one with files."""
    later = GRAPH.replace(
        "tolerance: {decimals: 3}\n", f'tolerance: {{decimals: 3}}\npolicy: {{opens_at: "{OPENS}"}}\n', 1
    )
    publish_source(service, clock, "own-graph", later.encode())
    publish_source(service, clock, "scans", (SOURCE % f'opens_at: "{OPENS}"').encode())


def _counted(service: FastAPI) -> tuple[int, int]:
    with service.state.service.database.reading() as connection:
        drawn = connection.execute(select(func.count()).select_from(variants)).scalar_one()
        refused = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
        return drawn, refused


def test_a_learner_sees_title_times_and_points(service: FastAPI, learner: Learner) -> None:
    found = learner("b1").get(INSIDE)
    assert found.status_code == 200
    document = found.json()
    assert (document["title"], document["max_score"]) == ("A graph of one's own", 4.0)
    assert document["opens_at"] == "2026-11-24T13:00:00.000000Z"
    assert (document["data"], document["questions"], document["answer_schema"]["properties"]) == ({}, [], {})
    assert "variant" not in document
    assert not [word for word in HIDDEN if word in found.text]
    assert _counted(service) == (0, 0)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_nothing_else_tells_more_or_draws_data(service: FastAPI, learner: Learner, language: str) -> None:
    client = learner("b1")
    client.headers["Accept-Language"] = language
    closed = [client.get(f"{INSIDE}/data.{kind}{query}") for kind in ("npz", "csv") for query in ("", "?name=edges")]
    for body in BODIES:
        whole = {"assignment": "own-graph", **body}
        closed += [client.post(f"/api/v1/{place}", json=whole) for place in ("previews", "submissions")]
    for question, field in (("1", "scan"), ("9", "scan"), ("3", "kappa")):
        closed.append(upload(client, question=question, field=field))
    for answer in closed:
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/closed")
        assert "2026-11-24T21:00:00+08:00" in answer.json()["detail"]
        assert not [word for word in (*HIDDEN, "1/scan") if word in answer.text]
    standing = client.get(f"{INSIDE}/standing").json()
    assert (standing["questions"], standing["max_score"]) == ({}, 4.0)
    assert _counted(service) == (0, 0)


def test_staff_see_and_try_everything(staff: TestClient) -> None:
    document = staff.get(INSIDE).json()
    assert [question["id"] for question in document["questions"]] == ["W", "L", "psi", "axes"]
    assert document["data"]["n_vertices"] == 8
    body = {"assignment": "own-graph", "answers": {"W": [[1, 2], [3]]}}
    assert staff.post("/api/v1/previews", json=body).status_code == 422
    assert staff.post("/api/v1/checks", json=body | {"answers": {}}).status_code == 200
    assert staff.get(f"{INSIDE}/data.npz").status_code == 200


def test_it_opens_for_each_at_their_own_time(staff: TestClient, learner: Learner, clock: Clock) -> None:
    early, usual = learner("b1"), learner("b2")
    allowed = staff.put(f"{INSIDE}/learners/b1/policy", json={"opens_at": "2026-11-24T12:00:00Z"})
    assert allowed.status_code == 200
    assert len(early.get(INSIDE).json()["questions"]) == 4
    assert usual.get(INSIDE).json()["questions"] == []
    clock.now = clock.now.replace(hour=12, minute=59, second=59, microsecond=999_999)
    assert usual.get(INSIDE).json()["questions"] == []
    clock.now = clock.now.replace(hour=13, minute=0, second=0, microsecond=0)
    opened = usual.get(INSIDE).json()
    assert len(opened["questions"]) == 4
    assert opened["variant"]["student"] == "b2"
    body = {"assignment": "own-graph", "answers": {"W": [[1, 2], [3]]}}
    assert usual.post("/api/v1/previews", json=body).status_code == 422
    assert usual.get(f"{INSIDE}/data.csv").status_code == 200
    assert json.dumps(early.get(INSIDE).json()["data"]) != json.dumps(opened["data"])
