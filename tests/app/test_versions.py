"""Versions of an assignment: uploaded as drafts, published by themselves or by staff, never changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from app.assignments import shipped_assignments, version_of
from app.main import create_app
from app.settings import Settings
from app.storage import create_token, ensure_course, ensure_shipped, find_course, list_versions
from tests.app.support import Clock

Make = Callable[[str], TestClient]
HW3 = "/api/v1/courses/ml/assignments/hw3"
SUBMISSIONS = "/api/v1/submissions"

SMALL = """
format: 1
slug: warm-up
title: {en: "Warm-up", zh-TW: "暖身"}
points: 1.0
tolerance: {decimals: 3}
data: {samples: [[1, 2, 3], [4, 8, 5], [3, 12, 9], [1, 8, 5], [5, 14, 2]]}
questions:
  - id: "1"
    title: {en: "Error", zh-TW: "誤差"}
    prompt: {en: "The mean squared reconstruction error.", zh-TW: "重建的均方誤差。"}
    points: 1.0
    truth:
      solver: pca.reconstruction_error
      inputs: {X: {data: samples}, axes: {value: [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}}
      options: {n_components: 2}
    fields:
      error: {shape: []}
"""


def _put(client: TestClient, source: str, slug: str = "warm-up", **query: str) -> Response:
    return client.put(f"/api/v1/courses/ml/assignments/{slug}", content=source.encode(), params=query)


def _versions(client: TestClient, slug: str = "warm-up") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/api/v1/courses/ml/assignments/{slug}/versions").json()["items"]
    return items


def test_the_first_version_publishes_itself_and_later_ones_are_drafts(staff: TestClient, clock: Clock) -> None:
    first = _put(staff, SMALL, reason="the first homework")
    assert (first.status_code, first.json()["state"]) == (201, "published")
    assert first.json()["version"] == version_of(SMALL.encode())
    clock.advance(60)
    changed = SMALL.replace("The mean squared", "The average squared")
    second = _put(staff, changed, reason="clearer words")
    assert (second.status_code, second.json()["state"]) == (201, "draft")
    newest, oldest = _versions(staff)
    assert (newest["state"], newest["reason"], newest["created_by"]) == ("draft", "clearer words", "administrator")
    assert (newest["published_at"], newest["created_at"]) == (None, "2026-11-24T12:01:00.000000Z")
    assert (oldest["state"], oldest["published_by"]) == ("published", "administrator")
    assert staff.get("/api/v1/courses/ml/assignments/warm-up").json()["version"] == oldest["version"]


def test_publishing_changes_what_runs_and_leaves_earlier_reports(staff: TestClient, learner: Make) -> None:
    first = _put(staff, SMALL).json()["version"]
    changed = SMALL.replace("[5, 14, 2]", "[5, 14, 3]")
    second = _put(staff, changed).json()["version"]
    client = learner("b1")
    body = {"assignment": "warm-up", "answers": {"1": 1.0}}
    before = client.post(SUBMISSIONS, json=body).json()
    path = f"/api/v1/courses/ml/assignments/warm-up/versions/{second}/publish"
    assert staff.post(path).json() == {"version": second, "state": "published"}
    assert staff.post(path).json() == {"version": second, "state": "published"}
    after = client.post(SUBMISSIONS, json=body).json()
    assert (before["assignment_version"], after["assignment_version"]) == (first, second)
    assert client.get(f"{SUBMISSIONS}/{before['id']}").json() == before
    assert [one["state"] for one in _versions(staff)] == ["published", "superseded"]
    assert staff.post(path.replace(second, first)).json()["state"] == "published"
    assert [one["state"] for one in _versions(staff)] == ["superseded", "published"]
    assert client.post(SUBMISSIONS, json=body).json()["assignment_version"] == first


def test_the_same_file_again_is_the_same_version(staff: TestClient) -> None:
    first = _put(staff, SMALL)
    again = _put(staff, SMALL, reason="by mistake")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(_versions(staff)) == 1


def test_a_version_and_what_changed_can_be_read(staff: TestClient) -> None:
    first = _put(staff, SMALL).json()["version"]
    second = _put(staff, SMALL.replace("Warm-up", "Warming up")).json()["version"]
    base = "/api/v1/courses/ml/assignments/warm-up/versions"
    assert staff.get(f"{base}/{first}").json()["source"] == SMALL
    said = staff.get(f"{base}/{second}/difference", params={"since": first}).json()["difference"]
    assert [line for line in said.splitlines() if line.startswith(("+t", "-t"))] == [
        '-title: {en: "Warm-up", zh-TW: "暖身"}',
        '+title: {en: "Warming up", zh-TW: "暖身"}',
    ]
    assert staff.get(f"{base}/{first}/difference", params={"since": first}).json()["difference"] == ""
    seen, path = [], f"{base}?limit=1"
    while path:
        response = staff.get(path)
        seen += [item["version"] for item in response.json()["items"]]
        path = response.links.get("next", {}).get("url", "")
    assert seen == [second, first]


@pytest.mark.parametrize(
    ("source", "pointer"),
    [
        (SMALL.replace("pca.reconstruction_error", "pca.nothing"), "/questions/0/truth/solver"),
        (SMALL.replace("points: 1.0\ntol", "points: 2.0\ntol"), "/points"),
        (SMALL.replace(', zh-TW: "暖身"', ""), "/title"),
        (SMALL.replace("slug: warm-up", "slug: cool-down"), "/slug"),
    ],
)
def test_what_the_lint_finds_is_422_with_its_place_and_nothing_is_kept(
    staff: TestClient, source: str, pointer: str
) -> None:
    response = _put(staff, source)
    assert response.status_code == 422, response.text
    assert any(error["pointer"].startswith(pointer) for error in response.json()["errors"])
    assert staff.get("/api/v1/courses/ml/assignments/warm-up").status_code == 404


@pytest.mark.parametrize("source", ["", "][", "a: &a [*a]", "- 1", "!!python/object:os.system {}", "x: 1\nx: 2"])
def test_what_is_no_assignment_is_422(staff: TestClient, source: str) -> None:
    assert _put(staff, source).status_code == 422


def test_learners_and_staff_of_other_courses_may_not(
    service: FastAPI, client_of: Callable[[str | None], TestClient], learner: Make, staff: TestClient, clock: Clock
) -> None:
    version = _versions(staff, "hw3")[0]["version"]
    with service.state.service.database.writing() as connection:
        other = ensure_course(connection, "other", clock())
        outsider = client_of(create_token(connection, other, clock(), staff="somebody"))
    requests = [
        ("PUT", HW3),
        ("GET", f"{HW3}/versions"),
        ("GET", f"{HW3}/versions/{version}"),
        ("GET", f"{HW3}/versions/{version}/difference?since={version}"),
        ("POST", f"{HW3}/versions/{version}/publish"),
    ]
    for client, status in ((learner("b1"), 403), (outsider, 404), (client_of(None), 401)):
        assert {client.request(method, path).status_code for method, path in requests} == {status}


def test_what_does_not_exist_is_404(staff: TestClient) -> None:
    for path in (f"{HW3}/versions/no", "/api/v1/courses/ml/assignments/no/versions"):
        assert staff.get(path).status_code == 404
    assert staff.post(f"{HW3}/versions/no/publish").status_code == 404
    assert staff.get(f"{HW3}/versions/no/difference").status_code == 422
    assert staff.put("/api/v1/courses/no/assignments/hw3", content=SMALL).status_code == 404


def test_what_is_published_last_runs_also_where_the_clock_was_set_back(staff: TestClient, clock: Clock) -> None:
    _put(staff, SMALL)
    second = _put(staff, SMALL.replace("Warm-up", "Warming up")).json()["version"]
    clock.advance(-3600)
    staff.post(f"/api/v1/courses/ml/assignments/warm-up/versions/{second}/publish")
    assert staff.get("/api/v1/courses/ml/assignments/warm-up").json()["version"] == second


def test_a_new_shipped_file_runs_only_where_it_disturbs_nobody(
    service: FastAPI, staff: TestClient, learner: Make, clock: Clock
) -> None:
    source = shipped_assignments()["hw3"].read_bytes()
    database = service.state.service.database

    def ship(comment: bytes) -> str:
        with database.writing() as connection:
            course = find_course(connection, "ml")
            assert course is not None
            return ensure_shipped(connection, course, "hw3", source + b"# " + comment, clock()).state

    assert ship(b"one") == "published"
    assert ship(b"one") == "published"
    assert learner("b1").post(SUBMISSIONS, json={"assignment": "hw3", "answers": {}}).status_code == 201
    assert ship(b"two") == "draft"
    draft = _versions(staff, "hw3")[0]["version"]
    assert staff.post(f"{HW3}/versions/{draft}/publish").status_code == 200
    assert ship(b"three") == "draft"


def test_a_restart_publishes_nothing_by_itself(settings: Settings, clock: Clock) -> None:
    for _ in range(2):
        application = create_app(settings, clock)
        with TestClient(application), application.state.service.database.reading() as connection:
            course = find_course(connection, "ml")
            assert course is not None
            assert len(list_versions(connection, course, "hw3")) == 1


def test_answers_obey_the_openapi_document(staff: TestClient) -> None:
    document = staff.get("/openapi.json").json()
    first = _put(staff, SMALL)
    base = "/api/v1/courses/{course}/assignments/{assignment}"
    version = first.json()["version"]
    ours = "/api/v1/courses/ml/assignments/warm-up"
    answers = [
        (base, "put", "201", first),
        (f"{base}/versions", "get", "200", staff.get(f"{ours}/versions")),
        (f"{base}/versions/{{version}}", "get", "200", staff.get(f"{ours}/versions/{version}")),
        (f"{base}/versions/{{version}}/publish", "post", "200", staff.post(f"{ours}/versions/{version}/publish")),
        (
            f"{base}/versions/{{version}}/difference",
            "get",
            "200",
            staff.get(f"{ours}/versions/{version}/difference", params={"since": version}),
        ),
    ]
    for path, method, status, response in answers:
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(response.json())


def test_very_long_files_are_not_compared(staff: TestClient) -> None:
    first = _put(staff, SMALL).json()["version"]
    second = _put(staff, SMALL + "# a line\n" * 6000).json()["version"]
    path = f"/api/v1/courses/ml/assignments/warm-up/versions/{second}/difference"
    assert staff.get(path, params={"since": first}).status_code == 422
