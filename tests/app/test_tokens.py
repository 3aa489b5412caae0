"""Tokens: made and shown once, for a course and a role, until they expire or are revoked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from starlette.testclient import TestClient

from app.intake import Arrival
from app.login import ExpiryError, expiry_of
from app.storage import Credential, create_token, ensure_course, find_course, list_tokens
from app.web.responses import Responding
from tests.app.people import hand_in
from tests.app.support import Clock

TOKENS = "/api/v1/courses/ml/tokens"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
Make = Callable[[str], TestClient]
ClientOf = Callable[[str | None], TestClient]


def _token(service: FastAPI, clock: Clock, course: str = "ml", **whose: Any) -> str:  # noqa: ANN401 - what `create_token` takes
    with service.state.service.database.writing() as connection:
        return create_token(connection, ensure_course(connection, course, clock()), clock(), **whose)


def test_staff_make_a_token_that_is_shown_once(staff: TestClient, client_of: ClientOf) -> None:
    answer = staff.post(TOKENS, json={"student": "B12"})
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    token = made.pop("token")
    assert (made["role"], made["name"], made["created_by"]) == ("learner", "b12", "administrator")
    assert made["expires_at"] == "2027-12-29T12:00:00.000000Z"
    assert staff.get(answer.headers["location"]).json() == made
    assert staff.get(TOKENS).json() == {"items": [made]}
    assert token not in staff.get(TOKENS).text
    assert hand_in(client_of(token), None).json()["student"] == "b12"
    ada = staff.post(TOKENS, json={"staff": " Ada ", "expires_at": None}).json()
    assert (ada["role"], ada["name"], ada["expires_at"]) == ("staff", "Ada", None)
    eve = client_of(ada["token"]).post(TOKENS, json={"student": "eve", "expires_at": "2026-11-25T00:00:00+08:00"})
    assert (eve.json()["created_by"], eve.json()["expires_at"]) == ("Ada", "2026-11-24T16:00:00.000000Z")


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({}, "/student"),
        ({"student": "b1", "staff": "Ada"}, "/student"),
        ({"student": "b 1"}, "/student"),
        ({"student": 1}, "/student"),
        ({"student": "\ud800"}, "/student"),
        ({"staff": " "}, "/staff"),
        ({"staff": "A" * 65}, "/staff"),
        ({"staff": "A\0"}, "/staff"),
        ({"staff": "A\ud800"}, "/staff"),
        ({"student": "b1", "course": "ml"}, "/course"),
        ({"student": "b1", "expires_at": "soon"}, "/expires_at"),
        ({"student": "b1", "expires_at": 7}, "/expires_at"),
        ({"student": "b1", "expires_at": "2026-11-24T11:59:59Z"}, "/expires_at"),
        ({"student": "b1", "expires_at": "2027-01-01T00:00:00"}, "/expires_at"),
        ([], ""),
    ],
)
def test_what_cannot_be_understood_makes_none(staff: TestClient, sent: object, place: str) -> None:
    answer = staff.post(TOKENS, content=json.dumps(sent))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [place]
    assert staff.get(TOKENS).json()["items"] == []


def test_only_the_staff_of_the_course_may(service: FastAPI, client_of: ClientOf, clock: Clock) -> None:
    victim = _token(service, clock, student="victim")
    learner = client_of(_token(service, clock, student="b1"))
    foreign = client_of(_token(service, clock, "la", staff="Bob"))
    own = client_of(_token(service, clock, staff="Ada"))
    for client, status in ((learner, 403), (foreign, 404), (client_of(None), 401), (client_of("nobody"), 401)):
        assert client.post(TOKENS, json={"student": "b1"}).status_code == status
        assert client.get(TOKENS).status_code == status
        assert client.get(f"{TOKENS}/1").status_code == status
        assert client.delete(f"{TOKENS}/1").status_code == status
    assert foreign.delete("/api/v1/courses/la/tokens/1").status_code == 404
    assert client_of(victim).get("/api/v1/me").status_code == 200
    assert own.delete(f"{TOKENS}/1").status_code == 200
    assert own.delete(f"{TOKENS}/99").status_code == own.get(f"{TOKENS}/99").status_code == 404
    assert own.delete(f"{TOKENS}/0").status_code == own.get(f"{TOKENS}/99999999999").status_code == 422
    assert client_of(victim).get("/api/v1/me").status_code == 401


def test_a_revoked_token_opens_nothing_from_that_moment_on(
    service: FastAPI, staff: TestClient, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(_token(service, clock, student="b1"))
    assert hand_in(client, None).status_code == 201  # now it is admitted for a minute
    first = staff.delete(f"{TOKENS}/1")
    assert first.json()["revoked_at"] == "2026-11-24T12:00:00.000000Z"
    clock.advance(5)
    assert staff.delete(f"{TOKENS}/1").json() == first.json()
    _refused_everywhere(client, "revoked")


def test_an_expired_token_opens_nothing_from_that_moment_on(
    service: FastAPI, client_of: ClientOf, clock: Clock
) -> None:
    token = _token(service, clock, student="b1", expires_at=clock() + timedelta(hours=1))
    client = client_of(token)
    assert hand_in(client, None).status_code == 201
    clock.advance(3599)
    assert hand_in(client, None).status_code == 201
    clock.advance(1)
    _refused_everywhere(client, "expired at 2026-11-24T13:00:00Z")
    body = b'{"assignment": "hw3", "answers": {"1.3": 5.472}}'
    arrivals = [
        Arrival(Credential.of_token(token), body, moment, Responding("en"))
        for moment in (clock(), clock() - timedelta(seconds=1))
    ]
    late, early = service.state.service.desk.take(arrivals)
    assert getattr(late, "status", 201) == 401
    assert getattr(early, "status", 201) == 201


def _refused_everywhere(client: TestClient, why: str) -> None:
    """No route lets anybody in; those for everybody go on."""
    document = client.get("/openapi.json").json()
    asked = 0
    for path, methods in document["paths"].items():
        if path == "/metrics":  # for everybody, unless the settings say otherwise
            continue
        filled = path.replace("{course}", "ml").replace("{assignment}", "hw3").replace("{token_id}", "1")
        for method in methods.keys() - {"parameters"}:
            if "security" not in methods[method] or methods[method]["security"] == [{"Session": []}]:
                continue
            answer = client.request(method, filled.replace("{", "").replace("}", ""), params={"since": "x"})
            assert answer.status_code == 401, (method, path, answer.text)
            assert why in answer.json()["detail"]
            assert answer.headers["www-authenticate"] == "Bearer"
            asked += 1
    assert asked > 20
    assert client.get("/healthz").status_code == 200


def test_they_are_listed_in_pages_newest_first(service: FastAPI, staff: TestClient, clock: Clock) -> None:
    for number in range(5):
        _token(service, clock, student=f"b{number}")
    _token(service, clock, "la", student="elsewhere")
    page = staff.get(TOKENS, params={"limit": 2})
    names = [one["name"] for one in page.json()["items"]]
    while "next" in page.links:
        page = staff.get(page.links["next"]["url"])
        names += [one["name"] for one in page.json()["items"]]
    assert names == ["b4", "b3", "b2", "b1", "b0"]


def test_when_one_was_last_used_is_written_once_an_hour_and_never_meanwhile(
    service: FastAPI, client_of: ClientOf, clock: Clock
) -> None:
    state = service.state.service
    client = client_of(_token(service, clock, student="b1"))
    written: list[str] = []
    event.listen(
        state.database.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: written.append(statement) if "last_used_at=" in statement else None,
    )

    def last() -> datetime | None:
        with state.database.reading() as connection:
            return list_tokens(connection)[0].last_used_at

    assert hand_in(client, None).status_code == 201
    assert last() is None
    state.guard.uses.write()
    assert last() == clock()
    first = clock()
    for _ in range(3):
        clock.advance(60)
        assert hand_in(client, None).status_code == 201
        state.guard.uses.write()
    assert last() == first
    assert len(written) == 1
    clock.advance(3600)
    assert client.get("/api/v1/me").status_code == 200
    state.guard.uses.write()
    assert last() == clock()
    assert client_of("nobody").get("/api/v1/me").status_code == 401
    assert not state.guard.uses._noted


def test_a_submission_by_token_asks_the_database_no_more_than_before(
    service: FastAPI, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(_token(service, clock, student="b1", expires_at=clock() + timedelta(days=1)))
    assert hand_in(client, None).status_code == 201
    asked: list[str] = []
    event.listen(
        service.state.service.database.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, *_: asked.append(statement),
    )
    assert hand_in(client, None).status_code == 201
    assert sum("FROM tokens" in statement for statement in asked) == 1
    reads = [statement for statement in asked if statement.startswith("SELECT")]
    assert not any("sessions" in statement or "accounts" in statement for statement in reads)


@pytest.mark.parametrize(
    ("sent", "until"),
    [
        (None, datetime(2027, 12, 29, 12, tzinfo=UTC)),
        ("never", None),
        ("1d", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, 16, tzinfo=UTC)),
        (" 2027-01-31 ", datetime(2027, 1, 31, 16, tzinfo=UTC)),
        ("2026-11-24T20:00:01+08:00", datetime(2026, 11, 24, 12, 0, 1, tzinfo=UTC)),
    ],
)
def test_until_when_is_written_in_several_ways(sent: str | None, until: datetime | None) -> None:
    assert expiry_of(sent, NOW) == until


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "0d",
        "-1d",
        "90",
        "90 d",
        "2026-11-23",
        "2026-11-24T20:00:00+08:00",
        "2027-01-31T12:00",
        "2027-02-30",
        "9999-12-31",
        "９d",
        "\ud800",
    ],
)
def test_what_is_past_or_no_moment_is_refused(sent: str) -> None:
    with pytest.raises(ExpiryError) as caught:
        expiry_of(sent, NOW)
    assert str(caught.value).encode()


def test_a_course_that_there_is_not_has_no_tokens(service: FastAPI, staff: TestClient) -> None:
    with service.state.service.database.reading() as connection:
        assert find_course(connection, "none") is None
    assert staff.get("/api/v1/courses/none/tokens").status_code == 404
    assert staff.post("/api/v1/courses/none/tokens", json={"student": "b1"}).status_code == 404
