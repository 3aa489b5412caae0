"""The API: who may do what, what is refused and how, what is stored and shown."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from httpx2 import Response
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from tests.app.support import Clock, perfect, publish, published

Make = Callable[[str], TestClient]
SUBMISSIONS = "/api/v1/submissions"
HW3 = "/api/v1/courses/ml/assignments/hw3"


def _body(answers: dict[str, Any] | None = None, **more: object) -> dict[str, Any]:
    return {"course": "ml", "assignment": "hw3", "answers": answers or {}, **more}


def _problem(response: Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail"} <= document.keys()
    assert document["status"] == status
    return document


def test_a_submission_is_answered_with_its_report_and_location(staff: TestClient, clock: Clock) -> None:
    response = staff.post(SUBMISSIONS, json=_body({"1.3": 5.472}, student="B12901001"))
    report = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"{SUBMISSIONS}/{report['id']}"
    assert report["student"] == "b12901001"
    assert (report["course"], report["assignment"], report["attempt"], report["late"]) == ("ml", "hw3", 1, False)
    assert report["submitted_at"] == "2026-11-24T12:00:00.000000Z"
    assert (report["score"], report["max_score"], report["pending"]) == (0.1, 6.0, 2.3)
    assert staff.get(response.headers["location"]).json() == report
    assert staff.post(SUBMISSIONS, json=_body(student="b12901001")).json()["attempt"] == 2


def test_an_answer_has_every_key_once_and_is_what_is_read_later(learner: Make, staff: TestClient) -> None:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert len({key for key, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    answers = {**published(), "1.3": 1, "2.1": "Since."}
    for client in (staff, learner("b1")):
        for sent in (answers, {}):
            response = client.post(SUBMISSIONS, json=_body(sent, student="b1"))
            report = json.loads(response.content, object_pairs_hook=once)
            assert client.get(response.headers["location"]).json() == report


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 401), ("Bearer nobody", 401), ("Basic YTpi", 401), ("Bearer ", 401), ("Bearer \u00e9".encode(), 401)],
)
def test_without_a_valid_token_nothing_is_done(
    client_of: Callable[[str | None], TestClient], header: str | bytes | None, status: int
) -> None:
    headers = {} if header is None else {"Authorization": header}
    for method, path in (("POST", SUBMISSIONS), ("GET", SUBMISSIONS), ("POST", "/api/v1/checks"), ("GET", HW3)):
        response = client_of(None).request(method, path, headers=headers)  # type: ignore[arg-type] # bytes on purpose
        _problem(response, status)
        assert response.headers["www-authenticate"] == "Bearer"


def test_a_learner_is_themselves_and_nobody_else(learner: Make, staff: TestClient) -> None:
    one, other = learner("b1"), learner("b2")
    mine = one.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": 5.472}}).json()
    assert mine["student"] == "b1"
    assert one.get(f"{SUBMISSIONS}/{mine['id']}").status_code == 200
    _problem(other.get(f"{SUBMISSIONS}/{mine['id']}"), 404)
    _problem(other.post(SUBMISSIONS, json=_body(student="b1")), 403)
    _problem(other.get(SUBMISSIONS, params={"student": "b1"}), 403)
    _problem(other.get(f"{HW3}/standing", params={"student": "b1"}), 403)
    assert other.get(SUBMISSIONS).json() == {"items": []}
    assert [item["id"] for item in staff.get(SUBMISSIONS).json()["items"]] == [mine["id"]]


def test_checks_are_for_staff_and_store_nothing(learner: Make, staff: TestClient) -> None:
    body = _body({"1.3": 5.472}, student="unknown-student")
    _problem(learner("b1").post("/api/v1/checks", json=_body({"1.3": 5.472})), 403)
    report = staff.post("/api/v1/checks", json=body).json()
    assert report["score"] == 0.1
    assert not {"id", "attempt"} & report.keys()
    assert staff.get(SUBMISSIONS).json()["items"] == []
    _problem(staff.get(f"{HW3}/standing", params={"student": "unknown-student"}), 404)


def test_a_stream_of_lines_is_answered_line_by_line_in_order(staff: TestClient) -> None:
    good = json.dumps(_body({"1.3": 5.472}, student="b1"))
    long = json.dumps(_body({"2.1": "x" * (1 << 20)}, student="b1"))
    lines = [good, "", "not json", "  ", json.dumps(_body({"9.9": 1})), long, good.replace("5.472", "1")]
    headers = {"Content-Type": "application/x-ndjson; charset=utf-8"}
    response = staff.post("/api/v1/checks", content="\n".join(lines), headers=headers)
    assert response.headers["content-type"].startswith("application/x-ndjson")
    answers = [json.loads(line) for line in response.text.splitlines()]
    assert [answer.get("status") for answer in answers] == ["pending_manual", 400, 422, 413, "pending_manual"]
    assert [answers[0]["score"], answers[4]["score"]] == [0.1, 0.0]


def test_a_preview_says_how_every_field_was_read(learner: Make) -> None:
    answers = {
        "1.1": {"axes": "[[0.617 0.678 -0.4]\n [0.589 -0.734 -0.338]\n [0.523 0.027 0.852]]"},
        "1.3": "11/3",
        "2.1": "Because.",
        "3.2": {"D": [3, 3, 2, 2, 2, 1, 2, 3, 2, 2]},
    }
    client = learner("b1")
    response = client.post("/api/v1/previews", json=_body(answers))
    assert response.json()["questions"] == {
        "1.1": {"fields": {"axes": {"shape": [3, 3], "decimals": 3}}},
        "1.3": {"fields": {"error": {"shape": [], "decimals": None}}},
        "2.1": {"fields": {"derivation": {"characters": 8}}},
        "3.2": {"fields": {"D": {"shape": [10], "decimals": 0}}},
    }
    assert client.get(SUBMISSIONS).json() == {"items": []}


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ('{"7.7": 1}', "/answers/7.7"),
        ('{"1.1": {"axis": 1}}', "/answers/1.1/axis"),
        ('{"1.1": {"axes": [[1,2,3],[4,5,6]]}}', "/answers/1.1/axes"),
        ('{"1.1": {"axes": [[1,2,3],[4,5],[7,8,9]]}}', "/answers/1.1/axes/1"),
        ('{"1.3": NaN}', "/answers/1.3"),
        ('{"1.3": 1e999}', "/answers/1.3"),
        ('{"1.3": -Infinity}', "/answers/1.3"),
        ('{"1.3": "inf"}', "/answers/1.3"),
        ('{"1.3": true}', "/answers/1.3"),
        ('{"1.3": {"error": {"x": 1}}}', "/answers/1.3/error"),
        ('{"1.3": "five"}', "/answers/1.3"),
        ('{"1.1": {"axes": [[1,2,3],[4,null,6],[7,8,9]]}}', "/answers/1.1/axes/1/1"),
        ('{"2.1": 5}', "/answers/2.1"),
    ],
)
def test_what_is_no_answer_is_refused_with_a_pointer_and_costs_nothing(
    learner: Make, answers: str, pointer: str
) -> None:
    client = learner("b1")
    body = f'{{"assignment": "hw3", "answers": {answers}}}'
    for path in (SUBMISSIONS, "/api/v1/previews"):
        problem = _problem(client.post(path, content=body), 422)
        assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert client.get(SUBMISSIONS).json() == {"items": []}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1,", b'{"a":1,"a":2}', b"\xff", b"[" * 1000, b'{"answers": {"1.3": [' + b"[" * 40]
)
def test_what_is_not_json_is_400(staff: TestClient, body: bytes) -> None:
    _problem(staff.post(SUBMISSIONS, content=body), 400)


def test_a_body_over_1_mib_is_413(staff: TestClient) -> None:
    _problem(staff.post(SUBMISSIONS, content=b" " * ((1 << 20) + 1)), 413)


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=bm9uc2Vuc2U", "cursor=é", "student=%00", "course=a%00"],
)
def test_a_bad_query_is_422(staff: TestClient, query: str) -> None:
    _problem(staff.get(f"{SUBMISSIONS}?{query}"), 422)


def test_what_does_not_exist_is_404(staff: TestClient) -> None:
    for path in ("/api/v1/nothing", f"{SUBMISSIONS}/nothing", "/api/v1/courses/no/assignments/hw3", HW3 + "4"):
        _problem(staff.get(path), 404)
    _problem(staff.post(SUBMISSIONS, json={**_body(student="b1"), "course": "no"}), 404)
    _problem(staff.put(SUBMISSIONS), 405)


def test_pages_lead_from_one_to_the_next_newest_first(staff: TestClient) -> None:
    made = [staff.post(SUBMISSIONS, json=_body(student=f"b{number % 2}")).json()["id"] for number in range(5)]
    seen: list[str] = []
    path: str | None = f"{SUBMISSIONS}?limit=2&course=ml&assignment=hw3"
    pages = 0
    while path:
        response = staff.get(path)
        seen += [item["id"] for item in response.json()["items"]]
        assert all("questions" not in item for item in response.json()["items"])
        path = response.links.get("next", {}).get("url")
        pages += 1
    assert (seen, pages) == (made[::-1], 3)
    assert len(staff.get(SUBMISSIONS, params={"student": "B1"}).json()["items"]) == 2


def test_a_learner_sees_no_entry_of_the_truth(learner: Make, staff: TestClient) -> None:
    right = published()
    axes = np.array(right["1.1"]["axes"])
    axes[1, 1] += 0.1
    client = learner("b1")
    answers = {"1.1": {"axes": axes.tolist()}, "1.3": 5.4724, "3.3": right["3.3"]}
    report = client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": answers}).json()
    wrong = report["questions"]["1.1"]["fields"]["axes"]
    assert wrong["measured"] is None
    assert wrong["worst"] is None
    assert wrong["symmetry"] == {"group": "signed_order", "element": None}
    assert (wrong["allowed"], wrong["unit"]) == (0.0005, "largest entry error")
    assert report["questions"]["1.3"]["fields"]["error"]["measured"] == 0.0004
    assert report["questions"]["3.3"]["fields"]["Psi"]["symmetry"] == {"group": "rotation", "element": None}
    assert client.get(f"{SUBMISSIONS}/{report['id']}").json() == report
    whole = staff.get(f"{SUBMISSIONS}/{report['id']}").json()
    assert whole["questions"]["1.1"]["fields"]["axes"]["worst"]["index"] == [1, 1]
    assert "failure" not in json.dumps(report)


def test_after_the_release_a_learner_sees_everything(service: FastAPI, learner: Make, clock: Clock) -> None:
    publish(service, clock, due_at="2026-11-24T12:10:00Z", release="after_due")
    client = learner("b1")
    report = client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": 1}}).json()
    assert report["questions"]["1.3"]["fields"]["error"]["worst"] is None
    clock.advance(3600)
    later = client.get(f"{SUBMISSIONS}/{report['id']}").json()
    assert later["questions"]["1.3"]["fields"]["error"]["worst"]["index"] == []
    assert client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {}}).json()["late"] is True


def test_the_policy_closes_limits_and_cools_down(service: FastAPI, learner: Make, clock: Clock) -> None:
    publish(
        service,
        clock,
        opens_at="2026-11-24T11:00:00Z",
        closes_at="2026-11-24T13:00:00Z",
        attempts=2,
        cooldown_seconds=60,
    )
    client = learner("b1")
    one, two, three = ({"assignment": "hw3", "answers": {"1.3": number}} for number in (1, 2, 3))
    assert client.post(SUBMISSIONS, json=one).status_code == 201
    response = client.post(SUBMISSIONS, json=two)
    _problem(response, 429)
    assert response.headers["retry-after"] == "60"
    clock.advance(60)
    assert client.post(SUBMISSIONS, json=two).json()["attempt"] == 2
    clock.advance(60)
    assert _problem(client.post(SUBMISSIONS, json=three), 409)["type"].endswith("/attempts")
    clock.advance(3600)
    assert _problem(client.post(SUBMISSIONS, json=three), 409)["type"].endswith("/closed")


@pytest.mark.parametrize(("counts", "score", "attempt"), [("best", 0.1, 1), ("last", 0.0, 2)])
def test_the_standing_takes_the_best_or_the_last_attempt(
    service: FastAPI, learner: Make, clock: Clock, counts: str, score: float, attempt: int
) -> None:
    publish(service, clock, counts=counts)
    client = learner("b1")
    first = client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": 5.472, "2.1": "Since."}}).json()
    second = client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": 1}}).json()
    client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"3.1": published()["3.1"]}})
    standing = client.get(f"{HW3}/standing").json()
    found = standing["questions"]["1.3"]
    assert (found["score"], found["attempt"]) == (score, attempt)
    assert found["submission"] == (first, second)[attempt - 1]["id"]
    assert standing["questions"]["3.1"]["attempt"] == 3
    assert standing["questions"]["2.1"] == {
        "verdict": "manual",
        "score": 0.0,
        "max_score": 0.15,
        "submission": first["id"],
        "attempt": 1,
    }
    assert standing["questions"]["1.1"]["submission"] is None
    assert (standing["score"], standing["max_score"]) == (round(score + 0.2, 6), 6.0)
    assert (standing["pending"], standing["status"], standing["student"]) == (2.3, "pending_manual", "b1")


def test_our_own_failure_leaves_the_question_pending_and_the_rest_graded(
    learner: Make, staff: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    plan = importlib.import_module("app.checking.plan")
    whole = plan.Plan.target

    def broken(self: object, question: str, candidate: object) -> object:
        if question == "1.3":
            raise ZeroDivisionError("a bug of ours")
        return whole(self, question, candidate)

    monkeypatch.setattr(plan.Plan, "target", broken)
    answers = {"1.3": 5.472, "3.1": published()["3.1"]}
    report = learner("b1").post(SUBMISSIONS, json={"assignment": "hw3", "answers": answers}).json()
    assert report["status"] == "pending_review"
    assert report["questions"]["1.3"]["verdict"] == "pending"
    assert "failure" not in report["questions"]["1.3"]
    assert (report["score"], report["pending"]) == (0.2, 2.4)
    whole_report = staff.get(f"{SUBMISSIONS}/{report['id']}").json()
    assert whole_report["questions"]["1.3"]["failure"] == "ZeroDivisionError: a bug of ours"


def test_a_failure_outside_a_question_is_503_and_stores_nothing(
    staff: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.intake import desk

    def broken(*_: object) -> object:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(desk, "check_many", broken)
    response = staff.post(SUBMISSIONS, json=_body(student="b1"))
    _problem(response, 503)
    assert int(response.headers["retry-after"]) > 0
    assert "bug" not in response.text
    assert staff.get(SUBMISSIONS).json() == {"items": []}


def test_the_assignment_is_described_with_a_schema_that_answers_obey(learner: Make) -> None:
    client = learner("b1")
    found = client.get(HW3).json()
    assert {"course", "assignment", "version", "title", "opens_at", "due_at", "max_score", "data"} <= found.keys()
    assert found["data"]["samples"][0] == [1, 2, 3]
    assert len(found["questions"]) == 24
    fields = {field["name"]: field for field in found["questions"][0]["fields"]}
    assert fields["axes"] == {"name": "axes", "shape": [3, 3], "required": True, "kind": "matrix"}
    Draft202012Validator.check_schema(found["answer_schema"])
    validator = Draft202012Validator(found["answer_schema"])
    for answers in (perfect(), published(), {"1.3": 5.472, "2.1": "text", "3.2": {"D": [1] * 10}, "1.1": None}, {}):
        validator.validate(answers)
    for wrong in ({"1.3": True}, {"9": 1}, {"1.1": {"axes": [[1, 2], [3, 4]]}}, {"2.1": 4}):
        assert not validator.is_valid(wrong)
    assert client.get(HW3, headers={"Accept-Language": "zh-TW"}).json()["questions"][0]["title"] == "主軸"


def test_messages_come_in_the_readers_language(learner: Make) -> None:
    client = learner("b1")
    headers = {"Accept-Language": "zh-TW,zh;q=0.9,en;q=0.5"}
    report = client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": 6.080}}, headers=headers).json()
    said = {one["code"]: one["message"] for one in report["questions"]["1.3"]["feedback"]}
    assert "除數" in said["convention"]
    problem = client.post(SUBMISSIONS, content=b"{", headers=headers).json()
    assert any("\u4e00" <= character <= "\u9fff" for character in problem["detail"])
    english = client.get(f"{SUBMISSIONS}/{report['id']}").json()
    assert {one["code"]: one["message"] for one in english["questions"]["1.3"]["feedback"]}["convention"].isascii()


def test_health_and_documentation_need_no_token(client_of: Callable[[str | None], TestClient]) -> None:
    client = client_of(None)
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json()["status"] == "ok"
    page = client.get("/docs").text
    assert "https://" not in page
    assert client.get("/docs/assets/swagger-ui-bundle.js").status_code == 200


def test_answers_obey_the_openapi_document(staff: TestClient) -> None:
    document = staff.get("/openapi.json").json()
    registry = {"components": document["components"]}

    def validate(path: str, method: str, status: str, body: object) -> None:
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, **registry}).validate(body)

    wrong = {"1.1": {"axes": np.eye(3).tolist()}, "3.3": published()["3.1"][:0] or np.ones((10, 3)).tolist()}
    report = staff.post(SUBMISSIONS, json=_body({**perfect(3), **wrong}, student="b1")).json()
    validate(SUBMISSIONS, "post", "201", report)
    validate(SUBMISSIONS + "/{submission_id}", "get", "200", report)
    validate(SUBMISSIONS, "get", "200", staff.get(SUBMISSIONS).json())
    validate("/api/v1/checks", "post", "200", staff.post("/api/v1/checks", json=_body(perfect())).json())
    validate("/api/v1/previews", "post", "200", staff.post("/api/v1/previews", json=_body(perfect())).json())
    place = "/api/v1/courses/{course}/assignments/{assignment}"
    validate(place, "get", "200", staff.get(HW3).json())
    standing = staff.get(f"{HW3}/standing", params={"student": "b1"}).json()
    validate(place + "/standing", "get", "200", standing)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (SUBMISSIONS, "GET, POST"),
        (HW3, "GET, PUT"),
        (f"{HW3}/learners/b1/policy", "GET, PUT, DELETE"),
        ("/api/v1/me", "GET, PATCH"),
        ("/openapi.json", "GET, HEAD"),
        ("/docs/assets/favicon.png", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_is_told_what_is(staff: TestClient, path: str, allowed: str) -> None:
    refused = staff.request("TRACE", path)
    _problem(refused, 405)
    assert refused.headers["allow"] == allowed
    assert refused.json()["detail"].endswith(f"This address takes {allowed}.")
    assert staff.get(SUBMISSIONS).status_code == 200


def test_the_openapi_document_refers_to_nothing_that_is_not_in_it(staff: TestClient) -> None:
    document = staff.get("/openapi.json").json()
    named = set(re.findall(r'"\$ref": "([^"]*)"', json.dumps(document)))
    assert named
    for one in named:
        assert one.startswith("#/components/")
        _, _, kind, name = one.split("/")
        assert name in document["components"][kind]


def test_every_refusal_is_described_as_a_problem_document(staff: TestClient) -> None:
    for path, operations in staff.get("/openapi.json").json()["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            for status, described in operation["responses"].items():
                if int(status) >= 400:
                    assert list(described["content"]) == ["application/problem+json"], (path, method, status)


@pytest.mark.parametrize("path", [SUBMISSIONS, "/api/v1/refusals", f"{HW3}/versions", f"{HW3}/policies"])
def test_a_stranger_is_told_nothing_of_a_cursor(
    staff: TestClient, client_of: Callable[[str | None], TestClient], path: str
) -> None:
    stranger = client_of(None)
    _problem(stranger.get(f"{path}?cursor=bm9uc2Vuc2U"), 401)
    _problem(staff.get(f"{path}?cursor=bm9uc2Vuc2U"), 422)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("TRACE", SUBMISSIONS, 405)])
def test_a_query_that_is_not_utf_8_breaks_no_refusal(service: FastAPI, method: str, path: str, status: int) -> None:
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"name=\xed\xa0\x80", "root_path": "", "scheme": "http",
        "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        said.append(message)

    asyncio.run(service(scope, receive, send))
    assert said[0]["status"] == status
    assert json.loads(said[1]["body"])["detail"].startswith(f"{method} {path}: ")
