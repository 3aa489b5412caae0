"""How often anything may be tried, by whom, from where, and what that costs nobody else."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network

import pytest
from argon2.profiles import CHEAPEST
from fastapi import FastAPI, Request
from pydantic import ValidationError
from starlette.testclient import TestClient

from app.errors import TooManyRequests
from app.login import Limiter, Passwords, Slowdown
from app.login.limits import Windows
from app.main import create_app
from app.settings import Settings
from app.web import guard
from app.web.addresses import Proxies, proxies_named
from tests.app.people import PASSWORD, hand_in, log_in, make_account, visitor
from tests.app.support import Clock

Make = Callable[[str], TestClient]
ClientOf = Callable[[str | None], TestClient]


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "Passwords", lambda: Passwords(CHEAPEST))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Limits that a test reaches."""
    few = {"submissions": "3/hour", "previews": "2/hour", "uploads": "2/hour", "strangers": "4/minute"}
    logins = {"rate_limit_logins": "3/minute;8/hour", "trusted_proxies": "10.0.0.0/8, ::1"}
    return settings.model_copy(update={f"rate_limit_{name}": rate for name, rate in few.items()} | logins)


def test_so_many_in_a_window_and_then_when_it_is_over() -> None:
    clock = Clock()
    limiter = Limiter("2/minute;3/hour", clock)
    limiter.take("a")
    clock.advance(20)
    limiter.take("a")
    with pytest.raises(TooManyRequests) as caught:
        limiter.take("a")
    assert caught.value.retry_after == 40
    limiter.take("b")
    clock.advance(39)
    with pytest.raises(TooManyRequests):
        limiter.take("a")
    clock.advance(1)
    with pytest.raises(TooManyRequests) as caught:
        limiter.take("a")  # the hour's, in which refused ones count
    assert caught.value.retry_after == 3540
    clock.advance(3540)
    limiter.take("a")
    for _ in range(1000):
        Limiter("", clock).take("a")


def test_what_is_given_back_was_never_taken() -> None:
    limiter = Limiter("2/minute", Clock())
    for _ in range(50):
        limiter.take("a")
        limiter.give_back("a")
    limiter.give_back("a")
    limiter.take("a")
    limiter.take("a")
    with pytest.raises(TooManyRequests):
        limiter.take("a")


def test_windows_that_ended_are_forgotten_and_there_are_never_too_many() -> None:
    clock = Clock()
    windows = Windows(clock, most=5000)
    for number in range(4000):
        windows.incr(str(number), 60)
    clock.advance(60)
    for number in range(4000, 8100):
        windows.incr(str(number), 60)
    assert len(windows) <= 5000
    assert windows.get("8099") == 1
    assert windows.get("0") == 0
    for number in range(9000):
        windows.incr(f"again {number}", 60)
    assert len(windows) == 5000
    windows.clear("again 8999")
    assert (windows.get("again 8999"), windows.reset(), len(windows)) == (0, 4999, 0)


def test_failures_in_a_row_cost_more_and_more_time_and_a_minute_at_most() -> None:
    clock = Clock()
    slowdown = Slowdown(clock)
    for _ in range(5):
        slowdown.start("ada")
    pauses = []
    for _ in range(9):
        with pytest.raises(TooManyRequests) as caught:
            slowdown.start("ada")
        assert caught.value.retry_after is not None
        pauses.append(caught.value.retry_after)
        clock.advance(caught.value.retry_after - 0.5)
        with pytest.raises(TooManyRequests):
            slowdown.start("ada")
        clock.advance(0.5)
        slowdown.start("ada")
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    slowdown.start("eve")
    slowdown.succeeded("ada")
    for _ in range(5):
        slowdown.start("ada")
    with pytest.raises(TooManyRequests):
        slowdown.start("ada")
    clock.advance(3600)
    slowdown.start("ada")
    slowdown.start("ada")


def test_a_learner_hands_in_so_often_and_no_attempt_is_spent_on_the_rest(
    service: FastAPI, learner: Make, staff: TestClient, clock: Clock
) -> None:
    one, same, other = learner("b1"), learner("b1"), learner("b2")
    assert [hand_in(client, None).status_code for client in (one, same, one)] == [201] * 3
    refused = hand_in(same, None)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "3600")
    assert refused.json()["type"] == "/problems/too-many-requests"
    assert len(one.get("/api/v1/submissions").json()["items"]) == 3
    assert hand_in(other, None).status_code == 201
    assert [hand_in(staff).status_code for _ in range(5)] == [201] * 5
    clock.advance(3600)
    assert hand_in(one, None).json()["attempt"] == 9


def test_previews_and_uploads_have_limits_of_their_own_which_are_not_for_staff(
    learner: Make, staff: TestClient
) -> None:
    client = learner("b1")
    body = {"course": "ml", "assignment": "hw3", "answers": {"1.3": 5.472}}
    previews = [client.post("/api/v1/previews", json=body) for _ in range(3)]
    assert [answer.status_code for answer in previews] == [200, 200, 429]
    uploads = [client.post("/api/v1/files", content=b"") for _ in range(3)]
    assert [answer.status_code for answer in uploads] == [400, 400, 429]
    for answer in (previews[-1], uploads[-1]):
        assert answer.headers["retry-after"] == "3600"
    assert client.get("/api/v1/submissions").status_code == 200
    assert {staff.post("/api/v1/previews", json=body).status_code for _ in range(5)} == {200}
    assert {staff.post("/api/v1/checks", json=body).status_code for _ in range(5)} == {200}


def test_strangers_are_counted_by_address_and_nobody_else_suffers(
    service: FastAPI, learner: Make, clock: Clock
) -> None:
    stranger, neighbour = visitor(service), learner("b1")
    token = neighbour.headers["authorization"]
    tries = [stranger.get("/api/v1/me", headers={"Authorization": "Bearer guess"}) for _ in range(5)]
    tries.append(hand_in(stranger, None))
    assert [answer.status_code for answer in tries] == [401] * 4 + [429] * 2
    assert tries[-1].headers["retry-after"] == "60"
    assert stranger.get("/api/v1/me", headers={"Authorization": token}).status_code == 200
    assert visitor(service, "192.0.2.2").get("/api/v1/me").status_code == 401
    assert stranger.get("/healthz").status_code == 200
    clock.advance(60)
    assert stranger.get("/api/v1/me").status_code == 401


def test_wrong_passwords_are_counted_by_address_and_right_ones_are_not(service: FastAPI, clock: Clock) -> None:
    make_account(service, clock, "ada", "ml")
    client = visitor(service)
    assert {log_in(client).status_code for _ in range(6)} == {201}
    tries = [log_in(visitor(service), f"nobody{number}") for number in range(4)]
    assert [answer.status_code for answer in tries] == [401, 401, 401, 429]
    assert tries[-1].headers["retry-after"] == "60"
    assert log_in(visitor(service)).status_code == 429
    assert client.get("/api/v1/session").status_code == 200
    assert log_in(visitor(service, "192.0.2.2")).status_code == 201
    clock.advance(60)
    assert log_in(visitor(service)).status_code == 201


def test_a_name_is_tried_more_slowly_from_everywhere_whether_there_is_one_or_not(
    service: FastAPI, clock: Clock
) -> None:
    make_account(service, clock, "ada", "ml")
    answers = {}
    for name in ("ada", "nobody"):
        tries = [log_in(visitor(service, f"198.51.100.{number}"), name, "some other words here") for number in range(7)]
        answers[name] = [
            (one.status_code, one.headers.get("retry-after"), one.text.replace(one.headers["x-request-id"], ""))
            for one in tries
        ]
        assert [status for status, _, _ in answers[name]] == [401] * 5 + [429] * 2
        assert tries[-1].headers["retry-after"] == "1"
    assert answers["ada"] == answers["nobody"]
    assert log_in(visitor(service, "203.0.113.1"), "ADA").status_code == 429
    clock.advance(1)
    assert log_in(visitor(service, "203.0.113.1")).status_code == 201  # slowed down, and not locked out
    assert log_in(visitor(service, "203.0.113.1"), password="some other words here").status_code == 401  # noqa: S106
    assert log_in(visitor(service, "203.0.113.1"), password=PASSWORD).status_code == 201


def _request(peer: str | None, *headers: tuple[str, str], scheme: str = "http") -> Request:
    scope = {
        "type": "http",
        "scheme": scheme,
        "path": "/",
        "query_string": b"",
        "server": ("testserver", 80),
        "client": None if peer is None else (peer, 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
    }
    return Request(scope)


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # not from a proxy of ours
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # what a client made up stands first
        ("10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.7, nonsense", "10.0.0.1"),
        ("::1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", None, "192.0.2.1"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("testclient", "198.51.100.7", "testclient"),
        (None, None, "local"),
    ],
)
def test_an_address_is_the_peers_or_what_a_trusted_proxy_says(
    peer: str | None, forwarded: str | None, address: str
) -> None:
    proxies = Proxies(proxies_named("10.0.0.0/8, ::1"))
    headers = [] if forwarded is None else [("X-Forwarded-For", one) for one in forwarded.split(";")]
    assert proxies.address_of(_request(peer, *headers)) == address


def test_https_is_what_a_trusted_proxy_says_it_is() -> None:
    proxies = Proxies([ip_network("10.0.0.0/8")])
    said = ("X-Forwarded-Proto", "https")
    assert proxies.scheme_of(_request("10.0.0.1", said)) == "https"
    assert proxies.scheme_of(_request("10.0.0.1", ("X-Forwarded-Proto", "gopher"))) == "http"
    assert proxies.scheme_of(_request("10.0.0.1")) == "http"
    assert proxies.scheme_of(_request("192.0.2.1", said)) == "http"
    assert proxies.scheme_of(_request(None, said)) == "http"
    assert proxies.scheme_of(_request("192.0.2.1", ("X-Forwarded-Proto", "http"), scheme="https")) == "https"


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("rate_limit_submissions", "many"),
        ("rate_limit_submissions", "0/hour"),
        ("rate_limit_logins", "10 apples"),
        ("rate_limit_strangers", "-1"),
        ("trusted_proxies", "localhost"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("session_hours", 0),
    ],
)
def test_a_setting_that_is_none_is_refused(name: str, sent: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({name: sent})


def test_settings_are_written_as_people_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTO_RATE_LIMIT_SUBMISSIONS", "600")
    monkeypatch.setenv("UPTO_RATE_LIMIT_PREVIEWS", "")
    monkeypatch.setenv("UPTO_RATE_LIMIT_UPLOADS", " 20/minute; 600/hour ")
    settings = Settings()
    assert (settings.rate_limit_submissions, settings.rate_limit_previews) == ("600/hour", "")
    for _ in range(20):
        Limiter(settings.rate_limit_uploads, Clock())
    clock = Clock()
    limiter = Limiter(settings.rate_limit_uploads, clock)
    for _ in range(20):
        limiter.take("a")
    with pytest.raises(TooManyRequests):
        limiter.take("a")


def test_behind_a_trusted_proxy_a_session_is_for_https_and_everybody_counts_for_themselves(
    settings: Settings, clock: Clock
) -> None:
    application = create_app(settings, clock)
    with TestClient(application):
        make_account(application, clock, "ada", "ml")
        proxied = visitor(application, "10.0.0.1")
        proxied.headers["X-Forwarded-Proto"] = "https"
        proxied.headers["X-Forwarded-For"] = "198.51.100.7"
        assert log_in(proxied).headers["set-cookie"].startswith("__Host-upto=")
        for number in range(8):
            proxied.headers["X-Forwarded-For"] = f"6.6.6.{number}, 198.51.100.8"
            answer = proxied.get("/api/v1/me", headers={"Authorization": "Bearer guess"})
            assert answer.status_code == (401 if number < 4 else 429)
        proxied.headers["X-Forwarded-For"] = "198.51.100.9"
        assert proxied.get("/api/v1/me", headers={"Authorization": "Bearer guess"}).status_code == 401
