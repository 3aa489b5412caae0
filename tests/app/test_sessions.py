"""Sessions: started by a password or a token, used by our own pages alone, and over when they should be."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from argon2.profiles import CHEAPEST
from fastapi import FastAPI
from sqlalchemy import select
from starlette.testclient import TestClient

from app.login import Passwords
from app.main import create_app
from app.settings import Settings
from app.storage import (
    Credential,
    create_token,
    disable_account,
    enable_account,
    find_account,
    find_course,
    forget_sessions,
    revoke_token,
    set_password,
    start_session,
)
from app.storage.tables import sessions
from app.web import guard
from tests.app.conftest import ADMIN
from tests.app.people import CHEAP, PASSWORD, SESSION, hand_in, log_in, make_account, visitor
from tests.app.support import Clock

ME = "/api/v1/me"
SUBMISSIONS = "/api/v1/submissions"
_HOUR = 3600


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "Passwords", lambda: Passwords(CHEAPEST))


def _token(service: FastAPI, clock: Clock, **whose: object) -> str:
    with service.state.service.database.writing() as connection:
        course = find_course(connection, "ml")
        assert course is not None
        return create_token(connection, course, clock(), **whose)  # type: ignore[arg-type] # what the test says


def _cookie(answer: object) -> str:
    return str(answer.headers["set-cookie"])  # type: ignore[attr-defined] # an answer


def test_a_password_becomes_a_session_that_is_staff_of_the_accounts_courses(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml", "la")
    with service.state.service.database.writing() as connection:
        from app.storage import ensure_course

        ensure_course(connection, "other", clock())
    client = visitor(service)
    answer = log_in(client, "Ada")
    assert answer.status_code == 201
    said = answer.json()
    assert (said["name"], said["role"], said["courses"]) == ("ada", "staff", ["la", "ml"])
    assert said["expires_at"] == "2026-11-25T00:00:00.000000Z"
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(SESSION).json() == said
    assert hand_in(client).status_code == 201
    assert client.get(SUBMISSIONS, params={"course": "ml"}).status_code == 200
    assert client.get(SUBMISSIONS, params={"course": "other"}).status_code == 404
    assert client.get(ME).json()["role"] == "staff"
    assert client.patch(ME, json={"language": "zh-TW"}).json()["language"] == "zh-TW"
    assert client.get("/api/v1/submissions/none").headers["content-language"] == "zh-TW"


def test_an_administrators_account_may_use_every_course_and_one_without_courses_none(
    service: FastAPI, clock: Clock
) -> None:
    make_account(service, clock, "root", admin=True)
    make_account(service, clock, "ada")
    root, ada = visitor(service), visitor(service)
    assert log_in(root, "root").json()["role"] == "administrator"
    assert root.get("/api/v1/courses/ml/tokens").status_code == 200
    assert log_in(ada).json()["courses"] == []
    assert hand_in(root).status_code == 201
    assert ada.get("/api/v1/courses/ml/tokens").status_code == 404
    assert hand_in(ada).status_code == 404


@pytest.mark.parametrize(
    ("sent", "status", "place"),
    [
        ({"name": "ada", "password": "wrong but long enough"}, 401, None),
        ({"name": "nobody", "password": PASSWORD}, 401, None),
        ({"name": "ada", "password": PASSWORD.upper()}, 401, None),
        ({"name": "ada", "password": PASSWORD + " "}, 401, None),
        ({"name": "ada", "password": "\ud800" * 20}, 401, None),
        ({"name": "\0\ud800", "password": PASSWORD}, 401, None),
        ({"name": "ada", "password": "p" * 257}, 422, "/password"),
        ({"name": "ada"}, 422, "/password"),
        ({"name": "ada", "password": 123456789012}, 422, "/password"),
        ({"name": None, "password": PASSWORD}, 422, "/name"),
        ({"name": "ada", "password": PASSWORD, "course": "ml"}, 422, "/course"),
        ({"name": "ada", "password": PASSWORD, "token": "x"}, 422, "/token"),
        ({"token": "nobody's"}, 401, None),
        ([], 422, ""),
    ],
)
def test_what_lets_nobody_in_sets_no_cookie(
    service: FastAPI, clock: Clock, sent: object, status: int, place: str | None
) -> None:
    import json

    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    answer = client.post(SESSION, content=json.dumps(sent))
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers
    assert PASSWORD not in answer.text
    if place is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [place]
    assert client.get(SESSION).status_code == 401
    assert log_in(client).status_code == 201


def test_wrong_names_and_wrong_passwords_are_answered_alike_and_cost_a_verification_each(
    service: FastAPI, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_account(service, clock, "ada", "ml")
    make_account(service, clock, "gone", "ml")
    with service.state.service.database.writing() as connection:
        assert disable_account(connection, "gone", clock())
    verified: list[str] = []
    passwords = service.state.service.guard.passwords
    hasher = passwords._hasher

    class Counting:
        """Notes what is verified."""

        def verify(self, known: str, password: bytes) -> bool:
            verified.append(known)
            return bool(hasher.verify(known, password))

    assert passwords._nobodys
    monkeypatch.setattr(passwords, "_hasher", Counting())
    answers = [log_in(visitor(service), name, "some other words here") for name in ("ada", "nobody", "gone")]
    answers.append(log_in(visitor(service), "gone", PASSWORD))
    assert [answer.status_code for answer in answers] == [401] * 4
    assert len({answer.text.replace(answer.headers["x-request-id"], "") for answer in answers}) == 1
    assert len(verified) == 4
    assert len({one.rpartition("$")[0].rpartition("$")[0] for one in verified}) == 1  # the same parameters


def test_a_cookie_is_for_no_script_and_no_other_site_and_over_https_for_no_other_host(
    service: FastAPI, clock: Clock
) -> None:
    make_account(service, clock, "ada", "ml")
    plain = _cookie(log_in(visitor(service)))
    name, _, rest = plain.partition("=")
    assert name == "upto"
    assert {part.strip().lower() for part in rest.split(";")[1:]} == {"httponly", "path=/", "samesite=lax"}
    client = visitor(service, scheme="https")
    secure = _cookie(log_in(client))
    name, _, rest = secure.partition("=")
    assert name == "__Host-upto"
    assert {part.strip().lower() for part in rest.split(";")[1:]} == {"httponly", "path=/", "samesite=lax", "secure"}
    assert client.get(SESSION).status_code == 200
    planted = visitor(service, scheme="https")  # what another host of the domain, or plain http, could have set
    planted.cookies.set("upto", rest.split(";")[0])
    assert planted.get(SESSION).status_code == 401


def test_the_session_that_came_with_a_login_is_never_the_one_that_goes_on(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    client.cookies.set("upto", "A" * 43)  # planted by somebody else
    log_in(client)
    first = client.cookies.get("upto", domain="testserver.local") or ""
    assert first not in ("", "A" * 43)
    other = visitor(service)
    other.cookies.set("upto", "A" * 43)
    assert other.get(SESSION).status_code == 401
    client.cookies.clear()
    client.cookies.set("upto", first)
    answer = log_in(client)
    second = re.match("upto=([^;]+)", _cookie(answer))
    assert second is not None
    assert second[1] != first
    other.cookies.clear()
    other.cookies.set("upto", first)
    assert other.get(SESSION).status_code == 401
    other.cookies.clear()
    other.cookies.set("upto", second[1])
    assert other.get(SESSION).status_code == 200


def test_only_a_digest_of_it_is_kept(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    client.headers["User-Agent"] = "x" * 999
    log_in(client)
    with service.state.service.database.reading() as connection:
        (row,) = connection.execute(select(sessions)).all()
    assert client.cookies["upto"] not in str(row)
    assert row.digest == Credential.of_session(client.cookies["upto"]).digest
    assert len(row.user_agent) == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://testserver"}, 201),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}, 201),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "https://testserver"}, 403),
        ({"Origin": "http://testserver:81"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"}, 403),
        ({"X-CSRF-Token": ""}, 403),
        ({"X-CSRF-Token": "0" * 64}, 403),
        ({"X-CSRF-Token": "é"}, 403),
    ],
)
def test_only_our_own_pages_change_something_with_a_session(
    service: FastAPI, clock: Clock, headers: dict[str, str], status: int
) -> None:
    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    log_in(client)
    body = {"course": "ml", "assignment": "hw3", "student": "b1", "answers": {"1.3": 5.472}}
    encoded = {name: value.encode() for name, value in headers.items()}
    answer = client.post(SUBMISSIONS, json=body, headers=encoded)  # type: ignore[arg-type] # bytes are fine
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["type"] == "/problems/csrf"
        for method, path in (
            ("PATCH", ME),
            ("DELETE", SESSION),
            ("DELETE", "/api/v1/sessions"),
            ("POST", "/api/v1/files"),
        ):
            refused = client.request(method, path, headers=encoded)  # type: ignore[arg-type] # bytes are fine
            assert (refused.status_code, refused.json()["type"]) == (403, "/problems/csrf"), path
        assert client.get(SUBMISSIONS, params={"course": "ml"}, headers=encoded).json()["items"] == []  # type: ignore[arg-type]
    assert client.get(SESSION).status_code == 200


def test_a_csrf_token_is_of_one_session_and_another_site_logs_nobody_in(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml")
    one, other = visitor(service), visitor(service)
    log_in(one)
    log_in(other)
    one.headers["X-CSRF-Token"], other.headers["X-CSRF-Token"] = (
        other.headers["X-CSRF-Token"],
        one.headers["X-CSRF-Token"],
    )
    assert hand_in(one).status_code == hand_in(other).status_code == 403
    stranger = visitor(service)
    stranger.headers["Origin"] = "http://evil.example"
    answer = log_in(stranger)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/csrf")
    assert "set-cookie" not in answer.headers


def test_a_bearer_token_goes_before_a_session_and_needs_nothing_of_it(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    log_in(client)
    del client.headers["X-CSRF-Token"]
    learner = {"Authorization": f"Bearer {_token(service, clock, student='b1')}", "Origin": "http://evil.example"}
    assert client.get(ME, headers=learner).json()["student"] == "b1"
    body = {"assignment": "hw3", "answers": {"1.3": 5.472}}
    assert client.post(SUBMISSIONS, json=body, headers=learner).json()["student"] == "b1"
    assert client.get(ME, headers={"Authorization": "Bearer nobody"}).status_code == 401
    assert client.get(ME, headers={"Authorization": "Basic YTpi"}).json()["name"] == "ada"
    assert client.get(SESSION, headers=learner).json()["name"] == "ada"


def test_it_ends_at_logout_at_the_next_password_and_when_the_account_is_disabled(
    service: FastAPI, clock: Clock
) -> None:
    make_account(service, clock, "ada", "ml")
    make_account(service, clock, "eve", "ml")
    database = service.state.service.database
    one, other, eve = (visitor(service) for _ in range(3))
    for client, name in ((one, "ada"), (other, "ada"), (eve, "eve")):
        log_in(client, name)
    kept = one.cookies["upto"]
    left = one.delete(SESSION)
    assert left.status_code == 204
    assert 'upto=""' in _cookie(left)
    assert other.get(SESSION).status_code == 200
    again = visitor(service)
    again.cookies.set("upto", kept)
    assert again.get(SESSION).status_code == 401
    assert again.delete(SESSION).status_code == 403
    log_in(one)
    assert one.delete("/api/v1/sessions").status_code == 204
    assert other.get(SESSION).status_code == 401
    assert one.delete("/api/v1/sessions").status_code == 401
    log_in(one)
    with database.writing() as connection:
        assert set_password(connection, "ada", CHEAP.hash("quite another password"), clock())
    assert one.get(SESSION).status_code == hand_in(one).status_code == 401
    assert log_in(one).status_code == 401
    clock.advance(_HOUR)
    assert log_in(one, password="quite another password").status_code == 201  # noqa: S106 - of the test's account
    with database.writing() as connection:
        assert disable_account(connection, "ada", clock())
        assert not disable_account(connection, "ada", clock())
    assert one.get(SESSION).status_code == hand_in(one).status_code == 401
    with database.writing() as connection:
        assert enable_account(connection, "ada")
    assert one.get(SESSION).status_code == 401
    assert log_in(one, password="quite another password").status_code == 201  # noqa: S106 - of the test's account
    assert eve.get(SESSION).status_code == 200


def test_it_ends_after_its_time_and_earlier_where_nobody_uses_it(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml")
    uses = service.state.service.guard.uses
    idle, busy = visitor(service), visitor(service)
    log_in(idle)
    log_in(busy)
    assert hand_in(idle).status_code == 201  # now it is admitted
    for _ in range(7):
        clock.advance(100 * 60)
        assert busy.get(SESSION).status_code == 200
        uses.write()
    assert idle.get(SESSION).status_code == hand_in(idle).status_code == 401
    assert "over" in idle.get(SESSION).json()["detail"]
    clock.advance(20 * 60 - 1)
    assert busy.get(SESSION).status_code == 200
    clock.advance(1)
    assert busy.get(SESSION).status_code == hand_in(busy).status_code == 401
    with service.state.service.database.writing() as connection:
        assert forget_sessions(connection, clock()) == 2
        assert connection.execute(select(sessions)).all() == []


def test_a_token_becomes_a_session_that_ends_with_it(service: FastAPI, clock: Clock) -> None:
    until = clock.now.replace(hour=13)
    tokens = [_token(service, clock, student="b1"), _token(service, clock, student="b1", expires_at=until), ADMIN]
    clients = [visitor(service) for _ in tokens]
    for client, token, role in zip(clients, tokens, ("learner", "learner", "administrator"), strict=True):
        answer = client.post(SESSION, json={"token": token})
        assert (answer.status_code, answer.json()["role"]) == (201, role)
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    first, second, third = clients
    assert hand_in(first, None).json()["student"] == "b1"
    assert first.post("/api/v1/checks", json={}).status_code == 403
    assert second.get(SESSION).json()["expires_at"] == "2026-11-24T13:00:00.000000Z"
    clock.advance(_HOUR)
    assert [client.get(SESSION).status_code for client in clients] == [200, 401, 200]
    with service.state.service.database.writing() as connection:
        assert revoke_token(connection, 1, clock())
    assert [client.get(SESSION).status_code for client in clients] == [401, 401, 200]
    assert hand_in(first, None).status_code == 401
    assert third.delete("/api/v1/sessions").status_code == 204
    assert third.get(SESSION).status_code == 401


def test_an_account_that_changes_while_its_password_is_verified_lets_nobody_in(
    service: FastAPI, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_account(service, clock, "ada", "ml")
    database, passwords = service.state.service.database, service.state.service.guard.passwords
    real = passwords.verify

    def meanwhile(*sent: str) -> bool:
        with database.writing() as connection:
            set_password(connection, "ada", CHEAP.hash("quite another password"), clock())
        return bool(real(*sent))

    monkeypatch.setattr(passwords, "verify", meanwhile)
    assert log_in(visitor(service)).status_code == 401
    with database.reading() as connection:
        assert connection.execute(select(sessions)).all() == []


def test_a_hash_of_other_parameters_is_made_anew_at_the_next_login(service: FastAPI, clock: Clock) -> None:
    from argon2 import Parameters, Type

    make_account(service, clock, "ada", "ml")
    dearer = Parameters(Type.ID, 19, 16, 32, time_cost=2, memory_cost=16, parallelism=1)
    passwords = service.state.service.guard.passwords
    passwords._hasher = Passwords(dearer)._hasher

    def kept() -> str:
        with service.state.service.database.reading() as connection:
            account = find_account(connection, "ada")
        assert account is not None
        return account.password_hash

    assert "t=1" in kept()
    assert log_in(visitor(service), password="some other words here").status_code == 401  # noqa: S106
    assert "t=1" in kept()
    assert log_in(visitor(service)).status_code == 201
    assert "t=2" in kept()
    before = kept()
    assert log_in(visitor(service)).status_code == 201
    assert kept() == before


def test_few_passwords_are_verified_at_once(service: FastAPI, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account(service, clock, "ada", "ml")
    passwords, lock = service.state.service.guard.passwords, Lock()
    real, running, most = passwords.verify, 0, 0

    def counted(*sent: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return bool(real(*sent))
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(passwords, "verify", counted)
    with TestClient(service) as together, ThreadPoolExecutor(8) as pool:  # one event loop, as in production
        answers = list(pool.map(lambda _: together.post(SESSION, json={"name": "ada", "password": PASSWORD}), range(8)))
    assert most <= 2
    assert {answer.status_code for answer in answers} <= {201, 429}
    assert 201 in {answer.status_code for answer in answers}


def test_an_account_has_so_many_sessions_and_the_oldest_ends_for_a_new_one(service: FastAPI, clock: Clock) -> None:
    number = make_account(service, clock, "ada", "ml")
    state = service.state.service
    started = []
    for _ in range(22):
        clock.advance(1)
        with state.database.writing() as connection:
            started.append(start_session(connection, clock(), state.guard.lifetimes, account_id=number))
    client = visitor(service)
    found = []
    for one in started:
        client.cookies.clear()
        client.cookies.set("upto", one)
        found.append(client.get(SESSION).status_code)
    assert found == [401] * 2 + [200] * 20


def test_it_is_known_to_the_process_that_grades(settings: Settings, clock: Clock) -> None:
    application = create_app(settings.model_copy(update={"grading": "process"}), clock)
    with TestClient(application):
        make_account(application, clock, "ada", "ml")
        expiring = _token(application, clock, student="b1", expires_at=clock.now.replace(hour=13))
        client, learner = visitor(application), visitor(application)
        log_in(client)
        learner.headers["Authorization"] = f"Bearer {expiring}"
        assert hand_in(client).status_code == 201
        assert hand_in(learner, None).status_code == 201
        arrivals = application.state.service.admitted
        clock.advance(_HOUR)
        remembered = {one: (caller, float("inf")) for one, (caller, _) in arrivals._callers.items()}
        arrivals._callers = {
            one: (caller.__class__(**{**vars(caller), "until": None}), end) for one, (caller, end) in remembered.items()
        }  # admitted by mistake: the desk itself knows better
        assert hand_in(learner, None).status_code == 401
        with application.state.service.database.writing() as connection:
            disable_account(connection, "ada", clock())
        assert hand_in(client).status_code == 401


def test_nothing_secret_is_in_what_is_said_of_them(
    service: FastAPI, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    log_in(client)
    state = service.state.service
    secret = state.guard.secret.decode()
    with state.database.reading() as connection:
        account = find_account(connection, "ada")
    assert account is not None
    said = f"{account!r} {state.guard!r} {Credential.of_session(client.cookies['upto'])!r}"
    for hidden in (secret, account.password_hash, Credential.of_session(client.cookies["upto"]).digest):
        assert hidden not in said
    monkeypatch.setattr(type(state.guard.passwords), "verify", lambda *_: 1 / 0)
    assert log_in(visitor(service)).status_code == 503
    monkeypatch.setattr(type(state), "authenticate", lambda *_: 1 / 0)
    assert client.get(SESSION).status_code == 503
    for hidden in (PASSWORD, client.cookies["upto"], account.password_hash):
        assert hidden not in caplog.text


def test_its_routes_are_described(
    service: FastAPI, clock: Clock, client_of: Callable[[str | None], TestClient]
) -> None:
    document = client_of(None).get("/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert schemes["Session"]["in"] == "cookie"
    assert {"Session", "HTTPBearer"} == set(schemes)
    assert {"Session": []} in document["paths"][SUBMISSIONS]["post"]["security"]
    assert {"HTTPBearer": []} in document["paths"][SUBMISSIONS]["post"]["security"]
    assert document["paths"][SESSION]["delete"]["security"] == [{"Session": []}]
    for path in document["paths"].values():
        for method in path.keys() & {"post", "put", "patch", "delete"}:
            assert {"401", "403", "429"} <= path[method]["responses"].keys()
