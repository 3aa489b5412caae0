"""Policies at work: deadlines and extensions, attempts and repeated answers, and what feedback shows, over the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import Response
from jsonschema import Draft202012Validator
from sqlalchemy import Connection, event, select
from starlette.testclient import TestClient

from app.intake import Accepted, Arrival
from app.storage import Credential, Database, back_up, restore
from app.storage.tables import allowances, submissions
from app.web.responses import Responding
from tests.app.conftest import ADMIN
from tests.app.support import Clock, publish, published

Make = Callable[[str], TestClient]
SUBMISSIONS = "/api/v1/submissions"
HW3 = "/api/v1/courses/ml/assignments/hw3"
RIGHT, WRONG, WORSE = 5.472, 1, 2
DUE = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # midnight in Taipei
MILLISECOND = timedelta(milliseconds=1)
DAY = timedelta(days=1)


def _send(client: TestClient, answer: object = RIGHT, **more: object) -> Response:
    return client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": {"1.3": answer}, **more})


def _allow(staff: TestClient, student: str, **overrides: object) -> dict[str, Any]:
    response = staff.put(f"{HW3}/learners/{student}/policy", json=overrides)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def _refused(response: Response, status: int, end: str) -> None:
    assert response.status_code == status, response.text
    assert response.json()["type"].endswith(end)


def _totals(client: TestClient, clock: Clock, moment: datetime) -> tuple[bool, float | None, float]:
    clock.now = moment
    report = _send(client).json()
    assert report["questions"]["1.3"]["score"] == 0.1
    return report["late"], report.get("late_factor"), report["score"]


def test_the_last_millisecond_of_the_day_is_on_time(service: FastAPI, learner: Make, clock: Clock) -> None:
    publish(service, clock, due_at="2026-11-24 23:59", closes_at="2026-11-25 23:59:59", release="after_close")
    client = learner("b1")
    assert [_totals(client, clock, DUE + step)[0] for step in (-MILLISECOND, timedelta(0))] == [False, True]
    clock.now = DUE + DAY - MILLISECOND
    assert _send(client).status_code == 201
    clock.now = DUE + DAY
    _refused(_send(client), 409, "/closed")
    assert client.get(HW3).json()["due_at"] == "2026-11-24T15:59:00.000000Z"


def test_a_linear_rule_lowers_totals_and_standing_and_leaves_verdicts(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    late = {"rule": "linear", "per_day": 0.2, "at_most": 0.5}
    publish(service, clock, due_at="2026-11-24", closes_at="2026-12-24", late=late)
    client, other = learner("b1"), learner("b2")
    found = [_totals(client, clock, DUE + days * DAY) for days in range(4)]
    assert found == [(True, 0.8, 0.08), (True, 0.6, 0.06), (True, 0.5, 0.05), (True, 0.5, 0.05)]
    assert _totals(other, clock, DUE - MILLISECOND) == (False, None, 0.1)
    standing = client.get(f"{HW3}/standing").json()
    assert (standing["score"], standing["questions"]["1.3"]["attempt"]) == (0.08, 1)
    assert (standing["questions"]["1.3"]["verdict"], standing["questions"]["1.3"]["max_score"]) == ("correct", 0.1)
    last, *_, first = client.get(SUBMISSIONS).json()["items"]
    assert [(one["score"], one["pending"], one["late_factor"]) for one in (first, last)] == [
        (0.08, 1.84, 0.8),
        (0.05, 1.15, 0.5),
    ]
    with service.state.service.database.reading() as connection:
        kept = connection.execute(select(submissions.c.score, submissions.c.pending).order_by(submissions.c.number))
        assert tuple(kept.first() or ()) == (0.08, 1.84)
    clock.now = DUE + DAY
    body = {"assignment": "hw3", "student": "b1", "answers": {"1.3": RIGHT}}
    checked = staff.post("/api/v1/checks", json=body).json()
    assert (checked["late"], checked["late_factor"], checked["score"]) == (True, 0.6, 0.06)


def test_the_best_attempt_is_the_one_that_is_worth_most_after_its_loss(
    service: FastAPI, learner: Make, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24", closes_at="2026-12-24", late={"rule": "linear", "per_day": 0.6})
    client = learner("b1")
    half = 5.5  # right, but rounded to one decimal
    first = _send(client, half).json()
    clock.now = DUE
    assert (first["score"], _send(client).json()["score"]) == (0.05, 0.04)
    standing = client.get(f"{HW3}/standing").json()["questions"]["1.3"]
    assert (standing["score"], standing["attempt"], standing["verdict"]) == (0.05, 1, "partial")


def test_a_cut_off_refuses_after_the_grace_and_an_extension_moves_it(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24 23:59", late={"rule": "cut_off", "grace_minutes": 10})
    _allow(staff, "b1", due_at="2026-11-25 23:59")
    extended, other = learner("b1"), learner("b2")
    end = DUE + timedelta(minutes=10)
    assert _totals(other, clock, end - MILLISECOND) == (False, None, 0.1)
    assert _totals(extended, clock, end) == (False, None, 0.1)
    _refused(_send(other, WRONG), 409, "/closed")
    assert "2026-11-24T23:59:00+08:00" in _send(other).json()["detail"]
    assert _totals(extended, clock, end + DAY - MILLISECOND) == (False, None, 0.1)
    clock.now = end + DAY
    _refused(_send(extended), 409, "/closed")


def test_a_deadline_may_be_moved_forward_for_one_and_not_for_the_others(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24 23:59", release="never")
    _allow(staff, "b1", due_at="2026-11-24T13:00:00Z", opens_at="2026-11-24T12:30:00Z")
    sooner, other = learner("b1"), learner("b2")
    _refused(_send(sooner), 409, "/closed")
    assert _send(other).json()["late"] is False
    clock.now = datetime(2026, 11, 24, 13, 1, tzinfo=UTC)
    assert (_send(sooner).json()["late"], _send(other).json()["late"]) == (True, False)
    mine, theirs = sooner.get(HW3).json(), other.get(HW3).json()
    assert (mine["opens_at"], mine["due_at"]) == ("2026-11-24T12:30:00.000000Z", "2026-11-24T13:00:00.000000Z")
    assert (theirs["opens_at"], theirs["due_at"]) == (None, "2026-11-24T15:59:00.000000Z")


def test_an_extension_is_true_of_what_was_sent_before_and_taking_it_back_too(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24", release="never", late={"rule": "linear", "per_day": 0.5})
    client, other = learner("b1"), learner("b2")
    clock.now = DUE
    mine, theirs = _send(client).json(), _send(other).json()
    assert (mine["score"], theirs["score"]) == (0.05, 0.05)

    def found(report: dict[str, Any]) -> tuple[bool, float, float]:
        read = staff.get(f"{SUBMISSIONS}/{report['id']}").json()
        student = {"student": read["student"]}
        return read["late"], read["score"], staff.get(f"{HW3}/standing", params=student).json()["score"]

    _allow(staff, "b1", due_at="2026-11-25")
    assert (found(mine), found(theirs)) == ((False, 0.1, 0.1), (True, 0.05, 0.05))
    _allow(staff, "b1", attempts=9)  # in the place of the extension
    assert found(mine) == (True, 0.05, 0.05)
    _allow(staff, "b1", due_at="2026-11-25")
    assert staff.delete(f"{HW3}/learners/b1/policy", params={"reason": "a slip"}).json()["allowance"] is None
    assert found(mine) == (True, 0.05, 0.05)


def test_a_changed_policy_holds_for_what_comes_and_keeps_what_learners_are_allowed(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24", release="never")
    _allow(staff, "b1", due_at="2026-11-26")
    first, second = learner("b1"), learner("b2")
    clock.now = DUE
    kept = _send(second).json()
    assert (kept["late"], kept["score"]) == (True, 0.1)
    publish(service, clock, due_at="2026-11-25", release="never", late={"rule": "linear", "per_day": 0.5})
    assert _send(second, WRONG).json()["late"] is False
    assert staff.get(f"{SUBMISSIONS}/{kept['id']}").json()["late"] is True
    clock.now = DUE + DAY
    assert (_send(first).json()["score"], _send(second).json()["score"]) == (0.1, 0.05)
    clock.now = DUE + 2 * DAY
    assert _send(first).json()["score"] == 0.05


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, [""]),
        ({"reason": "none"}, [""]),
        ([], [""]),
        ({"due_at": "soon"}, ["/due_at"]),
        ({"due_at": 5, "attempts": 0}, ["/due_at", "/attempts"]),
        ({"attempts": True}, ["/attempts"]),
        ({"attempts": 1.5}, ["/attempts"]),
        ({"attempts": 10**400}, ["/attempts"]),
        ({"cooldown_seconds": None}, ["/cooldown_seconds"]),
        ({"cooldown_seconds": 1e300}, ["/cooldown_seconds"]),
        ({"late": {"rule": "linear", "per_day": float("nan")}}, ["/late/per_day"]),
        ({"late": {"rule": "linear", "per_day": 0.2, "at_most": False}}, ["/late/at_most"]),
        ({"late": {"rule": "lenient"}}, ["/late/rule"]),
        ({"counts": "best"}, ["/counts"]),
        ({"due_at": "2026-11-25", "closes_at": "2026-11-24"}, [""]),
        ({"opens_at": "2026-11-25"}, [""]),
        ({"attempts": 3, "reason": "x" * 501}, ["/reason"]),
        ({"attempts": 3, "reason": "a\0b"}, ["/reason"]),
        ({"attempts": 3, "reason": "\ud800"}, ["/reason"]),
        ({"attempts": 3, "reason": 7}, ["/reason"]),
    ],
)
def test_what_cannot_be_allowed_is_refused_with_pointers(
    service: FastAPI, staff: TestClient, clock: Clock, body: object, pointers: Sequence[str]
) -> None:
    publish(service, clock, due_at="2026-11-24")
    response = staff.put(f"{HW3}/learners/b1/policy", content=json.dumps(body).encode())
    assert response.status_code == 422, response.text
    assert [error["pointer"] for error in response.json()["errors"]] == list(pointers)
    assert staff.get(f"{HW3}/policies").json() == {"items": []}


def test_policies_are_staffs_to_change_and_a_learners_own_to_read(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24", attempts=3)
    made = _allow(staff, "B1", due_at="2026-11-26 12:00", attempts=None, reason="Canary: an illness")
    assert (made["student"], made["due_at"], made["attempts"]) == ("b1", "2026-11-26T04:00:00.000000Z", None)
    assert made["allowance"]["reason"] == "Canary: an illness"
    one, other = learner("b1"), learner("b2")
    path = f"{HW3}/learners/b1/policy"
    mine = one.get(path)
    assert mine.json()["allowance"]["overrides"] == {"attempts": None, "due_at": "2026-11-26T04:00:00.000000Z"}
    assert "Canary" not in mine.text
    assert "administrator" not in mine.text
    usual = other.get(f"{HW3}/learners/b2/policy").json()
    assert (usual["allowance"], usual["attempts"], usual["time_zone"]) == (None, 3, "Asia/Taipei")
    assert other.get(path).status_code == 403
    for method, where in (("PUT", path), ("DELETE", path), ("GET", f"{HW3}/policies")):
        assert one.request(method, where, content=b'{"attempts": 9}').status_code == 403
    assert staff.get(f"{HW3}/learners/nobody/policy").status_code == 404
    assert staff.delete(f"{HW3}/learners/nobody/policy").status_code == 404
    assert staff.put(f"{HW3}/learners/a%20b/policy", json={"attempts": 1}).status_code == 422
    assert staff.put(f"{HW3}4/learners/b1/policy", json={"attempts": 1}).status_code == 404
    assert staff.get(path).json()["allowance"] == made["allowance"]


def test_what_is_allowed_is_listed_newest_first_and_kept_as_a_history(service: FastAPI, staff: TestClient) -> None:
    for student in ("b1", "b2", "b3", "b1"):
        _allow(staff, student, attempts=7)
    staff.delete(f"{HW3}/learners/b3/policy")
    staff.delete(f"{HW3}/learners/b3/policy")
    seen: list[str] = []
    path: str | None = f"{HW3}/policies?limit=1"
    while path:
        page = staff.get(path)
        seen += [item["student"] for item in page.json()["items"]]
        path = page.links.get("next", {}).get("url")
    assert seen == ["b1", "b2"]
    assert staff.get(f"{HW3}/policies?cursor=x").status_code == 422
    with service.state.service.database.reading() as connection:
        assert len(connection.execute(select(allowances.c.id)).all()) == 5


def test_answers_about_policies_obey_the_openapi_document(service: FastAPI, staff: TestClient, clock: Clock) -> None:
    publish(service, clock, due_at="2026-11-24", release="never", late={"rule": "linear", "per_day": 0.1})
    made = _allow(staff, "b1", late={"rule": "none"}, closes_at="2026-12-01", reason="so")
    clock.now = DUE
    document = staff.get("/openapi.json").json()

    def validate(path: str, method: str, status: str, body: object) -> None:
        schema = document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(body)

    place = "/api/v1/courses/{course}/assignments/{assignment}"
    validate(f"{place}/learners/{{student}}/policy", "put", "200", made)
    validate(f"{place}/policies", "get", "200", staff.get(f"{HW3}/policies").json())
    late = _send(staff, student="b2").json()
    assert late["late_factor"] == 0.9
    validate(SUBMISSIONS, "post", "201", late)
    validate(SUBMISSIONS, "get", "200", staff.get(SUBMISSIONS).json())
    body = document["paths"][f"{place}/learners/{{student}}/policy"]["put"]["requestBody"]["content"]
    Draft202012Validator(body["application/json"]["schema"]).validate({"due_at": None, "late": {"rule": "none"}})


def test_the_same_wrong_answer_sent_twice_is_charged_once(service: FastAPI, learner: Make, clock: Clock) -> None:
    publish(service, clock, attempts=2, cooldown_seconds=60)
    client = learner("b1")
    assert _send(client, WRONG).json()["attempt"] == 1
    _refused(_send(client, WRONG), 429, "/too-many-requests")
    clock.advance(60)
    again = _send(client, "1")  # in another spelling
    assert (again.status_code, again.json()["attempt"]) == (201, 2)
    assert again.json()["questions"]["1.3"]["verdict"] == "incorrect"
    assert _send(client, WORSE).json()["attempt"] == 3  # the repetition started no pause and used up no attempt
    clock.advance(60)
    for answer in (3, WORSE, WRONG):
        _refused(_send(client, answer), 409, "/attempts")


def test_only_a_wrong_answer_may_be_repeated(service: FastAPI, learner: Make, clock: Clock) -> None:
    publish(service, clock, attempts=2)
    client = learner("b1")
    assert [_send(client, answer).status_code for answer in (5.472, 5.472, 5.472)] == [201, 201, 409]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"1.3": 1, "2.1": "Since."}, {"1.3": 1, "2.1": "Since."}, True),
        ({"1.3": 1, "2.1": "Since."}, {"1.3": 1, "2.1": "since."}, False),
        ({"2.1": "Since."}, {"2.1": "Since."}, False),
        ({"1.3": 1}, {"1.3": "1.0"}, False),
        ({"1.3": 1, "3.1": None}, {"3.1": {}, "1.3": {"error": "+1"}}, True),
        ({"1.3": 1}, {"1.3": 1, "2.1": ""}, False),
        ({"3.2": {"D": [3] * 10}}, {"3.2": {"D": "3,3,3,3,3,3,3,3,3,3"}}, True),
        ({"3.2": {"D": [3] * 10}}, {"3.2": {"D": [[3] * 10] * 10}}, False),
        ({}, {}, False),
    ],
)
def test_answers_are_the_same_as_they_were_read(
    service: FastAPI, learner: Make, clock: Clock, one: dict[str, Any], other: dict[str, Any], *, same: bool
) -> None:
    publish(service, clock, attempts=2)
    client = learner("b1")
    statuses = [
        client.post(SUBMISSIONS, json={"assignment": "hw3", "answers": answers}).status_code
        for answers in (one, other, {"1.3": 2})
    ]
    assert statuses == [201, 201, 201 if same else 409]


def test_another_learners_or_an_older_answer_is_nobodys_repetition(
    service: FastAPI, learner: Make, clock: Clock
) -> None:
    publish(service, clock, attempts=2)
    one, other = learner("b1"), learner("b2")
    sent = ((one, 1), (other, 2), (one, 1), (one, 2), (one, 3))
    assert [_send(client, answer).status_code for client, answer in sent] == [201, 201, 201, 201, 409]
    with service.state.service.database.writing() as connection:
        connection.execute(submissions.update().values(answers_digest=None))  # as before there were digests
    assert [_send(other, answer).status_code for answer in (2, 4)] == [201, 409]


def _arrivals(token: str, answers: Sequence[object], clock: Clock) -> list[Arrival]:
    rest = {"course": "ml", "assignment": "hw3", "student": "b1"}
    bodies = [json.dumps({**rest, "answers": {"1.3": one}}).encode() for one in answers]
    return [Arrival(Credential.of_token(token), body, clock(), Responding("en")) for body in bodies]


def test_one_group_may_hold_an_answer_twice(service: FastAPI, clock: Clock) -> None:
    publish(service, clock, attempts=3)
    outcomes = service.state.service.desk.take(_arrivals(ADMIN, (1, 1, 2, 1, 3, 2), clock))
    taken = [json.loads(one.response)["attempt"] if isinstance(one, Accepted) else None for one in outcomes]
    assert taken == [1, 2, 3, 4, 5, None]


def test_at_the_same_moment_too(service: FastAPI, clock: Clock) -> None:
    publish(service, clock, attempts=2)
    desk = service.state.service.desk
    with ThreadPoolExecutor(4) as pool:
        outcomes = [done for (done,) in pool.map(lambda _: desk.take(_arrivals(ADMIN, (1,), clock)), range(8))]
    assert all(isinstance(one, Accepted) for one in outcomes)
    assert sorted(json.loads(one.response)["attempt"] for one in outcomes) == list(range(1, 9))


def test_attempts_and_pauses_may_be_allowed_to_one(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, attempts=1, cooldown_seconds=600)
    _allow(staff, "b1", attempts=2, cooldown_seconds=0)
    one, other = learner("b1"), learner("b2")
    assert [_send(one, number).status_code for number in (1, 2, 3)] == [201, 201, 409]
    assert [_send(other, number).status_code for number in (1, 2)] == [201, 409]


@contextmanager
def _statements(database: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield said
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_group_asks_once_what_is_allowed_and_never_where_nothing_is(
    service: FastAPI, staff: TestClient, clock: Clock
) -> None:
    desk = service.state.service.desk
    with _statements(desk.database) as before:
        desk.take(_arrivals(ADMIN, range(5), clock))
    _allow(staff, "b7", attempts=1)
    with _statements(desk.database) as after:
        desk.take(_arrivals(ADMIN, range(5), clock))
    asked = [sum("allowances.overrides" in one for one in said) for said in (before, after)]
    assert asked == [0, 1]


CANARIES = ("element", "worst", "measured", "allowed", "unit", "feedback", "symmetry", "message")


def _shown(document: object) -> set[str]:
    """Every key below the questions that holds something."""
    if isinstance(document, dict):
        here = {key for key, value in document.items() if value not in (None, [], {})}
        return here.union(*(_shown(value) for value in document.values()))
    return set().union(*(_shown(value) for value in document)) if isinstance(document, list) else set()


@pytest.mark.parametrize(
    ("level", "keys"),
    [
        ("score", set()),
        ("questions", {"verdict", "score", "max_score"}),
        ("hints", {"verdict", "score", "max_score", "matched", "feedback", "code", "message"}),
        ("everything", {"verdict", "score", "max_score", "matched", "feedback", "code", "message", "worst", "element"}),
    ],
)
def test_feedback_shows_what_its_level_says_and_nothing_more(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock, level: str, keys: set[str]
) -> None:
    publish(service, clock, due_at="2026-11-24", feedback={"before": level, "after": "everything"}, release="never")
    client = learner("b1")
    answers = {"1.1": published()["1.1"], "1.3": WRONG}
    body = {"assignment": "hw3", "answers": answers}
    headers = {"Idempotency-Key": "one"}
    response = client.post(SUBMISSIONS, json=body, headers=headers)
    report = response.json()
    for shown in (report, client.get(f"{SUBMISSIONS}/{report['id']}").json()):
        assert shown == report
        questions = {name: one for name, one in shown["questions"].items() if name in answers}
        assert set(questions) == (set() if level == "score" else set(answers))
        said = set().union(*(_shown(one) for one in questions.values()))
        assert keys <= said
        if level in ("score", "questions"):
            assert said == keys
            assert not [canary for canary in CANARIES[:4] if f'"{canary}"' in json.dumps(shown)]
        assert ("element" in said) == (level == "everything")
    assert (report["score"], report["max_score"]) == (0.2, 6.0)
    assert client.post(SUBMISSIONS, json=body, headers=headers).content == response.content
    standing = client.get(f"{HW3}/standing").json()
    assert (standing["score"], bool(standing["questions"])) == (0.2, level != "score")
    assert staff.get(f"{SUBMISSIONS}/{report['id']}").json()["questions"]["1.3"]["fields"]["error"]["worst"]
    assert staff.get(f"{HW3}/standing", params={"student": "b1"}).json()["questions"]["1.3"]["score"] == 0


def test_the_release_waits_for_the_latest_extension_and_what_comes_later_counts_not(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    publish(service, clock, due_at="2026-11-24", feedback={"before": "score", "after": "everything"})
    _allow(staff, "b2", due_at="2026-11-26")
    one, extended = learner("b1"), learner("b2")
    report = _send(one, WRONG).json()
    path = f"{SUBMISSIONS}/{report['id']}"
    clock.now = DUE + 2 * DAY - MILLISECOND
    assert one.get(path).json()["questions"] == {}
    assert "after_release" not in _send(extended).json()
    late = _send(one, 5.5).json()
    assert (late["late"], late["questions"], "after_release" in late) == (True, {}, False)
    clock.now = DUE + 2 * DAY
    assert one.get(path).json()["questions"]["1.3"]["fields"]["error"]["worst"] is not None
    told = _send(one).json()
    assert (told["after_release"], told["score"]) == (True, 0.1)
    assert told["questions"]["1.3"]["fields"]["error"]["measured"] is not None
    assert one.get(SUBMISSIONS).json()["items"][0]["after_release"] is True
    standing = one.get(f"{HW3}/standing").json()
    assert (standing["score"], standing["questions"]["1.3"]["attempt"]) == (0.05, 2)
    assert extended.get(f"{HW3}/standing").json()["score"] == 0.1


def test_backups_hold_what_is_allowed(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock, tmp_path: Path
) -> None:
    publish(service, clock, due_at="2026-11-24", release="never", late={"rule": "linear", "per_day": 0.5})
    made = _allow(staff, "b1", due_at="2026-11-24T12:00:00.250Z", reason="因病")
    client = learner("b1")
    clock.now = DUE
    report = _send(client).json()
    assert report["late_factor"] == 0.5
    database = service.state.service.database
    back_up(database, tmp_path / "backup.sqlite3")
    staff.delete(f"{HW3}/learners/b1/policy")
    assert client.get(f"{SUBMISSIONS}/{report['id']}").json() == report
    _allow(staff, "b1", due_at="2026-12-24")
    assert client.get(f"{SUBMISSIONS}/{report['id']}").json()["late"] is False
    restore(database, tmp_path / "backup.sqlite3", replace=True)
    assert staff.get(f"{HW3}/learners/b1/policy").json() == made
    assert client.get(f"{SUBMISSIONS}/{report['id']}").json() == report
    _allow(staff, "b3", attempts=1)  # numbers go on
    assert [item["student"] for item in staff.get(f"{HW3}/policies").json()["items"]] == ["b3", "b1"]
