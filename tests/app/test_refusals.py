"""What was refused with 422 is kept for staff, and can be graded after all as of the time when it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from tests.app.support import Clock, publish

Make = Callable[[str], TestClient]
SUBMISSIONS = "/api/v1/submissions"
REFUSALS = "/api/v1/refusals"
BAD = {"assignment": "hw3", "answers": {"1.3": "5,472 I think", "3.4": {"trace": 1.0978}, "9.9": 1}}


def _kept(staff: TestClient, **query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = staff.get(REFUSALS, params=query).json()["items"]
    return items


def test_who_sent_what_when_and_what_was_wrong_is_kept(learner: Make, staff: TestClient, clock: Clock) -> None:
    body = json.dumps(BAD, indent=3)
    answer = learner("b1").post(SUBMISSIONS, content=body)
    assert answer.status_code == 422
    (item,) = _kept(staff)
    assert item["body"] == body
    assert (item["student"], item["sent_by"], item["course"], item["assignment"]) == ("b1", "b1", "ml", "hw3")
    assert item["sent_at"] == "2026-11-24T12:00:00.000000Z"
    assert item["errors"] == answer.json()["errors"]
    assert item["detail"] == answer.json()["detail"]
    assert item["submission"] is None
    chinese = staff.get(REFUSALS, headers={"Accept-Language": "zh-TW"}).json()["items"][0]["errors"]
    assert all(any(character >= "\u4e00" for character in error["message"]) for error in chinese)


def test_what_staff_send_is_kept_as_well_as_far_as_it_can_be_made_out(staff: TestClient) -> None:
    staff.post(SUBMISSIONS, json={**BAD, "student": "B7"})
    staff.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {}})
    staff.post(SUBMISSIONS, json={"asignment": "hw3", "answers": {}})
    staff.post(SUBMISSIONS, json=[1, 2])
    found = [(item["student"], item["assignment"]) for item in _kept(staff)]
    assert found == [(None, None), (None, None), (None, "hw3"), ("b7", "hw3")]
    assert {item["sent_by"] for item in _kept(staff)} == {"administrator"}


def test_what_is_refused_otherwise_or_by_a_preview_is_not_kept(learner: Make, staff: TestClient) -> None:
    client = learner("b1")
    assert client.post(SUBMISSIONS, content="{").status_code == 400
    assert client.post(SUBMISSIONS, json={**BAD, "student": "b2"}).status_code == 403
    assert client.post(SUBMISSIONS, json={**BAD, "assignment": "hw4"}).status_code == 404
    assert client.post("/api/v1/previews", json=BAD).status_code == 422
    assert staff.post("/api/v1/checks", json=BAD).status_code == 422
    assert _kept(staff) == []


def test_refusals_are_staffs_filtered_and_paged_newest_first(learner: Make, staff: TestClient) -> None:
    for number in range(5):
        learner(f"b{number % 2}").post(SUBMISSIONS, json=BAD)
    assert learner("b1").get(REFUSALS).status_code == 403
    assert learner("b1").post(f"{REFUSALS}/nothing/grade").status_code == 403
    assert [item["student"] for item in _kept(staff)] == ["b0", "b1", "b0", "b1", "b0"]
    assert len(_kept(staff, student="B1", course="ml", assignment="hw3")) == 2
    assert _kept(staff, assignment="hw4") == []
    assert staff.get(REFUSALS, params={"course": "no"}).status_code == 404
    seen: list[str] = []
    path: str | None = f"{REFUSALS}?limit=2&course=ml"
    pages = 0
    while path:
        response = staff.get(path)
        seen += [item["id"] for item in response.json()["items"]]
        path, pages = response.links.get("next", {}).get("url"), pages + 1
    assert (seen, pages) == ([item["id"] for item in _kept(staff)], 3)


def test_it_is_graded_as_of_when_it_was_sent_and_the_unreadable_counts_as_not_sent(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24T12:30:00Z", closes_at="2026-11-24T12:30:00Z", cooldown_seconds=60)
    client = learner("b1")
    client.post(SUBMISSIONS, json=BAD)
    clock.advance(7200)
    (item,) = _kept(staff)
    response = staff.post(f"{REFUSALS}/{item['id']}/grade")
    report = response.json()
    assert response.status_code == 201
    assert response.headers["location"] == f"{SUBMISSIONS}/{report['id']}"
    assert (report["student"], report["attempt"], report["late"]) == ("b1", 1, False)
    assert report["submitted_at"] == item["sent_at"]
    assert report["questions"]["1.3"]["verdict"] == "missing"
    assert report["questions"]["3.4"]["fields"]["trace"]["verdict"] == "correct"
    assert client.get(f"{SUBMISSIONS}/{report['id']}").status_code == 200
    assert _kept(staff)[0]["submission"] == report["id"]
    again = staff.post(f"{REFUSALS}/{item['id']}/grade")
    assert again.status_code == 409
    assert report["id"] in again.json()["detail"]
    assert len(client.get(SUBMISSIONS).json()["items"]) == 1


def test_staff_may_correct_what_was_sent(learner: Make, staff: TestClient) -> None:
    learner("b1").post(SUBMISSIONS, json=BAD)
    (item,) = _kept(staff)
    path = f"{REFUSALS}/{item['id']}/grade"
    assert staff.post(path, content="{").status_code == 400
    assert staff.post(path, json=[1]).status_code == 422
    assert staff.post(path, json={"unknown": 1}).status_code == 422
    report = staff.post(path, json={"answers": {"1.3": "5.472"}}).json()
    assert (report["student"], report["questions"]["1.3"]["verdict"]) == ("b1", "correct")
    assert report["questions"]["3.4"]["verdict"] == "missing"
    assert len(_kept(staff)) == 1


def test_what_named_nobody_needs_a_name_and_digits_are_read_as_they_were_sent(staff: TestClient) -> None:
    staff.post(SUBMISSIONS, content='{"assignment": "hw3", "answers": {"1.3": 5.470000000000000000000}}')
    (item,) = _kept(staff)
    path = f"{REFUSALS}/{item['id']}/grade"
    assert staff.post(path).status_code == 422
    report = staff.post(path, json={"student": "b5"}).json()
    assert (report["student"], report["questions"]["1.3"]["verdict"]) == ("b5", "incorrect")
    assert len(_kept(staff)) == 1


def test_what_does_not_exist_or_is_another_courses_is_404(staff: TestClient) -> None:
    assert staff.post(f"{REFUSALS}/nothing/grade").status_code == 404
    assert staff.post(f"{REFUSALS}/%00/grade").status_code == 404


def test_a_learners_refusals_are_kept_within_a_limit_and_all_are_answered(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    client, other = learner("b1"), learner("b2")
    answers = [client.post(SUBMISSIONS, json=BAD).status_code for _ in range(62)]
    assert answers == [422] * 62
    other.post(SUBMISSIONS, json=BAD)
    assert len(_kept(staff, student="b1", limit="200")) == 60
    assert len(_kept(staff, student="b2")) == 1
    clock.advance(3601)
    client.post(SUBMISSIONS, json=BAD)
    assert len(_kept(staff, student="b1", limit="200")) == 61


def test_refusals_are_forgotten_after_30_days(service: FastAPI, learner: Make, staff: TestClient, clock: Clock) -> None:
    learner("b1").post(SUBMISSIONS, json=BAD)
    for days, kept in ((29.9, 1), (0.2, 0)):
        clock.advance(timedelta(days=days).total_seconds())
        service.state.service.desk.sweep(clock())
        assert len(_kept(staff)) == kept


@pytest.mark.parametrize("student", ["b1", None])
def test_the_list_obeys_the_openapi_document(learner: Make, staff: TestClient, student: str | None) -> None:
    if student:
        learner(student).post(SUBMISSIONS, json=BAD)
    else:
        staff.post(SUBMISSIONS, json=3)
    document = staff.get("/openapi.json").json()
    schema = document["paths"][REFUSALS]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(staff.get(REFUSALS).json())


@pytest.mark.parametrize("sent", [{"zzz": 1}, {"course": "ml", "answers": {"1.3": "x"}}])
def test_what_a_learner_sent_is_graded_as_theirs_whomever_it_names(
    learner: Make, staff: TestClient, sent: dict[str, Any]
) -> None:
    body = {"assignment": "hw3", "student": "victim", "answers": {"1.3": 1}, **sent}
    answer = learner("attacker").post(SUBMISSIONS, json=body)
    assert answer.status_code in (403, 422)
    headers = {"Idempotency-Key": ""}
    assert learner("attacker").post(SUBMISSIONS, json={**body, "answers": {}}, headers=headers).status_code == 422
    for item in _kept(staff):
        assert staff.post(f"{REFUSALS}/{item['id']}/grade").json()["student"] == "attacker"
    assert staff.get(SUBMISSIONS, params={"student": "victim"}).json()["items"] == []


def test_thousands_of_unknown_questions_and_odd_names_are_left_out_at_once(learner: Make, staff: TestClient) -> None:
    answers = {f"q{number}": 1 for number in range(20_000)}
    odd = '{"assignment": "hw3", "answers": {"\\ud800": 1, "\\u0000": 2, "1.3": 5.472}}'
    client = learner("b1")
    assert client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {**answers, "1.3": 5.472}}).status_code == 422
    assert client.post(SUBMISSIONS, content=odd).status_code == 422
    for item in _kept(staff):
        report = staff.post(f"{REFUSALS}/{item['id']}/grade").json()
        assert report["questions"]["1.3"]["verdict"] == "correct"


def test_long_texts_in_chinese_can_be_graded_after_all(learner: Make, staff: TestClient) -> None:
    derivations = dict.fromkeys(("2.1", "2.2", "3.5", "3.6", "3.7", "3.8", "4.1", "4.2", "5"), "證" * 21000)
    body = json.dumps({"assignment": "hw3", "answers": {**derivations, "1.3": "x"}}, ensure_ascii=False)
    assert learner("b1").post(SUBMISSIONS, content=body.encode()).status_code == 422
    (item,) = _kept(staff)
    assert staff.post(f"{REFUSALS}/{item['id']}/grade").status_code == 201


def test_of_two_who_grade_a_refusal_at_once_one_is_told_that_it_is_done(staff: TestClient) -> None:
    staff.post(SUBMISSIONS, json=BAD)
    (item,) = _kept(staff)
    with ThreadPoolExecutor(2) as pool:
        bodies = [{"student": "sa"}, {"student": "sb"}]
        statuses = list(
            pool.map(lambda body: staff.post(f"{REFUSALS}/{item['id']}/grade", json=body).status_code, bodies)
        )
    assert sorted(statuses) == [201, 409]
