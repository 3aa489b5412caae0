"""Every route, asked as everybody: what is not one's own is refused, and a route that is in no row fails here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from tests.app.access.matrix import ROWS, Row, found, routes_of
from tests.app.access.world import CALLERS, World, opened_world
from tests.databases import fresh_database

STRANGERS = ("nobody", "unknown", "revoked", "classmate", "other learner", "other staff")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all rows, each of which finds it as it needs it."""
    folder: Path = tmp_path_factory.mktemp("world")
    with nullcontext() if request.param == "sqlite" else fresh_database() as url, opened_world(folder, url) as made:
        yield made


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_everybody_gets_what_the_matrix_says(world: World, row: Row) -> None:
    assert dict(zip(CALLERS, found(world, row), strict=True)) == dict(zip(CALLERS, row.statuses.split(), strict=True))


def test_every_route_is_in_the_matrix(world: World) -> None:
    assert set(routes_of(world.app)) == {(row.method, row.path) for row in ROWS}


def test_a_new_route_is_missed_wherever_it_is_added() -> None:
    app, router = FastAPI(), APIRouter(prefix="/inner")
    known = set(routes_of(app))
    router.add_api_route("/new", lambda: None, methods=["DELETE"])
    app.include_router(router, prefix="/outer")
    app.add_route("/plain", lambda _: None)  # type: ignore[arg-type, return-value] # it is never called
    assert set(routes_of(app)) - known == {("DELETE", "/outer/inner/new"), ("GET", "/plain")}
    app.router.routes.append(BaseRoute())
    with pytest.raises(LookupError, match="does not know"):
        list(routes_of(app))


def test_no_refusal_says_anything_of_what_is_refused(world: World) -> None:
    own = {world.things[name] for name in ("own data", "version", "earlier")}
    for row in ROWS:
        for caller, status in zip(CALLERS, row.statuses.split(), strict=True):
            if caller in STRANGERS and status in ("401", "403", "404") and "params" not in row.request:
                answer = world.send(caller, row.method, row.asked or row.path, **row.request)
                assert answer.headers["content-type"] == "application/problem+json"
                assert not any(thing in answer.text for thing in own if thing not in str(answer.url))


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PROPFIND"])
def test_no_other_method_is_a_way_around(world: World, method: str) -> None:
    for row in ROWS:
        statuses = {caller: world.send(caller, method, row.asked or row.path).status_code for caller in CALLERS}
        public = method == "HEAD" and row.path in ("/openapi.json", "/docs/assets/*")
        assert set(statuses.values()) == ({200} if public else {405}), row.name


TRICKS = (
    "/api/v1/submissions/{submission_id}/",
    "/api/v1//submissions/{submission_id}",
    "//api/v1/submissions/{submission_id}",
    "/API/V1/submissions/{submission_id}",
    "/api/v1/SUBMISSIONS/{submission_id}",
    "/api/v1/submissions/{upper}",
    "/api/v1/submissions/{submission_id}%00",
    "/api/v1/submissions/{submission_id}%20",
    "/api/v1/submissions/{submission_id}%0a",
    "/api/v1/submissions/{submission_id}%2ffiles",
    "/api/v1/submissions/%2e%2e/submissions/{submission_id}",
    "/api/v1/submissions/x%2f..%2f{submission_id}",
    "/api/v1/submissions/./{submission_id}",
    "/api/v1/submissions;x=1/{submission_id}",
    "/api/v1/me/../submissions/{submission_id}",
    "/healthz/..%2fapi/v1/submissions/{submission_id}",
    "/docs/assets/..%2f..%2f..%2fapi/v1/submissions/{submission_id}",
    "/docs/assets/%2e%2e/%2e%2e/__init__.py",
    "/docs/assets/..%5c..%5c__init__.py",
    "/docs/assets//etc/passwd",
    "/api/v1/files/{file_id}/",
    "/api/v1/files/..%2ffiles%2f{file_id}",
    "/api/v1/files/{file_id}%3f",
    "/api/v1/courses/ml%2fassignments/hw3/versions",
    "/api/v1/courses/other/../ml/assignments/hw3/versions",
    "/api/v1/courses/other%2f..%2fml/assignments/hw3/versions",
    "/api/v1/courses/ML/assignments/hw3/versions",
    "/api/v1/courses/ml%00/assignments/hw3/versions",
    "/api/v1/courses/ml/assignments/hw3/learners/b2%2f..%2fb1/policy",
    "/api/v1/courses/ml/assignments/hw3/learners/B1/policy",
    "/api/v1/courses/ml/assignments/hw3/learners/%62%31/policy",
    "/api/v1/courses/ml/assignments/hw3/learners/b1%20/policy",
    "/api/v1/courses/ml/assignments/hw3/learners/%EF%BD%82%EF%BC%91/policy",
)


@pytest.mark.parametrize("path", TRICKS)
def test_no_other_way_to_write_a_path_leads_there(world: World, path: str) -> None:
    world.things["upper"] = world.things["submission_id"].upper()
    for caller in STRANGERS:
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = world.send(caller, method, path)
            assert answer.status_code in (307, 401, 403, 404, 405, 422), (caller, method, answer.text)
            if answer.status_code == 307:  # a slash at the end: to where a token is asked for
                assert world.client(caller).get(answer.headers["location"]).status_code in (401, 404)


@pytest.mark.parametrize("student", ["b1", "B1", " b1", "b1 ", "b2,b1", "b1%00", "", "*", "%"])
def test_no_other_way_to_write_a_name_is_anothers(world: World, student: str) -> None:
    submission = world.things["submission_id"]
    for address in (
        f"/api/v1/submissions?student={student}",
        f"/api/v1/submissions?student=b2&student={student}",
        f"/api/v1/courses/ml/assignments/scans/standing?student={student}",
        f"/api/v1/courses/ml/assignments/own-graph?student={student}",
    ):
        answer = world.send("classmate", "GET", address)
        assert answer.status_code in (200, 403, 422)
        assert submission not in answer.text
        assert world.things["own data"] not in answer.text
        if answer.status_code == 200 and "items" not in answer.json():
            assert answer.json().get("student", "b2") == "b2"


def test_a_file_of_anothers_cannot_be_handed_in(world: World) -> None:
    answers = {"1": {"scan": world.things["file_id"]}}
    for caller, status in (("classmate", 422), ("owner", 201)):
        body = {"assignment": "scans", "answers": answers}
        assert world.send(caller, "POST", "/api/v1/submissions", json=body).status_code == status
        preview = world.send(caller, "POST", "/api/v1/previews", json=body)
        assert preview.status_code == min(status, 422 if status == 422 else 200)
